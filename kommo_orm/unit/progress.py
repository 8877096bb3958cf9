"""The progress bar of a long flush. It needs rich."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from kommo_orm.errors import ConfigurationError

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID

Progress = Callable[[int, int], None]  # objects done, objects in all


class ProgressBar:
    """Draws how many of all objects are done. It draws nothing where the output is no terminal."""

    def __init__(self) -> None:
        self._bar: RichProgress | None = None
        self._task: TaskID | None = None

    def __call__(self, done: int, total: int) -> None:
        if self._bar is None or self._task is None:
            self._bar = _rich_bar()
            self._bar.start()
            self._task = self._bar.add_task("saving", total=total)
        self._bar.update(self._task, completed=done, total=total)
        if done >= total:
            self.stop()

    def stop(self) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = self._task = None


def _rich_bar() -> RichProgress:
    try:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
    except ImportError:
        raise ConfigurationError(
            "progress=True draws with rich: pip install 'kommo-orm[cli]', or give a function."
        ) from None
    return Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())


def make_progress(given: Progress | bool | None) -> Progress | None:
    """The function for the argument `progress=`: True stands for a bar."""
    if given is True:
        return ProgressBar()
    return given or None


def stop_progress(progress: Progress | None) -> None:
    """Remove the bar from the screen."""
    if isinstance(progress, ProgressBar):
        progress.stop()
