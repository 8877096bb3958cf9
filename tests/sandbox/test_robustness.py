"""Any request gets a response: the sandbox never fails, and refuses what it does not know."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kommo_orm.sandbox import Sandbox, SandboxRequest
from kommo_orm.sandbox.resources import ROUTES
from tests.sandbox.api_client import LEADS, ApiClient, Clock, validation_error

WRITES = sorted({(route.method, route.path) for route in ROUTES if route.method in ("POST", "PATCH")})


READS = sorted({route.path for route in ROUTES if route.method == "GET"})


WORDS = st.sampled_from(
    [
        "id",
        "name",
        "price",
        "status_id",
        "pipeline_id",
        "_embedded",
        "tags",
        "contacts",
        "companies",
        "request_id",
        "custom_fields_values",
        "field_id",
        "values",
        "value",
        "enum_id",
        "note_type",
        "params",
        "text",
        "entity_id",
        "entity_type",
        "to_entity_id",
        "to_entity_type",
        "metadata",
        "catalog_id",
        "quantity",
        "enums",
        "type",
        "rights",
        "leads",
        "statuses",
        "descriptions",
        "level",
        "fields",
        "result",
        "complete_till",
        "delete",
        "is_main",
    ]
)


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 1010),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=5),
    st.sampled_from(["leads", "contacts", "catalog_elements", "common", "text", "select", "newbie"]),
)


VALUES = st.recursive(
    SCALARS,
    lambda below: st.lists(below, max_size=3) | st.dictionaries(WORDS | st.text(max_size=3), below, max_size=5),
    max_leaves=20,
)


@pytest.fixture(scope="module")
def full() -> Sandbox:
    """A shared account with rows of every kind."""
    sandbox = Sandbox(clock=Clock(), customers_mode="segments")
    sandbox.seed(leads=10)
    segment = sandbox.add("segments", name="Regulars")
    customer = sandbox.add("customers", name="Shop", segments=[segment["id"]])
    sandbox.add("transactions", customer_id=customer["id"], price=5)
    return sandbox


def somewhere(path: str, number: int = 1001) -> str:
    return re.sub(r"\{(\w+)(:text)?\}", lambda match: "default" if match[2] else str(number), path)


def is_switched_off(full: Sandbox, path: str, status: int) -> bool:
    """Return True if the response says that customers are off, or kept in the other mode."""
    parts = ("/api/v4/customers/statuses", "/api/v4/customers/segments")
    return status == 422 and path.startswith(parts) and not path.endswith("custom_fields")


@given(route=st.sampled_from(WRITES), body=VALUES | st.lists(st.dictionaries(WORDS, VALUES, max_size=6), max_size=3))
def test_any_json_is_accepted_or_refused(full: Sandbox, route: tuple[str, str], body: Any) -> None:
    response = ApiClient(full).request(route[0], somewhere(route[1]), body)
    assert response.status in (200, 201, 202, 204, 400, 401, 403, 404, 422)
    if response.status >= 400 and not route[1].startswith("/v2/"):  # the chats service has its own form of errors
        assert response.headers["content-type"] == "application/problem+json"
        assert response.json()["status"] == response.status


@given(path=st.sampled_from(READS), query=st.text("filter[]orderwith=&0123456789abc,", max_size=40))
def test_any_query_is_answered(full: Sandbox, path: str, query: str) -> None:
    for strict in (True, False):
        full.strict_queries = strict
        status = ApiClient(full).request("GET", f"{somewhere(path)}?{query}").status
        assert status in (200, 204, 400, 401, 403, 404) or is_switched_off(full, path, status)


@pytest.mark.parametrize("path", READS)
def test_every_read_works_on_a_full_account(full: Sandbox, path: str) -> None:
    full.strict_queries = True
    response = ApiClient(full).get(somewhere(path))
    assert response.status in (200, 204, 400, 401, 404) or is_switched_off(full, path, response.status), response.text


@pytest.mark.parametrize("body", [b"{", b'[{"price": NaN}]', b'[{"name": "\\ud800"}]', b"\xff", b"'a'"])
def test_invalid_json_is_refused(sandbox: Sandbox, body: bytes) -> None:
    headers = {"authorization": f"Bearer {sandbox.token}"}
    response = sandbox.handle(SandboxRequest("POST", LEADS, "", headers, body))
    assert (response.status, response.json()["detail"]) == (400, "Request body is not a valid JSON")


@pytest.mark.parametrize("value", [10**15, -(10**12), "2031-06-31T00:00:00Z"])
def test_an_impossible_date_is_refused(api: ApiClient, sandbox: Sandbox, value: Any) -> None:
    sandbox.add_field("leads", "Day", "date", id=551)
    body = [{"custom_fields_values": [{"field_id": 551, "values": [{"value": value}]}]}]
    assert validation_error(api.post(LEADS, body)) == ("InvalidValue", "custom_fields_values.0.values.0.value")
