"""The sentences of what API v2 cannot do."""

from __future__ import annotations

from kommo_orm.errors import ConfigurationError
from kommo_orm.interface.action import Action
from kommo_orm.interface.batch import BatchItem
from kommo_orm.unit.report import describe

HINT = "; use dialect='v4'"
ACTION_NAMES = {
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
CARD_ACTION_NAMES = {
    "attached files": "list the files of {}",
    "attach files": "attach files to {}",
    "detach files": "take files off {}",
}
MAX_IDS = 3


def explain_unsupported(what: str, instead: str = "") -> str:
    """The sentence of a refusal."""
    return f"Kommo's API v2 cannot {what}{f'; {instead}' if instead else ''}{HINT}"


def build_unsupported_error(item: BatchItem, what: str, instead: str = "") -> ConfigurationError:
    """Make the error of an object that cannot be written so."""
    return ConfigurationError(f"{describe(item.object)}: {explain_unsupported(what, instead)}")


def build_not_loaded_error(item: BatchItem, what: str) -> ConfigurationError:
    """Make the error of an update that repeats stored values which are not loaded."""
    return ConfigurationError(
        f"{describe(item.object)}: Kommo's API v2 wants {what} with every change, and it is not loaded. "
        "Call refresh() first"
    )


def describe_action(action: Action) -> str:
    """What was asked, and of which rows: "pin notes (5)"."""
    kind = action.kind.replace("_", " ")
    of_card = CARD_ACTION_NAMES.get(action.verb, "").format(kind)
    name = of_card or ACTION_NAMES.get((action.kind, action.verb)) or f"{action.verb.replace('_', ' ')} {kind}"
    return f"{name}{_describe_ids(action)}"


def _describe_ids(action: Action) -> str:
    more = len(action.ids) - MAX_IDS
    ids = ", ".join(map(str, action.ids[:MAX_IDS]))
    return f" ({ids}{f' and {more} more' if more > 0 else ''})" if ids else ""
