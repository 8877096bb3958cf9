"""`Endpoint`: one collection of API v4, composed of what its rows, filters, creations, updates and deletions need."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from typing import TypeAlias
from urllib.parse import quote

from msgspec import Struct, field

from kommo_orm.interface.capabilities import Capabilities
from kommo_orm.interface.term import Term
from kommo_orm.model.parent import Parent

Pair = tuple[str, str]
FilterBuilder: TypeAlias = Callable[[Term], Iterator[Pair]]


class RowShape(Struct, frozen=True):
    """How rows of a kind differ from the canonical shape."""

    id_key: str = "id"  # the service's name of the id; canonical rows have it as `id`, too
    has_text_ids: bool = False
    parent_key: str | None = None  # where rows keep the kind of the parent they were read under
    parent_id_key: str | None = None  # and its id
    list_keys: tuple[str, ...] = ()  # other names of the collection in answers
    lifts_embedded: bool = False  # the parts of `_embedded` are keys of the canonical row


class FilterRules(Struct, frozen=True):
    """How terms become parameters, where `filter[name][]=` is not what the service takes."""

    scalar: frozenset[str] = frozenset()  # one plain value: `filter[price]=5`
    scalar_for_one: frozenset[str] = frozenset()  # a plain value for one, a list for several
    plain: frozenset[str] = frozenset()  # parameters of their own, outside of `filter[...]`
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])  # with `=`: scalar
    builders: Mapping[str, FilterBuilder] = field(default_factory=dict[str, FilterBuilder])  # filters of another form
    only_v2: frozenset[str] = frozenset()  # filters that API v2 has and this one has not
    search: str = "query"  # the parameter that searches by text


class IncludeRules(Struct, frozen=True):
    """What the parameter `with` asks for."""

    always: tuple[str, ...] = ()  # ids that the library promises without an include
    list_only: frozenset[str] = frozenset()  # what only lists take


class PairBy(Enum):
    """How rows of an answer to a creation find their items."""

    REQUEST_ID = "request_id"
    POSITION = "position"  # rows have neither ids nor request ids: they come in the order that was sent


class CreateRules(Struct, frozen=True):
    """How a creation is sent and answered."""

    path: str | None = None  # where it is another one than the list's
    is_single: bool = False  # the body is one object, not a list of objects
    replaces_same: bool = False  # a second one replaces the first, so that a creation may be sent again
    pair_by: PairBy = PairBy.REQUEST_ID
    unique_key: str | None = None  # pairs rows that have no request id: no two of them have the same value
    renamed_keys: Mapping[str, str] = field(default_factory=dict[str, str])  # keys of the answer with another meaning


class WriteAddress(Enum):
    """Where one row is changed or deleted."""

    ROW = "row"  # PATCH and DELETE on the address of the row
    COLLECTION = "collection"  # POST and DELETE of one object on the collection


class DeleteBy(Enum):
    """How rows are deleted."""

    ADDRESS = "address"  # DELETE on the address of one row
    LIST = "list"  # DELETE on the collection with the ids in the body; a single row by its address
    LIST_ALWAYS = "list always"  # a single row, too
    V2_BATCH = "v2 batch"  # by API v2, which deletes several


class WriteRules(Struct, frozen=True):
    """How updates and deletions are sent."""

    address: WriteAddress = WriteAddress.ROW
    batch_only: frozenset[str] = frozenset()  # keys that an update of one row does not take
    delete_by: DeleteBy = DeleteBy.ADDRESS


class Endpoint(Struct, frozen=True):
    """One collection. In paths, `{kind}` and `{id}` are the parent's, `{parent}` is the address of the parent."""

    path: str
    key: str  # name of the collection under `_embedded`
    capabilities: Capabilities = field(default_factory=Capabilities)
    nested_path: str | None = None  # the path when the parent is one row; None: the same path for both
    rows: RowShape = RowShape()
    filters: FilterRules = FilterRules()
    includes: IncludeRules = IncludeRules()
    creates: CreateRules = CreateRules()
    writes: WriteRules = WriteRules()
    is_on_drive: bool = False  # lives on the host of the account's files

    def build_url(self, parent: Parent | None, parent_url: Callable[[Parent], str] | None = None) -> str:
        """The address of the collection. `parent_url` builds the address of a parent, where the path contains it."""
        if parent is None:
            return self.path
        path = self.path if self.nested_path is None or parent.id is None else self.nested_path
        if "{" not in path:
            return path
        address = parent_url(parent) if parent_url is not None and "{parent}" in path else ""
        return path.format(kind=KIND_SEGMENTS.get(parent.kind, parent.kind), id=parent.id, parent=address)

    def build_create_url(self, parent: Parent | None) -> str:
        """The address of creations."""
        if self.creates.path is None or parent is None:
            return self.build_url(parent)
        return self.creates.path.format(kind=parent.kind, id=parent.id)


KIND_SEGMENTS = {"segments": "customers/segments"}  # where the address of a kind is another word


def add_to_url(url: str, pk: object) -> str:
    """The address of one row of a collection."""
    return f"{url}/{pk if type(pk) is int else quote(str(pk), safe='')}"
