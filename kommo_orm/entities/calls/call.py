"""Calls: logged in the card of whom the number belongs to, and read there as notes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from typing_extensions import TypedDict, TypeVar, Unpack

from kommo_orm.entities.calls.call_values import DIRECTION, DURATION, PHONE, RESPONSIBLE, STATUS, clean_phone
from kommo_orm.entities.notes.note import Note
from kommo_orm.entities.shared.actions import run_action
from kommo_orm.entities.shared.entity import Editable
from kommo_orm.entities.shared.entity_reference import make_reference
from kommo_orm.errors import QueryError
from kommo_orm.interface.action import Action
from kommo_orm.interface.connection import Connection
from kommo_orm.model.attr import Attr, Plain, ReadOnly
from kommo_orm.model.class_registry import find_class, register_class
from kommo_orm.model.entity_info import EntityInfo
from kommo_orm.model.field_options import field
from kommo_orm.query.arguments import validate_pk
from kommo_orm.query.manager import Manager, require_class
from kommo_orm.query.query import Query
from kommo_orm.transport.flow import Flow

if TYPE_CHECKING:
    from kommo_orm.entities.users.user import User
    from kommo_orm.model.model import Model
    from kommo_orm.query.bound_query import BoundQuery

C = TypeVar("C", bound="Call", default="Call", covariant=True)

CallDirection = Literal["inbound", "outbound"]


class CallOptions(TypedDict, total=False):
    """Values of a call beside its number. `call_status`: see `Call`."""

    uniq: str
    link: str
    call_result: str
    call_status: int
    call_responsible: int | str
    responsible_user_id: int
    created_by: int
    updated_by: int
    created_at: datetime
    updated_at: datetime


class CallQuery(Query[C]):
    """Calls can only be created: their cards show them as notes."""

    def create(
        self, *, direction: CallDirection, duration: int, source: str, phone: str, **options: Unpack[CallOptions]
    ) -> C:
        """Log a call and return it; `duration` is in seconds.

        Raises:
            NotFound: no contact and no company has the number; the call is not stored.

        Example:
            >>> Call.objects.create(direction="inbound", duration=95, source="pbx", phone="+15005550006", uniq="k-77")
        """
        known = {"direction": direction, "duration": duration, "source": source, "phone": phone}
        return self._create_object({**known, **options})

    async def acreate(
        self, *, direction: CallDirection, duration: int, source: str, phone: str, **options: Unpack[CallOptions]
    ) -> C:
        """`create()` for async code."""
        known = {"direction": direction, "duration": duration, "source": source, "phone": phone}
        return await self._acreate_object({**known, **options})

    def announce(self, phone: str, users: Iterable[User | int] = ()) -> Model | None:
        """Show that a call from this number is coming in, to these users (all, if none are given).

        Returns the card that the number belongs to, as a reference; None for a number that nobody has. Nothing is
        stored: `create()` logs the call when it is over.

        Example:
            >>> Call.objects.announce("+15005550006", [42])
            Lead(id=501)

        Source: Kommo API v2, "Calls" (v4 has no such thing).
        """
        account = self._require_connection()
        return account.run(announce_call(account, phone, users))

    async def aannounce(self, phone: str, users: Iterable[User | int] = ()) -> Model | None:
        """`announce()` for async code."""
        account = self._require_connection()
        return await account.arun(announce_call(account, phone, users))

    def _bind(self) -> BoundQuery:
        raise QueryError(
            "Kommo does not list calls: a stored call is a note of its card. "
            "Note.objects.of(Lead).filter(note_type__in=['call_in', 'call_out']) finds them."
        )


class CallManager(Manager):
    """`Call.objects`."""

    def __get__(self, instance: None, owner: type[C]) -> CallQuery[C]:
        return CallQuery(require_class(instance, owner))


class Call(Editable):
    """A call to be logged in the card of whom it was with.

    Kommo finds by the last ten digits of `phone` whose it is: the only open lead of the contact, else the contact or the
    company itself. A number that nobody has fails with `NotFound`; others of a batch are stored.

    `duration` is in seconds; `call_status` is 1 left a message, 2 call back later, 3 not available, 4 talked, 5 wrong
    number, 6 no answer, 7 busy, 8 not known; `call_responsible` is the id of a user, or a name. Without `created_by`
    statistics count it for a robot. A stored call is a note and changed as such: `call.note`.

    Example:
        >>> call = Call(direction="outbound", duration=95, source="acme-pbx", phone="+15005550006", call_status=4)
        >>> call.save()
        >>> call.entity
        Lead(id=501)

    Source: Kommo API v4, "Calls".
    """

    __kommo_info__ = EntityInfo(
        kind="calls", required=("direction", "duration", "source", "phone"), is_write_only=True, has_custom_fields=False
    )

    direction: Attr[str, CallDirection] = field(codec=DIRECTION, writable="create")
    duration: Plain[int] = field(codec=DURATION, writable="create")
    source: Plain[str] = field(writable="create")
    phone: Plain[str] = field(codec=PHONE, writable="create")
    uniq: Plain[str] = field(writable="create")
    link: Plain[str | None] = field(writable="create")
    call_result: Plain[str] = field(writable="create")
    call_status: Plain[int] = field(codec=STATUS, writable="create")
    call_responsible: Plain[int | str] = field(codec=RESPONSIBLE, writable="create")
    responsible_user_id: Plain[int] = field(writable="create")
    created_by: Plain[int] = field(writable="create")
    updated_by: Plain[int] = field(writable="create")
    created_at: Plain[datetime] = field(writable="create")
    updated_at: Plain[datetime] = field(writable="create")
    entity_id: ReadOnly[int] = field()
    entity_type: ReadOnly[str] = field()
    account_id: ReadOnly[int] = field()

    objects = CallManager()

    @property
    def entity(self) -> Model | None:
        """The card that shows the call, as a reference; None where the answer does not name it. Raises `NotLoaded` before."""
        return make_reference(self, self.entity_type, self.entity_id)

    @property
    def note(self) -> Note | None:
        """The note that the call is, as a reference: `call.note.refresh()` reads it. None where its card is not known."""
        entity = self.entity
        if entity is None:
            return None
        note = Note(id=self.id, entity_id=self.entity_id, entity_type=type(entity).__kommo_kind__)
        note.__kommo_state__.account = self.__kommo_state__.account
        return note


def announce_call(connection: Connection, phone: str, users: Iterable[User | int]) -> Flow[Model | None]:
    """Let it pop up, one request."""
    try:
        number = clean_phone(phone)
    except ValueError as error:
        raise QueryError(f"announce(): {error}") from None
    ids = [validate_pk(user if isinstance(user, int) else user.pk) for user in users]
    outcome = yield from run_action(
        connection, Action("announce", Call.__kommo_kind__, body={"phone": number, "users": ids})
    )
    row: dict[str, Any] = outcome or {}
    kind, pk = row.get("entity_type"), row.get("entity_id")
    return find_class(kind).reference(pk, connection) if kind and pk else None


register_class("calls", Call)
__all__ = ["Call", "CallQuery"]
