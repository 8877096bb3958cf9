"""Requests with a long-lived token."""

from __future__ import annotations

import pytest

from kommo_orm.auth import LongLivedToken
from kommo_orm.client import Kommo
from kommo_orm.errors import Unauthorized
from tests.auth.token_service import TokenService, build_jwt


def test_an_expired_long_lived_token_is_not_sent() -> None:
    service = TokenService()
    token = LongLivedToken(build_jwt(exp=1))
    with (
        Kommo("acme", token=token, transport=service, rate=None) as kommo,
        pytest.raises(Unauthorized, match="expired on 1970"),
    ):
        kommo.request("GET", "/x")
    assert service.hosts == []


def test_a_rejected_long_lived_token_is_not_sent_again() -> None:
    service = TokenService()
    with Kommo("acme", token="opaque", transport=service, rate=None) as kommo, pytest.raises(Unauthorized):
        kommo.request("GET", "/x")
    assert len(service.hosts) == 1
