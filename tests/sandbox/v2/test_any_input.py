"""Any input of API v2 gets a response; none breaks the sandbox."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kommo_orm.sandbox import Sandbox
from kommo_orm.sandbox.v2 import ROUTES
from tests.sandbox.api_client import Clock
from tests.sandbox.v2.api_v2_client import LEADS, ApiV2Client, get_error_code

WRITES = sorted({route.path for route in ROUTES if route.method == "POST"})
READS = sorted({route.path for route in ROUTES if route.method == "GET"})
KEYS = (
    "id name add update delete updated_at sale status_id pipeline_id tags contacts_id company_id leads_id unlink "
    "custom_fields values value enum subtype catalog_elements_id request_id element_id element_type text note_type "
    "params task_type complete_till_at catalog_id request pipelines statuses catalogs subscribe url events accept "
    "decline user_id status_id incoming_lead_info incoming_entities widgets install uninstall widget_code settings "
    "customer_id price next_date period phone_number direction type users bot_id entity_id entity_type enabled origin"
)
WORDS = st.sampled_from(KEYS.split())
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 1010),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=5),
    st.sampled_from(["1001", "1001,1002", "lead", "2026-05-04", "outbound", "WORK", "0"]),
)
VALUES = st.recursive(
    SCALARS,
    lambda below: st.lists(below, max_size=3) | st.dictionaries(WORDS | st.text(max_size=3), below, max_size=5),
    max_leaves=20,
)
ITEMS = st.lists(st.dictionaries(WORDS, VALUES, max_size=6), max_size=3)
BODIES = VALUES | st.dictionaries(st.sampled_from(["add", "update", "delete"]), ITEMS | VALUES, min_size=1)
STATUSES = (200, 202, 204, 400, 401, 403, 404, 504)


@pytest.fixture(scope="module")
def full() -> Sandbox:
    """An account with rows of every kind. Tests share it, because they do not change it."""
    sandbox = Sandbox(clock=Clock(), customers_mode="segments")
    sandbox.seed(leads=10)
    return sandbox


def somewhere(path: str) -> str:
    return re.sub(r"\{\w+(:text)?\}", "1001", path)


@given(path=st.sampled_from(WRITES), body=BODIES, strict=st.booleans())
def test_any_json_is_accepted_or_refused(full: Sandbox, path: str, body: Any, strict: bool) -> None:
    full.strict_queries = strict
    response = ApiV2Client(full).post(somewhere(path), body)
    assert response.status in STATUSES, response.text
    if response.status >= 400 and "xml" not in response.headers["content-type"]:
        assert isinstance(response.json(), dict)


@given(path=st.sampled_from(WRITES), body=st.text("add[]0=&update%name1", max_size=40))
def test_any_form_is_accepted_or_refused(full: Sandbox, path: str, body: str) -> None:
    assert ApiV2Client(full).form(somewhere(path), (body, "1")).status in STATUSES


@given(path=st.sampled_from(READS), query=st.text("filter[]datewithidpage,=&0123456789", max_size=40))
def test_any_query_is_answered(full: Sandbox, path: str, query: str) -> None:
    for strict in (True, False):
        full.strict_queries = strict
        assert ApiV2Client(full).request("GET", f"{somewhere(path)}?{query}").status in STATUSES


@pytest.mark.parametrize("path", READS)
def test_every_read_works_on_a_full_account(full: Sandbox, path: str) -> None:
    full.strict_queries = False
    assert ApiV2Client(full).get(somewhere(path)).status in STATUSES


@pytest.mark.parametrize("body", [b"{", b"\xff", b'{"add": [{"name": NaN}]}'])
def test_a_body_that_is_not_json_is_refused(sandbox: Sandbox, body: bytes) -> None:
    from kommo_orm.sandbox import SandboxRequest

    headers = {"authorization": f"Bearer {sandbox.token}"}
    assert get_error_code(sandbox.handle(SandboxRequest("POST", LEADS, "", headers, body))) == "102"
