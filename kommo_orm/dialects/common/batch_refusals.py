"""Errors inside of a success of API v2: which item each error is about, and what it says.

Known shapes: by action and id, by action and place, lists of objects with a code, the input repeated, bare texts. An error
that names no item is that of every item which the answer does not list as stored.
Source: Kommo API v2, "Error codes".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

from kommo_orm.dialects.common.entity_types import parse_id
from kommo_orm.dialects.common.error_codes import MEANINGS, NO_ENTITY, find_error_path
from kommo_orm.dialects.common.response_body import get_embedded, list_items
from kommo_orm.interface.batch import Batch, BatchItem
from kommo_orm.interface.refusal import Refusal
from kommo_orm.interface.row import Row
from kommo_orm.model.lazy_row import FREE_VALUES
from kommo_orm.transport.redaction import redact_text

ACTIONS = ("add", "update", "delete", "link", "unlink")
TEXT_KEYS = ("msg", "message", "error", "detail", "text")
CODE_KEYS = ("code", "error_code")
STALE = "last modified date is older"


@dataclass(frozen=True, slots=True)
class Fault:
    """One error, and all that it says about the item it belongs to."""

    action: str | None = None
    key: str | None = None  # under which key of the answer it stands: a place or an id
    text: str = ""
    code: str | None = None
    raw: Row | None = None


def parse_batch_refusals(batch: Batch, body: Any, sent: Any) -> dict[str, Refusal]:
    """Parse the errors of a batch, by request id. `sent` is the body of the request."""
    embedded = get_embedded(body)
    errors = embedded.get("errors") or (body.get("errors") if isinstance(body, dict) else None)
    if not errors:
        return {}
    rows = list_items(body) or []
    stored_ids = {parse_id(row.get("id")) for row in rows}
    places = {int(place) for row in rows if (place := str(row.get("request_id"))).isdigit()}
    return FaultMatcher(batch, stored_ids, places, sent).match_faults(list(iterate_faults(errors)))


class FaultMatcher:
    """Finds the items that errors are about."""

    def __init__(self, batch: Batch, stored_ids: set[int | None], places: set[int], sent: Any) -> None:
        self.batch = batch
        self.adds = [item for item in batch.items if item.is_create]
        self.others = [item for item in batch.items if not item.is_create]
        self.sent: Row = cast("Row", sent) if isinstance(sent, dict) else {}
        self.stored_ids = stored_ids
        self.places = places

    def match_faults(self, faults: list[Fault]) -> dict[str, Refusal]:
        """The refusals of all faults, by request id."""
        refused: dict[str, Refusal] = {}
        nameless: list[Fault] = []
        for fault in faults:
            items = self._find_items(fault)
            for item in items:
                refused[item.request_id] = self._build_refusal(item, fault)
            if not items:
                nameless.append(fault)
        if nameless:
            joined = Fault(text="; ".join(filter(None, map(describe_fault, nameless))), code=nameless[0].code)
            for item in self._find_unanswered(nameless):
                refused.setdefault(item.request_id, self._build_refusal(item, joined))
        return refused

    def _find_unanswered(self, nameless: list[Fault]) -> list[BatchItem]:
        """The items of these actions that the answer does not list as stored."""
        actions = {fault.action for fault in nameless}
        adds = self.adds if actions - {"update", "delete"} else []
        others = self.others if actions - {"add"} else []
        missing = [item for place, item in enumerate(adds) if place not in self.places]
        return [*missing, *(item for item in others if item.id not in self.stored_ids)]

    def _find_items(self, fault: Fault) -> list[BatchItem]:
        """The item that a fault names by request id, by id, by its input, or by the key it stands under."""
        raw = fault.raw or {}
        repeated: Any = raw.get("item")
        for key in (raw.get("request_id"), repeated.get("request_id") if isinstance(repeated, dict) else None):
            found = self._find_by_place(key, fault) or self._find_by_id(key)
            if key is not None and found:
                return found
        for key in (raw.get("id"), repeated.get("id") if isinstance(repeated, dict) else repeated):
            if found := self._find_by_id(key):
                return found
        if isinstance(repeated, dict) and (found := self._find_by_input(cast("Row", repeated))):
            return found
        return self._find_by_key(fault)

    def _find_by_key(self, fault: Fault) -> list[BatchItem]:
        if fault.key is None:
            return []
        if fault.action == "add":
            return self._find_by_place(fault.key, fault)
        return self._find_by_id(fault.key) or (self._find_by_place(fault.key, fault) if fault.action is None else [])

    def _find_by_place(self, key: Any, fault: Fault) -> list[BatchItem]:
        place = int(key) if str(key).isdigit() else -1
        return [self.adds[place]] if 0 <= place < len(self.adds) and fault.action in (None, "add") else []

    def _find_by_id(self, key: Any) -> list[BatchItem]:
        wanted = parse_id(key)
        return [item for item in self.others if wanted is not None and item.id == wanted]

    def _find_by_input(self, repeated: Row) -> list[BatchItem]:
        given = {key: value for key, value in repeated.items() if key != "request_id"}
        adds: list[Row] = self.sent.get("add") or []
        for place, row in enumerate(adds):
            if {key: value for key, value in row.items() if key != "request_id"} == given and place < len(self.adds):
                return [self.adds[place]]
        return []

    def _build_refusal(self, item: BatchItem, fault: Fault) -> Refusal:
        text = describe_fault(fault)
        updates: list[Row] = self.sent.get("update") or []
        sent_row = next((row for row in updates if row.get("id") == item.id and "updated_at" in row), None)
        return Refusal(
            text,
            fault.code,
            self._find_path(item, fault),
            is_stale=STALE in text.lower(),
            is_absent=str(fault.code) == NO_ENTITY,
            stored_values={} if sent_row is None else {"updated_at": sent_row["updated_at"]},
        )

    def _find_path(self, item: BatchItem, fault: Fault) -> str:
        """The path of the refused value: by the code, else by the id of a custom field in the text."""
        entries: list[Row] = item.body.get(FREE_VALUES) or []
        path = find_error_path(fault.code, self.batch.kind, len(entries))
        if path:
            return path
        numbers = set(re.findall(r"\d{2,}", fault.text))
        places = [place for place, entry in enumerate(entries) if str(entry.get("field_id")) in numbers]
        return f"{FREE_VALUES}.{places[0]}" if places else ""


def describe_fault(fault: Fault) -> str:
    """The text of the service, and what its code means."""
    meaning = MEANINGS.get(fault.code or "")
    text = redact_text(fault.text)
    if meaning and text and meaning.lower() not in text.lower():
        return f"{text} (that means: {meaning})"
    return text or meaning or "it was refused"


# ---- shapes
def iterate_faults(errors: Any, action: str | None = None) -> Iterator[Fault]:
    """Read the errors of an answer in any of the known shapes."""
    if isinstance(errors, list):
        for error in errors:
            yield build_fault(error, action, None)
    elif isinstance(errors, dict):
        yield from _iterate_keyed_faults(cast("Row", errors), action)
    elif errors:
        yield build_fault(errors, action, None)


def _iterate_keyed_faults(errors: Row, action: str | None) -> Iterator[Fault]:
    if any(key in errors for key in (*CODE_KEYS, *TEXT_KEYS)):  # one error, and no object of several
        yield build_fault(errors, action, None)
        return
    for key, value in errors.items():
        if key in ACTIONS and action is None:
            yield from iterate_faults(value, key)
        else:
            yield build_fault(value, action, str(key))


def build_fault(error: Any, action: str | None, key: str | None) -> Fault:
    """Make a fault of one error: an object, a list of texts, a text, or a bare code."""
    if not isinstance(error, dict):
        text = "; ".join(map(str, error)) if isinstance(error, list) else str(error)
        return Fault(action, key, "" if text in MEANINGS else text, text if text in MEANINGS else None)
    raw = cast("Row", error)
    code = next((raw[name] for name in CODE_KEYS if raw.get(name) is not None), None)
    text = next((str(raw[name]) for name in TEXT_KEYS if raw.get(name)), "")
    return Fault(action, key, text, None if code is None else str(code), raw)
