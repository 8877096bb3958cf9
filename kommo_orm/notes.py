"""What notes hold: one class for each note type. `kommo_orm` has the same names.

Example:
    >>> from kommo_orm.notes import CallIn, CommonNote
    >>> lead.notes.create(CommonNote("Called back, wants an offer"))
    >>> lead.notes.create(CallIn(uniq="k-77", duration=95, source="pbx", phone="+15005550006"))

Source: Kommo API v4, "Note types".
"""

from kommo_orm.entities.notes.note_params import (
    AiResult,
    Attachment,
    BillPaid,
    CallIn,
    CallOut,
    CommonNote,
    DropboxAttachment,
    ExtendedServiceMessage,
    Geolocation,
    InvoicePaid,
    LinkFollowed,
    MailMessage,
    MessageCashier,
    NoteParams,
    ServiceMessage,
    SiteVisit,
    SmsIn,
    SmsOut,
    TargetingIn,
    TargetingOut,
    TransactionNote,
    UnknownParams,
    ZoomMeeting,
)

__all__ = [
    "AiResult",
    "Attachment",
    "BillPaid",
    "CallIn",
    "CallOut",
    "CommonNote",
    "DropboxAttachment",
    "ExtendedServiceMessage",
    "Geolocation",
    "InvoicePaid",
    "LinkFollowed",
    "MailMessage",
    "MessageCashier",
    "NoteParams",
    "ServiceMessage",
    "SiteVisit",
    "SmsIn",
    "SmsOut",
    "TargetingIn",
    "TargetingOut",
    "TransactionNote",
    "UnknownParams",
    "ZoomMeeting",
]
