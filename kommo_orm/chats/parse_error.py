"""Turns refusals of the chats service into errors, where they differ from those of accounts.

Source: Kommo Chats API, "Authorization and headers".
"""

from __future__ import annotations

from kommo_orm.dialects.common.error_parser import parse_error
from kommo_orm.errors import Forbidden, KommoError, NotFound, ResponseError
from kommo_orm.transport.http_messages import HttpRequest, HttpResponse
from kommo_orm.transport.redaction import redact_text

EXPLANATIONS = {
    "ORIGIN_INVALID_SIGNATURE": "The signature was refused. Check the channel's secret, and the clock of this machine: it "
    "may differ by 15 minutes",
    "ORIGIN_NOT_REGISTERED": "There is no such channel. Check its id, and the domain (kommo.com or amocrm.ru)",
}
ERROR_CLASSES: dict[int, type[ResponseError]] = {403: Forbidden, 404: NotFound}


def parse_chat_error(request: HttpRequest, response: HttpResponse) -> KommoError:
    """The error for a refusal. What the chats service does not explain itself is read as a refusal of an account."""
    kind = str(response.parse_object().get("error_type") or "")
    if response.status not in ERROR_CLASSES or not kind:
        return parse_error(request, response)
    explanation = EXPLANATIONS.get(
        kind, "There is no such chat or message" if response.status == 404 else "It is not allowed"
    )
    return ERROR_CLASSES[response.status](
        f"{request.summary}: the chats service answered {response.status} {kind}. {explanation}",
        status=response.status,
        title=kind,
        detail=str(response.parse_object().get("error_description") or ""),
        code=kind,
        request_id=response.request_id,
        body=redact_text(response.text),
    )
