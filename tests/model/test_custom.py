from __future__ import annotations

import pytest

from kommo_orm import ConfigurationError, Kommo, Lead, Number, Text, custom
from kommo_orm.sandbox import Sandbox
from tests.account import Deal, bodies, field_id, value_in


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"id": 5, "code": "X"}, "takes one of id, code= and name="),
        ({"code": "X", "name": "x"}, "takes one of id, code= and name="),
        ({"id": 0}, "a positive whole number"),
        ({"id": -5}, "a positive whole number"),
        ({"id": True}, "a positive whole number"),
        ({"id": "PHONE"}, r"a code or a name is given as custom\(code=...\)"),
        ({"code": ""}, "a code or name that is not empty"),
        ({"name": "  "}, "a code or name that is not empty"),
        ({"name": 5}, "a code or name that is not empty"),
    ],
    ids=repr,
)
def test_what_custom_cannot_take_is_refused(given, sentence):
    with pytest.raises(ConfigurationError, match=sentence):
        custom(**given)


def test_ids_codes_and_names_lead_to_the_account_s_own_fields(kommo: Kommo, sandbox: Sandbox):
    deal = Deal(name="Roof", budget=500, source="web", regions=["EU", "US"], remark="x")
    deal.save()
    [[body]] = bodies(sandbox, "POST")
    assert [entry["field_id"] for entry in body["custom_fields_values"]] == [
        551,
        field_id(sandbox, "Source"),
        553,
        field_id(sandbox, "Remark"),
    ]
    assert value_in(sandbox, "leads", deal.id, "Source") == ["web"]


def test_with_nothing_given_the_attribute_s_own_name_is_the_field_s(kommo: Kommo, sandbox: Sandbox):
    class Own(Lead):
        Remark: Text = custom()

    own = Own(Remark="x")
    own.save()
    assert value_in(sandbox, "leads", own.id, "Remark") == ["x"]
    assert Own.objects.get(own.id).Remark == "x"
    assert own.custom_fields["Remark"] == "x"


def test_an_account_may_have_another_id(sandbox: Sandbox):
    other = sandbox.add_field("leads", "Other", "numeric")["id"]
    with sandbox.connect(fields={Deal: {"budget": other}}):
        deal = Deal(budget=7)
        deal.save()
        assert value_in(sandbox, "leads", deal.id, "Other") == ["7"]
        assert Deal.objects.get(deal.id).budget == 7
        assert Deal.objects.filter(Deal.budget >= 5).one().id == deal.id

        class Sub(Deal):
            pass

        assert Sub.objects.get(deal.id).budget == 7


def test_an_override_of_what_is_no_custom_field_is_refused(sandbox: Sandbox):
    with pytest.raises(ConfigurationError, match="names Deal.price, which is no custom field of that class"):
        sandbox.connect(fields={Deal: {"price": 5}})


def test_two_classes_may_call_different_fields_by_one_name_in_one_flush(kommo: Kommo, sandbox: Sandbox):
    class One(Lead):
        text: Text = custom(name="Remark")

    class Two(Lead):
        text: Text = custom(name="Notice")

    one, two = One(name="1", text="a"), Two(name="2", text="b")
    Lead.objects.bulk_create([one, two])
    assert value_in(sandbox, "leads", one.id, "Remark") == ["a"]
    assert value_in(sandbox, "leads", one.id, "Notice") is None
    assert value_in(sandbox, "leads", two.id, "Notice") == ["b"]


def test_an_attribute_named_like_another_field_is_not_taken_for_it(kommo: Kommo, sandbox: Sandbox):
    sandbox.add_field("leads", "size", "select", enums=["big"])

    class Odd(Lead):
        size: Number = custom(code="SIZE")

    kommo.run(kommo.schema.get_definitions("leads"))
    odd = Odd(size=5)
    odd.save()
    assert value_in(sandbox, "leads", odd.id, "Size") == ["5"]


def test_a_name_the_account_lacks_is_refused_with_the_nearest_before_anything_is_sent(kommo: Kommo, sandbox: Sandbox):
    class Wrong(Lead):
        remark: Text = custom(name="Remarks")

    with pytest.raises(
        ConfigurationError,
        match=r"Wrong.remark: sandbox.kommo.com has no custom field 'Remarks' on leads; did you mean 'Remark' \(id \d+\)\?",
    ):
        Wrong(remark="x").save()
    assert bodies(sandbox, "POST") == []


def test_a_name_that_several_fields_have_is_refused(kommo: Kommo, sandbox: Sandbox):
    twin = sandbox.add_field("leads", "Remark", "text")["id"]
    with pytest.raises(
        ConfigurationError,
        match=rf"leads of this account have 2 custom fields named 'Remark' \(ids \d+, {twin}\); map the field by id",
    ):
        Deal(remark="x").save()
