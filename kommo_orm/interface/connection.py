"""The open account that queries, flushes and entities work on."""

from __future__ import annotations

from typing import Protocol, cast

from kommo_orm.interface.dialect import Dialect
from kommo_orm.interface.list_lengths import ListLengths
from kommo_orm.model import connection
from kommo_orm.model.connection import ModelConnection


class Connection(ModelConnection, Protocol):
    """An account that flows can be run on. `Kommo` is the only implementation."""

    @property
    def dialect(self) -> Dialect:
        """The API that the account is asked by."""
        ...

    @property
    def list_lengths(self) -> ListLengths:
        """How long lists were when they were read."""
        ...


def find_connection(given: ModelConnection | None = None, own: str | ModelConnection | None = None) -> Connection:
    """Find the account to use, by the order of `model/connection.py`. Raises `NotConnected`."""
    return cast("Connection", connection.find_connection(given, own))  # whatever was opened is a `Kommo`
