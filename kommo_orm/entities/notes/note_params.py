"""The params of notes: one class for each note type.

`is_writable` types can be created and changed; the others are written by Kommo itself. A type that no class stands for
reads as `UnknownParams`, whose `extra` has all keys.

Source: Kommo API v4, "Note types".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeAlias

from kommo_orm.entities.calls.call_values import DURATION, STATUS
from kommo_orm.entities.shared.nested_value import NestedValue
from kommo_orm.fields.compound_value import Computed, Given, Whole, Words, mandatory_part, part
from kommo_orm.fields.file import StoredFile, get_file_value
from kommo_orm.model.attr import Attr

RequiredText = Attr[str | None, str]
"""A text that a new note must have; old ones may lack it."""


class NoteParams(NestedValue):
    """Base of the params of notes."""

    type_name: ClassVar[str] = ""
    is_writable: ClassVar[bool] = True

    @property
    def note_type(self) -> str:
        """Kommo's name of the note type."""
        return type(self).type_name


class CommonNote(NoteParams):
    """A plain text. Wherever a note's params are taken, a `str` means this."""

    type_name = "common"
    text: Attr[str, str]

    if TYPE_CHECKING:

        def __init__(self, text: str) -> None: ...


class CallParams(NoteParams):
    """A telephone call. `duration` is in seconds; `call_status` from 1 (voice mail) to 8; `link` leads to the record.

    `call_responsible` is the id of a user, or a name.
    """

    uniq: Attr[str, str]
    duration: Attr[int, int] = mandatory_part(codec=DURATION)
    source: Attr[str, str]
    phone: Attr[str, str]
    link: Words = part()
    call_result: Words = part()
    call_status: Whole = part(codec=STATUS)
    call_responsible: Given[int | str] = part()


class CallIn(CallParams):
    """A call from the customer."""

    type_name = "call_in"


class CallOut(CallParams):
    """A call to the customer."""

    type_name = "call_out"


class ServiceMessage(NoteParams):
    """A message of an integration; `service` is shown as its author."""

    type_name = "service_message"
    service: Attr[str, str]
    text: Attr[str, str]


class ExtendedServiceMessage(NoteParams):
    """A long message of an integration, folded in the card."""

    type_name = "extended_service_message"
    service: Attr[str, str]
    text: Attr[str, str]


class SmsIn(NoteParams):
    """A text message from the customer."""

    type_name = "sms_in"
    text: RequiredText
    phone: RequiredText


class SmsOut(NoteParams):
    """A text message to the customer."""

    type_name = "sms_out"
    text: RequiredText
    phone: RequiredText


class Geolocation(NoteParams):
    """A place; the coordinates are texts."""

    type_name = "geolocation"
    text: Attr[str, str]
    address: Attr[str, str]
    longitude: Attr[str, str]
    latitude: Attr[str, str]


class Attachment(NoteParams):
    """A file of the account's drive: a `DriveFile`, or its uuid. Old attachments have none, but an `attachment`.

    Example:
        >>> lead.notes.create(Attachment(DriveFile.objects.upload("plan.pdf")))
    """

    type_name = "attachment"
    file_uuid: RequiredText
    file_name: Words = part()
    version_uuid: Words = part()
    text: Computed[str] = part()
    original_name: Computed[str] = part()
    is_drive_attachment: Computed[bool] = part()
    attachment: Computed[str] = part()

    if TYPE_CHECKING:

        def __init__(
            self, file_uuid: str | StoredFile, file_name: str | None = None, version_uuid: str | None = None
        ) -> None: ...

    else:

        def __init__(self, /, *given: Any, **parts: Any) -> None:
            parts |= dict(zip(("file_uuid", "file_name", "version_uuid"), given, strict=False))
            file = get_file_value(parts.get("file_uuid"))
            if file is not parts.get("file_uuid"):
                named = {"file_name": file.file_name, "version_uuid": file.version_uuid}
                parts = {**named, **parts, "file_uuid": file.file_uuid}
            super().__init__(*given[3:], **parts)

        __init__.__pydantic_base_init__ = True


class MessageCashier(NoteParams):
    """A message to the cashier."""

    type_name = "message_cashier"
    status: Attr[str, Literal["created", "shown", "canceled"]]
    text: Attr[str, str]


class InvoicePaid(NoteParams):
    """An invoice was paid."""

    type_name = "invoice_paid"
    text: Attr[str, str]
    service: Words = part()
    icon_url: Words = part()


class BillPaid(NoteParams):
    """A bill was paid."""

    type_name = "bill_paid"
    text: Attr[str, str]
    service: Words = part()
    icon_url: Words = part()


class SiteVisit(NoteParams):
    """The customer looked at a page."""

    type_name = "site_visit"
    url: Attr[str, str]


class TargetingParams(NoteParams):
    """Advertising: `service` is `facebook`, `vkontakte`, `mailchimp` or `adwords`."""

    service: Attr[str, Literal["facebook", "vkontakte", "mailchimp", "adwords"]]
    contacts: Given[Any] = part()
    campaign: Given[Any] = part()


class TargetingIn(TargetingParams):
    """Added to an audience."""

    type_name = "targeting_in"


class TargetingOut(TargetingParams):
    """Taken out of an audience."""

    type_name = "targeting_out"


class ZoomMeeting(NoteParams):
    """A video conference."""

    type_name = "zoom_meeting"
    conference: Given[Any] = part()
    recordings: Given[Any] = part()


class AiResult(NoteParams):
    """An answer of an assistant."""

    type_name = "ai_result"
    text: Attr[str, str]
    answer_id: Words = part()
    talk_id: Whole = part()
    is_error: Given[bool] = part()


class MailAddress(NestedValue):
    """Who sent or got a mail."""

    email: Computed[str] = part()
    name: Computed[str] = part()


class MailDelivery(NestedValue):
    """The delivery of a mail; `time` is in Unix seconds."""

    status: Computed[str] = part()
    time: Computed[int] = part()


class MailMessage(NoteParams):
    """A mail. A private one has no subject and nothing after it."""

    type_name = "amomail_message"
    is_writable = False
    __keys__: ClassVar[dict[str, str]] = {"sender": "from", "recipient": "to"}

    thread_id: Computed[str] = part()
    message_id: Computed[str] = part()
    private: Computed[bool] = part()
    income: Computed[bool] = part()
    sender: Computed[MailAddress] = part()
    recipient: Computed[MailAddress] = part()
    version: Computed[int] = part()
    subject: Computed[str] = part()
    content_summary: Computed[str] = part()
    attach_cnt: Computed[int] = part()
    access_granted: Computed[int] = part()
    delivery: Computed[MailDelivery] = part()


class TransactionNote(NoteParams):
    """A purchase of a customer."""

    type_name = "transaction"
    is_writable = False
    transaction_id: Computed[int] = part()


class DropboxAttachment(NoteParams):
    """A file in Dropbox."""

    type_name = "dropbox_attachment"
    is_writable = False
    link: Computed[str] = part()
    filename: Computed[str] = part()


class LinkFollowed(NoteParams):
    """The customer followed a link."""

    type_name = "link_followed"
    is_writable = False
    url: Computed[str] = part()


class UnknownParams(NoteParams):
    """Params of a type that this library does not know; `extra` has them as they were sent."""

    is_writable = False

    if not TYPE_CHECKING:
        _note_type: str = ""

    @property
    def note_type(self) -> str:
        """Kommo's name of the note type."""
        found: str = getattr(self, "_note_type", "")
        return found


WritableParams: TypeAlias = (
    CommonNote
    | CallIn
    | CallOut
    | ServiceMessage
    | ExtendedServiceMessage
    | SmsIn
    | SmsOut
    | Geolocation
    | Attachment
    | MessageCashier
    | InvoicePaid
    | BillPaid
    | SiteVisit
    | TargetingIn
    | TargetingOut
    | ZoomMeeting
    | AiResult
)
AnyParams: TypeAlias = WritableParams | MailMessage | TransactionNote | DropboxAttachment | LinkFollowed | UnknownParams

CLASSES: dict[str, type[NoteParams]] = {
    cls.type_name: cls
    for cls in (
        *(CommonNote, CallIn, CallOut, ServiceMessage, ExtendedServiceMessage, SmsIn, SmsOut, Geolocation, Attachment),
        *(MessageCashier, InvoicePaid, BillPaid, SiteVisit, TargetingIn, TargetingOut, ZoomMeeting, AiResult),
        *(MailMessage, TransactionNote, DropboxAttachment, LinkFollowed),
    )
}


def parse_params(note_type: Any, raw: Any) -> NoteParams:
    """The params of a row, in the class of its note type."""
    cls = CLASSES.get(note_type) if isinstance(note_type, str) else None
    if cls is not None:
        return cls.from_raw(raw)
    unknown = UnknownParams.from_raw(raw)
    object.__getattribute__(unknown, "__pydantic_private__")["_note_type"] = str(note_type or "")
    return unknown
