from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kommo_orm.fields import Payer, PayerValue, Supplier, SupplierValue
from kommo_orm.model.custom import custom
from kommo_orm.model.model import Model
from tests.fields.answers import there_and_back

NAMES = st.text(min_size=1)
PAYERS = st.builds(PayerValue, entity_id=st.integers(1), entity_type=st.just("contacts"), phone=st.none() | NAMES)


class Invoice(Model):
    payer: Payer = custom(1)
    supplier: Supplier = custom(2)


def loaded(field_id, values) -> Any:
    return Invoice.hydrate([{"id": 1, "custom_fields_values": [{"field_id": field_id, "values": values}]}])[0]


@given(payer=PAYERS | st.builds(PayerValue, name=NAMES, type=st.sampled_from(["legal", "individual"])))
def test_what_was_written_is_read(payer):
    assert there_and_back(Payer.kind, payer) == payer


@given(number=st.integers(1))
def test_a_supplier_is_written_by_its_id_and_read_in_full(number):
    supplier = there_and_back(Supplier.kind, SupplierValue(number))
    assert supplier == SupplierValue(number)
    assert (supplier.name, supplier.vat_id) == ("Seller Ltd", "77-9")


def test_exactly_the_known_keys_are_sent():
    raw = {"entity_id": "40", "entity_type": "contacts", "name": "Ann", "rank": 1}
    payer = Payer.kind.decode([{"value": raw}], None)
    assert Payer.kind.encode(payer, None, None) == [
        {"value": {"entity_id": 40, "entity_type": "contacts", "name": "Ann"}}
    ]
    supplier = Supplier.kind.decode([{"value": {"entity_id": 880, "name": "Seller"}}], None)
    assert Supplier.kind.encode(supplier, None, None) == [{"value": {"entity_id": 880}}]


@pytest.mark.parametrize("values", [{"entity_id": 40}, {"value": {"entity_id": 40}}, [{"entity_id": 40}]], ids=repr)
def test_bare_objects_are_read(values):
    assert loaded(1, values).payer == PayerValue(entity_id=40)
    assert loaded(2, values).supplier == SupplierValue(40)


def test_changes_in_place_count():
    invoice = loaded(1, [{"value": {"entity_id": 40, "entity_type": "contacts"}}])
    invoice.payer.type = "individual"
    assert list(invoice.changes) == ["payer"]
    supplied = loaded(2, [{"value": {"entity_id": 880}}])
    supplied.supplier.entity_id = 881
    assert list(supplied.changes) == ["supplier"]


@pytest.mark.parametrize(
    ("name", "wrong", "sentence"),
    [
        ("payer", PayerValue(phone="+1"), "a payer needs an entity_id with its entity_type, or a name"),
        ("payer", PayerValue(entity_id=5, entity_type="leads"), "'contacts' or 'companies', got 'leads'"),
        ("payer", PayerValue(name="A", type="firm"), "'legal' or 'individual', got 'firm'"),
        ("payer", PayerValue(entity_id=5), "needs its entity_type, 'contacts' or 'companies'"),
        ("payer", 40, "expected a PayerValue, got 40"),
        ("supplier", 880, "expected a SupplierValue, got 880"),
        ("supplier", {"name": "Seller"}, "entity_id"),
    ],
    ids=repr,
)
def test_what_kommo_could_not_take_is_refused(name, wrong, sentence):
    with pytest.raises(ValueError, match=sentence):
        Invoice(**{name: wrong})


def test_a_payer_without_parts_is_none():
    invoice = loaded(1, None)
    invoice.payer = PayerValue()
    assert invoice.changes == {}


def test_what_was_spoiled_in_place_is_refused_when_sent():
    invoice = loaded(1, [{"value": {"entity_id": 40, "entity_type": "contacts"}}])
    invoice.payer.entity_type = None
    with pytest.raises(ValueError, match="needs its entity_type"):
        Payer.kind.encode(invoice.payer, None, None)
