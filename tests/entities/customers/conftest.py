from __future__ import annotations

from collections.abc import Iterator

import pytest

from kommo_orm import Customer, Kommo
from kommo_orm.sandbox import Sandbox
from tests.account import furnished


@pytest.fixture
def sandbox() -> Sandbox:
    """Customers are kept by segments here."""
    return furnished(customers_mode="segments")


@pytest.fixture
def kommo(sandbox: Sandbox) -> Iterator[Kommo]:
    with sandbox.connect(timezone=sandbox.account.timezone, backoff=0) as kommo:
        yield kommo


@pytest.fixture
def shop(kommo: Kommo, sandbox: Sandbox) -> Customer:
    found = Customer.objects.get(sandbox.add("customers", name="Shop", next_price=500)["id"])
    sandbox.log.clear()
    return found
