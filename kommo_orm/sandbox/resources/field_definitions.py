"""Stored definitions of custom fields: how they are inserted, changed, removed and rendered."""

from __future__ import annotations

from collections.abc import Iterable

from kommo_orm.sandbox.account_state import CARDS, Account
from kommo_orm.sandbox.hal_responses import build_row_link
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.validators import split_words
from kommo_orm.sandbox.value_codecs import ADDRESS_PARTS

OPTIONED = ("select", "multiselect", "radiobutton")
MULTITEXT = {"PHONE": "WORK WORKDD MOB FAX HOME OTHER", "EMAIL": "WORK PRIV OTHER", "IM": "SKYPE ICQ JABBER OTHER"}
SEGMENTS_PATH = "/api/v4/customers/segments/custom_fields"
_BLANK: Row = {
    "code": None,
    "group_id": None,
    "is_predefined": False,
    "is_deletable": True,
    "is_visible": True,
    "is_required": False,
    "is_api_only": False,
    "is_computed": False,
    "remind": None,
    "enums": None,
    "nested": None,
    "required_statuses": [],
    "hidden_statuses": [],
    "chained_lists": None,
    "currency": None,
    "tracking_callback": None,
    "search_in": None,
    "triggers": [],
    "settings": None,
}


def insert_field(account: Account, owner: str, clean: Row) -> Row:
    """Store a new definition. Multitext and address fields get their predefined options."""
    number = account.store.allocate_id("custom_fields")
    row: Row = {"id": number, "owner": owner, "sort": 500 + len(account.get_definitions(owner)), **_BLANK, **clean}
    if row["type"] in OPTIONED:
        row["enums"] = _build_options(account, row["enums"] or [], [])
    elif row["type"] == "category":
        row["nested"] = _build_category_nodes(account, row["nested"] or [])
    elif row["type"] == "multitext":
        row["enums"] = _build_options(account, [{"value": code} for code in _get_label_codes(row["code"])], [])
    elif row["type"] == "smart_address":
        row["enums"] = [{"id": n, "value": part, "sort": n, "code": None} for n, part in enumerate(ADDRESS_PARTS, 1)]
    account.store.insert_row("custom_fields", row)
    account.clear_definition_cache()
    return row


def build_stored_field(owner: str, shown: Row) -> Row:
    """Build the stored form of a definition that the API has shown, with its ids. Keys that it lacks are blank."""
    kept = {key: shown[key] for key in ("sort", *_BLANK) if shown.get(key) is not None}
    row: Row = {"id": shown["id"], "owner": owner, "sort": 500, **_BLANK, **kept}
    options = [{"sort": at, "code": None, **option} for at, option in enumerate(row["enums"] or (), 1)]
    row.update(name=shown["name"], type=shown["type"], enums=options if row["enums"] is not None else None)
    return row


def _get_label_codes(code: str | None) -> Iterable[str]:
    return MULTITEXT.get(code or "", MULTITEXT["PHONE"]).split()


def _build_options(account: Account, given: list[Row], known: list[Row]) -> list[Row]:
    """Build the complete new set. An option with an id keeps what is stored; an option without one is new."""
    kept = {option["id"]: option for option in known}
    made: list[Row] = []
    for position, option in enumerate(given, 1):
        former = kept.get(option.get("id"), {})
        number = option.get("id") or account.store.allocate_id("enums")
        made.append({"id": number, "value": "", "sort": position, "code": None, **former, **option} | {"id": number})
        account.store.insert_row("enums", {"id": number})
    return sorted(made, key=lambda option: (option["sort"], option["id"]))


def _build_category_nodes(account: Account, given: list[Row]) -> list[Row]:
    """Build the tree of categories. A node can name a parent of the same request by its `request_id`."""
    numbers = [node.get("id") or account.store.allocate_id("nodes") for node in given]
    named = {node["request_id"]: number for node, number in zip(given, numbers, strict=True) if "request_id" in node}
    made: list[Row] = []
    for position, (node, number) in enumerate(zip(given, numbers, strict=True)):
        parent = named.get(node.get("parent_request_id"), node.get("parent_id"))
        made.append({"id": number, "parent_id": parent, "value": node["value"], "sort": node.get("sort", position)})
        account.store.insert_row("nodes", {"id": number})
    return made


def change_field(account: Account, row: Row, clean: Row) -> None:
    if "enums" in clean:
        clean = {**clean, "enums": _build_options(account, clean["enums"], row["enums"] or [])}
    if "nested" in clean:
        clean = {**clean, "nested": _build_category_nodes(account, clean["nested"])}
    row.update(clean)
    account.clear_definition_cache()


def remove_field(account: Account, row: Row) -> None:
    """Remove a definition and all its values."""
    account.store.delete_row("custom_fields", row["id"])
    for kind in (*CARDS, "segments", "catalog_elements"):
        for holder in account.store.iter_rows(kind):
            holder["values"].pop(row["id"], None)
    account.clear_definition_cache()


# Rendering

_HEAD = ("id", "name", "type")
_CARD_TAIL = split_words(
    "group_id required_statuses hidden_statuses is_deletable is_predefined tracking_callback remind "
    "triggers currency chained_lists search_in settings"
)
_LIST_TAIL = split_words("is_visible triggers is_deletable is_required search_in nested")


def render_field(account: Account, row: Row) -> Row:
    owner, _, catalog = str(row["owner"]).partition("/")
    shown = {key: row[key] for key in _HEAD}
    shown.update(account_id=account.id, code=row["code"], sort=row["sort"], is_api_only=row["is_api_only"])
    shown["enums"] = _render_options(row)
    if catalog:
        shown["catalog_id"] = int(catalog)
    shown.update({key: row[key] for key in (_LIST_TAIL if catalog else _CARD_TAIL)}, entity_type=owner)
    if row["type"] == "monetary":
        shown["currency"] = row["currency"]
    base = SEGMENTS_PATH if row["owner"] == "segments" else f"/api/v4/{row['owner']}/custom_fields"
    return {**shown, "_links": build_row_link(account.build_url(f"{base}/{row['id']}"))}


def _render_options(row: Row) -> list[Row] | None:
    """Render options. An option without a code has no key `code`."""
    if row["enums"] is None:
        return None
    hidden = ("code",)
    return [{k: v for k, v in option.items() if k not in hidden or v is not None} for option in row["enums"]]
