"""Fills an account with realistic data, without requests. The same arguments give the same data.

Times lie within the 90 days before the sandbox's clock. A tenth of the leads changed within the last day.
"""

from __future__ import annotations

from random import Random
from typing import Any

from kommo_orm.sandbox import new_account, sample_data
from kommo_orm.sandbox.account_state import LOST, TRASHABLE, WON, Account
from kommo_orm.sandbox.custom_field_values import StoredValues
from kommo_orm.sandbox.resources import (
    cards,
    catalog_elements,
    catalogs,
    custom_fields,
    entity_links,
    field_definitions,
    roles,
    tags,
    users,
)
from kommo_orm.sandbox.resources.user_rights import build_rights
from kommo_orm.sandbox.row_store import Row

DAY = 24 * 3600


def seed_account(account: Account, leads: int, contacts: int | None, companies: int | None, number: int) -> Row:
    """Fill the account and return the number of new rows by kind."""
    dice = Random(number)  # noqa: S311  # a test needs the same numbers every time
    return _Seeder(account, dice).fill_account(leads, contacts, companies)


class _Seeder:
    """One run: the account, the random numbers, and the rows that were inserted so far."""

    def __init__(self, account: Account, dice: Random) -> None:
        self.account = account
        self.store = account.store
        self.dice = dice
        self.now = account.now()
        self.people: list[int] = []
        self.stages: list[tuple[int, int]] = []
        self.reasons: list[int] = []
        self.labels: dict[str, list[int]] = {}

    def fill_account(self, leads: int, contacts: int | None, companies: int | None) -> Row:
        before = {kind: len(table) for kind, table in self.store.tables.items()}
        if self.account.is_copied:
            self.adopt_settings()
        else:
            self.insert_settings()
            self.insert_definitions()
        many = leads * 4 // 5 if contacts is None else contacts
        firms = leads // 4 if companies is None else companies
        owners = [self.insert_card("companies", sample_data.pick_company_name(self.dice)) for _ in range(firms)]
        persons = [self.insert_person(owners) for _ in range(many)]
        for _ in range(leads):
            self.insert_lead(persons, owners)
        self.store.clear_cache()
        return {
            kind: len(table) - before.get(kind, 0)
            for kind, table in self.store.tables.items()
            if kind in _COUNTED_KINDS
        }

    # Settings

    def insert_settings(self) -> None:
        self.account.groups += [{"id": number, "name": name, "uuid": None} for number, name in sample_data.GROUPS]
        self.account.task_types.append(new_account.build_task_type(301, "Send offer"))
        self.insert_team()
        new_account.add_pipeline(self.account, "Renewals", (("Reminder", "#ffdbdb"), ("Offer sent", "#98cbff")))
        self.find_stages()
        for position, name in enumerate(sample_data.LOSS_REASONS, 1):
            self.reasons.append(self.insert_loss_reason(name, position))
        for kind in TRASHABLE:
            self.labels[kind] = [tags.insert_tag(self.account, kind, name)["id"] for name in sample_data.TAGS]
        for position, label in enumerate(self.labels["leads"]):
            self.store.get_table("tags")[label]["color"] = tags.COLOURS[position]

    def find_stages(self) -> None:
        for pipeline in self.account.get_pipelines():
            own = [stage["id"] for stage in self.account.get_stages(pipeline["id"]) if stage["type"] == 0]
            self.stages += [(pipeline["id"], stage) for stage in own]

    def adopt_settings(self) -> None:
        """Use the users, stages and loss reasons of an account that was copied. Only tags are added."""
        self.people = [row["id"] for row in self.store.iter_rows("users") if row["rights"]["is_active"]]
        self.find_stages()
        self.reasons = list(self.store.get_table("loss_reasons"))
        for kind in TRASHABLE:
            found = [tags.find_tag(self.account, kind, name) for name in sample_data.TAGS]
            pairs = zip(sample_data.TAGS, found, strict=True)
            rows = [row or tags.insert_tag(self.account, kind, name) for name, row in pairs]
            self.labels[kind] = [row["id"] for row in rows]

    def insert_team(self) -> None:
        sellers = roles.insert_role(self.account, {"name": "Sellers", "rights": build_rights("M")})
        heads = roles.insert_role(self.account, {"name": "Heads", "rights": build_rights("G")})
        self.people = [self.account.owner_id]
        for position, name in enumerate(sample_data.TEAM):
            role, group = (heads if position % 2 else sellers), (None, 501, 502)[position % 3]
            rights = {"role_id": role["id"], "group_id": group}
            email = f"{name.split()[0].lower()}@sandbox.example"
            self.people.append(users.insert_user(self.account, {"name": name, "email": email, "rights": rights})["id"])

    def insert_loss_reason(self, name: str, position: int) -> int:
        number = self.store.allocate_id("loss_reasons")
        times = {"created_at": self.now - 90 * DAY, "updated_at": self.now - 90 * DAY}
        self.store.insert_row("loss_reasons", {"id": number, "name": name, "sort": position, **times})
        return number

    # Definitions

    def insert_definitions(self) -> None:
        chain = [self.insert_chained_list(name, words) for name, words in sample_data.CHAIN]
        products = catalogs.insert_product_catalog(self.account, self.account.owner_id)
        for name, price in sample_data.PRODUCTS:
            self.insert_product(products["id"], name, price)
        for kind in TRASHABLE:
            for field_type, (name, code, options) in sample_data.FIELDS.items():
                if field_type not in custom_fields.TYPES[kind]:
                    continue
                clean: Row = {
                    "name": name,
                    "type": field_type,
                    "code": code,
                    **sample_data.build_field_settings(field_type, chain),
                }
                if options:
                    clean["enums"] = [{"value": value} for value in options]
                field_definitions.insert_field(self.account, kind, clean)

    def insert_chained_list(self, name: str, words: tuple[str, ...]) -> int:
        row = catalogs.insert_catalog(self.account, self.account.owner_id, {"name": name})
        for word in words:
            catalog_elements.insert_element(self.account, row["id"], self.account.owner_id, {"name": word})
        return int(row["id"])

    def insert_product(self, catalog: int, name: str, price: str) -> None:
        coded = {field["code"]: field["id"] for field in self.account.get_definitions(f"catalogs/{catalog}")}
        values = {coded["SKU"]: [{"value": name[:3].upper()}], coded["PRICE"]: [{"value": price}]}
        catalog_elements.insert_element(
            self.account, catalog, self.account.owner_id, {"name": name, "custom_fields_values": values}
        )

    # Cards

    def insert_card(self, kind: str, name: str) -> int:
        row = cards.build_blank_card(self.account, kind, self.dice.choice(self.people))
        created = self.now - self.dice.randrange(1, 90 * DAY)
        since = self.now - DAY if self.dice.random() < 0.1 else created
        row.update(name=name, created_at=created, updated_at=self.dice.randrange(max(created, since), self.now + 1))
        row["group_id"] = self.account.find_group_id(row["responsible_user_id"])
        row["tags"] = self.dice.sample(self.labels[kind], self.dice.choice((0, 0, 1, 2)))
        row["values"] = self.choose_values(kind)
        return int(self.store.insert_row(kind, row)["id"])

    def choose_values(self, kind: str) -> dict[int, StoredValues]:
        """Choose values for about ten fields. The usual fields are always filled."""
        made: dict[int, StoredValues] = {}
        for field in self.account.get_definitions(kind):
            if not sample_data.can_build_value(self.account, field):
                continue
            usual = field["type"] in sample_data.USUAL_TYPES or field["code"] in ("PHONE", "EMAIL")
            if not usual and self.dice.random() > 0.15:
                continue
            if value := sample_data.build_field_value(self.dice, self.account, field):
                made[field["id"]] = value
        return made

    def insert_person(self, owners: list[int]) -> int:
        first, last = sample_data.pick_person_name(self.dice)
        number = self.insert_card("contacts", f"{first} {last}")
        self.store.get_table("contacts")[number].update(first_name=first, last_name=last)
        if owners and self.dice.random() < 0.6:
            entity_links.link_rows(self.account, ("contacts", number), ("companies", self.dice.choice(owners)))
        return number

    def insert_lead(self, persons: list[int], owners: list[int]) -> None:
        number = self.insert_card("leads", sample_data.pick_deal_name(self.dice))
        row = self.store.get_table("leads")[number]
        pipeline, stage = self.dice.choice(self.stages)
        closed = row["updated_at"] if stage in (WON, LOST) else None
        price = self.dice.randrange(100, 20_000, 50) + (0.5 if self.dice.random() < 0.1 else 0)
        row.update(price=price, pipeline_id=pipeline, status_id=stage, closed_at=closed)
        row["loss_reason_id"] = self.dice.choice(self.reasons) if stage == LOST and self.reasons else None
        for person in self.dice.sample(persons, min(len(persons), self.dice.choice((0, 1, 1, 2)))):
            entity_links.link_rows(self.account, ("leads", number), ("contacts", person))
        if owners and self.dice.random() < 0.5:
            entity_links.link_rows(self.account, ("leads", number), ("companies", self.dice.choice(owners)))
        self.insert_activities(row)

    def insert_activities(self, row: Row) -> None:
        """Insert a note, and a task for every second open lead."""
        kind = self.dice.choice(("common", "call_in"))
        params: Row = (
            sample_data.build_call_params(self.dice)
            if kind == "call_in"
            else {"text": self.dice.choice(sample_data.NOTES)}
        )
        self.insert_lead_row("notes", row, {"note_type": kind, "params": params, "is_pinned": False})
        if row["closed_at"] is None and self.dice.random() < 0.5:
            due = self.now + self.dice.randrange(-2 * DAY, 10 * DAY)
            rest: Row = {"duration": 0, "is_completed": False, "result": None}
            rest["task_type_id"] = self.dice.choice([row["id"] for row in self.account.task_types])
            self.insert_lead_row(
                "tasks", row, {**rest, "text": self.dice.choice(sample_data.TASKS), "complete_till": due}
            )
            row["closest_task_at"] = due

    def insert_lead_row(self, kind: str, lead: Row, values: Row) -> None:
        shared = ("responsible_user_id", "group_id", "created_by", "updated_by", "created_at")
        head: dict[str, Any] = {"id": self.store.allocate_id(kind), "entity_type": "leads", "entity_id": lead["id"]}
        made = {key: lead[key] for key in shared}
        self.store.insert_row(kind, {**head, **made, "updated_at": lead["created_at"], **values})


_COUNTED_KINDS = (
    "leads",
    "contacts",
    "companies",
    "tasks",
    "notes",
    "users",
    "custom_fields",
    "tags",
    "catalog_elements",
)
