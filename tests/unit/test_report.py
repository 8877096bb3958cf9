from __future__ import annotations

import re

import pytest

from kommo_orm import Contact, Failed, FlushError, Kommo, KommoError, Lead, NotFound, Report, UncertainWrite
from kommo_orm.unit.report import describe


@pytest.mark.parametrize(
    ("models", "told"),
    [
        ([Lead(id=5)], "Lead 5"),
        ([Lead(name="Roof")], "new Lead 'Roof'"),
        ([Lead(price=5)], "new Lead"),
        ([Lead(id=5), Lead(id=6)], "2 objects"),
        ([], "0 objects"),
    ],
    ids=lambda part: part if isinstance(part, str) else "",
)
def test_an_object_in_a_message(models, told):
    assert describe(*models) == told


def test_a_clean_report_raises_nothing():
    report = Report(created=[Lead(id=5)], requests=1)
    report.raise_for_failures()
    report.raise_single(report.created[0])
    assert report.is_clean
    assert report.ids == [5]


def test_one_object_s_own_error_is_raised_and_of_several_all():
    lead, contact = Lead(name="Roof"), Contact(name="Ann")
    error = NotFound("gone")
    with pytest.raises(NotFound, match="gone"):
        Report(failed=[Failed(lead, error)]).raise_single(lead)
    with pytest.raises(NotFound, match="gone"):
        Report(failed=[Failed(contact, error)]).raise_single(lead)  # nothing else failed: this is why
    with pytest.raises(FlushError, match="2 of 2 objects failed"):
        Report(failed=[Failed(contact, error), Failed(lead, KommoError("waits"))]).raise_single(lead)


def test_doubt_comes_first():
    lead = Lead(name="Roof")
    report = Report(uncertain=[lead], failed=[Failed(Contact(name="Ann"), NotFound("gone"))])
    with pytest.raises(UncertainWrite, match="Nobody knows whether new Lead 'Roof' was created") as doubt:
        report.raise_single(lead)
    assert doubt.value.objects == (lead,)
    with pytest.raises(FlushError, match="1 of 2 objects failed and 1 is uncertain; 0 are saved. First: gone"):
        report.raise_for_failures()


def test_doubts_are_counted_as_people_count():
    two = Report(uncertain=[Lead(name="Roof"), Lead(name="Wall")])
    with pytest.raises(UncertainWrite, match="Nobody knows whether 2 objects were created"):
        two.raise_single(two.uncertain[0])
    with pytest.raises(FlushError, match="0 of 2 objects failed and 2 are uncertain; 0 are saved"):
        two.raise_for_failures()
    one = Report(failed=[Failed(Lead(name="Roof"), NotFound("gone"))])
    with pytest.raises(FlushError, match="1 of 1 object failed and 0 are uncertain"):
        one.raise_for_failures()


def test_no_more_than_twenty_failures_are_printed():
    report = Report(failed=[Failed(Lead(id=number + 1), NotFound("gone")) for number in range(30)])
    assert str(report).count("gone") == 20
    assert "leads                      0         0         0        30         0" in str(report)


def test_the_repr_of_a_report_is_short(kommo: Kommo):
    report = Lead.objects.bulk_create(Lead(name=f"L{number}") for number in range(300))
    assert re.fullmatch(r"<Report 300 created, 2 requests, \d+\.\d\d s>", repr(report))
