"""Models with a field of every type: loading, setting, changes, copies, dumps, schemas."""

from __future__ import annotations

import copy
import pickle
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from kommo_orm.errors import UnexpectedResponse
from kommo_orm.fields import (
    Address,
    Birthday,
    Category,
    ChainedList,
    ChainedValue,
    Checkbox,
    Date,
    DateTime,
    Discount,
    Email,
    File,
    Files,
    FileValue,
    Item,
    Items,
    LegalEntities,
    LegalEntity,
    LegalEntityValue,
    LinkedEntity,
    LinkedValue,
    Messengers,
    MessengerValue,
    Monetary,
    MultiSelect,
    Number,
    OrgLegalName,
    Payer,
    PayerValue,
    Phones,
    PhoneValue,
    Price,
    Radio,
    Select,
    SmartAddress,
    SmartAddressValue,
    Supplier,
    SupplierValue,
    Text,
    TextArea,
    TrackingData,
    Url,
)
from kommo_orm.model.custom import custom
from kommo_orm.model.model import Model
from tests.fields.answers import CHOSEN, answered


class Deal(Model):
    text: Text = custom(1)
    area: TextArea = custom(2)
    link: Url = custom(3)
    utm: TrackingData = custom(4)
    street: Address = custom(5)
    legal_name: OrgLegalName = custom(6)
    budget: Number = custom(7)
    price: Price = custom(8)
    deposit: Monetary = custom(9)
    vip: Checkbox = custom(10)
    signed: Date = custom(11)
    born: Birthday = custom(12)
    meeting: DateTime = custom(13)
    source: Select = custom(14)
    shape: Radio = custom(15)
    regions: MultiSelect = custom(16)
    group: Category = custom(17)
    email: Email = custom(18)
    phones: Phones = custom(19)
    messengers: Messengers = custom(20)
    address: SmartAddress = custom(21)
    legal: LegalEntity = custom(22)
    legals: LegalEntities = custom(23)
    lines: Items = custom(24)
    payer: Payer = custom(25)
    supplier: Supplier = custom(26)
    linked: LinkedEntity = custom(27)
    chain: ChainedList = custom(28)
    contract: File = custom(29)
    papers: Files = custom(30)


VALUES = {
    "text": "a",
    "area": "a\nb",
    "link": "https://a.example",
    "utm": "ads",
    "street": "5 Elm st",
    "budget": 12.5,
    "price": Decimal("49.50"),
    "deposit": 1000,
    "vip": True,
    "signed": date(2031, 4, 5),
    "born": date(1961, 4, 12),
    "meeting": datetime(2031, 4, 5, 14, 30, tzinfo=UTC),
    "source": "Web",
    "shape": 9912,
    "regions": ["Web", 9912],
    "group": "Call",
    "email": "ann@a.example",
    "phones": ["+1", PhoneValue("+2", "MOB")],
    "messengers": [MessengerValue("ann", "SKYPE")],
    "address": SmartAddressValue(city="Austin", country="US"),
    "legal": LegalEntityValue(name="R", entity_type=2),
    "legals": [LegalEntityValue(name="R"), LegalEntityValue(name="S")],
    "lines": [Item(description="Lamp", unit_price=49.5, quantity=2, discount=Discount(5, "percentage"))],
    "payer": PayerValue(entity_id=40, entity_type="contacts"),
    "supplier": SupplierValue(880),
    "linked": LinkedValue(entity_id=40, entity_type="contacts"),
    "chain": [ChainedValue(3001, 70)],
    "contract": FileValue("u", "v"),
    "papers": [FileValue("u", "v")],
}
CUSTOMS = Deal.__kommo_customs__
BY_NAME = pytest.mark.parametrize("name", VALUES)


def values_of(name):
    kind = CUSTOMS[name].kind
    sent = kind.encode(kind.clean(VALUES[name]), CHOSEN, UTC)
    return {"field_id": CUSTOMS[name].id, "field_type": kind.field_type, "values": answered(kind.field_type, sent)}


def unset() -> Any:
    return Deal.hydrate([{"id": 1, "custom_fields_values": None}])[0]


def filled() -> Any:
    return Deal.hydrate([{"id": 1, "custom_fields_values": [values_of(name) for name in VALUES]}])[0]


def test_all_fields_are_covered():
    assert set(VALUES) == set(CUSTOMS) - {"legal_name"}


@BY_NAME
def test_a_row_reads_as_what_was_written(name):
    spec, deal = CUSTOMS[name], filled()
    assert spec.same(getattr(deal, name), Deal(**{name: VALUES[name]}).__dict__[name])
    assert deal.changes == {}


@BY_NAME
def test_setting_the_same_value_is_no_change(name):
    deal = filled()
    setattr(deal, name, VALUES[name])
    setattr(deal, name, getattr(deal, name))
    assert deal.changes == {}


@BY_NAME
def test_setting_and_clearing_is_seen(name):
    spec, deal = CUSTOMS[name], unset()
    setattr(deal, name, VALUES[name])
    assert list(deal.changes) == [name]
    setattr(deal, name, None)
    assert deal.changes == {}
    full = filled()
    setattr(full, name, None)
    assert list(full.changes) == [name]
    assert spec.kind.is_empty(getattr(full, name)) or getattr(full, name) is False


@BY_NAME
def test_reverting_brings_the_row_back(name):
    deal = filled()
    setattr(deal, name, None)
    deal.revert()
    assert deal.changes == {}
    assert getattr(deal, name) == getattr(filled(), name)


@BY_NAME
def test_a_wrong_value_is_refused_with_the_field_named(name):
    with pytest.raises(ValidationError, match=rf"\b{name}\b[\s\S]*expected") as refused:
        setattr(unset(), name, object())
    assert refused.value.errors()[0]["loc"] == (name,)
    with pytest.raises(ValidationError, match="expected"):
        Deal.model_validate({name: object()})


def test_values_that_are_set_belong_to_one_object():
    one: Any = Deal(**VALUES)
    other: Any = Deal(**VALUES)
    one.address.city = "Dallas"
    one.legal.name = "T"
    one.lines[0].quantity = 9
    one.phones[1].kind = "HOME"
    assert other.address.city == "Austin"
    assert other == Deal(**VALUES)


def test_an_unreadable_value_names_the_field_and_spares_the_rest():
    broken = {"field_id": 7, "values": [{"value": {"a": 1}}]}
    deal = Deal.hydrate([{"id": 5, "custom_fields_values": [broken, values_of("text")]}])[0]
    with pytest.raises(UnexpectedResponse, match="Deal 5: field 'budget' holds"):
        _ = deal.budget
    assert deal.text == "a"


@pytest.mark.parametrize("make", [unset, filled, lambda: Deal(**VALUES)], ids=["unset", "filled", "new"])
def test_dumps_and_schemas_work(make):
    deal = make()
    shown = deal.model_dump(mode="json")
    for schema in (Deal.model_json_schema(), Deal.model_json_schema(mode="serialization")):
        assert set(CUSTOMS) <= schema["properties"].keys()
    assert deal.model_dump_json()
    assert set(VALUES) <= shown.keys()


def test_json_goes_there_and_back():
    deal = Deal(**VALUES)
    assert Deal.model_validate_json(deal.model_dump_json()) == deal
    assert Deal.model_validate(deal.model_dump()) == deal


def test_days_and_moments_show_as_text_and_numbers_exactly():
    shown = Deal(**VALUES).model_dump(mode="json", include={"signed", "meeting", "budget", "price"})
    assert shown == {"signed": "2031-04-05", "meeting": "2031-04-05T14:30:00Z", "budget": "12.5", "price": "49.50"}


def test_copies_and_pickles_keep_values_and_changes():
    deal = filled()
    deal.address.city = "Dallas"
    deal.regions.append(9913)
    deal.lines[0].quantity += 1
    for twin in (copy.deepcopy(deal), pickle.loads(pickle.dumps(deal)), copy.copy(deal)):
        assert twin == deal
        assert set(twin.changes) == set(deal.changes) == {"regions", "address", "lines"}


def test_a_clone_has_the_same_values():
    assert filled().clone(text="b").lines == filled().lines


@pytest.mark.parametrize("name", ["signed", "born"])
def test_days_need_the_zone(name):
    assert {spec.name for spec in Deal.__kommo_info__.zoned_fields} == {"signed", "born"}
    assert CUSTOMS[name].kind.needs_zone
