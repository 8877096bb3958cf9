"""Leads with their contact and company in one request."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from kommo_orm import (
    BadRequest,
    Company,
    ConfigurationError,
    FlushError,
    Kommo,
    Lead,
    QueryError,
    UncertainWrite,
    UnexpectedResponse,
)
from kommo_orm.entities.incoming.metadata import CallMetadata, FormMetadata
from kommo_orm.sandbox import Sandbox
from tests.account import Deal, Person, bodies, sent

COMPLEX = "/api/v4/leads/complex"


def order(name: str = "Web order") -> tuple[Deal, Person, Company]:
    deal = Deal(name=name, price=120, budget=5)
    ann, olive = Person(name="Ann", phone="+34600111222"), Company(name="Olive")
    deal.contacts.add(ann)
    deal.company = olive
    return deal, ann, olive


def test_all_three_come_into_being_at_once(kommo: Kommo, sandbox: Sandbox):
    deal, ann, olive = order()
    deal.tags.add("web")
    ann.tags.add("vip")
    [made] = Deal.objects.create_complex(deal)
    ((_, path, body),) = sent(sandbox)
    assert path == COMPLEX
    assert body[0]["request_id"] == "0"
    assert body[0]["tags_to_add"] == [{"name": "web"}]
    (nested,) = body[0]["_embedded"]["contacts"]
    assert nested["_embedded"] == {"tags": [{"name": "vip"}]}
    assert nested["custom_fields_values"][0]["values"] == [{"value": "+34600111222", "enum_code": "WORK"}]
    assert "request_id" not in nested
    assert made.lead is deal
    assert (made.merged, made.contact_id, made.company_id) == (False, ann.id, olive.id)
    assert deal.contacts.ids == (ann.id,)
    assert deal.company is olive
    assert [one.changes for one in (deal, ann, olive)] == [{}, {}, {}]


def test_the_new_contact_and_company_know_each_other(kommo: Kommo, sandbox: Sandbox):
    deal, ann, olive = order()
    ann.company = olive
    Deal.objects.create_complex(deal)
    assert ann.company is olive
    assert olive.contacts.ids == (ann.id,)
    assert len(sent(sandbox)) == 1
    fresh = Person.objects.include("company").get(ann.id)
    assert fresh.company_id == olive.id


def test_stored_ones_go_by_their_ids(kommo: Kommo, sandbox: Sandbox):
    ann = Person.objects.create(name="Ann")
    deal = Deal(name="Again")
    deal.contacts.add(ann)
    [made] = Deal.objects.create_complex(deal)
    assert bodies(sandbox, "POST")[-1][0]["_embedded"] == {"contacts": [{"id": ann.id}]}
    assert (made.contact_id, made.company_id) == (ann.id, None)


def test_many_go_fifty_at_once(kommo: Kommo, sandbox: Sandbox):
    made = Lead.objects.create_complex(*[Lead(name=f"Lead {number}") for number in range(51)])
    assert [len(body) for body in bodies(sandbox, "POST")] == [50, 1]
    assert [one.lead.name for one in made] == [f"Lead {number}" for number in range(51)]
    assert all("_embedded" not in item for item in bodies(sandbox, "POST")[0])


@pytest.mark.parametrize(
    "metadata",
    [
        FormMetadata(form_id="f-3", form_name="Callback", form_page="p", form_sent_at=datetime(2024, 1, 9, tzinfo=UTC)),
        CallMetadata(caller="+1", phone="+2", uniq="u", service_code="s"),
    ],
    ids=["form", "call"],
)
def test_metadata_makes_incoming_leads(kommo: Kommo, sandbox: Sandbox, metadata: Any):
    [made] = Lead.objects.create_complex(Lead(name="Callback"), metadata=metadata)
    assert bodies(sandbox, "POST")[0][0]["_embedded"] == {"metadata": metadata.to_raw()}
    row = sandbox.row("leads", made.lead.id)
    assert row is not None
    incoming = next(stage["id"] for stage in sandbox.rows("statuses") if stage["type"] == 1)
    assert row["status_id"] == incoming


def test_a_merged_lead_has_the_id_of_the_other(kommo: Kommo, sandbox: Sandbox):
    answer = [{"id": 77, "contact_id": None, "company_id": None, "request_id": ["0", "1"], "merged": True}]
    sandbox.faults.next(path=COMPLEX, body=answer)
    made = Lead.objects.create_complex(Lead(name="A"), Lead(name="A"))
    assert [(one.lead.id, one.merged) for one in made] == [(77, True), (77, True)]


def test_what_it_cannot_take_is_refused_before_sending(kommo: Kommo, sandbox: Sandbox):
    deal, _, _ = order()
    deal.contacts.add(Person(name="Second"))
    with pytest.raises(ConfigurationError, match="takes one of its contacts, not 2"):
        Deal.objects.create_complex(deal)
    many = Deal(name="Many")
    for number in range(41):
        many.custom_fields[sandbox.add_field("leads", f"F{number}", "text")["id"]] = "x"
    with pytest.raises(ConfigurationError, match="41 custom fields"):
        Deal.objects.create_complex(many)
    with pytest.raises(QueryError, match="stored already"):
        Lead.objects.create_complex(Lead(id=5))
    assert sent(sandbox) == []


def test_a_bad_one_does_not_take_the_others_with_it(kommo: Kommo, sandbox: Sandbox):
    good, bad = Lead(name="Good"), Lead(name="Bad", pipeline_id=99)
    with pytest.raises(FlushError) as caught:
        Lead.objects.create_complex(good, bad)
    report = caught.value.report
    assert (report.created, [failed.object for failed in report.failed]) == ([good], [bad])
    assert bad.is_new
    assert bad.has_changes
    with pytest.raises(BadRequest) as refused:
        Lead.objects.create_complex(bad)
    assert refused.value.items[0].field == "pipeline_id"


def test_a_lost_answer_makes_all_of_them_uncertain(kommo: Kommo, sandbox: Sandbox):
    deal, ann, olive = order()
    sandbox.faults.next(path=COMPLEX, drop_after=True)
    with pytest.raises(UncertainWrite) as caught:
        Deal.objects.create_complex(deal)
    assert set(map(id, caught.value.objects)) == {id(deal), id(ann), id(olive)}
    with pytest.raises(ConfigurationError, match="resolve"):
        Deal.objects.create_complex(deal)
    deal.resolve(retry=True)
    ann.resolve(retry=True)
    olive.resolve(drop=True)


def test_an_id_missing_in_the_answer_is_an_error_of_that_object(kommo: Kommo, sandbox: Sandbox):
    deal, ann, olive = order()
    sandbox.faults.next(path=COMPLEX, body=[{"id": 77, "contact_id": 5, "request_id": ["0"], "merged": False}])
    with pytest.raises(UnexpectedResponse, match="does not have its id"):
        Deal.objects.create_complex(deal)
    assert (deal.id, ann.id, olive.is_new) == (77, 5, True)


async def test_async(kommo: Kommo):
    deal, ann, _ = order()
    [made] = await Deal.objects.acreate_complex(deal)
    assert made.contact_id == ann.id
