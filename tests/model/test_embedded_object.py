"""Rows that others embed on request: a lead's loss reason."""

from __future__ import annotations

import pytest

from kommo_orm import LOST, Kommo, Lead, LossReason, NotLoaded
from kommo_orm.sandbox import Sandbox


def test_a_loss_reason_comes_with_an_include_and_not_else(kommo: Kommo, sandbox: Sandbox):
    reason = sandbox.add("loss_reasons", name="Too dear")["id"]
    pk = sandbox.add("leads", name="Roof", status_id=LOST, loss_reason_id=reason)["id"]
    lead = Lead.objects.include("loss_reason").get(pk)
    assert isinstance(lead.loss_reason, LossReason)
    assert (lead.loss_reason.id, lead.loss_reason.name) == (reason, "Too dear")
    assert lead.loss_reason.account_name == lead.account_name
    with pytest.raises(
        NotLoaded, match=r"Lead.loss_reason comes on request only: add .include\('loss_reason'\) to the query"
    ):
        Lead.objects.get(pk).loss_reason  # noqa: B018


@pytest.mark.parametrize("odd", [[], None, {}, [None], False], ids=repr)
def test_none_in_any_form_is_none(odd):
    assert Lead.hydrate([{"id": 5, "_embedded": {"loss_reason": odd}}])[0].loss_reason is None


def test_an_object_instead_of_a_list_is_read_too():
    lead = Lead.hydrate([{"id": 5, "_embedded": {"loss_reason": {"id": 31, "name": "Too dear"}}}])[0]
    assert lead.loss_reason is not None
    assert lead.loss_reason.name == "Too dear"


@pytest.mark.parametrize("row", [{"id": 5}, {"id": 5, "_embedded": []}, {"id": 5, "_embedded": None}], ids=repr)
def test_a_row_that_embeds_nothing_does_not_know(row):
    with pytest.raises(NotLoaded):
        Lead.hydrate([row])[0].loss_reason  # noqa: B018


def test_it_cannot_be_set():
    with pytest.raises(AttributeError, match="Lead.loss_reason cannot be set"):
        Lead(id=5).loss_reason = None


def test_it_goes_along_with_refresh(kommo: Kommo, sandbox: Sandbox):
    pk = sandbox.add("leads", name="Roof")["id"]
    lead = Lead.objects.include("loss_reason").get(pk)
    assert lead.loss_reason is None
    reason = sandbox.add("loss_reasons", name="Too dear")["id"]
    sandbox.change("leads", pk, status_id=LOST, loss_reason_id=reason)
    lead.refresh()
    assert lead.loss_reason is not None
    assert lead.loss_reason.id == reason
