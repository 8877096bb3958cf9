"""The token endpoint, and the route that finds a renamed account (Kommo, OAuth 2.0).

`oauth_tokens.py` holds the rules of tokens. Errors are problem documents of their own type, without the `error` of RFC
6749; only `hint` describes the cause.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from kommo_orm.sandbox.account_state import HOSTS
from kommo_orm.sandbox.api_call import ApiCall
from kommo_orm.sandbox.hal_responses import build_response
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.oauth_tokens import GrantDenied, TokenPair
from kommo_orm.sandbox.problem_documents import HttpError, build_unauthorized
from kommo_orm.sandbox.routing import Route
from kommo_orm.sandbox.validators import is_object

JSON = "application/json"
_TYPE = "https://developers.kommo.com/v3/errors/OAuthProblemJson"
_DETAIL = "The request lacks some parameters or the parameters are not valid"


def _build_grant_error(denied: GrantDenied) -> HttpError:
    hint = {"hint": denied.hint} if denied.hint else {}
    title = "Invalid request" if denied.hint else "Wrong client"
    return HttpError(denied.status, _DETAIL, {**hint, "title": title, "type": _TYPE})


def issue_tokens(call: ApiCall) -> SandboxResponse:
    try:
        pair = _grant_tokens(call, _parse_body_fields(call))
    except GrantDenied as denied:
        raise _build_grant_error(denied) from denied
    shown: dict[str, Any] = {"token_type": "Bearer", "expires_in": call.account.tokens.expires_in}
    shown.update(server_time=call.now, access_token=pair.access, refresh_token=pair.refresh)
    return build_response(200, shown, media=JSON)


def _parse_body_fields(call: ApiCall) -> dict[str, Any]:
    """Parse a JSON body or a form."""
    if "x-www-form-urlencoded" in call.request.headers.get("content-type", ""):
        return dict(parse_qsl(call.request.body.decode()))
    try:
        content = call.request.json()
    except ValueError:
        content = None
    return content if is_object(content) else {}


def _grant_tokens(call: ApiCall, sent: dict[str, Any]) -> TokenPair:
    tokens, now = call.account.tokens, call.account.clock()
    if call.account.is_other_host(call.request.host):
        raise GrantDenied(400, "Invalid account")
    grant = sent.get("grant_type")
    proof = {"authorization_code": "code", "refresh_token": "refresh_token"}.get(str(grant))
    if proof is None:
        raise GrantDenied(400, "Check the `grant_type` parameter")
    for name in ("client_id", "client_secret", "redirect_uri", proof):
        if not isinstance(sent.get(name), str):
            raise GrantDenied(400, f"Check the `{name}` parameter")
    if (sent["client_id"], sent["client_secret"]) != (tokens.client_id, tokens.client_secret):
        raise GrantDenied(401, None)
    if sent["redirect_uri"] != tokens.redirect_uri:
        raise GrantDenied(400, "Redirect URI is not associated with client")
    if not call.request.host.endswith(HOSTS) and call.account.asked_origin:
        tokens.api_domain = call.account.domain  # a client asks there for the present host of the account
    return (tokens.exchange_code if proof == "code" else tokens.refresh_tokens)(sent[proof], now)


def get_subdomain(call: ApiCall) -> SandboxResponse:
    account = call.account
    shown = {"id": account.id, "subdomain": account.subdomain, "domain": account.domain, "top_level_domain": "com"}
    return build_response(200, shown, media=JSON)


def get_subdomain_by_refresh_token(call: ApiCall) -> SandboxResponse:
    try:
        call.account.tokens.require_refreshable_pair(
            call.request.headers.get("x-refresh-token", ""), call.account.clock()
        )
    except GrantDenied as denied:
        raise build_unauthorized() from denied
    return get_subdomain(call)


def exchange_api_key(call: ApiCall) -> SandboxResponse:
    """Exchange an old API key for a code.

    The service sends the code to the redirect URI: see `Sandbox.delivered_codes`.
    """
    sent, tokens = _parse_body_fields(call), call.account.tokens
    for name in ("login", "api_key", "client_uuid", "client_secret"):
        if not isinstance(sent.get(name), str):
            raise _build_grant_error(GrantDenied(400, f"Check the `{name}` parameter"))
    if (sent["client_uuid"], sent["client_secret"]) != (tokens.client_id, tokens.client_secret):
        raise _build_grant_error(GrantDenied(401, None))
    user = next((row for row in call.store.iter_rows("users") if row["email"] == sent["login"]), None)
    if user is None or sent["api_key"] != call.account.logins.get_api_key(user["id"]):
        raise build_unauthorized()
    call.account.delivered_codes.append(tokens.create_code(user["id"], call.account.clock()))
    return SandboxResponse(202)


ROUTES = (
    Route("POST", "/oauth2/exchange_api_key", exchange_api_key, public=True),
    Route("POST", "/oauth2/access_token", issue_tokens, public=True),
    Route("GET", "/oauth2/account/current/subdomain", get_subdomain_by_refresh_token, public=True),
    Route("GET", "/oauth2/account/subdomain", get_subdomain),
)
