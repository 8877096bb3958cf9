"""The account by API v2, the older API: the same rows as v4 serves, in other shapes and by other rules.

One file a noun. `writing.py` and `listing.py` hold what all writes and lists share, `values.py` the shapes of custom
fields, `lenient.py` how values of requests are read, `refusals.py` the two ways of saying no.
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

_NOUNS = (
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
ROUTES: tuple[Route, ...] = tuple(route for noun in _NOUNS for route in noun.ROUTES)
