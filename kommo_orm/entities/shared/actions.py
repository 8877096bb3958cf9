"""Run actions: requests that change no value of a row, such as pinning, accepting, running, closing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from kommo_orm.errors import BadRequest, KommoError, ResponseError, TransportError
from kommo_orm.interface.action import Action
from kommo_orm.interface.connection import Connection
from kommo_orm.interface.parallel_requests import count_parallel_requests
from kommo_orm.interface.read_request import ReadRequest
from kommo_orm.interface.term import Term
from kommo_orm.transport.delivery import DeliveryTracker
from kommo_orm.transport.flow import Failure, Flow, gather_flows
from kommo_orm.unit.plan import split_chunks


def run_action(
    connection: Connection,
    action: Action,
    *,
    takes_away: bool = False,
    done_if: Callable[[BadRequest], bool] | None = None,
) -> Flow[Any]:
    """Run an action. Returns the answer in canonical form, or None. Raises the error of a refusal.

    An attempt whose answer was lost is sent again. With `takes_away` the rows are gone afterwards: that the second one does
    not find them shows that the first has done it, and where the last one was lost, too, they are looked for. `done_if` tells
    the like of other refusals.
    """
    dialect = connection.dialect
    delivery = DeliveryTracker(dialect.is_result_unknown)
    try:
        answer = yield from connection.ask(delivery.track(dialect.build_action_request(action)))
        return dialect.parse_action_result(action, answer)
    except (ResponseError, TransportError) as error:
        if not delivery.was_lost:
            raise
        if takes_away and (dialect.is_row_missing(error) or (yield from are_rows_gone(connection, action))):
            return None
        if done_if is not None and isinstance(error, BadRequest) and done_if(error):
            return None
        raise


def are_rows_gone(connection: Connection, action: Action) -> Flow[bool]:
    """Whether the service finds none of the rows of these ids any more.

    An account whose plan has no filters answers with other rows, so nothing is verified then.
    """
    if not action.ids:
        return False
    read = ReadRequest(action.kind, terms=(Term("id", "in", action.ids),))
    dialect = connection.dialect
    try:
        answer = yield from connection.ask(dialect.build_list_request(read, 1, dialect.max_page_size))
        return not dialect.parse_page(read, answer).rows
    except KommoError:
        return False


def run_action_on_many(
    connection: Connection, action: Action, *, takes_away: bool = False
) -> Flow[list[tuple[Action, Any]]]:
    """Run an action for many rows: as many a request as the API takes, several requests at a time.

    Answers each request's own action (`ids` says for whom) with its outcome, or with the `KommoError` that it failed with.
    """
    size = max(1, connection.dialect.capabilities(action.kind).action_size)
    parts = [replace(action, ids=tuple(ids)) for ids in split_chunks(action.ids, size)]
    done = yield from gather_flows(
        (run_action(connection, part, takes_away=takes_away) for part in parts),
        count_parallel_requests(connection),
    )
    found: list[tuple[Action, Any]] = []
    for part, outcome in zip(parts, map(get_outcome, done), strict=True):
        if isinstance(outcome, BadRequest) and len(part.ids) > 1:  # nothing was done: find the refused rows by halves
            middle = len(part.ids) // 2
            for ids in (part.ids[:middle], part.ids[middle:]):
                found += yield from run_action_on_many(connection, replace(part, ids=ids), takes_away=takes_away)
        else:
            found.append((part, outcome))
    return found


def get_outcome(done: Any) -> Any:
    if not isinstance(done, Failure):
        return done.value
    if isinstance(done.error, KommoError):
        return done.error
    raise done.error


def list_outcome_rows(outcome: Any) -> Sequence[dict[str, Any]]:
    """The rows of an action's outcome: one, or a list of them."""
    found = outcome if isinstance(outcome, list) else [outcome]
    return [row for row in found if isinstance(row, dict)]
