"""Dispatch of requests: finds the user and the route of a request and calls the route's handler."""

from __future__ import annotations

from dataclasses import replace

from kommo_orm.sandbox import v2
from kommo_orm.sandbox.account_state import Account
from kommo_orm.sandbox.api_call import ApiCall
from kommo_orm.sandbox.drive import HOST as DRIVE
from kommo_orm.sandbox.filters import FilterError
from kommo_orm.sandbox.hal_responses import PROBLEM, build_response
from kommo_orm.sandbox.http_messages import SandboxRequest, SandboxResponse
from kommo_orm.sandbox.login_sessions import parse_session_cookie
from kommo_orm.sandbox.problem_documents import HttpError, build_problem, build_unauthorized
from kommo_orm.sandbox.resources import ROUTES, UNSERVED, chat_service
from kommo_orm.sandbox.routing import Router
from kommo_orm.sandbox.row_store import Row

ROUTER = Router((*ROUTES, *v2.ROUTES), UNSERVED)
ANY_HOST_PATHS = ("/oauth2/account/", chat_service.PREFIX)  # served on every host


def handle_request(account: Account, request: SandboxRequest, *, strict: bool) -> SandboxResponse:
    """Return the response of the account, errors included. With `strict` undocumented parameters are refused."""
    account.asked_origin = account.find_asked_origin(request.host, request.origin)
    try:
        return route_request(account, request, strict=strict)
    except HttpError as error:
        response = build_response(error.status, error.build_document(), media=PROBLEM)
        return replace(response, headers={**response.headers, **error.headers})
    except FilterError as error:
        return build_response(400, build_problem(400, f"Sandbox: filter {error}"), media=PROBLEM)
    finally:
        account.asked_origin = ""


def route_request(account: Account, request: SandboxRequest, *, strict: bool) -> SandboxResponse:
    """Find the route and call it. HEAD is a GET whose body is not sent; OPTIONS needs no token."""
    check_host(account, request)
    if request.method == "OPTIONS":
        return SandboxResponse(204, {"allow": ", ".join(ROUTER.find_allowed_methods(request.path))})
    if request.method == "HEAD":
        request = replace(request, method="GET")
    user = find_acting_user(account, request)
    route, path_params = ROUTER.find_route(request.method, request.path)
    if user is None and not route.public:
        raise build_unauthorized()
    if route.admin and not (user and user["rights"]["is_admin"]):
        raise HttpError(403, "Only administrators may do this")
    call = ApiCall(account, request, route, path_params, user or {"id": 0}, strict=strict)
    unknown = route.find_unknown_names(call.query)
    if unknown:
        call.refuse_if_strict(f"{request.method} {request.path} has no parameter {', '.join(unknown)}")
    return route.handler(call)


def check_host(account: Account, request: SandboxRequest) -> None:
    """Refuse requests to a former host, to a host of another account, and to the wrong host of a path.

    A former host gives 404 for everything. The host of another account does not know this account's tokens.
    """
    if account.is_wrong_host(request.host, request.path) or chat_service.is_other_service_host(request):
        raise HttpError(404, f"Cannot {request.method} {request.path}")
    is_ours = request.host == DRIVE or not account.is_other_host(request.host)
    if is_ours or request.path.startswith(ANY_HOST_PATHS):
        return
    if request.host.split(".")[0] in account.former_names:
        raise HttpError(404, f"Cannot {request.method} {request.path}")
    if not request.path.startswith("/oauth2/"):
        raise build_unauthorized()


def find_acting_user(account: Account, request: SandboxRequest) -> Row | None:
    """Return the user of the token or the cookie. An administrator can act for another user (`X-Context-User-ID`)."""
    user = account.store.get_row("users", find_user_id(account, request))
    wanted = request.headers.get("x-context-user-id")
    if user is None or wanted is None:
        return user
    other = account.store.get_row("users", int(wanted)) if wanted.isdecimal() else None
    if other is None or not user["rights"]["is_admin"]:
        raise HttpError(403, "This user can not be acted for")
    return other


def find_user_id(account: Account, request: SandboxRequest) -> int | None:
    """Return the user of the bearer token; without a token, the user of the session cookie."""
    scheme, _, access = request.headers.get("authorization", "").partition(" ")
    if scheme:
        known = account.tokens.find_user_id(access.strip(), account.clock(), account.owner_id)
        return known if scheme.lower() == "bearer" else None
    return account.logins.find_user_id(parse_session_cookie(request.headers.get("cookie", "")), account.clock())
