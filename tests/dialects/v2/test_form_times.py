"""Each form has a second of its own."""

from __future__ import annotations

import gc

from kommo_orm import IncomingLead
from kommo_orm.dialects.v2.form_times import MAX_FORMS, MAX_SECONDS, FormTimes
from kommo_orm.interface.batch import Batch, BatchItem
from kommo_orm.model.parent import Parent
from tests.dialects.v2.plain import NOW, V2

FORM = ("f-1", "https://x.example")


def test_forms_of_one_page_get_different_seconds():
    moments, given = FormTimes(), [IncomingLead() for _ in range(3)]
    assert [moments.assign_time(one, FORM, NOW) for one in given] == [NOW, NOW - 1, NOW - 2]
    assert moments.assign_time(IncomingLead(), ("f-2", FORM[1]), NOW) == NOW


def test_an_object_keeps_its_second():
    moments, one = FormTimes(), IncomingLead()
    first = moments.assign_time(one, FORM, NOW)
    assert moments.assign_time(one, FORM, NOW + 60) == first


def test_what_is_gone_is_forgotten():
    moments = FormTimes()
    moments.assign_time(IncomingLead(), FORM, NOW)
    gc.collect()
    assert not moments._by_object


def test_only_so_many_seconds_are_remembered():
    moments = FormTimes()
    for at in range(MAX_SECONDS + 1):
        moments.assign_time(IncomingLead(), FORM, NOW + at)
    assert len(moments._used[FORM]) == MAX_SECONDS // 2 + 1


def test_a_moment_that_is_given_is_sent():
    def sent(**keys: object) -> list[int]:
        body = {"source_uid": "s", "source_name": "S", "metadata": {"form_id": "1", "form_page": "p"}, **keys}
        items = [BatchItem(IncomingLead(), str(at), dict(body)) for at in range(2)]
        added = V2.build_batch_request(Batch("create", "incoming_leads", tuple(items), Parent("forms"))).json["add"]
        return [row["created_at"] for row in added]

    assert sent(created_at=5) == [5, 5]
    assert len(set(sent())) == 2


def test_forms_of_long_ago_are_forgotten():
    """Pages whose address differs with each visit would fill the memory otherwise."""
    moments, one = FormTimes(), IncomingLead()
    for visit in range(3 * MAX_FORMS):
        moments.assign_time(IncomingLead(), ("f", f"https://x.example/?visit={visit}"), 100)
    assert len(moments._used) == MAX_FORMS
    assert moments.assign_time(one, ("f", f"https://x.example/?visit={visit}"), 100) == 99
