"""The endpoints of API v4: one for each kind.

Source: Kommo API v4, the reference of each entity.
"""

from __future__ import annotations

from kommo_orm.dialects.common.customer_periods import PERIODS_PATH
from kommo_orm.dialects.v4.endpoint import (
    CreateRules,
    DeleteBy,
    Endpoint,
    FilterRules,
    IncludeRules,
    PairBy,
    RowShape,
    WriteAddress,
    WriteRules,
    add_to_url,
)
from kommo_orm.dialects.v4.event_filters import EVENT_FILTERS
from kommo_orm.dialects.v4.file_filters import FILE_FILTERS
from kommo_orm.interface.capabilities import Capabilities
from kommo_orm.model.parent import Parent

CARD_LINKS = frozenset({"contacts", "companies", "leads", "customers", "catalog_elements"})
SETTINGS = Capabilities(is_paged=False, update_size=1, delete_size=1)
READ_ONLY = Capabilities(create_size=0, update_size=0)
READ_ONLY_LIST = Capabilities(is_paged=False, create_size=0, update_size=0)
READ_ONLY_ROWS = Capabilities(is_paged=False, reads_single_rows=False, create_size=0, update_size=0)
OF_CUSTOM_FIELDS = RowShape(parent_key="entity_type", parent_id_key="catalog_id")

ENDPOINTS: dict[str, Endpoint] = {
    # ---- cards
    "leads": Endpoint(
        "/api/v4/leads",
        "leads",
        Capabilities(embedded_relations=frozenset({"contacts", "companies"}), linked_relations=CARD_LINKS),
        filters=FilterRules(scalar=frozenset({"price"}), only_v2=frozenset({"is_open", "has_open_tasks"})),
        includes=IncludeRules(always=("contacts",)),
    ),
    "contacts": Endpoint("/api/v4/contacts", "contacts", Capabilities(linked_relations=CARD_LINKS)),
    "companies": Endpoint("/api/v4/companies", "companies", Capabilities(linked_relations=CARD_LINKS)),
    "customers": Endpoint(
        "/api/v4/customers",
        "customers",
        Capabilities(delete_size=250, linked_relations=CARD_LINKS),
        includes=IncludeRules(always=("contacts", "companies")),
        writes=WriteRules(delete_by=DeleteBy.V2_BATCH),
    ),
    # ---- what belongs to cards
    "tasks": Endpoint(
        "/api/v4/tasks",
        "tasks",
        filters=FilterRules(
            scalar=frozenset({"is_completed", "entity_type"}),
            # Accounts move from one name to the other, so both are sent.
            names={"task_type_id": ("task_type", "task_type_id=")},
            only_v2=frozenset({"created_at"}),
        ),
    ),
    "notes": Endpoint(
        "/api/v4/{kind}/notes",
        "notes",
        nested_path="/api/v4/{kind}/{id}/notes",
        rows=RowShape(parent_key="entity_type", parent_id_key="entity_id"),
        writes=WriteRules(batch_only=frozenset({"entity_id"})),
    ),
    "tags": Endpoint(
        "/api/v4/{kind}/tags",
        "tags",
        Capabilities(reads_single_rows=False),
        rows=RowShape(parent_key="entity_type"),
        filters=FilterRules(scalar=frozenset({"name"})),
    ),
    "links": Endpoint(
        "{parent}/links",
        "links",
        READ_ONLY_LIST,
        filters=FilterRules(scalar=frozenset({"to_entity_id", "to_entity_type", "to_catalog_id"})),
    ),
    "subscriptions": Endpoint("/api/v4/{kind}/{id}/subscriptions", "subscriptions", READ_ONLY),
    "calls": Endpoint(
        "/api/v4/calls",
        "calls",
        Capabilities(is_paged=False, is_readable=False, reads_single_rows=False, update_size=0),
    ),
    "short_links": Endpoint(
        "/api/v4/short_links",
        "short_links",
        Capabilities(is_paged=False, is_readable=False, reads_single_rows=False, update_size=0),
        rows=RowShape(id_key="short_url", has_text_ids=True),
        creates=CreateRules(pair_by=PairBy.POSITION, renamed_keys={"url": "short_url"}),
    ),
    # ---- events
    "events": Endpoint(
        "/api/v4/events",
        "events",
        Capabilities(page_size=100, create_size=0, update_size=0),
        rows=RowShape(has_text_ids=True),
        filters=FilterRules(
            scalar_for_one=frozenset({"id"}), names={"entity_type": ("entity",)}, builders=EVENT_FILTERS
        ),
    ),
    "event_types": Endpoint(
        "/api/v4/events/types",
        "events_types",
        READ_ONLY_ROWS,
        rows=RowShape(id_key="key", has_text_ids=True),
        filters=FilterRules(plain=frozenset({"language_code"})),
    ),
    # ---- customers
    "customer_periods": Endpoint(PERIODS_PATH, "items", READ_ONLY_ROWS),
    "customer_statuses": Endpoint("/api/v4/customers/statuses", "statuses", SETTINGS),
    "segments": Endpoint(
        "/api/v4/customers/segments",
        "segments",
        Capabilities(create_size=1, update_size=1, delete_size=1),
        creates=CreateRules(is_single=True),
    ),
    "transactions": Endpoint(
        "/api/v4/customers/transactions",
        "transactions",
        Capabilities(delete_size=1),
        nested_path="/api/v4/customers/{id}/transactions",
        rows=RowShape(parent_id_key="customer_id", list_keys=("customers",)),
    ),
    # ---- incoming leads
    "incoming_leads": Endpoint(
        "/api/v4/leads/unsorted",
        "unsorted",
        Capabilities(update_size=0),
        rows=RowShape(id_key="uid", has_text_ids=True),
        filters=FilterRules(
            scalar=frozenset({"pipeline_id"}), scalar_for_one=frozenset({"id", "uid"}), names={"id": ("uid",)}
        ),
        creates=CreateRules(path="/api/v4/leads/unsorted/{kind}"),
    ),
    "incoming_summary": Endpoint(
        "/api/v4/leads/unsorted/summary",
        "",
        READ_ONLY_LIST,
        filters=FilterRules(
            scalar=frozenset({"pipeline_id"}), scalar_for_one=frozenset({"id", "uid"}), names={"id": ("uid",)}
        ),
    ),
    # ---- lists
    "catalogs": Endpoint(
        "/api/v4/catalogs",
        "catalogs",
        Capabilities(delete_size=250, deletes_across_parents=True),
        filters=FilterRules(plain=frozenset({"type"}), scalar=frozenset({"type"})),
        writes=WriteRules(delete_by=DeleteBy.V2_BATCH),
    ),
    "catalog_elements": Endpoint(
        "/api/v4/catalogs/{id}/elements",
        "elements",
        Capabilities(
            delete_size=250,
            deletes_across_parents=True,
            linked_relations=frozenset({"leads", "customers"}),
            links_several_owners=False,
        ),
        rows=RowShape(parent_id_key="catalog_id"),
        writes=WriteRules(delete_by=DeleteBy.V2_BATCH),
    ),
    # ---- settings of the account
    "account": Endpoint("/api/v4/account", "", READ_ONLY_LIST, rows=RowShape(lifts_embedded=True)),
    "currencies": Endpoint(
        "/api/v4/currencies",
        "currencies",
        Capabilities(reads_single_rows=False, create_size=0, update_size=0),
        rows=RowShape(id_key="code", has_text_ids=True),
    ),
    "users": Endpoint("/api/v4/users", "users", Capabilities(create_size=10, update_size=0)),
    "roles": Endpoint("/api/v4/roles", "roles", Capabilities(update_size=1, delete_size=1)),
    "pipelines": Endpoint("/api/v4/leads/pipelines", "pipelines", SETTINGS),
    "statuses": Endpoint(
        "/api/v4/leads/pipelines/{id}/statuses", "statuses", SETTINGS, rows=RowShape(parent_id_key="pipeline_id")
    ),
    "loss_reasons": Endpoint("/api/v4/leads/loss_reasons", "loss_reasons", SETTINGS),
    "custom_fields": Endpoint(
        "/api/v4/{kind}/custom_fields",
        "custom_fields",
        Capabilities(delete_size=1),
        nested_path="/api/v4/{kind}/{id}/custom_fields",
        rows=OF_CUSTOM_FIELDS,
    ),
    "custom_field_groups": Endpoint(
        "/api/v4/{kind}/custom_fields/groups",
        "custom_field_groups",
        SETTINGS,
        nested_path="/api/v4/{kind}/{id}/custom_fields/groups",
        rows=RowShape(parent_key="entity_type", parent_id_key="catalog_id", has_text_ids=True),
    ),
    # ---- integrations
    "webhooks": Endpoint(
        "/api/v4/webhooks",
        "webhooks",
        Capabilities(is_paged=False, reads_single_rows=False, create_size=1, update_size=1, delete_size=1),
        filters=FilterRules(scalar=frozenset({"destination"})),
        creates=CreateRules(is_single=True, replaces_same=True),
        writes=WriteRules(address=WriteAddress.COLLECTION),
    ),
    "widgets": Endpoint("/api/v4/widgets", "widgets", READ_ONLY),
    "sources": Endpoint(
        "/api/v4/sources",
        "sources",
        Capabilities(
            is_paged=False,
            create_size=100,
            update_size=100,
            delete_size=100,
            single_update_keys=frozenset({"external_id"}),
        ),
        creates=CreateRules(unique_key="external_id"),
        writes=WriteRules(delete_by=DeleteBy.LIST),
    ),
    "website_buttons": Endpoint(
        "/api/v4/website_buttons",
        "website_buttons",
        Capabilities(create_size=1, update_size=1),
        rows=RowShape(id_key="source_id"),
        includes=IncludeRules(list_only=frozenset({"deleted"})),
        creates=CreateRules(is_single=True),
    ),
    "bots": Endpoint("/api/v4/bots", "items", READ_ONLY),
    # ---- chats
    "talks": Endpoint(
        "/api/v4/talks",
        "talks",
        READ_ONLY,
        rows=RowShape(id_key="talk_id"),
        filters=FilterRules(
            scalar=frozenset({"entity_type", "is_in_work"}),
            names={"id": ("talk_id",), "is_in_work": ("only_in_work",)},  # a flag: it can only ask for open ones
        ),
    ),
    "talk_messages": Endpoint(
        "/api/v4/talks/{id}/messages",
        "messages",
        Capabilities(reads_single_rows=False, create_size=0, update_size=0),
        rows=RowShape(has_text_ids=True, parent_id_key="talk_id"),
    ),
    "chat_templates": Endpoint(
        "/api/v4/chats/templates",
        "chat_templates",
        Capabilities(page_size=50, delete_size=250),
        writes=WriteRules(delete_by=DeleteBy.LIST),
    ),
    "contact_chats": Endpoint(
        "/api/v4/contacts/chats",
        "chats",
        READ_ONLY_LIST,
        filters=FilterRules(plain=frozenset({"contact_id", "chat_id"})),
    ),
    # ---- files
    "files": Endpoint(
        "/v1.0/files",
        "files",
        Capabilities(page_size=50, create_size=0, update_size=1, delete_size=50),
        rows=RowShape(id_key="uuid", has_text_ids=True),
        filters=FilterRules(builders=FILE_FILTERS, search="filter[term]"),
        writes=WriteRules(delete_by=DeleteBy.LIST_ALWAYS),
        is_on_drive=True,
    ),
    "file_versions": Endpoint(
        "/v1.0/files/{id}/versions",
        "versions",
        READ_ONLY_LIST,
        rows=RowShape(id_key="uuid", has_text_ids=True),
        is_on_drive=True,
    ),
}


def build_collection_url(kind: str, parent: Parent | None = None) -> str:
    """The address of the rows of a kind, under their parent."""
    return ENDPOINTS[kind].build_url(parent, _build_parent_url)


def build_row_url(kind: str, parent: Parent | None, pk: object) -> str:
    """The address of one row."""
    return add_to_url(build_collection_url(kind, parent), pk)


def _build_parent_url(parent: Parent) -> str:
    if parent.id is None:  # all rows of a kind: the links of several leads
        return build_collection_url(parent.kind, parent.inside)
    return build_row_url(parent.kind, parent.inside, parent.id)
