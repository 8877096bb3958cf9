"""Delivers webhooks beside a server: in a thread, outside of the requests that caused them."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from kommo_orm.sandbox.webhooks.webhook_sender import WebhookSender

POLL = 0.1  # seconds between two looks at the clock while something waits, because a test may move the clock
_LOGGER = logging.getLogger("kommo_orm.sandbox")


class DeliveryThread:
    """A thread that sends what is due until it is closed. `on_close` is called when it has ended."""

    def __init__(self, sender: WebhookSender, on_close: Callable[[DeliveryThread], None]) -> None:
        self._sender = sender
        self._on_close = on_close
        self._is_closed = False
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._send_until_closed, name="kommo-sandbox-webhooks", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Look for work now."""
        self._wake.set()

    def close(self) -> None:
        """End the thread after the delivery that it makes now. What was not sent keeps waiting."""
        self._is_closed = True
        self._wake.set()
        self._thread.join()
        self._on_close(self)

    def _send_until_closed(self) -> None:
        while not self._is_closed:
            self._wake.clear()
            try:
                self._sender.send_due()
            except Exception:
                _LOGGER.exception("A webhook failed")
            self._wake.wait(POLL if self._sender.queue.has_waiting else None)
