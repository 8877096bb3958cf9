"""The steps of the demo in sync code. The demo prints their source, so they hold nothing but the work.

They use the account of the context. `tick` and `progress` move the progress bar.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from kommo_orm import Company, Kommo, Mismatch, Note, Plan, Report, Session, Task
from kommo_orm.cli.demo.models import Deal, Person, Region


def check_and_read_one(kommo: Kommo) -> tuple[list[Mismatch], Deal | None]:
    mismatches = kommo.check(Deal, Person)
    return mismatches, Deal.objects.first()


def read_with_filter(pipeline: int, tick: Callable[[], None]) -> list[Deal]:
    outside: list[Deal] = []
    query = Deal.objects.filter(Deal.price >= 1000, pipeline_id=pipeline)
    for deal in query.include("contacts").order_by("-updated_at").iterate():
        tick()
        if Region.EU not in deal.regions:
            outside.append(deal)
    return outside


def change_in_place(deals: list[Deal]) -> None:
    for deal in deals:
        deal.regions.append(Region.EU)
        deal.save()


def change_and_set_back(deal: Deal) -> None:
    deal.price += 100
    deal.regions.reverse()
    deal.price -= 100
    deal.save()


def create_linked() -> Deal:
    deal = Deal(name="Solar roof, Lisbon", price=12_500, budget=10_000, source="Referral")
    deal.company = Company(name="Romashka")
    deal.contacts.add(Person(name="Ann Ruiz", phone="+15550100"), main=True)
    deal.save()
    return deal


def add_note_task_and_tags(deal: Deal) -> tuple[Note, Task]:
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    note = deal.notes.create("Wants an offer by Friday.")
    task = deal.tasks.create("Send the offer", tomorrow)
    deal.tags.add("solar", "vip")
    deal.save()
    return note, task


def work_in_a_session(leads: int, guests: int, progress: Callable[[int, int], None]) -> tuple[Plan, Report]:
    with Session(progress=progress) as session:
        deals = session.query(Deal).limit(leads).iterate()
        for number, deal in enumerate(deals):
            deal.price += 100
            if number < guests:
                deal.contacts.add(Person(name=f"Guest {number}", phone=f"+1555{number:07}"))
                session.add(Note(params="Brings a guest.", entity=deal))
        plan = session.plan()
    return plan, session.report
