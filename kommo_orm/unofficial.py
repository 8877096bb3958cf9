"""Deleting what Kommo's public API cannot delete, by the routes of its own web interface.

These routes are in no documentation and may change without notice; they were measured, not promised. Cards go to the
trash, from where people can restore them; customers, tasks and notes go for good. An answer that is not known raises.
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

AT_ONCE = 250


def trash(objects: Iterable[Model], *, using: Any = None) -> Report:
    """Move leads, contacts and companies to the trash, and delete customers, tasks and notes, by the web interface's routes.

    Cards and customers go 250 a request, tasks and notes one by one. The service answers "no rights" also for what is in the trash
    already, so such objects are reported as failed.

    Args:
        objects: stored objects of these kinds.
        using: the account; else the objects' own.

    Raises:
        QueryError: an object is new or of another kind. Nothing is sent then.
        FlushError: some were refused; its `report` tells which.

    Example:
        >>> from kommo_orm import unofficial
        >>> unofficial.trash(Lead.objects.filter(name="Test"))
    """
    models = checked(objects)
    if not models:
        return Report()
    connection = _account(models, using)
    return connection.run(run_locked(connection, models, trashing_flow(connection, models)))


async def atrash(objects: Iterable[Model], *, using: Any = None) -> Report:
    """`trash()` for async code; `objects` is a list (collect an async query with `alist()`)."""
    models = checked(objects)
    if not models:
        return Report()
    connection = _account(models, using)
    return await connection.arun(run_locked(connection, models, trashing_flow(connection, models)))


def checked(objects: Iterable[Model]) -> list[Model]:
    models = list(objects)
    for model in models:
        kind = type(model).__kommo_kind__
        if kind not in TRASHABLE:
            raise QueryError(f"unofficial.trash() takes {', '.join(sorted(TRASHABLE))}; {describe(model)} is of {kind}")
        if model.pk is None:
            raise QueryError(f"{describe(model)} was never saved: there is nothing to delete")
    return models


def _account(models: Sequence[Model], using: Any) -> Connection:
    connection = find_connection(getattr(using, "connection", using), models[0].__kommo_state__.account)
    refuse_other_account(connection, models)
    return connection


def trashing_flow(connection: Connection, models: Sequence[Model]) -> Flow[Report]:
    report = Report()
    stopped: KommoError | None = None
    groups: dict[str, list[Model]] = {}
    for model in models:
        groups.setdefault(type(model).__kommo_kind__, []).append(model)
    for kind, members in groups.items():
        for chunk in split_chunks(members, 1 if kind in ONE_BY_ONE else AT_ONCE):
            if stopped is None:
                try:
                    yield from _trash(connection, kind, chunk, report)
                except KommoError as error:
                    if not report.deleted:
                        raise
                    stopped = error  # the report must tell of what is gone already
            if stopped is not None:
                report.failed += [Failed(model, stopped) for model in chunk]
    report.raise_for_failures()
    return report


def _trash(connection: Connection, kind: str, models: Sequence[Model], report: Report) -> Flow[None]:
    report.requests += 1
    ids = [model.pk or 0 for model in models]
    try:
        answer = yield from connection.ask(build_trash_request(kind, ids))
        kept = parse_trash_refusals(kind, ids, answer)
    except KommoError as error:
        if not isinstance(error, BadRequest):
            raise
        kept = dict.fromkeys(ids, error.detail or str(error))
    for model in models:
        refusal = kept.get(model.pk or 0)
        if refusal is None:
            report.deleted.append(model)
        else:
            told = f"{describe(model)} was not deleted: {refusal} (the service says so for what is gone already, too)"
            report.failed.append(Failed(model, Forbidden(told, status=200)))
