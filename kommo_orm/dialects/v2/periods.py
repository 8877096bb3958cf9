"""Periods of customers, which are written all together. API v4 has none: both dialects ask here.

Source: Kommo API v2, "Customers", periods.
"""

from __future__ import annotations

from typing import Any

from kommo_orm.dialects.v2.answers import embedded, refusal
from kommo_orm.dialects.v2.faults import faults, words
from kommo_orm.dialects.v2.route import WHOLE, Route
from kommo_orm.interface.action import Action
from kommo_orm.interface.read_request import ReadRequest
from kommo_orm.interface.row import Row
from kommo_orm.transport.http_messages import HttpRequest, HttpResponse, Repeat

PATH = "/api/v2/customers_periods"


def period(row: Row, read: ReadRequest) -> Row:
    return {key: told for key, told in row.items() if key != "_links"}


def replacing(action: Action) -> HttpRequest:
    """New ones might be made twice: that what is left out goes is told nowhere in so many words."""
    repeat = Repeat.SAFE if all("id" in period for period in action.body) else Repeat.CREATES
    return HttpRequest(
        "POST", PATH, json={"update": action.body}, purpose="set the periods of customers", repeat=repeat
    )


def replaced(answer: HttpResponse, said: Any) -> Any:
    """The answer. Raises `BadRequest` for errors inside of a success."""
    told = list(faults(embedded(said).get("errors") or ()))
    if told:
        raise refusal(answer, {"error": "; ".join(map(words, told)), "error_code": told[0].code})
    return said


PERIODS = Route(PATH, WHOLE, period)
