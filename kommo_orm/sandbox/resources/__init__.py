"""What the sandbox serves: one file a noun of the API, one table of all routes."""

from __future__ import annotations

from kommo_orm.sandbox.resources import (
    account,
    catalogs,
    chats,
    companies,
    complex_leads,
    contacts,
    elements,
    fields,
    front_end,
    groups,
    leads,
    links,
    loss_reasons,
    notes,
    oauth,
    pipelines,
    roles,
    statuses,
    tags,
    tasks,
    users,
    v2,
)
from kommo_orm.sandbox.routing import Route

_NOUNS = (
    oauth,
    account,
    users,
    roles,
    leads,
    complex_leads,
    contacts,
    chats,
    companies,
    loss_reasons,
    pipelines,
    statuses,
    tags,
    links,
    fields,
    groups,
    tasks,
    notes,
    catalogs,
    elements,
    v2,
    front_end,
)

ROUTES: tuple[Route, ...] = tuple(route for noun in _NOUNS for route in noun.ROUTES)
