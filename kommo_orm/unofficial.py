"""Deletes what Kommo's public API cannot delete, by the routes of its web interface.

These routes are not documented and may change without notice. Cards go to the trash, from where people can restore
them. Customers, tasks and notes are deleted permanently. A response of an unknown form raises an error.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from kommo_orm.dialects.web_interface import ONE_BY_ONE, TRASHABLE, build_trash_request, parse_trash_refusals
from kommo_orm.errors import BadRequest, Forbidden, KommoError, QueryError
from kommo_orm.interface.connection import Connection, find_connection
from kommo_orm.model.model import Model
from kommo_orm.transport.flow import Flow
from kommo_orm.unit.cascade import refuse_other_account
from kommo_orm.unit.entity_locks import run_locked
from kommo_orm.unit.plan import split_chunks
from kommo_orm.unit.report import Failed, Report, describe

CHUNK_SIZE = 250


def trash(objects: Iterable[Model], *, using: Any = None) -> Report:
    """Move leads, contacts and companies to the trash; delete customers, tasks and notes.

    One request deletes 250 cards or customers, or one task or note. The service also answers "no rights" for what is in
    the trash already, so such objects are reported as failed.

    Args:
        objects: stored objects of these kinds.
        using: the account; by default the one of the objects.

    Raises:
        QueryError: an object is new or of another kind. Nothing is sent then.
        FlushError: the service refused some of them; its `report` names them.

    Example:
        >>> from kommo_orm import unofficial
        >>> unofficial.trash(Lead.objects.filter(name="Test"))
    """
    models = validate_trashable(objects)
    if not models:
        return Report()
    connection = _find_account(models, using)
    return connection.run(run_locked(connection, models, trash_flow(connection, models)))


async def atrash(objects: Iterable[Model], *, using: Any = None) -> Report:
    """`trash()` for async code; `objects` is a list (collect an async query with `alist()`)."""
    models = validate_trashable(objects)
    if not models:
        return Report()
    connection = _find_account(models, using)
    return await connection.arun(run_locked(connection, models, trash_flow(connection, models)))


def validate_trashable(objects: Iterable[Model]) -> list[Model]:
    models = list(objects)
    for model in models:
        kind = type(model).__kommo_info__.kind
        if kind not in TRASHABLE:
            raise QueryError(f"unofficial.trash() takes {', '.join(sorted(TRASHABLE))}; {describe(model)} is of {kind}")
        if model.pk is None:
            raise QueryError(f"{describe(model)} was never saved, so there is nothing to delete")
    return models


def _find_account(models: Sequence[Model], using: Any) -> Connection:
    connection = find_connection(getattr(using, "connection", using), models[0].__kommo_state__.account)
    refuse_other_account(connection, models)
    return connection


def trash_flow(connection: Connection, models: Sequence[Model]) -> Flow[Report]:
    report = Report()
    stopped: KommoError | None = None
    groups: dict[str, list[Model]] = {}
    for model in models:
        groups.setdefault(type(model).__kommo_info__.kind, []).append(model)
    for kind, members in groups.items():
        for chunk in split_chunks(members, 1 if kind in ONE_BY_ONE else CHUNK_SIZE):
            if stopped is None:
                try:
                    yield from _trash_chunk(connection, kind, chunk, report)
                except KommoError as error:
                    if not report.deleted:
                        raise
                    stopped = error  # the report must list what is deleted already
            if stopped is not None:
                report.failed += [Failed(model, stopped) for model in chunk]
    report.raise_for_failures()
    return report


def _trash_chunk(connection: Connection, kind: str, models: Sequence[Model], report: Report) -> Flow[None]:
    report.requests += 1
    ids = [model.pk or 0 for model in models]
    try:
        response = yield from connection.ask(build_trash_request(kind, ids))
        refusals = parse_trash_refusals(kind, ids, response)
    except KommoError as error:
        if not isinstance(error, BadRequest):
            raise
        refusals = dict.fromkeys(ids, error.detail or str(error))
    for model in models:
        refusal = refusals.get(model.pk or 0)
        if refusal is None:
            report.deleted.append(model)
        else:
            message = (
                f"{describe(model)} was not deleted: {refusal} (the service also says so for what is deleted already)"
            )
            report.failed.append(Failed(model, Forbidden(message, status=200)))
