"""What happens to a request before and after the account answers it: faults, the rate limit, the log.

Every access to the account holds one lock, so requests of several threads follow each other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from threading import RLock

from kommo_orm.sandbox import dispatch
from kommo_orm.sandbox.account_state import Account
from kommo_orm.sandbox.faults import Fault, Faults
from kommo_orm.sandbox.hal_responses import HTML, PROBLEM, encode_json
from kommo_orm.sandbox.http_messages import Cut, SandboxRequest, SandboxResponse
from kommo_orm.sandbox.problem_documents import build_problem, render_gateway_page
from kommo_orm.sandbox.rate_window import RateWindow
from kommo_orm.sandbox.request_log import Log


class RequestPipeline:
    """The part of a `Sandbox` that answers requests."""

    account: Account

    def __init__(
        self,
        *,
        clock: Callable[[], float],
        latency: float,
        strict_queries: bool | None,
        rate: RateWindow,
        retry_after: int | None,
    ) -> None:
        self.clock = clock
        self.latency = latency
        self.strict_queries = strict_queries
        self.retry_after = retry_after
        self.rate = rate
        self.faults = Faults()
        self.log = Log()
        self._lock = RLock()
        self._arrivals = 0

    def handle(self, request: SandboxRequest) -> SandboxResponse:
        """Return the response to one request. It opens no socket, never sleeps and is thread-safe."""
        return self._handle(request, strict=self.strict_queries is not False)

    def _handle_over_http(self, request: SandboxRequest) -> SandboxResponse:
        return self._handle(request, strict=self.strict_queries is True)

    def _handle(self, request: SandboxRequest, *, strict: bool) -> SandboxResponse:
        with self._lock:
            at = self.clock()
            fault = self.faults.take_fault(request, refusing=True)
            if fault is not None:
                return fault.apply_to(SandboxResponse(0))
            response = self._add_request_id(self._answer_request(request, at, strict=strict))
            self.log.add_request(at, request, response)
            return response

    def _add_request_id(self, response: SandboxResponse) -> SandboxResponse:
        self._arrivals += 1
        headers = {**response.headers, "x-request-id": f"{self._arrivals:032x}"}
        return replace(response, headers=headers, delay=response.delay + self.latency)

    def _answer_request(self, request: SandboxRequest, at: float, *, strict: bool) -> SandboxResponse:
        within = self.rate.count_arrival(at)
        if self.rate.is_blocked:
            return SandboxResponse(403, {"content-type": HTML}, render_gateway_page(403))
        if not within:
            return self._answer_rate_limit()
        fault = self.faults.take_fault(request, refusing=False)
        if fault is not None:
            return self._answer_with_fault(request, fault, strict=strict)
        return self._handle_request(request, strict=strict)

    def _answer_with_fault(self, request: SandboxRequest, fault: Fault, *, strict: bool) -> SandboxResponse:
        if fault.cut is Cut.BEFORE:
            return fault.apply_to(SandboxResponse(0))
        if not fault.replaces_response:
            return fault.apply_to(self._handle_request(request, strict=strict))
        if fault.applied:
            self._handle_request(request, strict=strict)
        return fault.apply_to(fault.build_response())

    def _answer_rate_limit(self) -> SandboxResponse:
        if self.retry_after is None:
            return SandboxResponse(429, {"content-type": HTML}, render_gateway_page(429))
        document = {**build_problem(429, "Too many requests"), "retry_after": self.retry_after}
        return SandboxResponse(429, {"content-type": PROBLEM}, encode_json(document))

    def _handle_request(self, request: SandboxRequest, *, strict: bool) -> SandboxResponse:
        return dispatch.handle_request(self.account, request, strict=strict)
