"""Tags: one directory per kind of card, attached and detached through the cards (Kommo API v4, Tags).

The same name has another id for leads than for contacts. Only lead tags have colours. On a card `_embedded.tags`
replaces the whole set and beats `tags_to_add` and `tags_to_delete`; an unknown name makes a new tag.
"""

from __future__ import annotations

from typing import Any

from kommo_orm.sandbox import filters
from kommo_orm.sandbox.account_state import CARDS, Account
from kommo_orm.sandbox.hal_responses import encode, self_link
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.problem_documents import FIELD_MISSING, FIELD_NOT_EXPECTED, NOT_SUPPORTED_CHOICE
from kommo_orm.sandbox.routing import Call, Route, required_place
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.validators import (
    Check,
    Schema,
    Scope,
    array_of,
    choice,
    examine,
    integer,
    join,
    nullable,
    text,
    words,
)

COLOURS = words(
    "EBEBEB D0D0D0 F2DDF7 D1A4DC FF8F92 FFC8C8 C7DB8C DDEBB5 8699DA AABDFF FFCE5A FFE193 90CDB0 "
    "C6F4DE A9A5D7 D8D5FF 86C0FC 832161 6A0F49 0C7C59 10599D 9D2B32 247BA0"
)


# On a card


def references(kind: str) -> Check:
    """The check of `tags_to_add` and `tags_to_delete`."""
    return array_of(_reference(kind))


def embedded(kind: str) -> Check:
    """The check of `_embedded.tags`; null detaches all."""
    return nullable(references(kind))


def _reference(kind: str) -> Check:
    def check(scope: Scope, value: Any, path: str) -> Row:
        clean = examine(scope, value, {"id": integer, "name": text}, path)
        if len(clean) == 2:
            scope.flaw(FIELD_NOT_EXPECTED, join(path, "name"))
        elif not clean and not scope.bad(path):
            scope.flaw(FIELD_MISSING, join(path, "name"))
        elif "id" in clean and (scope.account.store.get("tags", clean["id"]) or {}).get("entity") != kind:
            scope.flaw(NOT_SUPPORTED_CHOICE, join(path, "id"))
        return clean

    return check


def settle(account: Account, kind: str, attached: list[int], clean: Row) -> list[int]:
    """The tags of a card after a write."""
    nested: Row = clean.get("_embedded") or {}
    if "tags" in nested:
        wanted: list[Row] = nested["tags"] or []
        return _distinct([_identify(account, kind, item) for item in wanted])
    added = [_identify(account, kind, item) for item in clean.get("tags_to_add", [])]
    removed = {_known(account, kind, item) for item in clean.get("tags_to_delete", [])}
    return _distinct([number for number in [*attached, *added] if number not in removed])


def _distinct(numbers: list[int]) -> list[int]:
    return list(dict.fromkeys(numbers))


def _known(account: Account, kind: str, reference: Row) -> int | None:
    if "id" in reference:
        return int(reference["id"])
    found = find(account, kind, reference["name"])
    return int(found["id"]) if found else None


def _identify(account: Account, kind: str, reference: Row) -> int:
    return _known(account, kind, reference) or int(create(account, kind, reference["name"])["id"])


def show_attached(account: Account, row: Row) -> list[Row]:
    return [_show(account.store.table("tags")[number]) for number in row["tags"]]


# The directory


def find(account: Account, kind: str, name: str) -> Row | None:
    return next((row for row in account.store.rows("tags") if row["entity"] == kind and row["name"] == name), None)


def create(account: Account, kind: str, name: str, colour: str | None = None) -> Row:
    row: Row = {"id": account.store.new_id("tags"), "name": name, "color": colour, "entity": kind}
    return account.store.insert("tags", row)


def _show(row: Row) -> Row:
    return {"id": row["id"], "name": row["name"], "color": row["color"]}


def _schema(kind: str) -> Schema:
    return {"name": text, "color": nullable(choice(*COLOURS))} if kind == "leads" else {"name": text}


def list_tags(call: Call) -> SandboxResponse:
    tests = call.tests()
    wanted = (call.query.text("query") or "").casefold()
    rows = [row for row in call.store.rows("tags") if row["entity"] == call.kind and wanted in row["name"].casefold()]
    chosen = [row["id"] for row in rows if all(test(row) for test in tests)]
    return call.page("tags", chosen, lambda number: encode(_show(call.store.table("tags")[number])))


def create_tags(call: Call) -> SandboxResponse:
    """A name that exists gives the tag that has it. The answer shows no links, and a colour only where one is set."""
    schema = _schema(call.kind)
    made: list[Row] = []
    for clean, request_id in call.checked_items(lambda scope, item: examine(scope, item, schema, required=("name",))):
        row = find(call.account, call.kind, clean["name"]) or create(
            call.account, call.kind, clean["name"], clean.get("color")
        )
        colour = {"color": row["color"]} if row["color"] else {}
        made.append({"id": row["id"], "name": row["name"], **colour, "request_id": request_id})
    return call.whole("tags", made, links=False)


def update_tags(call: Call) -> SandboxResponse:
    checked = call.checked_items(_check_update)
    return call.written("tags", [_update(call, clean) for clean, _ in checked])


def update_tag(call: Call) -> SandboxResponse:
    row = required_place(call, "tags")
    clean = call.checked_item(lambda scope, item: _check_update(scope, {"id": row["id"], **item}))
    return call.one(_update(call, clean))


def _check_update(scope: Scope, item: Any) -> Row:
    clean = examine(scope, item, {"id": integer, **_schema("leads")}, required=("id",))
    if (scope.account.store.get("tags", clean.get("id")) or {}).get("entity") != "leads":
        scope.flaw(NOT_SUPPORTED_CHOICE, "id")
    return clean


def _update(call: Call, clean: Row) -> Row:
    row = call.store.table("tags")[clean["id"]]
    row.update(clean)
    call.store.forget_rendered()
    return {**_show(row), "_links": self_link(call.url(f"/api/v4/leads/tags/{row['id']}"))}


FILTERS = {"id": filters.ids("id"), "name": filters.texts("name")}


def _routes(kind: str) -> tuple[Route, ...]:
    base = f"/api/v4/{kind}/tags"
    return (
        Route("GET", base, list_tags, kind, params=frozenset({"query"}), filters=FILTERS),
        Route("POST", base, create_tags, kind),
    )


ROUTES = (
    *(route for kind in CARDS for route in _routes(kind)),
    Route("PATCH", "/api/v4/leads/tags", update_tags, "leads"),
    Route("PATCH", "/api/v4/leads/tags/{id}", update_tag, "leads"),
)
