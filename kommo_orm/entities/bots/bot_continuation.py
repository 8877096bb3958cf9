"""Continue a waiting bot. A bot waits after it has sent a `widget_request` to your server, until it gets an answer.

Source: Kommo API v4, "Salesbot widget block execution confirmation".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, cast, get_args
from urllib.parse import urlsplit

from kommo_orm.entities.shared.actions import run_action
from kommo_orm.errors import ConfigurationError
from kommo_orm.interface.action import Action
from kommo_orm.interface.connection import Connection, find_connection
from kommo_orm.transport.hosts import is_kommo_host, is_same_machine

BotKind = Literal["salesbot", "marketingbot"]
StepType = Literal["question", "answer", "finish"]

MOST_HANDLERS = 10
MOST_BUTTONS = 25
LONGEST_TEXT = 80

_PATH = re.compile(r"/api/v4/(salesbot|marketingbot)/(\d+)/continue/(\d+)/?")


@dataclass(frozen=True, slots=True)
class Continuation:
    """A waiting bot: what a `return_url` names.

    Example:
        >>> Continuation.of("https://acme.kommo.com/api/v4/salesbot/321/continue/123")
        Continuation(bot='salesbot', bot_id=321, continue_id=123, host='acme.kommo.com')
    """

    bot: BotKind
    bot_id: int
    continue_id: int
    host: str | None = None

    def __post_init__(self) -> None:
        if self.bot not in get_args(BotKind):
            raise ConfigurationError(f"A waiting bot is one of {', '.join(get_args(BotKind))}, not {self.bot!r}")
        for name in ("bot_id", "continue_id"):
            number = getattr(self, name)
            if isinstance(number, bool) or not isinstance(number, int) or number <= 0:
                raise ConfigurationError(f"{name} is a positive whole number, not {number!r}")

    @classmethod
    def of(cls, return_url: str) -> Continuation:
        """From the `return_url` of a `widget_request`, whole or its path alone. Raises `ConfigurationError`."""
        parts = urlsplit(return_url.strip())
        found = _PATH.fullmatch(parts.path)
        if found is None:
            raise ConfigurationError(
                f"{return_url!r} is no return_url of a bot. One looks like .../api/v4/salesbot/321/continue/123"
            )
        bot, bot_id, continue_id = found.groups()
        return cls(cast("BotKind", bot), int(bot_id), int(continue_id), parts.hostname)


def validate_bot_text(value: str) -> str:
    if not isinstance(value, str) or not value or len(value) > LONGEST_TEXT:
        raise ConfigurationError(f"A bot shows a text of 1 to {LONGEST_TEXT} characters, not {value!r}")
    return value


def validate_buttons(buttons: Iterable[str]) -> tuple[str, ...]:
    given = () if isinstance(buttons, str) else tuple(buttons)
    if not 1 <= len(given) <= MOST_BUTTONS or not all(isinstance(one, str) and one for one in given):
        raise ConfigurationError(f"A bot shows 1 to {MOST_BUTTONS} buttons, each a text; got {buttons!r}")
    return given


@dataclass(frozen=True, slots=True)
class ShowText:
    """The bot sends a text of at most 80 signs."""

    value: str

    def __post_init__(self) -> None:
        validate_bot_text(self.value)

    def build_handler(self) -> dict[str, Any]:
        return {"handler": "show", "params": {"type": "text", "value": self.value}}


@dataclass(frozen=True, slots=True)
class ShowButtons:
    """The bot sends a text with at most 25 buttons under it, which reply with their own text."""

    value: str
    buttons: Sequence[str]

    def __post_init__(self) -> None:
        validate_bot_text(self.value)
        object.__setattr__(self, "buttons", validate_buttons(self.buttons))

    def build_handler(self) -> dict[str, Any]:
        return {"handler": "show", "params": {"type": "buttons", "value": self.value, "buttons": list(self.buttons)}}


@dataclass(frozen=True, slots=True)
class ShowLinks:
    """The bot sends a text with at most 25 buttons under it, each of which opens an address."""

    value: str
    buttons: Sequence[str]

    def __post_init__(self) -> None:
        validate_bot_text(self.value)
        object.__setattr__(self, "buttons", validate_buttons(self.buttons))

    def build_handler(self) -> dict[str, Any]:
        return {
            "handler": "show",
            "params": {"type": "buttons_url", "value": self.value, "buttons": list(self.buttons)},
        }


@dataclass(frozen=True, slots=True)
class GoTo:
    """The bot goes on at the question or the answer of a step, or finishes."""

    type: StepType
    step: int | None = None

    def __post_init__(self) -> None:
        if self.type not in get_args(StepType):
            raise ConfigurationError(f"A bot goes to one of {', '.join(get_args(StepType))}, not to {self.type!r}")
        if self.step is None and self.type != "finish":
            raise ConfigurationError(f"GoTo({self.type!r}) needs a step: GoTo({self.type!r}, 3)")
        if self.step is not None and (isinstance(self.step, bool) or not isinstance(self.step, int) or self.step < 0):
            raise ConfigurationError(f"A step is a whole number from 0 on, not {self.step!r}")

    def build_handler(self) -> dict[str, Any]:
        step = {} if self.step is None else {"step": self.step}
        return {"handler": "goto", "params": {"type": self.type, **step}}


ContinueHandler: TypeAlias = ShowText | ShowButtons | ShowLinks | GoTo
"""What a bot does before it goes on."""


def resume(
    return_url: str | Continuation,
    *,
    data: Mapping[str, Any] | None = None,
    execute_handlers: Iterable[ContinueHandler] = (),
    using: Any = None,
) -> None:
    """Continue a waiting bot. Call it once: the request is never repeated.

    Args:
        return_url: what `widget_request` brought; only the account's own is answered.
        data: what the bot can show as `{{json.key}}`.
        execute_handlers: at most ten things to do first: `ShowText`, `ShowButtons`, `ShowLinks`, `GoTo`.
        using: the account; else the current one. The token must be an administrator's.

    Raises:
        NotFound: nothing waits there (any more). ConfigurationError: the address is another account's.
        UncertainWrite: the answer was lost; the bot may have gone on.

    Example:
        >>> bots.resume(body["return_url"], data={"status": "paid"}, execute_handlers=[bots.ShowText("Thank you!")])
    """
    connection = find_connection(getattr(using, "connection", using))
    connection.run(run_action(connection, build_continue_action(connection, return_url, data, execute_handlers)))


async def aresume(
    return_url: str | Continuation,
    *,
    data: Mapping[str, Any] | None = None,
    execute_handlers: Iterable[ContinueHandler] = (),
    using: Any = None,
) -> None:
    """`resume()` for async code."""
    connection = find_connection(getattr(using, "connection", using))
    await connection.arun(run_action(connection, build_continue_action(connection, return_url, data, execute_handlers)))


def build_continue_action(
    connection: Connection,
    return_url: str | Continuation,
    data: Mapping[str, Any] | None,
    execute_handlers: Iterable[ContinueHandler],
) -> Action:
    where = Continuation.of(strip_base_path(connection.base, return_url)) if isinstance(return_url, str) else return_url
    refuse_foreign_bot(connection, where)
    handlers = [validate_handler(one) for one in execute_handlers]
    if len(handlers) > MOST_HANDLERS:
        raise ConfigurationError(f"A bot takes {MOST_HANDLERS} handlers at most, {len(handlers)} were given")
    body: dict[str, Any] = {"data": dict(data or {})}
    if handlers:
        body["execute_handlers"] = [one.build_handler() for one in handlers]
    return Action("continue", where.bot, (where.bot_id, where.continue_id), body=body)


def validate_handler(handler: Any) -> ContinueHandler:
    if not isinstance(handler, get_args(ContinueHandler)):
        names = ", ".join(one.__name__ for one in get_args(ContinueHandler))
        raise ConfigurationError(f"execute_handlers takes {names}; got {handler!r}")
    return cast("ContinueHandler", handler)


def strip_base_path(base: str, return_url: str) -> str:
    """The path of an address of this account, without the path of its `base_url`."""
    own, given = urlsplit(base), urlsplit(return_url.strip())
    if (given.scheme, given.netloc.lower()) != (own.scheme, own.netloc) or not given.path.startswith(f"{own.path}/"):
        return return_url
    return given.path.removeprefix(own.path)


def refuse_foreign_bot(connection: Connection, where: Continuation) -> None:
    """Refuse a bot of another account, where the same ids may belong to another bot."""
    own = where.host is None or where.host == connection.name
    if own or is_same_machine(where.host, urlsplit(connection.base).hostname):
        return
    # A name of the user's, as a base_url allows, does not say which of Kommo's hosts is meant.
    if is_kommo_host(connection.name) or not is_kommo_host(where.host or ""):
        raise ConfigurationError(
            f"The bot waits in {where.host}, and the current account is {connection.name}: choose the account with using=. If "
            "the account was renamed, give only the path of the address"
        )
