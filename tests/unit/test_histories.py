"""Random histories: whatever mix of changes, faults, interruptions and flushes, in the end the account holds what the objects say.

Nothing is lost and nothing is doubled. What is wanted is kept beside the library, in plain dicts.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from kommo_orm import Company, Contact, FlushError, KommoError, Lead, Session
from kommo_orm.sandbox import SandboxRequest
from tests.account import Deal, furnished, ids_of, value_in

KINDS: dict[str, type[Any]] = {"leads": Deal, "contacts": Contact, "companies": Company}
TAGS = ("vip", "cold", "roof")
REGIONS = ("EU", "US", "ASIA")
LOST = [
    {"drop_after": True},
    {"drop_before": True},
    {"truncate": True},
    {"status": 504, "applied": True},
    {"status": 500},
]
BUSY = [{"status": 429}, {"status": 503}, {"refuse": True}]
SLOW = [{"status": 504}, {"status": 413}]
FAULTS = [
    *(
        {"method": "POST", "path": f"/api/{{version}}/{kind}", **fault}
        for kind in KINDS
        for fault in [*LOST, *BUSY, SLOW[1]]
    ),
    *({"method": "PATCH", **fault} for fault in [*LOST[:3], *BUSY, *SLOW]),
    *({"method": "POST", "path": "*link", **fault} for fault in [*LOST[:3], *BUSY]),
]


@dataclass(eq=False)
class Thing:
    """An object, and what its row must hold in the end."""

    kind: str
    model: Any
    name: str
    tags: set[str] = field(default_factory=set)
    price: int = 0
    regions: list[str] = field(default_factory=list)
    contacts: list[Thing] = field(default_factory=list)
    company: Thing | None = None


class Histories(RuleBasedStateMachine):
    version: Literal["v4", "v2"] = "v4"

    def __init__(self) -> None:
        super().__init__()
        self.sandbox = furnished()
        self.kommo = self.sandbox.connect(backoff=0, timezone="UTC", retries=3, dialect=self.version)
        self.session = Session(self.kommo, batch_size=2, concurrency=1)
        self.things: list[Thing] = []
        self.count = 0

    def teardown(self) -> None:
        try:
            self.sandbox.faults.clear()
            self.set_right()
            self.flush_to_the_end()
            self.compare()
        finally:
            self.kommo.close()

    def chosen(self, number: int, *kinds: str) -> Thing:
        of_kind = [thing for thing in self.things if thing.kind in kinds]
        return of_kind[number % len(of_kind)]

    def has(self, *kinds: str) -> bool:
        return any(thing.kind in kinds for thing in self.things)

    # ---- changes
    @rule(kind=st.sampled_from(list(KINDS)))
    def make(self, kind: str) -> None:
        self.count += 1
        model = KINDS[kind](name=f"{kind} {self.count}")
        self.things.append(Thing(kind, model, model.name))
        self.session.add(model)

    @precondition(lambda self: self.things)
    @rule(number=st.integers(0, 99))
    def rename(self, number: int) -> None:
        thing = self.chosen(number, *KINDS)
        self.count += 1
        thing.name = thing.model.name = f"{thing.kind} {self.count}"

    @precondition(lambda self: self.things)
    @rule(number=st.integers(0, 99), tag=st.sampled_from(TAGS), adds=st.booleans())
    def tag(self, number: int, tag: str, adds: bool) -> None:
        thing = self.chosen(number, *KINDS)
        if adds:
            thing.model.tags.add(tag)
            thing.tags.add(tag)
        else:
            thing.model.tags.remove(tag)
            thing.tags.discard(tag)

    @precondition(lambda self: self.has("leads"))
    @rule(number=st.integers(0, 99), price=st.integers(0, 5))
    def reprice(self, number: int, price: int) -> None:
        thing = self.chosen(number, "leads")
        thing.price = thing.model.price = price

    @precondition(lambda self: self.has("leads"))
    @rule(number=st.integers(0, 99), region=st.sampled_from(REGIONS))
    def toggle_region(self, number: int, region: str) -> None:
        thing = self.chosen(number, "leads")
        if not hasattr(thing.model, "regions"):
            thing.model.regions = list(thing.regions)
        if region in thing.regions:
            thing.regions.remove(region)
            thing.model.regions.remove(region)
        else:
            thing.regions.append(region)
            thing.model.regions.append(region)

    @precondition(lambda self: self.has("leads") and self.has("contacts"))
    @rule(number=st.integers(0, 99), other=st.integers(0, 99))
    def toggle_contact(self, number: int, other: int) -> None:
        lead, contact = self.chosen(number, "leads"), self.chosen(other, "contacts")
        if contact in lead.contacts:
            lead.contacts.remove(contact)
            lead.model.contacts.remove(contact.model)
        else:
            lead.contacts.append(contact)
            lead.model.contacts.add(contact.model)

    @precondition(lambda self: self.has("leads") and self.has("companies"))
    @rule(number=st.integers(0, 99), other=st.integers(0, 99), sets=st.booleans())
    def choose_company(self, number: int, other: int, sets: bool) -> None:
        lead, company = self.chosen(number, "leads"), self.chosen(other, "companies")
        lead.company = company if sets else None
        lead.model.company = company.model if sets else None

    @precondition(lambda self: self.things)
    @rule(number=st.integers(0, 99))
    def spoil(self, number: int) -> None:
        """A value that the service will refuse; `set_right` takes it back."""
        self.chosen(number, *KINDS).model.responsible_user_id = 999

    @rule()
    def set_right(self) -> None:
        for thing in self.things:
            if getattr(thing.model, "responsible_user_id", None) == 999:
                thing.model.responsible_user_id = 1001

    # ---- writing
    @rule(fault=st.sampled_from(FAULTS), times=st.integers(1, 3))
    def break_something(self, fault: dict[str, Any], times: int) -> None:
        method = "POST" if self.version == "v2" else fault["method"]  # which knows no other that writes
        path = {"path": fault["path"].format(version=self.version)} if "path" in fault else {}
        self.sandbox.faults.next(times=times, **{**fault, **path, "method": method})

    @rule(calls=st.integers(1, 4))
    def interrupt(self, calls: int) -> None:
        """Ctrl-C while a call is on its way; nothing of it is applied."""
        left = [calls]

        def strike(request: SandboxRequest) -> bool:
            left[0] -= request.method != "GET"
            if left[0] == 0:
                raise KeyboardInterrupt
            return False

        self.sandbox.faults.next(times=None, when=strike)

    @rule()
    def flush(self) -> None:
        try:
            self.session.flush()
        except FlushError as error:
            assert not error.report.is_clean
        except KeyboardInterrupt:
            pass

    @precondition(lambda self: self.things)
    @rule(number=st.integers(0, 99))
    def save_one(self, number: int) -> None:
        thing = self.chosen(number, *KINDS)
        try:
            thing.model.save()
        except (KommoError, KeyboardInterrupt):
            pass

    @rule()
    def resolve(self) -> None:
        """Look in the account for what is uncertain, and say what was found there."""
        for model in self.session.uncertain:
            sent = next(thing for thing in self.things if thing.model is model)
            known = {thing.model.pk for thing in self.things if thing.kind == sent.kind}
            name = model.__kommo_state__.create_attempt.values["name"]
            rows = [row for row in self.sandbox.rows(sent.kind) if row["name"] == name and row["id"] not in known]
            assert len(rows) <= 1, "doubled"
            model.resolve(**({"created_id": rows[0]["id"]} if rows else {"retry": True}))

    @rule()
    def read_again(self) -> None:
        """A row that is met again is the same object, and keeps its changes."""
        known = {(thing.kind, thing.model.pk): thing.model for thing in self.things if thing.model.pk}
        try:
            for kind, cls in KINDS.items():
                for model in self.session.query(cls):
                    assert model is known.get((kind, model.pk), model)
        except (KommoError, KeyboardInterrupt):
            pass

    # ---- what must hold
    @invariant()
    def nobody_is_in_two_states(self) -> None:
        new, uncertain = self.session.new, self.session.uncertain
        assert not {id(model) for model in new} & {id(model) for model in uncertain}
        assert all(model.is_new for model in [*new, *uncertain])

    def flush_to_the_end(self) -> None:
        for _ in range(12):
            self.resolve()
            self.flush()
            if not (self.session.new or self.session.dirty or self.session.uncertain):
                return
        raise AssertionError(f"still pending: {self.session!r} {self.session.report}")

    def compare(self) -> None:
        for kind in KINDS:
            mine = [thing for thing in self.things if thing.kind == kind]
            assert sorted(row["id"] for row in self.sandbox.rows(kind)) == sorted(thing.model.id for thing in mine)
        for thing in self.things:
            row = self.sandbox.row(thing.kind, thing.model.id)
            assert row is not None
            assert row["name"] == thing.name
            assert {tag["name"] for tag in row["_embedded"]["tags"]} == thing.tags
            assert not thing.model.has_changes
            if thing.kind == "leads":
                self.compare_lead(thing, row)

    def compare_lead(self, thing: Thing, row: dict[str, Any]) -> None:
        assert row["price"] == thing.price
        assert set(value_in(self.sandbox, "leads", row["id"], "Regions") or ()) == set(thing.regions)
        assert set(ids_of(self.sandbox, "leads", row["id"], "contacts")) == {other.model.id for other in thing.contacts}
        company = [] if thing.company is None else [thing.company.model.id]
        assert ids_of(self.sandbox, "leads", row["id"], "companies") == company
        lead: Lead = thing.model
        assert lead.company_id == (company[0] if company else None)
        assert set(lead.contacts.ids) == {other.model.id for other in thing.contacts}


class OlderHistories(Histories):
    """The same by API v2, where links and tags go along, creations and updates share requests, and each change has its time."""

    version = "v2"


Histories.TestCase.settings = OlderHistories.TestCase.settings = settings(stateful_step_count=30, deadline=None)
TestHistories = Histories.TestCase
TestOlderHistories = OlderHistories.TestCase
