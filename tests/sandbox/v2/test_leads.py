from __future__ import annotations

from typing import Any

import pytest

from kommo_orm.sandbox import Sandbox
from tests.sandbox.api_client import NOW, Clock
from tests.sandbox.v2.api_v2_client import (
    COMPANIES,
    CONFLICT,
    CONTACTS,
    LEADS,
    ApiV2Client,
    get_error_code,
    get_sandbox_detail,
)


def test_a_lead_of_v2_is_seen_over_v4(api: ApiV2Client, sandbox: Sandbox) -> None:
    number = api.add(LEADS, name="Pump", sale="1500", tags="vip,paid")
    shown = api.get(f"/api/v4/leads/{number}").json()
    assert (shown["name"], shown["price"]) == ("Pump", 1500)
    assert [tag["name"] for tag in shown["_embedded"]["tags"]] == ["vip", "paid"]


def test_a_lead_of_v4_is_seen_over_v2(api: ApiV2Client, sandbox: Sandbox) -> None:
    lead = sandbox.add("leads", name="Roof", price=10, tags=["hot"])
    shown = api.item(f"{LEADS}?id={lead['id']}")
    assert (shown["name"], shown["sale"], shown["pipeline"]["id"]) == ("Roof", 10, lead["pipeline_id"])
    assert [tag["name"] for tag in shown["tags"]] == ["hot"]


def test_every_key_of_a_new_lead(api: ApiV2Client, sandbox: Sandbox) -> None:
    number = api.add(LEADS, name="Pump")
    owner, account = sandbox.users[0]["id"], sandbox.account.id
    shown = api.item(f"{LEADS}?id={number}")
    pipeline = shown["pipeline"]["id"]
    assert shown == {
        "id": number,
        "name": "Pump",
        "responsible_user_id": owner,
        "created_by": owner,
        "created_at": NOW,
        "updated_at": NOW,
        "account_id": account,
        "status_id": shown["status_id"],
        "is_deleted": False,
        "main_contact": {},
        "group_id": 0,
        "company": {},
        "closed_at": 0,
        "closest_task_at": 0,
        "tags": [],
        "custom_fields": [],
        "contacts": {},
        "sale": 0,
        "pipeline": {"id": pipeline, "_links": link(f"/api/v2/pipelines?id={pipeline}")},
        "_links": link(f"/api/v2/leads?id={number}"),
    }


def link(href: str, method: str = "get") -> dict[str, Any]:
    return {"self": {"href": href, "method": method}}


def test_links_are_written_inside_the_lead(api: ApiV2Client) -> None:
    ann, bob = api.add(CONTACTS, name="Ann"), api.add(CONTACTS, name="Bob")
    firm = api.add(COMPANIES, name="Fern")
    number = api.add(LEADS, name="Pump", contacts_id=[ann, str(bob)], company_id=firm, main_contact_id=bob)
    shown = api.item(f"{LEADS}?id={number}")
    assert shown["contacts"]["id"] == [ann, bob]
    assert (shown["main_contact"]["id"], shown["company"]["name"]) == (bob, "Fern")
    api.write(
        LEADS, update=[{"id": number, "updated_at": NOW + 1, "unlink": {"contacts_id": [bob], "company_id": firm}}]
    )
    shown = api.item(f"{LEADS}?id={number}")
    assert (shown["contacts"]["id"], shown["main_contact"]["id"], shown["company"]) == ([ann], ann, {})
    api.write(LEADS, update=[{"id": number, "updated_at": NOW + 2, "contacts_id": f"{bob}"}])
    assert api.item(f"{LEADS}?id={number}")["contacts"]["id"] == [ann, bob]  # others stay


def test_a_lead_has_at_most_forty_contacts(api: ApiV2Client, sandbox: Sandbox) -> None:
    people = [sandbox.add("contacts", name=f"P{at}")["id"] for at in range(41)]
    number = api.add(LEADS, name="Full", contacts_id=people[:40])
    answer = api.write(LEADS, add=[{"name": "Over", "contacts_id": people, "request_id": 9}])
    assert answer["items"] == []
    assert answer["errors"]["add"][0] | {"msg": ""} == {"code": 330, "msg": "", "request_id": 9}
    answer = api.write(LEADS, update=[{"id": number, "updated_at": NOW + 1, "contacts_id": people[40]}])
    assert answer["errors"]["update"][str(number)]["code"] == 330


def test_the_stage_decides_the_pipeline(api: ApiV2Client, sandbox: Sandbox) -> None:
    other = sandbox.add("pipelines", name="Second")
    stage = sandbox.add("statuses", pipeline_id=other["id"], name="Begun")["id"]
    main = next(row["id"] for row in sandbox.rows("pipelines") if row["is_main"])
    number = api.add(LEADS, name="Pump", status_id=stage, pipeline_id=main)
    assert api.item(f"{LEADS}?id={number}")["pipeline"]["id"] == other["id"]
    won = api.add(LEADS, name="Won", status_id="142", pipeline_id=str(other["id"]))
    shown = api.item(f"{LEADS}?id={won}")
    assert (shown["pipeline"]["id"], shown["status_id"], shown["closed_at"]) == (other["id"], 142, NOW)
    incoming = next(row["id"] for row in sandbox.rows("statuses") if row["type"] == 1)
    assert api.write(LEADS, add=[{"name": "Back", "status_id": incoming}])["errors"]["add"][0]["code"] == 400


def test_an_update_must_be_newer_than_the_stored_row(api: ApiV2Client, clock: Clock) -> None:
    number = api.add(LEADS, name="Pump")
    for stale in ({}, {"updated_at": NOW}, {"updated_at": NOW - 9}):
        answer = api.write(LEADS, update=[{"id": number, "name": "Late", **stale}])
        assert answer == {"items": [], "errors": {"update": {str(number): CONFLICT}}}
    answer = api.write(LEADS, update=[{"id": number, "name": "New", "updated_at": NOW + 5}])
    [row] = answer["items"]
    assert (row["request_id"], row["updated_at"]) == (number, (NOW + 5) * 1000)
    assert api.item(f"{LEADS}?id={number}")["updated_at"] == NOW + 5
    clock.now = NOW + 3  # a client that sends plain now conflicts with the one that sent now + 5
    assert "errors" in api.write(LEADS, update=[{"id": number, "updated_at": int(clock.now)}])


def test_add_and_update_in_one_request_fail_item_by_item(api: ApiV2Client) -> None:
    number = api.add(LEADS, name="Pump")
    add = [{"name": "A", "request_id": 70}, {"name": "B", "contacts_id": [9]}, {"name": "C"}]
    update = [{"id": number, "updated_at": NOW}, {"id": 77, "updated_at": NOW + 1}]
    answer = api.write(LEADS, add=add, update=update)
    assert [row["request_id"] for row in answer["items"]] == [70, 2]
    assert answer["errors"]["add"] == [{"code": 400, "msg": "contacts_id: contacts 9 not found", "request_id": 1}]
    assert answer["errors"]["update"] == {str(number): CONFLICT, "77": {"code": 282, "msg": "Entity not found"}}


def test_limit_rows_and_limit_offset(api: ApiV2Client, sandbox: Sandbox) -> None:
    ids = [sandbox.add("leads", name=f"L{at}")["id"] for at in range(5)]
    assert api.numbers(LEADS) == ids
    assert api.numbers(f"{LEADS}?limit_rows=2&limit_offset=2") == ids[2:4]
    assert api.numbers(f"{LEADS}?limit_offset=2") == ids  # means nothing alone
    assert api.get(f"{LEADS}?limit_rows=2&limit_offset=5").status == 204
    answer = api.get(f"{LEADS}?limit_rows=2")
    assert answer.headers["content-type"] == "application/hal+json"
    assert answer.headers["runtime-timestamp"] == str(NOW)
    assert answer.json()["_links"] == link("/api/v2/leads?limit_rows=2")
    assert set(answer.json()) == {"_links", "_embedded"}


def test_a_list_has_at_most_five_hundred_rows(api: ApiV2Client) -> None:
    api.write(LEADS, add=[{"name": f"L{at}"} for at in range(500)])
    api.add(LEADS, name="One more")
    assert len(api.items(f"{LEADS}?limit_rows=900")) == 500
    answer = api.post(LEADS, {"add": [{"name": "x"}] * 501})
    assert answer.status == 504
    assert len(api.items(f"{LEADS}?limit_rows=500&limit_offset=500")) == 1


def test_a_filter_by_id_switches_off_other_filters(api: ApiV2Client) -> None:
    a, b, c = (api.add(LEADS, name=name) for name in "abc")
    assert api.numbers(f"{LEADS}?id={a},{b}") == [a, b]
    assert api.numbers(f"{LEADS}?id[]={a}&id[]={c}") == [a, c]
    assert api.numbers(f"{LEADS}?id[0]={a}&query=zzz&responsible_user_id=5") == [a]
    assert api.get(f"{LEADS}?id=99").status == 204


def test_leads_are_filtered(api: ApiV2Client, sandbox: Sandbox, clock: Clock) -> None:
    first = api.add(LEADS, name="ApiV2Client pump")
    clock.now = NOW + 100
    second = api.add(LEADS, name="New roof", status_id=142)
    sandbox.add("tasks", entity_type="leads", entity_id=first)
    assert api.numbers(f"{LEADS}?filter[date_create][from]={NOW + 1}") == [second]
    assert api.numbers(f"{LEADS}?filter[date_create][to]={NOW + 1}&filter[active]=1") == [first]
    assert api.numbers(f"{LEADS}?filter[date_modify][from]={NOW}&filter[date_modify][to]={NOW + 5}") == [first]
    assert api.numbers(f"{LEADS}?filter[tasks]=1") == [second]
    assert api.numbers(f"{LEADS}?filter[tasks]=2") == [first]
    assert api.numbers(f"{LEADS}?status=142") == [second]
    assert api.numbers(f"{LEADS}?status[]=142&status[]=143") == [second]
    assert api.numbers(f"{LEADS}?query=roof") == [second]
    assert api.get(f"{LEADS}?responsible_user_id[]=5").status == 204


@pytest.mark.parametrize("zone", ["", " GMT", " UTC"])
def test_if_modified_since_shows_changed_rows(api: ApiV2Client, clock: Clock, zone: str) -> None:
    api.add(LEADS, name="ApiV2Client")
    clock.now = NOW + 10
    new = api.add(LEADS, name="New")
    moment = f"Fri, 15 Jan 2027 08:00:00{zone}"  # NOW
    assert api.numbers(LEADS, If_Modified_Since=moment) == [new]
    assert "2027-01-15" in get_sandbox_detail(api.get(LEADS, If_Modified_Since="2027-01-15"))


def test_deleted_leads_have_four_keys(api: ApiV2Client, sandbox: Sandbox) -> None:
    number = api.add(LEADS, name="Pump")
    sandbox.trash("leads", number)
    assert api.get(LEADS).status == 204
    user = sandbox.users[0]["id"]
    expected = {"id": number, "updated_at": NOW, "updated_by": user, "is_deleted": True}
    assert api.items(f"{LEADS}?with=only_deleted") == [expected]


def test_with_adds_keys(api: ApiV2Client, sandbox: Sandbox) -> None:
    reason = sandbox.add("loss_reasons", name="Price")["id"]
    stock = sandbox.add("catalogs", name="Stock")["id"]
    pen = sandbox.add("elements", catalog_id=stock, name="Pen")["id"]
    number = api.add(
        LEADS, name="Lost", status_id=143, loss_reason_id=reason, catalog_elements_id={str(stock): {str(pen): "10"}}
    )
    withs = "catalog_elements_links,loss_reason_name,is_price_modified_by_robot"
    shown = api.item(f"{LEADS}?id={number}&with={withs}")
    assert shown["_embedded"] == {"catalog_elements_links": [{"id": pen, "catalog_id": stock, "quantity": 10}]}
    assert (shown["loss_reason_id"], shown["loss_reason_name"]) == (reason, "Price")
    assert shown["is_price_modified_by_robot"] is False
    change = {"id": number, "updated_at": NOW + 1, "catalog_elements_id": {str(stock): {str(pen): 3}}}
    api.write(LEADS, update=[change])
    api.write(LEADS, update=[{"id": number, "updated_at": NOW + 2, "catalog_elements_id": []}])  # says nothing
    shown = api.item(f"{LEADS}?id={number}&with=catalog_elements_links")
    assert shown["_embedded"]["catalog_elements_links"][0]["quantity"] == 3
    assert "_embedded" not in api.item(f"{LEADS}?id={number}")


def test_a_write_replaces_all_tags(api: ApiV2Client) -> None:
    number = api.add(LEADS, name="Pump", tags="vip, paid")
    tags = api.item(f"{LEADS}?id={number}")["tags"]

    def after(at: int, given: Any) -> list[str]:
        assert "errors" not in api.write(LEADS, update=[{"id": number, "updated_at": NOW + at, "tags": given}])
        return [tag["name"] for tag in api.item(f"{LEADS}?id={number}")["tags"]]

    assert after(1, ["new"]) == ["new"]
    assert after(2, [tags[0]["id"]]) == ["vip"]
    assert after(3, "") == []
    assert "empty array" in get_sandbox_detail(
        api.post(LEADS, {"update": [{"id": number, "updated_at": 1, "tags": []}]})
    )
    assert (
        get_error_code(api.post(LEADS, {"update": [{"id": number, "updated_at": 1, "tags": [{"name": "x"}]}]})) == "400"
    )


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, "214"),
        (None, "214"),
        ({"add": []}, "213"),
        ({"update": []}, "216"),
        ({"update": [{"name": "x", "updated_at": 5}]}, "217"),
        ({"add": {"name": "x"}}, "213"),
        ({"add": ["x"]}, "400"),
        ({"add": [{"sale": 1}]}, "400"),
        ({"add": [{"name": ""}]}, "400"),
        ({"add": [{"name": "x", "sale": "much"}]}, "400"),
        ({"add": [{"name": "x", "responsible_user_id": 5}]}, "400"),
        ({"add": [{"name": "x", "request_id": "a"}]}, "400"),
        ({"add": [{"name": "x", "custom_fields": [{"id": 5, "values": [{"value": "1"}]}]}]}, "240"),
        ({"add": [{"name": "x", "catalog_elements_id": {"1": {"2": 3}}}]}, "400"),
        (["add"], "400"),
    ],
)
def test_a_wrong_structure_refuses_the_request(api: ApiV2Client, body: Any, expected: str) -> None:
    if isinstance(body, dict) and "add" in body and isinstance(body["add"], list):
        body = {**body, "add": [{"name": "fine"}, *body["add"]]} if body["add"] else body
    assert get_error_code(api.post(LEADS, body)) == expected
    assert api.get(LEADS).status == 204


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"add": [{"name": "x", "price": 5}]}, "price"),
        ({"add": [{"name": "x", "unlink": {}}]}, "unlink"),
        ({"add": [{"name": "x"}], "delete": [1]}, "delete"),
        ({"update": [{"id": 1, "updated_at": 1, "unlink": {"leads_id": [1]}}]}, "leads_id"),
        ({"add": [{"name": "x", "custom_fields_values": []}]}, "custom_fields_values"),
    ],
)
def test_unknown_keys_are_refused_by_name(api: ApiV2Client, body: Any, named: str) -> None:
    assert f"does not know {named}" in get_sandbox_detail(api.post(LEADS, body))


@pytest.mark.parametrize(
    "query", ["limit=5", "page=1", "order[id]=asc", "filter[id]=1", "with=contacts", "filter[active]=2"]
)
def test_unknown_parameters_are_refused_by_name(api: ApiV2Client, sandbox: Sandbox, query: str) -> None:
    get_sandbox_detail(api.get(f"{LEADS}?{query}"))
    sandbox.strict_queries = False
    assert api.get(f"{LEADS}?{query}").status == 204


def test_a_form_is_read_like_json(api: ApiV2Client) -> None:
    answer = api.form(LEADS, ("add[0][name]", "Pump"), ("add[0][sale]", "12"), ("add[0][tags]", "a,b"))
    assert answer.status == 200
    shown = api.item(LEADS)
    assert (shown["name"], shown["sale"], len(shown["tags"])) == ("Pump", 12, 2)


def test_rights_are_checked_item_by_item(api: ApiV2Client, sandbox: Sandbox) -> None:
    user = sandbox.add(
        "users", name="Eve", rights={"leads": {"view": "A", "edit": "M", "add": "A", "delete": "D", "export": "D"}}
    )
    mine, other = api.add(LEADS, name="Mine", responsible_user_id=user["id"]), api.add(LEADS, name="Other")
    headers = {"X_Context_User_ID": str(user["id"])}
    changes = [{"id": number, "updated_at": NOW + 1, "sale": 1} for number in (mine, other)]
    answer = api.post(LEADS, {"update": changes}, **headers).json()["_embedded"]
    assert [row["id"] for row in answer["items"]] == [mine]
    assert answer["errors"] == {"update": {str(other): {"code": 244, "msg": "No rights"}}}
    refused = api.post(CONTACTS, {"add": [{"name": "Ann"}]}, **headers).json()["_embedded"]
    assert refused["errors"]["add"] == [{"code": 244, "msg": "No rights", "request_id": 0}]
