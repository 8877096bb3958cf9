"""What a row of a file holds inside: what it is, its pictures, who put it there, and the cards that use it."""

from __future__ import annotations

from datetime import datetime
from typing import Never

from kommo_orm.entities.shared.nested_value import NestedValue
from kommo_orm.fields.compound_value import Computed, part
from kommo_orm.model.attr import Attr


class FileMetadata(NestedValue):
    """What a file is: its extension (without a dot) and its media type."""

    extension: Computed[str] = part()
    mime_type: Computed[str] = part()


class FilePreview(NestedValue):
    """A picture of a file; `width` and `height` are in pixels."""

    download_link: Computed[str] = part()
    width: Computed[int] = part()
    height: Computed[int] = part()


class FileAuthor(NestedValue):
    """Who did something to a file. Of `type` `internal` it is a user of the account."""

    id: Computed[int] = part()
    type: Computed[str] = part()


class FileUse(NestedValue):
    """A card that uses a file. Times are aware and in UTC; `price` is in whole units of the account's currency.

    Source: Kommo API v4, "Files".
    """

    id: Attr[int, Never] = part()
    entity_type: Attr[str, Never] = part()
    name: Computed[str] = part()
    price: Computed[int] = part()
    pipeline_id: Computed[int] = part()
    status_id: Computed[int] = part()
    main_user_id: Computed[int] = part()
    created_by: Computed[int] = part()
    updated_by: Computed[int] = part()
    date_create: Computed[datetime] = part()
    date_update: Computed[datetime] = part()
    closest_task_at: Computed[datetime] = part()


__all__ = ["FileAuthor", "FileMetadata", "FilePreview", "FileUse"]
