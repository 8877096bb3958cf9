from __future__ import annotations

import copy
import inspect
import pickle
import re
from pathlib import Path

import pytest

from kommo_orm import errors
from kommo_orm.errors import (
    BadRequest,
    FlushError,
    ItemError,
    KommoError,
    NotLoaded,
    RateLimited,
    ResponseError,
    TransportError,
    UncertainWrite,
)

ALL = [
    value
    for value in vars(errors).values()
    if inspect.isclass(value) and issubclass(value, KommoError) and value.__module__ == errors.__name__
]


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.__name__)
def test_each_takes_a_sentence_and_can_be_pickled_and_copied(kind: type[KommoError]) -> None:
    error = kind("what happened")
    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):
        assert type(twin) is kind
        assert twin.message == "what happened"
        assert str(twin) == str(error)
        assert vars(twin) == vars(error)


def test_attributes_survive_a_pickle() -> None:
    item = ItemError(code="InvalidType", detail="wrong", path="price", request_id="0")
    error = BadRequest("no", items=[item], status=400, title="t", detail="d", code="c", request_id="r", body="b")
    twin = pickle.loads(pickle.dumps(error))
    assert twin.items == (item,)
    assert (twin.status, twin.title, twin.detail, twin.code, twin.request_id, twin.body) == (
        400,
        "t",
        "d",
        "c",
        "r",
        "b",
    )
    assert pickle.loads(pickle.dumps(RateLimited("slow", retry_after=2.5))).retry_after == 2.5
    assert pickle.loads(pickle.dumps(TransportError("gone", applied=False))).applied is False
    assert pickle.loads(pickle.dumps(UncertainWrite("?", objects=[1]))).objects == (1,)
    assert pickle.loads(pickle.dumps(FlushError("x", report={"failed": 1}))).report == {"failed": 1}


def test_the_tree() -> None:
    tree = {
        KommoError: ["NotConnected", "ConfigurationError", "NotLoaded", "QueryError", "TransportError", "ResponseError"]
        + ["UncertainWrite", "StaleObject", "LockTimeout", "TokenStoreError", "FlushError", "UnexpectedResponse"],
        errors.QueryError: ["FilterIgnored", "MultipleFound"],
        TransportError: ["DeadlineExceeded"],
        ResponseError: ["BadRequest", "Unauthorized", "PaymentRequired", "Forbidden", "AccountBlocked", "NotFound"]
        + ["RateLimited", "ServerError"],
        errors.ServerError: ["GatewayTimeout"],
    }
    for parent, names in tree.items():
        for name in names:
            assert getattr(errors, name).__mro__[1] is parent
    assert {name for names in tree.values() for name in names} | {"KommoError"} == {kind.__name__ for kind in ALL}


def test_what_is_not_loaded_looks_absent_to_hasattr() -> None:
    class Row:
        @property
        def price(self) -> int:
            raise NotLoaded("not read")

    assert not hasattr(Row(), "price")


def test_a_long_body_is_cut_in_the_repr_and_whole_in_the_attribute() -> None:
    error = ResponseError("no", status=500, body="x" * 10_000)
    assert len(repr(error)) < 300
    assert len(error.body) == 10_000


def test_an_uncertain_write_learns_its_objects_and_keeps_its_cause() -> None:
    cause = TransportError("reset")
    error = UncertainWrite("?")
    error.__cause__ = cause
    known = error.with_objects(["a", "b"])
    assert known.objects == ("a", "b")
    assert known.__cause__ is cause
    assert known.message == "?"
    assert error.objects == ()


def test_an_item_says_where_and_what() -> None:
    assert str(ItemError(detail="is no number", path="price")) == "price: is no number"
    assert str(ItemError(detail="is no number", path="price", field="budget")) == "budget: is no number"
    assert str(ItemError(detail="refused")) == "refused"


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.__name__)
def test_each_class_has_a_code_of_its_own_and_ends_its_text_with_its_section(kind: type[KommoError]) -> None:
    words = re.findall("[A-Z][a-z]+", kind.__name__)
    assert vars(kind)["code"] == "_".join(words).lower()
    assert str(kind("It failed")) == f"It failed (docs/errors.md#{'-'.join(words).lower()})"


def test_the_page_of_errors_has_a_section_for_each_class_and_no_other() -> None:
    page = (Path(__file__).parent.parent / "docs" / "errors.md").read_text(encoding="utf-8")
    sections = re.findall(r"(?m)^### (\w+) \{ #([a-z-]+) \}$", page)
    assert sorted(sections) == sorted((kind.__name__, kind("").anchor) for kind in ALL)


def test_the_file_begins_with_the_tree_of_classes() -> None:
    lines = [line for line in str(errors.__doc__).splitlines() if re.match(r" {4}[│├└ ─]*[A-Z]\w+( |$)", line)]
    printed = [(line.index(name := line.split("─ ")[-1].split()[0]), name) for line in lines]
    assert [name for _, name in printed] == [kind.__name__ for kind in walk_tree(KommoError)]
    depths = [sum(issubclass(base, KommoError) for base in kind.__mro__) for kind in walk_tree(KommoError)]
    assert [column for column, _ in printed] == [4 * depth for depth in depths]


def walk_tree(kind: type[KommoError]) -> list[type[KommoError]]:
    return [kind, *(found for child in ALL if child.__bases__[0] is kind for found in walk_tree(child))]


def test_a_message_that_quotes_another_error_has_one_section() -> None:
    error = UncertainWrite(f"The save failed: {TransportError('reset')}. Look in the account")
    assert str(error) == "The save failed: reset. Look in the account (docs/errors.md#uncertain-write)"


def test_the_code_of_a_refusal_is_the_services_own() -> None:
    assert (BadRequest("no", code="InvalidType").code, BadRequest("no").code) == ("InvalidType", None)
    assert BadRequest.code == "bad_request"
