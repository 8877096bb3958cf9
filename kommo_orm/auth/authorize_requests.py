"""The layer that puts a token on each request, and replaces a token that the service rejects."""

from __future__ import annotations

from kommo_orm.auth.credentials import Credentials
from kommo_orm.transport.flow import Flow, RequestHandler
from kommo_orm.transport.http_messages import HttpRequest, HttpResponse


def authorize_requests(send: RequestHandler, credentials: Credentials) -> RequestHandler:
    """Sign each request. After a 401, get another token and send the request once more."""

    def authorize_request(request: HttpRequest) -> Flow[HttpResponse]:
        if not request.authorised:
            return (yield from send(request))
        token = credentials.get_token()
        if token is None:
            token = yield from credentials.obtain_token(send)
        response = yield from send(credentials.sign_request(request, token))
        if response.status == 401:
            new_token = yield from credentials.replace_token(send, token)
            if new_token is None:
                return response
            response = yield from send(credentials.sign_request(request, new_token))
        if credentials.needs_confirmation and response.status != 401:
            credentials.confirm_token()
        return response

    return authorize_request
