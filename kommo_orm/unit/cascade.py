"""Who takes part in a save: the given objects, the new ones they are related to, and what waits for whom."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kommo_orm.errors import ConfigurationError
from kommo_orm.interface.connection import Connection
from kommo_orm.model.instance_state import AWAITS_ID
from kommo_orm.model.model import Model
from kommo_orm.model.parent_object import ParentState
from kommo_orm.model.related_objects import RelatedObjects
from kommo_orm.model.replace_relation import ReplacedObjects
from kommo_orm.unit.report import describe


def iterate_relations(model: Model) -> Iterator[tuple[str, RelatedObjects[Model]]]:
    """The relations of an object that are in use and are made by links."""
    for name, companion in model.__kommo_state__.attached.items():
        if isinstance(companion, RelatedObjects) and not companion.is_nested_create:
            yield name, companion


def iterate_link_relations(model: Model) -> Iterator[tuple[str, RelatedObjects[Model]]]:
    """Those of them that are links, rows of their own."""
    return ((name, related) for name, related in iterate_relations(model) if not isinstance(related, ReplacedObjects))


def find_new_dependencies(model: Model) -> Iterator[Model]:
    """New objects that must be stored for this one to be complete: pending links, and what it belongs to."""
    for _, related in iterate_relations(model):
        yield from (linked.object for linked in related.pending if linked.object.is_new)
    yield from (parent for parent in iterate_parents(model) if parent.is_new)


def iterate_parents(model: Model) -> Iterator[Model]:
    """Objects whose id this one needs before it can be created."""
    for companion in model.__kommo_state__.attached.values():
        if isinstance(companion, ParentState) and companion.object is not None:
            yield companion.object


def collect_cascade(models: Iterable[Model]) -> list[Model]:
    """The objects and, before them, the new ones they need; each once. What was given up joins only if it is given."""
    found: dict[int, Model] = {}
    for model in models:
        model.__kommo_state__.is_dropped = False
        _collect(model, found)
    return list(found.values())


def _collect(model: Model, found: dict[int, Model]) -> None:
    """Depth first, without recursion: chains of thousands of related objects are no reason to fail."""
    begun: set[int] = set()
    path: list[tuple[Model, Iterator[Model]]] = []

    def enter(one: Model) -> None:
        if id(one) not in found and id(one) not in begun and not one.__kommo_state__.is_dropped:
            begun.add(id(one))
            path.append((one, find_new_dependencies(one)))

    enter(model)
    while path:
        one, others = path[-1]
        following = next(others, None)
        if following is not None:
            enter(following)
            continue
        found[id(one)] = one
        path.pop()


def refuse_other_account(connection: Connection, models: Iterable[Model]) -> None:
    """An object of one account is never written in another."""
    for model in models:
        name = model.account_name
        if name is not None and name != connection.name:
            raise ConfigurationError(
                f"{describe(model)} belongs to account {name} and cannot be saved in {connection.name}. "
                "Use clone() to make a new object of its values."
            )


def refuse_uncertain(models: Iterable[Model]) -> None:
    """An object whose creation nobody knows the end of is not created a second time."""
    for model in models:
        if model.__kommo_state__.awaits_id:
            raise ConfigurationError(f"{describe(model)} cannot be saved yet: {AWAITS_ID}.")
        if model.__kommo_state__.is_uncertain:
            raise ConfigurationError(
                f"{describe(model)} may have been created already: the answer was lost. Look in the account, then call "
                "resolve(created_id=...), resolve(retry=True) or resolve(drop=True)."
            )
