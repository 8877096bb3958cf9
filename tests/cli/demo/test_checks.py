"""The checks of the demo fail where they should. The demo itself shows that they accept the right results."""

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


def run_failing_check(check: Any, value: Any, sandbox: Sandbox) -> str:
    with pytest.raises(CheckFailed) as failed:
        check(value, sandbox.log)
    return str(failed.value)


def test_a_missing_field_fails_the_first_check(kommo_sandbox: Sandbox, kommo: Kommo) -> None:
    kommo_sandbox.add("leads", name="Roof")
    check = checks.check_mapping_and_first_lead(kommo_sandbox)
    assert "Deal.budget" in run_failing_check(check, (kommo.check(Deal), Deal.objects.first()), kommo_sandbox)


def test_a_missing_or_wrong_lead_fails_the_first_check(seeded: Sandbox) -> None:
    check = checks.check_mapping_and_first_lead(seeded)
    second = Deal.objects.list()[1]
    assert run_failing_check(check, ([], None), seeded) == "Not so: the account has a first lead"
    assert run_failing_check(check, ([], second), seeded) == "Not so: the first lead is read"


def test_a_missing_deal_or_contact_fails_the_read_check(seeded: Sandbox) -> None:
    pipeline = seeded.rows("pipelines")[0]
    rows = checks.find_matching_leads(seeded, pipeline["id"])
    check = checks.check_filtered_read(rows, pipeline["name"])
    query = Deal.objects.filter(Deal.price >= 1000, pipeline_id=pipeline["id"]).include("contacts")
    right = [deal for deal in query if "EU" not in deal.regions]
    assert "outside the EU" in run_failing_check(check, right[1:], seeded)
    assert "twice" in run_failing_check(check, [*right, right[0]], seeded)
    right[0].contacts.clear()
    assert f"contacts of deal {right[0].id}" in run_failing_check(check, right, seeded)


def test_a_patch_with_another_field_fails_the_save_check(seeded: Sandbox) -> None:
    deal = Deal.objects.list()[0]
    seeded.log.clear()
    deal.name = "Roof"
    deal.save()
    assert "nothing but custom fields" in run_failing_check(
        checks.check_only_regions_saved(seeded, [deal]), None, seeded
    )


def test_a_request_fails_the_check_of_no_request(seeded: Sandbox) -> None:
    Lead.objects.first()
    assert run_failing_check(checks.check_no_request, None, seeded) == "Not so: nothing was sent"


def test_get_row_fails_for_a_missing_row(kommo_sandbox: Sandbox) -> None:
    with pytest.raises(CheckFailed, match="the account has leads 5"):
        checks.get_row(kommo_sandbox, "leads", 5)
