"""Messages of a talk."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal, Self

from typing_extensions import TypeVar

from kommo_orm.entities.shared.entity import Entity
from kommo_orm.entities.shared.nested_value import NestedValue
from kommo_orm.entities.shared.parent_query import ChildQuery, require_parent_key
from kommo_orm.entities.shared.related_manager import BaseRelatedManager
from kommo_orm.fields.compound_value import Words, part
from kommo_orm.model.attr import Attr, ReadMoment, ReadOnly
from kommo_orm.model.class_registry import register_class
from kommo_orm.model.condition import Unfilterable
from kommo_orm.model.entity_info import EntityInfo
from kommo_orm.model.field_options import field
from kommo_orm.model.model import Model
from kommo_orm.model.parent import Parent
from kommo_orm.query.manager import Manager, require_class

if TYPE_CHECKING:
    from kommo_orm.entities.files.drive_file import DriveFile

M = TypeVar("M", bound="TalkMessage", default="TalkMessage", covariant=True)

AttachmentType = Literal["file", "picture", "video", "voice", "audio", "sticker"]
KINDS_OF_FILES: dict[str, AttachmentType] = {
    "image": "picture",
    "video": "video",
    "audio": "audio",
}  # the drive's words


class MessageAttachment(NestedValue):
    """A file that goes along with a message. To send one, all three of type and ids are needed.

    Example:
        >>> MessageAttachment(type="picture", drive_uuid="5f1c...", drive_version_uuid="77aa...")
    """

    type: Attr[str | None, AttachmentType | None] = part()
    drive_uuid: Words = part()
    drive_version_uuid: Words = part()
    link: Words = part()
    file_name: Words = part()

    @classmethod
    def of(cls, file: DriveFile | MessageAttachment, type: AttachmentType | None = None) -> MessageAttachment:
        """A file of the drive as an attachment: a picture, video or sound by what it is, else a `file`."""
        if isinstance(file, MessageAttachment):
            return file
        kind: AttachmentType = type or KINDS_OF_FILES.get(getattr(file, "type", ""), "file")
        return cls(type=kind, drive_uuid=file.uuid, drive_version_uuid=file.version_uuid, file_name=file.file_name)

    def to_raw(self) -> dict[str, Any]:
        """What is sent. Raises `ValueError` for an attachment without its type or ids."""
        made = super().to_raw()
        keys = ("type", "drive_uuid", "drive_version_uuid")
        missing = [key for key in keys if not made.get(key)]
        if missing:
            raise ValueError(f"an attachment is sent with its {', '.join(keys)}; this one lacks {', '.join(missing)}")
        return {key: made[key] for key in keys}


class MessageAuthor(NestedValue):
    """Who wrote a message: `type` is `external` for a client, `internal` for a user, `bot` for a bot."""

    id: Words = part()
    type: Words = part()
    name: Words = part()
    avatar_url: Words = part()


class TalkMessageQuery(ChildQuery[M]):
    """The messages of one talk: Kommo neither filters nor orders them."""

    _parent_kinds = ("talks",)

    def of(self, talk: Model | int) -> Self:
        """The messages of a talk, given as an object or by its id."""
        return self._select_parent(talk, row=True)


class TalkMessageManager(Manager):
    """`TalkMessage.objects`."""

    def __get__(self, instance: None, owner: type[M]) -> TalkMessageQuery[M]:
        return TalkMessageQuery(require_class(instance, owner))


class TalkMessage(Entity):
    """One message of a talk. `type` is `incoming` or `outgoing`.

    Example:
        >>> for message in talk.messages.all():
        ...     print(message.created_at, message.author.name, message.text)

    Source: Kommo API v4, "Conversations" (messages).
    """

    __kommo_info__ = EntityInfo(kind="talk_messages", id_type=str, has_custom_fields=False)

    id: Attr[str, str, Unfilterable[Any]] = field(writable="")  # type: ignore[assignment]  # pyright: ignore[reportIncompatibleVariableOverride]
    talk_id: Attr[int, int] = field(place=True)
    text: ReadOnly[str | None] = field()
    type: ReadOnly[str | None] = field()
    message_type: ReadOnly[str | None] = field()
    author: ReadOnly[MessageAuthor | None] = field()
    attachment: ReadOnly[MessageAttachment | None] = field()
    chat_id: ReadOnly[str | None] = field()
    contact_id: ReadOnly[int | None] = field()
    origin: ReadOnly[str | None] = field()
    created_at: ReadMoment = field()

    objects = TalkMessageManager()

    def _get_parent(self) -> Parent | None:
        return Parent("talks", require_parent_key(self, "talk_id"))


class TalkMessages(BaseRelatedManager):
    """The messages of one talk.

    Example:
        >>> for message in talk.messages.all():
        ...     print(message.text)
    """

    def all(self) -> TalkMessageQuery[TalkMessage]:
        """A query of these messages."""
        owner = self.owner
        return TalkMessage.objects.using(self.connection).of(owner)

    def __iter__(self) -> Iterator[TalkMessage]:
        raise self.make_not_loaded("all()")


register_class("talk_messages", TalkMessage)
__all__ = ["MessageAttachment", "MessageAuthor", "TalkMessage", "TalkMessageQuery"]
