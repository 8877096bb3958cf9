from __future__ import annotations

import json
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kommo_orm.dialects.common.error_parser import parse_error
from kommo_orm.errors import (
    AccountBlocked,
    BadRequest,
    Forbidden,
    GatewayTimeout,
    ItemError,
    KommoError,
    NotFound,
    PaymentRequired,
    RateLimited,
    ResponseError,
    ServerError,
    StaleObject,
    Unauthorized,
)
from kommo_orm.transport.http_messages import HttpRequest, HttpResponse

CALL = HttpRequest("PATCH", "/api/v4/leads", purpose="update 3 leads")
HTML = b"<html><head><title>403 Forbidden</title></head><body><h1>403 Forbidden</h1></body></html>"
OAUTH_TYPE = "https://developers.amocrm.ru/v3/errors/OAuthProblemJson"


def made_of(status: int, body: Any = b"", **headers: str) -> KommoError:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return parse_error(CALL, HttpResponse(status, content, CALL, headers={"x-request-id": "abc123"} | headers))


def document(status: int, detail: str = "Something", rows: Any = None, **more: Any) -> dict[str, Any]:
    said = {"title": "Title", "type": f"https://httpstatus.es/{status}", "status": status, "detail": detail} | more
    return said if rows is None else said | {"validation-errors": rows}


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, BadRequest),
        (401, Unauthorized),
        (402, PaymentRequired),
        (403, Forbidden),
        (404, NotFound),
        (405, ResponseError),
        (409, ResponseError),
        (415, ResponseError),
        (422, BadRequest),
        (429, RateLimited),
        (500, ServerError),
        (502, ServerError),
        (503, ServerError),
        (504, GatewayTimeout),
        (599, ServerError),
        (302, ResponseError),
    ],
)
def test_a_status_has_its_class(status: int, kind: type[ResponseError]) -> None:
    error = made_of(status, document(status, "In words"))
    assert type(error) is kind
    assert isinstance(error, ResponseError)
    assert (error.status, error.title, error.detail, error.request_id) == (status, "Title", "In words", "abc123")
    text = str(error)
    for part in ("update 3 leads (PATCH /api/v4/leads)", str(status), "In words", "abc123"):
        assert part in text


def test_each_fault_of_each_item_is_kept() -> None:
    rows = [
        {
            "request_id": "0",
            "errors": [
                {"code": "NotSupportedChoice", "path": "custom_fields_values.0.field_id", "detail": "No valid choice."},
                {"code": "InvalidType", "path": "status_id", "detail": "Should be of type array."},
            ],
        },
        {"errors": [{"code": "FieldMissing", "path": "id", "detail": "Missing."}]},
    ]
    error = made_of(400, document(400, "Request validation failed", rows=rows))
    assert isinstance(error, BadRequest)
    path = "custom_fields_values.0.field_id"
    assert error.items == (
        ItemError(code="NotSupportedChoice", detail="No valid choice.", path=path, request_id="0"),
        ItemError(code="InvalidType", detail="Should be of type array.", path="status_id", request_id="0"),
        ItemError(code="FieldMissing", detail="Missing.", path="id"),
    )
    assert f"item 0, {path}: No valid choice. (NotSupportedChoice)" in str(error)


def test_many_faults_do_not_make_a_long_message() -> None:
    rows = [{"request_id": str(n), "errors": [{"code": "X", "path": "p", "detail": "d"}]} for n in range(250)]
    error = made_of(400, document(400, rows=rows))
    assert isinstance(error, BadRequest)
    assert len(error.items) == 250
    assert "and 245 more" in str(error)
    assert len(str(error)) < 600


def test_the_service_may_make_an_object_of_a_list() -> None:
    rows = {"0": {"request_id": 0, "errors": {"0": {"code": "X", "path": "p", "detail": "d"}}}}
    error = made_of(400, document(400, rows=rows))
    assert isinstance(error, BadRequest)
    assert error.items == (ItemError(code="X", detail="d", path="p", request_id="0"),)


def test_a_service_error_without_a_type() -> None:
    error = made_of(500, {"title": "ErrInternalServer", "status": 500, "detail": "Working on it", "trace_id": "8e9b"})
    assert isinstance(error, ServerError)
    assert error.title == "ErrInternalServer"


@pytest.mark.parametrize("body", [HTML, b"Forbidden", b""])
def test_a_403_that_is_no_json_is_a_block(body: bytes) -> None:
    error = made_of(403, body)
    assert isinstance(error, AccountBlocked)
    assert "wait" in str(error)


def test_web_pages_are_quoted_in_short() -> None:
    error = made_of(502, b"<html><body><h1>502 Bad\n Gateway</h1>" + b"<p>x</p>" * 5000)
    assert isinstance(error, ServerError)
    assert "502 Bad Gateway" in str(error)
    assert len(str(error)) < 500


@pytest.mark.parametrize(
    ("status", "hint", "kind", "word"),
    [
        (401, "Token has been revoked", Unauthorized, "used before"),
        (400, "Authorization code has expired", BadRequest, "20 minutes"),
        (400, "Authorization code has been revoked", BadRequest, "once"),
        (400, "Cannot decrypt the authorization code", BadRequest, "cut off"),
        (400, "Redirect URI is not associated with client", BadRequest, "redirect_uri"),
        (400, "Invalid account", BadRequest, "redirect"),
    ],
)
def test_oauth_errors_are_distinguished_by_their_hint(
    status: int, hint: str, kind: type[KommoError], word: str
) -> None:
    body = {"hint": hint, "title": "Некорректный запрос", "type": OAUTH_TYPE, "status": status, "detail": "параметры"}
    error = made_of(status, body)
    assert type(error) is kind
    assert isinstance(error, ResponseError)
    assert error.code == hint
    assert hint in str(error)
    assert word in str(error)


def test_a_wrong_client_has_no_hint() -> None:
    error = made_of(401, {"title": "Неверный клиент", "type": OAUTH_TYPE, "status": 401, "detail": "нет"})
    assert isinstance(error, Unauthorized)
    assert "client_secret" in str(error)


def test_errors_as_in_rfc_6749_are_understood_too() -> None:
    error = made_of(400, {"error": "invalid_grant", "error_description": "The grant is invalid"})
    assert isinstance(error, BadRequest)
    assert (error.code, error.detail) == ("invalid_grant", "The grant is invalid")


def test_chats_errors() -> None:
    body = {"status": 0, "error_code": 404, "error_type": "ORIGIN_NOT_REGISTERED", "error_description": "NOT_FOUND"}
    error = made_of(404, body)
    assert isinstance(error, NotFound)
    assert (error.code, error.detail) == ("ORIGIN_NOT_REGISTERED", "NOT_FOUND")


def test_the_older_apis_numbers() -> None:
    error = made_of(401, {"response": {"error": "Wrong login", "error_code": "110", "ip": "1.2.3.4"}})
    assert isinstance(error, Unauthorized)
    assert (error.code, error.detail) == ("110", "Wrong login")
    assert "wrong login or key" in str(error)


def test_a_number_within_the_detail_is_found_and_explained() -> None:
    error = made_of(400, document(400, "Save failed with code 244, sorry"))
    assert isinstance(error, BadRequest)
    assert error.code == "244"
    assert "no right to add leads" in str(error)


@pytest.mark.parametrize(
    "body", [document(400, "Last modified date is older than in database"), b"Last modified date is older"]
)
def test_a_stale_object_has_its_own_error(body: Any) -> None:
    error = made_of(400, body)
    assert isinstance(error, StaleObject)
    assert "refresh(keep_changes=True)" in str(error)


def test_a_wait_is_kept() -> None:
    error = made_of(429, document(429, retry_after=300))
    assert isinstance(error, RateLimited)
    assert error.retry_after == 300
    other = made_of(429, HTML)
    assert isinstance(other, RateLimited)
    assert other.retry_after is None


def test_a_redirect_names_its_target() -> None:
    assert "https://new.kommo.com/api" in str(made_of(301, b"", location="https://new.kommo.com/api"))


def test_the_message_counts_several_attempts() -> None:
    answer = HttpResponse(503, b"", CALL, attempts=5)
    assert "Tried 5 times" in str(parse_error(CALL, answer))


def test_secrets_in_a_body_do_not_show() -> None:
    error = made_of(400, {"detail": "bad Bearer abc.def", "access_token": "hidden-one", "client_secret": "hidden-two"})
    assert isinstance(error, ResponseError)
    shown = str(error) + repr(error) + error.body + error.detail
    for secret in ("abc.def", "hidden-one", "hidden-two"):
        assert secret not in shown


keys = st.sampled_from(
    ["title", "detail", "status", "type", "hint", "code", "path", "errors", "error", "error_code", "error_type"]
    + ["validation-errors", "request_id", "response", "retry_after", "message", "error_description"]
)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=5),
    max_leaves=20,
)
statuses = st.integers(100, 999).filter(lambda status: status not in (200, 201, 202, 204))


@given(status=statuses, body=st.binary(max_size=200))
def test_no_bytes_make_it_fail(status: int, body: bytes) -> None:
    assert isinstance(made_of(status, body), KommoError)


@given(status=statuses, body=anything)
def test_no_json_makes_it_fail(status: int, body: Any) -> None:
    error = made_of(status, body)
    assert isinstance(error, KommoError)
    assert str(error)


NO_RIGHT = "code 244 means: no right to add leads, or the subscription has ended"


@pytest.mark.parametrize(
    "body",
    [
        document(400, "Error code 244"),
        document(400, "Код ошибки 244"),
        document(400, "Код ошибки: 244"),
        document(400, "Error code №244"),
        document(400, "Código de error 244"),
        document(400, "", title="Error code 244"),
        {"response": {"error": "Error", "error_code": 244}},
        {"title": "Error", "code": "244"},
        b"Error code 244",
    ],
    ids=str,
)
def test_a_numbered_error_has_its_meaning(body: Any) -> None:
    error = made_of(400, body)
    assert isinstance(error, BadRequest)
    assert (error.code, error.meaning) == ("244", NO_RIGHT)
    assert str(error).count(NO_RIGHT) == 1


@pytest.mark.parametrize("detail", ["Error code 999", "The postcode 2440 is wrong", "244 rows", "Nothing", "code 403"])
def test_other_texts_have_no_meaning(detail: str) -> None:
    error = made_of(400, document(400, detail))
    assert isinstance(error, BadRequest)
    assert error.meaning == ""
    assert " means: " not in str(error)


def test_a_numbered_error_of_an_item_has_its_meaning() -> None:
    fault = {"code": "InvalidData", "path": "name", "detail": "Код ошибки 244"}
    error = made_of(400, document(400, "Failed", rows=[{"request_id": "0", "errors": [fault]}]))
    assert isinstance(error, BadRequest)
    assert error.items[0].meaning == NO_RIGHT
    assert str(error.items[0]) == f"name: Код ошибки 244; {NO_RIGHT}"
    assert NO_RIGHT in str(error)


def test_a_trace_id_stands_for_an_absent_request_id() -> None:
    body = json.dumps({"title": "ErrInternalServer", "status": 500, "detail": "boom", "trace_id": "tr-55"}).encode()
    error = parse_error(CALL, HttpResponse(500, body, CALL, headers={}))
    assert isinstance(error, ServerError)
    assert error.request_id == "tr-55"
    assert "(Request id tr-55.)" in str(error)
    assert made_of(500, body).request_id == "abc123"  # type: ignore[attr-defined]


def test_the_meaning_survives_a_copy() -> None:
    error = made_of(400, document(400, "Error code 244"))
    assert pickle.loads(pickle.dumps(error)).meaning == NO_RIGHT
