from __future__ import annotations

import threading

from kommo_orm.transport import alone


def test_turns_come_in_order() -> None:
    assert alone.enter("a") is None
    first, second = alone.enter("a"), alone.enter("a")
    assert first is not None
    assert second is not None
    alone.leave("a")
    assert first.done()
    assert not second.done()
    alone.leave("a")
    assert second.done()
    alone.leave("a")
    assert alone.enter("a") is None
    alone.leave("a")


def test_keys_do_not_know_each_other() -> None:
    assert alone.enter("a") is None
    assert alone.enter("b") is None
    alone.leave("a")
    alone.leave("b")


def test_who_gives_up_waiting_is_passed_over() -> None:
    assert alone.enter("a") is None
    first, second = alone.enter("a"), alone.enter("a")
    assert first is not None
    assert second is not None
    alone.forgo("a", first)
    alone.leave("a")
    assert second.done()
    alone.leave("a")


def test_a_turn_that_comes_while_one_gives_up_goes_on_to_the_next() -> None:
    assert alone.enter("a") is None
    first, second = alone.enter("a"), alone.enter("a")
    assert first is not None
    assert second is not None
    alone.leave("a")  # the turn is first's now
    alone.forgo("a", first)
    assert second.done()
    alone.leave("a")


def test_one_inside_among_many_threads() -> None:
    inside, most = 0, 0
    lock = threading.Lock()

    def work() -> None:
        nonlocal inside, most
        for _ in range(50):
            turn = alone.enter("busy")
            if turn is not None:
                turn.result(timeout=10)
            with lock:
                inside += 1
                most = max(most, inside)
            with lock:
                inside -= 1
            alone.leave("busy")

    threads = [threading.Thread(target=work) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1
    assert "busy" not in alone._waiting
