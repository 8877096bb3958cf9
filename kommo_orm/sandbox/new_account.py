"""The content of a new account: one administrator, one pipeline and the predefined fields."""

from __future__ import annotations

from kommo_orm.sandbox.account_state import Account
from kommo_orm.sandbox.resources import customer_statuses, field_definitions, pipelines, user_rights, users
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.validators import split_words

_TRACKING = split_words("UTM_CONTENT UTM_MEDIUM UTM_CAMPAIGN UTM_SOURCE UTM_TERM REFERRER GCLID FBCLID")
_PREDEFINED: dict[str, list[tuple[str, str, str]]] = {
    "leads": [(code.lower(), "tracking_data", code) for code in _TRACKING],
    "contacts": [("Position", "text", "POSITION"), ("Phone", "multitext", "PHONE"), ("Email", "multitext", "EMAIL")],
    "companies": [
        ("Phone", "multitext", "PHONE"),
        ("Email", "multitext", "EMAIL"),
        ("Web", "url", "WEB"),
        ("Address", "textarea", "ADDRESS"),
    ],
}
_STAGES = (("Initial contact", "#99ccff"), ("Discussions", "#ffff99"), ("Decision making", "#ffcc66"))


def fill_new_account(account: Account) -> None:
    account.groups.append({"id": 0, "name": "Sales", "uuid": None})
    account.task_types += [build_task_type(1, "Follow-up", "FOLLOW_UP"), build_task_type(2, "Meeting", "MEETING")]
    owner = users.insert_user(account, {"name": "Sandbox Owner", "email": "owner@sandbox.example"})
    owner["rights"] = {**owner["rights"], **user_rights.EVERYTHING, "is_admin": True}
    account.owner_id = owner["id"]
    for kind, known in _PREDEFINED.items():
        for name, field_type, code in known:
            clean: Row = {"name": name, "type": field_type, "code": code, "is_predefined": True, "is_deletable": False}
            field_definitions.insert_field(account, kind, clean)
    add_pipeline(account, "Pipeline", _STAGES)
    customer_statuses.insert_default_statuses(account)


def build_task_type(number: int, name: str, code: str | None = None) -> Row:
    return {"id": number, "name": name, "color": None, "icon_id": None, "code": code}


def add_pipeline(account: Account, name: str, stages: tuple[tuple[str, str], ...]) -> Row:
    """Insert a pipeline. Its stages have the colours of Kommo's own stages, which the API cannot write."""
    given = [{"name": stage, "color": colour} for stage, colour in stages]
    return pipelines.insert_pipeline(account, {"name": name, "_embedded": {"statuses": given}})
