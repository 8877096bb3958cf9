"""The door of the account: who comes in, and to which noun the request goes."""

from __future__ import annotations

from kommo_orm.sandbox import v2
from kommo_orm.sandbox.account_state import Account
from kommo_orm.sandbox.drive import HOST as DRIVE
from kommo_orm.sandbox.filters import BadFilter
from kommo_orm.sandbox.hal_responses import PROBLEM, answer
from kommo_orm.sandbox.http_messages import SandboxRequest, SandboxResponse
from kommo_orm.sandbox.login_sessions import session_of
from kommo_orm.sandbox.problem_documents import Refusal, problem, unauthorized
from kommo_orm.sandbox.resources import ROUTES, UNSERVED, chat_service
from kommo_orm.sandbox.routing import Call, Router
from kommo_orm.sandbox.row_store import Row

ROUTER = Router((*ROUTES, *v2.ROUTES), UNSERVED)
SAID_TO_ALL = ("/oauth2/account/", chat_service.PREFIX)  # served whatever the host


def served(account: Account, request: SandboxRequest, *, strict: bool) -> SandboxResponse:
    """The answer of the account, refusals included. `strict`: parameters that nobody documents are refused."""
    try:
        return routed(account, request, strict=strict)
    except Refusal as refusal:
        return answer(refusal.status, refusal.document(), media=PROBLEM)
    except BadFilter as error:
        return answer(400, problem(400, f"Sandbox: a filter {error}"), media=PROBLEM)


def routed(account: Account, request: SandboxRequest, *, strict: bool) -> SandboxResponse:
    check_host(account, request)
    user = user_of(account, request)
    route, places = ROUTER.find(request.method, request.path)
    if user is None and not route.public:
        raise unauthorized()
    if route.admin and not (user and user["rights"]["is_admin"]):
        raise Refusal(403, "Only administrators may do this")
    call = Call(account, request, route, places, user or {"id": 0}, strict=strict)
    unknown = route.unknown(call.query)
    if unknown:
        call.complain(f"{request.method} {request.path} does not know {', '.join(unknown)}")
    return route.handler(call)


def check_host(account: Account, request: SandboxRequest) -> None:
    """A former name of the account is 404 everywhere; somebody else's host does not know our tokens."""
    if account.is_elsewhere(request.host, request.path) or chat_service.is_elsewhere(request):
        raise Refusal(404, f"Cannot {request.method} {request.path}")
    is_ours = request.host == DRIVE or not account.is_other_host(request.host)
    if is_ours or request.path.startswith(SAID_TO_ALL):
        return
    if request.host.split(".")[0] in account.former_names:
        raise Refusal(404, f"Cannot {request.method} {request.path}")
    if not request.path.startswith("/oauth2/"):
        raise unauthorized()


def user_of(account: Account, request: SandboxRequest) -> Row | None:
    """The user of the token or the cookie, or the one an administrator acts for (`X-Context-User-ID`)."""
    user = account.store.get("users", signed_in(account, request))
    wanted = request.headers.get("x-context-user-id")
    if user is None or wanted is None:
        return user
    other = account.store.get("users", int(wanted)) if wanted.isdecimal() else None
    if other is None or not user["rights"]["is_admin"]:
        raise Refusal(403, "This user can not be acted for")
    return other


def signed_in(account: Account, request: SandboxRequest) -> int | None:
    """Who the bearer token stands for; without one, whose session the cookie is."""
    scheme, _, access = request.headers.get("authorization", "").partition(" ")
    if scheme:
        known = account.tokens.user_of(access.strip(), account.clock(), account.owner_id)
        return known if scheme.lower() == "bearer" else None
    return account.logins.user_of(session_of(request.headers.get("cookie", "")), account.clock())
