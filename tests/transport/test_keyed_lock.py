from __future__ import annotations

import threading

from kommo_orm.transport import keyed_lock


def test_turns_come_in_order() -> None:
    assert keyed_lock.enter("a") is None
    first, second = keyed_lock.enter("a"), keyed_lock.enter("a")
    assert first is not None
    assert second is not None
    keyed_lock.leave("a")
    assert first.done()
    assert not second.done()
    keyed_lock.leave("a")
    assert second.done()
    keyed_lock.leave("a")
    assert keyed_lock.enter("a") is None
    keyed_lock.leave("a")


def test_keys_do_not_know_each_other() -> None:
    assert keyed_lock.enter("a") is None
    assert keyed_lock.enter("b") is None
    keyed_lock.leave("a")
    keyed_lock.leave("b")


def test_who_gives_up_waiting_is_passed_over() -> None:
    assert keyed_lock.enter("a") is None
    first, second = keyed_lock.enter("a"), keyed_lock.enter("a")
    assert first is not None
    assert second is not None
    keyed_lock.forgo("a", first)
    keyed_lock.leave("a")
    assert second.done()
    keyed_lock.leave("a")


def test_a_turn_that_comes_while_one_gives_up_goes_on_to_the_next() -> None:
    assert keyed_lock.enter("a") is None
    first, second = keyed_lock.enter("a"), keyed_lock.enter("a")
    assert first is not None
    assert second is not None
    keyed_lock.leave("a")  # the turn is first's now
    keyed_lock.forgo("a", first)
    assert second.done()
    keyed_lock.leave("a")


def test_one_inside_among_many_threads() -> None:
    inside, most = 0, 0
    lock = threading.Lock()

    def work() -> None:
        nonlocal inside, most
        for _ in range(50):
            turn = keyed_lock.enter("busy")
            if turn is not None:
                turn.result(timeout=10)
            with lock:
                inside += 1
                most = max(most, inside)
            with lock:
                inside -= 1
            keyed_lock.leave("busy")

    threads = [threading.Thread(target=work) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1
    assert "busy" not in keyed_lock._waiting
