"""Reads the definitions of an account by requests: what a sandbox needs to have the same shape.

They are one JSON object: rows of API v4 without links, by kind. Cards, tasks and notes are no definitions. Users keep
their names and rights; e-mails and phones are left out, so that the object can be kept in a repository.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from kommo_orm.sandbox.account_state import CARDS
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.validators import is_array, split_words

VERSION = 1
PAGE = 250
RequestSender = Callable[[str], Any]  # a path -> the JSON of its response, None if it is empty
_LOGGER = logging.getLogger("kommo_orm.sandbox")
_HIDDEN = ("_links", "_embedded", "account_id", "request_id")
_USERS = "/api/v4/users?with=role,group,uuid,amojo_id,user_rank"
_ACCOUNT = "/api/v4/account?with=users_groups,task_types,datetime_settings"
_ACCOUNT_KEYS = split_words(
    "id name subdomain current_user_id country currency currency_symbol language customers_mode is_unsorted_on "
    "is_loss_reason_enabled"
)
# kind -> path of its list; without rights, or if it is not in the plan, a list is skipped
_OPTIONAL_LISTS = {
    "users": _USERS,
    "roles": "/api/v4/roles",
    "loss_reasons": "/api/v4/leads/loss_reasons",
    "sources": "/api/v4/sources",
    "catalogs": "/api/v4/catalogs",
}
# mode of customers -> kind, path and name in a response of what only this mode has
_CUSTOMER_LISTS = {
    "periodicity": ("customer_statuses", "/api/v4/customers/statuses", "statuses"),
    "segments": ("segments", "/api/v4/customers/segments", "segments"),
}


class DefinitionExport:
    """One reading of the definitions. `refusals` are the errors of a list that is skipped."""

    def __init__(self, ask: RequestSender, refusals: tuple[type[Exception], ...]) -> None:
        self._ask = ask
        self._refusals = refusals
        self._skipped: dict[str, str] = {}

    def read_all(self, *, tags: bool) -> Row:
        shown = self._read_account()
        shown["pipelines"] = self._read_pipelines()
        for kind, path in _OPTIONAL_LISTS.items():
            shown[kind] = self._read_optional(kind, path, kind)
        if shown["account"].get("customers_mode") in _CUSTOMER_LISTS:
            kind, path, name = _CUSTOMER_LISTS[shown["account"]["customers_mode"]]
            shown[kind] = self._read_optional(kind, path, name)
        shown["users"] = [_hide_contact_data(user) for user in shown["users"]]
        owners = {kind: f"/api/v4/{kind}" for kind in CARDS}
        owners |= {f"catalogs/{row['id']}": f"/api/v4/catalogs/{row['id']}" for row in shown["catalogs"]}
        shown["custom_fields"] = self._read_custom_fields(owners)
        shown["custom_field_groups"] = self._read_parts(owners, "custom_fields/groups", "custom_field_groups")
        if tags:
            kinds = CARDS if shown["account"].get("customers_mode") in _CUSTOMER_LISTS else CARDS[:3]
            shown["tags"] = self._read_parts({kind: owners[kind] for kind in kinds}, "tags", "tags")
        return {**shown, **({"skipped": self._skipped} if self._skipped else {})}

    def _read_account(self) -> Row:
        row = self._ask(_ACCOUNT)
        nested: Row = row.get("_embedded") or {}
        account = {key: row[key] for key in _ACCOUNT_KEYS if key in row}
        account["timezone"] = (nested.get("datetime_settings") or {}).get("timezone")
        groups, types = (_read_embedded_list(nested, name) for name in ("users_groups", "task_types"))
        return {"version": VERSION, "account": account, "users_groups": groups, "task_types": types}

    def _read_pipelines(self) -> list[Row]:
        found = self._ask("/api/v4/leads/pipelines") or {}
        rows: list[Row] = (found.get("_embedded") or {}).get("pipelines", [])
        return [
            {**_strip_row(row), "statuses": [_strip_row(stage) for stage in row["_embedded"]["statuses"]]}
            for row in rows
        ]

    def _read_custom_fields(self, owners: dict[str, str]) -> Row:
        """Read the fields of all owners. Those of the kinds of cards that every account has are required."""
        segments = {"segments": "/api/v4/customers/segments"}
        shown = {kind: self._read_list(f"{owners[kind]}/custom_fields", "custom_fields") for kind in CARDS[:3]}
        rest = {kind: path for kind, path in owners.items() if kind not in shown}
        return shown | self._read_parts(rest | segments, "custom_fields", "custom_fields")

    def _read_parts(self, owners: dict[str, str], path: str, name: str) -> Row:
        return {
            owner: self._read_optional(f"{name} of {owner}", f"{base}/{path}", name) for owner, base in owners.items()
        }

    def _read_optional(self, label: str, path: str, name: str) -> list[Row]:
        try:
            return self._read_list(path, name)
        except self._refusals as error:
            self._skipped[label] = str(error).partition("\n")[0][:200]
            _LOGGER.warning("The definitions have no %s: %s", label, self._skipped[label])
            return []

    def _read_list(self, path: str, name: str) -> list[Row]:
        """Read all pages of a list. A list without pages repeats itself, so a row that is known ends it."""
        rows: dict[Any, Row] = {}
        mark, number = "&" if "?" in path else "?", 1
        while True:
            found = self._ask(f"{path}{mark}page={number}&limit={PAGE}")
            page = [_strip_row(row) for row in _read_embedded_list((found or {}).get("_embedded"), name)]
            new = {row["id"]: row for row in page if row["id"] not in rows}
            rows |= new
            if len(page) < PAGE or not new:
                return list(rows.values())
            number += 1


def _read_embedded_list(nested: Any, name: str) -> list[Row]:
    rows = (nested or {}).get(name)
    return list(rows) if is_array(rows) else []


def _strip_row(row: Row) -> Row:
    return {key: value for key, value in row.items() if key not in _HIDDEN}


def _hide_contact_data(user: Row) -> Row:
    return {key: value for key, value in user.items() if key not in ("email", "phone_number")}
