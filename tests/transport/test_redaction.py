from __future__ import annotations

import pytest

from kommo_orm.transport.redaction import HIDDEN, redact_excerpt, redact_pairs, redact_text, remember_secrets

JWT = "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.eyJhdWQiOiIwYjFlOWM4YSJ9.c2lnbmF0dXJl"
OPAQUE = "def50200a1b2c3d4e5f60718293a4b5c6d7e8f90"


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ('{"access_token": "aaa.bbb"}', "aaa.bbb"),
        ('{"refresh_token":"rrr"}', "rrr"),
        ('{"client_secret" : "c-s"}', "c-s"),
        ('{"client_secret": "with \\" quote"}', "quote"),
        ('{"client_secret": "cut o', "cut"),
        ('{"USER_HASH": "hash"}', "hash"),
        ('{"password": "pw"}', "pw"),
        ('{"grant_type": "authorization_code", "code": "short"}', "short"),
        ('{"code": "' + "x" * 60 + '"}', "xxx"),
        ("grant_type=authorization_code&code=c1&client_secret=s1", "c1"),
        ("USER_LOGIN=ann&USER_HASH=hh22", "hh22"),
        ("https://example.org/kommo?code=c0de&referer=acme.kommo.com", "c0de"),
        ("Authorization: Bearer abc", "abc"),
        ("{'authorization': 'Bearer abc'}", "abc"),
        ("X-Refresh-Token: rrr", "rrr"),
        ("('X-Refresh-Token', 'rrr')", "rrr"),
        ("sent Bearer abc-def to the service", "abc-def"),
        (f"token {JWT} was refused", JWT),
        (JWT[:40], JWT[:40]),
        (f"code {OPAQUE}!", OPAQUE),
        ("Set-Cookie: session=abc", "session=abc"),
        ("setup_socks5_connection.started auth=(b'ann', b'p4ss')", "p4ss"),
        ('Set-Cookie: session="abc-1"; path=/', "abc-1"),
        ("[(b'Server', b'x'), (b'Set-Cookie', b'session=abc; path=/')]", "abc"),
        ("""[(b'set-cookie', b'session="abc-1"; path=/')]""", "abc-1"),
        ("""[(b'set-cookie', b"session='abc-1'; path=/")]""", "abc-1"),
        ("(b'authorization', b'Basic abc-1')", "abc-1"),
        ("{b'cookie': b'session=abc-1'}", "abc-1"),
        ("(b'X-Signature', b'ddc646149c9ec416')", "ddc646149c9ec416"),
        ("X-Signature: ddc646149c9ec416", "ddc646149c9ec416"),
    ],
)
def test_secrets_go(text: str, secret: str) -> None:
    assert secret in text
    assert secret not in redact_text(text)
    assert HIDDEN in redact_text(text)


@pytest.mark.parametrize(
    "text",
    [
        '{"code": "NotSupportedChoice", "path": "custom_fields_values.0.value"}',
        '{"field_code": "PHONE", "code": "PHONE"}',
        "GET /api/v4/leads?filter[id][]=1&with=contacts",
        '{"expires_in": 86400, "token_type": "Bearer"}',
        "the token is expired",
        "receive_response_headers.complete return_value=(b'HTTP/1.1', 200, b'OK', [(b'Date', b'x')])",
    ],
)
def test_ordinary_text_stays(text: str) -> None:
    assert redact_text(text) == text


def test_a_remembered_value_is_hidden_wherever_it_stands() -> None:
    remember_secrets("opaque-value-1", "opaque-value-12")
    assert redact_text("the server echoed opaque-value-12.") == f"the server echoed {HIDDEN}."


def test_short_values_are_not_remembered() -> None:
    remember_secrets("lead")
    assert redact_text("no such lead") == "no such lead"


def test_pairs_lose_the_values_of_secret_names() -> None:
    assert redact_pairs([("code", "x"), ("Authorization", "y"), ("page", "2")]) == (
        ("code", HIDDEN),
        ("Authorization", HIDDEN),
        ("page", "2"),
    )


def test_a_secret_at_the_cut_does_not_survive() -> None:
    text = "x" * 190 + JWT
    assert "eyJ" not in redact_excerpt(text)
    assert len(redact_excerpt(text)) < 210
