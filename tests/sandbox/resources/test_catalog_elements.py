from __future__ import annotations

import pytest

from kommo_orm.sandbox import Sandbox
from tests.sandbox.api_client import NOW, ApiClient, Clock, validation_error

CATALOGS = "/api/v4/catalogs"


@pytest.fixture
def catalog(sandbox: Sandbox) -> int:
    return int(sandbox.add("catalogs", name="Cars")["id"])


def test_a_write_returns_the_whole_element(api: ApiClient, catalog: int) -> None:
    url = f"{CATALOGS}/{catalog}/elements"
    [row] = api.post(url, [{"name": "Lamp", "request_id": "l"}]).json()["_embedded"]["elements"]
    assert row.items() >= {"name": "Lamp", "catalog_id": catalog, "is_deleted": None, "request_id": "l"}.items()
    assert row["custom_fields_values"] is None
    assert validation_error(api.post(url, [{}])) == ("FieldMissing", "name")


def test_is_deleted_is_accepted_and_ignored(api: ApiClient, catalog: int, clock: Clock) -> None:
    url = f"{CATALOGS}/{catalog}/elements"
    number = api.create(url, {"name": "Lamp"})
    clock.now += 5
    row = api.patch(f"{url}/{number}", {"is_deleted": True}).json()
    assert (row["is_deleted"], row["updated_at"]) == (False, NOW)


def test_elements_are_found_by_id_and_text_in_their_list_only(api: ApiClient, sandbox: Sandbox, catalog: int) -> None:
    other = sandbox.add("catalogs", name="Vans")["id"]
    lamp = sandbox.add("elements", catalog_id=catalog, name="Blue lamp")["id"]
    table = sandbox.add("elements", catalog_id=catalog, name="Oak table")["id"]
    url = f"{CATALOGS}/{catalog}/elements"
    assert api.ids(f"{url}?query=lamp") == [lamp]
    assert api.ids(f"{url}?filter[id][]={table}") == [table]
    assert api.get(f"{CATALOGS}/{other}/elements").status == 204
    assert api.get(f"{CATALOGS}/{other}/elements/{lamp}").status == 204
    assert validation_error(api.patch(f"{CATALOGS}/{other}/elements/{lamp}", {"name": "x"})) == (
        "NotSupportedChoice",
        "id",
    )
    assert api.get(f"{CATALOGS}/5/elements").status == 404


def test_elements_can_be_updated_in_a_batch(api: ApiClient, sandbox: Sandbox, catalog: int, clock: Clock) -> None:
    url = f"{CATALOGS}/{catalog}/elements"
    lamp, table = api.create(url, {"name": "Lamp"}), api.create(url, {"name": "Table"})
    clock.now += 5
    rows = api.patch(url, [{"id": lamp, "name": "Lamp 2"}, {"id": table}]).json()["_embedded"]["elements"]
    assert [(row["name"], row["updated_at"] - NOW) for row in rows] == [("Lamp 2", 5), ("Table", 0)]
    assert validation_error(api.patch(url, [{"name": "Lamp"}])) == ("FieldMissing", "id")
