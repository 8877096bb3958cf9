from __future__ import annotations

import copy
import pickle

import pytest
from pydantic import TypeAdapter

from kommo_orm.fields import Option
from kommo_orm.fields.option import find_choice, find_enum_id, is_same_option
from kommo_orm.model.definition import Choice, Definition
from tests.fields.answers import CHOSEN


def test_an_option_equals_its_text():
    option = Option("Web", 9911, "web")
    assert option == "Web"
    assert hash(option) == hash("Web")
    assert {"Web": 1}[option] == 1
    assert (option.value, option.id, option.code) == ("Web", 9911, "web")


def test_copies_keep_id_and_code():
    first = Option("Web", 9911, "web")
    for option in (copy.copy(first), copy.deepcopy(first), pickle.loads(pickle.dumps(first))):
        assert (type(option), option.value, option.id, option.code) == (Option, "Web", 9911, "web")


def test_it_prints_what_is_known():
    assert repr(Option("Web")) == "Option('Web')"
    assert repr(Option("Web", 9911, "web")) == "Option('Web', id=9911, code='web')"


def test_an_id_alone_reads_as_a_number_sign():
    option = Option.from_id(9911)
    assert (option, option.id, option.is_numbered) == ("#9911", 9911, True)
    assert not Option("#9911").is_numbered


def test_json_shows_the_text_or_the_id():
    adapter = TypeAdapter(list[Option])
    assert adapter.dump_json([Option("Web", 9911), Option.from_id(5)]) == b'["Web",5]'
    assert [(one, one.id) for one in adapter.validate_json('["Web", 5]')] == [("Web", None), ("#5", 5)]
    assert adapter.validate_python([Option("Web")]) == ["Web"]
    assert adapter.json_schema()["items"] == {"anyOf": [{"type": "string"}, {"type": "integer"}]}


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (Option("Web", 1), Option("Net", 1), True),
        (Option("Web", 1), Option("Web", 2), False),
        (Option("Web", 1), "Web", True),
        (Option("Website", 1, "web"), Option("web"), True),
        (Option.from_id(1), Option("#1"), False),
        (Option.from_id(1), Option("Web", 1), True),
        (Option("Web", 1), 1, True),
        (Option("Web"), 1, False),
        (Option("Web", 1), 1.5, False),
        (None, None, False),
    ],
    ids=repr,
)
def test_options_are_the_same_by_id_else_by_name(one, other, same):
    assert is_same_option(one, other) is same


@pytest.mark.parametrize("name", ["Web", "web", Option("Web")], ids=repr)
def test_a_text_or_code_is_looked_up(name):
    assert find_enum_id(name, CHOSEN) == 9911


def test_ids_are_taken_as_given():
    assert find_enum_id(Option("Gone", 7), None) == 7


def test_an_unknown_text_is_refused_with_the_nearest():
    with pytest.raises(
        ValueError, match=r"'Wep' is not an option of custom field 'Source'; did you mean 'Web' \(id 9911\)\?"
    ):
        find_enum_id(Option("Wep"), CHOSEN)


def test_a_text_needs_the_definition():
    with pytest.raises(ValueError, match="definition of the field is needed to find the option 'Web'"):
        find_enum_id(Option("Web"), None)


def test_a_text_of_several_options_is_refused():
    tree = Definition(61, "Group", "category", choices=(Choice(71, "Lamps"), Choice(72, "Lamps")))
    with pytest.raises(ValueError, match=r"several options of 'Group'; give the id, one of \[71, 72\]"):
        find_choice("Lamps", tree)
