"""Duplicates control of the complex creation of leads (Kommo API v4, Complex creation of leads).

The documents say that duplicates are searched among stored leads, not inside of the request and not among old ones, and
that several elements may be merged into one lead. They do not say what a duplicate is. Here it is an open lead in the
same pipeline whose contact or company has the same phone number (its last ten digits) or the same e-mail address. The
stored lead, contact and company get the tags of the new ones, and the values that they do not have.
"""

from __future__ import annotations

from collections.abc import Iterator

from kommo_orm.sandbox.account_state import LOST, WON, Account
from kommo_orm.sandbox.api_call import ApiCall, RequestId
from kommo_orm.sandbox.resources import cards, companies, contacts, entity_links, leads
from kommo_orm.sandbox.resources.calls import extract_digits
from kommo_orm.sandbox.resources.cards import CardKind
from kommo_orm.sandbox.row_store import End, Row

_PEOPLE: dict[str, CardKind] = {"contacts": contacts.CONTACTS, "companies": companies.COMPANIES}
_FILLED = ("price",)  # plain keys of a lead that a merge fills if they are empty


def find_duplicate(account: Account, clean: Row) -> Row | None:
    """Return the stored lead that a new one repeats: of several the one that was changed last."""
    if not account.duplicates_control:
        return None
    nested: Row = clean.get("_embedded") or {}
    found: list[Row] = []
    for kind in _PEOPLE:
        for person in nested.get(kind, ()):
            keys = _find_person_keys(account, kind, person.get("custom_fields_values") or {})
            found += _find_open_leads(account, kind, keys, clean["pipeline_id"])
    return max(found, key=lambda row: (row["updated_at"], row["id"]), default=None)


def _find_person_keys(account: Account, kind: str, values: Row) -> set[tuple[str, str]]:
    """Return the phone numbers and e-mail addresses among validated or stored values."""
    keys: set[tuple[str, str]] = set()
    for field in account.get_definitions(kind):
        for value in values.get(field["id"]) or ():
            if field["code"] == "PHONE" and extract_digits(value["value"]):
                keys.add(("PHONE", extract_digits(value["value"])))
            elif field["code"] == "EMAIL":
                keys.add(("EMAIL", value["value"].strip().casefold()))
    return keys


def _find_open_leads(account: Account, kind: str, keys: set[tuple[str, str]], pipeline: int) -> Iterator[Row]:
    if not keys:
        return
    for row in account.store.iter_rows(kind):
        if row["trashed"] or not keys & _find_person_keys(account, kind, row["values"]):
            continue
        for (_, number), _metadata in account.store.links.find_linked((kind, row["id"]), "leads"):
            lead = account.store.get_table("leads")[number]
            if lead["pipeline_id"] == pipeline and lead["status_id"] not in (WON, LOST):
                yield lead


def add_merged_lead(call: ApiCall, made: list[Row], lead: Row, clean: Row, request_id: RequestId) -> None:
    """Merge a new lead into a stored one, and add it to the response: one entry for each stored lead."""
    nested: Row = clean.pop("_embedded", {})
    people = {kind: _merge_person(call, lead, kind, nested.get(kind)) for kind in _PEOPLE}
    _merge_card(
        call, leads.LEADS, lead, {**clean, "_embedded": {"tags": nested["tags"]}} if "tags" in nested else clean
    )
    entry = next((row for row in made if row["merged"] and row["id"] == lead["id"]), None)
    if entry is not None:
        entry["request_id"].append(request_id)
        return
    found = {"id": lead["id"], "contact_id": people["contacts"], "company_id": people["companies"]}
    made.append({**found, "request_id": [request_id], "merged": True})


def _merge_person(call: ApiCall, lead: Row, kind: str, given: list[Row] | None) -> int | None:
    """Merge a person into the linked one with the same phone or e-mail; else link the person, who may be new."""
    if not given:
        return None
    links, table = call.account.store.links, call.account.store.get_table(kind)
    keys = _find_person_keys(call.account, kind, given[0].get("custom_fields_values") or {})
    for (_, number), _metadata in links.find_linked(("leads", lead["id"]), kind):
        if keys & _find_person_keys(call.account, kind, table[number]["values"]):
            _merge_card(call, _PEOPLE[kind], table[number], given[0])
            return number
    company = kind == "companies" and links.find_linked(("leads", lead["id"]), kind)
    if company:  # a lead has one company, and a merge does not replace it
        return company[0][0][1]
    number = given[0].get("id") or cards.insert_card(_PEOPLE[kind], call.account, call.user["id"], given[0])["id"]
    end: End = (kind, int(number))
    entity_links.link_rows(call.account, ("leads", lead["id"]), end)
    return end[1]


def _merge_card(call: ApiCall, card: CardKind, row: Row, clean: Row) -> None:
    values: Row = clean.get("custom_fields_values") or {}
    change: Row = {key: clean[key] for key in _FILLED if clean.get(key) and not row.get(key)}
    change["custom_fields_values"] = {
        number: new for number, new in values.items() if new and number not in row["values"]
    }
    nested: Row = clean.get("_embedded") or {}
    change["tags_to_add"] = [*(nested.get("tags") or ()), *clean.get("tags_to_add", ())]
    cards.change_card(card, call.account, call.user["id"], row, change)
