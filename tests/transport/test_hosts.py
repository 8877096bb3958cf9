from __future__ import annotations

import pytest

from kommo_orm.errors import ConfigurationError
from kommo_orm.transport.hosts import is_kommo_host, normalize_account_name, parse_base_url, resolve_account_host


@pytest.mark.parametrize(
    ("given", "host"),
    [
        ("acme", "acme.kommo.com"),
        ("  Acme ", "acme.kommo.com"),
        ("acme.kommo.com", "acme.kommo.com"),
        ("acme.kommo.com/", "acme.kommo.com"),
        ("my-firm2.amocrm.ru", "my-firm2.amocrm.ru"),
        ("acme.amocrm.com", "acme.amocrm.com"),
        ("https://acme.kommo.com", "acme.kommo.com"),
        ("https://ACME.kommo.com/leads/detail/5?x=1", "acme.kommo.com"),
    ],
)
def test_an_account_by_subdomain_host_or_address(given: str, host: str) -> None:
    assert resolve_account_host(given) == host


@pytest.mark.parametrize(
    "given",
    [
        "",
        "www",
        "www.kommo.com",
        "kommo.com",
        "acme.example.com",
        "acme.kommo.com.example.org",
        "a.b.kommo.com",
        "-acme",
        "ac me",
        "acme_1",
        "../etc",
        "acme/leads",
        "ftp://acme.kommo.com",
        "https://user:pw@acme.kommo.com",
        "https://acme.kommo.com:8443",
        "https://[broken",
        "http://acme.kommo.com:port",
        "аcme",
    ],
)
def test_what_is_no_account_is_refused(given: str) -> None:
    with pytest.raises(ConfigurationError):
        resolve_account_host(given)


def test_a_store_knows_both_names_as_one() -> None:
    assert normalize_account_name("Acme") == normalize_account_name("acme.kommo.com") == "acme.kommo.com"
    assert normalize_account_name("localhost:8000") == "localhost:8000"


def test_only_kommos_own_hosts_are_trusted() -> None:
    assert is_kommo_host("drive-b.kommo.com")
    assert is_kommo_host("acme.amocrm.ru")
    assert not is_kommo_host("evil-kommo.com")
    assert not is_kommo_host("kommo.com.evil.org")


def test_a_base_address_keeps_its_path_and_loses_its_last_slash() -> None:
    assert parse_base_url("http://Localhost:8000/proxy/") == "http://localhost:8000/proxy"


@pytest.mark.parametrize("given", ["", "localhost:8000", "ftp://x", "http://", "http://x?y=1", "http://u:p@x"])
def test_what_is_no_base_address_is_refused(given: str) -> None:
    with pytest.raises(ConfigurationError):
        parse_base_url(given)
