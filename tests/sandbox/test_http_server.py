"""The sandbox over HTTP/1.1, and the transport for sync and async clients."""

from __future__ import annotations

import base64
import json
import re
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from kommo_orm.sandbox import Sandbox, SandboxServer
from kommo_orm.sandbox.resources import ROUTES
from kommo_orm.sandbox.routing import Route
from tests.sandbox.api_client import LEADS, ApiClient

ACCOUNT = "/api/v4/account"


HEADERS = {"Authorization": "Bearer sandbox-token"}


@pytest.fixture
def live() -> Sandbox:
    """A sandbox with a running clock."""
    return Sandbox()


@pytest.fixture
def server(live: Sandbox) -> Iterator[SandboxServer]:
    with live.serve() as server:
        yield server


@pytest.fixture
def http(server: SandboxServer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, headers=HEADERS) as client:
        yield client


def exchange(server: SandboxServer, sent: bytes) -> bytes:
    """Send bytes and return all that comes back until the server closes the connection."""
    with socket.create_connection((server.host, server.port), timeout=5) as connection:
        connection.sendall(sent)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def test_responses_over_http_and_in_process_are_equal(live: Sandbox, server: SandboxServer, http: httpx.Client) -> None:
    response = http.post(LEADS, json=[{"name": "Ä", "request_id": "x"}])
    assert (response.status_code, response.headers["content-type"]) == (200, "application/hal+json")
    assert response.json()["_embedded"]["leads"][0]["request_id"] == "x"
    text = http.get(LEADS, params={"filter[name]": "Ä", "with": "contacts,loss_reason"}).text
    row = json.loads(text.replace(server.url, "https://sandbox.kommo.com"))["_embedded"]["leads"][0]
    assert row == ApiClient(live).rows(f"{LEADS}?filter[name]=Ä&with=contacts,loss_reason")[0]


def test_204_has_no_body_over_http(http: httpx.Client) -> None:
    response = http.get(f"{LEADS}/5")
    assert (response.status_code, response.content) == (204, b"")
    assert len(response.headers["x-request-id"]) == 32


def test_a_connection_is_kept_alive(server: SandboxServer) -> None:
    with socket.create_connection((server.host, server.port), timeout=5) as connection:
        for _ in range(3):
            connection.sendall(b"GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n")
            assert connection.recv(65536).startswith(b"HTTP/1.1 404")


def test_invalid_http_gets_400_and_closes_the_connection(server: SandboxServer) -> None:
    answer = exchange(server, b"hello\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 400")
    assert b"connection: close" in answer.lower()


AUTHORIZED = b"Authorization: Bearer sandbox-token\r\n"


def test_http_1_0_is_answered_and_closed(server: SandboxServer) -> None:
    """Without a `Host` the links name the address of the server."""
    head, _, body = exchange(server, b"GET /api/v4/account HTTP/1.0\r\n" + AUTHORIZED + b"\r\n").partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200")
    assert f"content-length: {len(body)}".encode() in head.lower()
    assert json.loads(body)["_links"]["self"]["href"] == f"{server.url}/api/v4/account"


def test_chunked_bodies_are_read(live: Sandbox, http: httpx.Client) -> None:
    parts = [b'[{"name": ', b'"In parts"}', b"]"]
    response = http.post(LEADS, content=iter(parts), headers={"content-type": "application/json"})
    assert "content-length" not in response.request.headers
    assert live.rows("leads")[0]["name"] == "In parts"


def test_a_long_query_is_read(http: httpx.Client) -> None:
    ids = "&".join(f"filter[id][]={number}" for number in range(1500))
    response = http.get(f"{LEADS}?{ids}")
    assert (response.status_code, response.reason_phrase) == (204, "No Content")


def test_a_client_may_wait_before_it_sends_the_body(server: SandboxServer) -> None:
    head = b"POST /api/v4/leads HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 4\r\n" + AUTHORIZED
    with socket.create_connection((server.host, server.port), timeout=5) as connection:
        connection.sendall(head + b"Expect: 100-continue\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 100")
        connection.sendall(b"[{}]")
        assert connection.recv(100).startswith(b"HTTP/1.1 200 OK")


def test_requests_of_one_packet_are_answered_in_order(server: SandboxServer) -> None:
    first = b"POST /nowhere HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n[]\r\n0\r\n\r\n"
    last = b"GET /api/v4/account HTTP/1.1\r\nHost: x\r\n" + AUTHORIZED + b"Connection: close\r\n\r\n"
    answers = exchange(server, first + last)
    assert re.findall(rb"HTTP/1\.1 (\d+)", answers) == [b"404", b"200"]


def test_head_has_the_headers_of_get_and_no_body(http: httpx.Client, server: SandboxServer) -> None:
    read, head = http.get(ACCOUNT), http.head(ACCOUNT)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(read.content))
    assert head.headers["content-type"] == read.headers["content-type"]
    assert http.get(ACCOUNT).status_code == 200  # the connection goes on
    assert http.head("/api/v4/leads/5").status_code == 204
    assert httpx.head(f"{server.url}{ACCOUNT}").status_code == 401


def test_head_in_process_has_no_body(live: Sandbox) -> None:
    with httpx.Client(base_url="https://sandbox.kommo.com", transport=live.transport, headers=HEADERS) as client:
        head = client.head(ACCOUNT)
    assert (head.status_code, head.content) == (200, b"")
    assert int(head.headers["content-length"]) > 100


def test_options_names_the_methods_of_a_path(server: SandboxServer) -> None:
    """It needs no token, as the request of a browser has none."""
    response = httpx.options(f"{server.url}{LEADS}")
    assert (response.status_code, response.content) == (204, b"")
    assert response.headers["allow"] == "GET, HEAD, OPTIONS, PATCH, POST"
    assert httpx.options(f"{server.url}/nowhere").status_code == 404
    assert exchange(server, b"OPTIONS * HTTP/1.0\r\n\r\n").startswith(b"HTTP/1.1 204")


def test_a_wrong_method_names_the_right_ones(http: httpx.Client) -> None:
    response = http.delete(LEADS)
    assert (response.status_code, response.headers["allow"]) == (405, "GET, PATCH, POST")


# The address that was asked


def collect_links(value: object) -> set[str]:
    """Return all texts of a JSON value that are URLs."""
    if isinstance(value, dict):
        return set().union(*map(collect_links, value.values()))
    if isinstance(value, list):
        return set().union(*map(collect_links, value))
    return {value} if isinstance(value, str) and value.startswith("http") else set()


def test_links_name_the_address_that_was_asked(live: Sandbox, server: SandboxServer, http: httpx.Client) -> None:
    live.seed(leads=5, contacts=3, companies=2)
    live.add("leads")
    paths = (
        "/leads?limit=2&with=contacts",
        "/leads/pipelines",
        "/contacts",
        "/leads/notes",
        "/tasks",
        "/users",
        "/events",
        "/account?with=drive_url",
        "/leads/custom_fields",
        "/catalogs",
    )
    links = set().union(*(collect_links(http.get(f"/api/v4{path}").json()) for path in paths))
    sample = {link for link in links if ".example" not in link}
    assert len(sample) > 30
    assert {link for link in sample if not link.startswith(f"{server.url}")} == set()
    assert collect_links(http.post(LEADS, json=[{}]).json()) == {f"{server.url}{LEADS}", f"{server.url}{LEADS}/1007"}


def build_path(route: Route) -> str:
    return re.sub(r"{[^}]*:text}", "x", re.sub(r"{[^}:]*}", "1001", route.path))


def test_no_route_names_another_address(live: Sandbox, server: SandboxServer, http: httpx.Client) -> None:
    live.account.customers_mode = "segments"
    live.seed(leads=10)
    live.add("customers", name="Shop")
    live.add("sources", name="Site", external_id="site-1")
    live.add_file("a.txt")
    live.add("unsorted")
    for route in (route for route in ROUTES if route.method == "GET"):
        text = http.get(build_path(route), params={"with": ",".join(route.withs), "limit": "5"}).text
        others = {url for url in re.findall(r"https?://[\w.:-]+", text) if not url.startswith(server.url)}
        assert {url for url in others if ".example" not in url} <= {"https://httpstatus.es"}, route.path


def test_the_next_page_can_be_followed(live: Sandbox, http: httpx.Client) -> None:
    live.seed(leads=5, contacts=0, companies=0)
    url, found = f"{LEADS}?limit=2", []
    while url:
        page = http.get(url).json()
        found += [row["id"] for row in page["_embedded"]["leads"]]
        url = page["_links"].get("next", {}).get("href")
    assert sorted(found) == [1001, 1002, 1003, 1004, 1005]


def test_a_row_names_the_address_of_each_request(live: Sandbox, server: SandboxServer, http: httpx.Client) -> None:
    """The rows of one address are not shown at another one."""
    number = live.add("leads")["id"]
    other = {**HEADERS, "Host": "other.example:1234"}
    links = [
        http.get(f"{LEADS}/{number}", headers=given).json()["_links"]["self"]["href"] for given in (HEADERS, other)
    ]
    assert links == [f"{server.url}/api/v4/leads/{number}", f"http://other.example:1234/api/v4/leads/{number}"]
    assert live.row("leads", number)["_links"]["self"]["href"] == f"https://sandbox.kommo.com/api/v4/leads/{number}"  # type: ignore[index]


def test_a_public_address_is_in_all_links(live: Sandbox) -> None:
    """Whatever host the proxy asks for, also one of Kommo."""
    with live.serve(public_url="https://crm.test/") as server:
        local = f"http://{server.host}:{server.port}"
        for host in ("crm.test", "acme.kommo.com"):
            response = httpx.get(f"{local}{ACCOUNT}?with=drive_url", headers={**HEADERS, "Host": host})
            assert response.json()["drive_url"] == "https://crm.test"
            assert response.json()["_links"]["self"]["href"] == "https://crm.test/api/v4/account?with=drive_url"
    assert server.url == "https://crm.test"


def test_a_proxy_client_sends_the_complete_url(server: SandboxServer) -> None:
    target = b"GET http://sandbox.kommo.com/api/v4/account?with=drive_url HTTP/1.1\r\nHost: sandbox.kommo.com\r\n"
    body = exchange(server, target + AUTHORIZED + b"Connection: close\r\n\r\n").partition(b"\r\n\r\n")[2]
    assert json.loads(body)["_links"]["self"]["href"].startswith("http://sandbox.kommo.com/api/v4/account")


def test_the_present_host_of_the_account_is_the_one_that_was_asked(live: Sandbox, http: httpx.Client) -> None:
    """A client goes on there with its tokens, so it must not be sent to another host."""
    sent = {"client_id": live.client_id, "client_secret": live.client_secret, "redirect_uri": live.redirect_uri}
    grant = {**sent, "grant_type": "authorization_code", "code": live.authorization_code()}
    tokens = http.post("/oauth2/access_token", json=grant).json()
    found = http.get("/oauth2/account/current/subdomain", headers={"X-Refresh-Token": tokens["refresh_token"]}).json()
    claims = json.loads(base64.urlsafe_b64decode(tokens["access_token"].split(".")[1] + "=="))
    asked = str(http.base_url).removeprefix("http://").rstrip("/")
    assert (found["domain"], claims["api_domain"]) == (asked, asked)


# Queries that no document knows


@pytest.mark.parametrize(
    "query", ["with=everything", "filter[colour]=red", "fields=id", "order[naem]=asc", "limit=many"]
)
def test_unknown_queries_are_ignored_over_http_and_refused_in_process(query: str) -> None:
    sandbox = Sandbox()
    sandbox.add("leads")
    with sandbox.serve() as server:
        assert len(httpx.get(f"{server.url}{LEADS}?{query}", headers=HEADERS).json()["_embedded"]["leads"]) == 1
    assert ApiClient(sandbox).get(f"{LEADS}?{query}").status == 400


def test_the_switch_of_strictness_counts_everywhere() -> None:
    for strict, status in ((True, 400), (False, 200)):
        sandbox = Sandbox(strict_queries=strict)
        sandbox.add("leads")
        with sandbox.serve() as server:
            assert httpx.get(f"{server.url}{LEADS}?with=everything", headers=HEADERS).status_code == status
        assert ApiClient(sandbox).get(f"{LEADS}?with=everything").status == status


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"drop_before": True}, httpx.RemoteProtocolError),
        ({"drop_after": True}, httpx.ReadError),
        ({"truncate": True}, httpx.RemoteProtocolError),
        ({"refuse": True}, httpx.ReadError),
    ],
)
def test_broken_connections_are_really_broken(
    live: Sandbox, http: httpx.Client, fault: dict[str, bool], error: type[Exception]
) -> None:
    live.faults.next(**fault)  # type: ignore[arg-type]
    with pytest.raises(error):
        http.get(ACCOUNT)
    assert http.get(ACCOUNT).status_code == 200


def test_latency_does_not_block_other_requests(live: Sandbox, http: httpx.Client) -> None:
    live.latency = 0.5
    with ThreadPoolExecutor(8) as pool:
        started = time.perf_counter()
        responses = list(pool.map(http.get, [ACCOUNT] * 8))
        spent = time.perf_counter() - started
    assert [response.status_code for response in responses] == [200] * 8
    assert 0.5 <= spent < 3.5  # four seconds without overlapping


def test_the_rate_is_counted_over_http(live: Sandbox, http: httpx.Client) -> None:
    now = [1_800_000_000.0]
    live.clock = lambda: now[0]
    live.rate.limit = 5
    codes = [http.get(ACCOUNT).status_code for _ in range(8)]
    assert codes == [200] * 5 + [429] * 3
    now[0] += 1.05
    assert http.get(ACCOUNT).status_code == 200


def test_a_closed_server_refuses_connections(live: Sandbox) -> None:
    with live.serve() as server:
        assert httpx.get(f"{server.url}/nowhere").status_code == 404
    with pytest.raises(httpx.ConnectError):
        httpx.get(server.url)


def test_closing_does_not_wait_for_open_connections(live: Sandbox) -> None:
    live.faults.next(delay=30)
    server = live.serve()
    with socket.create_connection((server.host, server.port), timeout=5) as connection:
        connection.sendall(b"GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n")
        while not live.log:
            time.sleep(0.01)
        started = time.perf_counter()
        server.close()
        assert time.perf_counter() - started < 5


async def test_one_transport_serves_async_clients_too(live: Sandbox) -> None:
    async with httpx.AsyncClient(
        base_url="https://sandbox.kommo.com", transport=live.transport, headers=HEADERS
    ) as client:
        response = await client.get(ACCOUNT)
    assert response.json()["subdomain"] == "sandbox"


def test_threads_share_one_account_without_losing_rows(live: Sandbox) -> None:
    api = ApiClient(live)

    def create(number: int) -> int:
        return api.create(LEADS, {"name": str(number)})

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(create, range(100)))) == 100
    assert len({row["name"] for row in live.rows("leads")}) == 100
