"""References to rows by kind and id, in any spelling of the service: `lead`, `leads`, `catalog_3005`."""

from __future__ import annotations

import re
from typing import Any

from kommo_orm.fields.raw_values import read_int
from kommo_orm.model.class_registry import find_class
from kommo_orm.model.model import Model

SINGULAR = {
    "lead": "leads",
    "contact": "contacts",
    "company": "companies",
    "customer": "customers",
    "task": "tasks",
    "catalog_element": "catalog_elements",
}
LIST = re.compile(r"catalog_(\d+)")


def normalize_kind(name: Any) -> str:
    """The plural, which models go by."""
    text = str(name or "")
    return "catalog_elements" if LIST.fullmatch(text) else SINGULAR.get(text, text)


def get_singular(kind: str) -> str:
    """The word that events use."""
    return next((singular for singular, plural in SINGULAR.items() if plural == kind), kind)


def make_reference(owner: Model, name: Any, pk: Any, catalog_id: Any = None) -> Model | None:
    """A reference to the row, on the owner's account; None where no class exists for the kind."""
    number = read_int(pk)
    kind = normalize_kind(name)
    try:
        cls: Any = find_class(kind)
    except KeyError:
        return None
    if not number:
        return None
    named = LIST.fullmatch(str(name))
    home = read_int(catalog_id) or (int(named[1]) if named else None)
    place = {"catalog_id": home} if kind == "catalog_elements" and home else {}
    found: Model = cls(id=number, **place)
    found.__kommo_state__.account = owner.__kommo_state__.account
    return found
