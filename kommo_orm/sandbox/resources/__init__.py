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

# What the service has and the sandbox has not: it says so (501) instead of "not found".
UNSERVED = (
    "/api/v4/leads/unsorted*",
    "/api/v4/customers*",
    "/api/v4/events*",
    "/api/v4/calls*",
    "/api/v4/webhooks*",
    "/api/v4/widgets*",
    "/api/v4/sources*",
    "/api/v4/website_buttons*",
    "/api/v4/short_links*",
    "/api/v4/talks*",
    "/api/v4/chats*",
    "/api/v4/*bot*",
    "/api/v4/currencies*",
    "/api/v4/*/subscriptions",
    "/api/v4/*/files",
    "/api/v2/*",
    "/ajax/*",
    "/private/*",
    "/oauth2/exchange_api_key",
)
ROUTES: tuple[Route, ...] = tuple(route for noun in _NOUNS for route in noun.ROUTES)
