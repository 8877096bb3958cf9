"""What API v4 does to rows and API v2 cannot, in words: the sentences of refusals."""

from __future__ import annotations

from kommo_orm.interface.action import Action

TOLD = {
    ("bots", "stop"): "stop bots",
    ("salesbot", "continue"): "resume bots that wait",
    ("marketingbot", "continue"): "resume bots that wait",
    ("chat_templates", "review"): "send chat templates for review",
    ("chat_templates", "set_review"): "decide the review of chat templates",
    ("chat_templates", "change_review"): "decide the review of chat templates",
    ("contact_chats", "attach"): "attach chats to contacts",
    ("customers", "bonus_points"): "change the bonus points of customers",
    ("customers", "mode"): "switch the mode of customers",
    ("files", "download"): "download files",
    ("files", "links"): "tell what files are attached to",
    ("files", "open upload"): "upload files",
    ("files", "restore"): "restore files",
    ("files", "upload part"): "upload files",
    ("incoming_leads", "link"): "attach incoming leads to cards that are there already",
    ("notes", "pin"): "pin notes",
    ("notes", "unpin"): "unpin notes",
    ("talks", "close"): "close talks",
    ("talks", "send_message"): "send messages into talks",
    ("users", "activate"): "activate users",
    ("users", "deactivate"): "deactivate users",
    ("website_buttons", "add_online_chat"): "add online chats to website buttons",
    **{("ai_sources", verb): "teach Kommo AI" for verb in ("add_file", "add_text", "add_url", "import_products")},
}
TOLD_OF_CARDS = {
    "attached files": "list the files of {}",
    "attach files": "attach files to {}",
    "detach files": "take files off {}",
}
MOST_IDS = 3


def told(action: Action) -> str:
    """What was asked, and of which rows: "pin notes (5)"."""
    kind = action.kind.replace("_", " ")
    of_card = TOLD_OF_CARDS.get(action.verb, "").format(kind)
    said = of_card or TOLD.get((action.kind, action.verb)) or f"{action.verb.replace('_', ' ')} {kind}"
    return f"{said}{_which(action)}"


def _which(action: Action) -> str:
    more = len(action.ids) - MOST_IDS
    ids = ", ".join(map(str, action.ids[:MOST_IDS]))
    return f" ({ids}{f' and {more} more' if more > 0 else ''})" if ids else ""
