"""Webhooks: addresses that events of the account are sent to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, Self, get_args

from typing_extensions import TypedDict, TypeVar, Unpack

from kommo_orm.entities.integration.url_values import URL, clean_url
from kommo_orm.entities.shared.actions import run_action
from kommo_orm.entities.shared.deletable_query import DeletableQuery
from kommo_orm.entities.shared.entity import Deletable
from kommo_orm.errors import QueryError
from kommo_orm.fields.raw_values import is_object
from kommo_orm.interface.action import Action
from kommo_orm.interface.row_reader import make_not_found
from kommo_orm.model.arguments import refuse_list_argument
from kommo_orm.model.attr import Attr, Plain, ReadOnly
from kommo_orm.model.changes import get_baseline
from kommo_orm.model.class_registry import register_class
from kommo_orm.model.codec import Codec, clean_str, decode_str, make_value_error, parse_list
from kommo_orm.model.condition import Condition, Exact, Unfilterable
from kommo_orm.model.entity_info import EntityInfo
from kommo_orm.model.field_options import field
from kommo_orm.model.field_values import get_values
from kommo_orm.model.lazy_row import MISSING
from kommo_orm.model.model import get_address_key
from kommo_orm.query.bound_query import BoundQuery
from kommo_orm.query.execution import stream_objects
from kommo_orm.query.manager import Manager, require_class
from kommo_orm.transport.flow import Flow, collect_values
from kommo_orm.unit import write_flows
from kommo_orm.unit.report import describe

if TYPE_CHECKING:
    from kommo_orm.interface.connection import Connection
    from kommo_orm.model.model import Model

W = TypeVar("W", bound="Webhook", default="Webhook", covariant=True)

WebhookEvent = Literal[
    "add_lead",
    "update_lead",
    "delete_lead",
    "restore_lead",
    "status_lead",
    "responsible_lead",
    "note_lead",
    "add_contact",
    "update_contact",
    "delete_contact",
    "restore_contact",
    "responsible_contact",
    "note_contact",
    "add_company",
    "update_company",
    "delete_company",
    "restore_company",
    "responsible_company",
    "note_company",
    "add_customer",
    "update_customer",
    "delete_customer",
    "responsible_customer",
    "note_customer",
    "add_task",
    "update_task",
    "delete_task",
    "responsible_task",
    "add_talk",
    "update_talk",
    "delete_talk",
    "add_message",
    "add_outgoing_message",
    "add_chat_template_review",
    "add_unsorted",
    "update_unsorted",
    "delete_unsorted",
]
"""The events that are known. Kommo has more (of list elements), whose names it does not publish."""
EVENTS: tuple[str, ...] = get_args(WebhookEvent)


def clean_events(values: Any) -> list[str]:
    """Names of events, each once. Raises `ValueError`."""
    if isinstance(values, str | bytes) or not hasattr(values, "__iter__"):
        raise make_value_error("several names of events, such as ['add_lead']", values)
    names = [clean_str(value).strip() for value in values]
    if not names or not all(names):
        raise ValueError("a webhook has one event at least; unsubscribe() or delete() it to end it")
    return list(dict.fromkeys(names))


def decode_events(raw: Any) -> list[str]:
    """A list of names; right after a subscription sometimes an object `{"add_lead": 1}`."""
    if is_object(raw) and not all(key.isdigit() for key in raw):
        return list(raw)
    return [decode_str(value) for value in parse_list(raw)]


SETTINGS: Codec[list[str]] = Codec(list, clean_events, decode_events, list, mutable=True, empty=list[str])


class WebhookFilters(TypedDict, total=False):
    """Filters of webhooks. Source: Kommo API v4, "Webhooks"."""

    destination: str


class WebhookQuery(DeletableQuery[W]):
    """The webhooks of the account: at most 100, without pages."""

    _filters = WebhookFilters

    def filter(self, *conditions: Condition, **lookups: Unpack[WebhookFilters]) -> Self:
        """The webhook of an address: `filter(destination="https://example.org/hook")`, the address as it was given."""
        return self._add_conditions(conditions, lookups)

    def get(self, *given: int | str | Condition, **lookups: Unpack[WebhookFilters]) -> W:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        """The webhook of an address, or of an id. Raises `NotFound`."""
        return super().get(*given, **lookups)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType, reportCallIssue]

    async def aget(self, *given: int | str | Condition, **lookups: Unpack[WebhookFilters]) -> W:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        """`get()` for async code."""
        return await super().aget(*given, **lookups)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType, reportCallIssue]

    def get_or_none(self, *given: int | str | Condition, **lookups: Unpack[WebhookFilters]) -> W | None:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        """The webhook of an address, or of an id; None if there is none."""
        return super().get_or_none(*given, **lookups)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType, reportCallIssue]

    async def aget_or_none(self, *given: int | str | Condition, **lookups: Unpack[WebhookFilters]) -> W | None:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        """`get_or_none()` for async code."""
        return await super().aget_or_none(*given, **lookups)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType, reportCallIssue]

    def subscribe(self, destination: str, events: Iterable[WebhookEvent], *, sort: int | None = None) -> W:
        """Have these events sent to an address, and no others: those it had before are replaced.

        Needs an administrator. Kommo does not check that the address answers.

        Raises:
            BadRequest: an event is unknown. TransportError: no attempt was answered. Subscribing again does no harm.

        Example:
            >>> Webhook.objects.subscribe("https://example.org/hook", ["add_lead", "status_lead"])
        """
        return self._create_object(build_subscription(destination, events, sort))

    async def asubscribe(self, destination: str, events: Iterable[WebhookEvent], *, sort: int | None = None) -> W:
        """`subscribe()` for async code."""
        return await self._acreate_object(build_subscription(destination, events, sort))

    def create(self, destination: str, settings: Iterable[WebhookEvent], *, sort: int | None = None) -> W:
        """The same as `subscribe()`, by the names of the fields: an address that is subscribed already gets these events.

        Raises:
            BadRequest: an event is unknown. TransportError: no attempt was answered. Subscribing again does no harm.

        Example:
            >>> Webhook.objects.create(destination="https://example.org/hook", settings=["add_lead"])
        """
        return self.subscribe(destination, settings, sort=sort)

    async def acreate(self, destination: str, settings: Iterable[WebhookEvent], *, sort: int | None = None) -> W:
        """`create()` for async code."""
        return await self.asubscribe(destination, settings, sort=sort)

    def unsubscribe(self, destination: str) -> None:
        """Send nothing more to an address, whatever it was subscribed to. Raises `NotFound`.

        Example:
            >>> Webhook.objects.unsubscribe("https://example.org/hook")
        """
        self._require_connection().run(
            run_action(self._require_connection(), build_unsubscribe_action(clean_url(destination)), takes_away=True)
        )

    async def aunsubscribe(self, destination: str) -> None:
        """`unsubscribe()` for async code."""
        await self._require_connection().arun(
            run_action(self._require_connection(), build_unsubscribe_action(clean_url(destination)), takes_away=True)
        )

    def _read_by_id(self, pk: Any) -> Flow[Model]:
        """By the address the service finds it; an id is looked for in the list of all webhooks."""
        if isinstance(pk, str):
            return super()._read_by_id(pk)
        return find_webhook(self._copy_with(_limit=None)._bind(), pk)


def build_subscription(destination: str, events: Iterable[str], sort: int | None) -> dict[str, Any]:
    return {"destination": destination, "settings": events, **({"sort": sort} if sort is not None else {})}


def build_unsubscribe_action(destination: str, events: Sequence[str] = (), rest: Sequence[str] = ()) -> Action:
    """Ending some events of an address (`rest` are those it keeps), or all."""
    some = {"settings": list(events), "rest": list(rest)} if rest else {}
    return Action("unsubscribe", "webhooks", (destination,), body={"destination": destination, **some})


def find_webhook(request: BoundQuery, pk: Any) -> Flow[Model]:
    pages = yield from collect_values(stream_objects(request))
    found: Iterator[Model] = (model for page in pages for model in page if model.pk == pk)
    model = next(found, None)
    if model is None:
        raise make_not_found(request.connection, request.model, pk, request.parent)
    return model


class WebhookManager(Manager):
    """`Webhook.objects`."""

    def __get__(self, instance: None, owner: type[W]) -> WebhookQuery[W]:
        return WebhookQuery(require_class(instance, owner))


class Webhook(Deletable):
    """An address to which events of the account are sent. `settings` are the names of these events.

    An address has one webhook: it is what the service knows it by, and a stored one keeps it. `disabled` is true after
    the service has met too many failures. Changed `settings` are written all together by `save()`.

    Example:
        >>> hook = Webhook.objects.subscribe("https://example.org/hook", ["add_lead", "update_lead"])
        >>> hook.subscribe("status_lead")
        >>> hook.unsubscribe("update_lead")
        >>> hook.settings
        ['add_lead', 'status_lead']

    Source: Kommo API v4, "Webhooks".
    """

    __kommo_info__ = EntityInfo(
        kind="webhooks", required=("destination", "settings"), address_field="destination", has_custom_fields=False
    )

    destination: Attr[str, str, Exact[str]] = field(codec=URL, place=True)
    settings: Attr[list[str], Iterable[WebhookEvent], Unfilterable[Any]] = field(codec=SETTINGS)
    sort: Plain[int] = field()
    disabled: ReadOnly[bool] = field()
    created_by: ReadOnly[int] = field()
    created_at: ReadOnly[datetime] = field()
    updated_at: ReadOnly[datetime] = field()
    account_id: ReadOnly[int] = field()

    objects = WebhookManager()

    def subscribe(self, *events: WebhookEvent, using: Any = None) -> None:
        """Have these events sent to the address, too. Sends a request; other changes stay pending."""
        self._add_events(events)
        self.save(using=using, only=["settings"])

    async def asubscribe(self, *events: WebhookEvent, using: Any = None) -> None:
        """`subscribe()` for async code."""
        self._add_events(events)
        await self.asave(using=using, only=["settings"])

    def unsubscribe(self, *events: WebhookEvent, using: Any = None) -> None:
        """Send these events no more; without names, none at all. What is not subscribed to costs no request.

        Example:
            >>> hook.unsubscribe("update_lead")
        """
        connection = self._account(using)
        connection.run(unsubscribe_events(self, connection, events))

    async def aunsubscribe(self, *events: WebhookEvent, using: Any = None) -> None:
        """`unsubscribe()` for async code."""
        connection = self._account(using)
        await connection.arun(unsubscribe_events(self, connection, events))

    def _add_events(self, events: Iterable[str]) -> None:
        refuse_list_argument(events, "subscribe")
        more: Any = [*self.settings, *events]
        self.settings = more

    def _finish_payload(self, body: dict[str, Any], creating: bool) -> dict[str, Any]:
        """The body has the address and all events."""
        if not body:
            return body if not creating else {"destination": getattr(self, "destination", None)}
        kept = getattr(self, "settings", None)
        events = {"settings": kept} if kept is not None else {}
        found = {"destination": getattr(self, "destination", None), **events, **body}
        return {key: value for key, value in found.items() if value is not None}

    def _build_delete_body(self) -> dict[str, Any]:
        return {"destination": get_address_key(self)}


def unsubscribe_events(hook: Webhook, connection: Connection, events: Sequence[str]) -> Flow[None]:
    """End some events or all; the object keeps its other pending changes."""
    refuse_list_argument(events, "unsubscribe")
    if hook.pk is None:
        raise QueryError(f"{describe(hook)} was never saved: there is nothing to unsubscribe")
    spec = type(hook).__kommo_info__.fields["settings"]
    stored = get_baseline(hook.__kommo_state__, spec)
    stored = hook.settings if stored is MISSING else stored
    ended = [event for event in stored if event in events]
    rest = [event for event in stored if event not in events]
    if not events or (ended and not rest):
        yield from write_flows.delete_object(connection, hook)
    elif ended:
        wanted = [event for event in hook.settings if event not in events]
        yield from run_action(connection, build_unsubscribe_action(hook.destination, ended, rest))
        hook.__kommo_state__.set_baseline("settings", rest)
        get_values(hook)["settings"] = wanted


register_class("webhooks", Webhook)
__all__ = ["Webhook", "WebhookEvent", "WebhookQuery"]
