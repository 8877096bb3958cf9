"""Salesbots: they are made in Kommo's editor, and run and stopped from here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal, Self, get_args

from typing_extensions import TypedDict, TypeVar, Unpack

from kommo_orm.entities.shared.actions import run_action
from kommo_orm.entities.shared.entity import Entity
from kommo_orm.errors import QueryError
from kommo_orm.interface.action import Action
from kommo_orm.interface.connection import Connection
from kommo_orm.model.attr import Attr, ReadOnly
from kommo_orm.model.class_registry import register_class
from kommo_orm.model.condition import Condition, Exact
from kommo_orm.model.entity_info import EntityInfo
from kommo_orm.model.field_options import field
from kommo_orm.model.model import Model
from kommo_orm.query.manager import Manager, require_class
from kommo_orm.query.query import Query
from kommo_orm.transport.flow import Flow
from kommo_orm.unit.cascade import refuse_other_account
from kommo_orm.unit.plan import split_chunks
from kommo_orm.unit.report import describe

if TYPE_CHECKING:
    from kommo_orm.entities.contacts.contact import Contact
    from kommo_orm.entities.leads.lead import Lead

B = TypeVar("B", bound="SalesBot", default="SalesBot", covariant=True)

BotInclude = Literal["is_favorite"]
BotType = Literal["regular", "greeting", "marketing", "nps"]
AT_ONCE = 100  # runs in one request
RUNS_FOR = ("leads", "contacts", "customers")


class BotFilters(TypedDict, total=False):
    """Filters of bots. Source: Kommo API v4, "Salesbots"."""

    id: int
    id__in: Iterable[int]
    type_functionality: BotType
    type_functionality__in: Iterable[BotType]


class SalesBotQuery(Query[B]):
    """A query of bots."""

    _filters = BotFilters
    _includes = get_args(BotInclude)

    def filter(self, *conditions: Condition, **lookups: Unpack[BotFilters]) -> Self:
        """Bots of these ids or types: `filter(type_functionality="greeting")`."""
        return self._add_conditions(conditions, lookups)

    def include(self, *names: BotInclude) -> Self:
        """Load `is_favorite` of the bots."""
        return self._add_includes(names)

    def run(self, runs: Iterable[tuple[SalesBot | int, Model]]) -> None:
        """Run bots for many cards, a hundred a request: pairs of a bot and a lead, contact or customer.

        A card has one running bot at a time. The answer only confirms that the bots will run.

        Raises:
            QueryError: a card is of another kind, or new. Nothing is sent then.
            UncertainWrite: the bots may have been started and may not.

        Example:
            >>> SalesBot.objects.run((bot, lead) for lead in leads)
        """
        connection = self._require_connection()
        connection.run(start_bots(connection, validate_runs(list(runs))))

    async def arun(self, runs: Iterable[tuple[SalesBot | int, Model]]) -> None:
        """`run()` for async code."""
        connection = self._require_connection()
        await connection.arun(start_bots(connection, validate_runs(list(runs))))


class SalesBotManager(Manager):
    """`SalesBot.objects`."""

    def __get__(self, instance: None, owner: type[B]) -> SalesBotQuery[B]:
        return SalesBotQuery(require_class(instance, owner))


class SalesBot(Entity):
    """A bot of the account. Kommo can neither create nor change bots by its API.

    Example:
        >>> bot = SalesBot.objects.filter(type_functionality="greeting").first()
        >>> bot.run(lead)

    Source: Kommo API v4, "Salesbots".
    """

    __kommo_info__ = EntityInfo(
        kind="bots",
        on_request=frozenset({"is_favorite"}),
        includes={"is_favorite": "favorite"},
        has_custom_fields=False,
    )

    name: ReadOnly[str] = field()
    type_functionality: Attr[str, BotType, Exact[str]] = field(writable="")
    is_visual_editor: ReadOnly[bool] = field()
    settings: ReadOnly[dict[str, Any]] = field()
    is_favorite: ReadOnly[bool] = field()

    objects = SalesBotManager()

    @property
    def is_active(self) -> bool | None:
        """Whether the bot is switched on; None where the service does not say."""
        found = self.settings.get("active")
        return None if found is None else bool(found)

    def run(self, card: Lead | Contact | Model, *, using: Any = None) -> None:
        """Run the bot for one lead, contact or customer.

        Raises:
            QueryError: the card is of another kind, or new.
            UncertainWrite: the bot may have been started and may not.

        Example:
            >>> bot.run(lead)
        """
        connection = self._account(using)
        connection.run(start_bot(connection, self, card))

    async def arun(self, card: Lead | Contact | Model, *, using: Any = None) -> None:
        """`run()` for async code."""
        connection = self._account(using)
        await connection.arun(start_bot(connection, self, card))

    def stop(self, lead: Lead, *, using: Any = None) -> None:
        """Stop the bot for a lead.

        Example:
            >>> bot.stop(lead)
        """
        connection = self._account(using)
        connection.run(stop_bot(connection, self, lead))

    async def astop(self, lead: Lead, *, using: Any = None) -> None:
        """`stop()` for async code."""
        connection = self._account(using)
        await connection.arun(stop_bot(connection, self, lead))


def validate_runs(runs: Sequence[tuple[SalesBot | int, Model]]) -> list[tuple[int, Model]]:
    if not runs:
        raise QueryError("run() needs pairs of a bot and a card")
    for pair in runs:
        if not isinstance(pair, tuple | list) or len(pair) != 2:
            raise QueryError(f"run() takes pairs of a bot and a card, [(bot, lead), ...], not {pair!r}")
    return [(get_bot_id(bot), validate_card(card, RUNS_FOR)) for bot, card in runs]


def get_bot_id(bot: SalesBot | int) -> int:
    pk = bot.pk if isinstance(bot, SalesBot) else bot
    if pk is None or isinstance(pk, bool) or pk <= 0:
        raise QueryError(f"{bot!r} is no SalesBot and no id of one")
    return pk


def validate_card(card: Model, kinds: tuple[str, ...]) -> Model:
    kind = getattr(type(card), "__kommo_kind__", None)
    if kind not in kinds:
        raise QueryError(f"Bots run for {', '.join(kinds)}; {card!r} is none of them")
    if card.pk is None:
        raise QueryError(f"{describe(card)} is not stored: save() it before a bot runs for it")
    return card


def build_target(card: Model) -> dict[str, Any]:
    return {"entity_id": card.pk, "entity_type": type(card).__kommo_kind__}


def start_bot(connection: Connection, bot: SalesBot, card: Model) -> Flow[None]:
    validate_card(card, RUNS_FOR)
    refuse_other_account(connection, [card])
    yield from run_action(connection, Action("run", "bots", (get_bot_id(bot),), body=build_target(card)))


def start_bots(connection: Connection, runs: Sequence[tuple[int, Model]]) -> Flow[None]:
    refuse_other_account(connection, [card for _, card in runs])
    for chunk in split_chunks(runs, AT_ONCE):
        body = [{"bot_id": pk, **build_target(card)} for pk, card in chunk]
        yield from run_action(connection, Action("run", "bots", body=body))


def stop_bot(connection: Connection, bot: SalesBot, lead: Model) -> Flow[None]:
    validate_card(lead, ("leads",))
    yield from run_action(connection, Action("stop", "bots", (get_bot_id(bot),), body=build_target(lead)))


register_class("bots", SalesBot)
__all__ = ["SalesBot", "SalesBotQuery"]
