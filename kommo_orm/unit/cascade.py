"""The cascade of a save: the given objects, the new ones they are related to, and which of them must come first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kommo_orm.errors import ConfigurationError
from kommo_orm.interface.connection import Connection
from kommo_orm.model.instance_state import AWAITS_ID
from kommo_orm.model.model import Model
from kommo_orm.model.parent import Parent
from kommo_orm.model.parent_object import ParentState
from kommo_orm.model.related_objects import RelatedObjects
from kommo_orm.model.replace_relation import ReplacedObjects
from kommo_orm.unit.report import describe


def iterate_relations(model: Model) -> Iterator[tuple[str, RelatedObjects[Model]]]:
    """The relations of an object that are in use, without those that its creation carries."""
    for name, attached in model.__kommo_state__.attached.items():
        if isinstance(attached, RelatedObjects) and not attached._is_nested_create:
            yield name, attached


def iterate_link_relations(model: Model) -> Iterator[tuple[str, RelatedObjects[Model]]]:
    """Those of them that are made by links, which are rows of their own."""
    return ((name, related) for name, related in iterate_relations(model) if not isinstance(related, ReplacedObjects))


def iterate_parents(model: Model) -> Iterator[Model]:
    """The objects whose id this one needs before it can be created."""
    for attached in model.__kommo_state__.attached.values():
        if isinstance(attached, ParentState) and attached.object is not None:
            yield attached.object


def find_new_dependencies(model: Model) -> Iterator[Model]:
    """The new objects that must be stored for this one to be complete: pending links, and its parents."""
    for _, related in iterate_relations(model):
        yield from (linked.object for linked in related._links_to_add if linked.object.is_new)
    yield from (parent for parent in iterate_parents(model) if parent.is_new)


def find_parent(model: Model) -> Parent | None:
    """The row under which the service keeps this one; None where its address names no other row."""
    return model._get_parent() if type(model).__kommo_info__.has_parent else None


def collect_cascade(models: Iterable[Model]) -> list[Model]:
    """The objects and, before them, the new ones they need; each once. A dropped object joins only if it is given."""
    found: dict[int, Model] = {}
    for model in models:
        state = model.__kommo_state__
        state.is_dropped = False
        if state.attached:
            _collect_dependencies(model, found)
        else:
            found[id(model)] = model
    return list(found.values())


def _collect_dependencies(model: Model, found: dict[int, Model]) -> None:
    """Depth first, without recursion: chains of thousands of related objects are no reason to fail."""
    entered: set[int] = set()
    path: list[tuple[Model, Iterator[Model]]] = []

    def enter(one: Model) -> None:
        if id(one) not in found and id(one) not in entered and not one.__kommo_state__.is_dropped:
            entered.add(id(one))
            path.append((one, find_new_dependencies(one)))

    enter(model)
    while path:
        one, dependencies = path[-1]
        following = next(dependencies, None)
        if following is not None:
            enter(following)
            continue
        found[id(one)] = one
        path.pop()


def refuse_other_account(connection: Connection, models: Iterable[Model]) -> None:
    """Raise `ConfigurationError` for an object of another account: it is never written in this one."""
    for model in models:
        account = model.__kommo_state__.account
        if account is None or account is connection:
            continue
        if model.account_name != connection.name:
            raise ConfigurationError(
                f"{describe(model)} belongs to account {model.account_name} and cannot be saved in {connection.name}. "
                "Use clone() to make a new object of its values"
            )


def refuse_uncertain(models: Iterable[Model]) -> None:
    """Raise `ConfigurationError` for an object whose creation has an unknown result: it is not created a second time."""
    for model in models:
        state = model.__kommo_state__
        if state.create_attempt is None:
            continue
        if state.awaits_id:
            raise ConfigurationError(f"{describe(model)} cannot be saved yet: {AWAITS_ID}")
        raise ConfigurationError(
            f"{describe(model)} may have been created already: the answer was lost. Look in the account, then call "
            "resolve(created_id=...), resolve(retry=True) or resolve(drop=True)"
        )
