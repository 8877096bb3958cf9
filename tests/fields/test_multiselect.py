from __future__ import annotations

import copy
import pickle
import sys
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kommo_orm.fields import MultiSelect, Option, Options
from kommo_orm.model.custom import custom
from kommo_orm.model.definition import Choice, Definition
from kommo_orm.model.model import Model
from tests.fields.answers import CHOICES, CHOSEN, there_and_back

KIND = MultiSelect.kind


class Region(StrEnum):
    WEB = "Web"
    CALL = "Call"


class Deal(Model):
    regions: MultiSelect = custom(1)
    known: MultiSelect[Region] = custom(2)


def loaded(*choices, field_id=1) -> Any:
    values = [{"value": choice.value, "enum_id": choice.id, "enum_code": None} for choice in choices]
    row = {"id": 1, "custom_fields_values": [{"field_id": field_id, "values": values}] if values else None}
    return Deal.hydrate([row])[0]


@given(given=st.lists(st.sampled_from([name for choice in CHOICES for name in (choice.value, choice.id)]), min_size=1))
def test_what_was_written_is_read(given):
    value = KIND.clean(given)
    read = there_and_back(KIND, given)
    assert KIND.same(KIND.clean([{choice.value: choice.id for choice in CHOICES}.get(one, one) for one in given]), read)
    assert KIND.same(read, KIND.clean(read))
    assert len(read) == len(KIND.encode(value, CHOSEN, None)) == len({one.id for one in read})


def test_exactly_the_ids_are_sent_each_once():
    value = KIND.clean(["Web", 9911, "web", "Call"])
    assert KIND.encode(value, CHOSEN, None) == [{"enum_id": 9911}, {"enum_id": 9912}]


def test_an_unset_field_reads_as_an_empty_list():
    deal = loaded()
    assert deal.regions == []
    assert deal.changes == {}
    assert KIND.is_empty(deal.regions)


def test_what_is_appended_counts():
    deal = loaded(CHOICES[0])
    deal.regions.append("Call")
    assert deal.changes == {"regions": (["Web"], ["Web", "Call"])}
    assert isinstance(deal.regions[1], Option)
    assert KIND.needs_definition(deal.regions)
    deal.regions.remove("Call")
    assert deal.changes == {}


def by_name(name, cases):
    return pytest.mark.parametrize(name, cases.values(), ids=cases.keys())


@by_name(
    "change",
    {
        "reverse": lambda regions: regions.reverse(),
        "append": lambda regions: regions.append("Web"),
        "extend": lambda regions: regions.extend([9911, "Call"]),
        "sort": lambda regions: regions.sort(),
        "item": lambda regions: regions.__setitem__(0, 9911),
    },
)
def test_order_and_doubles_are_no_change(change):
    deal = loaded(*CHOICES[:2])
    change(deal.regions)
    assert deal.changes == {}


@by_name(
    "change",
    {
        "append": lambda regions: regions.append("Call"),
        "extend": lambda regions: regions.extend(["Call"]),
        "insert": lambda regions: regions.insert(0, "Call"),
        "+=": lambda regions: regions.__iadd__(["Call"]),
        "item": lambda regions: regions.__setitem__(0, "Call"),
        "slice": lambda regions: regions.__setitem__(slice(None), ["Call"]),
        "clear": lambda regions: regions.clear(),
        "pop": lambda regions: regions.pop(),
        "del": lambda regions: regions.__delitem__(0),
        "behind its back": lambda regions: list.append(regions, "Call"),
    },
)
def test_every_change_in_place_counts(change):
    deal = loaded(CHOICES[0])
    change(deal.regions)
    assert list(deal.changes) == ["regions"]


def test_a_list_takes_members_texts_and_ids():
    options = Options(["Web", 9912], Region)
    assert options[0] is Region.WEB
    assert (Region.WEB in options, "Web" in options, 9912 in options, "Fair" in options) == (True, True, True, False)
    assert (options.index(9912), options.count("Web")) == (1, 1)
    with pytest.raises(ValueError, match="'Fair' is not among the options"):
        options.remove("Fair")


def test_wrong_things_in_the_list_are_refused_when_it_is_checked():
    deal = loaded(CHOICES[0], field_id=2)
    deal.known.append("Fair")
    assert list(deal.changes) == ["known"]
    with pytest.raises(ValueError, match="'Fair' is not in Region"):
        deal.__kommo_customs__["known"].clean(deal.known)
    deal.regions.append(1.5)
    with pytest.raises(ValueError, match=r"expected an option: its text or its id, got 1.5"):
        KIND.clean(deal.regions)


@by_name(
    "given",
    {"list": ["Web", "Call"], "tuple": ("Web",), "set": {"Web"}, "iterator": iter(["Web"]), "keys": {"Web": 1}.keys()}
    | {"empty": [], "none": None},
)
def test_any_several_values_are_taken(given):
    assert isinstance(Deal(regions=given).regions, Options)


@pytest.mark.parametrize("wrong", ["Web", 9911, b"Web", {"Web": 1}, Region.WEB], ids=repr)
def test_one_value_is_refused(wrong):
    with pytest.raises(ValueError, match="expected several options, such as a list, got"):
        Deal(regions=wrong)


def test_a_list_that_was_set_is_a_copy():
    given = Options(["Web"])
    deal = Deal(regions=given)
    given.append("Call")
    assert deal.regions == ["Web"]


def test_unknown_members_read_plain_and_can_be_set_again():
    deal = loaded(CHOICES[0], CHOICES[2], field_id=2)
    assert [type(one) for one in deal.known] == [Region, Option]
    deal.known = list(deal.known)
    assert deal.changes == {}


def test_a_filter_finds_rows_that_have_the_option():
    condition = Deal.regions == "web"
    assert KIND.encode_filter(condition.value, CHOSEN, None) == 9911
    wanted = KIND.resolve_filter(condition.value, CHOSEN)
    assert KIND.matches(loaded(*CHOICES).regions, wanted)
    assert not KIND.matches(loaded(CHOICES[1]).regions, wanted)
    assert [KIND.encode_filter(one, CHOSEN, None) for one in Deal.known.in_(Region.WEB, "Call").value] == [9911, 9912]
    assert KIND.filter_python is Option
    assert KIND.needs_definition(condition.value)


def test_the_enum_says_which_options_the_account_should_have():
    assert Deal.__kommo_customs__["known"].kind.options == ("Web", "Call")
    assert KIND.options == ()


def test_items_without_anything_are_left_out():
    assert KIND.decode([{"value": None}, {"value": "Web", "enum": "9911"}], None) == ["Web"]


def test_lists_copy_and_pickle():
    options = Options(["Web", 9912], Region)
    for twin in (copy.copy(options), copy.deepcopy(options), pickle.loads(pickle.dumps(options))):
        assert (type(twin), twin) == (Options, options)
        twin.append("Call")
        assert twin[2] is Region.CALL
        assert len(options) == 2


def test_json_is_a_list_of_texts():
    deal = Deal(regions=["Web", 5], known=["Call"])
    assert deal.model_dump(mode="json", exclude={"id"}) == {"regions": ["Web", 5], "known": ["Call"]}
    assert Deal.model_validate_json(deal.model_dump_json()) == deal


def test_writing_costs_few_calls_however_many_options_the_account_has() -> None:
    definition = Definition(
        1, "Regions", "multiselect", choices=tuple(Choice(n, f"Region {n}") for n in range(1, 3001))
    )
    value = MultiSelect.kind.clean(["Region 7", "Region 1500", "Region 2999"])
    calls: list[str] = []

    def count(frame: Any, event: str, arg: Any) -> None:
        if event == "call":
            calls.append(frame.f_code.co_name)

    sys.setprofile(count)
    try:
        encoded = MultiSelect.kind.encode(value, definition, None)
    finally:
        sys.setprofile(None)
    assert encoded == [{"enum_id": 7}, {"enum_id": 1500}, {"enum_id": 2999}]
    assert len(calls) <= 25, calls
