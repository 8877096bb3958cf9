"""Definitions of custom fields: options sent whole with their ids, trees with new parents, a schema that forgets."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from kommo_orm import (
    BadRequest,
    Company,
    ConfigurationError,
    Contact,
    Forbidden,
    Kommo,
    Lead,
    QueryError,
    Text,
    custom,
)
from kommo_orm.entities.custom_fields.custom_field import CustomField
from kommo_orm.entities.custom_fields.definition_parts import ChainedCatalog, FieldCategory, FieldOption, StageId
from kommo_orm.entities.lists.catalog import Catalog
from kommo_orm.entities.lists.catalog_element import CatalogElement
from kommo_orm.entities.pipelines.pipeline import Pipeline
from kommo_orm.sandbox import Sandbox
from tests.account import asked, bodies, sent

FIELDS = "/api/v4/leads/custom_fields"
ROW: dict[str, Any] = {
    "id": 2235149,
    "name": "Group",
    "type": "category",
    "code": "GROUP",
    "sort": 511,
    "enums": None,
    "nested": [{"id": "71", "parent_id": None, "value": "Tools", "sort": 0}],
    "catalog_id": 3005,
    "triggers": [],
    "settings": [],
    "remind": 0,
    "entity_type": "catalogs",
    "colour": "new key",
}


def test_a_row_of_a_list_reads():
    field = CustomField.hydrate([dict(ROW)])[0]
    assert (field.enums, field.settings, field.triggers, field.remind) == ([], [], [], "0")
    assert (field.nested[0].id, field.nested[0].parent_id, field.catalog_id) == (71, None, 3005)
    assert field.extra == {"colour": "new key"}
    assert field.changes == {}


def test_options_read_from_an_object_keyed_by_index():
    enums = {"3": {"id": 301, "value": "A"}, "4": {"id": 302, "value": "B"}}
    field = CustomField.hydrate([{"id": 5, "enums": enums}])[0]
    assert [(option.id, option.value) for option in field.enums] == [(301, "A"), (302, "B")]
    found = field.option("B")
    assert found is not None
    assert found.id == 302


@pytest.mark.parametrize(
    "lists",
    [[{"catalog_id": 9001, "title": None}], {"9001": {"catalog_id": 9001, "title": None}}],
    ids=["list", "object"],
)
def test_chained_lists_read_as_list_and_as_object(lists: Any):
    field = CustomField.hydrate([{"id": 5, "type": "chained_list", "chained_lists": lists}])[0]
    assert field.chained_lists == [ChainedCatalog(catalog_id=9001)]


def test_create_a_select(kommo: Kommo, sandbox: Sandbox):
    pipeline = Pipeline.objects.list()[0]
    stage = pipeline.statuses[1]
    field = CustomField.objects.of(Lead).create(
        "Way",
        "select",
        code="WAY",
        enums=["Courier", FieldOption(value="Pick-up", code="pickup")],
        required_statuses=[stage],
        hidden_statuses=[(pipeline.id, stage.id)],
    )
    pair = [{"pipeline_id": pipeline.id, "status_id": stage.id}]
    assert bodies(sandbox, "POST") == [
        [
            {
                "name": "Way",
                "type": "select",
                "code": "WAY",
                "enums": [{"value": "Courier", "sort": 1}, {"value": "Pick-up", "sort": 2, "code": "pickup"}],
                "required_statuses": pair,
                "hidden_statuses": pair,
                "request_id": "0",
            }
        ]
    ]
    assert [option.id is not None for option in field.enums] == [True, True]
    assert field.required_statuses == [(pipeline.id, stage.id)]
    assert isinstance(field.required_statuses[0], StageId)
    assert (field.entity_type, field.changes) == ("leads", {})


def test_options_change_in_place_and_the_whole_set_is_sent(kommo: Kommo, sandbox: Sandbox):
    created = CustomField.objects.of(Lead).create("Way", "select", enums=["A", "B"])
    field = CustomField.objects.of(Lead).get(created.id)
    a, b = field.enums
    field.enums[0].value = "Alpha"
    field.add_option("C")
    field.save()
    assert bodies(sandbox)[-1] == {
        "enums": [
            {"id": a.id, "value": "Alpha", "sort": 1},
            {"id": b.id, "value": "B", "sort": 2},
            {"value": "C", "sort": 3},
        ]
    }
    assert [option.value for option in field.enums] == ["Alpha", "B", "C"]
    assert field.enums[2].id is not None
    assert field.changes == {}


def test_another_change_sends_the_options_again(kommo: Kommo, sandbox: Sandbox):
    field = CustomField.objects.of(Lead).create("Way", "select", enums=["A"])
    field.name = "Road"
    field.save()
    assert bodies(sandbox)[-1] == {"name": "Road", "enums": [{"id": field.enums[0].id, "value": "A", "sort": 1}]}
    bare = CustomField.hydrate([{"id": field.id, "type": "select", "entity_type": "leads"}], kommo)[0]
    bare.name = "Path"
    with pytest.raises(ConfigurationError, match="together with its options"):
        bare.save()


def test_options_are_distinct(kommo: Kommo, sandbox: Sandbox):
    with pytest.raises(ConfigurationError, match="'A' is there twice"):
        CustomField.objects.of(Lead).create("Way", "select", enums=["A", "A"])
    assert sent(sandbox) == []
    with pytest.raises(ValidationError, match="enums"):
        CustomField(name="x", type="select", enums="abc")
    with pytest.raises(ValidationError, match="enums"):
        CustomField(name="x", type="select", enums=[5])  # type: ignore[list-item]


def test_a_tree_with_new_parents(kommo: Kommo, sandbox: Sandbox):
    catalog = Catalog.objects.create("Shelf")
    tools = FieldCategory(value="Tools")
    field = CustomField.objects.of(catalog).create("Group", "category", nested=[tools, tools.child("Saws")])
    assert [(node.value, node.parent_id) for node in field.nested] == [("Tools", None), ("Saws", field.nested[0].id)]
    mark = bodies(sandbox, "POST")[-1][0]["nested"][0]["request_id"]
    assert mark.isalnum()
    field.nested.append(field.nested[0].child("Drills", sort=9))
    field.save()
    assert [node.get("id") is not None for node in bodies(sandbox)[-1]["nested"]] == [True, True, False]
    assert field.nested[2].parent_id == field.nested[0].id


def test_lists_of_a_chain_go_as_an_object(kommo: Kommo, sandbox: Sandbox):
    one, two = Catalog.objects.create("Makes"), Catalog.objects.create("Models")
    chain = [ChainedCatalog(catalog_id=one.id), ChainedCatalog(catalog_id=two.id, parent_catalog_id=one.id)]
    field = CustomField.objects.of(Lead).create("Car", "chained_list", chained_lists=chain)
    sent_lists = bodies(sandbox, "POST")[-1][0]["chained_lists"]
    assert sent_lists[str(two.id)] == {"catalog_id": two.id, "parent_catalog_id": one.id}
    assert [step.catalog_id for step in field.chained_lists] == [one.id, two.id]


def test_they_live_under_a_kind_or_a_list(kommo: Kommo, sandbox: Sandbox):
    catalog = Catalog.objects.create("Cars")

    class Car(CatalogElement, catalog=catalog.id):
        pass

    class Named(CatalogElement, catalog="Cars"):
        pass

    CustomField.objects.of(Car).create("Colour", "text")
    CustomField.objects.of(Named).create("Seats", "numeric")
    CustomField.objects.of(Catalog(id=catalog.id)).create("Doors", "numeric")
    CustomField.objects.of(Company).create("Size", "numeric")
    assert [path for _, path, _ in sent(sandbox)[1:]] == [
        f"/api/v4/catalogs/{catalog.id}/custom_fields",
        f"/api/v4/catalogs/{catalog.id}/custom_fields",
        f"/api/v4/catalogs/{catalog.id}/custom_fields",
        "/api/v4/companies/custom_fields",
    ]
    assert [field.name for field in CustomField.objects.of(catalog)] == ["Colour", "Seats", "Doors"]
    assert [field.name for field in CustomField.objects.of(Named)] == ["Colour", "Seats", "Doors"]
    for wrong, told in (
        (Lead(id=5), "takes the class of an entity, not Lead 5"),
        (Catalog, "takes an object"),
        (CatalogElement, "is none of them"),
    ):
        with pytest.raises(QueryError, match=told):
            CustomField.objects.of(wrong)
    with pytest.raises(ConfigurationError, match="needs its entity"):
        CustomField(name="x", type="text").save()


def test_filters_and_order(kommo: Kommo, sandbox: Sandbox):
    names = [field.name for field in CustomField.objects.of(Lead).filter(type="multiselect").order_by("-id")]
    assert names == ["Colour", "Regions"]
    some = [field.id for field in CustomField.objects.of(Lead).filter(CustomField.type.in_("numeric", "text"))]
    assert set(CustomField.objects.of(Lead).in_bulk(some)) == set(some)
    assert CustomField.objects.of(Contact).filter(type="multitext").exists()


def test_writing_definitions_lets_the_schema_ask_again(kommo: Kommo, sandbox: Sandbox):
    class Deal(Lead):
        notice: Text = custom(name="Notice")

    Deal.objects.create(name="One", price=1)
    deal = Deal(name="Two", notice="x")
    deal.save()
    assert asked(sandbox).count(FIELDS) == 1
    field = CustomField.objects.of(Lead).filter(type="text").order_by("-id").first()
    assert field is not None
    field.name = "Remarks"
    field.save()
    before = asked(sandbox).count(FIELDS)
    with pytest.raises(ConfigurationError, match="has no custom field 'Notice'"):
        Deal(name="Three", notice="x").save()
    assert asked(sandbox).count(FIELDS) == before + 1


def test_deleting_forgets_too_and_predefined_fields_stay(kommo: Kommo, sandbox: Sandbox):
    field = CustomField.objects.of(Lead).create("Way", "text")
    kommo.run(kommo.schema.get_definitions("leads"))
    assert kommo.schema.find_known("leads", "Way") is not None
    field.delete()
    assert sent(sandbox)[-1][:2] == ("DELETE", f"{FIELDS}/{field.id}")
    assert kommo.schema.find_known("leads", "Way") is None
    predefined = CustomField.objects.of(Contact).filter(type="multitext").first()
    assert predefined is not None
    with pytest.raises(Forbidden, match="can not be deleted"):
        predefined.delete()


def test_a_batch_is_one_request(kommo: Kommo, sandbox: Sandbox):
    fields = [CustomField.objects.of(Lead).create(name, "text") for name in ("A", "B")]
    for field in fields:
        field.sort = 900
    assert CustomField.objects.bulk_update(fields).requests == 1


def test_the_type_is_given_once(kommo: Kommo, sandbox: Sandbox):
    field = CustomField.objects.of(Lead).create("Way", "text")
    field.type = "numeric"
    with pytest.raises(ConfigurationError, match="at creation only"):
        field.save()
    with pytest.raises(BadRequest, match="type"):
        CustomField.objects.of(Lead).create("Way", "category")


async def test_async(kommo: Kommo):
    field = await CustomField.objects.of(Lead).acreate("Way", "text")
    report = await CustomField.objects.of(Lead).filter(id=field.id).adelete()
    assert len(report.deleted) == 1
