"""Contacts and companies by phone and e-mail: searched for, and proved."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from kommo_orm import (
    Company,
    ConfigurationError,
    Contact,
    Email,
    Emails,
    Kommo,
    PhoneValue,
    QueryError,
    Session,
    Text,
    UncertainWrite,
    custom,
)
from kommo_orm.entities.contacts.find_by_phone_or_email import iterate_field_texts
from kommo_orm.sandbox import Sandbox
from tests.account import Caller, Person, asked, sent, value_in

WORK = "+34 600 111 222"


class Mailed(Contact):
    email: Email = custom(code="EMAIL")
    position: Text = custom(code="POSITION")


class Firm(Company):
    emails: Emails = custom(code="EMAIL")


def add(sandbox: Sandbox, name: str, phones: list[str], emails: tuple[str, ...] = (), kind: str = "contacts") -> int:
    filled = [("PHONE", phones), ("EMAIL", emails)]
    values = [{"field_code": code, "values": [{"value": one} for one in texts]} for code, texts in filled if texts]
    return int(sandbox.add(kind, name=name, custom_fields_values=values)["id"])


def test_only_who_really_holds_it_is_found(kommo: Kommo, sandbox: Sandbox):
    ann = add(sandbox, "Ann", ["+1 555 000", "0034600111222"])
    add(sandbox, "34600111222", ["+1 555 999"])  # its name is the number
    add(sandbox, "Longer", [f"{WORK}3"])
    found = Contact.objects.find(phone=WORK)
    assert [contact.id for contact in found] == [ann]
    assert len(asked(sandbox)) == 1
    assert "query=34600111222" in sandbox.log[-1].query
    assert Contact.objects.find(phone="+34600111229") == []
    assert len(asked(sandbox)) == 2
    assert Contact.objects.find(phone="+34 600 111 229") == []
    assert len(asked(sandbox)) == 4, "a service may find the number only as it was written"
    assert "/api/v4/contacts/custom_fields" not in asked(sandbox), "nothing need be declared"


def test_eight_and_plus_seven(kommo: Kommo, sandbox: Sandbox):
    ann = add(sandbox, "Ann", ["8 (999) 000-08-16"])
    assert [contact.id for contact in Contact.objects.find(phone="+79990000816")] == [ann]
    assert Contact.objects.find(phone="9990000816") == []


def test_mail_addresses_have_no_case(kommo: Kommo, sandbox: Sandbox):
    ann = add(sandbox, "Ann", [], ("ann@home.example", "Ann@Olive.example"))
    add(sandbox, "Joann", [], ("joann@olive.example",))
    assert [contact.id for contact in Contact.objects.find(email=" ann@OLIVE.example ")] == [ann]
    assert Contact.objects.find(email="nn@olive.example") == []


def test_both_must_be_held_unless_any_is_enough(kommo: Kommo, sandbox: Sandbox):
    both = add(sandbox, "Both", [WORK], ("ann@olive.example",))
    phone = add(sandbox, "Phone", [WORK])
    mail = add(sandbox, "Mail", [], ("ann@olive.example",))
    given: dict[str, Any] = {"phone": WORK, "email": "ann@olive.example"}
    assert [contact.id for contact in Contact.objects.find(**given)] == [both]
    assert [contact.id for contact in Contact.objects.find(**given, match="any")] == [both, phone, mail]
    assert len(Contact.objects.limit(2).find(**given, match="any")) == 2


def test_companies_too_and_other_filters_count(kommo: Kommo, sandbox: Sandbox):
    olive = add(sandbox, "Olive", [WORK], kind="companies")
    pine = add(sandbox, "Pine", [WORK], kind="companies")
    assert [company.id for company in Company.objects.find(phone=WORK)] == [olive, pine]
    assert [company.id for company in Company.objects.filter(name="Pine").find(phone=WORK)] == [pine]


async def test_finding_in_async_code(kommo: Kommo, sandbox: Sandbox):
    ann = add(sandbox, "Ann", [WORK])
    assert [contact.id for contact in await Contact.objects.afind(phone=WORK)] == [ann]
    contact, created = await Contact.objects.afind_or_create(phone=WORK)
    assert (contact.id, created) == (ann, False)
    ben, created = await Contact.objects.afind_or_create(email="ben@olive.example", name="Ben")
    assert created
    assert value_in(sandbox, "contacts", ben.id, "Email") == ["ben@olive.example"]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, "phone=... or email=..."),
        ({"phone": "none"}, "3 digits at least"),
        ({"phone": 34600111222}, "A phone is a text"),
        ({"email": "ann"}, "An e-mail address is a text"),
        ({"phone": WORK, "match": "both"}, "'all' or 'any'"),
    ],
)
def test_what_cannot_be_found(kommo: Kommo, sandbox: Sandbox, given: dict[str, Any], told: str):
    with pytest.raises(QueryError, match=told):
        Contact.objects.find(**given)
    with pytest.raises(QueryError, match=told):
        Contact.objects.find_or_create(**given)
    assert sandbox.log == [] or not sandbox.requests()


def test_it_does_not_combine_with_search(kommo: Kommo):
    with pytest.raises(QueryError, match="searches by itself"):
        Contact.objects.search("x").find(phone=WORK)


def test_a_row_that_nobody_can_read_is_none(kommo: Kommo, sandbox: Sandbox):
    odd: list[Any] = [None, [], {"field_code": "PHONE"}, [{"field_code": "PHONE", "values": None}]]
    odd.append(
        [{"field_code": "PHONE", "values": [{"value": None}, {"value": {"a": 1}}, {"value": 34, "enum": "WORK"}]}]
    )
    rows = Contact.hydrate([{"id": at, "custom_fields_values": values} for at, values in enumerate(odd, start=1)])
    assert [list(iterate_field_texts(row, "PHONE")) for row in rows] == [[], [], [], [], ["34"]]


# ---- find or create
def test_created_with_what_was_looked_for(kommo: Kommo, sandbox: Sandbox):
    contact, created = Contact.objects.find_or_create(phone=WORK, email="ann@olive.example", name="Ann")
    assert created
    assert value_in(sandbox, "contacts", contact.id, "Phone") == [WORK]
    assert value_in(sandbox, "contacts", contact.id, "Email") == ["ann@olive.example"]
    again, created = Contact.objects.find_or_create(phone="0034600111222", name="Somebody")
    assert (again.id, again.name, created) == (contact.id, "Ann", False)


def test_declared_attributes_of_each_kind_take_it(kommo: Kommo, sandbox: Sandbox):
    sandbox.add_field("companies", "More", "text")
    person, _ = Person.objects.find_or_create(phone=WORK)
    assert person.phone == WORK
    caller, created = Caller.objects.find_or_create(phone="+1 555 000 100")
    assert (caller.phones, created) == ([PhoneValue("+1 555 000 100")], True)
    mailed, _ = Mailed.objects.find_or_create(Mailed.position.set("Boss"), email="a@b.example", first_name="Ann")
    assert (mailed.email, mailed.position) == ("a@b.example", "Boss")
    firm, _ = Firm.objects.find_or_create(email="firm@b.example", name="Firm")
    assert [one.value for one in firm.emails] == ["firm@b.example"]


def test_several_are_refused_unless_chosen(kommo: Kommo, sandbox: Sandbox):
    one, two = add(sandbox, "One", [WORK]), add(sandbox, "Two", [WORK])
    with pytest.raises(QueryError, match=rf"2 hold .*Contact {one}, Contact {two}.*choose="):
        Contact.objects.find_or_create(phone=WORK)
    contact, created = Contact.objects.find_or_create(phone=WORK, choose=lambda found: found[-1])
    assert (contact.id, created) == (two, False)
    with pytest.raises(QueryError, match="must return one of the found"):
        Contact.objects.find_or_create(phone=WORK, choose=lambda found: Contact(id=one))
    assert sent(sandbox) == []


def test_wrong_values_are_refused_before_anything_is_asked(kommo: Kommo, sandbox: Sandbox):
    with pytest.raises(ValidationError):
        Contact.objects.find_or_create(phone=WORK, nmae="Ann")  # type: ignore[call-arg]
    with pytest.raises(ConfigurationError, match="phone is already given by phone="):
        Person.objects.find_or_create(Person.phone.set("+1"), phone=WORK)
    assert not sandbox.requests()


def test_threads_that_look_for_the_same_create_it_once(kommo: Kommo, sandbox: Sandbox):
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: Contact.objects.using(kommo).find_or_create(phone=WORK), range(8)))
    assert sum(created for _, created in made) == 1
    assert len({contact.id for contact, _ in made}) == 1


INTAKE = """
import random, sys
from kommo_orm import Contact, FileLocks, Kommo

url, folder, seed = sys.argv[1:]
posts = [f"+34 600 111 {number:03}" for number in range(25)] * 2
random.Random(int(seed)).shuffle(posts)
with Kommo("acme", token="sandbox-token", base_url=url, rate=None, locks=FileLocks(folder)):
    for phone in posts:
        Contact.objects.find_or_create(phone=phone, email=f"{phone[-3:]}@olive.example", name=phone)
"""


@pytest.mark.slow
def test_two_processes_with_locks_create_each_person_once(sandbox: Sandbox, tmp_path: Path) -> None:
    with sandbox.serve() as server:
        words = [sys.executable, "-c", INTAKE, server.url, str(tmp_path)]
        workers = [subprocess.Popen([*words, seed], stderr=subprocess.PIPE, text=True) for seed in ("1", "1")]
        assert [worker.communicate(timeout=120)[1] for worker in workers] == ["", ""]
    assert len(sandbox.rows("contacts")) == 25
    assert len(sandbox.requests("POST", "/api/v4/contacts")) == 25


def test_threads_that_look_for_two_of_the_same_wait_for_each_other(kommo: Kommo, sandbox: Sandbox) -> None:
    def find_or_create(number: int) -> bool:
        given = {"phone": WORK, "email": "ann@b.example"} if number % 2 else {"email": "ann@b.example"}
        return Contact.objects.using(kommo).find_or_create(**given, match="any")[1]  # type: ignore[arg-type]

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(find_or_create, range(8))) == 1


def test_an_uncertain_creation_raises_uncertain_write(kommo: Kommo, sandbox: Sandbox):
    sandbox.faults.next(method="POST", path="/api/v4/contacts", drop_after=True)
    with pytest.raises(UncertainWrite) as caught:
        Contact.objects.find_or_create(phone=WORK)
    assert len(caught.value.objects) == 1
    assert Contact.objects.find_or_create(phone=WORK)[1] is False


def test_in_a_session_objects_are_its_own(kommo: Kommo, sandbox: Sandbox):
    ann = add(sandbox, "Ann", [WORK])
    with Session(kommo) as session:
        known = session.get(Contact, ann)
        known.name = "Pending"
        [found] = session.query(Contact).find(phone=WORK)
        assert found is known
        assert found.name == "Pending"
        found.custom_fields["PHONE"] = ["+1 555"]
        session.rollback()
