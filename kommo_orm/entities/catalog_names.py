"""Lists by name: asked once an account, then known.

Ids of lists differ from account to account; `class Product(CatalogElement, catalog="Products")` is the same everywhere.
"""

from __future__ import annotations

from difflib import get_close_matches
from weakref import WeakKeyDictionary

from kommo_orm.errors import ConfigurationError
from kommo_orm.model.connection import Connection
from kommo_orm.query.read import Read
from kommo_orm.transport.flow import Flow, alone

MOST = 250  # rows of a page; an account has ten lists
_known: WeakKeyDictionary[Connection, dict[str, int]] = WeakKeyDictionary()


def known_catalog(connection: Connection | None, catalog: int | str | None) -> int | None:
    """The id of a list as far as it is known without asking."""
    if isinstance(catalog, str):
        return _known.get(connection, {}).get(catalog) if connection is not None else None
    return catalog


def find_catalog(connection: Connection, catalog: int | str) -> Flow[int]:
    """The id of a list. Raises `ConfigurationError` when the account has none, or several, of that name."""
    if isinstance(catalog, int):
        return catalog
    known = _known.get(connection, {}).get(catalog)
    if known is not None:
        return known
    return (yield from alone(f"catalogs:{connection.name}", _asked(connection, catalog)))


def _asked(connection: Connection, name: str) -> Flow[int]:
    known = _known.get(connection, {}).get(name)
    if known is not None:
        return known  # another flow asked while this one waited
    rows = yield from _rows(connection)
    ids = [pk for pk, other in rows if other == name]
    if len(ids) != 1:
        raise ConfigurationError(_sentence(connection, name, ids, [other for _, other in rows]))
    _known[connection] = {other: pk for pk, other in rows if sum(one == other for _, one in rows) == 1}
    return ids[0]


def _rows(connection: Connection) -> Flow[list[tuple[int, str]]]:
    """Ids and names of all lists."""
    read = Read("catalogs")
    found: list[tuple[int, str]] = []
    number = 1
    while True:
        answer = yield from connection.ask(connection.dialect.list_call(read, number, MOST))
        page = connection.dialect.page(read, answer)
        found += [(int(row["id"]), str(row.get("name") or "")) for row in page.rows]
        if page.last or not page.rows:
            return found
        number += 1


def _sentence(connection: Connection, name: str, ids: list[int], names: list[str]) -> str:
    if ids:
        several = ", ".join(map(str, ids))
        return f"{connection.name} has {len(ids)} lists named {name!r} (ids {several}); give the id: catalog={ids[0]}"
    close = get_close_matches(name, names, n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"it has {', '.join(sorted(names)) or 'none'}"
    return f"{connection.name} has no list named {name!r}; {hint}"
