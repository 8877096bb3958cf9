"""Which account: `using`, the object's own, `use()`, `activate()`, or a sentence that says what to do."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from kommo_orm import ConfigurationError, Kommo, Lead, NotConnected
from kommo_orm.model import connection
from kommo_orm.sandbox import Sandbox
from tests.account import bodies


@pytest.fixture
def north() -> Sandbox:
    return Sandbox(subdomain="north")


@pytest.fixture
def south() -> Sandbox:
    return Sandbox(subdomain="south")


def made(sandbox: Sandbox) -> int:
    return len(sandbox.rows("leads"))


def test_without_any_account_the_error_says_what_to_do():
    with pytest.raises(
        NotConnected, match=r"No account is connected. Use `with Kommo\(\"acme\", token=...\) as kommo:`"
    ):
        Lead(name="Roof").save()
    with pytest.raises(NotConnected):
        Lead.objects.list()


def test_using_wins_over_all(north: Sandbox, south: Sandbox):
    with north.connect(), south.connect() as kommo:
        lead = Lead(name="Roof")
        lead.save()
        Lead.objects.using(kommo).create(name="Wall")
        with north.connect().use():
            Lead(name="Door").save(using=kommo)
    assert (made(north), made(south)) == (0, 3)
    assert lead.account_name == "south.kommo.com"


def test_the_object_s_own_wins_over_the_one_in_use(north: Sandbox, south: Sandbox):
    with north.connect():
        lead = Lead.objects.create(name="Roof")
        with south.connect():
            lead.name = "Wall"
            lead.save()
            lead.refresh()
    assert bodies(north) == [{"name": "Wall"}]
    assert bodies(south) == []


def test_the_one_in_use_wins_over_the_active_one_and_ends_with_its_block(north: Sandbox, south: Sandbox):
    active = north.connect().activate()
    with south.connect().use():
        Lead(name="1").save()
    Lead(name="2").save()
    active.close()
    assert (made(north), made(south)) == (1, 1)
    with pytest.raises(NotConnected):
        Lead(name="3").save()


def test_a_second_active_account_is_refused(north: Sandbox, south: Sandbox):
    first = north.connect().activate()
    first.activate()
    second = south.connect()
    with pytest.raises(
        ConfigurationError, match="north.kommo.com is the active account of this process; south.kommo.com cannot be"
    ):
        second.activate()
    first.close()
    second.activate()
    second.close()


def in_a_thread(work: Callable[[], object]) -> None:
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


def test_the_active_account_is_that_of_other_threads_too_and_the_one_in_use_is_not(north: Sandbox, south: Sandbox):
    refused: list[Exception] = []

    def work() -> None:
        try:
            Lead(name="thread").save()
        except NotConnected as error:
            refused.append(error)

    with north.connect():
        in_a_thread(work)
    assert len(refused) == 1
    active = south.connect().activate()
    in_a_thread(work)
    active.close()
    assert (made(north), made(south), len(refused)) == (0, 1, 1)


def test_an_object_of_one_account_is_not_saved_in_another(north: Sandbox, south: Sandbox):
    with north.connect():
        lead = Lead.objects.create(name="Roof")
        lead.name = "Wall"
    with (
        south.connect() as kommo,
        pytest.raises(
            ConfigurationError,
            match=r"Lead \d+ belongs to account north.kommo.com and cannot be saved in south.kommo.com. Use clone\(\)",
        ),
    ):
        lead.save(using=kommo)
    assert bodies(south) == []
    with south.connect():
        lead.clone().save()
    assert made(south) == 1


def test_the_first_open_account_of_a_name_answers_for_it(north: Sandbox):
    one, two = north.connect(), north.connect()
    assert connection.find_open("north.kommo.com") is one
    with two.use():
        assert connection.find_open("north.kommo.com") is two
    one.close()
    assert connection.find_open("north.kommo.com") is None
    two.close()


def test_a_closed_account_refuses(north: Sandbox):
    kommo = north.connect()
    kommo.close()
    with pytest.raises(NotConnected, match="The account north.kommo.com was closed"):
        Lead.objects.using(kommo).list()
    with pytest.raises(NotConnected, match="was closed"):
        kommo.activate()


def test_an_open_account_that_nobody_holds_is_not_kept_alive(north: Sandbox):
    import gc

    kommo: Kommo | None = north.connect()
    assert connection.find_open("north.kommo.com") is kommo
    kommo = None
    gc.collect()
    assert connection.find_open("north.kommo.com") is None


def test_an_object_of_a_closed_account_goes_on_with_the_same_account_opened_anew(north: Sandbox):
    first = north.connect()
    lead = Lead.objects.using(first).create(name="Roof")
    first.close()
    lead.name = "Wall"
    with pytest.raises(NotConnected, match="was closed"):
        lead.save()
    with north.connect():
        lead.save()
    assert bodies(north) == [{"name": "Wall"}]
