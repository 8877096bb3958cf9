"""Rows by kind, for tests: how each kind is stored, shown, addressed, and put in directly."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from kommo_orm.sandbox.account_state import CARDS, Account
from kommo_orm.sandbox.resources import (
    bots,
    cards,
    catalog_elements,
    catalogs,
    chat_templates,
    companies,
    contacts,
    custom_fields,
    customer_statuses,
    customers,
    entity_links,
    events,
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

Ask = Callable[[str, str, Any], Any]

_CARDS = {card.kind: card for card in (leads.LEADS, contacts.CONTACTS, companies.COMPANIES, customers.CUSTOMERS)}


def _show_card(account: Account, row: Row, card: cards.Card) -> Row:
    return card.show(account, row, card.withs)


_SHOWN: Mapping[str, Callable[[Account, Row], Row]] = {
    **{kind: partial(_show_card, card=card) for kind, card in _CARDS.items()},
    "bots": bots.show,
    "bot_runs": lambda account, row: row,
    "catalogs": catalogs.show,
    "chat_templates": partial(chat_templates.show, reviews=True),
    "catalog_elements": catalog_elements.show,
    "custom_fields": custom_fields.show,
    "customer_statuses": customer_statuses.show,
    "events": lambda account, row: events.show(account, row, events.WITHS),
    "loss_reasons": loss_reasons.show,
    "notes": lambda account, row: {**notes.show(account, row, notes.PINNED), "entity_type": row["entity_type"]},
    "pipelines": pipelines.show,
    "roles": roles.show,
    "segments": segments.show,
    "statuses": lambda account, row: statuses.show(account, row, descriptions=True),
    "tags": lambda account, row: row,
    "talks": talks.show,
    "talk_messages": talks.show_message,
    "tasks": tasks.show,
    "transactions": transactions.show,
    "unsorted": unsorted.show,
    "users": lambda account, row: users.show(account, row, users.WITHS),
    "short_links": lambda account, row: row,
    "sources": sources.show,
    "webhooks": webhooks.show,
    "website_buttons": lambda account, row: row,
    "widgets": widgets.show,
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
# What the API cannot create, and how it comes into being here.
_BORN: Mapping[str, Callable[[Account, Row], int]] = {
    "bots": bots.add,
    "events": events.put,
    "unsorted": unsorted.put,
    "talks": talks.add,
    "talk_messages": talks.add_message,
    "widgets": widgets.put,
}
# Keys that say where a row belongs, and stand in the path.
_PLACES = {
    "statuses": ("pipeline_id",),
    "catalog_elements": ("catalog_id",),
    "notes": ("entity_type",),
    "transactions": ("customer_id",),
    "tags": ("entity_type",),
}
_SINGLE = {
    "segments": "id",
    "webhooks": "id",
    "website_buttons": "source_id",
}  # created as one object; where its id stands
_READ_ONLY = ("group_id", "closest_task_at", "is_unsorted", "is_admin")


def table_of(kind: str) -> str:
    """The table of a kind. Raises `KeyError` for a kind that the sandbox does not have."""
    kind = {"elements": "catalog_elements"}.get(kind, kind)
    if kind not in _SHOWN:
        raise KeyError(f"the sandbox has no {kind!r}, only {', '.join(sorted(_SHOWN))}")
    return kind


def stored(account: Account, kind: str) -> list[Row]:
    """The rows of a table; stages live inside their pipelines."""
    if kind == "statuses":
        return [stage for pipeline in account.pipelines() for stage in account.stages(pipeline["id"])]
    if kind == "unsorted":
        return unsorted.waiting(account)
    return list(account.store.rows(kind))


def find(account: Account, kind: str, number: int) -> Row | None:
    """One row, trash included; of 142 and 143 the one of the first pipeline."""
    if kind == "statuses":
        return next((stage for stage in stored(account, kind) if stage["id"] == number), None)
    return account.store.table(kind).get(number)


def show(account: Account, kind: str, row: Row) -> Row:
    return _SHOWN[kind](account, row)


def collection_path(kind: str, values: Row) -> str:
    return _PATHS.get(kind, f"/api/v4/{kind}").format(**values)


def add(account: Account, ask: Ask, kind: str, values: Row) -> int:
    """Create through the API, then set what the API cannot; answers the id."""
    if kind in _BORN:
        return _BORN[kind](account, values)
    values = {**_defaults(account, kind), **values}
    later = {key: values.pop(key) for key in _READ_ONLY if key in values}
    related = _related(kind, values)
    path = collection_path(kind, values)
    for place in _PLACES.get(kind, ()):
        values.pop(place)
    number = _create(account, ask, kind, path, values)
    _set(account, kind, number, later)
    for other, ids in related.items():
        for other_id in ids:
            entity_links.connect(account, (kind, number), (other, other_id))
    return number


def _create(account: Account, ask: Ask, kind: str, path: str, values: Row) -> int:
    if (given := values.pop("id", None)) is not None:
        if find(account, kind, given) is not None:
            raise ValueError(f"{kind} {given} is there already")
        account.store.give_ids(kind, given)
    try:
        if kind in _SINGLE:
            return int(ask("POST", path, values)[_SINGLE[kind]])
        created = next(iter(ask("POST", path, [values])["_embedded"].values()))
    except ValueError:
        account.store.forget_given_ids(kind)
        raise
    return int(created[0]["id"])


def _defaults(account: Account, kind: str) -> Row:
    """What the API requires and a test need not care about."""
    count = len(account.store.table(kind))
    defaults: dict[str, Row] = {
        "pipelines": {"sort": 10 * (count + 1), "is_main": False, "is_unsorted_on": True},
        "statuses": {"sort": 20 + 10 * count},
        "tasks": {"text": f"Task {count + 1}", "complete_till": account.now() + 24 * 3600},
        "customer_statuses": {"sort": 10 * (count + 1)},
        "users": {"password": "Passw0rd", "email": f"user{count + 1}@sandbox.example"},
        "roles": {"rights": {}},
    }
    return defaults.get(kind, {})


def _related(kind: str, values: Row) -> dict[str, list[int]]:
    """Shorthands of cards: tag names, ids of linked cards; of notes: their text."""
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


def _set(account: Account, kind: str, number: int, later: Row) -> None:
    if not later:
        return
    row = account.store.table(kind)[number]
    if kind == "users":
        row["rights"] = {**row["rights"], **later}
    else:
        row.update(later)
    account.store.touch(kind, number)
