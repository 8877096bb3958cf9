"""Relations are given to the constructor, as fields are."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from kommo_orm import Company, ConfigurationError, Contact, Customer, IncomingLead, Kommo, Lead
from kommo_orm.sandbox import Sandbox
from tests.account import Deal, ids_of, sent


def test_they_are_pending_changes_and_saved_with_the_object(kommo: Kommo, sandbox: Sandbox) -> None:
    ann, olive = Contact(name="Ann"), Company(name="Olive")
    deal = Deal(name="Roof", contacts=[ann], company=olive, tags=["vip", "new"])
    assert deal.changes.keys() == {"name", "contacts", "company", "tags"}
    assert sent(sandbox) == []
    deal.save()
    assert ids_of(sandbox, "leads", deal.id, "contacts") == [ann.id]
    assert ids_of(sandbox, "leads", deal.id, "companies") == [olive.id]
    row = sandbox.row("leads", deal.id)
    assert row is not None
    assert {tag["name"] for tag in row["_embedded"]["tags"]} == {"vip", "new"}


def test_ids_stand_for_stored_rows(kommo: Kommo, sandbox: Sandbox) -> None:
    olive, ann = Company.objects.create(name="Olive"), Contact.objects.create(name="Ann")
    deal = Deal(name="Roof", contacts=[ann.id], company_id=olive.id)
    assert (deal.company_id, deal.contacts.ids) == (olive.id, (ann.id,))
    deal.save()
    assert ids_of(sandbox, "leads", deal.id, "contacts") == [ann.id]
    assert ids_of(sandbox, "leads", deal.id, "companies") == [olive.id]


def test_the_id_of_a_company_can_be_set(kommo: Kommo, sandbox: Sandbox) -> None:
    one, other = Company.objects.create(name="One"), Company.objects.create(name="Other")
    deal = Deal(name="Roof", company=one)
    deal.save()
    deal.company_id = other.id
    assert deal.changes == {"company": (one.id, other.id)}
    deal.save()
    assert ids_of(sandbox, "leads", deal.id, "companies") == [other.id]
    deal.company_id = None
    deal.save()
    assert ids_of(sandbox, "leads", deal.id, "companies") == []


def test_every_card_takes_them() -> None:
    ann, olive, roof = Contact(name="Ann"), Company(name="Olive"), Lead(name="Roof")
    assert Contact(name="Bob", leads=[roof], company=olive, tags=["vip"]).has_changes
    assert Company(name="Tree", contacts=[ann], leads=[roof]).has_changes
    assert Customer(name="Shop", contacts=[ann], company_id=5).company_id == 5


def test_what_cannot_be_linked_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="links contacts; Lead is not one of them"):
        Deal(contacts=[Lead(name="x")])
    with pytest.raises(ConfigurationError, match=r"company_id is the id of a row or None, not 'x'"):
        Deal(company_id="x")  # type: ignore[arg-type]
    with pytest.raises(ValidationError, match="notes is a relation"):
        Deal(notes=[])  # type: ignore[call-arg]
    with pytest.raises(AttributeError, match=r"lead_id follows IncomingLead\.leads"):
        IncomingLead().lead_id = 5
