"""What an API does not tell when it creates something, read afterwards: ids, and what came into being along with it."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from kommo_orm.errors import KommoError
from kommo_orm.model.connection import Connection
from kommo_orm.query.read import Read, Row, Term
from kommo_orm.transport.call import Answer
from kommo_orm.transport.flow import Flow
from kommo_orm.unit.plan import Batch, Stored


def told_later(connection: Connection, batch: Batch, answer: Answer) -> Flow[dict[str, Stored]]:
    """The rows of what was just created, by marks; as far as they can be read. Nothing of it is an error."""
    dialect = connection.dialect
    name = type(batch.items[0].object).__kommo_address__
    found: dict[str, Stored] = {}
    with suppress(KommoError):
        stored = dialect.stored(batch, answer)
        keys: dict[str, Any] = {mark: one.id for mark, one in stored.items()}
        if name != "id":
            keys = {item.mark: item.body.get(name) for item in batch.items if item.mark in stored}
        terms = (Term("id", "in", tuple(keys.values())),) if name == "id" else ()
        read = Read(batch.kind, terms=terms)
        page = dialect.page(read, (yield from connection.ask(dialect.list_call(read, 1, dialect.most_rows))))
        rows: dict[Any, Row] = {row.get(name): row for row in page.rows}
        found = {mark: Stored(rows[key]["id"], rows[key]) for mark, key in keys.items() if key in rows}
    return found
