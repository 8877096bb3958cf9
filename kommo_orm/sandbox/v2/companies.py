"""Companies (Kommo API v2, Companies)."""

from __future__ import annotations

from kommo_orm.sandbox.account_state import Account
from kommo_orm.sandbox.resources.companies import COMPANIES
from kommo_orm.sandbox.routing import ApiCall
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.v2 import answers, cards, listing, tags, writing
from kommo_orm.sandbox.v2.values import FieldCodes

_LINKS = ("leads_id", "customers_id", "contacts_id")


def _nothing_of_its_own(call: ApiCall, clean: Row, row: Row | None) -> Row:
    return {}


def _nothing_after(call: ApiCall, row: Row, clean: Row) -> None:
    """All links of a company are common ones."""


def show(account: Account, row: Row) -> Row:
    shown = cards.show_common(account, row)
    shown.update(updated_by=row["updated_by"], group_id=row["group_id"])
    shown["leads"] = answers.related("leads", cards.linked(account, "companies", row, "leads"))
    shown["closest_task_at"] = row["closest_task_at"] or 0
    shown["tags"] = tags.show(account, row) or {}  # an object when there are none
    shown["custom_fields"] = cards.show_values(account, "companies", row)
    for other in ("contacts", "customers"):
        shown[other] = answers.related(other, cards.linked(account, "companies", row, other))
    return {**shown, "_links": answers.row_link("companies", row["id"])}


WRITER = cards.Writer(COMPANIES, _nothing_of_its_own, _nothing_after)
NOUN = writing.Noun(
    name="companies",
    kind="companies",
    codes=writing.Codes(empty=206, no_add=201, no_update=208, no_id=209, missing=212),
    create=cards.common_schema("companies", FieldCodes(204), *_LINKS, creating=True),
    change=cards.common_schema("companies", FieldCodes(211), *_LINKS, creating=False),
    required=("name",),
    add=WRITER.add,
    update=WRITER.update,
)
ROUTES = (
    listing.get("/api/v2/companies", cards.lister(show), "companies", params=cards.PARAMS),
    listing.post("/api/v2/companies", writing.write(NOUN), "companies"),
)
