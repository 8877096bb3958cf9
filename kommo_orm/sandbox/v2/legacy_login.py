"""The login by a user's API key, and the account as it was before API v2 (Kommo API v2, Authorization).

Responses are XML unless the request has `type=json`. After the login, the cookie gives access to every route, also of v4.
"""

from __future__ import annotations

from kommo_orm.sandbox.account_state import Account
from kommo_orm.sandbox.api_call import ApiCall
from kommo_orm.sandbox.hal_responses import build_response
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.login_sessions import COOKIE, MOST_FAILURES, SESSION_SECONDS
from kommo_orm.sandbox.routing import Route
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.v2 import parsers, request_bodies
from kommo_orm.sandbox.v2.account import DATES, render_rights
from kommo_orm.sandbox.v2.custom_field_values import NUMBERS
from kommo_orm.sandbox.v2.errors import JSON, RequestError, catch_request_errors

NO_ACCOUNT, WRONG_KEY, CAPTCHA, DISABLED = 101, 110, 111, 112


def _log_in(call: ApiCall) -> SandboxResponse:
    try:
        user = _authenticate(call)
    except RequestError as wrong:
        return _build_login_response(
            call, {"auth": False, "error": wrong.text, "error_code": str(wrong.code)}, wrong.status
        )
    session = call.account.logins.open_session(user["id"], call.account.clock())
    shown: Row = {"auth": True, "accounts": [_render_account(call.account)], "server_time": call.now}
    response = _build_login_response(call, {**shown, "user": {"id": str(user["id"]), "language": user["lang"]}}, 200)
    cookie = f"{COOKIE}={session}; Max-Age={SESSION_SECONDS}; Path=/; HttpOnly"
    return SandboxResponse(200, {**response.headers, "set-cookie": cookie}, response.body)


def _render_account(account: Account) -> Row:
    shown: Row = {"id": str(account.id), "name": account.name, "subdomain": account.subdomain, "language": "en"}
    return {**shown, "timezone": account.timezone}


def _authenticate(call: ApiCall) -> Row:
    given = request_bodies.parse_body_object(call)
    parsers.refuse_unknown_keys(call, given, ("USER_LOGIN", "USER_HASH"), "login")
    logins = call.account.logins
    if call.account.is_other_host(call.request.host):
        raise RequestError(NO_ACCOUNT, "Account not found", 401)
    if logins.failures >= MOST_FAILURES:
        raise RequestError(CAPTCHA, "Too many failed logins: a captcha has to be solved in the browser", 403)
    user = next((row for row in call.store.iter_rows("users") if row["email"] == given.get("USER_LOGIN")), None)
    if user is None or given.get("USER_HASH") != logins.get_api_key(user["id"]):
        logins.failures += 1
        raise RequestError(WRONG_KEY, "Wrong login or key", 401)
    if not user["rights"]["is_active"]:
        raise RequestError(DISABLED, "The user is switched off", 401)
    return user


def _build_login_response(call: ApiCall, response: Row, status: int) -> SandboxResponse:
    if call.query.get_text("type") == "json":
        return build_response(status, {"response": response}, media=JSON)
    auth = "true" if response["auth"] else "false"
    page = f'<?xml version="1.0" encoding="UTF-8"?><root><auth>{auth}</auth></root>'
    return SandboxResponse(status, {"content-type": "text/xml; charset=utf-8"}, page.encode())


# The account before API v2: numbers are texts; flags are "Y", and "N" or null


def _get_current_account(call: ApiCall) -> SandboxResponse:
    account = call.account
    shown: Row = {**_render_account(account), "currency": "EUR", "paid_from": account.created_at, "paid_till": 0}
    shown.update(date_pattern=DATES["date_time"], date_format=DATES["date"], time_format=DATES["time_full"])
    shown.update(country="pt", unsorted_on="Y", limits={"users_count": 10})
    shown["users"] = [_render_user(row) for row in call.store.iter_rows("users")]
    shown["groups"] = [{"id": group["id"], "name": group["name"]} for group in account.groups if group["id"]]
    shown["leads_statuses"] = [stage for row in account.get_pipelines() for stage in _render_stages(account, row["id"])]
    shown["custom_fields"] = {kind: _render_fields(account, kind) for kind in ("contacts", "leads", "companies")}
    shown["note_types"] = []
    shown["task_types"] = [{"id": row["id"], "name": row["name"], "code": row["code"]} for row in account.task_types]
    shown["pipelines"] = {str(row["id"]): _render_pipeline(account, row) for row in account.get_pipelines()}
    return build_response(200, {"response": {"account": shown, "server_time": call.now}}, media=JSON)


def _render_user(row: Row) -> Row:
    rights: Row = row["rights"]
    granted = {f"rights_{key}": letter for key, letter in render_rights(rights).items() if "_" in key}
    granted.pop("rights_incoming_leads")
    shown: Row = {"id": str(row["id"]), "mail_admin": "A" if rights["mail_access"] else "D", "name": row["name"]}
    shown.update(last_name=None, login=row["email"], photo_url=None, phone_number=row["phone_number"] or "")
    shown.update(language=row["lang"], group_id=rights["group_id"] or 0, **granted, unsorted_access="Y")
    return {**shown, "is_admin": "Y" if rights["is_admin"] else None}


def _render_stages(account: Account, pipeline_id: int) -> list[Row]:
    return [
        {
            "id": str(stage["id"]),
            "name": stage["name"],
            "pipeline_id": pipeline_id,
            "sort": str(stage["sort"]),
            "color": stage["color"],
            "editable": "Y" if stage["is_editable"] else "N",
        }
        for stage in account.get_stages(pipeline_id)
    ]


def _render_pipeline(account: Account, row: Row) -> Row:
    stages = {stage["id"]: stage for stage in _render_stages(account, row["id"])}
    return {"id": row["id"], "value": row["id"], "name": row["name"], "sort": row["sort"], "statuses": stages}


def _render_fields(account: Account, kind: str) -> list[Row]:
    return [_render_field(row) for row in account.get_definitions(kind)]


def _render_field(row: Row) -> Row:
    shown: Row = {"id": str(row["id"]), "name": row["name"], "code": row["code"] or ""}
    shown.update(multiple="Y" if row["type"] == "multitext" else "N", type_id=str(NUMBERS[row["type"]]), disabled="0")
    if row["enums"] and row["type"] != "smart_address":
        shown["enums"] = {str(option["id"]): option["value"] for option in row["enums"]}
    return shown


ROUTES = (
    Route("POST", "/private/api/auth.php", catch_request_errors(_log_in), params=frozenset({"type"}), public=True),
    Route(
        "GET", "/private/api/v2/json/accounts/current", catch_request_errors(_get_current_account), common=frozenset()
    ),
)
