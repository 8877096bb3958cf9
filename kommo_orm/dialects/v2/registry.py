"""The endpoints of API v2: one for each kind that it has."""

from __future__ import annotations

from kommo_orm.dialects.v2.account import ACCOUNT, CUSTOM_FIELDS, USERS
from kommo_orm.dialects.v2.calls import CALLS
from kommo_orm.dialects.v2.cards import COMPANIES, CONTACTS, LEADS
from kommo_orm.dialects.v2.catalogs import CATALOG_ELEMENTS, CATALOGS
from kommo_orm.dialects.v2.customers import CUSTOMER_PERIODS, CUSTOMERS
from kommo_orm.dialects.v2.endpoint import Endpoint
from kommo_orm.dialects.v2.incoming_leads import INCOMING_LEADS, INCOMING_SUMMARY
from kommo_orm.dialects.v2.notes import NOTES
from kommo_orm.dialects.v2.pipelines import PIPELINES, STATUSES
from kommo_orm.dialects.v2.purchases import PURCHASES
from kommo_orm.dialects.v2.tasks import TASKS
from kommo_orm.dialects.v2.webhooks import WEBHOOKS
from kommo_orm.dialects.v2.widgets import WIDGETS
from kommo_orm.interface.capabilities import Capabilities

NO_CAPABILITIES = Capabilities(
    is_paged=False, create_size=0, update_size=0, is_ordered=False, links_several_owners=False
)
"""What can be done with a kind that API v2 does not have."""

BOTS = Capabilities(is_readable=False, create_size=0, update_size=0, is_ordered=False)  # they can be run, not read

ENDPOINTS: dict[str, Endpoint] = {
    "account": ACCOUNT,
    "leads": LEADS,
    "contacts": CONTACTS,
    "companies": COMPANIES,
    "customers": CUSTOMERS,
    "customer_periods": CUSTOMER_PERIODS,
    "transactions": PURCHASES,
    "tasks": TASKS,
    "notes": NOTES,
    "catalogs": CATALOGS,
    "catalog_elements": CATALOG_ELEMENTS,
    "pipelines": PIPELINES,
    "statuses": STATUSES,
    "users": USERS,
    "custom_fields": CUSTOM_FIELDS,
    "webhooks": WEBHOOKS,
    "widgets": WIDGETS,
    "incoming_leads": INCOMING_LEADS,
    "incoming_summary": INCOMING_SUMMARY,
    "calls": CALLS,
    "bots": Endpoint("", BOTS),
}
