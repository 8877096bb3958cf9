"""`save()`: what changed and nothing else (rule 1), a create that is never a second one (rule 2), and the object afterwards."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from kommo_orm import (
    BadRequest,
    Company,
    ConfigurationError,
    Contact,
    Kommo,
    Lead,
    NotFound,
    NotLoaded,
    QueryError,
    StaleObject,
)
from kommo_orm.sandbox import Sandbox
from tests.account import (
    BUDGET,
    REGIONS,
    Caller,
    Deal,
    Person,
    asked,
    bodies,
    field_id,
    furnished,
    option_id,
    sent,
    value_in,
)
from tests.sandbox.api_client import NOW, Clock


@pytest.fixture
def deal(kommo: Kommo, sandbox: Sandbox) -> Deal:
    made = Deal(name="Roof", price=900, budget=500, source="web", regions=["EU"], remark="x", signed=date(2026, 3, 1))
    made.save()
    found = Deal.objects.get(made.id)
    sandbox.log.clear()
    return found


def fields(*entries: tuple[int, list[dict[str, Any]] | None]) -> dict[str, Any]:
    return {"custom_fields_values": [{"field_id": field, "values": values} for field, values in entries]}


# ---- what is sent
@pytest.mark.parametrize(
    ("name", "value", "body"),
    [
        ("name", "Wall", {"name": "Wall"}),
        ("price", 1000, {"price": 1000}),
        ("price", Decimal("9.90"), {"price": 9.9}),
        ("created_by", 0, {"created_by": 0}),
        ("closed_at", datetime(2026, 1, 1, tzinfo=UTC), {"closed_at": 1767225600}),
        ("budget", 7, fields((BUDGET, [{"value": "7"}]))),
        ("budget", None, fields((BUDGET, None))),
        ("regions", [], fields((REGIONS, None))),
    ],
    ids=repr,
)
def test_one_changed_field_is_one_patch_with_only_that_field(deal: Deal, sandbox: Sandbox, name, value, body):
    setattr(deal, name, value)
    deal.save()
    assert sent(sandbox) == [("PATCH", f"/api/v4/leads/{deal.id}", body)]
    assert asked(sandbox) == []
    assert deal.changes == {}


def test_custom_fields_by_name_code_and_id_are_sent_by_id(deal: Deal, sandbox: Sandbox):
    deal.source, deal.remark, deal.signed = "call", "y", date(2026, 3, 2)
    deal.regions.append("US")
    deal.save()
    eu, us = option_id(sandbox, "Regions", "EU"), option_id(sandbox, "Regions", "US")
    assert bodies(sandbox) == [
        fields(
            (field_id(sandbox, "Source"), [{"enum_id": option_id(sandbox, "Source", "call")}]),
            (field_id(sandbox, "Remark"), [{"value": "y"}]),
            (field_id(sandbox, "Signed on"), [{"value": "2026-03-02T00:00:00+00:00"}]),
            (REGIONS, [{"enum_id": eu}, {"enum_id": us}]),
        )
    ]
    assert Deal.objects.get(deal.id).signed == date(2026, 3, 2)


def test_no_change_no_request(deal: Deal, sandbox: Sandbox):
    assert deal.model_dump()
    deal.price = 900
    deal.regions.append("US")
    deal.regions.remove("US")
    deal.tags.add("x")
    deal.tags.remove("x")
    deal.contacts.add(5)
    deal.contacts.remove(5)
    deal.save()
    deal.save(refresh=False, only=["price"])
    assert len(sandbox.log) == 0


def test_everything_changed_is_one_patch(deal: Deal, sandbox: Sandbox):
    deal.name, deal.price, deal.remark = "Wall", 5, "y"
    deal.tags.add("vip")
    deal.custom_fields["Size"] = 3
    deal.save()
    [(method, path, body)] = sent(sandbox)
    assert (method, path) == ("PATCH", f"/api/v4/leads/{deal.id}")
    assert body.keys() == {"name", "price", "custom_fields_values", "tags_to_add"}
    assert len(body["custom_fields_values"]) == 2


def test_a_phone_replaces_the_first_and_keeps_the_rest(kommo: Kommo, sandbox: Sandbox):
    caller = Caller(name="Ann", phones=[{"value": "+1", "kind": "MOB"}, "+2"])
    caller.save()
    person = Person.objects.get(caller.id)
    person.phone = "+9"
    person.save()
    [body] = bodies(sandbox)
    assert [value["value"] for value in body["custom_fields_values"][0]["values"]] == ["+9", "+2"]
    assert [(phone.value, phone.kind) for phone in Caller.objects.get(caller.id).phones] == [
        ("+9", "MOB"),
        ("+2", "WORK"),
    ]


def test_a_reference_is_patched_and_never_posted(deal: Deal, sandbox: Sandbox):
    Lead(id=deal.id, price=3).save()
    Deal(id=deal.id, budget=4).save()
    assert sent(sandbox) == [
        ("PATCH", f"/api/v4/leads/{deal.id}", {"price": 3}),
        ("PATCH", f"/api/v4/leads/{deal.id}", fields((BUDGET, [{"value": "4"}]))),
    ]
    Lead(id=deal.id).save()
    assert len(sandbox.log) == 2


def test_a_reference_sends_what_was_given_even_if_it_is_none(deal: Deal, sandbox: Sandbox):
    reference = Deal(id=deal.id, budget=None, regions=[])
    reference.save()
    assert bodies(sandbox) == [fields((BUDGET, None), (REGIONS, None))]
    assert value_in(sandbox, "leads", deal.id, "Budget") is None


def test_only_some_fields_are_sent_and_the_others_stay_pending(deal: Deal, sandbox: Sandbox):
    deal.name, deal.price = "Wall", 5
    deal.regions.append("US")
    deal.tags.add("vip")
    deal.contacts.add(sandbox.add("contacts", name="Ann")["id"])
    deal.custom_fields["Size"] = 3
    deal.save(only=["price"])
    assert sent(sandbox) == [("PATCH", f"/api/v4/leads/{deal.id}", {"price": 5})]
    assert deal.changes.keys() == {"name", "regions", "tags", "contacts", "custom_fields['Size']"}
    deal.save(only=["tags", "regions"])
    assert bodies(sandbox)[-1].keys() == {"tags_to_add", "custom_fields_values"}
    assert deal.changes.keys() == {"name", "contacts", "custom_fields['Size']"}
    deal.save()
    assert deal.changes == {}
    assert value_in(sandbox, "leads", deal.id, "Size") == ["3"]


def test_only_the_company_is_named_as_it_is_read(deal: Deal, sandbox: Sandbox):
    deal.company = Company(name="Olive")
    deal.name = "Wall"
    deal.save(only=["company"])
    assert deal.changes.keys() == {"name"}
    assert deal.company_id == sandbox.rows("companies")[0]["id"]


def test_only_names_what_there_is(deal: Deal, sandbox: Sandbox):
    deal.price = 5
    with pytest.raises(ConfigurationError, match=r"save\(only=...\) names 'prise', which is no field of Deal"):
        deal.save(only=["prise"])
    assert len(sandbox.log) == 0
    assert deal.price == 5


def test_to_payload_shows_the_body_and_sends_no_request(deal: Deal, sandbox: Sandbox):
    assert deal.to_payload() == {}
    deal.price = 5
    deal.source = "call"
    assert deal.to_payload() == {"price": 5} | fields(
        (field_id(sandbox, "Source"), [{"enum_id": option_id(sandbox, "Source", "call")}])
    )
    assert len(sandbox.log) == 0
    assert Deal(remark="x", id=5).changes
    assert Deal(id=5, remark="x").to_payload() == fields((field_id(sandbox, "Remark"), [{"value": "x"}]))
    assert Person(id=5, phone="+1").to_payload() == {
        "custom_fields_values": [{"field_code": "PHONE", "values": [{"value": "+1", "enum_code": "WORK"}]}]
    }


def test_values_changed_in_place_to_nonsense_are_refused_before_anything_is_sent(deal: Deal, sandbox: Sandbox):
    deal.regions.append(5.5)  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match=rf"Deal {deal.id}: the value of 'regions' cannot be sent"):
        deal.save()
    assert len(sandbox.log) == 0


# ---- afterwards
def test_a_saved_object_is_clean_and_its_updated_at_has_moved():
    clock = Clock()
    sandbox = furnished(clock=clock)
    with sandbox.connect():
        lead = Lead.objects.get(sandbox.add("leads", name="Roof")["id"])
        assert lead.updated_at == datetime.fromtimestamp(NOW, UTC)
        clock.now += 60
        lead.name = "Wall"
        lead.save()
    assert lead.updated_at == datetime.fromtimestamp(NOW + 60, UTC)
    assert (lead.name, lead.changes) == ("Wall", {})


def test_a_create_fills_the_id_and_what_the_answer_brings(kommo: Kommo, sandbox: Sandbox):
    contact = Contact(first_name="Ann", last_name="Ruiz")
    contact.save()
    assert (contact.is_new, contact.pk, contact.account_name) == (
        False,
        sandbox.rows("contacts")[0]["id"],
        "sandbox.kommo.com",
    )
    assert contact.is_deleted is False
    assert contact.changes == {}
    with pytest.raises(NotLoaded):
        contact.name  # noqa: B018


def test_a_create_is_never_a_second_one(kommo: Kommo, sandbox: Sandbox):
    deal = Deal(name="Roof", budget=5)
    deal.save()
    deal.save()
    deal.price = 7
    deal.save()
    assert [method for method, _, _ in sent(sandbox)] == ["POST", "PATCH"]
    assert bodies(sandbox) == [{"price": 7}]


def test_what_the_service_computes_stays_as_read_until_refresh(kommo: Kommo, sandbox: Sandbox):
    contact = Contact.objects.get(sandbox.add("contacts", name="Ann Ruiz")["id"])
    assert contact.name == "Ann Ruiz"
    contact.first_name = "Anna"
    contact.save()
    assert contact.name == "Anna"  # its answer tells the name
    assert contact.first_name == "Anna"
    lead = Lead.objects.get(sandbox.add("leads", name="Roof", status_id=142)["id"])
    first = sandbox.rows("pipelines")[0]["_embedded"]["statuses"][1]["id"]
    assert lead.closed_at is not None
    lead.status_id = first
    lead.save()
    assert lead.closed_at is not None
    lead.refresh()
    assert lead.closed_at is None


def test_save_can_read_the_row_again(kommo: Kommo, sandbox: Sandbox):
    lead = Lead(name="Roof")
    lead.save(refresh=True)
    assert (lead.price, lead.contacts.ids) == (0, ())
    assert asked(sandbox) == [f"/api/v4/leads/{lead.id}"]
    lead.name, lead.price = "Wall", 5
    lead.save(only=["price"], refresh=True)
    assert lead.changes == {"name": ("Roof", "Wall")}
    assert lead.price == 5


def test_save_can_refuse_to_overwrite_what_changed_meanwhile(sandbox: Sandbox):
    clock = Clock()
    sandbox = furnished(clock=clock)
    with sandbox.connect():
        lead = Lead.objects.get(sandbox.add("leads", name="Roof")["id"])
        lead.price = 5
        clock.now += 60
        sandbox.change("leads", lead.id, name="Theirs")
        with pytest.raises(
            StaleObject, match=rf"Lead {lead.id} changed in the account at .* by user 1001; nothing was sent"
        ):
            lead.save(if_unmodified=True)
        assert bodies(sandbox) == []
        assert lead.changes.keys() == {"price"}
        lead.refresh(keep_changes=True)
        lead.save(if_unmodified=True)
        assert bodies(sandbox) == [{"price": 5}]
        with pytest.raises(QueryError, match=r"Lead 5 does not know its updated_at; refresh\(\) it"):
            Lead(id=5, price=1).save(if_unmodified=True)


def test_a_failed_save_leaves_the_object_as_it_was(deal: Deal, sandbox: Sandbox):
    deal.price, deal.responsible_user_id = 5, 999
    with pytest.raises(
        BadRequest, match=rf"Deal {deal.id} was refused: responsible_user_id: .*NotSupportedChoice"
    ) as refused:
        deal.save()
    [item] = refused.value.items
    assert (item.object, item.field, item.code) == (deal, "responsible_user_id", "NotSupportedChoice")
    assert deal.changes.keys() == {"price", "responsible_user_id"}
    deal.responsible_user_id = 1001
    deal.save()
    assert deal.changes == {}


def test_a_refusal_names_the_user_s_own_field(kommo: Kommo, sandbox: Sandbox):
    deal = Deal(name="Roof", budget=5, remark="x")
    sandbox.faults.next(
        status=400,
        method="POST",
        body={
            "validation-errors": [
                {
                    "request_id": "0",
                    "errors": [
                        {"code": "InvalidType", "path": "custom_fields_values.1.values.0.value", "detail": "no"}
                    ],
                }
            ]
        },
    )
    with pytest.raises(BadRequest) as refused:
        deal.save()
    assert refused.value.items[0].field == "remark"
    assert deal.is_new


def test_a_row_that_is_gone_is_not_found(kommo: Kommo, sandbox: Sandbox):
    pk = sandbox.add("leads", name="Roof")["id"]
    lead = Lead.objects.get(pk)
    sandbox.trash("leads", pk)
    with pytest.raises(NotFound, match=rf"sandbox.kommo.com has no Lead {pk} that this token may see"):
        lead.refresh()
    with pytest.raises(QueryError, match=r"new Lead 'Roof' has no row to read: save\(\) it first"):
        Lead(name="Roof").refresh()


# ---- the async twins
async def test_the_same_in_async_code(sandbox: Sandbox):
    async with sandbox.connect(backoff=0):
        deal = Deal(name="Roof", budget=5)
        deal.contacts.add(Person(name="Ann"))
        await deal.asave()
        deal.price = 7
        await deal.asave(only=["price"], refresh=True)
        assert (deal.price, deal.budget) == (7, 5)
        sandbox.change("leads", deal.id, name="Wall")
        await deal.arefresh()
        assert deal.name == "Wall"
    assert bodies(sandbox) == [{"price": 7}]
    assert len(sandbox.rows("contacts")) == 1
