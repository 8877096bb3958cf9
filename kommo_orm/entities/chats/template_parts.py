"""Parts of chat templates: buttons, an attachment, reviews.

Source: Kommo API v4, "Chat templates".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from kommo_orm.entities.shared.nested_value import NestedValue
from kommo_orm.fields.compound_value import Whole, Words, part
from kommo_orm.model.attr import Attr
from kommo_orm.model.condition import Unfilterable

if TYPE_CHECKING:
    from kommo_orm.entities.files.drive_file import DriveFile

ButtonType = Literal["inline", "url"]
TemplateAttachmentType = Literal["picture", "file", "document", "video"]
KINDS_OF_FILES: dict[str, TemplateAttachmentType] = {"image": "picture", "video": "video", "document": "document"}
ReviewStatus = Literal["draft", "review", "approved", "rejected", "paused"]


class TemplateButton(NestedValue):
    """A button under a message: an answer (`inline`) or a link (`url`). A template has buttons of one type only.

    Example:
        >>> TemplateButton(type="url", text="Track it", url="https://olive.example/track")
    """

    type: Attr[str, ButtonType]
    text: Attr[str, str]
    url: Words = part()


class TemplateAttachment(NestedValue):
    """A file of the drive that goes along; `id` is its uuid.

    Example:
        >>> template.attachment = TemplateAttachment.of(DriveFile.objects.upload("plan.pdf"))
    """

    id: Attr[str, str]
    name: Words = part()
    type: Attr[str | None, TemplateAttachmentType | None] = part()
    is_external: Attr[bool | None, bool | None, Unfilterable[Any]] = part()

    @classmethod
    def of(cls, file: DriveFile, type: TemplateAttachmentType | None = None) -> TemplateAttachment:
        """A file of the drive as an attachment: a picture or a video by what it is, else a `file`."""
        kind: TemplateAttachmentType = type or KINDS_OF_FILES.get(file.type, "file")
        return cls(id=file.uuid, name=file.file_name, type=kind)


class TemplateReview(NestedValue):
    """The review of a template by a messenger."""

    id: Whole = part()
    source_id: Whole = part()
    status: Attr[str | None, ReviewStatus | None] = part()
    reject_reason: Words = part()


def validate_template_buttons(buttons: list[TemplateButton]) -> None:
    """Raise `ValueError` for buttons that Kommo refuses."""
    types = {button.type for button in buttons}
    if len(types) > 1:
        raise ValueError(f"a template has buttons of one type, not {' and '.join(sorted(types))}")
    if any(button.type == "url" and not button.url for button in buttons):
        raise ValueError("a button of type url needs its url")


__all__ = ["TemplateAttachment", "TemplateButton", "TemplateReview"]
