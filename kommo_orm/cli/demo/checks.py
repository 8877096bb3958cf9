"""What each step must have brought about, read from the account itself and never from the library's objects alone.

Each function takes what it needs to know and answers with a check: given what the code returned and the requests that
it took, it says in words what came of it, or raises `CheckFailed`.
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
    """A step did not bring about what it promises."""


def must(truth: object, promise: str) -> None:
    if not truth:
        raise CheckFailed(f"not so: {promise}")


# ---- reading


def fits_and_reads_like_the_account(
    sandbox: Sandbox,
) -> Callable[[tuple[list[Mismatch], Deal | None], Requests], str]:
    row = sandbox.rows("leads")[0]

    def check(found: tuple[list[Mismatch], Deal | None], requests: Requests) -> str:
        mismatches, deal = found
        must(not mismatches, f"the declared fields are those of the account: {'; '.join(map(str, mismatches))}")
        if deal is None:
            raise CheckFailed("not so: the account has a first lead")
        must((deal.id, deal.name, deal.price) == (row["id"], row["name"], price(row)), "the first lead is read")
        must(str(deal.source) == value_of(row, "SOURCE"), "the source is the stored one")
        must(deal.budget == int(value_of(row, "BUDGET")), "the budget is the stored one")
        regions = ", ".join(deal.regions)
        return (
            "Both classes fit the account. Its first lead is "
            f"{deal.name!r}, price {deal.price:,.2f}: budget {deal.budget:,}, source {deal.source}, regions {regions}, "
            f"signed on {deal.signed}."
        )

    return check


def matching(sandbox: Sandbox, pipeline: int) -> list[Row]:
    """The leads that `read_with_filter` is to find."""
    return [row for row in sandbox.rows("leads") if price(row) >= 1000 and row["pipeline_id"] == pipeline]


def reads_what_matches(rows: list[Row], pipeline: str) -> Callable[[list[Deal], Requests], str]:
    def check(outside: list[Deal], requests: Requests) -> str:
        expected = {row["id"] for row in rows if "EU" not in values_of(row, "REGIONS")}
        must({deal.id for deal in outside} == expected, "the deals found are those outside the EU")
        must(len(outside) == len(expected), "no deal comes twice")
        linked = {row["id"]: ids(row, "contacts") for row in rows}
        for deal in outside:
            people = {person.id for person in deal.contacts.of(Person) if person.phone}
            must(people == linked[deal.id], f"the contacts of deal {deal.id} came along, with their phones")
        everybody = set[int]().union(*linked.values())
        return (
            f"{len(rows):,} deals of the pipeline {pipeline!r} and their {len(everybody):,} contacts; "
            f"{len(outside):,} of the deals are not in the EU."
        )

    return check


# ---- changing


def saved_only_regions(sandbox: Sandbox, deals: Sequence[Deal]) -> Callable[[None, Requests], str]:
    def check(value: None, requests: Requests) -> str:
        sent = [entry.json for entry in requests if entry.method == "PATCH"]
        must(len(sent) == len(deals), "each deal took one PATCH")
        must(all([*body] == ["custom_fields_values"] for body in sent), "nothing but custom fields was sent")
        must(all(len(body["custom_fields_values"]) == 1 for body in sent), "one custom field was sent")
        for deal in deals:
            must("EU" in values_of(row_of(sandbox, "leads", deal.id), "REGIONS"), f"deal {deal.id} is stored with EU")
        return f"{len(deals)} deals are stored with EU beside their other regions; each PATCH held one field."

    return check


def sent_nothing(value: None, requests: Requests) -> str:
    must(not requests, "nothing was sent")
    return "No request."


# ---- creating


def created_in_order(sandbox: Sandbox) -> Callable[[Deal, Requests], str]:
    def check(deal: Deal, requests: Requests) -> str:
        posted = [entry.path.rpartition("/")[2] for entry in requests if entry.method == "POST"]
        must(posted == ["companies", "contacts", "leads"], "company, contact and lead were created in this order")
        row = row_of(sandbox, "leads", deal.id)
        must(ids(row, "companies") == {deal.company_id}, "the lead is linked to the company")
        must(ids(row, "contacts") == set(deal.contacts.ids), "the lead is linked to the contact")
        must([one["is_main"] for one in row["_embedded"]["contacts"]] == [True], "the contact is the main one")
        must(values_of(row, "SOURCE") == ["Referral"], "the source is stored")
        company = row_of(sandbox, "companies", deal.company_id)
        (person,) = (row_of(sandbox, "contacts", number) for number in deal.contacts.ids)
        return (
            f"Lead {deal.id} {row['name']!r}, linked to company {company['id']} {company['name']!r} and main contact "
            f"{person['id']} {person['name']!r}."
        )

    return check


def added_note_task_and_tags(sandbox: Sandbox, deal: Deal) -> Callable[[tuple[Note, Task], Requests], str]:
    def check(made: tuple[Note, Task], requests: Requests) -> str:
        note, task = (row_of(sandbox, kind, one.id) for kind, one in zip(("notes", "tasks"), made, strict=True))
        must((note["entity_id"], task["entity_id"]) == (deal.id, deal.id), "note and task are the lead's")
        tags = sorted(tag["name"] for tag in row_of(sandbox, "leads", deal.id)["_embedded"]["tags"])
        must(tags == ["solar", "vip"], "the lead has both tags")
        return (
            f"Note {note['id']} {note['params']['text']!r}, task {task['id']} {task['text']!r}, "
            f"tags {' and '.join(tags)} on lead {deal.id}."
        )

    return check


# ---- the session


def wrote_all(sandbox: Sandbox, leads: int, guests: int) -> Callable[[tuple[Plan, Report], Requests], str]:
    before = {row["id"]: row for row in sandbox.rows("leads")[:leads]}
    notes = len(sandbox.rows("notes"))

    def check(done: tuple[Plan, Report], requests: Requests) -> str:
        plan, report = done
        must(report.is_clean and len(report.created) == guests * 2, "all contacts and notes were created")
        after = {row["id"]: row for row in sandbox.rows("leads") if row["id"] in before}
        raised = [number for number, row in after.items() if price(row) == price(before[number]) + 100]
        must(len(raised) == leads, "every lead is stored with its new price")
        linked = sum(len(ids(row, "contacts") - ids(before[number], "contacts")) for number, row in after.items())
        must(linked == guests, "every new contact is linked to its lead")
        must(len(sandbox.rows("notes")) - notes == guests, "every note is stored once")
        writes = [entry for entry in requests if entry.method != "GET"]
        must(len(writes) == report.requests, "the report counts the requests that were sent")
        return f"The plan, before anything was sent:\n\n{plan}\n\nThe report:\n\n{report}"

    return check


# ---- rows of the account


def row_of(sandbox: Sandbox, kind: str, number: int | None) -> Row:
    row = sandbox.row(kind, number or 0)
    if row is None:
        raise CheckFailed(f"not so: the account has {kind} {number}")
    return row


def price(row: Row) -> Decimal:
    return Decimal(str(row["price_with_minor_units"]))  # `price` is rounded


def ids(row: Row, kind: str) -> set[int]:
    return {one["id"] for one in row["_embedded"][kind]}


def values_of(row: Row, code: str) -> list[Any]:
    """The values of a custom field."""
    fields: Iterable[Row] = row["custom_fields_values"] or ()
    return [one["value"] for field in fields if field["field_code"] == code for one in field["values"]]


def value_of(row: Row, code: str) -> Any:
    return next(iter(values_of(row, code)), None)
