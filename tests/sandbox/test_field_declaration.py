from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from kommo_orm.sandbox import Sandbox
from kommo_orm.sandbox.row_store import Row


@dataclass
class CustomFieldKey:
    id: int | None = None
    code: str | None = None
    label: str | None = None
    field_type: str = "text"
    options: tuple[str, ...] = field(default=())


class Deal:
    __kommo_kind__ = "leads"
    __kommo_customs__ = {  # noqa: RUF012
        "budget": CustomFieldKey(id=771, field_type="numeric"),
        "source": CustomFieldKey(label="Source", field_type="select", options=("web", "phone")),
        "signed": CustomFieldKey(code="SIGNED_ON", field_type="date"),
        "remark": CustomFieldKey(),
        "utm": CustomFieldKey(code="UTM_SOURCE", field_type="tracking_data"),
    }


class Product:
    __kommo_kind__ = "catalog_elements"
    __kommo_catalog__ = "Products"
    __kommo_customs__ = {"price": CustomFieldKey(label="Price", field_type="price")}  # noqa: RUF012


def test_define_creates_the_fields_that_models_declare(sandbox: Sandbox) -> None:
    budget, source, signed, remark, utm = sandbox.define(Deal)
    assert (budget["id"], budget["type"], budget["name"]) == (771, "numeric", "budget")
    assert (source["name"], [option["value"] for option in source["enums"]]) == ("Source", ["web", "phone"])
    assert (signed["code"], signed["name"], remark["name"]) == ("SIGNED_ON", "SIGNED_ON", "remark")
    assert utm["is_predefined"] is True
    assert sandbox.define(Deal) == [budget, source, signed, remark, utm]


def test_define_creates_the_list_of_an_element_model(sandbox: Sandbox) -> None:
    [price] = sandbox.define(Product)
    [catalog] = sandbox.rows("catalogs")
    assert (price["catalog_id"], price["type"], catalog["name"]) == (catalog["id"], "price", "Products")


def texts(row: Row) -> list[str]:
    return [option["value"] for option in row["enums"]]


def test_define_takes_options_of_a_field_without_an_enum(sandbox: Sandbox) -> None:
    from kommo_orm import Lead, MultiSelect, Select, custom

    class Order(Lead):
        source: Select = custom(name="Source")
        regions: MultiSelect = custom(551)

    source, regions = sandbox.define(Order, options={"source": ["Web", "Fair"], "regions": ["EU"]})
    assert (texts(source), texts(regions), regions["id"]) == (["Web", "Fair"], ["EU"], 551)
    again = sandbox.define(Order, options={"source": ["Fair", "Phone"]})
    assert texts(again[0]) == ["Web", "Fair", "Phone"]
    assert again[0]["enums"][:2] == source["enums"]
    with sandbox.connect():
        Order(source="Phone", regions=["EU"]).save()
        assert Order.objects.one().source == "Phone"


def test_options_of_no_field_are_refused(sandbox: Sandbox) -> None:
    with pytest.raises(ValueError, match="names 'sourc', which none of the models declares"):
        sandbox.define(Deal, options={"sourc": ["Web"]})
    with pytest.raises(ValueError, match="budget is a field of type numeric, which has no options"):
        sandbox.define(Deal, options={"budget": ["Web"]})
    with pytest.raises(TypeError, match=r"several texts, such as \['Web'\]"):
        sandbox.define(Deal, options={"source": "Web"})
    assert [row for row in sandbox.rows("custom_fields") if row["id"] == 771] == []
