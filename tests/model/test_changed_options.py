"""An option is one value, whether it is given by its text or by its id."""

from __future__ import annotations

from kommo_orm import CatalogElement, Kommo, MultiSelect, custom
from kommo_orm.sandbox import Sandbox
from tests.account import Deal, bodies, option_id


def test_an_option_set_by_text_and_by_id_is_no_change(kommo: Kommo, sandbox: Sandbox) -> None:
    eu, us, web = (option_id(sandbox, *pair) for pair in (("Regions", "EU"), ("Regions", "US"), ("Source", "web")))
    deal = Deal(name="Roof", regions=["EU"], source="web")
    deal.save()
    sandbox.log.clear()
    for regions, source in (([eu], web), (["EU"], "web"), ([eu, "EU"], web)):
        deal.regions, deal.source = regions, source
        assert deal.changes == {}
        assert not deal.save().updated
    assert not sandbox.requests()
    deal.regions = [us]
    deal.save()
    deal.regions = ["US"]
    assert not deal.has_changes
    assert len(bodies(sandbox)) == 1
    deal.regions = ["US", "EU"]
    assert deal.has_changes
    deal.regions = ["Moon"]
    assert deal.has_changes


def test_undeclared_options_too(kommo: Kommo, sandbox: Sandbox) -> None:
    deal = Deal(name="Roof")
    deal.custom_fields["Colour"] = ["red"]
    deal.save()
    deal.custom_fields["Colour"] = [option_id(sandbox, "Colour", "red")]
    assert not deal.has_changes
    deal.custom_fields["Colour"] = [option_id(sandbox, "Colour", "blue")]
    assert deal.has_changes


def test_an_element_that_knows_no_list_compares_without_a_definition(kommo: Kommo) -> None:
    class Product(CatalogElement):
        sizes: MultiSelect = custom(7)

    product = Product.hydrate(
        [{"id": 5, "custom_fields_values": [{"field_id": 7, "values": [{"enum_id": 1, "value": "S"}]}]}], kommo
    )[0]
    product.sizes = [2]
    assert product.has_changes
