"""Orders, filters and the text search of lists."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from kommo_orm.sandbox import Sandbox, filters
from kommo_orm.sandbox.account_state import Account
from kommo_orm.sandbox.custom_field_values import StoredValues, build_text_reader
from tests.sandbox.api_client import COMPANIES, CONTACTS, LEADS, NOW, ApiClient, Clock


@pytest.fixture
def three(api: ApiClient, clock: Clock) -> list[int]:
    """Three leads of prices 10, 20 and 30, a minute apart."""
    made: list[int] = []
    for price in (10, 20, 30):
        made.append(api.create(LEADS, {"name": f"N{price}", "price": price}))
        clock.now += 60
    return made


def custom(api: ApiClient, sandbox: Sandbox, kind: str, values: list[Any], **options: Any) -> tuple[int, list[int]]:
    number = sandbox.add_field("leads", "F", kind, id=551, **options)["id"]
    made = [api.create(LEADS, {"custom_fields_values": [{"field_id": number, "values": [value]}]}) for value in values]
    api.create(LEADS, {})
    return number, made


def test_leads_are_ordered_by_updated_at_by_default(api: ApiClient, three: list[int], clock: Clock) -> None:
    api.patch(f"{LEADS}/{three[0]}", {"name": "new"})
    assert api.ids(LEADS) == [three[1], three[2], three[0]]


@pytest.mark.parametrize(
    ("order", "expected"), [("id", [2, 1, 0]), ("created_at", [2, 1, 0]), ("updated_at", [0, 2, 1])]
)
def test_leads_can_be_ordered(api: ApiClient, three: list[int], order: str, expected: list[int]) -> None:
    api.patch(f"{LEADS}/{three[0]}", {"name": "new"})
    assert api.ids(f"{LEADS}?order[{order}]=desc") == [three[index] for index in expected]


def test_contacts_ignore_the_order_by_creation(api: ApiClient, clock: Clock) -> None:
    first = api.create(CONTACTS, {"name": "B"})
    clock.now += 5
    second = api.create(CONTACTS, {"name": "A"})
    assert api.ids(f"{CONTACTS}?order[created_at]=desc") == [first, second]
    assert api.ids(f"{CONTACTS}?order[name]=asc") == [second, first]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("filter[price]=20", [1]),
        ("filter[price][from]=20", [1, 2]),
        ("filter[price][from]=20&filter[price][to]=20", [1]),
        ("filter[name]=N10", [0]),
        ("filter[name]=N1", []),
        ("filter[name][]=N10&filter[name][]=N30", [0, 2]),
        (f"filter[created_at][from]={NOW + 60}", [1, 2]),
        (f"filter[created_at][to]={NOW + 60}", [0, 1]),
        (f"filter[created_at]={NOW}", [0]),
        (f"filter[created_at][from]={NOW}.5", [1, 2]),
        ("filter[responsible_user_id]=5", []),
        ("filter[closed_at][from]=1", []),
        ("filter[price][from]=20&filter[name][]=N10", []),
        ("query=n2", [1]),
    ],
)
def test_leads_can_be_filtered(api: ApiClient, three: list[int], query: str, expected: list[int]) -> None:
    assert api.ids(f"{LEADS}?{query}") == [three[index] for index in expected]


def test_several_ids_are_alternatives_in_both_styles(api: ApiClient, three: list[int]) -> None:
    one, _, last = three
    assert api.ids(f"{LEADS}?filter[id][]={one}&filter[id][]={last}") == [one, last]
    assert api.ids(f"{LEADS}?filter[id][0]={one}&filter[id][1]={last}") == [one, last]
    assert api.ids(f"{LEADS}?filter[id]={one}&filter[id]={last}") == [last]


def test_a_stage_is_a_pair_and_won_alone_means_every_pipeline(
    api: ApiClient, sandbox: Sandbox, three: list[int]
) -> None:
    second = sandbox.add("pipelines", name="Renewals")["id"]
    main = sandbox.rows("pipelines")[0]["id"]
    for lead, pipeline in zip(three, (main, second, second), strict=True):
        api.patch(f"{LEADS}/{lead}", {"pipeline_id": pipeline, "status_id": 142})
    assert api.ids(f"{LEADS}?filter[statuses][0][status_id]=142") == three
    pair = f"filter[statuses][0][pipeline_id]={second}&filter[statuses][0][status_id]=142"
    assert api.ids(f"{LEADS}?{pair}") == three[1:]
    assert api.ids(f"{LEADS}?filter[statuses][0][pipeline_id]={second}") == three


@pytest.mark.parametrize(
    "query", ["filter[id][]=x", "filter[created_at][gte]=5", "filter[statuses]=142", "filter[price][from]=x"]
)
def test_an_invalid_filter_is_refused(api: ApiClient, query: str) -> None:
    assert api.get(f"{LEADS}?{query}").status == 400


def test_an_account_without_filters_ignores_them(clock: Clock) -> None:
    api = ApiClient(Sandbox(filters_enabled=False))
    lead = api.create(LEADS, {"price": 5})
    assert api.ids(f"{LEADS}?filter[price]=7") == [lead]
    assert api.ids(f"{LEADS}?query=nothing") == []
    account = api.get("/api/v4/account?with=is_api_filter_enabled").json()
    assert account["is_api_filter_enabled"] is False


def test_custom_fields_are_filtered_by_value_option_or_range(api: ApiClient, sandbox: Sandbox) -> None:
    number, made = custom(api, sandbox, "numeric", [{"value": 5}, {"value": "7.50"}])
    start = f"{LEADS}?filter[custom_fields_values][{number}]"
    assert api.ids(f"{start}[]=7.5") == [made[1]]
    assert api.ids(f"{start}[from]=6") == [made[1]]
    assert api.ids(f"{start}[from]=5&filter[custom_fields_values][{number}][to]=7.5") == made


def test_a_checkbox_is_filtered_by_one_and_zero(api: ApiClient, sandbox: Sandbox) -> None:
    number, made = custom(api, sandbox, "checkbox", [{"value": True}, {"value": False}])
    assert api.ids(f"{LEADS}?filter[custom_fields_values][{number}][]=1") == made[:1]


def test_options_are_filtered_by_id(api: ApiClient, sandbox: Sandbox) -> None:
    options = [{"id": 301, "value": "A"}, {"id": 302, "value": "B"}]
    number, made = custom(api, sandbox, "select", [{"enum_id": 301}, {"enum_id": 302}], enums=options)
    assert api.ids(f"{LEADS}?filter[custom_fields_values][{number}][]=302") == made[1:]


def test_phones_cannot_be_filtered_but_searched(api: ApiClient, sandbox: Sandbox) -> None:
    phone = next(
        row["id"] for row in sandbox.rows("custom_fields") if (row["code"], row["entity_type"]) == ("PHONE", "contacts")
    )
    values = [{"field_code": "PHONE", "values": [{"value": "+1 555 010-2030"}]}]
    number = api.create(CONTACTS, {"name": "Ana", "custom_fields_values": values})
    api.create(CONTACTS, {"name": "Eva"})
    assert api.get(f"{CONTACTS}?filter[custom_fields_values][{phone}][]=1").status == 400
    assert api.ids(f"{CONTACTS}?query=15550102030") == [number]


def test_an_unknown_custom_field_in_a_filter_is_refused(api: ApiClient) -> None:
    assert api.get(f"{COMPANIES}?filter[custom_fields_values][5][]=1").status == 400


def test_a_search_after_a_write_makes_the_text_of_the_written_row_only(
    api: ApiClient, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[object] = []

    def count_texts(account: Account, owner: str) -> Callable[[Mapping[int, StoredValues]], str]:
        read_texts = build_text_reader(account, owner)

        def read_and_count(stored: Mapping[int, StoredValues]) -> str:
            made.append(stored)
            return read_texts(stored)

        return read_and_count

    monkeypatch.setattr(filters, "build_text_reader", count_texts)
    for number in range(30):
        sandbox.add("contacts", name=f"Ann {number}")
    assert len(api.ids(f"{CONTACTS}?query=ann")) == 30
    made.clear()
    written = api.create(CONTACTS, {"name": "Anna"})
    api.patch(f"{CONTACTS}/1001", {"name": "Bob"})
    assert api.ids(f"{CONTACTS}?query=anna") == [written]
    assert len(made) == 2
    assert len(api.ids(f"{CONTACTS}?query=bob")) == 1
    assert len(made) == 2


def test_a_search_sees_a_renamed_option(api: ApiClient, sandbox: Sandbox) -> None:
    number, made = custom(api, sandbox, "select", [{"enum_id": 301}], enums=[{"id": 301, "value": "Lisbon"}])
    assert api.ids(f"{LEADS}?query=lisbon") == made
    api.patch(f"{LEADS}/custom_fields/{number}", {"enums": [{"id": 301, "value": "Porto"}]})
    assert api.get(f"{LEADS}?query=lisbon").status == 204
    assert api.ids(f"{LEADS}?query=porto") == made
