"""Bonus points: earned and redeemed, never twice by accident."""

from __future__ import annotations

from typing import Any

import pytest

from kommo_orm import BadRequest, ConfigurationError, Customer, Kommo, UncertainWrite, UnexpectedResponse
from kommo_orm.sandbox import Sandbox
from tests.account import sent


def test_points_are_earned_and_redeemed(kommo: Kommo, sandbox: Sandbox, shop: Customer):
    path = f"/api/v4/customers/{shop.id}/bonus_points"
    assert (shop.bonus_points.earn(100), shop.bonus_points.redeem(30)) == (100, 70)
    assert sent(sandbox) == [("POST", path, {"earn": 100}), ("POST", path, {"redeem": 30})]
    with pytest.raises(BadRequest):
        shop.bonus_points.redeem(71)


@pytest.mark.parametrize("wrong", [0, -1, 2.5, True, "5", None], ids=repr)
def test_points_are_positive_whole_numbers(kommo: Kommo, sandbox: Sandbox, shop: Customer, wrong: Any):
    for use in (shop.bonus_points.earn, shop.bonus_points.redeem):
        with pytest.raises(ConfigurationError, match="positive whole number"):
            use(wrong)
    with pytest.raises(ConfigurationError, match=r"save\(\) it first"):
        Customer(name="x").bonus_points.earn(5)
    assert sent(sandbox) == []


def test_a_lost_answer_is_not_repeated(kommo: Kommo, sandbox: Sandbox, shop: Customer):
    sandbox.faults.next(method="POST", drop_after=True)
    with pytest.raises(UncertainWrite):
        shop.bonus_points.earn(100)
    assert len(sent(sandbox)) == 1
    assert shop.bonus_points.earn(1) == 101


def test_the_balance_may_be_a_text_and_is_required(kommo: Kommo, sandbox: Sandbox, shop: Customer):
    sandbox.faults.next(method="POST", body={"bonus_points": "250"})
    assert shop.bonus_points.earn(1) == 250
    sandbox.faults.next(method="POST", body={})
    with pytest.raises(UnexpectedResponse, match="has no balance"):
        shop.bonus_points.earn(1)


def test_the_balance_is_known_after_changes_only(kommo: Kommo, shop: Customer):
    for use in (len, bool):
        with pytest.raises(TypeError, match="balance"):
            use(shop.bonus_points)
    with pytest.raises(AttributeError, match="cannot be set"):
        shop.bonus_points = 5  # type: ignore[assignment]


async def test_async(kommo: Kommo, shop: Customer):
    assert await shop.bonus_points.aearn(10) == 10
    assert await shop.bonus_points.aredeem(4) == 6
