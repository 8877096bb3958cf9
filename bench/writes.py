"""Writing: what the unit of work costs for each object that is new, changed or untouched."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

from bench.clients import SIZE, open_client
from bench.figure import Figure
from bench.models import Deal
from bench.reads import connect
from bench.rows import FIRST_FIELD
from bench.setting import Setting
from bench.timing import measure_once
from kommo_orm import Contact, Session

GROUP = "Writing"


def make_deals(count: int) -> list[Deal]:
    return [Deal(name=f"Roof {number}", price=number, budget=number) for number in range(count)]


def find_least(measure: Callable[[], float], runs: int) -> float:
    return min(measure() for _ in range(runs))


# ---- flushes
def measure_writes(setting: Setting) -> Iterator[Figure]:
    """A flush of new, of changed and of untouched objects; one `save()` beside many pending ones."""
    count, runs = setting.leads, min(setting.runs, 3)
    dicts = find_least(lambda: post_dicts(setting, count), runs) / count * 1e6
    new = find_least(lambda: flush_new(setting, count), runs) / count * 1e6
    note = f"add, plan and flush of {count:,}; httpx and json with the same bodies: {dicts:.1f} us"
    yield Figure(GROUP, "a new object", new, "us", 40.0, note)
    changed = find_least(lambda: flush_changed(setting, 7), runs) / count * 1e6
    yield Figure(GROUP, "a changed object", changed, "us", 30.0, f"plan and flush of {count:,}, one field changed")
    untouched = find_least(lambda: flush_changed(setting, None), runs) / count * 1e6
    yield Figure(GROUP, "an untouched object", untouched, "us", 0.3, f"plan and flush of {count:,}")
    yield from measure_saves(setting)


def flush_new(setting: Setting, count: int) -> float:
    """Seconds of the processor for adding, planning and flushing new objects, which are made before."""
    deals = make_deals(count)
    with connect(setting) as kommo:
        session = Session(kommo)

        def work() -> None:
            session.add(*deals)
            session.plan()
            session.flush()

        return measure_once(work).cpu


def flush_changed(setting: Setting, price: int | None) -> float:
    """Seconds for planning and flushing all leads, of which each has a new price, or none was touched."""
    with connect(setting) as kommo:
        session = Session(kommo)
        deals = session.query(Deal).list()
        if price is not None:
            for deal in deals:
                deal.price = price

        def work() -> None:
            session.plan()
            session.flush()

        return measure_once(work).cpu


def post_dicts(setting: Setting, count: int) -> float:
    """What the same requests cost by hand."""
    rows = [
        {
            "name": f"Roof {number}",
            "price": number,
            "custom_fields_values": [{"field_id": FIRST_FIELD, "values": [{"value": str(number)}]}],
        }
        for number in range(count)
    ]

    def work() -> None:
        with open_client(setting.url) as client:
            for start in range(0, count, SIZE):
                content = json.dumps(rows[start : start + SIZE]).encode()
                json.loads(client.post("/api/v4/leads", content=content).content)

    return measure_once(work).cpu


# ---- one save
def measure_saves(setting: Setting) -> Iterator[Figure]:
    saves, pending = 50, 2_000 if setting.is_quick else 16_000
    alone, beside = (min(save_beside(setting, count, saves) for _ in range(3)) for count in (0, pending))
    note = f"{beside / saves * 1e6:,.0f} us against {alone / saves * 1e6:,.0f} us"
    yield Figure(GROUP, f"one `save()` beside {pending:,} pending objects", beside / alone, "x alone", 1.5, note)


def save_beside(setting: Setting, pending: int, saves: int) -> float:
    with connect(setting) as kommo:
        session = Session(kommo)
        session.add(*make_deals(pending))
        deals = session.query(Deal).limit(saves).list()

        def work() -> None:
            for number, deal in enumerate(deals):
                deal.price = number
                deal.save()

        spent = measure_once(work).cpu
        session.rollback()
        return spent


# ---- links and tags of one owner
def measure_links(setting: Setting) -> Iterator[Figure]:
    """4,000 links or tags of one owner."""
    count, runs = (500, 1) if setting.is_quick else (4_000, 2)
    yield Figure(
        GROUP, f"{count:,} contacts added to one lead", find_least(lambda: add_contacts(count), runs), "s", 0.1
    )
    saved = find_least(lambda: save_contacts(setting, count), runs)
    note = f"processor; {count // SIZE} requests and more"
    yield Figure(GROUP, f"saving {count:,} contacts of one lead", saved, "s", None, note)
    yield Figure(GROUP, f"{count:,} tags added to one lead", find_least(lambda: add_tags(count), runs), "s", 0.1)


def add_contacts(count: int) -> float:
    deal = Deal(id=1)
    contacts = [Contact(id=number) for number in range(1, count + 1)]

    def work() -> None:
        for contact in contacts:
            deal.contacts.add(contact)

    return measure_once(work).cpu


def save_contacts(setting: Setting, count: int) -> float:
    with connect(setting):
        deal = Deal.objects.get(1)
        deal.contacts.add(*[Contact(id=number) for number in range(1, count + 1)])
        return measure_once(deal.save).cpu


def add_tags(count: int) -> float:
    deal = Deal(name="Roof")
    names = [f"tag {number}" for number in range(count)]

    def work() -> None:
        for name in names:
            deal.tags.add(name)

    return measure_once(work).cpu
