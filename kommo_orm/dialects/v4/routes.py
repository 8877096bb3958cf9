"""Where each kind of entity lives in API v4, and what its collection can do: one row a kind.

Source: Kommo API v4, the reference of each entity.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from kommo_orm.dialects.v4.changes import EVENT_FILTERS
from kommo_orm.dialects.v4.drive_filters import FILE_FILTERS
from kommo_orm.interface.capabilities import Capabilities
from kommo_orm.interface.term import Term
from kommo_orm.model.parent import Parent

FOUR = ("leads", "contacts", "companies", "customers")
HOMES = {"segments": "customers/segments"}  # where the address of a parent's kind is another word


@dataclass(frozen=True, slots=True)
class Route:
    """One collection. In paths, `{kind}` and `{id}` are the parent's, `{parent}` is its whole address."""

    path: str
    key: str  # name of the collection under `_embedded`
    features: Capabilities = field(default_factory=Capabilities)
    nested: str | None = None  # the path when the parent is one row; None: same path for both
    always_with: tuple[str, ...] = ()  # asked for with every read: ids the library promises without an include
    scalar: frozenset[str] = frozenset()  # filters that take one plain value
    renamed: dict[str, tuple[str, ...]] = field(
        default_factory=dict
    )  # other names of filters; with `=`: one plain value
    parent_key: str | None = None  # where rows keep the kind of the parent they were read under
    parent_id_key: str | None = None  # and its id
    named_parents: frozenset[str] = frozenset()
    lifts: bool = False  # the parts of `_embedded` are read as keys of the row itself
    batch_only: frozenset[str] = frozenset()  # keys that an update of one row alone does not take
    plain: frozenset[str] = frozenset()  # filters that are plain parameters, outside `filter[...]`
    pk: str = "id"  # the service's name of the row's id; canonical rows have it as `id`, too
    text_ids: bool = False  # ids are texts: any text is one
    unique: str | None = None  # what no two rows have alike: pairs creations whose answer has no marks
    single: bool = False  # a creation is one object, not a list of objects
    also: tuple[str, ...] = ()  # other names of the collection in answers
    deletes_many: bool = False  # several rows are deleted by DELETE on the collection, with their ids in the body
    whole_collection: bool = False  # no row has an address: changes are a POST, deletions a DELETE, of one object
    by_place: bool = False  # rows of creations have neither ids nor marks: they come in the order that was sent
    answers: dict[str, str] = field(
        default_factory=dict
    )  # keys of created rows that mean something else than what was sent
    list_with: frozenset[str] = frozenset()  # what only lists can be asked for along with the rows
    deletes_one_so: bool = False  # and one row alone, too
    drive: bool = False  # lives on the host of the account's files
    shapes: Mapping[str, Callable[[Term], Iterator[tuple[str, str]]]] = field(
        default_factory=dict[str, Callable[[Term], Iterator[tuple[str, str]]]]
    )  # filters that are like no other
    search: str = "query"  # the parameter that searches by text
    creates_at: str | None = None  # the path of creations, where it is another one
    older: frozenset[str] = frozenset()  # filters that API v2 has, and this one has not
    plain_alone: frozenset[str] = frozenset()  # filters whose one value is plain, and several a list

    def url(self, parent: Parent | None, pk: object = None) -> str:
        path = self.nested if self.nested is not None and parent is not None and parent.id is not None else self.path
        if parent is not None:
            address = ROUTES[parent.kind].url(parent.inside, parent.id) if "{parent}" in path else ""
            path = path.format(kind=HOMES.get(parent.kind, parent.kind), id=parent.id, parent=address)
        return path if pk is None else f"{path}/{quote(str(pk), safe='')}"

    def url_of_creation(self, parent: Parent | None) -> str:
        if self.creates_at is None or parent is None:
            return self.url(parent)
        return self.creates_at.format(kind=parent.kind, id=parent.id)


CARD = Capabilities(
    embedded_relations=frozenset(),
    linked_relations=frozenset({"contacts", "companies", "leads", "customers", "catalog_elements"}),
)
SMALL = Capabilities(is_paged=False, update_size=1, delete_size=1)

ROUTES: dict[str, Route] = {
    "leads": Route(
        "/api/v4/leads",
        "leads",
        Capabilities(embedded_relations=frozenset({"contacts", "companies"}), linked_relations=CARD.linked_relations),
        always_with=("contacts",),
        scalar=frozenset({"price"}),
        older=frozenset({"is_open", "has_open_tasks"}),
    ),
    "contacts": Route("/api/v4/contacts", "contacts", CARD),
    "companies": Route("/api/v4/companies", "companies", CARD),
    "tasks": Route(
        "/api/v4/tasks",
        "tasks",
        scalar=frozenset({"is_completed", "entity_type"}),
        renamed={"task_type_id": ("task_type", "task_type_id=")},  # accounts move from one name to the other: send both
        older=frozenset({"created_at"}),
    ),
    "notes": Route(
        "/api/v4/{kind}/notes",
        "notes",
        nested="/api/v4/{kind}/{id}/notes",
        parent_key="entity_type",
        parent_id_key="entity_id",
        batch_only=frozenset({"entity_id"}),
    ),
    "tags": Route(
        "/api/v4/{kind}/tags",
        "tags",
        Capabilities(reads_single_rows=False),
        parent_key="entity_type",
        scalar=frozenset({"name"}),
    ),
    "pipelines": Route("/api/v4/leads/pipelines", "pipelines", SMALL),
    "statuses": Route("/api/v4/leads/pipelines/{id}/statuses", "statuses", SMALL, parent_id_key="pipeline_id"),
    "loss_reasons": Route("/api/v4/leads/loss_reasons", "loss_reasons", SMALL),
    "users": Route("/api/v4/users", "users", Capabilities(create_size=10, update_size=0)),
    "roles": Route("/api/v4/roles", "roles", Capabilities(update_size=1, delete_size=1)),
    "custom_fields": Route(
        "/api/v4/{kind}/custom_fields",
        "custom_fields",
        Capabilities(delete_size=1),
        nested="/api/v4/{kind}/{id}/custom_fields",
        parent_key="entity_type",
        parent_id_key="catalog_id",
    ),
    "custom_field_groups": Route(
        "/api/v4/{kind}/custom_fields/groups",
        "custom_field_groups",
        SMALL,
        nested="/api/v4/{kind}/{id}/custom_fields/groups",
        parent_key="entity_type",
        parent_id_key="catalog_id",
        text_ids=True,
    ),
    "catalogs": Route(
        "/api/v4/catalogs",
        "catalogs",
        Capabilities(delete_size=250, deletes_across_parents=True),
        plain=frozenset({"type"}),
        scalar=frozenset({"type"}),
    ),
    "catalog_elements": Route(
        "/api/v4/catalogs/{id}/elements",
        "elements",
        Capabilities(
            delete_size=250,
            deletes_across_parents=True,
            linked_relations=frozenset({"leads", "customers"}),
            links_several_owners=False,
        ),
        parent_id_key="catalog_id",
    ),
    "webhooks": Route(
        "/api/v4/webhooks",
        "webhooks",
        Capabilities(is_paged=False, reads_single_rows=False, create_size=1, update_size=1, delete_size=1),
        scalar=frozenset({"destination"}),
        single=True,
        whole_collection=True,
    ),
    "widgets": Route("/api/v4/widgets", "widgets", Capabilities(create_size=0, update_size=0)),
    "sources": Route(
        "/api/v4/sources",
        "sources",
        Capabilities(
            is_paged=False,
            create_size=100,
            update_size=100,
            delete_size=100,
            single_update_keys=frozenset({"external_id"}),
        ),
        deletes_many=True,
        unique="external_id",
    ),
    "website_buttons": Route(
        "/api/v4/website_buttons",
        "website_buttons",
        Capabilities(create_size=1, update_size=1),
        pk="source_id",
        single=True,
        list_with=frozenset({"deleted"}),
    ),
    "short_links": Route(
        "/api/v4/short_links",
        "short_links",
        Capabilities(is_paged=False, is_readable=False, reads_single_rows=False, update_size=0),
        pk="short_url",
        text_ids=True,
        by_place=True,
        answers={"url": "short_url"},
    ),
    "incoming_leads": Route(
        "/api/v4/leads/unsorted",
        "unsorted",
        Capabilities(update_size=0),
        creates_at="/api/v4/leads/unsorted/{kind}",
        pk="uid",
        text_ids=True,
        scalar=frozenset({"pipeline_id"}),
        plain_alone=frozenset({"id", "uid"}),
        renamed={"id": ("uid",)},
    ),
    "incoming_summary": Route(
        "/api/v4/leads/unsorted/summary",
        "",
        Capabilities(is_paged=False, create_size=0, update_size=0),
        scalar=frozenset({"pipeline_id"}),
        plain_alone=frozenset({"id", "uid"}),
        renamed={"id": ("uid",)},
    ),
    "calls": Route(
        "/api/v4/calls",
        "calls",
        Capabilities(is_paged=False, is_readable=False, reads_single_rows=False, update_size=0),
    ),
    "events": Route(
        "/api/v4/events",
        "events",
        Capabilities(page_size=100, create_size=0, update_size=0),
        text_ids=True,
        plain_alone=frozenset({"id"}),
        renamed={"entity_type": ("entity",)},
        shapes=EVENT_FILTERS,
    ),
    "event_types": Route(
        "/api/v4/events/types",
        "events_types",
        Capabilities(is_paged=False, reads_single_rows=False, create_size=0, update_size=0),
        pk="key",
        text_ids=True,
        plain=frozenset({"language_code"}),
    ),
    "customers": Route(
        "/api/v4/customers",
        "customers",
        Capabilities(delete_size=250, linked_relations=CARD.linked_relations),
        always_with=("contacts", "companies"),
    ),
    "customer_periods": Route(
        "/api/v2/customers_periods",
        "items",
        Capabilities(is_paged=False, reads_single_rows=False, create_size=0, update_size=0),
    ),
    "customer_statuses": Route("/api/v4/customers/statuses", "statuses", SMALL),
    "segments": Route(
        "/api/v4/customers/segments", "segments", Capabilities(create_size=1, update_size=1, delete_size=1), single=True
    ),
    "transactions": Route(
        "/api/v4/customers/transactions",
        "transactions",
        Capabilities(delete_size=1),
        nested="/api/v4/customers/{id}/transactions",
        parent_id_key="customer_id",
        also=("customers",),
    ),
    "subscriptions": Route(
        "/api/v4/{kind}/{id}/subscriptions", "subscriptions", Capabilities(create_size=0, update_size=0)
    ),
    "talks": Route(
        "/api/v4/talks",
        "talks",
        Capabilities(create_size=0, update_size=0),
        pk="talk_id",
        scalar=frozenset({"entity_type", "is_in_work"}),
        renamed={"id": ("talk_id",), "is_in_work": ("only_in_work",)},  # a flag: only "open ones" can be said
    ),
    "talk_messages": Route(
        "/api/v4/talks/{id}/messages",
        "messages",
        Capabilities(reads_single_rows=False, create_size=0, update_size=0),
        text_ids=True,
        parent_id_key="talk_id",
    ),
    "chat_templates": Route(
        "/api/v4/chats/templates", "chat_templates", Capabilities(page_size=50, delete_size=250), deletes_many=True
    ),
    "bots": Route("/api/v4/bots", "items", Capabilities(create_size=0, update_size=0)),
    "contact_chats": Route(
        "/api/v4/contacts/chats",
        "chats",
        Capabilities(is_paged=False, create_size=0, update_size=0),
        plain=frozenset({"contact_id", "chat_id"}),
    ),
    "currencies": Route(
        "/api/v4/currencies",
        "currencies",
        Capabilities(reads_single_rows=False, create_size=0, update_size=0),
        pk="code",
        text_ids=True,
    ),
    "links": Route(
        "{parent}/links",
        "links",
        Capabilities(is_paged=False, create_size=0, update_size=0),
        scalar=frozenset({"to_entity_id", "to_entity_type", "to_catalog_id"}),
    ),
    "files": Route(
        "/v1.0/files",
        "files",
        Capabilities(page_size=50, create_size=0, update_size=1, delete_size=50),
        pk="uuid",
        text_ids=True,
        deletes_many=True,
        deletes_one_so=True,
        drive=True,
        shapes=FILE_FILTERS,
        search="filter[term]",
    ),
    "file_versions": Route(
        "/v1.0/files/{id}/versions",
        "versions",
        Capabilities(is_paged=False, create_size=0, update_size=0),
        pk="uuid",
        text_ids=True,
        drive=True,
    ),
    "account": Route("/api/v4/account", "", Capabilities(is_paged=False, create_size=0, update_size=0), lifts=True),
}

LINKING = frozenset({*FOUR, "catalog_elements"})
