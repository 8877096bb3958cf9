"""Bodies mean what pydantic's own encoder writes, and nothing that JSON cannot hold leaves."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum, IntEnum
from typing import Any

import pydantic_core
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kommo_orm import ConfigurationError, CustomAttr, Lead, Option, custom
from kommo_orm.model.codec import ANYTHING, OBJECT
from kommo_orm.model.kind import Kind
from kommo_orm.sandbox import Sandbox
from kommo_orm.transport.json_encoder import convert_to_plain, encode_json
from tests.account import bodies

NUMBERS = st.integers() | st.integers(min_value=2**63 - 2, max_value=2**64 + 2) | st.integers(max_value=-(2**63))
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
TEXTS = st.text(st.characters(exclude_categories=()))  # with halves of surrogate pairs
PLAIN = st.none() | st.booleans() | NUMBERS | FLOATS | TEXTS
BODIES = st.recursive(
    PLAIN, lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner) | st.tuples(inner, inner), max_leaves=20
)


class Stage(Enum):
    OPEN = "open"


class Level(IntEnum):
    HIGH = 3


class Name(str):
    __slots__ = ()


OTHERS: list[Any] = [
    Option("Web", 5),
    {Option("Web"): Name("x")},
    Stage.OPEN,
    Level.HIGH,
    Decimal("1.10"),
    date(2026, 1, 2),
    datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC),
]


def outcome(encode: Callable[[Any], bytes], body: Any) -> Any:
    try:
        return json.loads(encode(body))
    except ValueError:
        return "refused"


@given(BODIES)
def test_a_body_means_what_it_meant_to_pydantic(body: Any):
    assert repr(outcome(encode_json, body)) == repr(outcome(pydantic_core.to_json, body))


@pytest.mark.parametrize("body", OTHERS, ids=repr)
def test_other_types_are_written_as_pydantic_writes_them(body: Any):
    assert encode_json([body]) == encode_json(convert_to_plain([body])) == pydantic_core.to_json([body])


def test_texts_are_written_as_they_are():
    assert encode_json({"name": "Крыша <b> \u2028"}) == '{"name":"Крыша <b> \u2028"}'.encode()


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("write", [encode_json, convert_to_plain])
def test_what_is_no_finite_number_is_refused_by_its_place(write: Callable[[Any], Any], number: float):
    body = [{"name": None}, {"name": "null", "price": (1, number)}]
    with pytest.raises(ValueError, match=r"1\.price\.1 is (nan|-?inf), and JSON has finite numbers only"):
        write(body)
    with pytest.raises(ValueError, match="the body is"):
        write(number)


def test_half_of_a_surrogate_pair_is_refused():
    for body in ("\ud800", {"\ud83d": 1}):
        with pytest.raises(ValueError, match="half of a surrogate pair"):
            encode_json(body)


def test_what_contains_itself_is_refused():
    body: list[Any] = []
    body.append(body)
    with pytest.raises(ValueError, match="nested too deeply, or contains itself"):
        encode_json(body)


def test_what_is_no_json_is_refused():
    for body in (object(), {None: 1}, {(1, 2): 3}):
        with pytest.raises(ValueError, match=r"plain JSON|unknown type"):
            encode_json(body)


def test_objects_of_free_keys_are_written_as_pydantic_writes_them():
    given_object = {"raw": b"abc", "when": date(2026, 1, 2), None: 1, "many": {5}}
    for codec in (OBJECT, ANYTHING):
        assert encode_json(codec.encode(given_object)) == pydantic_core.to_json(given_object)


def test_what_a_kind_of_ones_own_encodes_is_written_as_pydantic_writes_it():
    class TokenKind(Kind[bytes]):
        types = ("text",)

        def clean(self, value: Any) -> bytes:
            return bytes(value)

        def encode(self, value: bytes, *_: Any, **__: Any) -> list[dict[str, Any]]:
            return [{"value": value}]

    class Token(CustomAttr[Any, Any]):
        kind = TokenKind()

    class Deal(Lead):
        token: Token = custom(7)

    assert Deal(token=b"abc").to_payload()["custom_fields_values"] == [{"field_id": 7, "values": [{"value": "abc"}]}]


# ---- where bodies leave
@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox()


@pytest.mark.parametrize("level", [logging.INFO, logging.DEBUG])
def test_a_request_with_such_a_body_is_not_sent(sandbox: Sandbox, level: int, caplog: pytest.LogCaptureFixture):
    caplog.set_level(level, "kommo_orm")
    with sandbox.connect() as kommo:
        for body in (float("nan"), "\ud800", object()):
            with pytest.raises(ConfigurationError):
                kommo.request("POST", "/api/v4/leads", json=[{"name": body}])
    assert len(sandbox.log) == 0


def test_a_request_by_hand_may_have_dates_and_iterators_and_is_repeated_with_them(sandbox: Sandbox):
    sandbox.faults.next(status=502, times=1)
    with sandbox.connect() as kommo:
        names = ({"name": name} for name in ("Roof", "Wall"))
        kommo.request("POST", "/api/v4/leads", json=names, repeat=True)
    assert bodies(sandbox, "POST")[-1] == [{"name": "Roof"}, {"name": "Wall"}]


def test_a_name_that_no_text_can_hold_is_refused_before_anything_is_sent(sandbox: Sandbox):
    with sandbox.connect() as kommo, pytest.raises(ConfigurationError, match="half of a surrogate pair"):
        Lead(name="\ud800").save(using=kommo)
    assert len(sandbox.log) == 0


def test_signed_requests_refuse_it_too():
    from kommo_orm.chats.signing import make_signer
    from kommo_orm.transport.http_messages import HttpRequest

    sign = make_signer("secret", lambda: datetime(2026, 1, 2, tzinfo=UTC))
    with pytest.raises(ConfigurationError, match="cannot be sent"):
        sign(HttpRequest("POST", "/v2/origin/custom/x", json={"text": "\ud800"}))
