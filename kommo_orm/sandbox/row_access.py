"""Access to rows by kind, for `Sandbox.add`, `change`, `row` and `rows`."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from functools import partial
from typing import Any

from kommo_orm.sandbox.account_state import CARDS, Account
from kommo_orm.sandbox.hal_responses import QUERY_MARK, encode_json
from kommo_orm.sandbox.resources import (
    bots,
    cards,
    catalog_elements,
    catalogs,
    chat_templates,
    companies,
    contacts,
    customer_statuses,
    customers,
    entity_links,
    events,
    field_definitions,
    leads,
    loss_reasons,
    notes,
    pipelines,
    roles,
    segments,
    sources,
    statuses,
    talks,
    tasks,
    transactions,
    unsorted,
    users,
    webhooks,
    widgets,
)
from kommo_orm.sandbox.row_store import Row

RequestSender = Callable[[str, str, Any], Any]

_CARDS = {card.kind: card for card in (leads.LEADS, contacts.CONTACTS, companies.COMPANIES, customers.CUSTOMERS)}


def _render_card(account: Account, row: Row, card: cards.CardKind) -> Row:
    return card.render_row(account, row, card.withs)


_RENDERERS: Mapping[str, Callable[[Account, Row], Row]] = {
    **{kind: partial(_render_card, card=card) for kind, card in _CARDS.items()},
    "bots": bots.render_bot,
    "bot_runs": lambda account, row: row,
    "catalogs": catalogs.render_catalog,
    "chat_templates": partial(chat_templates.render_template, reviews=True),
    "catalog_elements": catalog_elements.render_element,
    "custom_fields": field_definitions.render_field,
    "customer_statuses": customer_statuses.render_customer_status,
    "events": lambda account, row: events.render_event(account, row, events.WITHS),
    "loss_reasons": loss_reasons.render_loss_reason,
    "notes": lambda account, row: {**notes.render_note(account, row, notes.PINNED), "entity_type": row["entity_type"]},
    "pipelines": pipelines.render_pipeline,
    "roles": roles.render_role,
    "segments": segments.render_segment,
    "statuses": lambda account, row: statuses.render_stage(account, row, descriptions=True),
    "tags": lambda account, row: row,
    "talks": talks.render_talk,
    "talk_messages": talks.render_talk_message,
    "tasks": tasks.render_task,
    "transactions": transactions.render_transaction,
    "unsorted": unsorted.render_unsorted,
    "users": lambda account, row: users.render_user(account, row, users.WITHS),
    "short_links": lambda account, row: row,
    "sources": sources.render_source,
    "webhooks": webhooks.render_webhook,
    "website_buttons": lambda account, row: row,
    "widgets": widgets.render_widget,
}
_PATHS = {
    "statuses": "/api/v4/leads/pipelines/{pipeline_id}/statuses",
    "pipelines": "/api/v4/leads/pipelines",
    "loss_reasons": "/api/v4/leads/loss_reasons",
    "catalog_elements": "/api/v4/catalogs/{catalog_id}/elements",
    "notes": "/api/v4/{entity_type}/notes",
    "customer_statuses": "/api/v4/customers/statuses",
    "segments": "/api/v4/customers/segments",
    "transactions": "/api/v4/customers/{customer_id}/transactions",
    "tags": "/api/v4/{entity_type}/tags",
    "chat_templates": "/api/v4/chats/templates",
}
# kinds that the API cannot create -> the function that adds them
_DIRECT_CREATORS: Mapping[str, Callable[[Account, Row], int]] = {
    "bots": bots.add_bot,
    "events": events.add_event,
    "unsorted": unsorted.add_unsorted,
    "talks": talks.add_talk,
    "talk_messages": talks.add_talk_message,
    "widgets": widgets.add_widget,
}
# keys that stand in the path of a creation
_PATH_KEYS = {
    "statuses": ("pipeline_id",),
    "catalog_elements": ("catalog_id",),
    "notes": ("entity_type",),
    "transactions": ("customer_id",),
    "tags": ("entity_type",),
}
_SINGLE_ID_KEYS = {
    "segments": "id",
    "webhooks": "id",
    "website_buttons": "source_id",
}  # kinds created as one object -> the key of the id in the response
_READ_ONLY = ("group_id", "closest_task_at", "is_unsorted", "is_admin")


def get_table_name(kind: str) -> str:
    """Return the table of a kind. Raises `KeyError` for an unknown kind."""
    kind = {"elements": "catalog_elements"}.get(kind, kind)
    if kind not in _RENDERERS:
        raise KeyError(f"The sandbox has no kind {kind!r}{_suggest_kinds(kind)}")
    return kind


def _suggest_kinds(kind: str) -> str:
    nearest = get_close_matches(kind, _RENDERERS)
    return f". Did you mean {' or '.join(nearest)}?" if nearest else ""


def get_stored_rows(account: Account, kind: str) -> list[Row]:
    """Return the rows of a table. Stages are stored in their pipelines."""
    if kind == "statuses":
        return [stage for pipeline in account.get_pipelines() for stage in account.get_stages(pipeline["id"])]
    if kind == "unsorted":
        return unsorted.get_pending_unsorted(account)
    return list(account.store.iter_rows(kind))


def find_row(account: Account, kind: str, number: int) -> Row | None:
    """Find one row, trash included. Of 142 and 143 it is the one of the first pipeline."""
    if kind == "statuses":
        return next((stage for stage in get_stored_rows(account, kind) if stage["id"] == number), None)
    return account.store.get_table(kind).get(number)


def render_copy(account: Account, kind: str, row: Row) -> Row:
    """Render a row as a copy, so that a test cannot change the account by accident."""
    encoded = encode_json(_RENDERERS[get_table_name(kind)](account, row))
    shown: Row = json.loads(encoded.replace(QUERY_MARK.encode(), b""))
    return shown


def build_collection_path(kind: str, values: Row) -> str:
    return _PATHS.get(kind, f"/api/v4/{kind}").format(**values)


def create_row(account: Account, ask: RequestSender, kind: str, values: Row) -> int:
    """Create a row by the API, then set what the API cannot set. Returns the id."""
    if kind in _DIRECT_CREATORS:
        return _DIRECT_CREATORS[kind](account, values)
    values = {**_get_default_values(account, kind), **values}
    later = {key: values.pop(key) for key in _READ_ONLY if key in values}
    related = _expand_shorthands(kind, values)
    path = build_collection_path(kind, values)
    for place in _PATH_KEYS.get(kind, ()):
        values.pop(place)
    number = _create_by_request(account, ask, kind, path, values)
    _set_read_only_values(account, kind, number, later)
    for other, ids in related.items():
        for other_id in ids:
            entity_links.link_rows(account, (kind, number), (other, other_id))
    return number


def _create_by_request(account: Account, ask: RequestSender, kind: str, path: str, values: Row) -> int:
    if (given := values.pop("id", None)) is not None:
        if find_row(account, kind, given) is not None:
            raise ValueError(f"{kind} {given} is there already")
        account.store.reserve_ids(kind, given)
    try:
        if kind in _SINGLE_ID_KEYS:
            return int(ask("POST", path, values)[_SINGLE_ID_KEYS[kind]])
        created = next(iter(ask("POST", path, [values])["_embedded"].values()))
    except ValueError:
        account.store.clear_reserved_ids(kind)
        raise
    return int(created[0]["id"])


def _get_default_values(account: Account, kind: str) -> Row:
    """Return values that the API requires and a test need not give."""
    count = len(account.store.get_table(kind))
    defaults: dict[str, Row] = {
        "pipelines": {"sort": 10 * (count + 1), "is_main": False, "is_unsorted_on": True},
        "statuses": {"sort": 20 + 10 * count},
        "tasks": {"text": f"Task {count + 1}", "complete_till": account.now() + 24 * 3600},
        "customer_statuses": {"sort": 10 * (count + 1)},
        "users": {"password": "Passw0rd", "email": f"user{count + 1}@sandbox.example"},
        "roles": {"rights": {}},
    }
    return defaults.get(kind, {})


def _expand_shorthands(kind: str, values: Row) -> dict[str, list[int]]:
    """Replace shorthands: tag names and ids of linked cards (returned by kind), and the text of a note."""
    if kind == "notes" and "text" in values:
        values["params"] = {"text": values.pop("text")}
    if kind not in CARDS:
        return {}
    if "tags" in values:
        names = values.pop("tags")
        values["tags_to_add"] = [{"id": tag} if isinstance(tag, int) else {"name": tag} for tag in names]
    if kind == "customers" and "segments" in values:
        values["_embedded"] = {"segments": [{"id": number} for number in values.pop("segments")]}
    if "company" in values:
        values["companies"] = [values.pop("company")]
    return {other: values.pop(other) for other in CARDS if other in values}


def _set_read_only_values(account: Account, kind: str, number: int, later: Row) -> None:
    if not later:
        return
    row = account.store.get_table(kind)[number]
    if kind == "users":
        row["rights"] = {**row["rights"], **later}
    else:
        row.update(later)
    account.store.invalidate_row(kind, number)
