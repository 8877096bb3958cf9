"""Planned faults: what fails, for which requests, and how many times. Nothing fails by chance."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any

from kommo_orm.sandbox.hal_responses import HTML, PROBLEM, encode_json
from kommo_orm.sandbox.http_messages import Cut, SandboxRequest, SandboxResponse
from kommo_orm.sandbox.problem_documents import build_problem, render_gateway_page

_HTML_BY_NATURE = (429, 502, 503, 504)


@dataclass(slots=True)
class Fault:
    """One planned fault. `times` counts down; None means that it never ends."""

    status: int | None
    method: str | None
    path: str | None
    times: int | None
    cut: Cut | None
    applied: bool
    delay: float
    html: bool
    body: Any
    retry_after: float | None
    when: Callable[[SandboxRequest], bool] | None

    def matches(self, request: SandboxRequest) -> bool:
        if self.method is not None and self.method.upper() != request.method:
            return False
        if self.path is not None and not fnmatchcase(request.path, self.path):
            return False
        return self.when is None or self.when(request)

    @property
    def replaces_response(self) -> bool:
        """True if the fault replaces the account's response."""
        return self.status is not None

    def build_response(self) -> SandboxResponse:
        """Build the response that replaces the account's response."""
        status = self.status or 200
        if self.body is not None:
            return _build_custom_response(status, self.body, html=self.html)
        if self.html or (status in _HTML_BY_NATURE and self.retry_after is None):
            return SandboxResponse(status, {"content-type": HTML}, render_gateway_page(status))
        extra = {} if self.retry_after is None else {"retry_after": self.retry_after}
        document = {**build_problem(status, "An unknown error occurred."), **extra}
        return SandboxResponse(status, {"content-type": PROBLEM}, encode_json(document))

    def apply_to(self, response: SandboxResponse) -> SandboxResponse:
        """Add the delay and the broken connection of this fault to a response."""
        return replace(response, delay=response.delay + self.delay, cut=self.cut or response.cut)


def _build_custom_response(status: int, body: Any, *, html: bool) -> SandboxResponse:
    content = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else encode_json(body)
    media = HTML if html else PROBLEM if status >= 400 else "application/json"
    return SandboxResponse(status, {"content-type": media}, content)


class Faults:
    """The planned faults, in order. Each request has at most one.

    Example:
        `sandbox.faults.next(status=504, method="PATCH", path="/api/v4/leads", times=2)`
    """

    def __init__(self) -> None:
        self.pending: list[Fault] = []

    def next(  # noqa: PLR0913  # keyword arguments, each a documented way to fail
        self,
        status: int | None = None,
        *,
        method: str | None = None,
        path: str | None = None,
        times: int | None = 1,
        refuse: bool = False,
        drop_before: bool = False,
        drop_after: bool = False,
        truncate: bool = False,
        applied: bool = False,
        delay: float = 0.0,
        html: bool = False,
        body: Any = None,
        retry_after: float | None = None,
        when: Callable[[SandboxRequest], bool] | None = None,
    ) -> None:
        """Plan a fault for the next `times` matching requests (None: for all).

        `path` may be a pattern (`/api/v4/leads*`), and `when` is a function of the request. These faults break the
        connection: `refuse` (no connection), `drop_before` (closed, nothing applied), `drop_after` (applied, no
        response) and `truncate` (applied, half of the body). `delay` (seconds) only delays the response. `status`,
        `html`, `body` (bytes, text or a JSON value) and `retry_after` (seconds, in a JSON body) make a response that
        replaces the account's. The request is then not applied, unless `applied=True`.

        Raises:
            ValueError: if more than one argument breaks the connection, or one of them comes with a status.
        """
        cuts = {Cut.REFUSED: refuse, Cut.BEFORE: drop_before, Cut.AFTER: drop_after, Cut.TRUNCATED: truncate}
        chosen = [cut for cut, wanted in cuts.items() if wanted]
        if len(chosen) > 1 or (chosen and chosen[0] is not Cut.TRUNCATED and status is not None):
            raise ValueError("A fault can break the connection in one way only, and without a status")
        if status is None and not chosen and (html or body is not None or retry_after is not None):
            status = 429 if retry_after is not None else 200
        cut = chosen[0] if chosen else None
        fault = Fault(status, method, path, times, cut, applied, delay, html, body, retry_after, when)
        self.pending.append(fault)

    def take_fault(self, request: SandboxRequest, *, refusing: bool) -> Fault | None:
        """Return the fault of this request and count it down.

        With `refusing` only faults that refuse the connection match.
        """
        possible = (fault for fault in self.pending if (fault.cut is Cut.REFUSED) == refusing)
        fault = next((fault for fault in possible if fault.matches(request)), None)
        if fault is not None and fault.times is not None:
            fault.times -= 1
            if fault.times <= 0:
                self.pending.remove(fault)
        return fault

    def clear(self) -> None:
        """Remove all planned faults."""
        self.pending.clear()
