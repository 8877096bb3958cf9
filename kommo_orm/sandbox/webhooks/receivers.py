"""Who gets the webhooks: an ASGI or WSGI application, a function, or an address of this machine.

A receiver never raises: a failure becomes a status, as the service would see it. The error of an application is logged.
"""

from __future__ import annotations

import asyncio
import inspect
import ipaddress
import logging
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from time import monotonic
from typing import Any, Protocol
from urllib.parse import urlsplit

import httpx

from kommo_orm.sandbox.webhooks.delivery import NO_ANSWER, Delivery

TIMEOUT = 2.0  # seconds in which a receiver must answer (Kommo API v4, Webhooks)
LATE = f"no answer within {TIMEOUT:g} seconds"
_LOGGER = logging.getLogger("kommo_orm.sandbox")


@dataclass(frozen=True, slots=True)
class Answer:
    """The status of a receiver; `exception` is the failed assertion of a test."""

    status: int
    error: str = ""
    exception: AssertionError | None = None


class Receiver(Protocol):
    """Takes webhooks, in sync and in async code."""

    def send(self, delivery: Delivery) -> Answer: ...

    async def asend(self, delivery: Delivery) -> Answer: ...


def find_receiver(target: Any) -> Receiver:
    """Return the receiver for an address, an application or a function. Raises `TypeError` or `ValueError`.

    An application is told by the names of its first parameter: `scope` (ASGI) or `environ` (WSGI).
    """
    if isinstance(target, str):
        if not is_local_url(target):
            raise ValueError(f"Webhooks can go to an address of this machine only, not to {target!r}")
        return AddressReceiver(target)
    if not callable(target):
        raise TypeError(f"deliver_to() takes an ASGI application, a function or a URL, not {target!r}")
    first = _find_first_parameter(target)
    if first == "scope":
        return AsgiReceiver(target)
    return WsgiReceiver(target) if first == "environ" else FunctionReceiver(target)


def _find_first_parameter(target: Callable[..., Any]) -> str:
    try:
        return next(iter(inspect.signature(target).parameters), "").strip("_")
    except ValueError:  # a function of C
        return ""


def is_local_url(url: str) -> bool:
    """Return True for an HTTP address whose host is this machine."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https"):
        return False
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _run_in_thread(coroutine: Coroutine[Any, Any, Answer]) -> Answer:
    """Run a coroutine in a loop of its own: the caller may be inside of a loop that runs."""
    context = copy_context()
    with ThreadPoolExecutor(1, "kommo-webhook") as pool:
        return pool.submit(context.run, asyncio.run, coroutine).result()


def _build_failure(error: Exception, delivery: Delivery) -> Answer:
    """Build the answer for an application that raised an error."""
    if isinstance(error, TimeoutError):
        return Answer(NO_ANSWER, str(error) or LATE)
    if isinstance(error, AssertionError):
        return Answer(500, repr(error), error)
    _LOGGER.error("The receiver of the webhook %s failed", delivery.event, exc_info=error)
    return Answer(500, repr(error))


@dataclass(frozen=True, slots=True)
class FunctionReceiver:
    """A function, sync or async, called with path, headers and body. It returns a status; anything else means 200."""

    function: Callable[..., Any]

    def send(self, delivery: Delivery) -> Answer:
        started = monotonic()
        try:
            result = self._call(delivery)
        except Exception as error:  # noqa: BLE001  # any error of the function is its answer
            return _build_failure(error, delivery)
        if inspect.isawaitable(result):
            return _run_in_thread(_await_answer(result, delivery))
        return Answer(NO_ANSWER, LATE) if monotonic() - started > TIMEOUT else Answer(_read_status(result))

    async def asend(self, delivery: Delivery) -> Answer:
        started = monotonic()
        try:
            result = self._call(delivery)
        except Exception as error:  # noqa: BLE001  # any error of the function is its answer
            return _build_failure(error, delivery)
        if inspect.isawaitable(result):
            return await _await_answer(result, delivery)
        return Answer(NO_ANSWER, LATE) if monotonic() - started > TIMEOUT else Answer(_read_status(result))

    def _call(self, delivery: Delivery) -> Any:
        parts = urlsplit(delivery.url)
        path = parts.path or "/"
        headers = {"host": parts.netloc, **delivery.headers, "content-length": str(len(delivery.body))}
        return self.function(f"{path}?{parts.query}" if parts.query else path, headers, delivery.body)


async def _await_answer(result: Awaitable[Any], delivery: Delivery) -> Answer:
    try:
        return Answer(_read_status(await asyncio.wait_for(result, TIMEOUT)))
    except Exception as error:  # noqa: BLE001  # any error of the application is its answer
        return _build_failure(error, delivery)


def _read_status(result: Any) -> int:
    """Return the status of a function's result: a number, or a response object."""
    status = getattr(result, "status_code", result)
    return status if type(status) is int else 200


def _build_request(delivery: Delivery, url: str | None = None) -> httpx.Request:
    return httpx.Request("POST", url or delivery.url, headers=delivery.headers, content=delivery.body)


@dataclass(frozen=True, slots=True)
class AsgiReceiver:
    """An ASGI application. Sync code runs it in a loop of its own, async code in the loop that runs."""

    app: Any

    def send(self, delivery: Delivery) -> Answer:
        return _run_in_thread(self.asend(delivery))

    async def asend(self, delivery: Delivery) -> Answer:
        async def call() -> int:
            response = await httpx.ASGITransport(self.app).handle_async_request(_build_request(delivery))
            await response.aread()
            return response.status_code

        return await _await_answer(call(), delivery)


@dataclass(frozen=True, slots=True)
class WsgiReceiver:
    """A WSGI application."""

    app: Any

    def send(self, delivery: Delivery) -> Answer:
        started = monotonic()
        try:
            response = httpx.WSGITransport(self.app).handle_request(_build_request(delivery))
            response.read()
        except Exception as error:  # noqa: BLE001  # any error of the application is its answer
            return _build_failure(error, delivery)
        return Answer(NO_ANSWER, LATE) if monotonic() - started > TIMEOUT else Answer(response.status_code)

    async def asend(self, delivery: Delivery) -> Answer:
        return await asyncio.to_thread(self.send, delivery)


@dataclass(frozen=True, slots=True)
class AddressReceiver:
    """An address of this machine. Without `url` each webhook goes to its own destination.

    A `url` with a path gets every webhook. One without a path replaces only the host of the destinations.
    """

    url: str | None = None

    def send(self, delivery: Delivery) -> Answer:
        try:
            with httpx.Client(timeout=TIMEOUT, trust_env=False) as client:
                return Answer(client.send(_build_request(delivery, self._find_url(delivery))).status_code)
        except httpx.TimeoutException:
            return Answer(NO_ANSWER, LATE)
        except httpx.HTTPError as error:
            return Answer(NO_ANSWER, str(error) or type(error).__name__)

    async def asend(self, delivery: Delivery) -> Answer:
        """Send in a thread, because the server of the address may run in this loop."""
        return await asyncio.to_thread(self.send, delivery)

    def _find_url(self, delivery: Delivery) -> str:
        if self.url is None:
            return delivery.url
        wanted, given = urlsplit(self.url), urlsplit(delivery.url)
        if wanted.path.strip("/") or wanted.query:
            return self.url
        return wanted._replace(path=given.path or "/", query=given.query).geturl()
