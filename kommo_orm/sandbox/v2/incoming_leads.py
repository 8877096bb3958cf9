"""Incoming leads (Kommo API v2, Incoming leads): added from calls and forms, accepted and declined in batches.

Responses to writes have `status`, which is success or fail. A malformed request is 400. A request with an
unknown or processed lead, or with a duplicate, fails inside of a 200; nothing of it is applied.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kommo_orm.sandbox import filters
from kommo_orm.sandbox.account_state import Account
from kommo_orm.sandbox.api_call import ApiCall
from kommo_orm.sandbox.filters import FilterParser
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.query_string import get_leaves
from kommo_orm.sandbox.resources import leads as v4_leads
from kommo_orm.sandbox.resources import notes as v4_notes
from kommo_orm.sandbox.resources import unsorted, unsorted_decisions
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.v2 import (
    cards,
    companies,
    contacts,
    custom_field_values,
    leads,
    notes,
    parsers,
    request_bodies,
    responses,
    routes,
    row_lists,
)
from kommo_orm.sandbox.v2.batch_writes import MOST_ITEMS
from kommo_orm.sandbox.v2.errors import ItemError, RequestError, build_malformed_error

PAGE = 50
_CARD_WRITERS = {
    "leads": (leads.RESOURCE, leads.WRITER),
    "contacts": (contacts.RESOURCE, contacts.WRITER),
    "companies": (companies.RESOURCE, companies.WRITER),
}
# Reading calls the category `form`, writing `forms`.
_SHOWN = {"forms": "form"}


# The data of a call or a form: the key of v2, and the key of v4 with its parser


def _parse_text_or_number(call: ApiCall, value: Any, where: str) -> Any:
    """Parse a number or a text."""
    return value if isinstance(value, str) else parsers.parse_integer(call, value, where)


_INFO: dict[str, dict[str, tuple[str, parsers.Parser]]] = {
    "sip": {
        "to": ("phone", parsers.parse_user_id),
        "from": ("from", _parse_text_or_number),
        "date_call": ("called_at", parsers.parse_integer),
        "service_code": ("service_code", parsers.parse_filled_text),
        "duration": ("duration", parsers.parse_integer),
        "link": ("link", parsers.parse_text),
        "uniq": ("uniq", parsers.parse_text),
        "add_note": ("is_call_event_needed", parsers.parse_flag),
    },
    "forms": {
        "form_id": ("form_id", _parse_text_or_number),
        "form_page": ("form_page", parsers.parse_filled_text),
        "form_name": ("form_name", parsers.parse_text),
        "ip": ("ip", parsers.parse_text),
        "service_code": ("service_code", parsers.parse_text),
        "form_send_at": ("form_sent_at", parsers.parse_integer),
        "referer": ("referer", parsers.parse_text),
    },
}
_NEEDED = {"sip": ("to", "from", "date_call", "service_code"), "forms": ("form_id", "form_page")}
_SAME = {"sip": ("phone", "from", "duration", "called_at", "service_code"), "forms": ("form_id", "form_page")}


def _build_info_parser(category: str) -> parsers.Parser:
    keys = _INFO[category]

    def parse_info(call: ApiCall, value: Any, where: str) -> Row:
        schema = {key: known for key, (_, known) in keys.items()}
        clean = parsers.parse_keys(call, value, schema, where, _NEEDED[category])
        return {keys[key][0]: given for key, given in clean.items()}

    return parse_info


# Adding


def _parse_note(call: ApiCall, value: Any, where: str) -> Row:
    schema: parsers.Schema = {
        "note_type": parsers.build_choice_parser(*notes.WRITABLE),
        "element_type": parsers.build_choice_parser(2),
        "text": parsers.parse_text,
        "params": parsers.parse_object,
    }
    clean = parsers.parse_keys(call, value, schema, where, ("note_type",))
    return {
        "note_type": notes.WRITABLE[clean["note_type"]],
        "params": notes.build_note_params(call, clean["note_type"], clean, where),
    }


def _parse_notes(call: ApiCall, value: Any, where: str) -> list[Row]:
    return [_parse_note(call, one, f"{where}/{at}") for at, one in enumerate(parsers.parse_array(call, value, where))]


def _build_card_parser(kind: str) -> parsers.Parser:
    """A parser for the keys of a new card: the same as those of its `add`."""
    resource, writer = _CARD_WRITERS[kind]
    extra: parsers.Schema = {
        "request_id": parsers.parse_integer,
        **({"notes": _parse_notes} if kind == "leads" else {}),
    }

    def parse_card(call: ApiCall, value: Any, where: str) -> Row:
        clean = parsers.parse_keys(call, value, {**(resource.create or {}), **extra}, where, resource.required)
        cards.refuse_missing_links(call, kind, None, clean)
        return {"clean": clean, "v4": {**cards.translate_common_keys(clean), **writer.translate(call, clean, None)}}

    return parse_card


def _parse_entities(call: ApiCall, value: Any, where: str) -> dict[str, list[Row]]:
    given = value or {}  # PHP sends [] for an empty object
    known = dict.fromkeys(_CARD_WRITERS, parsers.parse_array)
    lists = parsers.parse_keys(call, given, known, where)
    return {
        kind: [_build_card_parser(kind)(call, one, f"{where}/{kind}/{at}") for at, one in enumerate(lists[kind])]
        for kind in lists
    }


def _parse_pipeline_id(call: ApiCall, value: Any, where: str) -> int:
    number = parsers.parse_integer(call, value, where)
    if call.store.get_row("pipelines", number) is None:
        raise build_malformed_error(where, "names no pipeline")
    return number


def _build_add_schema(category: str) -> parsers.Schema:
    return {
        "source_name": parsers.parse_filled_text,
        "source_uid": parsers.parse_filled_text,
        "pipeline_id": _parse_pipeline_id,
        "created_at": parsers.parse_integer,
        "incoming_lead_info": _build_info_parser(category),
        "incoming_entities": _parse_entities,
    }


def _add_incoming_leads(call: ApiCall) -> SandboxResponse:
    given = request_bodies.parse_body_object(call)
    parsers.refuse_unknown_keys(call, given, ("add",), "body")
    items = parsers.parse_array(call, given.get("add"), "add")
    if not 1 <= len(items) <= MOST_ITEMS:
        raise build_malformed_error("add", f"has not from 1 to {MOST_ITEMS} items")
    needed = ("source_name", "source_uid", "incoming_lead_info", *(("created_at",) if call.kind == "forms" else ()))
    schema = _build_add_schema(call.kind)
    parsed = [parsers.parse_keys(call, item, schema, f"add/{at}", needed) for at, item in enumerate(items)]
    _refuse_duplicates(call, parsed)
    return _build_success(call, [_insert_incoming_lead(call, clean) for clean in parsed])


def _refuse_duplicates(call: ApiCall, parsed: list[Row]) -> None:
    known = {_build_identity(call.kind, row["metadata"], row["created_at"]) for row in call.store.iter_rows("unsorted")}
    for clean in parsed:
        identity = _build_identity(call.kind, clean["incoming_lead_info"], clean.get("created_at"))
        if identity in known:
            raise ItemError(400, "Such an incoming lead exists already")
        known.add(identity)


def _build_identity(category: str, metadata: Row, created_at: int | None) -> tuple[str, ...]:
    """The values by which two calls, or two forms, are duplicates."""
    moment = [created_at] if category == "forms" else []
    return tuple(str(value) for value in [*(metadata.get(key) for key in _SAME[category]), *moment])


def _insert_incoming_lead(call: ApiCall, clean: Row) -> str:
    entities: dict[str, list[Row]] = clean.get("incoming_entities", {})
    made: Row = {key: clean.get(key) for key in ("source_uid", "source_name", "pipeline_id", "created_at")}
    made["metadata"] = clean["incoming_lead_info"]
    made["_embedded"] = {kind: [card["v4"] for card in found] for kind, found in entities.items()}
    row = unsorted.insert_unsorted(call.account, call.user["id"], call.kind, made)
    for kind, found in entities.items():
        for number, card in zip(row[kind], found, strict=False):
            _CARD_WRITERS[kind][1].change_links(call, call.store.get_table(kind)[number], card["clean"])
            for note in card["clean"].get("notes", ()):
                v4_notes.insert_note(call.account, kind, call.user["id"], {**note, "entity_id": number})
    return str(row["uid"])


# Accepting and declining


def _build_decision_handler(verb: str, act: Callable[[ApiCall, Row, Row], Any]) -> routes.Handler:
    schema: parsers.Schema = {verb: parsers.parse_array, "user_id": parsers.parse_author_id}
    known = {**schema, "status_id": parsers.parse_integer} if verb == "accept" else schema

    def handle_decision(call: ApiCall) -> SandboxResponse:
        clean = parsers.parse_keys(call, request_bodies.parse_body_object(call), known, "body", (verb,))
        waiting = {row["uid"]: row for row in unsorted.get_pending_unsorted(call.account)}
        unknown = [str(uid) for uid in clean[verb] if not isinstance(uid, str) or uid not in waiting]
        if unknown or not clean[verb]:
            raise ItemError(400, f"Not found: {', '.join(unknown)}")
        if "status_id" in clean:
            clean["pair"] = _find_stage(call, clean["status_id"])
        return _build_success(call, {uid: act(call, waiting[uid], clean) for uid in dict.fromkeys(clean[verb])})

    return handle_decision


def _find_stage(call: ApiCall, status: int) -> tuple[int, int]:
    """The pipeline and the stage by the id of the stage. The stage of incoming leads is refused."""
    for pipeline in call.account.get_pipelines():
        if any(stage["id"] == status and stage["type"] == 0 for stage in pipeline["statuses"]):
            return pipeline["id"], status
    raise build_malformed_error("status_id", "is no stage that a lead can have")


def _accept_lead(call: ApiCall, row: Row, clean: Row) -> Row:
    pair = clean.get("pair")
    if pair is None or pair[1] in v4_leads.CLOSED:
        pipeline = row["pipeline_id"]
        pair = (pipeline, pair[1] if pair else call.account.find_first_stage_id(pipeline))
    unsorted_decisions.apply_acceptance(call, row, _get_decider_id(call, clean), pair)
    return {kind: row[kind] for kind in _CARD_WRITERS if row[kind]}


def _decline_lead(call: ApiCall, row: Row, clean: Row) -> bool:
    """Decline a lead. The documents show false as the result of success."""
    unsorted_decisions.apply_decline(call, row, _get_decider_id(call, clean))
    return False


def _get_decider_id(call: ApiCall, clean: Row) -> int:
    return int(clean["user_id"] if "user_id" in clean else call.user["id"])


# Responses


def _build_success(call: ApiCall, data: Any) -> SandboxResponse:
    links = responses.build_link(call.request.path, "post")
    return responses.build_reply(call, {"status": "success", "data": data, "_links": links})


def _wrap_errors(handler: routes.Handler) -> routes.Handler:
    def handle_with_envelope(call: ApiCall) -> SandboxResponse:
        try:
            return handler(call)
        except RequestError as wrong:
            return _build_failure(call, wrong.code, wrong.text, wrong.status)
        except ItemError as error:
            return _build_failure(call, error.code or 400, error.text, 200)

    return handle_with_envelope


def _build_failure(call: ApiCall, code: int, text: str, status: int) -> SandboxResponse:
    shown: Row = {"status": "fail", "error": text, "error_code": code}
    return responses.build_reply(call, {**shown, "_links": responses.build_link(call.request.path, "post")}, status)


# Reading


def render_incoming_lead(account: Account, row: Row) -> Row:
    shown: Row = {"category": _SHOWN.get(row["category"], row["category"])}
    shown.update({key: row[key] for key in ("uid", "source_name", "created_at", "pipeline_id")})
    shown["incoming_lead_info"] = _render_info(row["category"], row["metadata"])
    shown["incoming_entities"] = {
        kind: [_render_entity(account, kind, number) for number in row[kind]] for kind in _CARD_WRITERS
    }
    return shown


def _render_info(category: str, metadata: Row) -> Row:
    """The time of a call is read as `date`, and written as `date_call`."""
    renamed = {kept: key for key, (kept, _) in _INFO.get(category, {}).items()} | {"called_at": "date"}
    return {renamed.get(key, key): value for key, value in metadata.items()}


def _render_entity(account: Account, kind: str, number: int) -> Row:
    row = account.store.get_table(kind)[number]
    return {
        "id": number,
        "name": row["name"],
        "custom_fields": custom_field_values.render_values(account, kind, row["values"]),
    }


def _list_incoming_leads(call: ApiCall) -> SandboxResponse:
    rows = [
        row
        for row in unsorted.get_pending_unsorted(call.account)
        if all(test(row) for test in _build_list_filters(call))
    ]
    rows.sort(key=lambda row: (row["created_at"], row["id"]), reverse=_is_newest_first(call))
    size = min(max(1, row_lists.parse_counter(call, "page_size", PAGE)), row_lists.MOST_ROWS)
    page = row_lists.parse_counter(call, "page", row_lists.parse_counter(call, "PAGEN_1", 1))
    first = (max(1, page) - 1) * size
    return responses.build_items_reply(
        call, [render_incoming_lead(call.account, row) for row in rows[first : first + size]]
    )


def _is_newest_first(call: ApiCall) -> bool:
    order = call.query.get_branch("order_by")
    wanted = order.get("created_at", "desc")
    if order.keys() - {"created_at"} or wanted not in ("asc", "desc"):
        call.refuse_if_strict("order_by accepts [created_at]=asc or desc")
    return wanted != "asc"


def _build_list_filters(call: ApiCall) -> list[Callable[[Row], bool]]:
    found: list[Callable[[Row], bool]] = list(row_lists.filter_by_ids(call, "pipeline_id", "pipeline_id"))
    for name, column in (("categories", "category"), ("uid", "uid")):
        node = call.query.tree.get(name)
        if node is not None:
            found.append(_filter_by_column(column, get_leaves(node)))
    if unknown := set(get_leaves(call.query.tree.get("categories", {}))) - set(unsorted.CATEGORIES):
        call.refuse_if_strict(f"categories are {', '.join(unsorted.CATEGORIES)}, not {', '.join(sorted(unknown))}")
    return found


def _filter_by_column(column: str, wanted: list[str]) -> Callable[[Row], bool]:
    return lambda row: row[column] in wanted


def _summarize(call: ApiCall) -> SandboxResponse:
    tests = call.build_row_filters()
    rows = [row for row in call.store.iter_rows("unsorted") if all(test(row) for test in tests)]
    spent = [max(0, row["sorted_at"] - row["created_at"]) for row in rows if row["sorted_at"] is not None]
    names = {"sip": "sip", "mail": "mail", "form": "forms", "chat": "chats"}
    shown: Row = {name: sum(row["category"] == kept for row in rows) for name, kept in names.items()}
    shown.update(total=len(rows), avg_time=sum(spent) // len(spent) if spent else 0)
    return responses.build_reply(call, {**shown, "accepted": sum(row["outcome"] == "accepted" for row in rows)})


FILTERS: dict[str, FilterParser] = {"date": filters.filter_by_range("created_at")}
_PARAMS = frozenset({"page_size", "page", "PAGEN_1", "categories", "order_by", "pipeline_id", "uid"})
_BASE = "/api/v2/incoming_leads"
ROUTES = (
    routes.build_get_route(_BASE, _list_incoming_leads, params=_PARAMS),
    routes.build_get_route(f"{_BASE}/summary", _summarize, filters=FILTERS),
    routes.build_post_route(f"{_BASE}/sip", _wrap_errors(_add_incoming_leads), "sip"),
    routes.build_post_route(f"{_BASE}/form", _wrap_errors(_add_incoming_leads), "forms"),
    routes.build_post_route(f"{_BASE}/accept", _wrap_errors(_build_decision_handler("accept", _accept_lead))),
    routes.build_post_route(f"{_BASE}/decline", _wrap_errors(_build_decision_handler("decline", _decline_lead))),
)
