"""The part of `Sandbox` that tests use for webhooks: who receives them, when, and what was sent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from kommo_orm.sandbox.http_messages import SandboxRequest, SandboxResponse
from kommo_orm.sandbox.request_pipeline import RequestPipeline
from kommo_orm.sandbox.resources import webhooks
from kommo_orm.sandbox.webhooks.delivery import Delivery
from kommo_orm.sandbox.webhooks.delivery_thread import DeliveryThread
from kommo_orm.sandbox.webhooks.receivers import find_receiver
from kommo_orm.sandbox.webhooks.webhook_sender import PlannedAnswer, WebhookSender

DESTINATION = "https://receiver.example/webhook"


class SandboxWebhooks(RequestPipeline):
    """The part of a `Sandbox` that sends webhooks after requests."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self._sender = WebhookSender(self._lock, lambda: self.account, self.clock)
        self._sends_at_once = True
        self._threads: list[DeliveryThread] = []

    def handle(self, request: SandboxRequest) -> SandboxResponse:
        """Return the response to one request. It never sleeps and is thread-safe.

        It opens no socket, unless `deliver_to` was given the address of a server.
        """
        response = super().handle(request)
        self._deliver_after_request()
        return response

    async def ahandle(self, request: SandboxRequest) -> SandboxResponse:
        """`handle()` for async code: webhooks are delivered in the loop that runs."""
        response = super().handle(request)
        if self._delivers_at_once:
            await self._sender.asend_due(wait=False)
        else:
            self._wake_webhook_threads()
        return response

    def _handle_over_http(self, request: SandboxRequest) -> SandboxResponse:
        response = super()._handle_over_http(request)
        self._wake_webhook_threads()
        return response

    def _handle(self, request: SandboxRequest, *, strict: bool) -> SandboxResponse:
        with self._lock:
            response = super()._handle(request, strict=strict)
            self._sender.queue_events()
            return response

    def deliver_to(
        self,
        target: Any,
        *,
        events: Iterable[str] = (),
        destination: str | None = None,
        at_once: bool = True,
    ) -> None:
        """Give all webhooks of the account to `target`, whatever address they are subscribed for.

        The target is an ASGI or WSGI application, a function that is called with path, headers and body (it returns
        the status, or None for 200), or the URL of a server on this machine. None: as before the first call.

        `events` subscribe `destination`, if your program does not subscribe itself. By default each webhook is delivered
        as soon as the request that caused it is answered; with `at_once=False` when you call `deliver()`.

        Raises:
            ValueError: if the URL is not of this machine, or an event is unknown.

        Example:
            `sandbox.deliver_to(app, events=["add_lead", "status_lead"])`
        """
        receiver = None if target is None else find_receiver(target)
        names = list(events)
        if names:
            url = destination or (target if isinstance(target, str) else DESTINATION)
            with self._lock:
                webhooks.subscribe_destination(self.account, url, names)
        self._sends_at_once = at_once
        self._sender.set_receiver(receiver)
        self._deliver_after_request()

    def deliver(self, *, within: float = 0.0) -> list[Delivery]:
        """Deliver the webhooks that are due, and return those that were attempted.

        `within`: also those that become due in the next seconds, as if that time had passed: `within=3600` makes the
        attempts of the next hour. Without `deliver_to` only addresses of this machine get webhooks, over HTTP.
        """
        return self._sender.send_due(within)

    async def adeliver(self, *, within: float = 0.0) -> list[Delivery]:
        """`deliver()` for async code: an ASGI application runs in this loop."""
        return await self._sender.asend_due(within)

    @property
    def deliveries(self) -> list[Delivery]:
        """All webhooks in the order of what happened, one for each event and address, delivered or not."""
        return list(self._sender.queue.deliveries)

    def fail_deliveries(self, status: int = 500, *, times: int | None = 1, received: bool = False) -> None:
        """Let the next `times` attempts fail with this status (None: all). 0 means that no answer comes in time.

        With `received=True` the receiver gets the webhook, and only its answer is lost: it will get it again.
        """
        self._sender.planned.append(PlannedAnswer(status, times, received))

    @contextmanager
    def _change_account(self) -> Iterator[None]:
        """Change the account without a request, and deliver the webhooks of the change."""
        with self._lock:
            yield
            self._sender.queue_events()
        self._deliver_after_request()

    @property
    def _delivers_at_once(self) -> bool:
        return self._sender.receiver is not None and self._sends_at_once

    def _deliver_after_request(self) -> None:
        """Deliver at once, or leave it to the thread of a server."""
        if self._delivers_at_once:
            self._sender.send_due(wait=False)
        else:
            self._wake_webhook_threads()

    def _wake_webhook_threads(self) -> None:
        for thread in self._threads:
            thread.wake()

    def _start_webhook_thread(self) -> DeliveryThread:
        thread = DeliveryThread(self._sender, self._threads.remove)
        self._threads.append(thread)
        return thread
