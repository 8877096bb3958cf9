"""Relations that are replaced as one: the owner's body carries all objects, and Kommo stores exactly these."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, Self, overload

from typing_extensions import TypeVar

from kommo_orm.model.pending_links import LinkMeta, SentLinks
from kommo_orm.model.related_objects import RelatedObjects
from kommo_orm.model.relation_descriptors import Related

if TYPE_CHECKING:
    from kommo_orm.model.model import Model

M = TypeVar("M", bound="Model", covariant=True)


class ReplacedObjects(RelatedObjects[M], Generic[M]):
    """The objects of such a relation: `customer.segments`.

    Adding to a set means sending all of it, so that it must be known: a reference that was never read raises `NotLoaded`.

    Example:
        >>> customer.segments.add(vip)
        >>> customer.segments.ids
        (51,)
    """

    def add(self, *objects: Model | int, main: bool | None = None, updated_by: None = None) -> None:  # type: ignore[override]
        """Add objects (or rows by id). Pending until `save()` or a flush.

        Raises:
            NotLoaded: what the set holds now is not known. ConfigurationError: an object of another entity or account.
        """
        self._get_baseline_links()
        super().add(*objects, main=main)

    def remove(self, *objects: Model | int, updated_by: None = None) -> None:  # type: ignore[override]
        """Take objects (or rows by id) out. Pending until `save()` or a flush; what is not in is left alone.

        Raises:
            NotLoaded: what the set holds now is not known.
        """
        self._get_baseline_links()
        super().remove(*objects)

    @property
    def _key(self) -> str:
        """The name under which the owner embeds the set."""
        return self._relation.key

    def _build_rows(self) -> list[dict[str, Any]]:
        """Return the set as the owner's body carries it. New objects are in it once they are saved."""
        kept = {
            pk: self._build_row(pk, meta) for pk, meta in self._get_baseline_links().items() if pk not in self._removed
        }
        pending = [(linked.object.pk, linked) for linked in self._links_to_add]
        added = {pk: self._build_row(pk, self._build_link_meta(linked)) for pk, linked in pending if pk is not None}
        return list({**kept, **added}.values())

    def _build_row(self, pk: int, meta: LinkMeta) -> dict[str, Any]:
        """Return one object as it is sent."""
        return {"id": pk}

    def _take_snapshot(self) -> SentLinks:
        """Return what is sent now. A new object waits until it has an id."""
        sent = super()._take_snapshot()
        return SentLinks(tuple(linked for linked in sent.added if linked.object.pk is not None), sent.removed)

    def _describe_unknown(self) -> str:
        owner, name = self._owner, self._relation.name
        return (
            f"{type(owner).__name__} {owner.pk} does not know its {name}, and Kommo takes them as a whole: refresh() "
            "first, or read the object instead of naming its id."
        )


class ReplaceRelation(Related[M], Generic[M]):
    """Declares such a relation: `segments = RelatedSet["Segment"]("segments")`."""

    state_class = ReplacedObjects

    @overload
    def __get__(self, instance: None, owner: type[Any], /) -> Self: ...
    @overload
    def __get__(self, instance: Model, owner: type[Any], /) -> ReplacedObjects[M]: ...
    def __get__(self, instance: Model | None, owner: type[Any], /) -> Any:
        return super().__get__(instance, owner)
