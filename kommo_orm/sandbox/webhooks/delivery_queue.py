"""What is to be delivered, when, and when a webhook is disabled (Kommo API v4, Webhooks).

The first attempt is made at once. An answer other than 100 to 299 is invalid. Then two more attempts follow, after 5 and
15 minutes, and two more for 499 and 500 to 599, after 15 minutes and an hour. More than 100 invalid answers within two
hours disable a webhook, until it is subscribed again.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterable

from kommo_orm.sandbox.account_state import Account
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.webhooks.delivery import Attempt, Delivery
from kommo_orm.sandbox.webhooks.form_encoding import encode_form, stringify_tree
from kommo_orm.sandbox.webhooks.items import build_body
from kommo_orm.sandbox.webhooks.outbox import WebhookEvent

DELAYS = (5 * 60, 15 * 60, 15 * 60, 60 * 60)  # seconds before the second attempt, the third one, and so on
ALWAYS = 2  # delays that follow any invalid answer; the others follow errors of the receiver
MOST_FAILURES = 100
FAILURE_WINDOW = 2 * 60 * 60


class DeliveryQueue:
    """All deliveries in the order of their events. The caller holds the lock of the sandbox."""

    def __init__(self) -> None:
        self.deliveries: list[Delivery] = []
        self._due: list[tuple[float, int]] = []
        self._parked: list[Delivery] = []

    def add_events(self, account: Account, events: Iterable[WebhookEvent], now: float, depth: int) -> None:
        """Queue a delivery for each event and each webhook that wants it."""
        hooks = sorted(account.store.iter_rows("webhooks"), key=lambda row: (row["sort"], row["id"]))
        for event in events:
            wanting = [row for row in hooks if not row["disabled"] and set(event.codes) & set(row["settings"])]
            if not wanting:
                continue
            form: Row = stringify_tree(build_body(account, event))
            body = encode_form(form)
            for row in wanting:
                code = next(code for code in event.codes if code in row["settings"])
                number = len(self.deliveries)
                self.deliveries.append(
                    Delivery(number, row["id"], row["destination"], code, form, body, now, now, depth)
                )
                heapq.heappush(self._due, (now, number))

    def take_due(self, account: Account, horizon: float) -> Delivery | None:
        """Return the next delivery that is due. Deliveries of removed webhooks are dropped."""
        while self._due and self._due[0][0] <= horizon:
            delivery = self.deliveries[heapq.heappop(self._due)[1]]
            if delivery.is_dropped:
                continue
            webhook = account.store.get_row("webhooks", delivery.webhook_id)
            if webhook is not None and not webhook["disabled"]:
                return delivery
            self._drop(delivery)
        return None

    def park(self, delivery: Delivery) -> None:
        """Put a delivery aside that has no receiver yet."""
        self._parked.append(delivery)

    def unpark_all(self) -> None:
        """Make all parked deliveries due again, for a new receiver."""
        for delivery in self._parked:
            heapq.heappush(self._due, (delivery.due or delivery.at, delivery.number))
        self._parked.clear()

    @property
    def has_waiting(self) -> bool:
        return bool(self._due)

    def record_attempt(self, account: Account, delivery: Delivery, attempt: Attempt) -> None:
        """Note the answer, plan the next attempt, and disable a webhook that fails too often."""
        if delivery not in self.deliveries[delivery.number : delivery.number + 1]:
            return  # the account was reset in the meantime
        delivery.attempts.append(attempt)
        delivery.due = None
        if attempt.is_valid:
            return
        delay = _find_delay(len(delivery.attempts), attempt.status)
        if delay is not None:
            delivery.due = attempt.at + delay
            heapq.heappush(self._due, (delivery.due, delivery.number))
        if _count_failure(account, delivery.webhook_id, attempt.at) > MOST_FAILURES:
            self._disable_webhook(account, delivery.webhook_id)

    def _disable_webhook(self, account: Account, number: int) -> None:
        webhook = account.store.get_row("webhooks", number)
        if webhook is not None:
            webhook["disabled"] = True
        for delivery in self.deliveries:
            if delivery.webhook_id == number and delivery.due is not None:
                self._drop(delivery)

    def _drop(self, delivery: Delivery) -> None:
        delivery.due = None
        delivery.is_dropped = True


def _find_delay(tried: int, status: int) -> int | None:
    """Return the seconds until the next attempt; None if there is none."""
    if tried > len(DELAYS) or (tried > ALWAYS and not (status == 499 or 500 <= status <= 599)):
        return None
    return DELAYS[tried - 1]


def _count_failure(account: Account, number: int, at: float) -> int:
    """Count an invalid answer, and return the number of those within the window."""
    failures = account.outbox.failures.setdefault(number, deque())
    failures.append(at)
    while failures[0] <= at - FAILURE_WINDOW:
        failures.popleft()
    return len(failures)
