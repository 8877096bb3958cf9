"""`customer.bonus_points`: points earned and redeemed. Kommo sends the balance only in the answer to a change."""

from __future__ import annotations

from typing import NoReturn

from kommo_orm.entities.shared.actions import run_action
from kommo_orm.entities.shared.related_manager import BaseRelatedManager
from kommo_orm.errors import ConfigurationError, UnexpectedResponse
from kommo_orm.fields.raw_values import is_object
from kommo_orm.interface.action import Action
from kommo_orm.model.codec import decode_int
from kommo_orm.transport.flow import Flow


class BonusPoints(BaseRelatedManager):
    """The bonus points of one customer.

    Example:
        >>> customer.bonus_points.earn(100)
        250
        >>> customer.bonus_points.redeem(50)
        200

    Source: Kommo API v4, "Bonus points of customers".
    """

    def earn(self, points: int) -> int:
        """Add points; returns the new balance. Sends a request, which is never repeated automatically.

        Raises:
            ConfigurationError: `points` is no positive whole number, or the customer is new.
            UncertainWrite: the answer was lost; look in the account before doing it again.
        """
        flow = self._change_balance("earn", points)
        return self.connection.run(flow)

    async def aearn(self, points: int) -> int:
        """`earn()` for async code."""
        flow = self._change_balance("earn", points)
        return await self.connection.arun(flow)

    def redeem(self, points: int) -> int:
        """Take points off; returns the new balance. Sends a request, which is never repeated automatically.

        Raises:
            ConfigurationError: `points` is no positive whole number, or the customer is new.
            UncertainWrite: the answer was lost; look in the account before doing it again.
        """
        flow = self._change_balance("redeem", points)
        return self.connection.run(flow)

    async def aredeem(self, points: int) -> int:
        """`redeem()` for async code."""
        flow = self._change_balance("redeem", points)
        return await self.connection.arun(flow)

    def __len__(self) -> int:
        raise self._make_balance_error()

    def __bool__(self) -> NoReturn:
        raise self._make_balance_error()

    def _make_balance_error(self) -> TypeError:
        return TypeError("Kommo sends the balance of bonus points only in the answer to earn() and redeem()")

    def _change_balance(self, verb: str, points: int) -> Flow[int]:
        if isinstance(points, bool) or not isinstance(points, int) or points <= 0:
            raise ConfigurationError(f"{verb}() takes a positive whole number of points, not {points!r}")
        return fetch_balance(self, Action("bonus_points", "customers", (self.owner.pk or 0,), body={verb: points}))


def fetch_balance(view: BonusPoints, action: Action) -> Flow[int]:
    result = yield from run_action(view.connection, action)
    balance = result.get("bonus_points") if is_object(result) else None
    try:
        return decode_int(balance)
    except ValueError:
        raise UnexpectedResponse(f"{action} was done, but the answer has no balance: {result!r}") from None
