"""The account and who asks (Kommo API v4, Account). Everything beyond the plain keys comes only with its `with`."""

from __future__ import annotations

from typing import Any

from kommo_orm.sandbox.hal_responses import link
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.resources import files
from kommo_orm.sandbox.routing import Call, Route
from kommo_orm.sandbox.row_store import Row

_AMOJO = "5b0e7c1a-0000-4000-8000-00000000a001"
_UUID = "5b0e7c1a-0000-4000-8000-00000000b001"
_FORMS = ("default", "dative", "genitive", "accusative", "instrumental", "prepositional")


def get_account(call: Call) -> SandboxResponse:
    account = call.account
    shown: Row = {"id": account.id, "name": account.name, "subdomain": account.subdomain}
    shown.update(created_at=account.created_at, created_by=0, updated_at=account.created_at, updated_by=0)
    shown.update(current_user_id=call.user["id"], country="PT", currency="EUR", currency_symbol="€", language="en")
    shown.update(customers_mode=account.customers_mode, is_unsorted_on=True, mobile_feature_version=0)
    shown.update(is_loss_reason_enabled=True, is_helpbot_enabled=False, is_technical_account=False)
    shown["contact_name_display_order"] = 1
    shown.update(_chosen(call, _roots(call)))
    shown["_links"] = link(account.url("/api/v4/account"))
    nested = _chosen(call, _embedded(call))
    return call.one({**shown, "_embedded": nested} if nested else shown)


def _chosen(call: Call, values: Row) -> Row:
    return {key: value for key, value in values.items() if key in call.withs}


def _roots(call: Call) -> Row:
    invoices = next((row["id"] for row in call.store.rows("catalogs") if row["type"] == "invoices"), None)
    return {
        "amojo_id": _AMOJO,
        "uuid": _UUID,
        "version": 14,
        "drive_url": files.base(call),
        "is_api_filter_enabled": call.account.filters_enabled,
        "invoices_settings": {"lang": "en", "invoices_catalog_id": invoices},
        "entity_names": {"leads": {"en": _names("lead")}},
    }


def _names(word: str) -> Row:
    return {
        "gender": "m",
        "plural_form": dict.fromkeys(_FORMS, f"{word}s"),
        "singular_form": dict.fromkeys(_FORMS, word),
    }


def _embedded(call: Call) -> Row:
    return {
        "amojo_rights": {"can_direct": True, "can_create_groups": True},
        "users_groups": call.account.groups,
        "task_types": call.account.task_types,
        "datetime_settings": _datetime_settings(call),
    }


def _datetime_settings(call: Call) -> dict[str, Any]:
    patterns = {"date_pattern": "d.m.Y H:i", "short_date_pattern": "d.m.Y", "short_time_pattern": "H:i"}
    formats = {"date_format": "d.m.Y", "time_format": "H:i:s"}
    zone = {"timezone": call.account.timezone, "timezone_offset": call.account.offset()}
    return {**patterns, **formats, **zone}


_WITHS = (
    "amojo_id uuid amojo_rights users_groups task_types version entity_names datetime_settings drive_url "
    "is_api_filter_enabled invoices_settings"
)
ROUTES = (Route("GET", "/api/v4/account", get_account, withs=frozenset(_WITHS.split())),)
