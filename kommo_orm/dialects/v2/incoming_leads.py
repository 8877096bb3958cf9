"""Incoming leads: created from forms and calls, accepted and declined many at once.

Answers to creations are bare lists of uids, one for each item, in order; those to actions have an envelope of their own.
Source: Kommo API v2, "Incoming leads".
"""

from __future__ import annotations

from typing import Any, cast

from kommo_orm.dialects.common.entity_types import parse_id
from kommo_orm.dialects.v2.cards import (
    COMMON_KEYS,
    CONTACT_KEYS,
    LEAD_KEYS,
    decode_card,
    decode_contact,
    decode_lead,
    require_name,
)
from kommo_orm.dialects.v2.endpoint import (
    BATCH_SIZE,
    MAX_PAGE_SIZE,
    WHOLE_LIST,
    Endpoint,
    Filter,
    IncludeRules,
    ListRules,
    Pair,
)
from kommo_orm.dialects.v2.form_times import FormTimes
from kommo_orm.dialects.v2.unsupported import build_unsupported_error, explain_unsupported
from kommo_orm.dialects.v2.write_body import build_body
from kommo_orm.errors import ConfigurationError
from kommo_orm.interface.action import Action
from kommo_orm.interface.batch import Batch, BatchItem
from kommo_orm.interface.capabilities import Capabilities
from kommo_orm.interface.read_request import ReadRequest
from kommo_orm.interface.row import MutableRow
from kommo_orm.interface.stored_row import StoredRow
from kommo_orm.model.definition import iterate_items
from kommo_orm.model.field_values import get_values
from kommo_orm.transport.http_messages import HttpRequest, Repeat
from kommo_orm.unit.report import describe

PATH = "/api/v2/incoming_leads"
CATEGORIES = {"form": "forms", "chat": "chats"}
CATEGORY_SEGMENTS = {"forms": "form", "sip": "sip"}
DECODERS = {"leads": decode_lead, "contacts": decode_contact, "companies": decode_card}
KEYS = {"leads": LEAD_KEYS, "contacts": CONTACT_KEYS, "companies": COMMON_KEYS}
METADATA_KEYS = {
    "date": "called_at",
    "date_call": "called_at",
    "form_send_at": "form_sent_at",
    "to": "call_responsible",
}
CALL_KEYS = {
    "caller": "from",
    "from": "from",
    "called_at": "date_call",
    "call_responsible": "to",
    "is_call_event_needed": "add_note",
    **{key: key for key in ("service_code", "duration", "link", "uniq")},
}
FORM_KEYS = {
    "form_sent_at": "form_send_at",
    **{key: key for key in ("form_id", "form_page", "form_name", "ip", "service_code", "referer")},
}
REQUIRED_KEYS = {"sip": ("to", "from", "date_call", "service_code"), "forms": ("form_id", "form_page")}


# ---- reading
def decode_incoming_lead(row: MutableRow, read: ReadRequest) -> MutableRow:
    """The canonical row of an incoming lead."""
    own = ("category", "incoming_lead_info", "incoming_entities", "_links")
    lead = {key: value for key, value in row.items() if key not in own}
    lead["id"] = row.get("uid")
    lead["category"] = CATEGORIES.get(str(row.get("category")), row.get("category"))
    info = _get_object(row.get("incoming_lead_info"))
    lead["metadata"] = {METADATA_KEYS.get(key, key): value for key, value in info.items()}
    entities = _get_object(row.get("incoming_entities"))
    lead["_embedded"] = {
        kind: [decode(one, read) for one in iterate_items(_get_collection(entities.get(kind)))]
        for kind, decode in DECODERS.items()
    }
    return lead


def _get_object(raw: Any) -> MutableRow:
    return cast("MutableRow", raw) if isinstance(raw, dict) else {}


def _get_collection(raw: Any) -> Any:
    return raw if isinstance(raw, dict | list) else None


def decode_summary(row: MutableRow, read: ReadRequest) -> MutableRow:
    """The canonical counts of incoming leads."""
    counts = {
        "sip": row.get("sip"),
        "mail": row.get("mail"),
        "forms": row.get("forms", row.get("form")),
        "chats": row.get("chats", row.get("chat")),
    }
    return {
        "total": row.get("total"),
        "accepted": row.get("accepted"),
        "declined": row.get("declined"),
        "average_sort_time": row.get("avg_time"),
        "categories": {name: {"total": count or 0} for name, count in counts.items()},
    }


def find_summary(body: Any, read: ReadRequest) -> Any:
    """The body itself is the only row."""
    return [body]


# ---- creations
def build_incoming_leads_request(batch: Batch, now: int, times: FormTimes) -> HttpRequest:
    """Build the request that creates incoming leads. Raises `ConfigurationError` for other categories."""
    category = str(batch.parent.kind if batch.parent is not None else get_values(batch.items[0].object).get("category"))
    if category not in CATEGORY_SEGMENTS:
        raise ConfigurationError(explain_unsupported(f"create incoming leads of category {category}"))
    body = {"add": [encode_incoming_lead(item, category, now, times) for item in batch.items]}
    path = f"{PATH}/{CATEGORY_SEGMENTS[category]}"
    return HttpRequest("POST", path, json=body, purpose=str(batch), repeat=Repeat.CREATES)


def encode_incoming_lead(item: BatchItem, category: str, now: int, times: FormTimes) -> MutableRow:
    """The body of one incoming lead, with the lead and the people that it brings."""
    values = dict(item.body)
    metadata: MutableRow = dict(values.pop("metadata"))
    embedded: MutableRow = values.pop("_embedded", {})
    body = {**values, "incoming_lead_info": encode_metadata(item, category, metadata)}
    if body.get("created_at") is None:
        form = metadata.get("form_id"), metadata.get("form_page")
        body["created_at"] = times.assign_time(item.object, form, now) if category == "forms" else now
    body["incoming_entities"] = {name: [_encode_entity(item, name)] for name in embedded}
    return body


def encode_metadata(item: BatchItem, category: str, metadata: MutableRow) -> MutableRow:
    """The metadata in the words of v2. Raises `ConfigurationError` for unknown and for missing keys."""
    keys = CALL_KEYS if category == "sip" else FORM_KEYS
    metadata.pop("category", None)
    if category == "sip" and "call_responsible" not in metadata and isinstance(metadata.get("phone"), int):
        metadata["call_responsible"] = metadata.pop("phone")
    unknown = [key for key in metadata if key not in keys]
    if unknown:
        raise build_unsupported_error(item, f"write {unknown[0]} of an incoming lead")
    info = {keys[key]: int(value) if isinstance(value, bool) else value for key, value in metadata.items()}
    missing = [key for key in REQUIRED_KEYS[category] if info.get(key) in (None, "")]
    if missing:
        names = {own: canonical for canonical, own in keys.items()} | {"from": "caller"}
        wanted = ", ".join(names[key] for key in missing)
        raise ConfigurationError(f"{describe(item.object)}: Kommo's API v2 wants its metadata to have {wanted}")
    return info


def _encode_entity(item: BatchItem, name: str) -> MutableRow:
    nested = next((nested for nested in item.nested_items if nested.relation == name), None)
    if nested is None:
        raise build_unsupported_error(item, f"give an incoming lead stored {name}")
    body = build_body(nested, KEYS[name], name)
    require_name(nested, name, body)
    return body


def parse_stored_incoming_leads(batch: Batch, body: Any) -> dict[str, StoredRow]:
    """The uids, in the order of the items. Another number of uids proves nothing."""
    data: Any = body.get("data") if isinstance(body, dict) else None
    uids = [str(uid) for uid in (data.values() if isinstance(data, dict) else data or ())]
    if len(uids) != len(batch):
        return {}
    return {
        item.request_id: StoredRow(cast(Any, uid), {"uid": uid, "id": uid})
        for item, uid in zip(batch.items, uids, strict=True)
    }


# ---- actions
def build_incoming_lead_action(action: Action) -> HttpRequest:
    """Accept or decline incoming leads."""
    body: MutableRow = {action.verb: list(action.ids), **(action.body or {})}
    return HttpRequest("POST", f"{PATH}/{action.verb}", json=body, purpose=str(action))


def parse_created_cards(action: Action, body: Any) -> list[MutableRow]:
    """The ids of the cards that each incoming lead became."""
    data = _get_object(body.get("data") if isinstance(body, dict) else None)
    return [{"uid": uid, **_decode_cards(data[str(uid)])} if str(uid) in data else {"uid": uid} for uid in action.ids]


def _decode_cards(raw: Any) -> MutableRow:
    if not isinstance(raw, dict):
        return {}
    cards = cast("MutableRow", raw)
    return {
        "_embedded": {kind: [{"id": pk} for one in cards.get(kind) or () if (pk := parse_id(one))] for kind in KEYS}
    }


def build_uid_params(pk: int | str) -> list[Pair]:
    """One incoming lead by its uid."""
    return [("uid", str(pk))]


INCOMING_LEADS = Endpoint(
    PATH,
    Capabilities(
        page_size=MAX_PAGE_SIZE,
        create_size=BATCH_SIZE,
        update_size=0,
        action_size=BATCH_SIZE,
        returns_nested_ids=False,
    ),
    decode_incoming_lead,
    lists=ListRules(
        filters={
            "id": Filter("uid"),
            "uid": Filter("uid"),
            "category": Filter("categories", "many"),
            "pipeline_id": Filter("pipeline_id", takes_several=False),
        },
        orders=frozenset({"created_at"}),
        paging="size",
    ),
    includes=IncludeRules(dict.fromkeys(("lead", "leads", "contact", "contacts", "company", "companies"))),
    build_row_params=build_uid_params,
)
INCOMING_SUMMARY = Endpoint(
    f"{PATH}/summary",
    WHOLE_LIST,
    decode_summary,
    lists=ListRules(filters={"created_at": Filter("filter[date]", "span")}),
    find_rows=find_summary,
)
