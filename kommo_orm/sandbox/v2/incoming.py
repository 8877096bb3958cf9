"""Incoming leads (Kommo API v2, Incoming leads): added from calls and forms, accepted and declined many at once.

Answers of writes have an envelope of their own: `status` says success or fail, whatever the status of HTTP is. Here what is
malformed is 400, and what cannot be done (unknown or sorted already, a duplicate) fails inside a 200, for the whole request.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kommo_orm.sandbox import filters
from kommo_orm.sandbox.account_state import Account
from kommo_orm.sandbox.filters import FilterParser
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.query_string import get_leaves
from kommo_orm.sandbox.resources import leads as v4_leads
from kommo_orm.sandbox.resources import notes as v4_notes
from kommo_orm.sandbox.resources import unsorted, unsorted_decisions
from kommo_orm.sandbox.routing import ApiCall
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.v2 import answers, bodies, cards, companies, contacts, leads, lenient, listing, notes, values
from kommo_orm.sandbox.v2.refusals import ItemError, Wrong, malformed
from kommo_orm.sandbox.v2.writing import MOST_ITEMS

PAGE = 50
_NOUNS = {
    "leads": (leads.NOUN, leads.WRITER),
    "contacts": (contacts.NOUN, contacts.WRITER),
    "companies": (companies.NOUN, companies.WRITER),
}
# The category of forms is singular where it is read.
_SHOWN = {"forms": "form"}


# What is told of a call or a form: the key here, and where v4 keeps it


def _words(call: ApiCall, value: Any, where: str) -> Any:
    """A number or a text."""
    return value if isinstance(value, str) else lenient.whole(call, value, where)


_INFO: dict[str, dict[str, tuple[str, lenient.Check]]] = {
    "sip": {
        "to": ("phone", lenient.user),
        "from": ("from", _words),
        "date_call": ("called_at", lenient.whole),
        "service_code": ("service_code", lenient.filled),
        "duration": ("duration", lenient.whole),
        "link": ("link", lenient.text),
        "uniq": ("uniq", lenient.text),
        "add_note": ("is_call_event_needed", lenient.flag),
    },
    "forms": {
        "form_id": ("form_id", _words),
        "form_page": ("form_page", lenient.filled),
        "form_name": ("form_name", lenient.text),
        "ip": ("ip", lenient.text),
        "service_code": ("service_code", lenient.text),
        "form_send_at": ("form_sent_at", lenient.whole),
        "referer": ("referer", lenient.text),
    },
}
_NEEDED = {"sip": ("to", "from", "date_call", "service_code"), "forms": ("form_id", "form_page")}
_SAME = {"sip": ("phone", "from", "duration", "called_at", "service_code"), "forms": ("form_id", "form_page")}


def _info(category: str) -> lenient.Check:
    keys = _INFO[category]

    def check(call: ApiCall, value: Any, where: str) -> Row:
        schema = {key: known for key, (_, known) in keys.items()}
        clean = lenient.examine(call, value, schema, where, _NEEDED[category])
        return {keys[key][0]: given for key, given in clean.items()}

    return check


# Adding


def _note(call: ApiCall, value: Any, where: str) -> Row:
    schema: lenient.Schema = {
        "note_type": lenient.choice(*notes.WRITABLE),
        "element_type": lenient.choice(2),
        "text": lenient.text,
        "params": lenient.thing,
    }
    clean = lenient.examine(call, value, schema, where, ("note_type",))
    return {
        "note_type": notes.WRITABLE[clean["note_type"]],
        "params": notes.content(call, clean["note_type"], clean, where),
    }


def _notes(call: ApiCall, value: Any, where: str) -> list[Row]:
    return [_note(call, one, f"{where}/{at}") for at, one in enumerate(lenient.array(call, value, where))]


def _card(kind: str) -> lenient.Check:
    """The keys of a new card, as its own `add` takes them."""
    noun, writer = _NOUNS[kind]
    extra: lenient.Schema = {"request_id": lenient.whole, **({"notes": _notes} if kind == "leads" else {})}

    def check(call: ApiCall, value: Any, where: str) -> Row:
        clean = lenient.examine(call, value, {**(noun.create or {}), **extra}, where, noun.required)
        cards.check_links(call, kind, None, clean)
        return {"clean": clean, "v4": {**cards.as_v4(clean), **writer.translate(call, clean, None)}}

    return check


def _entities(call: ApiCall, value: Any, where: str) -> dict[str, list[Row]]:
    given = value or {}  # PHP's empty object
    known = dict.fromkeys(_NOUNS, lenient.array)
    lists = lenient.examine(call, given, known, where)
    return {
        kind: [_card(kind)(call, one, f"{where}/{kind}/{at}") for at, one in enumerate(lists[kind])] for kind in lists
    }


def _pipeline(call: ApiCall, value: Any, where: str) -> int:
    number = lenient.whole(call, value, where)
    if call.store.get_row("pipelines", number) is None:
        raise malformed(where, "names no pipeline")
    return number


def _schema(category: str) -> lenient.Schema:
    return {
        "source_name": lenient.filled,
        "source_uid": lenient.filled,
        "pipeline_id": _pipeline,
        "created_at": lenient.whole,
        "incoming_lead_info": _info(category),
        "incoming_entities": _entities,
    }


def _add(call: ApiCall) -> SandboxResponse:
    given = bodies.fields(call)
    lenient.known_keys(call, given, ("add",), "body")
    items = lenient.array(call, given.get("add"), "add")
    if not 1 <= len(items) <= MOST_ITEMS:
        raise malformed("add", f"has not from 1 to {MOST_ITEMS} items")
    needed = ("source_name", "source_uid", "incoming_lead_info", *(("created_at",) if call.kind == "forms" else ()))
    schema = _schema(call.kind)
    checked = [lenient.examine(call, item, schema, f"add/{at}", needed) for at, item in enumerate(items)]
    _refuse_duplicates(call, checked)
    return _success(call, [_stored(call, clean) for clean in checked])


def _refuse_duplicates(call: ApiCall, checked: list[Row]) -> None:
    known = {_identity(call.kind, row["metadata"], row["created_at"]) for row in call.store.iter_rows("unsorted")}
    for clean in checked:
        identity = _identity(call.kind, clean["incoming_lead_info"], clean.get("created_at"))
        if identity in known:
            raise ItemError(400, "Such an incoming lead is there already")
        known.add(identity)


def _identity(category: str, metadata: Row, created_at: int | None) -> tuple[str, ...]:
    """What makes two calls, or two forms, the same one."""
    moment = [created_at] if category == "forms" else []
    return tuple(str(value) for value in [*(metadata.get(key) for key in _SAME[category]), *moment])


def _stored(call: ApiCall, clean: Row) -> str:
    entities: dict[str, list[Row]] = clean.get("incoming_entities", {})
    made: Row = {key: clean.get(key) for key in ("source_uid", "source_name", "pipeline_id", "created_at")}
    made["metadata"] = clean["incoming_lead_info"]
    made["_embedded"] = {kind: [card["v4"] for card in found] for kind, found in entities.items()}
    row = unsorted.insert_unsorted(call.account, call.user["id"], call.kind, made)
    for kind, found in entities.items():
        for number, card in zip(row[kind], found, strict=False):
            _NOUNS[kind][1].linked(call, call.store.get_table(kind)[number], card["clean"])
            for note in card["clean"].get("notes", ()):
                v4_notes.insert_note(call.account, kind, call.user["id"], {**note, "entity_id": number})
    return str(row["uid"])


# Sorting


def _sorted(verb: str, act: Callable[[ApiCall, Row, Row], Any]) -> listing.Handler:
    schema: lenient.Schema = {verb: lenient.array, "user_id": lenient.author}
    known = {**schema, "status_id": lenient.whole} if verb == "accept" else schema

    def handler(call: ApiCall) -> SandboxResponse:
        clean = lenient.examine(call, bodies.fields(call), known, "body", (verb,))
        waiting = {row["uid"]: row for row in unsorted.get_pending_unsorted(call.account)}
        unknown = [str(uid) for uid in clean[verb] if not isinstance(uid, str) or uid not in waiting]
        if unknown or not clean[verb]:
            raise ItemError(400, f"Not found: {', '.join(unknown)}")
        if "status_id" in clean:
            clean["pair"] = _pair(call, clean["status_id"])
        return _success(call, {uid: act(call, waiting[uid], clean) for uid in dict.fromkeys(clean[verb])})

    return handler


def _pair(call: ApiCall, status: int) -> tuple[int, int]:
    """The stage decides the pipeline; a lead cannot be sent back to where it waits."""
    for pipeline in call.account.get_pipelines():
        if any(stage["id"] == status and stage["type"] == 0 for stage in pipeline["statuses"]):
            return pipeline["id"], status
    raise malformed("status_id", "is no stage that a lead can have")


def _accept(call: ApiCall, row: Row, clean: Row) -> Row:
    pair = clean.get("pair")
    if pair is None or pair[1] in v4_leads.CLOSED:
        pipeline = row["pipeline_id"]
        pair = (pipeline, pair[1] if pair else call.account.find_first_stage_id(pipeline))
    unsorted_decisions.apply_acceptance(call, row, _who(call, clean), pair)
    return {kind: row[kind] for kind in _NOUNS if row[kind]}


def _decline(call: ApiCall, row: Row, clean: Row) -> bool:
    """False, although it was done: so the documents show it."""
    unsorted_decisions.apply_decline(call, row, _who(call, clean))
    return False


def _who(call: ApiCall, clean: Row) -> int:
    return int(clean["user_id"] if "user_id" in clean else call.user["id"])


# Answers of their own


def _success(call: ApiCall, data: Any) -> SandboxResponse:
    links = answers.link(call.request.path, "post")
    return answers.reply(call, {"status": "success", "data": data, "_links": links})


def _enveloped(handler: listing.Handler) -> listing.Handler:
    def guard(call: ApiCall) -> SandboxResponse:
        try:
            return handler(call)
        except Wrong as wrong:
            return _fail(call, wrong.code, wrong.text, wrong.status)
        except ItemError as error:
            return _fail(call, error.code or 400, error.text, 200)

    return guard


def _fail(call: ApiCall, code: int, text: str, status: int) -> SandboxResponse:
    shown: Row = {"status": "fail", "error": text, "error_code": code}
    return answers.reply(call, {**shown, "_links": answers.link(call.request.path, "post")}, status)


# Reading


def show(account: Account, row: Row) -> Row:
    shown: Row = {"category": _SHOWN.get(row["category"], row["category"])}
    shown.update({key: row[key] for key in ("uid", "source_name", "created_at", "pipeline_id")})
    shown["incoming_lead_info"] = _shown_info(row["category"], row["metadata"])
    shown["incoming_entities"] = {kind: [_entity(account, kind, number) for number in row[kind]] for kind in _NOUNS}
    return shown


def _shown_info(category: str, metadata: Row) -> Row:
    """The moment of a call is `date` here, though `date_call` is written."""
    renamed = {kept: key for key, (kept, _) in _INFO.get(category, {}).items()} | {"called_at": "date"}
    return {renamed.get(key, key): value for key, value in metadata.items()}


def _entity(account: Account, kind: str, number: int) -> Row:
    row = account.store.get_table(kind)[number]
    return {"id": number, "name": row["name"], "custom_fields": values.read_values(account, kind, row["values"])}


def _list(call: ApiCall) -> SandboxResponse:
    rows = [row for row in unsorted.get_pending_unsorted(call.account) if all(test(row) for test in _tests(call))]
    rows.sort(key=lambda row: (row["created_at"], row["id"]), reverse=_is_newest_first(call))
    size = min(max(1, listing.counter(call, "page_size", PAGE)), listing.MOST_ROWS)
    page = listing.counter(call, "page", listing.counter(call, "PAGEN_1", 1))
    first = (max(1, page) - 1) * size
    return answers.items(call, [show(call.account, row) for row in rows[first : first + size]])


def _is_newest_first(call: ApiCall) -> bool:
    order = call.query.get_branch("order_by")
    wanted = order.get("created_at", "desc")
    if order.keys() - {"created_at"} or wanted not in ("asc", "desc"):
        call.refuse_if_strict("order_by takes [created_at]=asc or desc")
    return wanted != "asc"


def _tests(call: ApiCall) -> list[Callable[[Row], bool]]:
    found: list[Callable[[Row], bool]] = list(listing.one_of(call, "pipeline_id", "pipeline_id"))
    for name, column in (("categories", "category"), ("uid", "uid")):
        node = call.query.tree.get(name)
        if node is not None:
            found.append(_is_one_of(column, get_leaves(node)))
    if unknown := set(get_leaves(call.query.tree.get("categories", {}))) - set(unsorted.CATEGORIES):
        call.refuse_if_strict(f"categories are {', '.join(unsorted.CATEGORIES)}, not {', '.join(sorted(unknown))}")
    return found


def _is_one_of(column: str, wanted: list[str]) -> Callable[[Row], bool]:
    return lambda row: row[column] in wanted


def _summary(call: ApiCall) -> SandboxResponse:
    tests = call.build_row_filters()
    rows = [row for row in call.store.iter_rows("unsorted") if all(test(row) for test in tests)]
    spent = [max(0, row["sorted_at"] - row["created_at"]) for row in rows if row["sorted_at"] is not None]
    names = {"sip": "sip", "mail": "mail", "form": "forms", "chat": "chats"}
    shown: Row = {name: sum(row["category"] == kept for row in rows) for name, kept in names.items()}
    shown.update(total=len(rows), avg_time=sum(spent) // len(spent) if spent else 0)
    return answers.reply(call, {**shown, "accepted": sum(row["outcome"] == "accepted" for row in rows)})


FILTERS: dict[str, FilterParser] = {"date": filters.filter_by_range("created_at")}
_PARAMS = frozenset({"page_size", "page", "PAGEN_1", "categories", "order_by", "pipeline_id", "uid"})
_BASE = "/api/v2/incoming_leads"
ROUTES = (
    listing.get(_BASE, _list, params=_PARAMS),
    listing.get(f"{_BASE}/summary", _summary, filters=FILTERS),
    listing.post(f"{_BASE}/sip", _enveloped(_add), "sip"),
    listing.post(f"{_BASE}/form", _enveloped(_add), "forms"),
    listing.post(f"{_BASE}/accept", _enveloped(_sorted("accept", _accept))),
    listing.post(f"{_BASE}/decline", _enveloped(_sorted("decline", _decline))),
)
