"""One webhook on its way to one address, and the attempts to deliver it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from kommo_orm.sandbox.row_store import Row

DeliveryState = Literal["waiting", "delivered", "failed", "dropped"]
NO_ANSWER = 0


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt: when, and the status of the answer. 0 means that no answer came in time; `error` says why."""

    at: float
    status: int
    error: str = ""

    @property
    def is_valid(self) -> bool:
        """True if the service takes the webhook for delivered: any status from 100 to 299."""
        return 100 <= self.status < 300


@dataclass(slots=True)
class Delivery:
    """A webhook for one address.

    `event` is the name that the webhook has in its settings (`update_lead`). `form` is the body as a receiver decodes
    it: nested objects and lists of texts. `due` is the time of the next attempt; None if there is none.
    """

    number: int
    webhook_id: int
    url: str
    event: str
    form: Row
    body: bytes
    at: float
    due: float | None
    depth: int = 0
    is_dropped: bool = False
    attempts: list[Attempt] = field(default_factory=list[Attempt])

    @property
    def state(self) -> DeliveryState:
        """`waiting` for an attempt; `delivered`; `failed` for good; `dropped`, as its webhook was removed or disabled."""
        if self.is_dropped:
            return "dropped"
        if self.due is not None:
            return "waiting"
        return "delivered" if self.attempts and self.attempts[-1].is_valid else "failed"

    @property
    def headers(self) -> dict[str, str]:
        """The headers of the request, without its host and length."""
        return {"content-type": "application/x-www-form-urlencoded", "user-agent": "kommo-sandbox"}

    def __str__(self) -> str:
        answers = ", ".join(str(attempt.status or "no answer") for attempt in self.attempts)
        return f"{self.event} -> {self.url}: {self.state}" + (f" ({answers})" if answers else "")
