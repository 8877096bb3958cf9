from __future__ import annotations

from typing import Any

import pytest

from kommo_orm.sandbox import Sandbox
from tests.sandbox.api_client import LEADS, ApiClient, validation_error

TAGS = f"{LEADS}/tags"


def attached(api: ApiClient) -> list[str]:
    return [tag["name"] for tag in api.rows(LEADS)[0]["_embedded"]["tags"]]


@pytest.fixture
def lead(api: ApiClient) -> int:
    return api.create(LEADS, {"_embedded": {"tags": [{"name": "a"}, {"name": "b"}]}})


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"_embedded": {"tags": [{"name": "c"}]}}, ["c"]),
        ({"_embedded": {"tags": None}}, []),
        ({"_embedded": {"tags": []}}, []),
        ({"tags_to_add": [{"name": "c"}, {"name": "a"}]}, ["a", "b", "c"]),
        ({"tags_to_delete": [{"name": "a"}, {"name": "unknown"}]}, ["b"]),
        ({"tags_to_add": [{"name": "c"}], "tags_to_delete": [{"name": "a"}]}, ["b", "c"]),
        ({"_embedded": {"tags": [{"name": "d"}]}, "tags_to_add": [{"name": "c"}]}, ["d"]),
        ({"name": "other"}, ["a", "b"]),
    ],
)
def test_a_write_sets_the_tags_of_a_card(
    api: ApiClient, lead: int, change: dict[str, Any], expected: list[str]
) -> None:
    api.patch(f"{LEADS}/{lead}", change)
    assert attached(api) == expected


@pytest.mark.parametrize(
    ("reference", "code", "path"),
    [
        ({"name": "c", "request_id": "0"}, "FieldNotExpected", "request_id"),
        ({"name": "c", "color": "EBEBEB"}, "FieldNotExpected", "color"),
        ({"name": ""}, "InvalidValue", "name"),
        ({"id": 5}, "NotSupportedChoice", "id"),
        ({}, "FieldMissing", "name"),
    ],
)
def test_a_tag_is_an_id_or_a_name_and_nothing_else(
    api: ApiClient, lead: int, reference: dict[str, Any], code: str, path: str
) -> None:
    refused = api.patch(f"{LEADS}/{lead}", {"_embedded": {"tags": [reference]}})
    assert validation_error(refused) == (code, f"_embedded.tags.0.{path}")


@pytest.mark.parametrize("name", ["", "  "])
def test_a_tag_needs_a_name_that_is_not_blank(api: ApiClient, lead: int, name: str) -> None:
    assert validation_error(api.post(f"{LEADS}/tags", [{"name": name}])) == ("InvalidValue", "name")
    refused = api.patch(f"{LEADS}/{lead}", {"tags_to_add": [{"name": name}]})
    assert validation_error(refused) == ("InvalidValue", "tags_to_add.0.name")


def test_a_tag_may_be_sent_back_as_it_was_read(api: ApiClient, lead: int) -> None:
    read = api.get(f"{LEADS}/{lead}").json()["_embedded"]["tags"]
    assert {"id", "name", "color"} <= read[0].keys()
    assert api.patch(f"{LEADS}/{lead}", {"_embedded": {"tags": [*read, {"name": "new"}]}}).status == 200
    assert attached(api) == [*(tag["name"] for tag in read), "new"]


def test_tags_to_delete_are_for_updates(api: ApiClient) -> None:
    assert validation_error(api.post(LEADS, [{"tags_to_delete": []}])) == ("FieldNotExpected", "tags_to_delete")


def test_each_kind_has_its_own_tags(api: ApiClient, sandbox: Sandbox) -> None:
    of_contacts = sandbox.add("tags", entity_type="contacts", name="vip")["id"]
    of_leads = sandbox.add("tags", entity_type="leads", name="vip")["id"]
    assert of_contacts != of_leads
    assert validation_error(api.post(LEADS, [{"tags_to_add": [{"id": of_contacts}]}]))[0] == "NotSupportedChoice"


def test_tags_are_created_listed_and_searched(api: ApiClient) -> None:
    body = [{"name": "vip", "color": "FFCE5A", "request_id": "t"}, {"name": "partner"}]
    answer = api.post(TAGS, body).json()
    assert answer == {
        "_total_items": 2,
        "_embedded": {
            "tags": [
                {"id": 1001, "name": "vip", "color": "FFCE5A", "request_id": "t"},
                {"id": 1002, "name": "partner", "request_id": "1"},
            ]
        },
    }
    assert api.rows(f"{TAGS}?query=PART") == [{"id": 1002, "name": "partner", "color": None}]
    assert api.ids(f"{TAGS}?filter[name]=vip") == [1001]
    assert api.create(TAGS, {"name": "vip"}) == 1001


def test_only_lead_tags_have_colours_of_the_palette(api: ApiClient) -> None:
    assert validation_error(api.post(TAGS, [{"name": "a", "color": "123456"}])) == ("NotSupportedChoice", "color")
    assert validation_error(api.post("/api/v4/contacts/tags", [{"name": "a", "color": "FFCE5A"}])) == (
        "FieldNotExpected",
        "color",
    )


def test_renaming_a_tag_shows_on_every_lead(api: ApiClient, lead: int) -> None:
    assert attached(api) == ["a", "b"]
    number = api.ids(f"{TAGS}?filter[name]=a")[0]
    assert api.patch(f"{TAGS}/{number}", {"name": "z"}).status == 200
    assert attached(api) == ["z", "b"]
