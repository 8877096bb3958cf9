"""What an event changed: one class for each kind of value before and after it. `kommo_orm` has the same names.

Example:
    >>> from kommo_orm.events import StageChange
    >>> for event in lead.events.filter(type="lead_status_changed"):
    ...     match event.before, event.after:
    ...         case StageChange(id=old), StageChange(id=new):
    ...             print(event.created_at, old, "->", new)

Source: Kommo API v4, "Types of events".
"""

from kommo_orm.entities.events.event_changes import (
    BotChange,
    CustomerStatusChange,
    DeadlineChange,
    FieldChange,
    LinkChange,
    LtvChange,
    MessageChange,
    NameChange,
    NoteChange,
    PriceChange,
    RatingChange,
    ResponsibleChange,
    StageChange,
    TagChange,
    TaskTextChange,
    TaskTypeChange,
    TransactionChange,
    UnknownChange,
)

__all__ = [
    "BotChange",
    "CustomerStatusChange",
    "DeadlineChange",
    "FieldChange",
    "LinkChange",
    "LtvChange",
    "MessageChange",
    "NameChange",
    "NoteChange",
    "PriceChange",
    "RatingChange",
    "ResponsibleChange",
    "StageChange",
    "TagChange",
    "TaskTextChange",
    "TaskTypeChange",
    "TransactionChange",
    "UnknownChange",
]
