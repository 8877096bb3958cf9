"""The checks of the demo see what is wrong; that they accept what is right, the demo itself shows."""

from __future__ import annotations

from typing import Any

import pytest

from kommo_orm import Kommo, Lead
from kommo_orm.cli.demo import checks
from kommo_orm.cli.demo.checks import CheckFailed
from kommo_orm.cli.demo.models import Deal
from kommo_orm.sandbox import Sandbox


@pytest.fixture
def seeded(kommo_sandbox: Sandbox, kommo: Kommo) -> Sandbox:
    kommo_sandbox.seed(leads=20)
    return kommo_sandbox


def refused(check: Any, value: Any, sandbox: Sandbox) -> str:
    with pytest.raises(CheckFailed) as failed:
        check(value, sandbox.log)
    return str(failed.value)


def test_an_account_that_lacks_fields(kommo_sandbox: Sandbox, kommo: Kommo) -> None:
    kommo_sandbox.add("leads", name="Roof")
    check = checks.fits_and_reads_like_the_account(kommo_sandbox)
    assert "Deal.budget" in refused(check, (kommo.check(Deal), Deal.objects.first()), kommo_sandbox)


def test_a_lead_that_was_not_found_or_is_another_one(seeded: Sandbox) -> None:
    check = checks.fits_and_reads_like_the_account(seeded)
    second = Deal.objects.list()[1]
    assert refused(check, ([], None), seeded) == "not so: the account has a first lead"
    assert refused(check, ([], second), seeded) == "not so: the first lead is read"


def test_a_deal_that_is_missing_and_one_without_its_contacts(seeded: Sandbox) -> None:
    pipeline = seeded.rows("pipelines")[0]
    rows = checks.matching(seeded, pipeline["id"])
    check = checks.reads_what_matches(rows, pipeline["name"])
    query = Deal.objects.filter(Deal.price >= 1000, pipeline_id=pipeline["id"]).include("contacts")
    right = [deal for deal in query if "EU" not in deal.regions]
    assert "outside the EU" in refused(check, right[1:], seeded)
    assert "twice" in refused(check, [*right, right[0]], seeded)
    right[0].contacts.clear()
    assert f"contacts of deal {right[0].id}" in refused(check, right, seeded)


def test_a_patch_with_more_than_the_field_that_changed(seeded: Sandbox) -> None:
    deal = Deal.objects.list()[0]
    seeded.log.clear()
    deal.name = "Roof"
    deal.save()
    assert "nothing but custom fields" in refused(checks.saved_only_regions(seeded, [deal]), None, seeded)


def test_a_request_where_none_was_due(seeded: Sandbox) -> None:
    Lead.objects.first()
    assert refused(checks.sent_nothing, None, seeded) == "not so: nothing was sent"


def test_a_row_that_is_not_there(kommo_sandbox: Sandbox) -> None:
    with pytest.raises(CheckFailed, match="the account has leads 5"):
        checks.row_of(kommo_sandbox, "leads", 5)
