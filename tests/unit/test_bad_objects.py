"""One bad object of a flush fails with its own error, which has the object and its attribute; the others are saved."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from datetime import date
from typing import Any, ClassVar

import pytest

from kommo_orm import (
    ConfigurationError,
    Contact,
    FlushError,
    Kommo,
    KommoError,
    Lead,
    Report,
    Session,
    Text,
    custom,
)
from kommo_orm.sandbox import Sandbox
from kommo_orm.unit.report import DependencyFailed
from tests.account import Deal, bodies, sent


class Odd(Lead):
    """It declares a field that the account lacks."""

    missing: Text = custom(name="Missing")


def spoil_list(deal: Deal) -> None:
    deal.regions = ["EU"]
    deal.regions.append(object())  # type: ignore[arg-type]


def spoil_values(deal: Deal) -> None:
    deal.custom_fields["Size"] = "big"


BAD: dict[str, tuple[Callable[[Deal], Any], str]] = {
    "an unknown option": (lambda deal: setattr(deal, "source", "post"), "source"),
    "half of a surrogate pair": (lambda deal: setattr(deal, "name", "a\ud800"), "name"),
    "a NUL": (lambda deal: setattr(deal, "name", "a\0b"), "name"),
    "a NUL in a custom field": (lambda deal: setattr(deal, "remark", "a\0b"), "remark"),
    "a NUL in a tag": (lambda deal: deal.tags.add("a\0b"), "tags"),
    "the first of all days": (lambda deal: setattr(deal, "signed", date.min), "signed"),
    "a thing in a list": (spoil_list, "regions"),
    "an undeclared value": (spoil_values, "custom_fields['Size']"),
    "an unknown field": (lambda deal: deal.custom_fields.__setitem__("Nope", 5), "custom_fields['Nope']"),
}


def make_deals(count: int) -> list[Deal]:
    return [Deal(name=f"Deal {number}", remark="x") for number in range(count)]


def read_names(sandbox: Sandbox) -> list[str]:
    return sorted(row["name"] for row in sandbox.rows("leads"))


def check_report(report: Report, deals: list[Deal], bad: dict[int, str]) -> None:
    """The bad ones are named with their attribute, in the order given; the rest is saved, each once."""
    assert [(failed.object, failed.error.object, failed.error.field) for failed in report.failed] == [
        (deals[place], deals[place], name) for place, name in bad.items()
    ]
    saved = [id(deal) for deal in (*report.created, *report.updated)]
    assert sorted(saved) == sorted(id(deal) for place, deal in enumerate(deals) if place not in bad)
    assert report.uncertain == []


class TestBatches:
    bad: ClassVar = {7: "source", 150: "name", 299: "signed"}

    def spoil(self, deals: list[Deal]) -> None:
        deals[7].source = "post"
        deals[150].name = "a\ud800"
        deals[299].signed = date.min

    def test_creations_of_a_batch(self, kommo: Kommo, sandbox: Sandbox) -> None:
        deals = make_deals(300)
        self.spoil(deals)
        with pytest.raises(FlushError, match="3 of 300 objects failed and 0 are uncertain; 297 are saved") as failed:
            Deal.objects.bulk_create(deals)
        check_report(failed.value.report, deals, self.bad)
        assert failed.value.report.requests == len(sent(sandbox)) == 2
        assert read_names(sandbox) == sorted(f"Deal {number}" for number in range(300) if number not in self.bad)
        assert [deal.is_new for deal in deals] == [number in self.bad for number in range(300)]

    def test_what_failed_can_be_mended_and_saved(self, kommo: Kommo, sandbox: Sandbox) -> None:
        deals = make_deals(300)
        self.spoil(deals)
        with pytest.raises(FlushError) as failed:
            Deal.objects.bulk_create(deals)
        for one in failed.value.report.failed:
            one.object.name, one.object.source, one.object.signed = "Mended", "web", None
        assert len(Deal.objects.bulk_create([one.object for one in failed.value.report.failed]).created) == 3
        assert len(read_names(sandbox)) == 300

    def test_updates_of_a_batch(self, kommo: Kommo, sandbox: Sandbox) -> None:
        deals = make_deals(300)
        Deal.objects.bulk_create(deals)
        sandbox.log.clear()
        for deal in deals:
            deal.price = 5
        self.spoil(deals)
        with pytest.raises(FlushError) as failed:
            Deal.objects.bulk_update(deals)
        check_report(failed.value.report, deals, self.bad)
        assert failed.value.report.requests == len(sent(sandbox)) == 2
        assert sum(row["price"] == 5 for row in sandbox.rows("leads")) == 297
        assert [deal.has_changes for deal in deals] == [number in self.bad for number in range(300)]

    async def test_async_batches(self, sandbox: Sandbox) -> None:
        async with sandbox.connect(backoff=0):
            deals = make_deals(300)
            self.spoil(deals)
            with pytest.raises(FlushError) as failed:
                await Deal.objects.abulk_create(deals)
            check_report(failed.value.report, deals, self.bad)
            assert failed.value.report.requests == 2

    def test_sessions(self, kommo: Kommo, sandbox: Sandbox) -> None:
        deals = make_deals(300)
        self.spoil(deals)
        session = Session(kommo)
        session.add(*deals)
        with pytest.raises(FlushError) as failed:
            session.flush()
        check_report(failed.value.report, deals, self.bad)
        assert session.new == [deals[place] for place in self.bad]
        for place in self.bad:
            deals[place].name, deals[place].source, deals[place].signed = "Mended", "web", None
        assert len(session.commit().created) == 3
        assert len(read_names(sandbox)) == 300

    async def test_async_sessions(self, sandbox: Sandbox) -> None:
        async with sandbox.connect(backoff=0) as kommo:
            deals = make_deals(300)
            self.spoil(deals)
            session = kommo.session()
            session.add(*deals)
            with pytest.raises(FlushError) as failed:
                await session.aflush()
            check_report(failed.value.report, deals, self.bad)


@pytest.mark.parametrize("what", BAD)
def test_each_kind_of_bad_value_fails_its_object_alone(kommo: Kommo, sandbox: Sandbox, what: str) -> None:
    spoil, name = BAD[what]
    deals = make_deals(3)
    spoil(deals[1])
    with pytest.raises(FlushError) as failed:
        Deal.objects.bulk_create(deals)
    check_report(failed.value.report, deals, {1: name})
    assert isinstance(failed.value.report.failed[0].error, ConfigurationError)
    assert read_names(sandbox) == ["Deal 0", "Deal 2"]


@pytest.mark.parametrize("what", BAD)
def test_a_single_save_raises_the_error_itself(kommo: Kommo, sandbox: Sandbox, what: str) -> None:
    spoil, name = BAD[what]
    [deal] = make_deals(1)
    spoil(deal)
    with pytest.raises(ConfigurationError) as refused:
        deal.save()
    assert refused.value.object is deal
    assert refused.value.field == name
    assert not sent(sandbox)


@pytest.mark.parametrize(
    "what", sorted(BAD.keys() - {"an undeclared value"})
)  # its type is known: it is refused when it is set
def test_stored_objects_are_refused_alike(kommo: Kommo, sandbox: Sandbox, what: str) -> None:
    spoil, name = BAD[what]
    deals = make_deals(3)
    Deal.objects.bulk_create(deals)
    for deal in deals:
        deal.price = 9
    spoil(deals[1])
    session = Session(kommo)
    session.add(*deals)
    with pytest.raises(FlushError) as failed:
        session.flush()
    check_report(failed.value.report, deals, {1: name})
    assert [row["price"] for row in sandbox.rows("leads")] == [9, 0, 9]


def test_what_needs_a_bad_object_fails_with_it(kommo: Kommo, sandbox: Sandbox) -> None:
    bad, fine = Contact(name="a\0"), Contact(name="Ann")
    waiting, free = Deal(name="Waiting"), Deal(name="Free")
    waiting.contacts.add(bad)
    free.contacts.add(fine)
    with pytest.raises(FlushError) as failed:
        Deal.objects.bulk_create([waiting, free])
    errors = {id(one.object): one.error for one in failed.value.report.failed}
    assert errors.keys() == {id(bad), id(waiting)}
    assert errors[id(bad)].field == "name"
    assert isinstance(errors[id(waiting)], DependencyFailed)
    assert errors[id(waiting)].object is waiting
    assert read_names(sandbox) == ["Free"]


def test_a_stored_object_keeps_its_link_to_a_bad_one_pending(kommo: Kommo, sandbox: Sandbox) -> None:
    deal = Deal.objects.create(name="Roof")
    bad = Contact(name="a\0")
    deal.contacts.add(bad)
    deal.price = 5
    with pytest.raises(FlushError) as failed:
        Deal.objects.bulk_update([deal])
    assert {id(one.object) for one in failed.value.report.failed} == {id(bad), id(deal)}
    assert not sandbox.rows("contacts")
    bad.name = "Ann"
    deal.save()
    assert len(sandbox.rows("contacts")) == 1
    assert not deal.has_changes


def test_a_field_that_the_account_lacks_fails_what_has_a_value_of_it(kommo: Kommo, sandbox: Sandbox) -> None:
    odd = [Odd(name="Odd 0"), *(Odd(name=f"Odd {number}", missing="x") for number in range(1, 4))]
    session = Session(kommo)
    session.add(*odd, *make_deals(2))
    with pytest.raises(FlushError) as failed:
        session.flush()
    assert [(one.object, one.error.object, one.error.field) for one in failed.value.report.failed] == [
        (deal, deal, "missing") for deal in odd[1:]
    ]
    assert read_names(sandbox) == ["Deal 0", "Deal 1", "Odd 0"]
    assert sum(entry.path.endswith("custom_fields") for entry in sandbox.log) == 1


def test_complex_leads_fail_alone(kommo: Kommo, sandbox: Sandbox) -> None:
    deals = make_deals(3)
    for number, deal in enumerate(deals):
        deal.contacts.add(Contact(name="a\0" if number == 1 else f"Contact {number}"))
    with pytest.raises(FlushError) as failed:
        Deal.objects.create_complex(*deals)
    [one] = failed.value.report.failed
    assert one.object is deals[1]
    assert one.error.object is next(iter(deals[1].contacts))
    assert read_names(sandbox) == ["Deal 0", "Deal 2"]


def test_all_bad_objects_send_nothing(kommo: Kommo, sandbox: Sandbox) -> None:
    deals = [Deal(name="\0") for _ in range(5)]
    with pytest.raises(FlushError, match="5 of 5 objects failed") as failed:
        Deal.objects.bulk_create(deals)
    check_report(failed.value.report, deals, dict.fromkeys(range(5), "name"))
    assert not bodies(sandbox, "POST")
    assert str(failed.value.report).count("cannot be sent") == 5


def test_a_text_that_looks_like_an_escape_is_a_text(kommo: Kommo, sandbox: Sandbox) -> None:
    Deal.objects.bulk_create([Deal(name="\\u0000"), Deal(name="\\ud800")])
    assert read_names(sandbox) == ["\\u0000", "\\ud800"]


def test_an_error_about_no_object_has_none(kommo: Kommo) -> None:
    assert (KommoError("x").object, KommoError("x").field) == (None, None)
    deal = Deal(name="x", source="post")
    with pytest.raises(ConfigurationError) as refused:
        deal.save()
    assert pickle.loads(pickle.dumps(refused.value)).field == "source"
