"""Filters and values that leads, contacts, companies and customers have in common."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from typing_extensions import TypedDict


class CardFilters(TypedDict, total=False):
    """Filters of every card. Source: Kommo API v4, "Filters"."""

    id: int
    id__in: Iterable[int]
    name: str
    name__in: Iterable[str]
    created_by: int
    created_by__in: Iterable[int]
    updated_by: int
    updated_by__in: Iterable[int]
    responsible_user_id: int
    responsible_user_id__in: Iterable[int]
    created_at__gte: datetime
    created_at__lte: datetime
    created_at__range: tuple[datetime, datetime]
    updated_at__gte: datetime
    updated_at__lte: datetime
    updated_at__range: tuple[datetime, datetime]
    closest_task_at__gte: datetime
    closest_task_at__lte: datetime
    closest_task_at__range: tuple[datetime, datetime]


class CardValues(TypedDict, total=False):
    """Values that every card can be given."""

    name: str
    responsible_user_id: int
    created_by: int
    updated_by: int
    created_at: datetime
