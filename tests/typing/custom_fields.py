"""Types of custom fields. This file is never run: checkers read it, and a wrong line that passes is an error, too."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from enum import IntEnum, StrEnum
from typing import assert_type

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
    Emails,
    EmailValue,
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
    Option,
    Options,
    OrgLegalName,
    Payer,
    PayerValue,
    Phone,
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
from kommo_orm.model.condition import Assignment, Condition
from kommo_orm.model.custom import custom
from kommo_orm.model.model import Model


class Source(StrEnum):
    WEB = "Web"
    CALL = "Call"


class Size(IntEnum):
    SMALL = 301
    LARGE = 302


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
    channel: Select[Source] = custom(15)
    size: Radio[Size] = custom(16)
    shape: Radio = custom(17)
    regions: MultiSelect = custom(18)
    channels: MultiSelect[Source] = custom(19)
    group: Category = custom(20)
    phone: Phone = custom(21)
    email: Email = custom(22)
    phones: Phones = custom(23)
    emails: Emails = custom(24)
    messengers: Messengers = custom(25)
    address: SmartAddress = custom(26)
    legal: LegalEntity = custom(27)
    legals: LegalEntities = custom(28)
    items: Items = custom(29)
    payer: Payer = custom(30)
    supplier: Supplier = custom(31)
    linked: LinkedEntity = custom(32)
    chain: ChainedList = custom(33)
    contract: File = custom(34)
    papers: Files = custom(35)


def filtered(*conditions: Condition) -> None: ...
def update(*assignments: Assignment) -> None: ...


def reading(deal: Deal) -> None:
    assert_type(deal.text, str | None)
    assert_type(deal.area, str | None)
    assert_type(deal.link, str | None)
    assert_type(deal.utm, str | None)
    assert_type(deal.street, str | None)
    assert_type(deal.legal_name, str | None)
    assert_type(deal.budget, Decimal | None)
    assert_type(deal.price, Decimal | None)
    assert_type(deal.deposit, Decimal | None)
    assert_type(deal.vip, bool)
    assert_type(deal.signed, date | None)
    assert_type(deal.born, date | None)
    assert_type(deal.meeting, datetime | None)
    assert_type(deal.source, Option | None)
    assert_type(deal.channel, Source | Option | None)
    assert_type(deal.size, Size | Option | None)
    assert_type(deal.shape, Option | None)
    assert_type(deal.regions, Options[Option])
    assert_type(deal.regions[0], Option)
    assert_type(deal.channels, Options[Source])
    assert_type(deal.channels[0], Source | Option)
    assert_type(deal.group, Option | None)
    assert_type(deal.phone, str | None)
    assert_type(deal.email, str | None)
    assert_type(deal.phones, list[PhoneValue])
    assert_type(deal.emails, list[EmailValue])
    assert_type(deal.messengers, list[MessengerValue])
    assert_type(deal.address, SmartAddressValue | None)
    assert_type(deal.legal, LegalEntityValue | None)
    assert_type(deal.legals, list[LegalEntityValue])
    assert_type(deal.items, list[Item])
    assert_type(deal.payer, PayerValue | None)
    assert_type(deal.supplier, SupplierValue | None)
    assert_type(deal.linked, LinkedValue | None)
    assert_type(deal.chain, list[ChainedValue])
    assert_type(deal.contract, FileValue | None)
    assert_type(deal.papers, list[FileValue])


def parts(deal: Deal) -> None:
    assert_type(deal.phones[0].value, str)
    assert_type(deal.phones[0].kind, str | None)
    assert_type(deal.items[0].unit_price, Decimal | None)
    assert_type(deal.items[0].discount, Discount | None)
    assert_type(deal.items[0].total_sum, Decimal | None)
    assert_type(deal.chain[0].catalog_id, int)
    for option in deal.regions:
        assert_type(option.id, int | None)
        assert_type(option.code, str | None)
    for channel in deal.channels:
        assert_type(channel.value, str)
    if deal.supplier is not None:
        assert_type(deal.supplier.entity_id, int)
        assert_type(deal.supplier.name, str | None)
    if deal.address is not None:
        assert_type(deal.address.city, str | None)
        deal.address.city = "Austin"
        deal.address.city = None
        deal.address.city = 5  # type: ignore[assignment]
    deal.items[0].unit_price = 5
    deal.items[0].unit_price = 5.5
    deal.items[0].unit_price = "5"  # type: ignore[assignment]
    deal.items[0].total_sum = 5  # type: ignore[assignment]
    deal.phones[0].kind = "MOB"
    deal.phones[0].value = 5  # type: ignore[assignment]


def narrowing(deal: Deal) -> Decimal:
    if deal.budget is None:
        return Decimal()
    assert_type(deal.budget, Decimal)
    doubled = deal.budget * 2
    deal.budget += 1
    return doubled


def setting(deal: Deal) -> None:
    deal.text = "x"
    deal.text = None
    deal.text = 5  # type: ignore[assignment]
    deal.area = "x"
    deal.link = "x"
    deal.utm = "x"
    deal.street = "x"
    deal.legal_name = "x"  # type: ignore[assignment]
    deal.budget = 500
    deal.budget = 12.5
    deal.budget = Decimal("12.5")
    deal.budget = None
    deal.budget = "500"  # type: ignore[assignment]
    deal.price = 5
    deal.price = "5"  # type: ignore[assignment]
    deal.deposit = 5
    deal.deposit = "5"  # type: ignore[assignment]
    deal.vip = True
    deal.vip = "yes"  # type: ignore[assignment]
    deal.vip = 1  # type: ignore[assignment]
    deal.signed = date(2031, 4, 5)
    deal.signed = "2031-04-05"  # type: ignore[assignment]
    deal.born = date(1961, 4, 12)
    deal.born = 5  # type: ignore[assignment]
    deal.meeting = datetime(2031, 4, 5, tzinfo=UTC)
    deal.meeting = date(2031, 4, 5)  # type: ignore[assignment]
    deal.source = "Web"
    deal.source = 9911
    deal.source = Option("Web", 9911)
    deal.source = None
    deal.source = 1.5  # type: ignore[assignment]
    deal.channel = Source.WEB
    deal.channel = "Web"
    deal.channel = 9911
    deal.channel = deal.source
    deal.channel = [Source.WEB]  # type: ignore[assignment]
    deal.size = Size.LARGE
    deal.shape = "round"
    deal.shape = b"round"  # type: ignore[assignment]
    deal.group = "Lamps"
    deal.group = 71
    deal.group = 1.5  # type: ignore[assignment]


def several(deal: Deal) -> None:
    deal.regions = ["EU", 5, Option("US")]
    deal.regions = ("EU", "US")
    deal.regions = {"EU"}
    deal.regions = (name for name in ["EU"])
    deal.regions = deal.regions
    deal.regions = None
    deal.regions = "EU"  # type: ignore[assignment]
    deal.regions = 5  # type: ignore[assignment]
    deal.regions = [1.5]  # type: ignore[list-item]
    deal.regions.append("EU")
    deal.regions.append(5)
    deal.regions.extend(["EU", 5])
    deal.regions.insert(0, "EU")
    deal.regions.remove("EU")
    deal.regions += ["EU"]
    deal.regions[0] = "EU"
    deal.regions[1:] = ["EU", "US"]
    deal.regions.append(1.5)  # type: ignore[arg-type]
    deal.channels = [Source.WEB, "Call"]
    deal.channels.append(Source.WEB)
    deal.channels.append("Call")
    deal.channels.append(None)  # type: ignore[arg-type]
    assert_type("EU" in deal.regions, bool)
    assert_type(Source.WEB in deal.channels, bool)


def values(deal: Deal) -> None:
    deal.phone = "+1555000100"
    deal.phone = None
    deal.phone = 1555000100  # type: ignore[assignment]
    deal.email = "ann@romashka.example"
    deal.email = ["ann@romashka.example"]  # type: ignore[assignment]
    deal.phones = ["+1555000100", PhoneValue("+1555000101", "MOB")]
    deal.phones = deal.phones
    deal.phones = "+1555000100"  # type: ignore[assignment]
    deal.phones = [EmailValue("ann@romashka.example")]  # type: ignore[list-item]
    deal.phones.append(PhoneValue("+1555000101", kind="MOB"))
    deal.emails = [EmailValue("ann@romashka.example", "PRIV")]
    deal.emails.append(PhoneValue("+1555000101"))  # type: ignore[arg-type]
    deal.messengers = [MessengerValue("ann", "SKYPE")]
    deal.address = SmartAddressValue(city="Austin", country="US")
    deal.address = "Austin"  # type: ignore[assignment]
    deal.legal = LegalEntityValue(name="Romashka LLC", entity_type=2)
    deal.legal = PayerValue(name="Romashka LLC")  # type: ignore[assignment]
    deal.legals = [LegalEntityValue(name="Romashka LLC")]
    deal.items = [Item(description="Lamp", unit_price=49.5, quantity=2, discount=Discount(5, "percentage"))]
    deal.items = Item(description="Lamp")  # type: ignore[assignment]
    deal.payer = PayerValue(entity_id=40, entity_type="contacts", type="individual")
    deal.supplier = SupplierValue(880)
    deal.supplier = 880  # type: ignore[assignment]
    deal.linked = LinkedValue(entity_id=40, entity_type="contacts")
    deal.chain = [ChainedValue(3001, 70), ChainedValue(3002, 75)]
    deal.chain = ChainedValue(3001, 70)  # type: ignore[assignment]
    deal.contract = FileValue("5d0c1f1e")
    deal.contract = "5d0c1f1e"
    deal.contract = 5  # type: ignore[assignment]
    deal.papers = ["5d0c1f1e", FileValue("5d0c1f1e", "99aa")]
    deal.papers = "5d0c1f1e"  # type: ignore[assignment]


def making() -> None:
    Deal(budget=500, source="Web", channel=Source.CALL, regions=["EU"], signed=date(2031, 4, 5), phone="+1555000100")
    Deal(budget="500")  # type: ignore[arg-type]
    Deal(bugdet=500)  # type: ignore[call-arg]
    Deal(regions="EU")  # type: ignore[arg-type]
    Deal(legal_name="Romashka LLC")  # type: ignore[arg-type]
    PhoneValue(1555000100)  # type: ignore[arg-type]
    PhoneValue()  # type: ignore[call-arg]
    Item(unit_price="5")  # type: ignore[arg-type]
    Item(total_sum=5)  # type: ignore[arg-type]
    Item(colour="red")  # type: ignore[call-arg]
    SmartAddressValue(town="Austin")  # type: ignore[call-arg]
    SupplierValue("880")  # type: ignore[arg-type]
    ChainedValue(3001)  # type: ignore[call-arg]


def conditions() -> None:
    assert_type(Deal.text == "x", Condition)
    assert_type(Deal.link == "x", Condition)
    assert_type(Deal.area.in_("x", "y"), Condition)
    assert_type(Deal.utm == "x", Condition)
    assert_type(Deal.budget >= 100, Condition)
    assert_type(Deal.budget <= 99.5, Condition)
    assert_type(Deal.budget == Decimal(100), Condition)
    assert_type(Deal.budget.between(1, 5), Condition)
    assert_type(Deal.price.in_(1, 2), Condition)
    assert_type(Deal.deposit >= 1, Condition)
    assert_type(Deal.vip == True, Condition)  # noqa: E712
    assert_type(Deal.signed >= date(2031, 4, 5), Condition)
    assert_type(Deal.born.between(date(2031, 4, 5), date(2031, 4, 6)), Condition)
    assert_type(Deal.meeting <= datetime(2031, 4, 5, tzinfo=UTC), Condition)
    assert_type(Deal.source == "Web", Condition)
    assert_type(Deal.source == 9911, Condition)
    assert_type(Deal.channel == Source.WEB, Condition)
    assert_type(Deal.channel.in_(Source.WEB, "Call"), Condition)
    assert_type(Deal.size == Size.LARGE, Condition)
    assert_type(Deal.regions == "EU", Condition)
    assert_type(Deal.channels.in_(Source.WEB), Condition)


def wrong_conditions() -> None:
    filtered(Deal.budget >= "100")  # type: ignore[operator]
    filtered(Deal.budget == "100")  # type: ignore[arg-type]
    filtered(Deal.text >= "x")  # type: ignore[operator, arg-type]
    filtered(Deal.text == 5)  # type: ignore[arg-type]
    filtered(Deal.vip == "yes")  # type: ignore[arg-type]
    filtered(Deal.signed == date(2031, 4, 5))  # type: ignore[arg-type]
    filtered(Deal.signed >= "2031-04-05")  # type: ignore[operator]
    filtered(Deal.meeting >= date(2031, 4, 5))  # type: ignore[operator]
    filtered(Deal.source == 1.5)  # type: ignore[arg-type]
    filtered(Deal.regions == ["EU"])  # type: ignore[arg-type]
    filtered(Deal.phone == "+1555000100")  # type: ignore[arg-type, comparison-overlap]
    filtered(Deal.phones == "+1555000100")  # type: ignore[arg-type, comparison-overlap]
    filtered(Deal.street == "5 Elm st")  # type: ignore[arg-type, comparison-overlap]
    filtered(Deal.group == 71)  # type: ignore[arg-type, comparison-overlap]
    filtered(Deal.address == "Austin")  # type: ignore[arg-type, comparison-overlap]
    Deal.phone == "+1555000100"  # type: ignore[comparison-overlap]
    Deal.phone.in_("+1555000100")  # type: ignore[attr-defined]
    Select[int]  # type: ignore[type-var]


def assignments() -> None:
    update(Deal.budget.set(500), Deal.budget.set(None), Deal.vip.set(True), Deal.source.set("Web"))
    update(Deal.regions.set(["EU", "US"]), Deal.regions.set(None), Deal.phones.set(["+1555000100"]))
    update(Deal.signed.set(date(2031, 4, 5)), Deal.address.set(SmartAddressValue(city="Austin")))
    Deal.budget.set("500")  # type: ignore[arg-type]
    Deal.regions.set("EU")  # type: ignore[arg-type]
    Deal.phone.set(5)  # type: ignore[arg-type]
