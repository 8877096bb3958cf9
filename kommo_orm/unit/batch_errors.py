"""What the service has against single objects of a batch: who is bad, and in whose words."""

from __future__ import annotations

from dataclasses import dataclass, replace

from kommo_orm.errors import (
    BadRequest,
    GatewayTimeout,
    ItemError,
    KommoError,
    NotFound,
    ResponseError,
    ServerError,
    StaleObject,
    TransportError,
    UncertainWrite,
    UnexpectedResponse,
)
from kommo_orm.interface.batch import Batch
from kommo_orm.interface.batch_item import BatchItem
from kommo_orm.interface.refusal import Refusal
from kommo_orm.transport.http_messages import HttpResponse
from kommo_orm.transport.redaction import redact_text
from kommo_orm.unit.failure_table import FailureKind
from kommo_orm.unit.payload import find_field_name
from kommo_orm.unit.report import describe

LINKS = ("link", "unlink")


@dataclass(frozen=True, slots=True)
class BlamedItems:
    """The items of a refused batch: the bad ones with what is wrong with them, and the others."""

    bad: tuple[tuple[BatchItem, list[ItemError]], ...]
    rest: tuple[BatchItem, ...]


def find_blamed_items(batch: Batch, error: BadRequest) -> BlamedItems:
    """Who is named. One item alone is always the bad one; rows of links are named by their place."""
    if len(batch) == 1:
        return BlamedItems(((batch.items[0], list(error.items)),), ())
    by_place = batch.verb in LINKS
    named: dict[str, list[ItemError]] = {}
    for problem in error.items:
        named.setdefault(str(problem.request_id), []).append(problem)
    marks = {str(place) if by_place else item.request_id: item for place, item in enumerate(batch.items)}
    bad = tuple((item, named[mark]) for mark, item in marks.items() if mark in named)
    return BlamedItems(bad, tuple(item for mark, item in marks.items() if mark not in named))


def is_stale_option(item: BatchItem, problems: list[ItemError]) -> bool:
    """Whether the account's options may have changed since they were asked."""
    return item.uses_definitions and any(problem.code == "NotSupportedChoice" for problem in problems)


def classify_failure(batch: Batch, error: KommoError) -> FailureKind:
    """Which kind of failure an error is, for the table of `failure_table.py`."""
    if isinstance(error, BadRequest):
        return _classify_refusal(batch, error)
    if isinstance(error, ResponseError) and error.status == 413:
        return FailureKind.TOO_LARGE
    if isinstance(error, NotFound):
        return FailureKind.GONE
    if batch.creates_rows:  # a creation that may have been applied raises `UncertainWrite`
        return FailureKind.LOST if isinstance(error, UncertainWrite) else FailureKind.NOT_DONE
    return _classify_loss(error)


def _classify_loss(error: KommoError) -> FailureKind:
    if isinstance(error, GatewayTimeout):
        return FailureKind.GATEWAY_TIMEOUT
    return FailureKind.LOST if is_lost(error) or isinstance(error, UncertainWrite) else FailureKind.NOT_DONE


def _classify_refusal(batch: Batch, error: BadRequest) -> FailureKind:
    if batch.verb == "delete" and is_gone(error):
        return FailureKind.ITEM_GONE
    if not says_nothing_was_stored(error):
        return FailureKind.FAULT
    return FailureKind.ITEMS_REFUSED if find_blamed_items(batch, error).bad else FailureKind.REFUSED


def says_nothing_was_stored(error: BadRequest) -> bool:
    """A fault of the service under the status of a refusal tells nothing of what it did."""
    return "system error" not in f"{error.detail} {error.title}".lower()


def is_gone(error: Exception) -> bool:
    """Whether a row that was to be deleted is not there."""
    choices = getattr(error, "items", ())
    return any(item.code == "NotSupportedChoice" and item.path in ("id", "status_id") for item in choices)


def build_item_error(item: BatchItem, error: BadRequest, problems: list[ItemError], more: str = "") -> BadRequest:
    """The error of one object, with the user's own names of its fields; `more` is what the library knows about it."""
    own = [_name_user_field(item, problem) for problem in problems]
    told = "; ".join(f"{problem.field or problem.path}: {problem.detail} ({problem.code})" for problem in own)
    return BadRequest(
        f"{describe(item.object)} was refused: {told or error.detail or error.message}{more}",
        items=own,
        status=error.status,
        title=error.title,
        detail=error.detail,
        code=own[0].code if own else error.code,
        request_id=error.request_id,
        body=error.body,
    )


def build_refusal_error(batch: Batch, item: BatchItem, refusal: Refusal, answer: HttpResponse) -> KommoError:
    """The error of one object that was refused while others of its batch were stored."""
    done = "deleted" if batch.verb == "delete" else "saved"
    if refusal.is_stale:
        return StaleObject(
            f"{describe(item.object)} was not {done}: {refusal.detail}. The stored row is newer than the one you hold: "
            "refresh(keep_changes=True), then save again.",
            object=item.object,
        )
    problem = _name_user_field(item, ItemError(code=refusal.code, detail=refusal.detail, path=refusal.path))
    where = f"{problem.field}: " if problem.field else ""
    code = f" ({refusal.code})" if refusal.code else ""
    told = f"{describe(item.object)} was not {done}: {where}{refusal.detail}{code}"
    if refusal.is_absent:
        return NotFound(
            told, status=answer.status, detail=refusal.detail, code=refusal.code, request_id=answer.request_id
        )
    return BadRequest(
        told,
        items=[problem],
        status=answer.status,
        detail=refusal.detail,
        code=refusal.code,
        request_id=answer.request_id,
        body=redact_text(answer.text),
    )


def _name_user_field(item: BatchItem, problem: ItemError) -> ItemError:
    """Whose fault it is, and the user's own name of the field: a part of the object may be meant."""
    part, path = _find_nested_item(item, problem.path or "")
    if part is None:
        return replace(problem, object=item.object, field=_find_field_name(item, problem))
    return replace(
        problem, object=part.object, field=find_field_name(part.object, part.field_names, path) or problem.field
    )


def _find_nested_item(item: BatchItem, path: str) -> tuple[BatchItem | None, str]:
    """`_embedded.contacts.0.name` is the name of the contact that was sent along."""
    head, relation, _, rest = (*path.split(".", 3), "", "", "", "")[:4]
    named = (part for part in item.nested_items if head == "_embedded" and part.relation == relation)
    return next(named, None), rest


def _find_field_name(item: BatchItem, problem: ItemError) -> str | None:
    if item.relation is not None:
        return item.relation
    return find_field_name(item.object, item.field_names, problem.path or "") or problem.field


class StaleOptions:
    """The items of a batch whose options were refused, to be encoded again, and the rest of the batch."""

    def __init__(
        self, batch: Batch, error: BadRequest, stale: tuple[BatchItem, ...], rest: tuple[BatchItem, ...]
    ) -> None:
        self.batch, self.error, self.stale, self.rest = batch, error, stale, rest


def is_lost(error: KommoError) -> bool:
    """Whether a change may have been applied though there is no answer that says so."""
    if isinstance(error, TransportError):
        return error.applied is not False
    return isinstance(error, ServerError | UnexpectedResponse)
