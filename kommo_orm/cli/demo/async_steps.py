"""The steps of the demo in async code; see `steps.py`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from kommo_orm import Company, Kommo, Mismatch, Note, Plan, Report, Session, Task
from kommo_orm.cli.demo.models import Deal, Person, Region


async def check_and_read_one(kommo: Kommo) -> tuple[list[Mismatch], Deal | None]:
    mismatches = await kommo.acheck(Deal, Person)
    return mismatches, await Deal.objects.afirst()


async def read_with_filter(pipeline: int, tick: Callable[[], None]) -> list[Deal]:
    outside: list[Deal] = []
    query = Deal.objects.filter(Deal.price >= 1000, pipeline_id=pipeline)
    async for deal in query.include("contacts").order_by("-updated_at"):
        tick()
        if Region.EU not in deal.regions:
            outside.append(deal)
    return outside


async def change_in_place(deals: list[Deal]) -> None:
    for deal in deals:
        deal.regions.append(Region.EU)
        await deal.asave()


async def change_and_set_back(deal: Deal) -> None:
    deal.price += 100
    deal.regions.reverse()
    deal.price -= 100
    await deal.asave()


async def create_linked() -> Deal:
    deal = Deal(name="Solar roof, Lisbon", price=12_500, budget=10_000, source="Referral")
    deal.company = Company(name="Romashka")
    deal.contacts.add(Person(name="Ann Ruiz", phone="+15550100"), main=True)
    await deal.asave()
    return deal


async def add_note_task_and_tags(deal: Deal) -> tuple[Note, Task]:
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    note = await deal.notes.acreate("Wants an offer by Friday.")
    task = await deal.tasks.acreate("Send the offer", tomorrow)
    deal.tags.add("solar", "vip")
    await deal.asave()
    return note, task


async def work_in_a_session(leads: int, guests: int, progress: Callable[[int, int], None]) -> tuple[Plan, Report]:
    async with Session(progress=progress) as session:
        deals = await session.query(Deal).limit(leads).alist()
        for number, deal in enumerate(deals):
            deal.price += 100
            if number < guests:
                deal.contacts.add(Person(name=f"Guest {number}", phone=f"+1555{number:07}"))
                session.add(Note(params="Brings a guest.", entity=deal))
        plan = session.plan()
    return plan, session.report
