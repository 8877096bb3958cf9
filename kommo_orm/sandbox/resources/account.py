"""The account and its current user (Kommo API v4, Account).

A value that is not a plain key is shown only when its `with` is requested.
"""

from __future__ import annotations

from typing import Any

from kommo_orm.sandbox.api_call import ApiCall
from kommo_orm.sandbox.hal_responses import build_row_link
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.resources import files
from kommo_orm.sandbox.routing import Route
from kommo_orm.sandbox.row_store import Row

_AMOJO = "5b0e7c1a-0000-4000-8000-00000000a001"
_UUID = "5b0e7c1a-0000-4000-8000-00000000b001"
_FORMS = ("default", "dative", "genitive", "accusative", "instrumental", "prepositional")


def get_account(call: ApiCall) -> SandboxResponse:
    account = call.account
    shown: Row = {"id": account.id, "name": account.name, "subdomain": account.subdomain}
    shown.update(created_at=account.created_at, created_by=0, updated_at=account.created_at, updated_by=0)
    shown.update(current_user_id=call.user["id"], country="PT", currency="EUR", currency_symbol="€", language="en")
    shown.update(customers_mode=account.customers_mode, is_unsorted_on=True, mobile_feature_version=0)
    shown.update(is_loss_reason_enabled=True, is_helpbot_enabled=False, is_technical_account=False)
    shown["contact_name_display_order"] = 1
    shown.update(account.settings)
    shown.update(_select_requested(call, _build_optional_keys(call)))
    shown["_links"] = build_row_link(account.build_url("/api/v4/account"))
    nested = _select_requested(call, _build_embedded_parts(call))
    return call.build_row_response({**shown, "_embedded": nested} if nested else shown)


def _select_requested(call: ApiCall, values: Row) -> Row:
    return {key: value for key, value in values.items() if key in call.withs}


def _build_optional_keys(call: ApiCall) -> Row:
    invoices = next((row["id"] for row in call.store.iter_rows("catalogs") if row["type"] == "invoices"), None)
    return {
        "amojo_id": _AMOJO,
        "uuid": _UUID,
        "version": 14,
        "drive_url": files.get_drive_url(call),
        "is_api_filter_enabled": call.account.filters_enabled,
        "invoices_settings": {"lang": "en", "invoices_catalog_id": invoices},
        "entity_names": {"leads": {"en": _build_entity_names("lead")}},
    }


def _build_entity_names(word: str) -> Row:
    return {
        "gender": "m",
        "plural_form": dict.fromkeys(_FORMS, f"{word}s"),
        "singular_form": dict.fromkeys(_FORMS, word),
    }


def _build_embedded_parts(call: ApiCall) -> Row:
    return {
        "amojo_rights": {"can_direct": True, "can_create_groups": True},
        "users_groups": call.account.groups,
        "task_types": call.account.task_types,
        "datetime_settings": _build_datetime_settings(call),
    }


def _build_datetime_settings(call: ApiCall) -> dict[str, Any]:
    patterns = {"date_pattern": "d.m.Y H:i", "short_date_pattern": "d.m.Y", "short_time_pattern": "H:i"}
    formats = {"date_format": "d.m.Y", "time_format": "H:i:s"}
    zone = {"timezone": call.account.timezone, "timezone_offset": call.account.format_utc_offset()}
    return {**patterns, **formats, **zone}


_WITHS = (
    "amojo_id uuid amojo_rights users_groups task_types version entity_names datetime_settings drive_url "
    "is_api_filter_enabled invoices_settings"
)
ROUTES = (Route("GET", "/api/v4/account", get_account, withs=frozenset(_WITHS.split())),)
