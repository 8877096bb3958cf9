"""Saving, refreshing and deleting of single objects, once for all entities."""

from __future__ import annotations

from typing import Any, Literal, cast

from kommo_orm.errors import QueryError
from kommo_orm.interface.connection import Connection, find_connection
from kommo_orm.model.attached_state import find_state_factory
from kommo_orm.model.connection import find_current
from kommo_orm.model.instance_state import AWAITS_ID, assign_id
from kommo_orm.model.model import Model, get_address_key
from kommo_orm.query.bound_query import BoundQuery
from kommo_orm.query.execution import fetch_object
from kommo_orm.query.lookups import list_lookups
from kommo_orm.transport.flow import Flow
from kommo_orm.unit import write_flows
from kommo_orm.unit.report import SaveResult, describe

UNOFFICIAL = " See kommo_orm.unofficial."


class Entity(Model):
    """A stored row of Kommo that can be read again."""

    def refresh(self, keep_changes: bool = False, *, using: Any = None) -> None:
        """Read the row again; pending changes are forgotten, or kept on top of the new row with `keep_changes`.

        Raises:
            NotFound: the row is gone. QueryError: the object is new.

        Example:
            >>> lead.refresh()
        """
        connection = self._account(using)
        connection.run(refresh_object(self, connection, keep_changes=keep_changes))

    async def arefresh(self, keep_changes: bool = False, *, using: Any = None) -> None:
        """`refresh()` for async code."""
        connection = self._account(using)
        await connection.arun(refresh_object(self, connection, keep_changes=keep_changes))

    @classmethod
    def _is_listed_by_id(cls) -> bool:
        return "id__in" in list_lookups(cls.objects._filters)

    def _account(self, using: Any = None) -> Connection:
        state = self.__kommo_state__
        unit, own = state.unit, state.account
        if using is None and unit is None and own is not None and not isinstance(own, str) and not own.closed:
            return cast("Connection", own)
        given = getattr(using, "connection", using)
        if given is None and unit is not None:
            unit.guard()
            return find_connection(unit.connection)
        return find_connection(given, own)


class Editable(Entity):
    """A stored row that can be created and changed."""

    def save(
        self, *, using: Any = None, only: list[str] | None = None, refresh: bool = False, if_unmodified: bool = False
    ) -> SaveResult:
        """Send what changed and nothing else; nothing changed, no request. A new object is created.

        New objects it is related to are created first; links follow. Afterwards the object is clean: ids and what the
        service answered are filled in, what the service computes stays as read until `refresh()`.

        Args:
            using: the account (or session) to save in; else the object's own, else the current one.
            only: names of the fields to send; other changes stay pending.
            refresh: read the whole row again afterwards.
            if_unmodified: first compare the stored row's `updated_at` with the loaded one. Only where something changed.

        Raises:
            BadRequest: the service refused a value; `.items` name the fields.
            UncertainWrite: the object may have been created and may not (`resolve()` decides).
            StaleObject: the stored row changed meanwhile (with `if_unmodified`); it carries both versions.
            LockTimeout: somebody else held the object's lock for too long (with `Kommo(locks=...)`); nothing was sent.
            ConfigurationError: a value cannot be sent, or the object belongs to another account.

        Returns:
            What was done: `SaveResult(created=False, updated=True, fields=('price',))`. It is false if nothing was sent.

        Example:
            >>> lead.price += 100
            >>> lead.save()
            SaveResult(created=False, updated=True, fields=('price',))
        """
        connection = self._account(using)
        result = connection.run(write_flows.save_object(connection, self, only=only, if_unmodified=if_unmodified))
        if refresh:
            connection.run(refresh_object(self, connection, keep_changes=only is not None))
        return result

    async def asave(
        self, *, using: Any = None, only: list[str] | None = None, refresh: bool = False, if_unmodified: bool = False
    ) -> SaveResult:
        """`save()` for async code."""
        connection = self._account(using)
        result = await connection.arun(
            write_flows.save_object(connection, self, only=only, if_unmodified=if_unmodified)
        )
        if refresh:
            await connection.arun(refresh_object(self, connection, keep_changes=only is not None))
        return result

    def to_payload(self) -> dict[str, Any]:
        """What `save()` would send for the fields of this object, in API v4's form. Sends no request.

        A new object uses what is known of the account that it would be saved in. `kommo.check(...)` reads the definitions.

        Raises:
            ConfigurationError: a value cannot be sent, or a field's id is not known yet.
        """
        state = self.__kommo_state__
        return write_flows.build_unsent_body(
            self, getattr(state.unit, "connection", None) or state.connection or find_current()
        )

    def resolve(self, *, created_id: int | None = None, retry: bool = False, drop: bool = False) -> None:
        """Decide an uncertain creation: its id, that it may be sent again, or that it is given up.

        Raises:
            QueryError: the object is not uncertain, or not exactly one of the three is given.
        """
        state = self.__kommo_state__
        if state.create_attempt is None:
            raise QueryError(f"{describe(self)} is not uncertain: there is nothing to resolve")
        if state.awaits_id and created_id is None:
            raise QueryError(f"{describe(self)} is not uncertain: {AWAITS_ID}, or give resolve(created_id=...)")
        if sum((created_id is not None, retry, drop)) != 1:
            raise QueryError("resolve() takes exactly one of created_id=..., retry=True and drop=True")
        attempt, state.create_attempt = state.create_attempt, None
        if created_id is not None and attempt is not None:
            for name, sent in attempt.values.items():
                state.set_baseline(name, sent)
            state.row, state.is_created_here = {"id": created_id}, True
            assign_id(self, created_id)
            for name, sent in attempt.attached.items():
                self._get_attached(name, find_state_factory(type(self), name))._mark_stored(sent)
        state.is_dropped = drop
        if state.unit is not None:
            state.unit.record_resolution(self, dropped=drop)


class Deletable(Editable):
    """A stored row that the public API can delete."""

    def delete(self, *, using: Any = None) -> None:
        """Delete the row for good.

        Raises:
            QueryError: the object is new. NotFound: the row is gone already.
            BadRequest: the service keeps it (a pipeline that holds leads, a system stage).
        """
        connection = self._account(using)
        connection.run(write_flows.delete_object(connection, self))

    async def adelete(self, *, using: Any = None) -> None:
        """`delete()` for async code."""
        connection = self._account(using)
        await connection.arun(write_flows.delete_object(connection, self))


# ---- flows
def request_for(model: Model, connection: Connection) -> BoundQuery:
    parent = model._get_parent()
    return BoundQuery(type(model), connection, parent=parent, includes=tuple(sorted(model.__kommo_state__.included)))


def refresh_object(model: Model, connection: Connection, *, keep_changes: bool = False) -> Flow[None]:
    if model.__kommo_state__.awaits_id:
        raise QueryError(f"{describe(model)} cannot be read yet: {AWAITS_ID}")
    if model.pk is None:
        raise QueryError(f"{describe(model)} has no row to read: save() it first")
    fresh = yield from fetch_object(request_for(model, connection), get_address_key(model))
    from kommo_orm.unit.merge_row import merge_object  # what only reads objects once has no use for it

    merge_object(model, fresh, keep_changes=keep_changes)


WithCommon = Literal["only_deleted"]
