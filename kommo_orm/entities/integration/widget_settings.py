"""The settings of widgets: checked by the template of the widget, and hidden in logs where they are secret.

Source: Kommo API v4, "Widgets".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from kommo_orm.entities.shared.nested_value import NestedValue
from kommo_orm.errors import ConfigurationError
from kommo_orm.fields.compound_value import Computed, part
from kommo_orm.fields.raw_values import is_object
from kommo_orm.model.close_names import find_close_names
from kommo_orm.model.codec import Codec
from kommo_orm.unit.report import describe

if TYPE_CHECKING:
    from kommo_orm.model.model import Model

MOST_NAMED = 3  # settings that a message names


class SettingsField(NestedValue):
    """One setting that a widget asks for. `type` is `text`, `pass`, `users`, `users_lp` or `custom`."""

    key: Computed[str] = part()
    name: Computed[str] = part()
    type: Computed[str] = part()
    is_required: Computed[bool] = part()


class WidgetSettings(dict[str, Any]):
    """Settings by key. Its repr hides the values: passwords are among them."""

    def __repr__(self) -> str:
        return f"<settings {', '.join(self) or 'none'}>"


def decode_settings(raw: Any) -> WidgetSettings:
    return WidgetSettings(raw if is_object(raw) else {str(at): value for at, value in enumerate(raw or ())})


WidgetSettings.__kommo_codec__ = Codec(WidgetSettings, decode_settings, decode_settings, dict, empty=WidgetSettings)  # type: ignore[attr-defined]


def validate_settings(
    widget: Model, template: Iterable[SettingsField] | None, settings: Mapping[str, Any]
) -> Mapping[str, Any]:
    """The settings, if they fit the template, None where it was not loaded.

    Raises `ConfigurationError`; never quotes a value.
    """
    if template is None:
        return settings
    refuse_unknown_settings(widget, template, settings)
    for asked in template:
        if asked.key is None:
            continue
        if asked.key not in settings:
            if asked.is_required:
                raise ConfigurationError(f"{describe(widget)} cannot be installed without the setting {asked.key!r}")
            continue
        wanted = describe_expected_value(asked.type, settings[asked.key])
        if wanted is not None:
            raise ConfigurationError(f"{describe(widget)}: the setting {asked.key!r} ({asked.type}) takes {wanted}")
    return settings


def refuse_unknown_settings(widget: Model, template: Iterable[SettingsField], settings: Mapping[str, Any]) -> None:
    """Refuse settings that the template does not have: most are misspelt."""
    known = [asked.key for asked in template]
    for key in map(str, settings):
        if key in known or None in known:  # a template with unreadable parts refuses nothing
            continue
        names = [name for name in known if name is not None]
        close = find_close_names(key, names)
        hint = (
            f"Did you mean {close[0]!r}?" if close else f"It has {', '.join(map(repr, names[:MOST_NAMED])) or 'none'}"
        )
        raise ConfigurationError(f"{describe(widget)} has no setting {key!r}. {hint}")


def describe_expected_value(kind: str | None, value: Any) -> str | None:
    """The values that a setting of this type takes; None if the value is one."""
    if kind in ("text", "pass"):
        return None if isinstance(value, str) else "a text"
    if kind == "users":
        fits = isinstance(value, Mapping) and all(isinstance(one, str) for one in value.values())
        return None if fits else "a mapping of user ids to texts"
    if kind == "users_lp":
        fits = isinstance(value, Mapping) and all(
            is_object(one) and one.keys() <= {"login", "password"} for one in value.values()
        )
        return None if fits else 'a mapping of user ids to {"login": ..., "password": ...}'
    return None


def iterate_secrets(settings: Any, template: Iterable[SettingsField] = ()) -> Iterator[str]:
    """Every text of the type `pass`, or under a name such as `token`."""
    passwords = {asked.key for asked in template if asked.type == "pass"}
    for key, value in settings.items() if isinstance(settings, Mapping) else ():
        named = any(word in str(key).lower() for word in ("pass", "secret", "token", "key"))
        if isinstance(value, str) and (named or key in passwords):
            yield value
        yield from iterate_secrets(value)
