"""Everything that is done with many objects is linear: twice as many take twice as many steps.

The exponent is fitted to counted lines of the library. What C code does inside of one line is not counted: where that could be
quadratic (a search in a list), a ratio of processor times is held as well, with much room.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from kommo_orm import Contact, Kommo, Lead, Session, load
from kommo_orm.model.pending_links import SentLinks
from kommo_orm.query.seen_ids import SeenIds
from kommo_orm.sandbox import Sandbox
from kommo_orm.transport.rate_limiter import RateLimiter
from tests.perf.scaling import count_steps, fit_exponent

SIZES = (250, 500, 1000, 2000)
MOST = 1.1

Prepare = Callable[[int], Callable[[], object]]  # a size -> the work to count


def hydrate_owner(embedded: dict[str, Any] | None = None) -> Lead:
    return Lead.hydrate([{"id": 5, "name": "Roof", "_embedded": {"contacts": [], "tags": [], **(embedded or {})}}])[0]


# ---- links of one owner
def add_links(size: int) -> Callable[[], object]:
    lead = hydrate_owner()
    return lambda: [lead.contacts.add(number) for number in range(1, size + 1)]


def add_new_and_stored_links(size: int) -> Callable[[], object]:
    lead = hydrate_owner()
    pairs = [(Contact(name="New"), number) for number in range(1, size + 1)]
    return lambda: [lead.contacts.add(one) for pair in pairs for one in pair]


def add_main_links(size: int) -> Callable[[], object]:
    lead = hydrate_owner()
    return lambda: [lead.contacts.add(number, main=True) for number in range(1, size + 1)]


def find_links(size: int) -> Callable[[], object]:
    lead = hydrate_owner({"contacts": [{"id": number} for number in range(1, size + 1)]})
    return lambda: [number in lead.contacts for number in range(2 * size)]


def describe_links(size: int) -> Callable[[], object]:
    lead = hydrate_owner({"contacts": [{"id": number} for number in range(1, size + 1)]})
    lead.contacts.add(*range(size + 1, 2 * size + 1))
    return lambda: lead.changes


def mark_links_one_by_one(size: int) -> Callable[[], object]:
    lead = hydrate_owner()
    lead.contacts.add(*range(1, size + 1))
    sent = lead.contacts._take_snapshot()
    return lambda: [lead.contacts._mark_stored(SentLinks((one,), {})) for one in sent.added]


def replace_links(size: int) -> Callable[[], object]:
    lead = hydrate_owner({"contacts": [{"id": number} for number in range(1, size + 1)]})
    return lambda: (lead.contacts.set(range(size // 2, 2 * size)), lead.contacts.remove(*range(1, size)), lead.revert())


# ---- tags of one owner
def add_tags(size: int) -> Callable[[], object]:
    lead = hydrate_owner()
    return lambda: [lead.tags.add(f"tag {number}") for number in range(size)]


def use_tags(size: int) -> Callable[[], object]:
    lead = hydrate_owner({"tags": [{"id": number, "name": f"tag {number}"} for number in range(1, size + 1)]})

    def work() -> None:
        assert all(f"tag {number}" in lead.tags for number in range(1, size + 1))
        lead.tags.set([f"tag {number}" for number in range(size // 2, 2 * size)])
        assert lead.changes
        lead.tags.remove(*range(size // 2 + 1, size))
        lead.tags._mark_stored(lead.tags._take_snapshot())
        lead.tags.clear()
        lead.revert()

    return work


# ---- others
def queue_slots(size: int) -> Callable[[], object]:
    def work() -> None:
        now = 0.0
        limiter = RateLimiter(lambda: now)
        limiter.join(limiter, 7.0)
        slots = [limiter.enter_queue() for _ in range(size)]
        for slot in slots[:: size // 100]:
            assert limiter.find_wait(slot) >= 0
        for slot in slots[1::2]:  # given up while they wait
            limiter.release_slot(slot)
        for slot in slots[::2]:
            while (seconds := limiter.find_wait(slot)) > 0:
                now += seconds
            limiter.mark_left(slot)

    return work


def note_seen_ids(size: int) -> Callable[[], object]:
    rows = [{"id": (number * 7919) % (10 * size)} for number in range(size)]

    def work() -> None:
        seen = SeenIds()
        for at in range(0, size, 250):
            seen.select_new(rows[at : at + 250])
        assert all(row["id"] in seen for row in rows)

    return work


@pytest.mark.parametrize(
    "prepare",
    [
        add_links,
        add_new_and_stored_links,
        add_main_links,
        find_links,
        describe_links,
        mark_links_one_by_one,
        replace_links,
        add_tags,
        use_tags,
        queue_slots,
        note_seen_ids,
    ],
    ids=lambda prepare: prepare.__name__,
)
def test_work_in_memory_is_linear(prepare: Prepare) -> None:
    counts = [count_steps(prepare(size)) for size in SIZES]
    assert fit_exponent(SIZES, counts) <= MOST, counts


# ---- with an account: async, so that all of it runs in this thread
ACCOUNT_SIZES = (200, 400, 800)


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox()


@pytest.fixture
def kommo(sandbox: Sandbox) -> Iterator[Kommo]:
    with sandbox.connect() as connected:
        yield connected


async def count_flow(kommo: Kommo, flow: Any) -> int:
    """Count the steps of a coroutine. The trace is set inside of it, since it is kept per thread."""
    counts: list[int] = []
    steps = SteppedCoroutine(flow)
    while not steps.is_done:
        counts.append(count_steps(steps.advance))
        await steps.wait()
    return sum(counts)


class SteppedCoroutine:
    """A coroutine that is advanced by hand, up to the next thing that it waits for."""

    def __init__(self, coroutine: Any) -> None:
        self._coroutine, self._waited, self.is_done = coroutine.__await__(), None, False

    def advance(self) -> None:
        try:
            self._waited = self._coroutine.send(None)
        except StopIteration:
            self.is_done = True

    async def wait(self) -> None:
        if not self.is_done:
            await Yielded(self._waited)


class Yielded:
    """Waits for what an inner coroutine has yielded to the event loop."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __await__(self) -> Iterator[Any]:
        yield self.value


def make_leads(size: int) -> list[Lead]:
    return [Lead(name=f"Lead {number}", price=number) for number in range(size)]


async def save_new_objects(kommo: Kommo, sandbox: Sandbox, size: int) -> int:
    session = Session(kommo)
    leads = make_leads(size)
    return count_steps(lambda: session.add(*leads)) + await count_flow(kommo, session.aflush())


async def save_changed_objects(kommo: Kommo, sandbox: Sandbox, size: int) -> int:
    ids = [sandbox.add("leads", name="Lead")["id"] for _ in range(size)]
    session = Session(kommo)
    for lead in await session.query(Lead).filter(id__in=ids).alist():
        lead.name = "Changed"
    return await count_flow(kommo, session.aflush())


async def roll_back_objects(kommo: Kommo, sandbox: Sandbox, size: int) -> int:
    ids = [sandbox.add("leads", name="Lead")["id"] for _ in range(size)]
    session = Session(kommo)
    for lead in await session.query(Lead).filter(id__in=ids).alist():
        lead.name = "Changed"
    session.add(*make_leads(size))
    return count_steps(session.rollback)


async def load_relations(kommo: Kommo, sandbox: Sandbox, size: int) -> int:
    contacts = [sandbox.add("contacts", name="Ann")["id"] for _ in range(size)]
    ids = [sandbox.add("leads", name="Lead", _embedded={"contacts": [{"id": pk}]})["id"] for pk in contacts]
    leads = list((await Lead.objects.ain_bulk(ids)).values())
    count = count_steps(lambda: load(leads, "contacts"))
    assert leads[-1].contacts[0].name == "Ann"
    return count


async def save_links_of_one_owner(kommo: Kommo, sandbox: Sandbox, size: int) -> int:
    ids = [sandbox.add("contacts", name="Ann")["id"] for _ in range(size)]
    lead = await Lead.objects.aget(sandbox.add("leads", name="Roof")["id"])
    lead.contacts.add(*ids)
    count = await count_flow(kommo, lead.asave())
    assert not lead.has_changes
    return count


async def save_new_contacts_of_one_owner(kommo: Kommo, sandbox: Sandbox, size: int) -> int:
    lead = await Lead.objects.aget(sandbox.add("leads", name="Roof")["id"])
    lead.contacts.add(*[Contact(name="Ann") for _ in range(size)])
    count = await count_flow(kommo, lead.asave())
    assert not lead.has_changes
    return count


async def save_tags_of_one_owner(kommo: Kommo, sandbox: Sandbox, size: int) -> int:
    lead = await Lead.objects.aget(sandbox.add("leads", name="Roof")["id"])
    lead.tags.add(*[f"tag {number}" for number in range(size)])
    count = await count_flow(kommo, lead.asave())
    assert not lead.has_changes
    return count


@pytest.mark.parametrize(
    "measure",
    [
        save_new_objects,
        save_changed_objects,
        roll_back_objects,
        load_relations,
        save_links_of_one_owner,
        save_new_contacts_of_one_owner,
        save_tags_of_one_owner,
    ],
    ids=lambda measure: measure.__name__,
)
async def test_work_with_an_account_is_linear(kommo: Kommo, sandbox: Sandbox, measure: Any) -> None:
    counts = [await measure(kommo, sandbox, size) for size in ACCOUNT_SIZES]
    assert fit_exponent(ACCOUNT_SIZES, counts) <= MOST, counts


# ---- what lines do not show
def test_a_long_queue_of_the_pace_is_not_searched() -> None:
    """16 times as many waiting requests take about 16 times as long: with a search in a list it was 256 times."""

    def measure(size: int) -> float:
        started = time.process_time()
        queue_slots(size)()
        return time.process_time() - started

    assert min(measure(16_000) for _ in range(3)) / min(measure(1000) for _ in range(3)) < 48


def test_the_fit_knows_linear_from_quadratic() -> None:
    assert fit_exponent(SIZES, [3.0 * size for size in SIZES]) == pytest.approx(1)
    assert fit_exponent(SIZES, [size**2 / 7 for size in SIZES]) == pytest.approx(2)

    def count_quadratic(size: int) -> int:
        lead = hydrate_owner({"contacts": [{"id": number} for number in range(1, size + 1)]})
        return count_steps(lambda: [lead.contacts.ids for _ in range(size)])

    assert fit_exponent(SIZES[:3], [count_quadratic(size) for size in SIZES[:3]]) > 1.8
