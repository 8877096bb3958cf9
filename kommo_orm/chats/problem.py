"""What the refusals of the chats service mean, where they mean something else than those of accounts.

Source: Kommo Chats API, "Authorization and headers".
"""

from __future__ import annotations

from kommo_orm.dialects.v4.problem import problem as account_problem
from kommo_orm.errors import Forbidden, KommoError, NotFound, ResponseError
from kommo_orm.transport.http_messages import HttpRequest, HttpResponse
from kommo_orm.transport.redaction import redact_text

TOLD = {
    "ORIGIN_INVALID_SIGNATURE": "The signature is not taken: check the channel's secret, and the clock of this machine "
    "(a quarter of an hour at most).",
    "ORIGIN_NOT_REGISTERED": "The service knows no such channel: check its id, and the domain (kommo.com or amocrm.ru).",
}
KINDS: dict[int, type[ResponseError]] = {403: Forbidden, 404: NotFound}


def problem(call: HttpRequest, answer: HttpResponse) -> KommoError:
    kind = str(answer.parse_object().get("error_type") or "")
    if answer.status not in KINDS or not kind:
        return account_problem(call, answer)
    told = TOLD.get(kind, "There is no such chat or message." if answer.status == 404 else "It is not allowed.")
    return KINDS[answer.status](
        f"{call.summary}: the chats service answered {answer.status} {kind}. {told}",
        status=answer.status,
        title=kind,
        detail=str(answer.parse_object().get("error_description") or ""),
        code=kind,
        request_id=answer.request_id,
        body=redact_text(answer.text),
    )
