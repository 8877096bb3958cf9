"""Checks the effect of each step in the account itself, and not only in the library's objects.

Each function returns a check. A check takes the value that the code of the step returned, and its requests. It returns
a summary in words, or raises `CheckFailed`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import Any

from kommo_orm import Mismatch, Note, Plan, Report, Task
from kommo_orm.cli.demo.models import Deal, Person
from kommo_orm.sandbox import LogEntry, Sandbox

Row = dict[str, Any]
Requests = Sequence[LogEntry]


class CheckFailed(Exception):
    """A step did not have the effect that it promises."""


def require(truth: object, promise: str) -> None:
    if not truth:
        raise CheckFailed(f"Not so: {promise}")


# ---- reading


def check_mapping_and_first_lead(
    sandbox: Sandbox,
) -> Callable[[tuple[list[Mismatch], Deal | None], Requests], str]:
    row = sandbox.rows("leads")[0]

    def check_first_lead(found: tuple[list[Mismatch], Deal | None], requests: Requests) -> str:
        mismatches, deal = found
        require(not mismatches, f"the declared fields are those of the account: {'; '.join(map(str, mismatches))}")
        if deal is None:
            raise CheckFailed("Not so: the account has a first lead")
        require((deal.id, deal.name, deal.price) == (row["id"], row["name"], get_price(row)), "the first lead is read")
        require(str(deal.source) == get_field_value(row, "SOURCE"), "the source is the stored one")
        require(deal.budget == int(get_field_value(row, "BUDGET")), "the budget is the stored one")
        regions = ", ".join(deal.regions)
        return (
            "Both classes fit the account. Its first lead is "
            f"{deal.name!r}, price {deal.price:,.2f}: budget {deal.budget:,}, source {deal.source}, regions {regions}, "
            f"signed on {deal.signed}."
        )

    return check_first_lead


def find_matching_leads(sandbox: Sandbox, pipeline: int) -> list[Row]:
    """The leads that `read_with_filter` should find."""
    return [row for row in sandbox.rows("leads") if get_price(row) >= 1000 and row["pipeline_id"] == pipeline]


def check_filtered_read(rows: list[Row], pipeline: str) -> Callable[[list[Deal], Requests], str]:
    def check_deals(outside: list[Deal], requests: Requests) -> str:
        expected = {row["id"] for row in rows if "EU" not in get_field_values(row, "REGIONS")}
        require({deal.id for deal in outside} == expected, "the deals found are those outside the EU")
        require(len(outside) == len(expected), "no deal comes twice")
        linked = {row["id"]: get_linked_ids(row, "contacts") for row in rows}
        for deal in outside:
            people = {person.id for person in deal.contacts.of(Person) if person.phone}
            require(people == linked[deal.id], f"the contacts of deal {deal.id} were included, with their phones")
        everybody = set[int]().union(*linked.values())
        return (
            f"{len(rows):,} deals of the pipeline {pipeline!r} and their {len(everybody):,} contacts; "
            f"{len(outside):,} of the deals are not in the EU."
        )

    return check_deals


# ---- changing


def check_only_regions_saved(sandbox: Sandbox, deals: Sequence[Deal]) -> Callable[[None, Requests], str]:
    def check_patches(value: None, requests: Requests) -> str:
        sent = [entry.json for entry in requests if entry.method == "PATCH"]
        require(len(sent) == len(deals), "each deal took one PATCH")
        require(all([*body] == ["custom_fields_values"] for body in sent), "nothing but custom fields was sent")
        require(all(len(body["custom_fields_values"]) == 1 for body in sent), "one custom field was sent")
        for deal in deals:
            require(
                "EU" in get_field_values(get_row(sandbox, "leads", deal.id), "REGIONS"),
                f"deal {deal.id} is stored with EU",
            )
        return f"{len(deals)} deals are stored with EU beside their other regions; each PATCH held one field."

    return check_patches


def check_no_request(value: None, requests: Requests) -> str:
    require(not requests, "nothing was sent")
    return "No request."


# ---- creating


def check_created_in_order(sandbox: Sandbox) -> Callable[[Deal, Requests], str]:
    def check_created_deal(deal: Deal, requests: Requests) -> str:
        posted = [entry.path.rpartition("/")[2] for entry in requests if entry.method == "POST"]
        require(posted == ["companies", "contacts", "leads"], "company, contact and lead were created in this order")
        row = get_row(sandbox, "leads", deal.id)
        require(get_linked_ids(row, "companies") == {deal.company_id}, "the lead is linked to the company")
        require(get_linked_ids(row, "contacts") == set(deal.contacts.ids), "the lead is linked to the contact")
        require([one["is_main"] for one in row["_embedded"]["contacts"]] == [True], "the contact is the main one")
        require(get_field_values(row, "SOURCE") == ["Referral"], "the source is stored")
        company = get_row(sandbox, "companies", deal.company_id)
        (person,) = (get_row(sandbox, "contacts", number) for number in deal.contacts.ids)
        return (
            f"Lead {deal.id} {row['name']!r}, linked to company {company['id']} {company['name']!r} and main contact "
            f"{person['id']} {person['name']!r}."
        )

    return check_created_deal


def check_note_task_and_tags(sandbox: Sandbox, deal: Deal) -> Callable[[tuple[Note, Task], Requests], str]:
    def check_created_rows(made: tuple[Note, Task], requests: Requests) -> str:
        note, task = (get_row(sandbox, kind, one.id) for kind, one in zip(("notes", "tasks"), made, strict=True))
        require((note["entity_id"], task["entity_id"]) == (deal.id, deal.id), "note and task are the lead's")
        tags = sorted(tag["name"] for tag in get_row(sandbox, "leads", deal.id)["_embedded"]["tags"])
        require(tags == ["solar", "vip"], "the lead has both tags")
        return (
            f"Note {note['id']} {note['params']['text']!r}, task {task['id']} {task['text']!r}, "
            f"tags {' and '.join(tags)} on lead {deal.id}."
        )

    return check_created_rows


# ---- the session


def check_session(sandbox: Sandbox, leads: int, guests: int) -> Callable[[tuple[Plan, Report], Requests], str]:
    before = {row["id"]: row for row in sandbox.rows("leads")[:leads]}
    notes = len(sandbox.rows("notes"))

    def check_written_rows(done: tuple[Plan, Report], requests: Requests) -> str:
        plan, report = done
        require(report.is_clean and len(report.created) == guests * 2, "all contacts and notes were created")
        after = {row["id"]: row for row in sandbox.rows("leads") if row["id"] in before}
        raised = [number for number, row in after.items() if get_price(row) == get_price(before[number]) + 100]
        require(len(raised) == leads, "every lead is stored with its new price")
        linked = sum(
            len(get_linked_ids(row, "contacts") - get_linked_ids(before[number], "contacts"))
            for number, row in after.items()
        )
        require(linked == guests, "every new contact is linked to its lead")
        require(len(sandbox.rows("notes")) - notes == guests, "every note is stored once")
        writes = [entry for entry in requests if entry.method != "GET"]
        require(len(writes) == report.requests, "the report counts the requests that were sent")
        return f"The plan, before anything was sent:\n\n{plan}\n\nThe report:\n\n{report}"

    return check_written_rows


# ---- rows of the account


def get_row(sandbox: Sandbox, kind: str, number: int | None) -> Row:
    row = sandbox.row(kind, number or 0)
    if row is None:
        raise CheckFailed(f"Not so: the account has {kind} {number}")
    return row


def get_price(row: Row) -> Decimal:
    return Decimal(str(row["price_with_minor_units"]))  # `price` is rounded


def get_linked_ids(row: Row, kind: str) -> set[int]:
    return {one["id"] for one in row["_embedded"][kind]}


def get_field_values(row: Row, code: str) -> list[Any]:
    """The values of a custom field."""
    fields: Iterable[Row] = row["custom_fields_values"] or ()
    return [one["value"] for field in fields if field["field_code"] == code for one in field["values"]]


def get_field_value(row: Row, code: str) -> Any:
    return next(iter(get_field_values(row, code)), None)
