"""The report of a flush, the result of a save, and the words for objects in messages."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from kommo_orm.errors import ConfigurationError, FlushError, KommoError, UncertainWrite
from kommo_orm.model.field_values import get_values
from kommo_orm.model.model import Model


class DependencyFailed(ConfigurationError):
    """An object was not sent because another one, which it needs, was not stored."""

    def __init__(self, message: str = "", *, object: Any = None) -> None:  # noqa: A002  # the word of `ItemError`
        super().__init__(message)
        self.object = object


class Failed(NamedTuple):
    """An object that was not saved, and why."""

    object: Any
    error: KommoError


@dataclass(frozen=True, slots=True)
class SaveResult:
    """What one `save()` did. It is true if anything was sent for the object.

    Attributes:
        created: whether the object was created.
        updated: whether a stored row was changed.
        fields: names of the fields and relations that were sent, in the user's own words.

    Example:
        >>> lead.price += 100
        >>> lead.save()
        SaveResult(created=False, updated=True, fields=('price',))
    """

    created: bool
    updated: bool
    fields: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self.created or self.updated


@dataclass(repr=False)
class Report:
    """The outcome of a flush or a bulk operation. Prints as a table.

    Attributes:
        created, updated, deleted: objects that are stored so now.
        failed: objects that are as pending as before, each with its own error.
        uncertain: objects that may have been created; they are not sent again until `resolve()`.
        requests: how many requests the writing took.
        seconds: how long it took.

    Example:
        >>> report = Lead.objects.bulk_update(leads)
        >>> len(report.updated), report.requests
        (1000, 4)
    """

    created: list[Any] = field(default_factory=list[Any])
    updated: list[Any] = field(default_factory=list[Any])
    deleted: list[Any] = field(default_factory=list[Any])
    failed: list[Failed] = field(default_factory=list[Failed])
    uncertain: list[Any] = field(default_factory=list[Any])
    requests: int = 0
    seconds: float = 0.0
    causes: dict[int, KommoError | None] = field(
        default_factory=dict[int, "KommoError | None"], repr=False, compare=False
    )

    @property
    def is_clean(self) -> bool:
        """Nothing failed and nothing is uncertain."""
        return not self.failed and not self.uncertain

    @property
    def ids(self) -> list[int]:
        """Ids of the created objects, in the order given."""
        return [model.pk for model in self.created if model.pk is not None]

    def raise_for_failures(self) -> None:
        """Raise `FlushError` if anything failed or is uncertain."""
        if self.is_clean:
            return
        first = f" First: {self.failed[0].error}" if self.failed else ""
        saved = self._total - len(self.failed) - len(self.uncertain)
        raise FlushError(
            f"{len(self.failed)} of {count_noun(self._total, 'object')} failed and {count_are(len(self.uncertain))} uncertain; "
            f"{count_are(saved)} saved.{first}",
            report=self,
        )

    def raise_single(self, model: Model) -> None:
        """Raise for a single `save()`: the object's own error, if it is the only one, else `FlushError`."""
        if self.uncertain:
            cause = self.causes.get(id(self.uncertain[0]))
            reason = f" ({cause})" if cause is not None else ""
            raise UncertainWrite(
                f"Nobody knows whether {describe_were(*self.uncertain)} created: the answer was lost{reason}. It is not "
                "sent again. Look in the account, then object.resolve(created_id=...), (retry=True) or (drop=True).",
                objects=self.uncertain,
            ) from cause
        own = [failed.error for failed in self.failed if not isinstance(failed.error, DependencyFailed)]
        if len(own) == 1 or (self.failed and self.failed[0].object is model):
            raise own[0] if len(own) == 1 else self.failed[0].error
        self.raise_for_failures()

    @property
    def _total(self) -> int:
        """How many objects there are. One that was created and whose links failed is in two lists."""
        failed = [failed.object for failed in self.failed]
        return len({id(model) for model in [*self.created, *self.updated, *self.deleted, *self.uncertain, *failed]})

    def __repr__(self) -> str:
        counts = {"created": self.created, "updated": self.updated, "deleted": self.deleted, "failed": self.failed}
        parts = [f"{len(objects)} {name}" for name, objects in counts.items() if objects]
        if self.uncertain:
            parts.append(f"{len(self.uncertain)} uncertain")
        return f"<Report {', '.join([*parts, count_noun(self.requests, 'request')])}, {self.seconds:.2f} s>"

    def __str__(self) -> str:
        kinds: dict[str, dict[str, int]] = {}
        columns: dict[str, list[Any]] = {
            "created": self.created,
            "updated": self.updated,
            "deleted": self.deleted,
            "failed": [failed.object for failed in self.failed],
            "uncertain": self.uncertain,
        }
        for column, objects in columns.items():
            for model in objects:
                counts = kinds.setdefault(type(model).__kommo_kind__, {})
                counts[column] = counts.get(column, 0) + 1
        lines = [f"{'':18s}" + "".join(f"{column:>10s}" for column in columns)]
        lines += [
            f"{kind:18s}" + "".join(f"{counts.get(column, 0):10d}" for column in columns)
            for kind, counts in kinds.items()
        ]
        lines += [f"  {describe_failure(failed)}" for failed in self.failed[:20]]
        lines.append(f"{count_noun(self.requests, 'request')}, {self.seconds:.2f} s")
        return "\n".join(lines)


def describe(*models: Model) -> str:
    """`Deal 5`, `new Deal 'Roof'`, `3 objects`: an object in an error message."""
    if len(models) != 1:
        return f"{len(models)} objects"
    model = models[0]
    if model.pk is not None:
        return f"{type(model).__name__} {model.pk}"
    name = get_values(model).get("name") or get_values(model).get("text")
    return f"new {type(model).__name__} {name!r}" if name else f"new {type(model).__name__}"


def count_noun(number: int, noun: str) -> str:
    """`1 object`, `3 objects`."""
    return f"{number} {noun}{'s' * (number != 1)}"


def count_are(number: int) -> str:
    """`1 is`, `3 are`."""
    return f"{number} {'is' if number == 1 else 'are'}"


def describe_were(*models: Model) -> str:
    """`Deal 5 was`, `3 objects were`."""
    return f"{describe(*models)} {'was' if len(models) == 1 else 'were'}"


def describe_failure(failed: Failed) -> str:
    """The object and its error, with the name once."""
    name, error = describe(failed.object), failed.error.message
    return error if error.startswith(name) else f"{name}: {error}"


__all__ = ["Failed", "Report", "SaveResult"]
