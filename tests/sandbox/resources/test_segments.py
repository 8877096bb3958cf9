from __future__ import annotations

import pytest

from kommo_orm.sandbox import Sandbox
from tests.sandbox.api_client import ApiClient, Clock, validation_error

CUSTOMERS = "/api/v4/customers"


SEGMENTS = f"{CUSTOMERS}/segments"


@pytest.fixture
def sandbox(clock: Clock) -> Sandbox:
    return Sandbox(clock=clock, customers_mode="segments")


def test_a_segment_is_created_from_one_object(api: ApiClient, sandbox: Sandbox) -> None:
    assert validation_error(api.post(SEGMENTS, [{"name": "x"}])) == ("InvalidType", "")
    assert validation_error(api.post(SEGMENTS, {"name": "x", "color": "#2176ff"})) == ("NotSupportedChoice", "color")
    row = api.post(SEGMENTS, {"name": "x"}).json()
    assert row.items() >= {"name": "x", "customers_count": 0, "custom_fields_values": None}.items()
    listed = api.get(SEGMENTS).json()
    assert listed.items() >= {"_total_items": 1, "_page": 1, "_page_count": 1}.items()
    assert api.get(f"{SEGMENTS}/999").status == 404
    assert api.patch(SEGMENTS, [{"id": row["id"], "name": "y"}]).status == 405
    for number in range(99):
        sandbox.add("segments", name=str(number))
    assert api.post(SEGMENTS, {"name": "one more"}).status == 422


def test_segments_have_at_most_thirty_fields(api: ApiClient) -> None:
    url = f"{SEGMENTS}/custom_fields"
    made = api.post(url, [{"name": str(number), "type": "text"} for number in range(30)])
    assert made.status == 201
    first = made.json()["_embedded"]["custom_fields"][0]
    assert (first["entity_type"], first["_links"]["self"]["href"].endswith(f"{url}/{first['id']}")) == (
        "segments",
        True,
    )
    assert api.post(url, [{"name": "x", "type": "text"}]).status == 422
    assert validation_error(api.post(url, [{"name": "x", "type": "birthday"}])) == ("NotSupportedChoice", "type")
    assert validation_error(api.post(url, [{"name": "x", "type": "text", "group_id": "default"}])) == (
        "FieldNotExpected",
        "group_id",
    )
    assert api.get(f"{url}/groups").status == 404
