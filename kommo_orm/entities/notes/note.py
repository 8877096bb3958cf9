"""Notes of leads, contacts and companies: texts, calls, messages, files ..."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, Never, Self, cast, get_args

from typing_extensions import TypedDict, TypeVar, Unpack

from kommo_orm.entities.notes.note_params import AnyParams, CommonNote, NoteParams, WritableParams
from kommo_orm.entities.notes.params_attr import ParamsAttr
from kommo_orm.entities.shared.actions import run_action
from kommo_orm.entities.shared.entity import UNOFFICIAL, Editable
from kommo_orm.entities.shared.parent_query import ChildQuery, require_parent_key, set_parent_keys
from kommo_orm.errors import ConfigurationError, NotLoaded, QueryError
from kommo_orm.interface.action import Action
from kommo_orm.interface.connection import Connection
from kommo_orm.model.attr import Attr, Plain, ReadMoment, ReadOnly
from kommo_orm.model.class_registry import register_class
from kommo_orm.model.condition import Condition, Exact
from kommo_orm.model.entity_info import EntityInfo
from kommo_orm.model.field_options import field
from kommo_orm.model.field_values import get_values
from kommo_orm.model.parent import Parent
from kommo_orm.model.parent_object import ParentObject
from kommo_orm.query.manager import Manager, require_class
from kommo_orm.transport.flow import Flow
from kommo_orm.unit.report import describe

if TYPE_CHECKING:
    from kommo_orm.model.model import Model

N = TypeVar("N", bound="Note", default="Note", covariant=True)

NoteOrder = Literal["id", "-id", "updated_at", "-updated_at"]
NoteInclude = Literal["is_pinned"]
CARDS = ("leads", "contacts", "companies", "customers")


class NoteFilters(TypedDict, total=False):
    """Filters of notes. Source: Kommo API v4, "Notes"."""

    id: int
    id__in: Iterable[int]
    note_type: str
    note_type__in: Iterable[str]
    entity_id: int
    entity_id__in: Iterable[int]
    updated_at__gte: datetime
    updated_at__lte: datetime
    updated_at__range: tuple[datetime, datetime]


class NoteOptions(TypedDict, total=False):
    """Values of a new note. `is_need_to_trigger_digital_pipeline=False` fires no automation."""

    responsible_user_id: int
    created_by: int
    updated_by: int
    created_at: datetime
    is_need_to_trigger_digital_pipeline: bool


class NoteQuery(ChildQuery[N]):
    """A query of notes: `Note.objects.of(lead)`, or `Note.objects.of(Lead)` for the notes of all leads."""

    _filters = NoteFilters
    _orders = ("id", "updated_at")
    _includes = get_args(NoteInclude)
    _parent_kinds = CARDS

    def of(self, entity: type[Model] | Model) -> Self:
        """The notes of one object, or of all entities of a kind given by its class."""
        return self._select_parent(entity)

    def filter(self, *conditions: Condition, **lookups: Unpack[NoteFilters]) -> Self:
        """Notes for which all conditions hold. `entity_id` belongs to `.of(Lead)`, not to the notes of one lead."""
        return self._add_conditions(conditions, lookups)

    def order_by(self, field: NoteOrder) -> Self:
        """Order by one field; a minus in front reverses the order."""
        return self._set_order(field)

    def include(self, *names: NoteInclude) -> Self:
        """Load `is_pinned` of the notes."""
        return self._add_includes(names)

    def create(self, params: WritableParams | str, **options: Unpack[NoteOptions]) -> N:
        """Write a note on the object that the query is of. A text is a common note.

        Raises:
            QueryError: the query is not of one object. ConfigurationError: the note type cannot be created.

        Example:
            >>> Note.objects.of(lead).create("Called back, wants an offer")
            >>> Note.objects.of(lead).create(CallIn(uniq="k-77", duration=95, source="pbx", phone="+15550100"))
        """
        return self._create_object(self._require_one_parent({"params": params, **options}))

    async def acreate(self, params: WritableParams | str, **options: Unpack[NoteOptions]) -> N:
        """`create()` for async code."""
        return await self._acreate_object(self._require_one_parent({"params": params, **options}))

    def _require_one_parent(self, values: dict[str, Any]) -> dict[str, Any]:
        if self._parent is None or self._parent.id is None:
            raise QueryError(
                "A note is written on one object: Note.objects.of(lead).create(...), or Note(..., entity=lead).save()"
            )
        return values

    def _adopt_object(self, model: Model) -> None:
        if self._parent is not None:
            set_parent_keys(model, entity_type=self._parent.kind, entity_id=self._parent.id)

    def _combine_conditions(self, conditions: tuple[Condition, ...]) -> tuple[Condition, ...]:
        if self._parent is not None and self._parent.id is not None and any(c.name == "entity_id" for c in conditions):
            raise QueryError(
                "These are the notes of one object already: entity_id filters all notes of a kind, Note.objects.of(Lead)"
            )
        return conditions


class NoteManager(Manager):
    """`Note.objects`."""

    def __get__(self, instance: None, owner: type[N]) -> NoteQuery[N]:
        return NoteQuery(require_class(instance, owner))


class Note(Editable):
    """A note on a card. Its `params` are an object of the class that belongs to its type, such as `CallIn`.

    Changing parts in place counts: `note.params.text = "..."`; so does `note.text = "..."`. Kommo cannot delete notes.

    Example:
        >>> note = Note(params="Sent the offer", entity=lead)
        >>> note.save()
        >>> note.params
        CommonNote(text='Sent the offer')

    Source: Kommo API v4, "Notes".
    """

    __kommo_info__ = EntityInfo(
        kind="notes",
        required=("entity_id", "params"),
        on_request=frozenset({"is_pinned"}),
        delete_hint=UNOFFICIAL,
        has_custom_fields=False,
    )

    params: ParamsAttr = field()
    note_type: Attr[str, Never, Exact[str]] = field()
    entity_id: Attr[int, int, Exact[int]] = field(place=True)
    entity_type: Attr[str, str] = field(place=True)
    responsible_user_id: Plain[int] = field()
    group_id: ReadOnly[int] = field()
    created_by: Plain[int] = field()
    updated_by: Plain[int] = field()
    created_at: Plain[datetime] = field()
    updated_at: ReadMoment = field()
    account_id: ReadOnly[int] = field()
    is_pinned: ReadOnly[bool] = field()
    is_need_to_trigger_digital_pipeline: Plain[bool] = field(writable="create")

    objects = NoteManager()

    if TYPE_CHECKING:
        entity: ParentObject = ParentObject(*CARDS)
    else:
        entity = ParentObject(*CARDS)

        def _derive_values(self) -> None:
            set_note_type(self)

        def __setattr__(self, name: str, value: Any) -> None:
            if name == "params":
                refuse_type_change(self, value)
            super().__setattr__(name, value)
            if name == "params":
                set_note_type(self)

    @property
    def text(self) -> str | None:
        """The text of the note, None where its type has none."""
        return getattr(self.params, "text", None)

    @text.setter
    def text(self, value: str) -> None:
        if "text" not in type(self.params).__parts__:
            raise ConfigurationError(f"Notes of type {self.note_type} have no text; their params are {self.params!r}")
        cast(Any, self.params).text = value

    # ---- pinning
    def pin(self, *, using: Any = None) -> None:
        """Pin the note to the top of its card. Sends a request at once."""
        connection = self._account(using)
        connection.run(pin_note(self, connection, on=True))

    async def apin(self, *, using: Any = None) -> None:
        """`pin()` for async code."""
        connection = self._account(using)
        await connection.arun(pin_note(self, connection, on=True))

    def unpin(self, *, using: Any = None) -> None:
        """Take the note off the top of its card. Sends a request at once."""
        connection = self._account(using)
        connection.run(pin_note(self, connection, on=False))

    async def aunpin(self, *, using: Any = None) -> None:
        """`unpin()` for async code."""
        connection = self._account(using)
        await connection.arun(pin_note(self, connection, on=False))

    # ---- how it is sent
    def _get_parent(self) -> Parent | None:
        kind = require_parent_key(self, "entity_type")
        return Parent(kind) if kind is not None else None

    def _finish_payload(self, body: dict[str, Any], creating: bool) -> dict[str, Any]:
        """Kommo wants type and params with every change, and the card's id."""
        if creating and "params" not in body:
            return body
        params = require_writable_params(self)
        owner = getattr(self, "entity_id", None)
        values = {"note_type": params.note_type, "params": params.to_raw(), **body}
        return {"entity_id": owner, **values} if owner is not None else values

    def _after_write(self, row: dict[str, Any]) -> None:
        keep_note_type(self)


def keep_note_type(note: Note) -> None:
    """Keep the type: answers to creations do not have it, and the params of a row cannot be read without it."""
    state, known = note.__kommo_state__, get_values(note).get("note_type")
    if known is not None and "note_type" not in (state.row or {}):
        state.set_in_row("note_type", known)


def refuse_type_change(note: Note, params: Any) -> None:
    """A stored note keeps its type."""
    stored = (note.__kommo_state__.row or {}).get("note_type")
    wanted = params.note_type if isinstance(params, NoteParams) else CommonNote.type_name
    if stored not in (None, wanted):
        raise ConfigurationError(
            f"{describe(note)} is of type {stored}, which cannot change to {wanted}: create another note"
        )


def set_note_type(note: Note) -> None:
    """The type of a new note follows its params."""
    params = get_values(note).get("params")
    if isinstance(params, NoteParams):
        get_values(note)["note_type"] = params.note_type


def require_writable_params(note: Note) -> AnyParams:
    """The params that go along. Raises `ConfigurationError` if they cannot."""
    try:
        params = note.params
    except NotLoaded:
        raise ConfigurationError(
            f"{describe(note)}: Kommo takes changes of a note together with its type and params, which are not loaded. "
            "Call refresh() first, or give params="
        ) from None
    if not params.is_writable:
        raise ConfigurationError(f"{describe(note)}: Kommo alone writes notes of type {params.note_type!r}")
    return params


def pin_note(note: Note, connection: Connection, *, on: bool) -> Flow[None]:
    """Pin or unpin."""
    if note.pk is None:
        raise QueryError("The note is not stored: save() it before you pin it")
    action = Action("pin" if on else "unpin", Note.__kommo_kind__, (note.pk,), note._get_parent())
    yield from run_action(connection, action)
    note.__kommo_state__.set_in_row("is_pinned", on)
    get_values(note).pop("is_pinned", None)


register_class("notes", Note)
__all__ = ["Note", "NoteQuery"]
