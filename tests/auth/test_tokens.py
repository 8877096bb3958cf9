from __future__ import annotations

import pickle
from datetime import UTC, datetime, timedelta
from traceback import TracebackException

import pytest

from kommo_orm.auth import LongLivedToken, Tokens
from kommo_orm.auth.tokens import decode_jwt_claims, read_jwt_expiry
from kommo_orm.errors import ConfigurationError, Unauthorized, UnexpectedResponse
from kommo_orm.transport.http_messages import HttpRequest, HttpResponse
from tests.auth.token_service import build_jwt

NOW = datetime(2030, 1, 1, tzinfo=UTC)
CALL = HttpRequest("POST", "/oauth2/access_token", authorised=False, purpose="refresh the tokens of acme.kommo.com")


def test_repr_hides_the_tokens() -> None:
    tokens = Tokens("access-value", "refresh-value", NOW, "acme.kommo.com")
    assert "value" not in repr(tokens) + str(tokens)
    assert "acme.kommo.com" in repr(tokens)


def test_tokens_go_through_plain_values_and_back() -> None:
    tokens = Tokens("access-value", "refresh-value", NOW, "acme.kommo.com")
    assert Tokens.from_dict(tokens.to_dict()) == tokens
    assert pickle.loads(pickle.dumps(tokens)) == tokens


def test_a_naive_expires_at_raises() -> None:
    with pytest.raises(ConfigurationError):
        Tokens("a", "r", datetime(2030, 1, 1), "acme.kommo.com")  # noqa: DTZ001


def test_the_end_is_counted_from_the_time_of_the_service() -> None:
    body = b'{"access_token": "a", "refresh_token": "r", "expires_in": 60, "server_time": 1893456000}'
    tokens = Tokens.from_response(HttpResponse(200, body, CALL), "acme.kommo.com", NOW - timedelta(hours=3))
    assert tokens.expires_at == NOW + timedelta(seconds=60)


def test_without_server_time_the_end_is_counted_from_our_time() -> None:
    body = b'{"access_token": "a", "refresh_token": "r", "expires_in": "60"}'
    assert Tokens.from_response(HttpResponse(200, body, CALL), "x", NOW).expires_at == NOW + timedelta(seconds=60)


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b"[]",
        b"null",
        b'{"access_token": "a", "expires_in": 60}',
        b'{"access_token": "", "refresh_token": "r", "expires_in": 60}',
        b'{"access_token": "a", "refresh_token": "r", "expires_in": "soon"}',
        b'{"access_token": "a", "refresh_token": "r", "expires_in": 1e300}',
        b'{"access_token": "a", "refresh_token": "r", "expires_in": 60, "server_time": "x"}',
    ],
)
def test_a_grant_without_tokens_raises_and_is_not_quoted(body: bytes) -> None:
    with pytest.raises(UnexpectedResponse) as caught:
        Tokens.from_response(HttpResponse(200, body, CALL), "x", NOW)
    assert "access_token" not in str(caught.value).replace("/oauth2/access_token", "")


def test_the_end_of_a_long_lived_token_is_read_from_it() -> None:
    token = LongLivedToken(build_jwt(exp=NOW.timestamp()))
    assert token.expires_at == NOW
    token.raise_if_expired("acme.kommo.com", lambda: NOW - timedelta(seconds=1))
    with pytest.raises(Unauthorized, match="expired on 2030-01-01") as caught:
        token.raise_if_expired("acme.kommo.com", lambda: NOW)
    assert token.value not in str(caught.value) + repr(token)


def test_an_opaque_token_has_no_known_end() -> None:
    token = LongLivedToken("  Bearer opaque-token ")
    assert token.value == "opaque-token"
    assert token.expires_at is None
    token.raise_if_expired("acme.kommo.com")


@pytest.mark.parametrize("text", ["", "  ", "two words", "new\nline", "тoken"])
def test_a_text_that_is_not_a_token_raises(text: str) -> None:
    with pytest.raises(ConfigurationError):
        LongLivedToken(text)


@pytest.mark.parametrize(
    "token", ["a.b.c", "a.!!!.c", "", "x", "a.W10.c", build_jwt(exp="never"), build_jwt(exp=1e300), build_jwt()]
)
def test_tokens_without_claims_have_no_known_end(token: str) -> None:
    assert read_jwt_expiry(token) is None
    assert isinstance(decode_jwt_claims(token), dict)


@pytest.mark.parametrize(
    "body",
    [
        b"{'access_token': 'hidden-one'}",
        b'["hidden-one"]',
        b'{"access_token": ["hidden-one"]}',
        b'{"access_token": "hidden-one"}',
    ],
)
def test_the_body_of_a_response_without_tokens_is_not_shown(body: bytes) -> None:
    with pytest.raises(UnexpectedResponse) as caught:
        Tokens.from_response(HttpResponse(200, body, CALL), "acme.kommo.com", NOW)
    shown = "".join(TracebackException.from_exception(caught.value, capture_locals=True).format())
    assert "hidden-one" not in shown.replace(repr(body), "")  # the test itself holds it
