"""Links as the service lists them: of one row, or of many rows of one kind in one request.

Source: Kommo API v4, "Entity links".
"""

from __future__ import annotations

import builtins
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, ClassVar, Literal, Self, get_args

from typing_extensions import TypedDict, Unpack

from kommo_orm.errors import ConfigurationError, QueryError, UnexpectedResponse
from kommo_orm.fields.raw_values import is_object
from kommo_orm.interface.connection import Connection, find_connection
from kommo_orm.interface.read_request import ReadRequest
from kommo_orm.interface.row import Row
from kommo_orm.interface.row_reader import count_parallel_reads
from kommo_orm.interface.term import Term
from kommo_orm.model.arguments import refuse_list_argument, validate_list
from kommo_orm.model.codec import decode_decimal, decode_int
from kommo_orm.model.model import Model
from kommo_orm.model.parent import Parent
from kommo_orm.query.arguments import validate_pk
from kommo_orm.transport.flow import Failure, Flow, gather_flows
from kommo_orm.unit.plan import split_chunks
from kommo_orm.unit.report import describe

ONE_ANSWER = 250  # the list is not paged
OWNERS_AT_ONCE = 250
METADATA: dict[str, Callable[[Any], Any]] = {
    "main_contact": bool,
    "quantity": decode_decimal,
    "catalog_id": decode_int,
    "price_id": decode_int,
    "updated_by": decode_int,
}
PLACES = frozenset({"entity_id", "entity_type", "to_entity_id", "to_entity_type", "metadata"})

LinkedKind = Literal["leads", "contacts", "companies", "customers", "catalog_elements"]


@dataclass(frozen=True, slots=True)
class Link:
    """One link: the linked row (`kind`, `id`) and its owner (`entity_type`, `entity_id`).

    Links to contacts have `is_main`; links to list elements have their list, the quantity and the price field. `extra` is
    what else the service sends.

    Example:
        >>> for link in Link.objects.of(*leads).filter(to_entity_type="contacts"):
        ...     print(link.entity_id, link.id, link.is_main)
    """

    kind: str
    id: int
    is_main: bool | None = None
    catalog_id: int | None = None
    quantity: Decimal | None = None
    price_id: int | None = None
    updated_by: int | None = None
    entity_type: str | None = None
    entity_id: int | None = None
    extra: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    objects: ClassVar[LinkManager]


class LinkFilters(TypedDict, total=False):
    """What links can be chosen by. `to_entity_id` goes together with `to_entity_type`."""

    to_entity_type: LinkedKind
    to_entity_id: int
    to_catalog_id: int


class LinkQuery:
    """The links of given rows. Lazy and immutable; iterating sends requests.

    Many leads, contacts, companies or customers are asked 250 a request; list elements one by one.
    """

    def __init__(self, owners: tuple[Parent, ...], connection: Connection | None = None) -> None:
        self._owners, self._connection = owners, connection
        self._wanted: LinkFilters = {}

    def using(self, connection: Any) -> Self:
        """The same query on another account."""
        return type(self)(self._owners, getattr(connection, "connection", connection))._copy_with(self._wanted)

    def filter(self, **wanted: Unpack[LinkFilters]) -> Self:
        """Links to a kind of rows, to one row of it, or to the elements of one list.

        Raises:
            QueryError: `to_entity_id` without `to_entity_type`, or a value that does not fit.

        Example:
            >>> Link.objects.of(*leads).filter(to_entity_type="catalog_elements", to_catalog_id=3005)
        """
        both = self._wanted | wanted
        validate_link_filters(both)
        return type(self)(self._owners, self._connection)._copy_with(both)

    def _copy_with(self, wanted: LinkFilters) -> Self:
        self._wanted = wanted
        return self

    def list(self) -> builtins.list[Link]:
        """All links, owner by owner."""
        connection = find_connection(self._connection)
        return connection.run(fetch_links(connection, self._owners, self._wanted))

    async def alist(self) -> builtins.list[Link]:
        """`list()` for async code."""
        connection = find_connection(self._connection)
        return await connection.arun(fetch_links(connection, self._owners, self._wanted))

    def by_owner(self) -> dict[int, builtins.list[Link]]:
        """The links of each row, by its id; rows without any have an empty list."""
        return self._group_by_owner(self.list())

    async def aby_owner(self) -> dict[int, builtins.list[Link]]:
        """`by_owner()` for async code."""
        return self._group_by_owner(await self.alist())

    def _group_by_owner(self, links: builtins.list[Link]) -> dict[int, builtins.list[Link]]:
        found: dict[int, builtins.list[Link]] = {owner.id: [] for owner in self._owners if owner.id is not None}
        for link in links:
            found.setdefault(link.entity_id or 0, []).append(link)
        return found

    def __iter__(self) -> Iterator[Link]:
        return iter(self.list())

    async def __aiter__(self) -> AsyncIterator[Link]:
        for link in await self.alist():
            yield link

    def __repr__(self) -> str:
        return f"<links of {', '.join(map(str, self._owners[:3]))}{', ...' if len(self._owners) > 3 else ''}>"


class LinkManager:
    """`Link.objects`."""

    def __init__(self, connection: Connection | None = None) -> None:
        self._connection = connection

    def using(self, account: Any) -> LinkManager:
        """The same on another account or in a session.

        Example:
            >>> Link.objects.using(kommo).of(*leads).list()
        """
        return LinkManager(getattr(account, "connection", account))

    def of(self, *owners: Model, ids: Iterable[int] = (), kind: type[Model] | None = None) -> LinkQuery:
        """The links of these objects, all of one kind; or, without objects, of rows by their ids.

        Raises:
            QueryError: nothing was given, objects of several kinds, or an object that is new.

        Example:
            >>> Link.objects.of(*leads).by_owner()
            >>> Link.objects.of(kind=Lead, ids=[5, 6]).list()
        """
        refuse_list_argument(owners, "of", QueryError)
        places = (*map(get_owner_address, owners), *build_parents(kind, ids))
        account = next((one.__kommo_state__.account for one in owners if one.__kommo_state__.account is not None), None)
        if not places or len({(place.kind) for place in places}) > 1:
            raise QueryError("Link.objects.of() takes objects of one kind, or kind=Lead with ids=[...]")
        own = find_connection(None, account) if account is not None else None
        if own is not None and self._connection is not None and own.name != self._connection.name:
            raise ConfigurationError(
                f"{describe(*owners)} of {own.name} cannot be asked for in {self._connection.name}"
            )
        return LinkQuery(tuple(dict.fromkeys(places)), self._connection or own)


Link.objects = LinkManager()


def validate_link_filters(wanted: LinkFilters) -> None:
    for name in ("to_entity_id", "to_catalog_id"):
        if name in wanted:
            validate_pk(wanted.get(name))
    kind = wanted.get("to_entity_type")
    if kind is not None and kind not in get_args(LinkedKind):
        raise QueryError(f"Links go to {', '.join(get_args(LinkedKind))}, not to {kind!r}")
    if "to_entity_id" in wanted and kind is None:
        raise QueryError(
            "to_entity_id goes together with to_entity_type: filter(to_entity_type='contacts', to_entity_id=55)"
        )


def get_owner_address(model: Model) -> Parent:
    """The address of the owner of links."""
    if not isinstance(model, Model):
        raise QueryError(f"Link.objects.of() takes objects, not {model!r}; for ids give kind=Lead, ids=[...]")
    if model.pk is None:
        raise QueryError(f"{describe(model)} has no links yet: save() it first")
    inside = model._get_parent()
    return Parent(type(model).__kommo_kind__, model.pk, inside)


def build_parents(kind: type[Model] | None, ids: Iterable[int]) -> Iterator[Parent]:
    for pk in validate_list("ids=", ids, QueryError):
        if kind is None or kind.__kommo_kind__ == "catalog_elements":
            raise QueryError(
                "ids=[...] goes together with kind=Lead (or Contact, Company); list elements are given as objects"
            )
        yield Parent(kind.__kommo_kind__, validate_pk(pk))


# ---- flows
def fetch_links(connection: Connection, owners: Iterable[Parent], wanted: LinkFilters) -> Flow[builtins.list[Link]]:
    """The links of rows of one kind. The filters are applied here again, since Kommo ignores some."""
    flows = [_fetch_chunk(connection, chunk, wanted) for chunk in split_owners(connection, builtins.list(owners))]
    outcomes = yield from gather_flows(flows, count_parallel_reads(connection))
    found: builtins.list[Link] = []
    for outcome in outcomes:
        if isinstance(outcome, Failure):
            raise outcome.error
        found += [link for link in outcome.value if matches_link_filters(link, wanted)]
    return found


def split_owners(connection: Connection, owners: builtins.list[Parent]) -> Iterator[builtins.list[Parent]]:
    features = connection.dialect.capabilities
    many = features(owners[0].kind).links_several_owners and features("links").links_several_owners
    for chunk in split_chunks(owners, OWNERS_AT_ONCE if many else 1):
        yield builtins.list(chunk)


def _fetch_chunk(
    connection: Connection, owners: builtins.list[Parent], wanted: LinkFilters
) -> Flow[builtins.list[Link]]:
    terms = tuple(Term(name, "eq", value) for name, value in choose_sendable(wanted).items())
    if len(owners) == 1:
        read = ReadRequest("links", owners[0], terms)
    else:
        ids = Term("entity_id", "in", tuple(owner.id for owner in owners))
        read = ReadRequest("links", Parent(owners[0].kind), (ids, *terms))
    answer = yield from connection.ask(connection.dialect.build_list_request(read, 1, ONE_ANSWER))
    among = {owner.id for owner in owners}
    links = [
        parse_link(row, owners[0] if len(owners) == 1 else None)
        for row in connection.dialect.parse_page(read, answer).rows
    ]
    return [link for link in links if link.entity_id in among]


def choose_sendable(wanted: LinkFilters) -> dict[str, Any]:
    """The filters to send: Kommo ignores a kind without an id."""
    has_no_id = "to_entity_id" not in wanted
    return {name: value for name, value in wanted.items() if not (has_no_id and name == "to_entity_type")}


def matches_link_filters(link: Link, wanted: LinkFilters) -> bool:
    has = {"to_entity_type": link.kind, "to_entity_id": link.id, "to_catalog_id": link.catalog_id}
    return all(has[name] == value for name, value in wanted.items())


def parse_link(row: Row, owner: Parent | None = None) -> Link:
    """`metadata` may be null, absent or an empty list. What cannot be read of it stays in `extra`.

    Raises:
        UnexpectedResponse: the row does not name what is linked.
    """
    target = decode_or_none(decode_int, row.get("to_entity_id"))
    if target is None or not isinstance(row.get("to_entity_type"), str):
        raise UnexpectedResponse(
            f"Cannot read a link of {owner or 'several rows'}: it does not name what is linked: {row!r:.120}"
        )
    metadata: dict[str, Any] = dict(row["metadata"]) if is_object(row.get("metadata")) else {}
    read = {name: decode_or_none(decode, metadata.get(name)) for name, decode in METADATA.items()}
    pk, kind = decode_or_none(decode_int, row.get("entity_id")), row.get("entity_type")
    return Link(
        kind=row["to_entity_type"],
        id=target,
        is_main=read.pop("main_contact"),
        **read,
        entity_type=str(kind) if kind is not None else owner.kind if owner is not None else None,
        entity_id=pk if pk is not None else owner.id if owner is not None else None,
        extra={
            **{key: value for key, value in row.items() if key not in PLACES},
            **{key: value for key, value in metadata.items() if value is not None and is_unread(key, value)},
        },
    )


def decode_or_none(decode: Callable[[Any], Any], raw: Any) -> Any:
    """The decoded value; None where it is missing or unreadable."""
    try:
        return None if raw is None else decode(raw)
    except (ValueError, ArithmeticError):
        return None


def is_unread(key: str, raw: Any) -> bool:
    """Whether a part of the metadata is shown by no attribute."""
    return key not in METADATA or decode_or_none(METADATA[key], raw) is None


__all__ = ["Link", "LinkQuery"]
