"""The account by API v2, the older API: the rows that v4 serves, in other shapes and by other rules.

Each file has one resource. `batch_writes.py` and `row_lists.py` have what all writes and lists share. `parsers.py` reads
values of requests, `custom_field_values.py` has the shapes of custom fields, `errors.py` the two kinds of refusals.
"""

from __future__ import annotations

from kommo_orm.sandbox.routing import Route
from kommo_orm.sandbox.v2 import (
    account,
    ajax_deletions,
    bots,
    calls,
    catalogs,
    companies,
    contacts,
    custom_fields,
    customers,
    incoming_leads,
    leads,
    legacy_login,
    notes,
    pipelines,
    tasks,
    transactions,
    webhooks,
    widgets,
)

_RESOURCES = (
    account,
    leads,
    contacts,
    companies,
    customers,
    transactions,
    tasks,
    notes,
    custom_fields,
    catalogs,
    pipelines,
    incoming_leads,
    calls,
    webhooks,
    widgets,
    bots,
    legacy_login,
    ajax_deletions,
)
ROUTES: tuple[Route, ...] = tuple(route for resource in _RESOURCES for route in resource.ROUTES)
