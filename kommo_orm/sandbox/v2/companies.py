"""Companies (Kommo API v2, Companies)."""

from __future__ import annotations

from kommo_orm.sandbox.account_state import Account
from kommo_orm.sandbox.api_call import ApiCall
from kommo_orm.sandbox.resources.companies import COMPANIES
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.v2 import batch_writes, cards, responses, routes, tags
from kommo_orm.sandbox.v2.custom_field_values import FieldCodes

_LINKS = ("leads_id", "customers_id", "contacts_id")


def _translate_company(call: ApiCall, clean: Row, row: Row | None) -> Row:
    return {}


def _link_company(call: ApiCall, row: Row, clean: Row) -> None:
    """A company has no links of its own: all cards have them."""


def render_company(account: Account, row: Row) -> Row:
    shown = cards.render_common_keys(account, row)
    shown.update(updated_by=row["updated_by"], group_id=row["group_id"])
    shown["leads"] = responses.render_related_ids("leads", cards.find_linked_ids(account, "companies", row, "leads"))
    shown["closest_task_at"] = row["closest_task_at"] or 0
    shown["tags"] = tags.render_tags(account, row) or {}  # an empty object if there are none
    shown["custom_fields"] = cards.render_custom_fields(account, "companies", row)
    for other in ("contacts", "customers"):
        shown[other] = responses.render_related_ids(other, cards.find_linked_ids(account, "companies", row, other))
    return {**shown, "_links": responses.build_row_link("companies", row["id"])}


WRITER = cards.Writer(COMPANIES, _translate_company, _link_company)
RESOURCE = batch_writes.WritableResource(
    name="companies",
    kind="companies",
    codes=batch_writes.ResourceCodes(empty=206, no_add=201, no_update=208, no_id=209, missing=212),
    create=cards.build_common_schema("companies", FieldCodes(204), *_LINKS, creating=True),
    change=cards.build_common_schema("companies", FieldCodes(211), *_LINKS, creating=False),
    required=("name",),
    add=WRITER.add_card,
    update=WRITER.update_card,
)
ROUTES = (
    routes.build_get_route(
        "/api/v2/companies", cards.build_list_handler(render_company), "companies", params=cards.PARAMS
    ),
    routes.build_post_route("/api/v2/companies", batch_writes.build_write_handler(RESOURCE), "companies"),
)
