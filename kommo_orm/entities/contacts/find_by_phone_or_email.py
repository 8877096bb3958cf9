"""Find contacts and companies by phone or e-mail: the results of a search are verified here.

The service's search looks for a text in all filled fields. Of what it brings, only rows count whose `PHONE` or `EMAIL`
holds the number or the address. Source: Kommo API v4, "Contacts" (`query`), "Custom field values".
"""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, Literal, TypeAlias, cast

from typing_extensions import TypeVar

from kommo_orm.entities.contacts.phone_numbers import SHORTEST, get_search_digits, is_same_number, normalize_number
from kommo_orm.errors import ConfigurationError, QueryError
from kommo_orm.fields.multitext import EmailValue, FirstTextKind, PhoneValue
from kommo_orm.fields.raw_values import list_items, read_coded_item
from kommo_orm.model.condition import Assignment
from kommo_orm.model.custom_fields import find_entry
from kommo_orm.model.definition import iterate_items
from kommo_orm.model.field_spec import CustomSpec
from kommo_orm.model.field_values import get_values
from kommo_orm.model.lazy_row import FREE_VALUES
from kommo_orm.model.model import Model
from kommo_orm.query.bound_query import BoundQuery
from kommo_orm.query.execution import make_objects, stream_objects
from kommo_orm.query.query import Query
from kommo_orm.transport.flow import Flow, collect_values, run_exclusive
from kommo_orm.unit import write_flows
from kommo_orm.unit.entity_locks import run_with_keys_locked
from kommo_orm.unit.report import describe

M = TypeVar("M", bound=Model, covariant=True)
N = TypeVar("N", bound=Model)

Match: TypeAlias = Literal["all", "any"]
Choice: TypeAlias = Callable[[builtins.list[Any]], Any]
PHONE, EMAIL = "PHONE", "EMAIL"


@dataclass(frozen=True, slots=True)
class SearchCriterion:
    """A phone or an address that a row must have: the code of the field and the value."""

    code: str
    value: str

    @property
    def search_text(self) -> str:
        return get_search_digits(self.value) if self.code == PHONE else self.value.strip()

    @property
    def search_texts(self) -> tuple[str, ...]:
        """Texts to search for until one is found: the digits, then the number as it was given."""
        given = self.value.strip()
        is_parted = self.code == PHONE and not given.removeprefix("+").isdigit()
        return (self.search_text, given) if is_parted else (self.search_text,)

    def is_held_by(self, model: Model) -> bool:
        same = is_same_number if self.code == PHONE else is_same_address
        return any(same(held, self.value) for held in iterate_field_texts(model, self.code))


class FindQuery(Query[M], Generic[M]):
    """A query of rows that have phones and e-mail addresses."""

    def find(self, *, phone: str | None = None, email: str | None = None, match: Match = "all") -> builtins.list[M]:
        """The objects that have the phone and the e-mail address, in any of their values.

        Phones are compared by their digits, whatever stands between them; `+` and `00` in front are the same, and so are
        `8` and `+7` where nothing else can be meant. E-mail addresses are compared without case. No custom field need be
        declared for it.

        Args:
            phone: a number, best with its country code.
            email: a whole address.
            match: with both given, whether `"all"` must be held or `"any"` is enough (one search each).

        Raises:
            QueryError: neither was given, or a phone without digits.

        Example:
            >>> Contact.objects.find(phone="+34 600 111 222")
            [Contact(id=5601, name='Ana Ruiz')]
        """
        request = self._bind()
        return cast(
            "builtins.list[M]", request.connection.run(find_holders(request, parse_criteria(phone, email), match))
        )

    async def afind(
        self, *, phone: str | None = None, email: str | None = None, match: Match = "all"
    ) -> builtins.list[M]:
        """`find()` for async code."""
        request = self._bind()
        return cast(
            "builtins.list[M]",
            await request.connection.arun(find_holders(request, parse_criteria(phone, email), match)),
        )

    def _find_or_create(
        self, assignments: Sequence[Assignment], values: Mapping[str, Any], asked: FindOrCreate
    ) -> tuple[M, bool]:
        return cast(
            "tuple[M, bool]", self._require_connection().run(self._find_or_create_exclusive(assignments, values, asked))
        )

    async def _afind_or_create(
        self, assignments: Sequence[Assignment], values: Mapping[str, Any], asked: FindOrCreate
    ) -> tuple[M, bool]:
        return cast(
            "tuple[M, bool]",
            await self._require_connection().arun(self._find_or_create_exclusive(assignments, values, asked)),
        )

    def _find_or_create_exclusive(
        self, assignments: Sequence[Assignment], values: Mapping[str, Any], asked: FindOrCreate
    ) -> Flow[tuple[Model, bool]]:
        """Run alone for the same phone or address, so that two calls do not both create it.

        The others of this process wait, and with `locks=` all who share the locks.
        """
        connection = self._require_connection()
        wanted = parse_criteria(asked.phone, asked.email)
        given = {**({one.spec.name: one.value for one in assignments}), **values}
        assign_criteria(self._model(**given), wanted)  # refuses unknown names and wrong types before anything is asked
        keys = [f"find:{self._model.__kommo_kind__}:{text}" for text in {one.search_text.casefold() for one in wanted}]
        flow = run_with_keys_locked(connection, keys, self._find_or_create_flow(given, wanted, asked))
        for key in sorted(keys):  # always in one order: two calls with the same two keys do not wait for each other
            flow = run_exclusive(f"{connection.name}:{key}", flow)
        return flow

    def _find_or_create_flow(
        self, given: dict[str, Any], wanted: Sequence[SearchCriterion], asked: FindOrCreate
    ) -> Flow[tuple[Model, bool]]:
        models = yield from find_holders(self._bind(), wanted, asked.match)
        if models:
            return choose_object(models, wanted, asked.choose), False
        model = self._make_object(given)
        assign_criteria(model, wanted)
        yield from write_flows.save_object(self._require_connection(), model)
        return model, True


@dataclass(frozen=True, slots=True)
class FindOrCreate:
    """The arguments of `find_or_create()`."""

    phone: str | None
    email: str | None
    match: Match
    choose: Choice | None


def parse_criteria(phone: str | None, email: str | None) -> builtins.list[SearchCriterion]:
    """The criteria of a phone and an e-mail address. Raises `QueryError`."""
    if phone is None and email is None:
        raise QueryError("find() needs phone=... or email=...")
    if phone is not None and (not isinstance(phone, str) or len(normalize_number(phone)) < SHORTEST):
        raise QueryError(f"A phone is a text with {SHORTEST} digits at least, not {phone!r}")
    if email is not None and (not isinstance(email, str) or "@" not in email.strip("@ ")):
        raise QueryError(f"An e-mail address is a text such as 'ann@olive.example', not {email!r}")
    given = ((PHONE, phone), (EMAIL, email))
    return [SearchCriterion(code, value) for code, value in given if value is not None]


# ---- flows
def find_holders(request: BoundQuery, wanted: Sequence[SearchCriterion], match: Match) -> Flow[builtins.list[Model]]:
    """The rows that have the wanted phone and address, each once."""
    if match not in ("all", "any"):
        raise QueryError(f"match= is 'all' or 'any', not {match!r}")
    if request.limit == 0:
        return []
    if request.search is not None:
        raise QueryError("find() searches by itself: it does not combine with search()")
    searches = wanted if match == "any" else wanted[:1]
    rows: dict[Any, Model] = {}
    for one in searches:
        for text in one.search_texts:
            alike = replace(request, search=text, unit=None, limit=None)
            models = [model for page in (yield from collect_values(stream_objects(alike))) for model in page]
            verified = [model for model in models if matches_criteria(model, wanted, match)]
            rows |= {model.pk: model for model in verified if model.pk not in rows}
            if verified:
                break
    kept = builtins.list(rows.values())[: request.limit]
    if request.unit is None or not kept:
        return kept
    return (yield from make_objects(request, [model.__kommo_state__.row or {} for model in kept]))


def matches_criteria(model: Model, wanted: Sequence[SearchCriterion], match: Match) -> bool:
    return (any if match == "any" else all)(one.is_held_by(model) for one in wanted)


# ---- values
def iterate_field_texts(model: Model, code: str) -> Iterator[str]:
    """The texts of a field of the stored row, found by its code."""
    entry = find_entry(iterate_items((model.__kommo_state__.row or {}).get(FREE_VALUES)), code)
    for item in list_items((entry or {}).get("values") or ()):
        try:
            text = read_coded_item(item).text
        except ValueError:
            continue  # an unreadable value is no phone
        if text:
            yield text


def is_same_address(one: str, other: str) -> bool:
    return one.strip().casefold() == other.strip().casefold()


def choose_object(models: builtins.list[N], wanted: Sequence[SearchCriterion], choose: Choice | None) -> N:
    """The only one, or the one that the user chooses. Raises `QueryError` for several."""
    if len(models) == 1:
        return models[0]
    if choose is None:
        held = " and ".join(repr(one.value) for one in wanted)
        several = ", ".join(describe(model) for model in models[:5])
        raise QueryError(
            f"{len(models)} hold {held} ({several}). Choose one with choose=..., such as choose=lambda found: found[0]"
        )
    picked = choose(models)
    if not any(picked is model for model in models):
        raise QueryError(f"choose=... must return one of the found objects, not {picked!r}")
    return cast(N, picked)


def assign_criteria(model: Model, wanted: Sequence[SearchCriterion]) -> None:
    """Give a new object the phone and the address. Raises `ConfigurationError` if it was given others."""
    for one in wanted:
        assign_criterion(model, one)


def assign_criterion(model: Model, one: SearchCriterion) -> None:
    name = next((name for name, spec in type(model).__kommo_customs__.items() if spec.code == one.code), None)
    if name is None:
        made = PhoneValue(one.value) if one.code == PHONE else EmailValue(one.value)
        model.custom_fields[one.code] = [made]
        return
    if name in get_values(model):
        raise ConfigurationError(
            f"{name} is already given by {'phone' if one.code == PHONE else 'email'}=...: leave it out of the values"
        )
    spec: CustomSpec = type(model).__kommo_customs__[name]
    setattr(model, name, one.value if isinstance(spec.kind, FirstTextKind) else [one.value])
