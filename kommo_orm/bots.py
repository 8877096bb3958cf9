"""Continue bots that wait for an answer: `bots.resume(return_url, data=..., execute_handlers=[...])`."""

from kommo_orm.entities.bots.bot_continuation import (
    BotKind,
    Continuation,
    ContinueHandler,
    GoTo,
    ShowButtons,
    ShowLinks,
    ShowText,
    StepType,
    aresume,
    resume,
)

__all__ = [
    "BotKind",
    "Continuation",
    "ContinueHandler",
    "GoTo",
    "ShowButtons",
    "ShowLinks",
    "ShowText",
    "StepType",
    "aresume",
    "resume",
]
