"""The account itself: names, currency, the user behind the token, task types, groups, formats of dates."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal, Never, get_args

from kommo_orm.entities.shared.nested_value import NestedValue
from kommo_orm.errors import QueryError, UnexpectedResponse
from kommo_orm.fields.compound_value import Computed, part
from kommo_orm.fields.raw_values import is_object
from kommo_orm.interface.connection import Connection
from kommo_orm.interface.read_request import ReadRequest
from kommo_orm.model.arguments import refuse_list_argument
from kommo_orm.model.attr import Attr, ReadOnly
from kommo_orm.model.class_registry import register_class
from kommo_orm.model.close_names import find_close_names
from kommo_orm.model.entity_info import EntityInfo
from kommo_orm.model.field_options import field
from kommo_orm.model.model import Model
from kommo_orm.transport.flow import Flow

AccountInclude = Literal[
    "amojo_id",
    "uuid",
    "amojo_rights",
    "users_groups",
    "task_types",
    "version",
    "entity_names",
    "datetime_settings",
    "drive_url",
    "is_api_filter_enabled",
    "invoices_settings",
]
EVERYTHING: tuple[AccountInclude, ...] = get_args(AccountInclude)


class AmojoRights(NestedValue):
    """What may be done in the team's chats."""

    can_direct: Computed[bool] = part()
    can_create_groups: Computed[bool] = part()


class UserGroup(NestedValue):
    """A group of users; the default one has id 0."""

    id: Attr[int, Never] = part()
    name: Attr[str, Never] = part()
    uuid: Computed[str] = part()


class TaskType(NestedValue):
    """A type of tasks; `code` is `FOLLOW_UP` or `MEETING` for Kommo's own."""

    id: Attr[int, Never] = part()
    name: Attr[str, Never] = part()
    color: Computed[str] = part()
    icon_id: Computed[int] = part()
    code: Computed[str] = part()


class InvoicesSettings(NestedValue):
    """The list that holds the account's invoices."""

    lang: Computed[str] = part()
    invoices_catalog_id: Computed[int] = part()


class DatetimeSettings(NestedValue):
    """How the account writes dates and times, in PHP's letters, and its time zone."""

    date_pattern: Computed[str] = part()
    short_date_pattern: Computed[str] = part()
    short_time_pattern: Computed[str] = part()
    date_format: Computed[str] = part()
    time_format: Computed[str] = part()
    timezone: Computed[str] = part()
    timezone_offset: Computed[str] = part()

    @classmethod
    def from_raw(cls, raw: Any) -> DatetimeSettings:
        """From what the service sent; it has been seen to misspell `date_format`."""
        known: dict[str, Any] = dict(raw) if is_object(raw) else {}
        if "date_formant" in known:
            known.setdefault("date_format", known.pop("date_formant"))
        return super().from_raw(known)


class Account(Model):
    """An account, as `kommo.account()` reads it. Nothing of it can be changed by the API.

    Example:
        >>> account = kommo.account()
        >>> account.name, account.currency
        ('Blue Fern', 'EUR')
        >>> print(*(task_type.name for task_type in account.task_types))
        Follow-up Meeting

    Source: Kommo API v4, "Account parameters".
    """

    __kommo_info__ = EntityInfo(
        kind="account",
        on_request=frozenset(EVERYTHING),
        load_hint="read the account with it, account({name!r})",
        has_custom_fields=False,
    )

    name: ReadOnly[str | None] = field()
    subdomain: ReadOnly[str] = field()
    created_at: ReadOnly[datetime | None] = field()
    updated_at: ReadOnly[datetime | None] = field()
    created_by: ReadOnly[int | None] = field()
    updated_by: ReadOnly[int | None] = field()
    current_user_id: ReadOnly[int] = field()
    country: ReadOnly[str | None] = field()
    currency: ReadOnly[str | None] = field()
    currency_symbol: ReadOnly[str | None] = field()
    language: ReadOnly[str | None] = field()
    customers_mode: ReadOnly[str | None] = field()
    is_unsorted_on: ReadOnly[bool] = field()
    is_loss_reason_enabled: ReadOnly[bool] = field()
    is_helpbot_enabled: ReadOnly[bool] = field()
    is_technical_account: ReadOnly[bool] = field()
    mobile_feature_version: ReadOnly[int | None] = field()
    contact_name_display_order: ReadOnly[int | None] = field()

    amojo_id: ReadOnly[str | None] = field()
    uuid: ReadOnly[str | None] = field()
    version: ReadOnly[int | None] = field()
    drive_url: ReadOnly[str | None] = field()
    is_api_filter_enabled: ReadOnly[bool] = field()
    amojo_rights: ReadOnly[AmojoRights] = field()
    users_groups: ReadOnly[list[UserGroup]] = field()
    task_types: ReadOnly[list[TaskType]] = field()
    datetime_settings: ReadOnly[DatetimeSettings] = field()
    invoices_settings: ReadOnly[InvoicesSettings | None] = field()
    entity_names: ReadOnly[dict[str, Any] | None] = field()

    def task_type(self, code_or_name: str) -> TaskType | None:
        """The task type of that code (`MEETING`) or name; None if there is none."""
        named = (one for one in self.task_types if code_or_name in (one.code, one.name))
        return next(named, None)


def fetch_account(connection: Connection, include: Sequence[AccountInclude] | None = None) -> Flow[Account]:
    """The account, one request. `include` names what comes on request only; None: all of it.

    With an empty `include` it is the smallest request there is: it shows that account and token work.
    """
    asked = EVERYTHING if include is None else tuple(include)
    refuse_list_argument(asked, "account", QueryError)
    for name in asked:
        if name not in EVERYTHING:
            hint = "".join(f". Did you mean {near!r}?" for near in find_close_names(name, EVERYTHING))
            raise QueryError(f"An account has no {name!r}{hint}")
    read = ReadRequest(Account.__kommo_kind__, includes=frozenset(asked))
    answer = yield from connection.ask(connection.dialect.build_list_request(read, 1, 1))
    row = connection.dialect.parse_row(read, answer)
    if row is None:
        raise UnexpectedResponse(f"{answer.request}: {connection.name} the answer has no account")
    return Account.hydrate([row], connection, None, frozenset(asked))[0]


register_class("account", Account)
__all__ = ["Account", "TaskType", "UserGroup"]
