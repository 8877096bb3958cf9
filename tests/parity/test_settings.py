"""Settings and hosts: what was global there belongs to one object here."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

import certifi
import httpx
import pytest

from kommo_orm import ConfigurationError, Kommo, Lead, Session
from kommo_orm.sandbox import Sandbox
from tests.account import sent
from tests.parity.ledger import proves

TOKEN = "a-token"


class Seen:
    """Answers everything and remembers the requests."""

    def __init__(self, status: int = 200) -> None:
        self.requests: list[httpx.Request] = []
        self.status = status

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return httpx.Response(self.status, json=None if self.status == 204 else {"id": 1})


def a_kommo(seen: Seen, account: str = "acme", **options: object) -> Kommo:
    return Kommo(account, token=TOKEN, transport=httpx.MockTransport(seen), rate=None, **options)  # type: ignore[arg-type]


@proves(1, 5)
def test_settings_belong_to_an_account_and_not_to_the_process() -> None:
    one, other = Seen(), Seen()
    with a_kommo(one, user_agent="one/1") as first, a_kommo(other, "globex") as second:
        first.request("GET", "/api/v4/account")
        second.request("GET", "/api/v4/account")
        assert first.last_response is not second.last_response
    assert one.requests[0].headers["User-Agent"] == "one/1"
    assert other.requests[0].headers["User-Agent"].startswith("kommo_orm/")


@proves(2, 34, "R9")
def test_raw_requests_take_every_verb() -> None:
    seen = Seen()
    with a_kommo(seen) as kommo:
        for verb in ("GET", "POST", "PATCH", "PUT", "DELETE"):
            answer = kommo.request(
                verb, "/api/v4/leads", json=[], headers={"If-Modified-Since": "Mon, 01 Jan 2026 00:00:00 GMT"}
            )
            assert answer.json() == {"id": 1}
    assert [request.method for request in seen.requests] == ["GET", "POST", "PATCH", "PUT", "DELETE"]
    assert all("If-Modified-Since" in request.headers for request in seen.requests)


@proves(3, 4, "B1")
@pytest.mark.parametrize(
    ("given", "host"),
    [
        ("acme", "acme.kommo.com"),
        ("ACME.kommo.com", "acme.kommo.com"),
        ("acme.amocrm.ru", "acme.amocrm.ru"),
        ("acme.amocrm.com", "acme.amocrm.com"),
        ("https://acme.kommo.com/leads/pipeline/7", "acme.kommo.com"),
    ],
)
def test_an_account_is_given_by_name_host_or_address(given: str, host: str) -> None:
    seen = Seen()
    with a_kommo(seen, given) as kommo:
        kommo.request("GET", "/api/v4/account")
    assert (kommo.name, seen.requests[0].url.host) == (host, host)


@proves(4)
@pytest.mark.parametrize("given", ["acme.example.com", "../acme", "ac me", "www", ""])
def test_what_is_no_account_is_refused(given: str) -> None:
    with pytest.raises(ConfigurationError):
        Kommo(given, token=TOKEN)


@proves(6, 7)
def test_time_limits_of_connecting_and_of_reading_are_apart() -> None:
    seen = Seen()
    with a_kommo(seen, timeout=httpx.Timeout(7.0, connect=2.0)) as kommo:
        kommo.request("GET", "/api/v4/account")
    with a_kommo(seen, timeout=3) as kommo:
        kommo.request("GET", "/api/v4/account")
    apart, one = (request.extensions["timeout"] for request in seen.requests)
    assert (apart["connect"], apart["read"], apart["write"]) == (2.0, 7.0, 7.0)
    assert (one["connect"], one["read"], one["write"]) == (3.0, 3.0, 3.0)


def trust_of(kommo: Kommo) -> Any:
    """What connections are made with."""
    return kommo._pools.get_client()._transport._pool._ssl_context  # type: ignore[attr-defined]


@proves(8)
def test_unchecked_certificates_give_a_warning() -> None:
    with pytest.warns(UserWarning, match="verify=False"):
        kommo = Kommo("acme", token=TOKEN, verify=False)
    assert trust_of(kommo).verify_mode is ssl.CERT_NONE
    assert not trust_of(kommo).check_hostname
    kommo.close()


@proves(9)
def test_own_certificates_are_given_by_any_path(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="certificates"):
        Kommo("acme", token=TOKEN, verify=str(tmp_path / "none.pem"))
    end = "-----END CERTIFICATE-----"
    own = tmp_path / "own.pem"
    own.write_text(Path(certifi.where()).read_text(encoding="utf-8").partition(end)[0] + end, encoding="utf-8")
    with Kommo("acme", token=TOKEN, verify=str(own)) as kommo:
        assert len(trust_of(kommo).get_ca_certs()) == 1  # the given one, and none of the system's
        assert trust_of(kommo).verify_mode is ssl.CERT_REQUIRED


@proves(10)
def test_tls_is_1_2_or_newer() -> None:
    kommo = Kommo("acme", token=TOKEN)
    assert trust_of(kommo).minimum_version >= ssl.TLSVersion.TLSv1_2
    assert trust_of(kommo).verify_mode is ssl.CERT_REQUIRED
    kommo.close()


@proves(11)
@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_every_success_status_is_a_success(status: int) -> None:
    with a_kommo(Seen(status)) as kommo:
        assert kommo.request("GET", "/api/v4/leads").status == status


@proves(12)
def test_the_size_of_a_page_is_set_for_the_account_and_for_a_call(sandbox: Sandbox) -> None:
    sandbox.seed(leads=7, contacts=0, companies=0)
    with sandbox.connect(page_size=3) as kommo:
        assert [len(page) for page in Lead.objects.using(kommo).pages()] == [3, 3, 1]
        assert len(Lead.objects.using(kommo).page(1, size=5)) == 5


@proves(13, 72, "B19")
def test_the_service_sets_the_time_of_a_change(sandbox: Sandbox, kommo: Kommo) -> None:
    lead = Lead.objects.using(kommo).get(sandbox.add("leads", name="Roof")["id"])
    lead.name = "Roof and walls"
    lead.save()
    assert [body for _, _, body in sent(sandbox)] == [{"name": "Roof and walls"}]


@proves(14, "R3", "B24")
def test_objects_know_their_account() -> None:
    acme, globex = Sandbox(subdomain="acme"), Sandbox(subdomain="globex")
    with acme.connect() as one, globex.connect() as other:
        mine = Lead.objects.using(one).create(name="Mine")
        theirs = Lead.objects.using(other).create(name="Theirs")
        mine.name, theirs.name = "Mine 2", "Theirs 2"
        mine.save()
        theirs.save()
        with pytest.raises(ConfigurationError, match="acme"):
            mine.save(using=other)
        with pytest.raises(ConfigurationError, match="acme"), Session(other) as session:
            session.add(theirs, mine)
    assert [row["name"] for row in acme.rows("leads")] == ["Mine 2"]
    assert [row["name"] for row in globex.rows("leads")] == ["Theirs 2"]
