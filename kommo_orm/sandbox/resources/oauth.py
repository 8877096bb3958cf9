"""The token endpoint and the way to a renamed account (Kommo, OAuth 2.0). The rules of tokens are in `tokens.py`.

Errors are problem documents of their own type, without RFC 6749's `error`; only `hint` tells the cause.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from kommo_orm.sandbox.hal_responses import answer
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.oauth_tokens import Denied, Pair
from kommo_orm.sandbox.problem_documents import Refusal, unauthorized
from kommo_orm.sandbox.routing import Call, Route
from kommo_orm.sandbox.validators import is_object

JSON = "application/json"
_TYPE = "https://developers.kommo.com/v3/errors/OAuthProblemJson"
_DETAIL = "The request lacks some parameters or the parameters are not valid"


def _refusal(denied: Denied) -> Refusal:
    hint = {"hint": denied.hint} if denied.hint else {}
    title = "Invalid request" if denied.hint else "Wrong client"
    return Refusal(denied.status, _DETAIL, {**hint, "title": title, "type": _TYPE})


def issue_tokens(call: Call) -> SandboxResponse:
    try:
        pair = _granted(call, _fields(call))
    except Denied as denied:
        raise _refusal(denied) from denied
    shown: dict[str, Any] = {"token_type": "Bearer", "expires_in": call.account.tokens.expires_in}
    shown.update(server_time=call.now, access_token=pair.access, refresh_token=pair.refresh)
    return answer(200, shown, media=JSON)


def _fields(call: Call) -> dict[str, Any]:
    """JSON, or a form."""
    if "x-www-form-urlencoded" in call.request.headers.get("content-type", ""):
        return dict(parse_qsl(call.request.body.decode()))
    try:
        content = call.request.json()
    except ValueError:
        content = None
    return content if is_object(content) else {}


def _granted(call: Call, sent: dict[str, Any]) -> Pair:
    tokens, now = call.account.tokens, call.account.clock()
    if call.account.is_other_host(call.request.host):
        raise Denied(400, "Invalid account")
    grant = sent.get("grant_type")
    proof = {"authorization_code": "code", "refresh_token": "refresh_token"}.get(str(grant))
    if proof is None:
        raise Denied(400, "Check the `grant_type` parameter")
    for name in ("client_id", "client_secret", "redirect_uri", proof):
        if not isinstance(sent.get(name), str):
            raise Denied(400, f"Check the `{name}` parameter")
    if (sent["client_id"], sent["client_secret"]) != (tokens.client_id, tokens.client_secret):
        raise Denied(401, None)
    if sent["redirect_uri"] != tokens.redirect_uri:
        raise Denied(400, "Redirect URI is not associated with client")
    return (tokens.exchange if proof == "code" else tokens.refresh)(sent[proof], now)


def _where(call: Call) -> SandboxResponse:
    account = call.account
    shown = {"id": account.id, "subdomain": account.subdomain, "domain": account.host, "top_level_domain": "com"}
    return answer(200, shown, media=JSON)


def subdomain_by_refresh_token(call: Call) -> SandboxResponse:
    try:
        call.account.tokens.refreshable(call.request.headers.get("x-refresh-token", ""), call.account.clock())
    except Denied as denied:
        raise unauthorized() from denied
    return _where(call)


def exchange_api_key(call: Call) -> SandboxResponse:
    """An old API key for a code, which the service sends to the redirect address: see `Sandbox.delivered_codes`."""
    sent, tokens = _fields(call), call.account.tokens
    for name in ("login", "api_key", "client_uuid", "client_secret"):
        if not isinstance(sent.get(name), str):
            raise _refusal(Denied(400, f"Check the `{name}` parameter"))
    if (sent["client_uuid"], sent["client_secret"]) != (tokens.client_id, tokens.client_secret):
        raise _refusal(Denied(401, None))
    user = next((row for row in call.store.rows("users") if row["email"] == sent["login"]), None)
    if user is None or sent["api_key"] != call.account.logins.key_of(user["id"]):
        raise unauthorized()
    call.account.delivered_codes.append(tokens.new_code(user["id"], call.account.clock()))
    return SandboxResponse(202)


ROUTES = (
    Route("POST", "/oauth2/exchange_api_key", exchange_api_key, public=True),
    Route("POST", "/oauth2/access_token", issue_tokens, public=True),
    Route("GET", "/oauth2/account/current/subdomain", subdomain_by_refresh_token, public=True),
    Route("GET", "/oauth2/account/subdomain", _where),
)
