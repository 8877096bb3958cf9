"""Stages of customers: only where customers are kept by periods of purchase."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from kommo_orm import BadRequest, ConfigurationError, Customer, CustomerStatus, Kommo, NotFound
from kommo_orm.sandbox import Sandbox
from tests.account import bodies, sent

STATUSES = "/api/v4/customers/statuses"


@pytest.fixture(autouse=True)
def periodicity(kommo: Kommo, sandbox: Sandbox) -> None:
    Customer.objects.enable("periodicity")
    sandbox.log.clear()


def test_stages_are_written_one_by_one(kommo: Kommo, sandbox: Sandbox):
    made = CustomerStatus.objects.create("Waiting", sort=25, color="#98cbff")
    assert sent(sandbox) == [
        ("POST", STATUSES, [{"name": "Waiting", "sort": 25, "color": "#98cbff", "request_id": "0"}])
    ]
    assert (made.type, made.is_default, made.changes) == (0, False, {})
    assert [one.name for one in CustomerStatus.objects][2] == "Waiting"
    made.sort = 5
    made.save()
    assert (sent(sandbox)[-1][1], bodies(sandbox)) == (f"{STATUSES}/{made.id}", [{"sort": 5}])
    assert CustomerStatus.objects.get(made.id).sort == 5
    assert CustomerStatus.objects.list()[0].id == made.id
    made.delete()
    assert sent(sandbox)[-1][:2] == ("DELETE", f"{STATUSES}/{made.id}")
    with pytest.raises(NotFound):
        made.refresh()


def test_kommos_own_stages_stay(kommo: Kommo, sandbox: Sandbox):
    own = CustomerStatus.objects.list()[0]
    with pytest.raises(ConfigurationError, match="Kommo's own stages"):
        own.delete()
    with pytest.raises(BadRequest):
        CustomerStatus(id=own.id).delete()
    assert len(CustomerStatus.objects.list()) == 4


def test_bad_input_is_refused(kommo: Kommo, sandbox: Sandbox):
    with pytest.raises(ValidationError, match="no colour"):
        CustomerStatus(name="x", sort=1, color="2176ff")  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="without sort"):
        CustomerStatus(name="x").save()
    assert sent(sandbox) == []


def test_odd_rows_read():
    row = {"id": "5", "name": "x", "sort": "10", "is_default": 1, "conditions": [[{"a": 1}]], "color": "#123456"}
    [status] = CustomerStatus.hydrate([row])
    assert (status.pk, status.sort, status.is_default, status.conditions) == (5, 10, True, [[{"a": 1}]])
    assert status.color == "#123456"


def test_customers_in_segments_have_no_stages(kommo: Kommo):
    Customer.objects.enable("segments")
    with pytest.raises(BadRequest, match="segments"):
        CustomerStatus.objects.list()


async def test_async(kommo: Kommo):
    made = await CustomerStatus.objects.acreate("Waiting", sort=25)
    assert (await CustomerStatus.objects.aget(made.id)).name == "Waiting"
    await made.adelete()
    own = (await CustomerStatus.objects.alist())[0]
    with pytest.raises(ConfigurationError):
        await own.adelete()
