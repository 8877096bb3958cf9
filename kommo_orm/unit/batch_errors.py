"""Builds the errors of single objects from the error of their batch: the object, the user's own field, the service's words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from kommo_orm.errors import (
    BadRequest,
    ItemError,
    KommoError,
    NotFound,
    ServerError,
    StaleObject,
    TransportError,
    UnexpectedResponse,
)
from kommo_orm.interface.batch import Batch, BatchItem
from kommo_orm.interface.refusal import Refusal
from kommo_orm.transport.http_messages import HttpResponse
from kommo_orm.transport.redaction import redact_text
from kommo_orm.unit.payload import find_field_name
from kommo_orm.unit.report import describe


def build_item_error(item: BatchItem, error: BadRequest, problems: Iterable[ItemError], more: str = "") -> BadRequest:
    """The error of one object, with the user's own names of its fields. `more` is appended to the message."""
    own = [_name_user_field(item, problem) for problem in problems]
    details = "; ".join(map(_describe_problem, own))
    whole = (
        "; ".join(filter(None, (error.detail or error.title, error.meaning))) if error.detail or error.meaning else ""
    )
    refusal = BadRequest(
        f"{describe(item.object)} was refused: {details or whole or error.message}{more}",
        items=own,
        status=error.status,
        title=error.title,
        detail=error.detail,
        code=own[0].code if own else error.code,
        request_id=error.request_id,
        body=error.body,
    )
    refusal.meaning = own[0].meaning if own else error.meaning
    refusal.object, refusal.field = (own[0].object, own[0].field) if own else (item.object, None)
    return refusal


def _describe_problem(problem: ItemError) -> str:
    meaning = f"; {problem.meaning}" if problem.meaning else ""
    return f"{problem.field or problem.path}: {problem.detail} ({problem.code}){meaning}"


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
    message = f"{describe(item.object)} was not {done}: {where}{refusal.detail}{code}"
    if refusal.is_absent:
        return NotFound(
            message, status=answer.status, detail=refusal.detail, code=refusal.code, request_id=answer.request_id
        )
    return BadRequest(
        message,
        items=[problem],
        status=answer.status,
        detail=refusal.detail,
        code=refusal.code,
        request_id=answer.request_id,
        body=redact_text(answer.text),
    )


def _name_user_field(item: BatchItem, problem: ItemError) -> ItemError:
    """Add the object and the user's own field. A nested object may be meant."""
    part, path = _find_nested_item(item, problem.path or "")
    if part is None:
        return replace(problem, object=item.object, field=_find_field_name(item, problem))
    return replace(
        problem, object=part.object, field=find_field_name(part.object, part.field_names, path) or problem.field
    )


def _find_nested_item(item: BatchItem, path: str) -> tuple[BatchItem | None, str]:
    """The nested item of a path, and the path inside of it: `_embedded.contacts.0.name` is the name of a contact."""
    head, relation, _, rest = (*path.split(".", 3), "", "", "", "")[:4]
    named = (part for part in item.nested_items if head == "_embedded" and part.relation == relation)
    return next(named, None), rest


def _find_field_name(item: BatchItem, problem: ItemError) -> str | None:
    if item.relation is not None:
        return item.relation
    return find_field_name(item.object, item.field_names, problem.path or "") or problem.field


def may_be_applied(error: KommoError) -> bool:
    """Whether a change may have been applied though there is no answer that says so."""
    if isinstance(error, TransportError):
        return error.applied is not False
    return isinstance(error, ServerError | UnexpectedResponse)
