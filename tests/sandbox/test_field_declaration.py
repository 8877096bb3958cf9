from __future__ import annotations

from dataclasses import dataclass, field

from kommo_orm.sandbox import Sandbox


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
