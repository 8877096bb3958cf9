from __future__ import annotations

import pytest

from kommo_orm.auth import OAuth
from kommo_orm.errors import ConfigurationError, Unauthorized
from kommo_orm.transport.http_messages import Repeat

OAUTH = OAuth("client-id", "secret-of-client", "https://example.org/kommo")
REDIRECT = "https://example.org/kommo?code=def502&state=x7f&referer=acme.kommo.com&client_id=client-id"


def test_repr_hides_the_secret() -> None:
    assert "secret-of-client" not in repr(OAUTH)


@pytest.mark.parametrize("missing", range(3))
def test_all_three_settings_are_required(missing: int) -> None:
    values = ["a", "b", "c"]
    values[missing] = ""
    with pytest.raises(ConfigurationError):
        OAuth(*values)


def test_authorize_url() -> None:
    url = OAUTH.authorize_url("x7f", "popup")
    assert url == "https://www.kommo.com/oauth?client_id=client-id&state=x7f&mode=popup"
    assert OAUTH.authorize_url("x", domain="amocrm.ru").startswith("https://www.amocrm.ru/oauth?")
    with pytest.raises(ConfigurationError):
        OAUTH.authorize_url("")


def test_a_redirect_gives_the_code_and_the_account() -> None:
    assert OAUTH.parse_redirect(REDIRECT, "x7f") == ("def502", "acme.kommo.com")
    assert OAUTH.parse_redirect(REDIRECT.replace("referer", "referrer"), "x7f")[1] == "acme.kommo.com"


@pytest.mark.parametrize("state", ["", "x7", "x7g"])
def test_a_redirect_with_another_state_is_refused(state: str) -> None:
    with pytest.raises(Unauthorized, match="forged"):
        OAUTH.parse_redirect(REDIRECT, state)


def test_a_redirect_without_a_state_is_refused() -> None:
    with pytest.raises(Unauthorized):
        OAUTH.parse_redirect(REDIRECT.replace("state=x7f&", ""), "")


def test_a_refusal_by_the_user_raises() -> None:
    with pytest.raises(Unauthorized, match="access_denied"):
        OAUTH.parse_redirect("https://example.org/kommo?error=access_denied&state=x7f", "x7f")


def test_a_redirect_that_names_another_host_is_refused() -> None:
    with pytest.raises(ConfigurationError):
        OAUTH.parse_redirect(REDIRECT.replace("acme.kommo.com", "acme.example.org"), "x7f")
    with pytest.raises(ConfigurationError):
        OAUTH.parse_redirect("https://example.org/kommo?state=x7f", "x7f")


def test_a_code_is_not_repeatable_and_a_refresh_is() -> None:
    assert OAUTH.build_code_request("a-code", "acme").repeat is Repeat.CREATES
    call = OAUTH.build_refresh_request("a-refresh-token", "acme")
    assert call.repeat is Repeat.SAFE
    assert not call.authorised
    assert call.json == {
        "client_id": "client-id",
        "client_secret": "secret-of-client",
        "redirect_uri": "https://example.org/kommo",
        "grant_type": "refresh_token",
        "refresh_token": "a-refresh-token",
    }
