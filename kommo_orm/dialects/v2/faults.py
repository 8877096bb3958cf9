"""Errors that come with a status of success, next to what was stored: whose they are, and what they say.

Many shapes are known: by action and id, by action and place, lists of objects with a code, the input echoed, bare texts.
An error that names nobody is that of every item that the answer does not say to be stored.
Source: Kommo API v2, "Error codes".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

from kommo_orm.dialects.v2.answers import embedded, items
from kommo_orm.dialects.v2.codes import MEANINGS, NO_ENTITY, path_of
from kommo_orm.dialects.v2.route import number
from kommo_orm.interface.batch import Batch
from kommo_orm.interface.batch_item import BatchItem
from kommo_orm.interface.refusal import Refusal
from kommo_orm.interface.row import Row
from kommo_orm.model.field_spec import FREE_VALUES
from kommo_orm.transport.redaction import redact_text

ACTIONS = ("add", "update", "delete", "link", "unlink")
WORDS = ("msg", "message", "error", "detail", "text")
STALE = "last modified date is older"


@dataclass(frozen=True, slots=True)
class Fault:
    """One error, and all that it says of whose it is."""

    action: str | None = None
    key: str | None = None
    text: str = ""
    code: str | None = None
    told: Row | None = None


def refusals(batch: Batch, body: Any, sent: Any) -> dict[str, Refusal]:
    """By the items' marks. `sent` is the body of the request."""
    inner = embedded(body)
    errors = inner.get("errors") or (body.get("errors") if isinstance(body, dict) else None)
    if not errors:
        return {}
    rows = items(body) or []
    stored = {number(row.get("id")) for row in rows}
    places = {int(mark) for row in rows if (mark := str(row.get("request_id"))).isdigit()}
    return Blame(batch, stored, places, sent).found(list(faults(errors)))


class Blame:
    """Finds the items that errors are about."""

    def __init__(self, batch: Batch, stored: set[int | None], places: set[int], sent: Any) -> None:
        self.batch = batch
        self.adds = [item for item in batch.items if item.is_create]
        self.others = [item for item in batch.items if not item.is_create]
        self.sent: Row = cast("Row", sent) if isinstance(sent, dict) else {}
        self.stored = stored
        self.places = places

    def found(self, told: list[Fault]) -> dict[str, Refusal]:
        refused: dict[str, Refusal] = {}
        nameless: list[Fault] = []
        for fault in told:
            blamed = self.blamed(fault)
            for item in blamed:
                refused[item.request_id] = self.refusal(item, fault)
            if not blamed:
                nameless.append(fault)
        if nameless:
            whole = Fault(text="; ".join(filter(None, map(words, nameless))), code=nameless[0].code)
            for item in self.unanswered(nameless):
                refused.setdefault(item.request_id, self.refusal(item, whole))
        return refused

    def unanswered(self, nameless: list[Fault]) -> list[BatchItem]:
        actions = {fault.action for fault in nameless}
        adds = self.adds if actions - {"update", "delete"} else []
        others = self.others if actions - {"add"} else []
        missing = [item for place, item in enumerate(adds) if place not in self.places]
        return [*missing, *(item for item in others if item.id not in self.stored)]

    def blamed(self, fault: Fault) -> list[BatchItem]:
        told = fault.told or {}
        echoed: Any = told.get("item")
        for key in (told.get("request_id"), echoed.get("request_id") if isinstance(echoed, dict) else None):
            found = self.by_place(key, fault) or self.by_id(key)
            if key is not None and found:
                return found
        for key in (told.get("id"), echoed.get("id") if isinstance(echoed, dict) else echoed):
            if found := self.by_id(key):
                return found
        if isinstance(echoed, dict) and (found := self.by_input(cast("Row", echoed))):
            return found
        if fault.key is None:
            return []
        if fault.action == "add":
            return self.by_place(fault.key, fault)
        return self.by_id(fault.key) or (self.by_place(fault.key, fault) if fault.action is None else [])

    def by_place(self, key: Any, fault: Fault) -> list[BatchItem]:
        place = int(key) if str(key).isdigit() else -1
        return [self.adds[place]] if 0 <= place < len(self.adds) and fault.action in (None, "add") else []

    def by_id(self, key: Any) -> list[BatchItem]:
        wanted = number(key)
        return [item for item in self.others if wanted is not None and item.id == wanted]

    def by_input(self, echoed: Row) -> list[BatchItem]:
        given = {key: value for key, value in echoed.items() if key != "request_id"}
        adds: list[Row] = self.sent.get("add") or []
        for place, one in enumerate(adds):
            if {key: value for key, value in one.items() if key != "request_id"} == given and place < len(self.adds):
                return [self.adds[place]]
        return []

    def refusal(self, item: BatchItem, fault: Fault) -> Refusal:
        text = words(fault)
        entries: list[Row] = item.body.get(FREE_VALUES) or []
        path = path_of(fault.code, self.batch.kind, len(entries))
        if not path:
            named = set(re.findall(r"\d{2,}", fault.text))
            places = [place for place, one in enumerate(entries) if str(one.get("field_id")) in named]
            path = f"{FREE_VALUES}.{places[0]}" if places else ""
        updates: list[Row] = self.sent.get("update") or []
        tried = next((row for row in updates if row.get("id") == item.id and "updated_at" in row), None)
        known = {} if tried is None else {"updated_at": tried["updated_at"]}
        return Refusal(
            text,
            fault.code,
            path,
            is_stale=STALE in text.lower(),
            is_absent=str(fault.code) == NO_ENTITY,
            stored_values=known,
        )


def words(fault: Fault) -> str:
    """What the service says, and what its number means."""
    meaning = MEANINGS.get(fault.code or "")
    said = redact_text(fault.text)
    if meaning and said and meaning.lower() not in said.lower():
        return f"{said} (that means: {meaning})"
    return said or meaning or "it was refused"


# ---- shapes
def faults(errors: Any, action: str | None = None) -> Iterator[Fault]:
    if isinstance(errors, list):
        for error in errors:
            yield fault(error, action, None)
    elif isinstance(errors, dict):
        known = cast("Row", errors)
        if is_fault(known):
            yield fault(known, action, None)
            return
        for key, value in known.items():
            if key in ACTIONS and action is None:
                yield from faults(value, key)
            else:
                yield fault(value, action, str(key))
    elif errors:
        yield fault(errors, action, None)


def is_fault(told: Row) -> bool:
    return any(key in told for key in ("code", "error_code", *WORDS))


def fault(error: Any, action: str | None, key: str | None) -> Fault:
    if not isinstance(error, dict):
        said = "; ".join(map(str, error)) if isinstance(error, list) else str(error)
        return Fault(action, key, "" if said in MEANINGS else said, said if said in MEANINGS else None)
    told = cast("Row", error)
    code = next((told[name] for name in ("code", "error_code") if told.get(name) is not None), None)
    text = next((str(told[name]) for name in WORDS if told.get(name)), "")
    return Fault(action, key, text, None if code is None else str(code), told)
