"""Periods of customers, which are replaced all together. API v4 has none, so both dialects use API v2.

Source: Kommo API v2, "Customers", periods.
"""

from __future__ import annotations

from typing import Any

from kommo_orm.dialects.common.batch_refusals import describe_fault, iterate_faults
from kommo_orm.dialects.common.response_body import build_failure_error, get_embedded
from kommo_orm.interface.action import Action
from kommo_orm.transport.http_messages import HttpRequest, HttpResponse, Repeat

PERIODS_PATH = "/api/v2/customers_periods"


def build_periods_request(action: Action) -> HttpRequest:
    """Build the request that replaces all periods. Periods without an id might be created twice."""
    repeat = Repeat.SAFE if all("id" in period for period in action.body) else Repeat.CREATES
    body = {"update": action.body}
    return HttpRequest("POST", PERIODS_PATH, json=body, purpose="set the periods of customers", repeat=repeat)


def parse_periods(answer: HttpResponse, body: Any) -> Any:
    """The body itself. Raises `BadRequest` for errors inside of a success."""
    faults = list(iterate_faults(get_embedded(body).get("errors") or ()))
    if faults:
        words = "; ".join(map(describe_fault, faults))
        raise build_failure_error(answer, {"error": words, "error_code": faults[0].code})
    return body
