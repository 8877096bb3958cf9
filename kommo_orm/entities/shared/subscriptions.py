"""`lead.subscriptions`: who is notified about a card. Kommo can only list them."""

from __future__ import annotations

import builtins
from collections.abc import Iterator

from kommo_orm.entities.shared.nested_value import NestedValue
from kommo_orm.entities.shared.related_manager import BaseRelatedManager
from kommo_orm.fields.compound_value import Computed, part
from kommo_orm.interface.connection import Connection
from kommo_orm.interface.read_request import ReadRequest
from kommo_orm.model.parent import Parent
from kommo_orm.transport.flow import Flow

SUBSCRIPTIONS = "subscriptions"


class Subscription(NestedValue):
    """One subscriber of a card: a user or a group (`type`), by its id."""

    subscriber_id: Computed[int] = part()
    type: Computed[str] = part()


class Subscriptions(BaseRelatedManager):
    """The subscribers of one lead or customer.

    Example:
        >>> [one.subscriber_id for one in lead.subscriptions.list() if one.type == "user"]
        [42]

    Source: Kommo API v4, "Subscriptions of an entity".
    """

    def list(self) -> builtins.list[Subscription]:
        """All subscribers. Sends a request."""
        connection = self.connection
        return connection.run(fetch_subscriptions(connection, self.parent))

    async def alist(self) -> builtins.list[Subscription]:
        """`list()` for async code."""
        connection = self.connection
        return await connection.arun(fetch_subscriptions(connection, self.parent))

    def __iter__(self) -> Iterator[Subscription]:
        raise self.make_not_loaded("list()")


def fetch_subscriptions(connection: Connection, parent: Parent) -> Flow[builtins.list[Subscription]]:
    """Page after page: the rows have no ids to seek by."""
    read, dialect = ReadRequest(SUBSCRIPTIONS, parent), connection.dialect
    size = min(connection.page_size, dialect.capabilities(SUBSCRIPTIONS).page_size)
    found: builtins.list[Subscription] = []
    number = 1
    while True:
        answer = yield from connection.ask(dialect.build_list_request(read, number, size))
        page = dialect.parse_page(read, answer)
        found += map(Subscription.from_raw, page.rows)
        if page.last or not page.rows:
            return found
        number += 1


__all__ = ["Subscription"]
