"""`customer.segments`: the segments a customer is in. A customer's body carries all of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kommo_orm.entities.customers.segment import Segment
from kommo_orm.interface.connection import Connection
from kommo_orm.model.class_registry import find_class
from kommo_orm.model.instance_state import Unit
from kommo_orm.model.related_objects import RelatedObjects
from kommo_orm.model.replace_relation import ReplaceRelation
from kommo_orm.query.bound_query import BoundQuery
from kommo_orm.query.execution import stream_objects
from kommo_orm.transport.flow import Flow, collect_values

if TYPE_CHECKING:
    from kommo_orm.model.model import Model


class CustomerSegments(ReplaceRelation[Segment]):
    """Declares `segments` on a customer."""

    def __init__(self) -> None:
        super().__init__("segments")

    def load_rows(self, connection: Connection, owners: Sequence[Model], unit: Unit | None) -> Flow[None]:
        """All segments of the account: there are a hundred at most, and none can be asked for by id."""
        sets: list[RelatedObjects[Segment]] = [getattr(owner, self.name) for owner in owners]
        if not any(one._find_lacking() for one in sets):
            return
        pages = yield from collect_values(stream_objects(BoundQuery(find_class("segments"), connection, unit=unit)))
        found = {segment.pk: segment for page in pages for segment in page}
        for one in sets:
            one._attach_found(found)
