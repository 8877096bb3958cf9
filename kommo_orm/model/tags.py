"""The tags of an object. Every row carries all of them; they are changed by adding and removing.

Source: Kommo API v4, "Tags": attach and detach on an entity.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Self, cast, overload

from typing_extensions import TypeVar

from kommo_orm.errors import ConfigurationError, NotLoaded
from kommo_orm.model.arguments import refuse_list_argument, validate_list
from kommo_orm.model.attached_state import AttachedAttribute
from kommo_orm.model.class_registry import find_class
from kommo_orm.model.definition import iterate_items
from kommo_orm.model.field_values import get_values
from kommo_orm.model.iterable_input import Many
from kommo_orm.model.owned_state import OwnedState
from kommo_orm.model.php_shapes import embeds_nothing, read_embedded
from kommo_orm.model.tag_list import TagList, TagRow

if TYPE_CHECKING:
    from kommo_orm.model.model import Model

T = TypeVar("T", bound="Model", covariant=True)


@dataclass(frozen=True, slots=True)
class SentTags:
    """Pending changes of tags at the moment of sending."""

    added: tuple[TagRow, ...]
    removed: tuple[TagRow, ...]
    cleared: bool


class Tags(OwnedState, Generic[T]):
    """The tags of one object; they iterate as `Tag` objects and answer to names.

    Example:
        >>> lead.tags.add("vip")
        >>> "vip" in lead.tags
        True
    """

    _keeps_loaded = False

    def __init__(self, owner: Model) -> None:
        super().__init__(owner)
        self._baseline = self._read_baseline()
        self._added = TagList()
        self._removed = TagList()
        self._cleared = False
        self._unconfirmed = TagList()  # were sent and may be attached or detached

    # ---- reading
    @property
    def names(self) -> tuple[str, ...]:
        """Names of the tags, pending changes included."""
        return tuple(str(mark.get("name") or "") for mark in self._get_current())

    @property
    def ids(self) -> tuple[int, ...]:
        """Ids of the tags that have one (a tag added by name has none until the row is read again)."""
        return tuple(mark["id"] for mark in self._get_current() if mark.get("id") is not None)

    def __iter__(self) -> Iterator[T]:
        account = self._owner.__kommo_state__.account
        return iter(cast("list[T]", find_class("tags").hydrate([dict(mark) for mark in self._get_current()], account)))

    def __len__(self) -> int:
        return len(self._get_current())

    def __contains__(self, item: object) -> bool:
        self._require_known()
        mark = parse_tag(item)
        return any(other not in self._removed for other in self._find_stored(mark)) or mark in self._added

    # ---- changing
    def add(self, *tags: str | T | int) -> None:
        """Attach tags by name, id or `Tag`. A name that Kommo does not know yet becomes a new tag when saved."""
        refuse_list_argument(tags, "add")
        for mark in map(parse_tag, tags):
            self._removed.discard(mark)
            is_stored = any(other not in self._unconfirmed for other in self._find_stored(mark))
            if not is_stored and mark not in self._added:
                self._added.append(mark)
        self._touch_owner()

    def remove(self, *tags: str | T | int) -> None:
        """Detach tags by name, id or `Tag`; what is not attached is left alone."""
        refuse_list_argument(tags, "remove")
        for mark in map(parse_tag, tags):
            self._added.discard(mark)
            attached = [mark] if self._baseline is None else self._baseline.find(mark)
            self._removed.add_missing(attached or self._unconfirmed.find(mark))
        self._touch_owner()

    def set(self, tags: Many[str | T | int]) -> None:
        """Make these the tags: the rest is detached. One tag is a list of one: `set(["vip"])`."""
        wanted = [parse_tag(tag) for tag in validate_tags(tags)]
        if self._baseline is None and not self._owner.is_new:
            raise NotLoaded(
                f"{type(self._owner).__name__} {self._owner.pk} does not know its tags. Call refresh() first, or use add() and remove()"
            )
        sought = TagList(wanted)
        self._added = TagList(mark for mark in self._added if mark in sought)
        self._removed.add_missing(mark for mark in self._baseline or () if mark not in sought)
        self._removed = TagList(self._removed.without(sought))
        self.add(*[get_tag_key(mark) for mark in wanted])

    def clear(self) -> None:
        """Detach all tags."""
        if self._baseline is None and not self._owner.is_new:
            self._added, self._removed, self._cleared = TagList(), TagList(), True
            self._touch_owner()
        else:
            self.set(())

    # ---- pending changes
    @property
    def _is_changed(self) -> bool:
        return bool(self._added or self._removed or self._cleared)

    @property
    def _tags_to_add(self) -> list[TagRow]:
        return [encode_tag(mark) for mark in self._added]

    @property
    def _tags_to_delete(self) -> list[TagRow]:
        return [encode_tag(mark) for mark in self._removed]

    @property
    def _final_tags(self) -> list[TagRow] | None:
        """All tags after the changes, with ids and names as far as they are known; None if they are not known."""
        if self._cleared:
            return list(self._added)
        return None if self._baseline is None and not self._owner.is_new else self._get_current()

    @property
    def _is_cleared(self) -> bool:
        """Whether all tags are removed, though it is not known which there are."""
        return self._cleared

    def _describe_changes(self, name: str) -> dict[str, tuple[Any, Any]]:
        if not self._is_changed:
            return {}
        old = tuple(str(get_tag_key(mark)) for mark in self._baseline or ())
        return {name: (old, tuple(str(get_tag_key(mark)) for mark in self._list_current()))}

    def _revert(self) -> None:
        self._added, self._removed, self._cleared = TagList(), TagList(), False
        for mark in self._unconfirmed:  # what Kommo may have done of it is undone
            (self._added if self._find_stored(mark) else self._removed).append(mark)

    def _mark_unconfirmed(self, sent: SentTags) -> None:
        """Note tags that were sent and may be attached or detached: they count as changed."""
        self._unconfirmed.add_missing((*sent.added, *sent.removed))

    def _take_snapshot(self) -> SentTags:
        return SentTags(tuple(self._added), tuple(self._removed), self._cleared)

    def _mark_stored(self, sent: SentTags | None = None) -> None:
        """Make what was sent the baseline. What was added or removed since then stays pending."""
        sent = self._take_snapshot() if sent is None else sent
        attached, detached = TagList(sent.added), TagList(sent.removed)
        self._unconfirmed = TagList(mark for mark in self._unconfirmed if mark not in attached and mark not in detached)
        if sent.cleared:
            self._baseline, self._cleared = TagList(), False
        if self._baseline is not None:
            self._baseline = TagList(self._baseline.without(detached))
            self._baseline.add_missing(sent.added)
        taken_back = [mark for mark in attached if mark not in self._added and mark not in self._removed]
        put_back = [mark for mark in detached if mark not in self._removed and mark not in self._added]
        self._added = TagList([*self._added.without(attached), *(mark for mark in put_back if mark not in attached)])
        self._removed = TagList(
            [*self._removed.without(detached), *(mark for mark in taken_back if mark not in detached)]
        )

    def _reload_baseline(self) -> None:
        self._baseline, self._unconfirmed = self._read_baseline(), TagList()

    def _copy_for(self, model: Model, duplicate: Callable[[Any], Any]) -> Self:
        twin = type(self)(model)
        twin.__setstate__(duplicate(self.__getstate__()))
        return twin

    def __getstate__(self) -> Any:
        baseline = None if self._baseline is None else list(self._baseline)
        return (baseline, list(self._added), list(self._removed), self._cleared, list(self._unconfirmed))

    def __setstate__(self, kept: Any) -> None:
        baseline, added, removed, self._cleared, unconfirmed = kept
        self._baseline = None if baseline is None else TagList(baseline)
        self._added, self._removed, self._unconfirmed = TagList(added), TagList(removed), TagList(unconfirmed)

    def __repr__(self) -> str:
        known = self._baseline is not None or self._owner.is_new
        return f"<tags {self.names}>" if known else "<tags: not loaded>"

    # ---- inside
    def _read_baseline(self) -> TagList | None:
        row = self._owner.__kommo_state__.row
        if row is None:
            return TagList() if self._owner.is_new else None
        found = (read_embedded(row) or {}).get("tags")
        if found is None:
            return TagList() if self._owner.__kommo_state__.is_created_here or embeds_nothing(row) else None
        return TagList(iterate_items(found))

    def _find_stored(self, mark: TagRow) -> list[TagRow]:
        """The rows of a tag that are attached in Kommo, as far as is known."""
        return [] if self._baseline is None else self._baseline.find(mark)

    def _require_known(self) -> None:
        if self._baseline is None and not self._owner.is_new:
            raise NotLoaded(
                f"{type(self._owner).__name__} {self._owner.pk} does not know its tags. Call refresh() to load the whole row"
            )

    def _get_current(self) -> list[TagRow]:
        self._require_known()
        return self._list_current()

    def _list_current(self) -> list[TagRow]:
        kept = [] if self._baseline is None else self._baseline.without(self._removed)
        return [*kept, *self._added]

    def _touch_owner(self) -> None:
        unit = self._owner.__kommo_state__.unit
        if unit is not None:
            unit.touch(self._owner)


def validate_tags(given: Any) -> list[Any]:
    """Return the tags of a list. Raises `ConfigurationError` for one tag: its letters are no tags."""
    if isinstance(given, str):
        raise ConfigurationError(f"tags takes several, as a list: [{given!r}], not {given!r}")
    return validate_list("tags", given)


def parse_tag(tag: Any) -> TagRow:
    if isinstance(tag, str) and tag.strip():
        return {"name": tag}
    if isinstance(tag, int) and not isinstance(tag, bool):
        return {"id": tag}
    if not isinstance(tag, str | bool) and getattr(type(tag), "__kommo_kind__", None) == "tags":
        name = None if tag.is_new and "name" not in get_values(tag) else getattr(tag, "name", None)
        return {"id": tag.pk, "name": name} if tag.pk is not None else {"name": name}
    raise ValueError(f"expected a tag's name, its id or a Tag, got {tag!r}")


def get_tag_key(mark: TagRow) -> Any:
    return mark["name"] if mark.get("name") is not None else mark["id"]


def encode_tag(mark: TagRow) -> TagRow:
    """Id or name, never both: both at once doubled tags (or lost all) in the service."""
    return {"id": mark["id"]} if mark.get("id") is not None else {"name": mark["name"]}


class TagsAttribute(AttachedAttribute, Generic[T]):
    """Declares the tags of a model: `tags = TagsAttribute["Tag"]()`."""

    in_constructor = True

    @overload
    def __get__(self, instance: None, owner: type[Any], /) -> Self: ...
    @overload
    def __get__(self, instance: Model, owner: type[Any], /) -> Tags[T]: ...
    def __get__(self, instance: Model | None, owner: type[Any], /) -> Any:
        return self if instance is None else instance._get_attached(self.name, Tags)._with_owner(instance)

    if TYPE_CHECKING:

        def __set__(self, instance: Any, value: Many[str | int | Model], /) -> None: ...

    def create_state(self, model: Model) -> Any:
        return Tags(model)

    def assign_value(self, model: Model, value: Any) -> None:
        self.__get__(model, type(model)).set(value)
