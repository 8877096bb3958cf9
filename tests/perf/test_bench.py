"""The benchmarks themselves: their server, their tables and their list."""

from __future__ import annotations

import json
import urllib.request
from argparse import Namespace
from pathlib import Path

import pytest

from bench import table
from bench.account import NO_CONTENT, Account
from bench.benchmarks import BENCHMARKS, describe_benchmark
from bench.document import PAGE, replace_part
from bench.figure import Figure
from bench.peers.__main__ import PeerResult, make_rows, measure_one
from bench.peers.registry import OTHERS, OURS, find_adapter
from bench.server import configure_server
from bench.setting import Setting


def read_rows(account: Account, target: str, kind: str = "leads") -> tuple[list[int], bool]:
    """Ids of the rows of a page, and whether there is a next one."""
    page = json.loads(account.answer("GET", target, b"").partition(b"\r\n\r\n")[2])
    return [row["id"] for row in page["_embedded"][kind]], "next" in page["_links"]


def test_the_account_has_pages_and_an_end() -> None:
    account = Account(300)
    assert read_rows(account, "/api/v4/leads?page=1&limit=250") == (list(range(1, 251)), True)
    assert read_rows(account, "/api/v4/leads?page=2&limit=250") == (list(range(251, 301)), False)
    assert account.answer("GET", "/api/v4/leads?page=3&limit=250", b"") is NO_CONTENT


def test_the_account_finds_rows_by_ids() -> None:
    target = "/api/v4/contacts?limit=250&filter%5Bid%5D%5B0%5D=1000005&filter%5Bid%5D%5B1%5D=1000007"
    assert read_rows(Account(300), target, "contacts") == ([1_000_005, 1_000_007], False)


def test_the_account_answers_creations_with_ids_and_their_request_ids() -> None:
    body = json.dumps([{"name": "Roof", "request_id": "a"}, {"name": "Wall", "request_id": "b"}]).encode()
    rows = json.loads(Account(1).answer("POST", "/api/v4/leads", body).partition(b"\r\n\r\n")[2])["_embedded"]["leads"]
    assert [row["request_id"] for row in rows] == ["a", "b"]
    assert len({row["id"] for row in rows}) == 2


def test_a_row_weighs_what_a_lead_of_a_real_account_weighs() -> None:
    page = Account(10_000).answer("GET", "/api/v4/leads?page=4&limit=250", b"")
    assert len(page) / 250 == pytest.approx(2_250, rel=0.05)


def test_the_server_counts_requests_and_those_that_found_nothing(setting: Setting) -> None:
    configure_server(setting.url, 0)
    for page in (20, 21):
        urllib.request.urlopen(f"{setting.url}/api/v4/leads?page={page}&limit=250").close()
    assert configure_server(setting.url, 0) == {"requests": 2, "empty": 1}


def test_a_table_says_which_limits_are_met() -> None:
    figures = [Figure("Reading", "all", 0.5, "x dicts", 0.55, "a note"), Figure("Reading", "some", 1234.0, "us", 4.0)]
    assert table.render_figures_as_markdown(figures).splitlines()[4:] == [
        "| all | 0.50 x dicts | 0.55 | yes | a note |",
        "| some | 1,234 us | 4.00 | no |  |",
    ]
    assert [Figure.load(dumped) for dumped in json.loads(table.render_figures_as_json(figures))] == figures


@pytest.mark.parametrize("name", BENCHMARKS)
def test_every_benchmark_says_what_it_measures(name: str) -> None:
    assert describe_benchmark(name).endswith(".")


@pytest.mark.parametrize("name", [*OURS, *OTHERS])
def test_every_adapter_names_its_client(name: str) -> None:
    adapter = find_adapter(name)
    assert adapter.PEER.package
    assert adapter.PEER.remark
    assert callable(adapter.connect)


def test_every_adapter_is_in_the_list() -> None:
    folder = Path(find_adapter("ours").__file__ or "").parent  # type: ignore[attr-defined]
    assert {path.stem for path in folder.glob("*.py")} - {"__init__"} == {*OURS, *OTHERS}


def test_a_client_that_fails_stands_in_the_table_with_the_reason(setting: Setting) -> None:
    options = Namespace(leads=250, runs=1)
    failed = measure_one("amocrm_api", "no such version", "2.6.1", 0.0, setting.url, options)
    base = PeerResult("httpx and json", "", 0.0, "", {"leads": 250, "seconds": 2.0, "cpu": 1.0, "memory": 3.0})
    half = PeerResult("other", "1.0", 0.0, "", {"leads": 250, "seconds": 1.0, "cpu": 1.0, "memory": 3.0})
    rows = make_rows([failed, base, half])
    assert [(row[0], row[7]) for row in rows] == [("other", "0.50 x"), ("httpx and json", "1.00 x"), ("amocrm-api", "")]
    assert rows[2][-1] == "failed: not installed: no such version"


def test_a_part_of_the_page_is_replaced() -> None:
    page = "# A\n<!-- figures -->\nold\n<!-- end of figures -->\nrest\n"
    written = replace_part(page, "figures", "new")
    assert written == "# A\n<!-- figures -->\n\nnew\n\n<!-- end of figures -->\nrest\n"
    assert replace_part(written, "figures", "new") == written
    with pytest.raises(ValueError, match="the page lacks <!-- clients -->"):
        replace_part(page, "clients", "new")


@pytest.mark.parametrize("part", ["figures", "clients"])
def test_the_page_has_the_parts_that_are_written(part: str) -> None:
    replace_part(PAGE.read_text(encoding="utf-8"), part, "new")
