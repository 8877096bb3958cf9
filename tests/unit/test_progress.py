"""A progress bar for long flushes, if rich is there to draw it."""

from __future__ import annotations

import builtins
from typing import Any

import pytest

from kommo_orm import ConfigurationError, FlushError, Kommo, Lead, Session
from kommo_orm.sandbox import Sandbox
from kommo_orm.unit import progress
from kommo_orm.unit.progress import ProgressBar, make_progress


class Drawn:
    """Stands in for rich's bar: what would be on the screen."""

    def __init__(self) -> None:
        self.told: list[tuple[str, Any]] = []

    def start(self) -> None:
        self.told.append(("start", None))

    def stop(self) -> None:
        self.told.append(("stop", None))

    def add_task(self, description: str, total: int) -> int:
        self.told.append((description, total))
        return 7

    def update(self, task: int, completed: int, total: int) -> None:
        assert task == 7
        self.told.append(("done", (completed, total)))


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> Drawn:
    bar = Drawn()
    monkeypatch.setattr(progress, "_rich_bar", lambda: bar)
    return bar


def test_a_bar_is_drawn_from_the_first_batch_to_the_last(kommo: Kommo, sandbox: Sandbox, drawn: Drawn):
    with Session(kommo, batch_size=2, concurrency=1, progress=True) as session:
        session.add(*(Lead(name=str(number)) for number in range(4)))
        assert drawn.told == []
    assert drawn.told[:2] == [("start", None), ("saving", 4)]
    assert drawn.told[-2:] == [("done", (4, 4)), ("stop", None)]


def test_it_is_taken_away_when_something_fails(kommo: Kommo, sandbox: Sandbox, drawn: Drawn):
    session = Session(kommo, batch_size=1, concurrency=1, progress=True)
    session.add(Lead(name="a"), Lead(name="b"), Lead(name="c"))

    def strike(request: Any) -> bool:
        if len(sandbox.log) == 1:
            raise KeyboardInterrupt
        return False

    sandbox.faults.next(when=strike, times=None)
    with pytest.raises(KeyboardInterrupt):
        session.flush()
    assert drawn.told[-1] == ("stop", None)
    sandbox.faults.clear()
    sandbox.faults.next(status=403, body={"title": "Forbidden"}, method="POST", times=None)
    with pytest.raises(FlushError):
        session.flush()
    assert drawn.told[-1] == ("stop", None)


def test_a_function_is_called_as_it_is():
    told: list[Any] = []
    given = make_progress(lambda done, total: told.append((done, total)))
    assert given is not None
    given(1, 2)
    assert told == [(1, 2)]
    assert make_progress(None) is None
    assert make_progress(False) is None
    assert isinstance(make_progress(True), ProgressBar)


def test_rich_draws_it(capsys: pytest.CaptureFixture[str]):
    pytest.importorskip("rich")
    bar = ProgressBar()
    bar(1, 2)
    bar(2, 2)
    bar.stop()
    assert "2/2" in capsys.readouterr().out


def test_without_rich_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch):
    real = builtins.__import__

    def without(name: str, *rest: Any, **named: Any) -> Any:
        if name.startswith("rich"):
            raise ImportError(name)
        return real(name, *rest, **named)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ConfigurationError, match=r"pip install 'kommo-orm\[cli\]', or give a function"):
        ProgressBar()(1, 2)
