"""A function is named by a verb and its object: `split_batch`. A reader finds it by that name in one place."""

from __future__ import annotations

from collections import defaultdict

import pytest

from tests.house import limits
from tests.house.source_code import Function, is_inherited, name_base, protocol_methods, read_functions

IRREGULAR = set(
    "begun bet bought bound broken brought built caught chosen come done drawn driven fallen felt found fitted given gone "
    "got gotten grown held heard hidden kept known laid left lent lost made meant met paid proven said seen sent shown "
    "slept sold sought spent spoken stood stuck sung sworn taken taught thought told understood woken won worn written".split()
)
NO_PARTICIPLES = set(
    "bed bleed breed bring embed exceed feed indeed king need ping proceed red ring seed sing speed spring string succeed "
    "thing".split()
)
# Python or a library calls the method, and gave it its name.
FOREIGN = {"core_schema", "model_post_init", "handle_request", "handle_async_request"} | {
    "close",  # contextlib.closing
    "aclose",  # contextlib.aclosing
}


def is_participle(word: str) -> bool:
    """Whether a word ends as participles and gerunds do, or is an irregular one."""
    if word in NO_PARTICIPLES:
        return False
    return word in IRREGULAR or (word.endswith("ed") and len(word) > 3) or (word.endswith("ing") and len(word) > 4)


def first_word(name: str) -> str:
    return name.strip("_").split("_")[0]


@pytest.mark.parametrize("name", ["told", "_refused", "asking", "proved_row", "_sent", "stored_rows"])
def test_participles_and_gerunds_are_found(name: str) -> None:
    assert is_participle(first_word(name))


@pytest.mark.parametrize(
    "name", ["tell", "_refuse_batch", "feed", "_need_parent", "__init__", "is_stored", "string_of"]
)
def test_verbs_nouns_and_predicates_are_no_participles(name: str) -> None:
    assert not is_participle(first_word(name))


def test_few_functions_are_named_by_a_participle_or_gerund() -> None:
    functions = read_functions()
    wrong = [function for function in functions if is_participle(first_word(function.name))]
    share = len(wrong) / len(functions)
    assert share < limits.PARTICIPLE_SHARE, (
        f"{share:.1%} of the functions begin with a participle or gerund; name them by a verb and its object:\n"
        + "\n".join(map(str, wrong))
    )


def belongs_to_an_interface(function: Function) -> bool:
    """Whether a base class or a Protocol of the package gave the name to the method."""
    if function.owner is None:
        return False
    bases = tuple(map(name_base, function.owner.bases))
    return function.name in protocol_methods() or is_inherited(bases, function.name)


def shared_names() -> dict[str, dict[str, Function]]:
    """Names that stand in too many modules, with one function of each module."""
    by_name: dict[str, dict[str, Function]] = defaultdict(dict)
    for function in read_functions():
        if not (function.is_special or function.name in FOREIGN or belongs_to_an_interface(function)):
            by_name[function.name].setdefault(function.module.place, function)
    return {name: found for name, found in by_name.items() if len(found) > limits.MODULES_PER_NAME}


def test_no_function_name_stands_in_many_modules() -> None:
    shared = shared_names()
    lines = [f"{name}:\n    " + "\n    ".join(map(str, found.values())) for name, found in sorted(shared.items())]
    assert len(shared) <= limits.SHARED_NAMES, (
        f"{len(shared)} names stand in more than {limits.MODULES_PER_NAME} modules. Name the object of each "
        "(`check_lead`, `check_task`), or declare the method once in a base class or a Protocol:\n" + "\n".join(lines)
    )
