"""From pending changes to bodies, and from the service's paths back to the user's own names."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from kommo_orm import BadRequest, ConfigurationError, Kommo, Lead, LossReason, Tag
from kommo_orm.sandbox import Sandbox
from kommo_orm.unit.change_set import compute_change_set
from kommo_orm.unit.definition_resolver import DefinitionResolver
from kommo_orm.unit.payload import build_payload, find_field_name
from tests.account import Deal, bodies, field_id, option_id

PLACES = ("budget", "custom_fields['Size']")


@pytest.mark.parametrize(
    ("path", "named"),
    [
        ("price", "price"),
        ("custom_fields_values.0.values.0.value", "budget"),
        ("custom_fields_values.1.values", "custom_fields['Size']"),
        ("custom_fields_values.7.values", None),
        ("custom_fields_values", None),
        ("custom_fields_values.x", None),
        ("tags_to_add.0.name", "tags"),
        ("tags_to_delete", "tags"),
        ("_embedded.contacts.0.id", "contacts"),
        ("_embedded", None),
        ("something", None),
        ("", None),
    ],
)
def test_a_path_of_the_service_becomes_the_user_s_own_attribute(path, named):
    assert find_field_name(Deal(name="x"), PLACES, path) == named


@pytest.mark.parametrize(("path", "field"), [("tags_to_add.0.name", "tags"), ("nowhere.1", None)])
def test_errors_name_the_attribute_where_there_is_one_and_the_path_else(kommo: Kommo, sandbox: Sandbox, path, field):
    lead = Lead(name="Roof")
    lead.tags.add("x")
    errors = [{"code": "TooLong", "path": path, "detail": "too long"}]
    body = {"title": "Bad Request", "validation-errors": [{"request_id": "0", "errors": errors}]}
    sandbox.faults.next(status=400, method="POST", body=body)
    with pytest.raises(
        BadRequest, match=rf"new Lead 'Roof' was refused: {field or path}: too long \(TooLong\)"
    ) as refused:
        lead.save()
    [item] = refused.value.items
    assert (item.field, item.path, item.code) == (field, path, "TooLong")
    assert refused.value.code == "TooLong"
    assert refused.value.request_id is not None


def test_nothing_read_only_is_ever_sent(kommo: Kommo, sandbox: Sandbox):
    """A whole loaded row with every writable value changed sends the writable keys alone."""
    lead = Lead.objects.get(sandbox.add("leads", name="Roof", status_id=143)["id"])
    repr(lead)
    for name, value in {"name": "x", "price": 1, "created_by": 0, "loss_reason_id": None}.items():
        setattr(lead, name, value)
    lead.model_dump()
    lead.save()
    assert bodies(sandbox)[0].keys() == {"name", "price", "created_by"}


def test_a_field_of_a_read_only_type_is_never_sent():
    from kommo_orm import OrgLegalName, custom

    class Odd(Lead):
        legal: OrgLegalName = custom(5)

    with pytest.raises(Exception, match="read-only"):
        Odd(legal="x")
    odd = Odd.hydrate(
        [
            {
                "id": 5,
                "custom_fields_values": [{"field_id": 5, "field_type": "org_legal_name", "values": [{"value": "x"}]}],
            }
        ]
    )[0]
    assert odd.legal
    assert odd.to_payload() == {}


def test_a_computed_field_refuses_to_be_written_before_anything_is_sent(kommo: Kommo, sandbox: Sandbox):
    known = kommo.run(kommo.schema.get_definitions("leads"))
    known.rows[:] = [replace(row, is_computed=row.name == "Remark") for row in known.rows]
    with pytest.raises(ConfigurationError, match="the value of 'remark' cannot be sent: the field is computed"):
        Deal(name="x", remark="y").save()
    assert bodies(sandbox, "POST") == []


def test_what_is_unset_on_a_new_object_is_not_sent(kommo: Kommo, sandbox: Sandbox):
    deal = Deal(name="x", budget=None, regions=[], source=None)
    deal.custom_fields["Size"] = None
    assert deal.regions == []
    deal.save()
    [[body]] = bodies(sandbox, "POST")
    assert body.keys() == {"name", "request_id"}
    assert deal.changes == {}


@pytest.mark.parametrize("model", [LossReason(sort=5), Tag(color="FFCE5A", entity_type="leads")], ids=["reason", "tag"])
def test_what_cannot_be_created_without_a_value_says_so(kommo: Kommo, sandbox: Sandbox, model: Any):
    with pytest.raises(ConfigurationError, match=r"new \w+ cannot be created without name"):
        model.save()
    assert len(sandbox.log) == 0


def test_the_payload_of_a_new_object_knows_the_account_that_it_would_be_saved_in(kommo: Kommo, sandbox: Sandbox):
    deal = Deal(name="x", source="web")
    with pytest.raises(
        ConfigurationError, match=r"save\(\) finds them. For to_payload\(\) open the account .* kommo.check\(Deal\)"
    ):
        deal.to_payload()
    kommo.check(Deal)
    asked = len(sandbox.log)
    entry = {"field_id": field_id(sandbox, "Source"), "values": [{"enum_id": option_id(sandbox, "Source", "web")}]}
    assert deal.to_payload() == {"name": "x", "custom_fields_values": [entry]}
    in_session = Deal(name="x", source="web")
    with kommo.session() as session:
        session.add(in_session)
        assert in_session.to_payload() == deal.to_payload()
        session.rollback()
    assert len(sandbox.log) == asked


def test_encoding_without_an_account_knows_what_the_object_tells():
    deal = Deal(name="x", budget=5, regions=[3])
    body = build_payload(compute_change_set(deal), DefinitionResolver(None)).body
    assert body["custom_fields_values"] == [
        {"field_id": 551, "values": [{"value": "5"}]},
        {"field_id": 553, "values": [{"enum_id": 3}]},
    ]
    with pytest.raises(ConfigurationError, match="definition of the field is needed .* kommo.check"):
        build_payload(compute_change_set(Deal(regions=["EU"])), DefinitionResolver(None))
