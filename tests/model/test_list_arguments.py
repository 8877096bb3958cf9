"""Things that are taken side by side are refused in a list, in a sentence that says what to write."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from kommo_orm import (
    ConfigurationError,
    Contact,
    Customer,
    Kommo,
    Lead,
    Link,
    Pipeline,
    QueryError,
    Session,
    Status,
    User,
    Webhook,
    WebsiteButton,
    load,
)
from kommo_orm.sandbox import Sandbox


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox()


@pytest.fixture
def kommo(sandbox: Sandbox) -> Iterator[Kommo]:
    with sandbox.connect() as kommo:
        yield kommo


def one() -> Lead:
    return Lead.hydrate([{"id": 1, "name": "x"}])[0]


CALLS: dict[str, Callable[[Any], Any]] = {
    "activate": lambda kommo: User.objects.activate([1, 2]),  # type: ignore[arg-type]
    "deactivate": lambda kommo: User.objects.deactivate((User(id=1),)),  # type: ignore[arg-type]
    "add": lambda kommo: one().contacts.add([Contact(id=5)]),  # type: ignore[arg-type]
    "remove": lambda kommo: one().contacts.remove({5}),  # type: ignore[arg-type]
    "add-tags": lambda kommo: one().tags.add(["a", "b"]),  # type: ignore[arg-type]
    "remove-tags": lambda kommo: one().tags.remove(["a", "b"]),  # type: ignore[arg-type]
    "add-elements": lambda kommo: one().catalog_elements.add([5], catalog_id=7),  # type: ignore[arg-type]
    "add-statuses": lambda kommo: Pipeline(name="p").statuses.add([Status(name="s")]),  # type: ignore[arg-type]
    "subscribe": lambda kommo: Webhook(destination="https://x.example/", settings=["add_lead"]).subscribe(["add_task"]),  # type: ignore[arg-type]
    "unsubscribe": lambda kommo: Webhook(id=1).unsubscribe(["add_task"]),  # type: ignore[arg-type]
    "trust": lambda kommo: WebsiteButton(id=1).trust(["a.example"]),  # type: ignore[arg-type]
    "of": lambda kommo: Link.objects.of([one()]),  # type: ignore[arg-type]
    "delete": lambda kommo: Customer(id=5).transactions.delete([7]),  # type: ignore[arg-type]
    "create_complex": lambda kommo: Lead.objects.create_complex([Lead(name="x")]),
    "load": lambda kommo: load([one()], ["contacts"]),  # type: ignore[arg-type]
    "lock": lambda kommo: kommo.lock([one()]),
    "check": lambda kommo: kommo.check([Lead]),
    "account": lambda kommo: kommo.account(["amojo_id"]),
    "add-session": lambda kommo: Session(kommo).add([Lead(name="x")]),  # type: ignore[arg-type]
    "delete-session": lambda kommo: Session(kommo).delete([one()]),  # type: ignore[arg-type]
    "expunge-session": lambda kommo: Session(kommo).expunge([one()]),  # type: ignore[arg-type]
    "load-session": lambda kommo: Session(kommo).load([one()], ["contacts"]),  # type: ignore[arg-type]
    "include": lambda kommo: Lead.objects.include(["contacts"]),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("name", CALLS)
def test_a_list_is_refused(name: str, kommo: Kommo, sandbox: Sandbox) -> None:
    call = name.partition("-")[0]
    with pytest.raises((ConfigurationError, QueryError)) as caught:
        CALLS[name](kommo)
    assert f"{call}() takes things side by side" in str(caught.value)
    assert f"{call}(*[...])" in str(caught.value)
    assert len(sandbox.log) == 0
