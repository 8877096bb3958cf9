"""`lead.custom_fields`: fields by id, code or name, declared or not, with the rules of their types."""

from __future__ import annotations

import pickle
from decimal import Decimal
from typing import Any

import pytest

from kommo_orm import (
    BadRequest,
    ConfigurationError,
    Kommo,
    Lead,
    MultiSelect,
    Note,
    NotLoaded,
    Number,
    Pipeline,
    Task,
    Text,
    UnexpectedResponse,
    User,
)
from kommo_orm.model.custom_fields import CustomValue
from kommo_orm.sandbox import Sandbox
from tests.account import BUDGET, Deal, bodies, field_id, option_id, value_in


@pytest.fixture
def pk(kommo: Kommo, sandbox: Sandbox) -> int:
    """A lead with Size 3, Colour red and blue, Budget 500."""
    values = [
        {"field_id": BUDGET, "values": [{"value": 500}]},
        {"field_id": field_id(sandbox, "Size"), "values": [{"value": 3}]},
        {"field_id": field_id(sandbox, "Colour"), "values": [{"value": "red"}, {"value": "blue"}]},
    ]
    return int(sandbox.add("leads", name="Roof", custom_fields_values=values)["id"])


# ---- reading
@pytest.mark.parametrize("key", ["Size", "SIZE", "id"])
def test_a_field_is_read_by_its_id_its_code_or_its_name(kommo: Kommo, sandbox: Sandbox, pk: int, key: str):
    lead = Lead.objects.get(pk)
    assert lead.custom_fields[field_id(sandbox, "Size") if key == "id" else key] == Decimal(3)


def test_an_unset_field_reads_as_none(kommo: Kommo, pk: int):
    assert Lead.objects.get(pk).custom_fields["Notice"] is None


def test_a_value_can_be_read_as_a_kind_of_ones_own(kommo: Kommo, sandbox: Sandbox, pk: int):
    fields = Lead.objects.get(pk).custom_fields
    assert fields.get("Size", Number) == Decimal(3)
    assert fields.get("Size", Text) == "3"
    assert fields.get("Notice", Text) is None
    with pytest.raises(UnexpectedResponse, match=rf"Lead {pk}: field \"custom_fields\['Colour'\]\" holds"):
        fields.get("Colour", Number)


def test_the_filled_fields_are_listed(kommo: Kommo, sandbox: Sandbox, pk: int):
    fields = Lead.objects.get(pk).custom_fields
    assert len(fields) == 3
    assert "Size" in fields
    assert "Notice" not in fields
    assert CustomValue(field_id(sandbox, "Size"), "Size", "SIZE", "numeric", Decimal(3)) in list(fields)
    assert repr(fields).startswith(f"<custom fields of Lead {pk}: Budget=")


def test_a_name_that_the_account_does_not_have_is_an_error_once_the_definitions_are_known(kommo: Kommo, pk: int):
    lead = Lead.objects.get(pk)
    assert lead.custom_fields["Sise"] is None  # nothing is asked for a read
    kommo.run(kommo.schema.get_definitions("leads"))
    with pytest.raises(KeyError, match="has no custom field 'Sise' on leads; did you mean 'Size'"):
        lead.custom_fields["Sise"]


def test_a_reference_and_a_new_row_do_not_know_their_fields(kommo: Kommo):
    with pytest.raises(NotLoaded, match=r"The custom fields of Lead 5 are not in Kommo's row. Call refresh\(\)"):
        Lead(id=5).custom_fields["Size"]
    lead = Lead(name="Roof")
    assert lead.custom_fields["Size"] is None
    lead.save()
    with pytest.raises(NotLoaded):
        lead.custom_fields["Size"]
    assert repr(lead.custom_fields) == f"<custom fields of Lead {lead.id}: none>"


# ---- a declared field is the same value
def test_a_declared_field_is_the_same_value_as_its_attribute(kommo: Kommo, sandbox: Sandbox, pk: int):
    deal = Deal.objects.get(pk)
    deal.custom_fields["Budget"] = 7
    assert deal.budget == 7
    assert deal.custom_fields[BUDGET] == 7
    assert deal.custom_fields.get(BUDGET, Number) == 7
    deal.custom_fields["Source"] = "web"
    assert deal.source == "web"
    assert deal.changes.keys() == {"budget", "source"}


def test_a_field_declared_by_name_is_found_by_its_id_once_the_definitions_are_known(
    kommo: Kommo, sandbox: Sandbox, pk: int
):
    kommo.run(kommo.schema.get_definitions("leads"))
    deal = Deal.objects.get(pk)
    deal.custom_fields[field_id(sandbox, "Source")] = "web"
    deal.custom_fields[field_id(sandbox, "Signed on")] = None
    assert deal.source == "web"
    assert deal.changes.keys() == {"source"}


# ---- writing
@pytest.mark.parametrize("key", ["Notice", "id"])
def test_one_field_is_sent_and_nothing_else(kommo: Kommo, sandbox: Sandbox, pk: int, key: str):
    notice = field_id(sandbox, "Notice")
    lead = Lead.objects.get(pk)
    lead.custom_fields[notice if key == "id" else key] = "call back"
    lead.save()
    assert bodies(sandbox) == [{"custom_fields_values": [{"field_id": notice, "values": [{"value": "call back"}]}]}]
    assert lead.changes == {}
    assert lead.custom_fields["Notice"] == "call back"
    assert value_in(sandbox, "leads", pk, "Notice") == ["call back"]


def test_in_place_changes_of_an_undeclared_list_count(kommo: Kommo, sandbox: Sandbox, pk: int):
    lead = Lead.objects.get(pk)
    lead.custom_fields["Colour"].remove("red")
    assert [str(option) for option in lead.changes["custom_fields['Colour']"][1]] == ["blue"]
    lead.save()
    blue = [{"enum_id": option_id(sandbox, "Colour", "blue")}]
    assert bodies(sandbox) == [{"custom_fields_values": [{"field_id": field_id(sandbox, "Colour"), "values": blue}]}]


def test_a_value_set_back_is_no_change(kommo: Kommo, pk: int):
    lead = Lead.objects.get(pk)
    lead.custom_fields["Size"] = 4
    lead.custom_fields["Size"] = Decimal("3.0")
    assert not lead.has_changes


@pytest.mark.parametrize("name", ["Size", "Colour"])
def test_none_clears_a_field(kommo: Kommo, sandbox: Sandbox, pk: int, name: str):
    lead = Lead.objects.get(pk)
    lead.custom_fields[name] = None
    lead.save()
    assert bodies(sandbox) == [{"custom_fields_values": [{"field_id": field_id(sandbox, name), "values": None}]}]
    assert value_in(sandbox, "leads", pk, name) is None


def test_a_field_of_a_reference_is_cleared_though_nobody_knows_what_it_holds(kommo: Kommo, sandbox: Sandbox, pk: int):
    lead = Lead(id=pk)
    lead.custom_fields["Size"] = None
    assert lead.changes == {"custom_fields['Size']": (None, None)}
    lead.save()
    assert value_in(sandbox, "leads", pk, "Size") is None
    assert lead.changes == {}


def test_none_for_an_empty_field_of_a_loaded_or_new_object_is_no_change(kommo: Kommo, pk: int):
    for lead in (Lead.objects.get(pk), Lead(name="Roof")):
        lead.custom_fields["Notice"] = None
        assert "custom_fields['Notice']" not in lead.changes


def test_a_new_object_is_created_with_its_undeclared_fields_and_changes_go_on_from_there(
    kommo: Kommo, sandbox: Sandbox
):
    lead = Lead(name="Roof")
    lead.custom_fields["Size"] = 3
    lead.custom_fields["Colour"] = ["red"]
    lead.save()
    assert lead.changes == {}
    assert value_in(sandbox, "leads", lead.id, "Colour") == ["red"]
    lead.custom_fields["Colour"].append("blue")
    lead.custom_fields["Size"] = 5
    assert lead.changes.keys() == {"custom_fields['Colour']", "custom_fields['Size']"}
    lead.save()
    assert value_in(sandbox, "leads", lead.id, "Colour") == ["red", "blue"]
    assert value_in(sandbox, "leads", lead.id, "Size") == ["5"]
    lead.custom_fields["Notice"] = "new"
    lead.save()
    assert value_in(sandbox, "leads", lead.id, "Notice") == ["new"]
    assert lead.changes == {}


def test_one_field_under_two_names_is_sent_once_and_the_later_value_counts(kommo: Kommo, sandbox: Sandbox, pk: int):
    notice = field_id(sandbox, "Notice")
    lead = Lead.objects.get(pk)
    lead.custom_fields["Notice"] = "one"
    lead.custom_fields[notice] = "two"
    lead.save()
    assert bodies(sandbox) == [{"custom_fields_values": [{"field_id": notice, "values": [{"value": "two"}]}]}]
    assert lead.custom_fields["Notice"] == lead.custom_fields[notice] == "two"


def test_a_field_that_turns_out_to_be_declared_is_sent_once(kommo: Kommo, sandbox: Sandbox):
    source = field_id(sandbox, "Source")
    deal = Deal(name="Roof")
    deal.custom_fields[source] = "web"  # nobody knows yet that this is `source`
    deal.save()
    web = [{"enum_id": option_id(sandbox, "Source", "web")}]
    assert bodies(sandbox, "POST")[0][0]["custom_fields_values"] == [{"field_id": source, "values": web}]
    assert deal.source == "web"
    assert deal.changes == {}


def test_two_values_for_what_turns_out_to_be_one_field_are_refused_before_anything_is_sent(
    kommo: Kommo, sandbox: Sandbox
):
    deal = Deal(name="Roof", source="call")
    deal.custom_fields[field_id(sandbox, "Source")] = "web"
    with pytest.raises(ConfigurationError, match=r"Deal.source and custom_fields\[\d+\] are the same field"):
        deal.save()
    assert bodies(sandbox, "POST") == []
    deal.source = "web"
    deal.save()
    assert len(bodies(sandbox, "POST")) == 1


def test_a_field_filled_since_the_row_was_read_is_among_the_filled_ones(kommo: Kommo, sandbox: Sandbox, pk: int):
    lead = Lead.objects.get(pk)
    before = {value.name for value in lead.custom_fields}
    kommo.check(Deal)  # the definitions are in memory now
    lead.custom_fields["Source"] = "web"
    assert {value.name for value in lead.custom_fields} == before | {"Source"}
    assert len(lead.custom_fields) == len(before | {"Source"})


def test_a_list_read_as_a_given_kind_may_be_changed_in_place(kommo: Kommo, sandbox: Sandbox, pk: int):
    lead = Lead.objects.get(pk)
    colours = lead.custom_fields.get("Colour", MultiSelect)
    assert colours == ["red", "blue"]
    assert lead.changes == {}
    colours.remove("red")
    assert lead.changes == {"custom_fields['Colour']": (["red", "blue"], ["blue"])}


def test_a_wrong_value_is_refused_at_assignment_where_the_type_is_known(kommo: Kommo, pk: int):
    lead = Lead.objects.get(pk)
    with pytest.raises(ValueError, match=r"Lead.custom_fields\['Size'\]: expected a number, got 'x'"):
        lead.custom_fields["Size"] = "x"
    assert lead.changes == {}


def test_a_wrong_value_is_refused_before_anything_is_sent_where_it_is_not(kommo: Kommo, sandbox: Sandbox):
    lead = Lead(name="Roof")
    lead.custom_fields["Size"] = "x"
    with pytest.raises(
        ConfigurationError, match=r"new Lead 'Roof': the value of \"custom_fields\['Size'\]\" cannot be sent"
    ):
        lead.save()
    assert bodies(sandbox, "POST") == []


def test_an_unknown_name_is_refused_before_anything_is_sent(kommo: Kommo, sandbox: Sandbox, pk: int):
    lead = Lead.objects.get(pk)
    lead.custom_fields["Sise"] = 5
    with pytest.raises(ConfigurationError, match="has no custom field 'Sise' on leads; did you mean 'Size'"):
        lead.save()
    assert bodies(sandbox) == []
    assert lead.has_changes


def test_a_refusal_of_the_service_names_the_field_as_the_user_wrote_it(kommo: Kommo, sandbox: Sandbox, pk: int):
    lead = Lead.objects.get(pk)
    lead.custom_fields["Notice"] = "x"
    sandbox.faults.next(
        status=400,
        method="PATCH",
        body={
            "title": "Bad Request",
            "validation-errors": [
                {
                    "request_id": "0",
                    "errors": [{"code": "TooLong", "path": "custom_fields_values.0.values.0.value", "detail": "no"}],
                }
            ],
        },
    )
    with pytest.raises(BadRequest) as refused:
        lead.save()
    assert refused.value.items[0].field == "custom_fields['Notice']"
    assert refused.value.items[0].object is lead


def test_pending_values_go_along_with_a_pickle(kommo: Kommo, pk: int):
    lead = Lead.objects.get(pk)
    lead.custom_fields["Size"] = 9
    reference = Lead(id=pk)
    reference.custom_fields["Size"] = None
    twin, other = pickle.loads(pickle.dumps((lead, reference)))
    assert twin.changes == {"custom_fields['Size']": (Decimal(3), Decimal(9))}
    assert other.changes == {"custom_fields['Size']": (None, None)}


def test_a_refresh_forgets_what_was_saved_and_changed_elsewhere_since(kommo: Kommo, sandbox: Sandbox, pk: int):
    lead = Lead.objects.get(pk)
    lead.custom_fields["Notice"] = "mine"
    lead.save()
    sandbox.change("leads", pk, custom_fields_values=[{"field_id": field_id(sandbox, "Notice"), "values": None}])
    lead.refresh()
    assert lead.custom_fields["Notice"] is None


@pytest.mark.parametrize("model", [Task, User, Note, Pipeline])
def test_kinds_without_custom_fields_refuse_them_at_once(model: Any):
    for one in (model(), model.hydrate([{"id": 1}])[0]):
        with pytest.raises(
            ConfigurationError, match=f"{model.__name__}.custom_fields: .* have no custom fields in Kommo; leads"
        ):
            _ = one.custom_fields
