"""Requests of other clients, as they were seen on the wire. The service takes them, so the sandbox does, too.

Each table has the requests of one client that API v4 documents in another form, or not at all. Names, ids and values are
those of this account.
"""

from __future__ import annotations

from typing import Any

import pytest

from kommo_orm.sandbox import Sandbox, SandboxRequest, SandboxResponse
from tests.sandbox.api_client import LEADS, NOW, ApiClient, Clock, validation_error, validation_errors

PIPELINES = f"{LEADS}/pipelines"
UNSORTED = f"{LEADS}/unsorted"


@pytest.fixture
def sandbox(clock: Clock) -> Sandbox:
    """A lenient account with a row of each kind, 1001, and fields for values."""
    made = Sandbox(clock=clock, strict_queries=False, customers_mode="segments")
    made.add_field("leads", "Budget", "numeric", "BUDGET", id=551)
    made.add_field("leads", "Source", "select", "SOURCE", enums=[{"id": 71, "value": "Web"}], id=552)
    made.add_field("leads", "Signed on", "date", "SIGNED_ON", id=553)
    made.add_field("leads", "Next call", "date_time", "NEXT_CALL", id=554)
    made.add("contacts", name="Ann", custom_fields_values=[{"field_code": "PHONE", "values": [{"value": "+15550001"}]}])
    made.add("companies", name="Olive")
    made.add("leads", name="Roof", tags=["vip"])
    made.add("customers", name="Shop")
    made.add("notes", entity_type="leads", entity_id=1001, text="hello")
    made.add("tasks", entity_type="leads", entity_id=1001)
    made.add("sources", name="Site", external_id="site-1")
    made.add("catalogs", name="Cars")
    made.add("catalog_elements", catalog_id=1001, name="Fern")
    made.add("catalog_elements", catalog_id=1001, name="Otter")
    return made


def find_stage(sandbox: Sandbox) -> int:
    return next(row["id"] for row in sandbox.rows("statuses") if row["type"] == 0 and row["id"] > 143)


# amocrm-api 2.6.1 sends fields as it read them, floats of the clock, and nulls
AMOCRM_API: list[tuple[str, str, Any]] = [
    ("GET", f"{LEADS}?page=1&limit=250&with=contacts,loss_reason,tags", None),
    ("GET", f"{LEADS}?page=1&limit=250&order[updated_at]=desc&filter[updated_at][from]=1&with=tags", None),
    ("GET", "/api/v4/contacts?page=1&limit=250&with=companies,leads,tags", None),
    ("GET", "/api/v4/catalogs?page=1&limit=250&with=companies,leads,tags", None),
    ("GET", "/api/v4/tasks?page=1&limit=250&filter[entity_type]=leads&filter[entity_id]=1001", None),
    ("GET", f"{PIPELINES}/1001?with=statuses", None),
    ("GET", f"{PIPELINES}/1001/statuses?page=1&limit=250", None),
    (
        "POST",
        LEADS,
        [
            {
                "name": "One",
                "price": 5,
                "created_at": NOW + 0.246243,
                "custom_fields_values": [
                    {"field_id": 551, "values": [{"value": 100}], "field_code": "BUDGET", "field_name": "Budget"},
                    {"field_id": 552, "values": [{"value": "Web"}], "field_code": "SOURCE", "field_name": "Source"},
                    {"field_id": 553, "values": [{"value": 1767312000.0}], "field_code": "SIGNED_ON"},
                    {"field_id": 554, "values": [{"value": 1767312000.25}], "field_code": "NEXT_CALL"},
                ],
            }
        ],
    ),
    (
        "PATCH",
        f"{LEADS}/1001",
        {
            "custom_fields_values": [
                {
                    "field_id": 551,
                    "field_name": "Budget",
                    "field_code": "BUDGET",
                    "field_type": "numeric",
                    "values": [{"value": 77}],
                    "is_computed": False,
                },
                {
                    "field_id": 552,
                    "field_name": "Source",
                    "field_code": "SOURCE",
                    "field_type": "select",
                    "values": [{"value": "Web", "enum_id": 71, "enum_code": None}],
                    "is_computed": False,
                },
            ]
        },
    ),
    ("PATCH", f"{LEADS}/1001", {"_embedded": {"tags": [{"id": 1001, "name": "vip", "color": None}, {"name": "b"}]}}),
    ("POST", "/api/v4/contacts/1001/link", [{"to_entity_id": 1002, "to_entity_type": "companies", "metadata": None}]),
    ("POST", f"{LEADS}/1001/notes", [{"note_type": "common", "params": {"text": "hello"}}]),
    (
        "POST",
        "/api/v4/tasks",
        [{"text": "do it", "complete_till": NOW + 9.634468, "entity_id": 1001, "entity_type": "leads"}],
    ),
    ("POST", f"{PIPELINES}/1001/statuses", [{"name": "S1", "sort": 30, "color": "#fffeb2"}]),
    (
        "POST",
        "/api/v4/calls",
        [
            {
                "phone": "+15550001",
                "source": "pbx",
                "duration": 20.0,
                "uniq": None,
                "link": None,
                "call_status": None,
                "call_result": None,
                "direction": "inbound",
            }
        ],
    ),
    ("PATCH", "/api/v4/customers/1001", {"next_price": 5, "next_date": NOW + 0.882408, "name": "C2"}),
]
# @shevernitskiy/amo sends empty bodies, request ids everywhere, and repeats ids
AMO_FOR_NODE: list[tuple[str, str, Any]] = [
    ("GET", f"{LEADS}?with=contacts&limit=5&order[undefined]=undefined&filter[id][0]=1001&filter[id][1]=1002", None),
    (
        "POST",
        f"{LEADS}/complex",
        [
            {
                "name": "C",
                "request_id": "lead",
                "_embedded": {
                    "contacts": [{"first_name": "Ann", "request_id": "contact"}],
                    "companies": [{"name": "Q", "request_id": "company"}],
                },
            }
        ],
    ),
    (
        "POST",
        f"{UNSORTED}/forms",
        [
            {
                "request_id": "123",
                "source_name": "S",
                "source_uid": "u",
                "_embedded": {
                    "leads": [{"name": "L", "price": 5000, "request_id": "l", "_embedded": {"tags": [{"name": "t"}]}}],
                    "contacts": [{"name": "C", "request_id": "c"}],
                    "companies": [{"name": "Q", "request_id": "q"}],
                },
                "metadata": {
                    "form_id": "a",
                    "form_sent_at": 1590830520,
                    "form_name": "F",
                    "form_page": "https://x.test",
                },
            }
        ],
    ),
    ("POST", "/api/v4/tasks", [{"text": "x", "complete_till": NOW + 0.591, "entity_id": 1001, "entity_type": "leads"}]),
    ("PATCH", f"{PIPELINES}/1001", {"id": 1001, "name": "P2"}),
    (
        "POST",
        "/api/v4/calls",
        [
            {
                "direction": "inbound",
                "phone": "+15550001",
                "duration": 1,
                "source": "s",
                "uniq": "x",
                "call_responsible": None,
                "call_result": None,
            }
        ],
    ),
    ("PATCH", "/api/v4/sources", [{"id": 1001, "name": "S2", "external_id": "site-1"}]),
    (
        "POST",
        "/v1.0/sessions",
        {
            "file_name": "a.txt",
            "file_size": 3,
            "content_type": "text/plain",
            "created_by": {"id": 1001, "type": "user"},
        },
    ),
]
# amocrm-api-wrapper, amocrm-sdk and amochka
OTHERS: list[tuple[str, str, Any]] = [
    ("GET", f"{LEADS}?limit=250&page=1&filter[updated_at]=from&filter[updated_at]=to", None),
    ("GET", f"{LEADS}/notes?page=1&limit=250&order[updated_at]=asc&order[id]=asc", None),
    ("GET", "/api/v4/tasks?limit=250&filter[entity_type]=leads&filter[task_type][]=1&filter[task_type][]=2", None),
    ("GET", "/api/v4/bots?limit=250&page=1&filter[type_functionality][]=regular", None),
    (
        "POST",
        LEADS,
        [{"name": "A", "request_id": 1, "custom_fields_values": [{"field_id": 551, "values": [{"value": 1}]}]}],
    ),
    ("PATCH", LEADS, [{"id": 1001, "_embedded": {"tags": [{"id": 1001, "name": "vip"}, {"name": "new"}]}}]),
    ("PATCH", f"{LEADS}/1001", {"id": 1001, "name": "B", "price": 9}),
    ("PATCH", f"{LEADS}/1001/notes/1001", {"note_type": "common", "params": {"text": "y"}, "id": 1001}),
    (
        "POST",
        f"{LEADS}/1001/link",
        [
            {
                "to_entity_id": 1001,
                "to_entity_type": "catalog_elements",
                "metadata": {"quantity": 2, "catalog_id": 1001, "price_id": None},
            }
        ],
    ),
]
# the official client sends every key of a type, and the ids of what it changes
OFFICIAL: list[tuple[str, str, Any]] = [
    ("GET", "/api/v4/catalogs/1001/elements?page=1&limit=50&id[]=1001", None),
    ("GET", "/api/v4/tasks?filter[task_type]=1&filter[task_type_id]=1", None),
    ("GET", f"{LEADS}?with=is_price_modified_by_robot,contacts,unknown_to_all", None),
    (
        "POST",
        LEADS,
        [
            {
                "name": "A",
                "request_id": 0,
                "custom_fields_values": [
                    {
                        "field_id": 552,
                        "field_code": None,
                        "values": [{"value": None, "enum_id": 71, "enum_code": None}],
                    },
                    {"field_id": 553, "field_code": None, "values": [{"value": "2031-04-05T00:00:00+00:00"}]},
                ],
                "_embedded": {"contacts": [{"id": 1001, "is_main": True}], "companies": [{"id": 1002}]},
            }
        ],
    ),
    (
        "POST",
        f"{LEADS}/link",
        [
            {
                "entity_id": 1001,
                "entity_type": "leads",
                "to_entity_id": 1001,
                "to_entity_type": "contacts",
                "metadata": {"is_main": True},
            }
        ],
    ),
    (
        "POST",
        f"{LEADS}/1001/link",
        [
            {
                "entity_id": None,
                "entity_type": None,
                "to_entity_id": 1001,
                "to_entity_type": "contacts",
                "metadata": None,
            }
        ],
    ),
    ("PATCH", f"{PIPELINES}/1001", {"id": 1001, "name": "P2", "sort": 1, "is_main": True, "is_unsorted_on": True}),
    (
        "PATCH",
        "/api/v4/contacts/1001",
        {
            "id": 1001,
            "first_name": "Ann",
            "request_id": 0,
            "custom_fields_values": [
                {
                    "field_id": None,
                    "field_code": "PHONE",
                    "values": [{"value": "+15550002", "enum_id": None, "enum_code": "MOB"}],
                }
            ],
            "_embedded": {"tags": None},
        },
    ),
    (
        "POST",
        f"{LEADS}/custom_fields",
        [
            {
                "name": "Car",
                "type": "chained_list",
                "code": None,
                "sort": 5,
                "is_api_only": False,
                "group_id": None,
                "required_statuses": [],
                "request_id": 0,
                "chained_lists": {"1001": {"title": None, "catalog_id": 1001, "parent_catalog_id": None}},
            }
        ],
    ),
    (
        "POST",
        "/v1.0/sessions",
        {
            "file_name": "a.txt",
            "file_size": 3,
            "content_type": "text/plain",
            "file_uuid": None,
            "with_preview": True,
            "created_by": None,
        },
    ),
]


@pytest.mark.parametrize(("method", "url", "body"), [*AMOCRM_API, *AMO_FOR_NODE, *OTHERS, *OFFICIAL])
def test_the_request_of_another_client_is_taken(api: ApiClient, method: str, url: str, body: Any) -> None:
    response = api.get(url) if method == "GET" else api.request(method, url, body)
    assert response.status in (200, 201, 204), response.text


def test_a_list_of_elements_is_selected_by_top_level_ids(api: ApiClient) -> None:
    assert api.ids("/api/v4/catalogs/1001/elements?id[]=1002") == [1002]


def test_values_that_are_sent_as_they_were_read_are_stored(api: ApiClient) -> None:
    for method, url, body in AMOCRM_API:
        if method == "PATCH" and "custom_fields_values" in body:
            assert api.request(method, url, body).status == 200
    stored = api.get(f"{LEADS}/1001").json()["custom_fields_values"]
    assert [item["values"][0]["value"] for item in stored] == ["77", "Web"]


@pytest.mark.parametrize(("field", "shown"), [(553, 1767312000), (554, 1767312000)])
def test_the_fraction_of_a_time_is_dropped(api: ApiClient, field: int, shown: int) -> None:
    value = {"field_id": field, "values": [{"value": 1767312000.75}]}
    number = api.create(LEADS, {"created_at": NOW - 0.5, "custom_fields_values": [value]})
    row = api.get(f"{LEADS}/{number}").json()
    assert (row["created_at"], row["custom_fields_values"][0]["values"]) == (NOW - 1, [{"value": shown}])


def test_a_time_without_end_is_refused(sandbox: Sandbox) -> None:
    body = b'[{"created_at": 1e999, "custom_fields_values": [{"field_id": 554, "values": [{"value": 1e999}]}]}]'
    headers = {"authorization": f"Bearer {sandbox.token}"}
    response = sandbox.handle(SandboxRequest("POST", LEADS, headers=headers, body=body))
    assert [error[1:] for error in validation_errors(response)] == [
        ("InvalidType", "created_at"),
        ("InvalidType", "custom_fields_values.0.values.0.value"),
    ]


def test_a_number_as_request_id_comes_back_as_a_number(api: ApiClient) -> None:
    made = api.post(LEADS, [{"name": "A", "request_id": 7}, {"name": "B"}]).json()["_embedded"]["leads"]
    assert [row["request_id"] for row in made] == [7, "1"]
    assert validation_errors(api.post(LEADS, [{"request_id": 7, "price": "x"}])) == [(7, "InvalidType", "price")]
    refused = api.post("/api/v4/customers", [{"name": "C", "request_id": 0}])
    assert validation_error(refused) == ("InvalidType", "request_id")


@pytest.mark.parametrize("body", [[], {}, None])
def test_incoming_leads_are_accepted_and_declined_with_empty_bodies(api: ApiClient, body: Any) -> None:
    form = {"source_uid": "a", "source_name": "b", "metadata": {"form_id": "f"}}

    def create() -> str:
        return str(api.post(f"{UNSORTED}/forms", [form]).json()["_embedded"]["unsorted"][0]["uid"])

    def decide(method: str, action: str) -> SandboxResponse:
        return api.request(method, f"{UNSORTED}/{create()}/{action}", body)

    assert decide("POST", "accept").json()["category"] == "forms"
    assert decide("DELETE", "decline").json()["category"] == "forms"


def test_a_stage_is_updated_with_its_own_id_only(api: ApiClient, sandbox: Sandbox) -> None:
    stage = find_stage(sandbox)
    url = f"{PIPELINES}/1001/statuses/{stage}"
    assert api.patch(url, {"id": stage, "name": "S2", "sort": 12, "color": "#fffeb2"}).json()["name"] == "S2"
    assert validation_error(api.patch(url, {"id": 5, "name": "S3"})) == ("NotSupportedChoice", "id")
    assert validation_error(api.patch(f"{PIPELINES}/1001", {"id": 5})) == ("NotSupportedChoice", "id")


def test_the_external_id_of_a_source_is_repeated_but_not_changed(api: ApiClient) -> None:
    refused = api.patch("/api/v4/sources", [{"id": 1001, "external_id": "other"}])
    assert validation_error(refused) == ("FieldNotExpected", "external_id")


def test_an_enum_code_of_null_is_refused_as_the_service_does(api: ApiClient, sandbox: Sandbox) -> None:
    """Users of clients that send it back run into this on the service."""
    sandbox.add_field("leads", "Regions", "multiselect", enums=[{"id": 81, "value": "EU"}], id=555)
    value = {"field_id": 555, "values": [{"value": "EU", "enum_id": 81, "enum_code": None}]}
    refused = api.patch(f"{LEADS}/1001", {"custom_fields_values": [value]})
    assert validation_error(refused) == ("FieldNotExpected", "custom_fields_values.0.values.0.enum_code")


def test_what_was_read_is_not_written_back_whole(api: ApiClient) -> None:
    row = api.get(f"{LEADS}/1001").json()
    refused = {path for _, _, path in validation_errors(api.patch(f"{LEADS}/1001", row))}
    assert {"group_id", "is_deleted", "account_id", "_links", "_embedded.companies"} <= refused
