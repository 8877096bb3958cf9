from __future__ import annotations

import pytest

from kommo_orm.errors import UncertainWrite, UnexpectedResponse
from kommo_orm.transport.http_messages import HttpRequest, HttpResponse, Repeat


def test_a_call_prints_without_secrets() -> None:
    call = HttpRequest(
        "POST",
        "/oauth2/access_token",
        params=(("code", "c0de"), ("page", "1")),
        json={"client_secret": "hidden-one"},
        headers=(("Authorization", "Bearer abc"),),
    )
    text = repr(call)
    assert "POST /oauth2/access_token" in text
    assert "('page', '1')" in text
    for secret in ("c0de", "hidden-one", "abc"):
        assert secret not in text


def test_an_answer_prints_without_secrets() -> None:
    answer = HttpResponse(200, b'{"access_token": "abc"}', HttpRequest("POST", "/oauth2/access_token"))
    assert "abc" not in repr(answer)


def test_json_is_parsed_once() -> None:
    answer = HttpResponse(200, b'{"a": [1]}', HttpRequest("GET", "/x"))
    assert answer.json() == {"a": [1]}
    assert answer.json() is answer.json()


def test_an_answer_that_is_no_json_names_itself() -> None:
    call = HttpRequest("GET", "/api/v4/leads", purpose="read page 3 of leads")
    answer = HttpResponse(200, b"<html>" + b"x" * 500, call, headers={"x-request-id": "abc123"})
    with pytest.raises(UnexpectedResponse) as caught:
        answer.json()
    text = str(caught.value)
    assert "read page 3 of leads (GET /api/v4/leads)" in text
    assert "200" in text
    assert "abc123" in text
    assert "<html>xxx" in text
    assert len(text) < 500
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_an_unreadable_answer_to_a_create_is_uncertain() -> None:
    answer = HttpResponse(200, b"{cut", HttpRequest("POST", "/api/v4/leads", repeat=Repeat.CREATES))
    with pytest.raises(UncertainWrite):
        answer.json()


def test_fields_never_fail() -> None:
    call = HttpRequest("GET", "/x")
    assert HttpResponse(400, b'{"a": 1}', call).parse_object() == {"a": 1}
    for body in (b"", b"[1]", b"null", b"<html>", b"\xff\xfe", b"[" * 100_000):
        assert HttpResponse(400, body, call).parse_object() == {}
