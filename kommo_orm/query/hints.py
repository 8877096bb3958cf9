"""Messages for methods that a query does not have: why, and what to use instead."""

from __future__ import annotations

from collections.abc import Iterable
from inspect import isfunction
from itertools import takewhile
from typing import Any

from kommo_orm.model.close_names import find_close_names
from kommo_orm.model.model import Model

_ALIKE = 0.7  # a slip of the keyboard, not another word
_NOT_ASKED = {"filter": "filter {}", "exclude": "leave out {}", "order_by": "order {}", "search": "search {}"}

_RELATED = ("include", 'include() loads related objects: include("contacts")')
_WHOLE_ROWS = ("", "Kommo sends whole rows, and a value is decoded when it is first read, so nothing need be left out")
_DUMPED = ("", 'read the objects and take their attributes, or dump them: one.model_dump(include={"id", "name"})')
_FOUND = (
    "",
    "look first, get_or_none(...), and create(...) where there is none. Contacts and companies have find_or_create()",
)
_COUNTED = ("", "Kommo computes no totals: read the rows and compute in Python")
_LAST = ("order_by", "order by the other direction and take first(), such as order_by('-id').first()")
# What other libraries call it: the method that it needs here, and what to do instead.
_ELSEWHERE: dict[str, tuple[str, str]] = {
    **dict.fromkeys(("select_related", "prefetch_related", "joinedload"), _RELATED),
    **dict.fromkeys(("only", "defer"), _WHOLE_ROWS),
    **dict.fromkeys(("values", "values_list", "to_dicts"), _DUMPED),
    **dict.fromkeys(("get_or_create", "update_or_create"), _FOUND),
    **dict.fromkeys(("aggregate", "annotate"), _COUNTED),
    **dict.fromkeys(("last", "latest", "reverse"), _LAST),
    "distinct": ("", "each row comes once"),
    "iterator": ("", "iterate() streams the objects"),
}


def explain_missing_method(query: type[Any], model: type[Model], name: str) -> str:
    """A sentence for a name that a query does not have."""
    if name in _NOT_ASKED:
        cannot = _NOT_ASKED[name].format(model.__kommo_kind__.replace("_", " "))
        cure = "Sort the list in Python" if name == "order_by" else "Read the list and choose in Python"
        advice = "" if model.__kommo_info__.is_write_only else f" {cure}."
        return f"Kommo's API cannot {cannot}, so {query.__name__} has no {name}().{advice}"
    if name in ("update", "aupdate") and hasattr(model, "save"):
        return f"{query.__name__} has no {name}(): change the objects in a Session, which writes them together."
    if name.removeprefix("a") in ("create", "delete"):
        elsewhere = model.__kommo_info__.delete_hint if name.endswith("delete") else ""
        return f"{query.__name__} has no {name}(){_describe_own_methods(query)}{elsewhere}"
    needed, instead = _ELSEWHERE.get(name) or _ELSEWHERE.get(name.removeprefix("a"), ("", ""))
    if instead and (not needed or hasattr(query, needed)):
        return f"{query.__name__} has no {name}(): {instead}."
    close = find_close_names(name, list_public_methods(query.__mro__), cutoff=_ALIKE)
    hint = f"; did you mean {close[0]}()?" if close else _describe_own_methods(query)
    return f"{query.__name__} has no {name}(){hint}"


def _describe_own_methods(query: type[Any]) -> str:
    """What this kind of query has beside what all queries have."""
    own = list_public_methods(takewhile(lambda one: one.__name__ != "Query", query.__mro__))
    return f"; beside what all queries have it has {', '.join(f'{name}()' for name in own)}." if own else "."


def list_public_methods(classes: Iterable[type[Any]]) -> list[str]:
    """Their public methods."""
    return sorted(
        {name for one in classes for name, value in vars(one).items() if name[0] != "_" and isfunction(value)}
    )
