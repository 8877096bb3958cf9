"""`lead.notes`: the notes of one card."""

from __future__ import annotations

from typing_extensions import Unpack

from kommo_orm.entities.notes.note import Note, NoteFilters, NoteInclude, NoteOptions, NoteOrder, NoteQuery
from kommo_orm.entities.notes.note_params import WritableParams
from kommo_orm.entities.shared.related_manager import WritableRelatedManager
from kommo_orm.model.condition import Condition


class CardNotes(WritableRelatedManager[NoteQuery[Note], Note]):
    """The notes of one object.

    Example:
        >>> lead.notes.create("Called back, wants an offer")
        >>> for note in lead.notes.filter(note_type="common").order_by("-id"):
        ...     print(note.id, note.text)
    """

    def all(self) -> NoteQuery[Note]:
        """A query of these notes."""
        owner = self.owner
        return Note.objects.using(self.connection).of(owner)

    def filter(self, *conditions: Condition, **lookups: Unpack[NoteFilters]) -> NoteQuery[Note]:
        """Those of these notes for which all conditions hold."""
        return self.all().filter(*conditions, **lookups)

    def order_by(self, field: NoteOrder) -> NoteQuery[Note]:
        """These notes, ordered by one field; a minus in front reverses the order."""
        return self.all().order_by(field)

    def include(self, *names: NoteInclude) -> NoteQuery[Note]:
        """These notes with `is_pinned`."""
        return self.all().include(*names)

    def create(self, params: WritableParams | str, **options: Unpack[NoteOptions]) -> Note:
        """Write a note on the object. Sends a request."""
        return self.all().create(params, **options)

    async def acreate(self, params: WritableParams | str, **options: Unpack[NoteOptions]) -> Note:
        """`create()` for async code."""
        return await self.all().acreate(params, **options)
