from __future__ import annotations

import threading

from kommo_orm.transport.keyed_lock import KeyedLock


def test_turns_come_in_order() -> None:
    lock = KeyedLock()
    assert lock.acquire("a") is None
    first, second = lock.acquire("a"), lock.acquire("a")
    assert first is not None
    assert second is not None
    lock.release_key("a")
    assert first.done()
    assert not second.done()
    lock.release_key("a")
    assert second.done()
    lock.release_key("a")
    assert lock.acquire("a") is None
    lock.release_key("a")


def test_keys_do_not_know_each_other() -> None:
    lock = KeyedLock()
    assert lock.acquire("a") is None
    assert lock.acquire("b") is None
    lock.release_key("a")
    lock.release_key("b")


def test_who_gives_up_waiting_is_passed_over() -> None:
    lock = KeyedLock()
    assert lock.acquire("a") is None
    first, second = lock.acquire("a"), lock.acquire("a")
    assert first is not None
    assert second is not None
    lock.abandon("a", first)
    lock.release_key("a")
    assert second.done()
    lock.release_key("a")


def test_a_turn_that_comes_while_one_gives_up_goes_on_to_the_next() -> None:
    lock = KeyedLock()
    assert lock.acquire("a") is None
    first, second = lock.acquire("a"), lock.acquire("a")
    assert first is not None
    assert second is not None
    lock.release_key("a")  # the turn is first's now
    lock.abandon("a", first)
    assert second.done()
    lock.release_key("a")


def test_one_inside_among_many_threads() -> None:
    lock = KeyedLock()
    inside, most = 0, 0
    guard = threading.Lock()

    def work() -> None:
        nonlocal inside, most
        for _ in range(50):
            turn = lock.acquire("busy")
            if turn is not None:
                turn.result(timeout=10)
            with guard:
                inside += 1
                most = max(most, inside)
            with guard:
                inside -= 1
            lock.release_key("busy")

    threads = [threading.Thread(target=work) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1
    assert "busy" not in lock._waiting
