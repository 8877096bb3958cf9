"""Widgets: the parts of an integration inside Kommo's pages, installed in an account with settings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from typing_extensions import TypeVar

from kommo_orm.entities.integration.widget_settings import (
    SettingsField,
    WidgetSettings,
    iterate_secrets,
    validate_settings,
)
from kommo_orm.entities.shared.actions import run_action
from kommo_orm.entities.shared.entity import Entity
from kommo_orm.entities.shared.text_id_query import TextIdQuery
from kommo_orm.errors import ConfigurationError
from kommo_orm.interface.action import Action
from kommo_orm.model.attr import Attr, ReadOnly
from kommo_orm.model.class_registry import register_class
from kommo_orm.model.entity_info import EntityInfo
from kommo_orm.model.field_options import field
from kommo_orm.model.model import get_address_key
from kommo_orm.query.arguments import validate_pk
from kommo_orm.query.bound_query import BoundQuery
from kommo_orm.query.execution import fetch_object
from kommo_orm.query.manager import Manager, require_class
from kommo_orm.transport.redaction import remember_secrets
from kommo_orm.unit.merge_row import merge_object

if TYPE_CHECKING:
    from kommo_orm.interface.connection import Connection
    from kommo_orm.transport.flow import Flow

W = TypeVar("W", bound="Widget", default="Widget", covariant=True)


class WidgetQuery(TextIdQuery[W]):
    """The widgets that the account can use: public ones, installed ones, and those that the token's user uploaded.

    `get()` takes the code of a widget: `Widget.objects.get("acme_phone")`.
    """

    def install(self, code: str, settings: Mapping[str, Any] | None = None) -> W:
        """Install a widget, or save its settings anew. Needs an administrator. Raises `NotFound`, `BadRequest`.

        Example:
            >>> Widget.objects.install("acme_phone", {"line": "7700"})
        """
        account = self._require_connection()
        made: W = account.run(install_widget(self._bind(), validate_pk(code, str), settings or {}))
        return made

    async def ainstall(self, code: str, settings: Mapping[str, Any] | None = None) -> W:
        """`install()` for async code."""
        account = self._require_connection()
        made: W = await account.arun(install_widget(self._bind(), validate_pk(code, str), settings or {}))
        return made

    def uninstall(self, code: str) -> None:
        """Take a widget out of the account. Needs an administrator. Raises `NotFound`."""
        self._require_connection().run(
            run_action(self._require_connection(), Action("uninstall", "widgets", (validate_pk(code, str),)))
        )

    async def auninstall(self, code: str) -> None:
        """`uninstall()` for async code."""
        await self._require_connection().arun(
            run_action(self._require_connection(), Action("uninstall", "widgets", (validate_pk(code, str),)))
        )

    def set_sources(self, code: str, services: Mapping[str, Any] | Iterable[Any]) -> None:
        """Set the services from which a widget brings leads. Only API v2 can: `Kommo(..., dialect="v2")`.

        What a service is made of is in no document: `services` is sent as it is given.

        Source: Kommo API v2, "Widgets".
        """
        self._require_connection().run(run_action(self._require_connection(), build_sources_action(code, services)))

    async def aset_sources(self, code: str, services: Mapping[str, Any] | Iterable[Any]) -> None:
        """`set_sources()` for async code."""
        await self._require_connection().arun(
            run_action(self._require_connection(), build_sources_action(code, services))
        )


class WidgetManager(Manager):
    """`Widget.objects`."""

    def __get__(self, instance: None, owner: type[W]) -> WidgetQuery[W]:
        return WidgetQuery(require_class(instance, owner))


class Widget(Entity):
    """A widget; `code` is its name in addresses. It is installed and uninstalled, not saved or deleted.

    `settings` are there for the own widget of the token's integration only. They may hold passwords: their repr shows
    the keys alone.

    Example:
        >>> widget = Widget.objects.get("acme_phone")
        >>> widget.install({"line": "7700"})
        >>> widget.is_active_in_account
        True

    Source: Kommo API v4, "Widgets".
    """

    __kommo_info__ = EntityInfo(kind="widgets", address_field="code", has_custom_fields=False)

    code: ReadOnly[str] = field()
    version: ReadOnly[str | None] = field()
    rating: ReadOnly[str | None] = field()
    settings_template: Attr[list[SettingsField]] = field()
    is_lead_source: ReadOnly[bool] = field()
    is_work_with_dp: ReadOnly[bool] = field()
    is_crm_template: ReadOnly[bool] = field()
    is_active_in_account: ReadOnly[bool] = field()
    client_uuid: ReadOnly[str | None] = field()
    pipeline_id: ReadOnly[int | None] = field(positive=True)
    settings: Attr[WidgetSettings] = field()

    objects = WidgetManager()

    def install(self, settings: Mapping[str, Any] | None = None, *, using: Any = None) -> None:
        """Install the widget, or replace all of its settings. Needs an administrator.

        Values by the type in `settings_template`: a text for `text` and `pass`; for `users` a mapping of user ids to
        texts; for `users_lp` of user ids to `{"login": ..., "password": ...}`; anything for `custom`.

        Raises:
            ConfigurationError: a value does not fit the template (where it is loaded), is not in it, or is missing.

        Example:
            >>> widget.install({"line": "7700", "extensions": {9100001: "101"}})
        """
        connection = self._account(using)
        connection.run(install_loaded_widget(self, connection, settings or {}))

    async def ainstall(self, settings: Mapping[str, Any] | None = None, *, using: Any = None) -> None:
        """`install()` for async code."""
        connection = self._account(using)
        await connection.arun(install_loaded_widget(self, connection, settings or {}))

    def uninstall(self, *, using: Any = None) -> None:
        """Take the widget out of the account. Needs an administrator; the object stays as it was read."""
        connection = self._account(using)
        connection.run(run_action(connection, Action("uninstall", "widgets", (get_address_key(self),))))

    async def auninstall(self, *, using: Any = None) -> None:
        """`uninstall()` for async code."""
        connection = self._account(using)
        await connection.arun(run_action(connection, Action("uninstall", "widgets", (get_address_key(self),))))


def build_sources_action(code: str, services: Mapping[str, Any] | Iterable[Any]) -> Action:
    body = dict(services) if isinstance(services, Mapping) else list(services)
    return Action("set_sources", "widgets", (validate_pk(code, str),), body=body)


def validate_settings_mapping(code: object, settings: Any) -> None:
    if not isinstance(settings, Mapping):
        kind = type(settings).__name__
        raise ConfigurationError(f"The settings of the widget {code} are a mapping, {{key: value}}, not a {kind}")


def build_install_action(code: str, settings: Mapping[str, Any]) -> Action:
    validate_settings_mapping(code, settings)
    remember_secrets(*iterate_secrets(settings))
    return Action("install", "widgets", (code,), body={str(key): value for key, value in settings.items()})


def install_widget(request: BoundQuery, code: str, settings: Mapping[str, Any]) -> Flow[Any]:
    """Install a widget and return it. It is read again where the answer is empty."""
    row = yield from run_action(request.connection, build_install_action(code, settings))
    if not row:
        return (yield from fetch_object(request, code))
    return request.model.hydrate([row], request.connection)[0]


def install_loaded_widget(widget: Widget, connection: Connection, settings: Mapping[str, Any]) -> Flow[None]:
    validate_settings_mapping(get_address_key(widget), settings)
    template = getattr(widget, "settings_template", None)
    remember_secrets(*iterate_secrets(settings, template or ()))
    sent = validate_settings(widget, template, settings)
    fresh = yield from install_widget(BoundQuery(type(widget), connection), get_address_key(widget), sent)
    merge_object(widget, fresh, keep_changes=False)


register_class("widgets", Widget)
__all__ = ["SettingsField", "Widget", "WidgetQuery"]
