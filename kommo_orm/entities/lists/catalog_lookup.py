"""Find lists by name or by type. The lists of an account are read once and kept.

Ids of lists differ from account to account; `class Product(CatalogElement, catalog="Products")` is the same everywhere.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from kommo_orm.errors import ConfigurationError
from kommo_orm.interface.connection import Connection
from kommo_orm.interface.read_request import ReadRequest
from kommo_orm.model.close_names import find_close_names
from kommo_orm.model.connection import ModelConnection
from kommo_orm.model.definition import read_row_id
from kommo_orm.transport.flow import Flow, run_exclusive

MOST_NAMED = 3  # lists that a message names
MOST = 250  # rows of a page; an account has ten lists


@dataclass(frozen=True, slots=True)
class OnlyOfType:
    """The list of a type of which an account has one at most: `TheOnly("invoices")`."""

    type: str

    def __str__(self) -> str:
        return f"of type {self.type!r}"


CatalogKey = int | str | OnlyOfType
_known: WeakKeyDictionary[ModelConnection, dict[str | OnlyOfType, int]] = WeakKeyDictionary()


def get_known_catalog_id(connection: ModelConnection | None, catalog: CatalogKey | None) -> int | None:
    """The id of a list as far as it is known without asking."""
    if catalog is None or isinstance(catalog, int):
        return catalog
    return _known.get(connection, {}).get(catalog) if connection is not None else None


def find_catalog_id(connection: Connection, catalog: CatalogKey) -> Flow[int]:
    """The id of a list. Raises `ConfigurationError` when the account has none, or several, of that name."""
    if isinstance(catalog, int):
        return catalog
    known = _known.get(connection, {}).get(catalog)
    if known is not None:
        return known
    return (yield from run_exclusive(f"catalogs:{connection.name}", _fetch_catalog_id(connection, catalog)))


def _fetch_catalog_id(connection: Connection, wanted: str | OnlyOfType) -> Flow[int]:
    known = _known.get(connection, {}).get(wanted)
    if known is not None:
        return known  # another flow asked while this one waited
    rows = yield from _fetch_catalog_rows(connection)
    ids = [pk for pk, name, kind in rows if wanted in (name, kind)]
    if len(ids) != 1:
        raise ConfigurationError(_describe_failure(connection, wanted, ids, [name for _, name, _ in rows]))
    keys: list[tuple[str | OnlyOfType, int]] = [(key, pk) for pk, name, kind in rows for key in (name, kind)]
    counted = Counter(key for key, _ in keys)
    _known[connection] = {key: pk for key, pk in keys if counted[key] == 1}
    return ids[0]


def forget_catalogs(connection: ModelConnection) -> None:
    """Ask again next time: lists were made, or switched off."""
    _known.pop(connection, None)


def _fetch_catalog_rows(connection: Connection) -> Flow[list[tuple[int, str, OnlyOfType]]]:
    """Ids, names and types of all lists."""
    read = ReadRequest("catalogs")
    found: list[tuple[int, str, OnlyOfType]] = []
    number = 1
    while True:
        answer = yield from connection.ask(connection.dialect.build_list_request(read, number, MOST))
        page = connection.dialect.parse_page(read, answer)
        found += [
            (pk, str(row.get("name") or ""), OnlyOfType(str(row.get("type"))))
            for row in page.rows
            if (pk := read_row_id(row.get("id"))) is not None
        ]
        if page.last or not page.rows:
            return found
        number += 1


def _describe_failure(connection: Connection, wanted: str | OnlyOfType, ids: list[int], names: list[str]) -> str:
    name = wanted if isinstance(wanted, str) else ""
    described = f"named {wanted!r}" if name else str(wanted)
    if ids:
        several = ", ".join(map(str, ids))
        return f"{connection.name} has {len(ids)} lists {described} (ids {several}): give the id, catalog={ids[0]}"
    if isinstance(wanted, OnlyOfType):
        hint = ". Catalog.objects.switch_products(on=True) creates it" if wanted.type == "products" else ""
        return f"{connection.name} has no list {described}{hint}"
    close = find_close_names(name, names)
    hint = f"Did you mean {close[0]!r}?" if close else f"It has {name_some(names)}"
    return f"{connection.name} has no list named {name!r}. {hint}"


def name_some(names: list[str]) -> str:
    """At most three of the names, for a message."""
    first = sorted(names)[:MOST_NAMED]
    return f"{', '.join(first) or 'none'}{', ...' if len(names) > MOST_NAMED else ''}"
