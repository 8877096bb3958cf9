"""Incoming leads: added from forms and calls, sorted many at once. Their answers have an envelope of their own.

Answers to additions are bare lists of uids, one an item, in order.
Source: Kommo API v2, "Incoming leads".
"""

from __future__ import annotations

from typing import Any, cast

from kommo_orm.dialects.common.entity_types import parse_id
from kommo_orm.dialects.v2.cards import COMMON, CONTACT, LEAD, card, contact, lead, named
from kommo_orm.dialects.v2.endpoint import AT_ONCE, MOST, WHOLE, Endpoint, Filter, Pair, unable
from kommo_orm.dialects.v2.form_times import Moments
from kommo_orm.dialects.v2.write_body import body_of
from kommo_orm.errors import ConfigurationError
from kommo_orm.interface.action import Action
from kommo_orm.interface.batch import Batch, BatchItem
from kommo_orm.interface.capabilities import Capabilities
from kommo_orm.interface.read_request import ReadRequest
from kommo_orm.interface.row import Row
from kommo_orm.interface.stored_row import StoredRow
from kommo_orm.model.definition import iterate_items
from kommo_orm.transport.http_messages import HttpRequest, Repeat
from kommo_orm.unit.report import describe

PATH = "/api/v2/incoming_leads"
CATEGORIES = {"form": "forms", "chat": "chats"}
ADDRESSES = {"forms": "form", "sip": "sip"}
DECODERS = {"leads": lead, "contacts": contact, "companies": card}
KEYS = {"leads": LEAD, "contacts": CONTACT, "companies": COMMON}
TOLD = {"date": "called_at", "date_call": "called_at", "form_send_at": "form_sent_at", "to": "call_responsible"}
CALL = {
    "caller": "from",
    "from": "from",
    "called_at": "date_call",
    "call_responsible": "to",
    "is_call_event_needed": "add_note",
    **{key: key for key in ("service_code", "duration", "link", "uniq")},
}
FORM = {
    "form_sent_at": "form_send_at",
    **{key: key for key in ("form_id", "form_page", "form_name", "ip", "service_code", "referer")},
}
NEEDED = {"sip": ("to", "from", "date_call", "service_code"), "forms": ("form_id", "form_page")}


# ---- reading
def incoming(row: Row, read: ReadRequest) -> Row:
    own = ("category", "incoming_lead_info", "incoming_entities", "_links")
    made = {key: told for key, told in row.items() if key not in own}
    made["id"] = row.get("uid")
    made["category"] = CATEGORIES.get(str(row.get("category")), row.get("category"))
    info: Any = row.get("incoming_lead_info")
    told: Row = cast("Row", info) if isinstance(info, dict) else {}
    made["metadata"] = {TOLD.get(key, key): value for key, value in told.items()}
    entities: Any = row.get("incoming_entities")
    found: Row = cast("Row", entities) if isinstance(entities, dict) else {}
    made["_embedded"] = {
        kind: [decode(one, read) for one in iterate_items(_some(found.get(kind)))] for kind, decode in DECODERS.items()
    }
    return made


def _some(told: Any) -> Any:
    return told if isinstance(told, dict | list) else None


def summary(row: Row, read: ReadRequest) -> Row:
    forms = row.get("forms", row.get("form"))
    counts = {
        "sip": row.get("sip"),
        "mail": row.get("mail"),
        "forms": forms,
        "chats": row.get("chats", row.get("chat")),
    }
    return {
        "total": row.get("total"),
        "accepted": row.get("accepted"),
        "declined": row.get("declined"),
        "average_sort_time": row.get("avg_time"),
        "categories": {name: {"total": count or 0} for name, count in counts.items()},
    }


def the_summary(body: Any, read: ReadRequest) -> Any:
    return [body]


# ---- adding
def add_call(batch: Batch, now: int, moments: Moments) -> HttpRequest:
    category = str(batch.parent.kind if batch.parent is not None else vars(batch.items[0].object).get("category"))
    if category not in ADDRESSES:
        raise ConfigurationError(unable(f"create incoming leads of category {category}"))
    added = [adding(item, category, now, moments) for item in batch.items]
    path = f"{PATH}/{ADDRESSES[category]}"
    return HttpRequest("POST", path, json={"add": added}, purpose=str(batch), repeat=Repeat.CREATES)


def adding(item: BatchItem, category: str, now: int, moments: Moments) -> Row:
    body = dict(item.body)
    metadata: Row = dict(body.pop("metadata"))
    entities: Row = body.pop("_embedded", {})
    made = {**body, "incoming_lead_info": info(item, category, metadata)}
    if made.get("created_at") is None:
        form = metadata.get("form_id"), metadata.get("form_page")
        made["created_at"] = moments.of(item.object, form, now) if category == "forms" else now
    made["incoming_entities"] = {name: [entity(item, name)] for name in entities}
    return made


def info(item: BatchItem, category: str, metadata: Row) -> Row:
    keys = CALL if category == "sip" else FORM
    metadata.pop("category", None)
    if category == "sip" and "call_responsible" not in metadata and isinstance(metadata.get("phone"), int):
        metadata["call_responsible"] = metadata.pop("phone")
    made: Row = {}
    for key, value in metadata.items():
        if key not in keys:
            raise ConfigurationError(f"{describe(item.object)}: {unable(f'write {key} of an incoming lead')}")
        made[keys[key]] = int(value) if isinstance(value, bool) else value
    missing = [key for key in NEEDED[category] if made.get(key) in (None, "")]
    if missing:
        names = {own: canonical for canonical, own in keys.items()}
        told = ", ".join("caller" if key == "from" else names[key] for key in missing)
        raise ConfigurationError(f"{describe(item.object)}: Kommo's API v2 wants its metadata to have {told}")
    return made


def entity(item: BatchItem, name: str) -> Row:
    part = next((part for part in item.nested_items if part.relation == name), None)
    if part is None:
        raise ConfigurationError(f"{describe(item.object)}: {unable(f'give an incoming lead stored {name}')}")
    made = body_of(part, KEYS[name], name)
    named(part, name, made)
    return made


def stored(batch: Batch, body: Any) -> dict[str, StoredRow]:
    data: Any = body.get("data") if isinstance(body, dict) else None
    uids = [str(uid) for uid in (data.values() if isinstance(data, dict) else data or ())]
    if len(uids) != len(batch):
        return {}
    return {
        item.request_id: StoredRow(cast(Any, uid), {"uid": uid, "id": uid})
        for item, uid in zip(batch.items, uids, strict=True)
    }


# ---- sorting
def sorting(action: Action) -> HttpRequest:
    body: Row = {action.verb: list(action.ids), **(action.body or {})}
    return HttpRequest("POST", f"{PATH}/{action.verb}", json=body, purpose=str(action))


def sorted_out(action: Action, body: Any) -> list[Row]:
    """What came of each: the ids that it left behind."""
    data: Any = body.get("data") if isinstance(body, dict) else None
    told: Row = cast("Row", data) if isinstance(data, dict) else {}
    return [{"uid": uid, **_left(told[str(uid)])} if str(uid) in told else {"uid": uid} for uid in action.ids]


def _left(told: Any) -> Row:
    if not isinstance(told, dict):
        return {}
    known = cast("Row", told)
    kinds = ("leads", "contacts", "companies")
    return {
        "_embedded": {kind: [{"id": pk} for one in known.get(kind) or () if (pk := parse_id(one))] for kind in kinds}
    }


def by_uid(pk: int | str) -> list[Pair]:
    return [("uid", str(pk))]


UIDS = Filter("uid")
INCOMING = Endpoint(
    PATH,
    Capabilities(page_size=MOST, create_size=AT_ONCE, update_size=0, action_size=AT_ONCE, returns_nested_ids=False),
    incoming,
    filters={
        "id": UIDS,
        "uid": UIDS,
        "category": Filter("categories", "many"),
        "pipeline_id": Filter("pipeline_id", several=False),
    },
    includes=dict.fromkeys(("lead", "leads", "contact", "contacts", "company", "companies")),
    paging="size",
    orders=frozenset({"created_at"}),
    address=by_uid,
)
SUMMARY = Endpoint(
    f"{PATH}/summary",
    WHOLE,
    summary,
    filters={"created_at": Filter("filter[date]", "span")},
    rows=the_summary,
)
