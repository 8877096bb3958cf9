from __future__ import annotations

import copy
import pickle
from enum import Enum, IntEnum, StrEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kommo_orm.errors import ConfigurationError, QueryError
from kommo_orm.fields import Category, Option, Radio, Select
from kommo_orm.fields.enum_mapping import get_enum_mapping
from kommo_orm.model.custom import custom
from kommo_orm.model.model import Model
from tests.fields.answers import CHOICES, CHOSEN, there_and_back


class Source(StrEnum):
    WEB = "Web"
    OFFICE = "office"  # a code


class Number(IntEnum):
    WEB = 9911
    CALL = 9912


class Deal(Model):
    source: Select = custom(1)
    known: Select[Source] = custom(2)
    numbered: Radio[Number] = custom(3)
    group: Category = custom(4)


def loaded(field_id, **item) -> Any:
    return Deal.hydrate([{"id": 1, "custom_fields_values": [{"field_id": field_id, "values": [item]}]}])[0]


KINDS = [Select.kind, Radio.kind, Category.kind]
NAMES = st.sampled_from(CHOICES).flatmap(lambda choice: st.sampled_from([choice.value, choice.code or choice.value]))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.field_type)
@given(choice=st.sampled_from(CHOICES), data=st.data())
def test_what_was_written_is_read(kind, choice, data):
    given = data.draw(st.sampled_from([choice.value, choice.id, Option(choice.value), Option("?", choice.id)]))
    read = there_and_back(kind, given)
    assert (read, read.id) == (choice.value, choice.id)
    assert kind.same(kind.clean(given), read)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.field_type)
def test_exactly_the_id_is_sent(kind):
    read = kind.decode([{"value": "Web", "enum_id": 9911, "enum_code": None}], None)
    assert kind.encode(read, None, None) == [{"enum_id": 9911}]
    assert kind.encode(kind.clean("web"), CHOSEN, None) == [{"enum_id": 9911}]


def test_only_texts_need_the_definition():
    assert Select.kind.needs_definition(Select.kind.clean("Web"))
    assert not Select.kind.needs_definition(Select.kind.clean(9911))
    assert not Select.kind.needs_definition(Number.WEB)


@pytest.mark.parametrize(
    ("item", "read"),
    [
        ({"value": "Web", "enum_id": 9911, "enum_code": "web"}, ("Web", 9911, "web")),
        ({"value": "Web", "enum_id": "9911"}, ("Web", 9911, None)),
        ({"value": "Web", "enum": 9911}, ("Web", 9911, None)),
        ({"value": "Web", "enum": "9911"}, ("Web", 9911, None)),
        ({"value": "Web", "enum_id": 9911, "enum": "web"}, ("Web", 9911, "web")),
        ({"value": 5, "enum_id": 9911}, ("5", 9911, None)),
        ({"value": None, "enum_id": 9911}, ("#9911", 9911, None)),
        ({"value": "Web", "enum_id": 9911, "new_key": 1}, ("Web", 9911, None)),
        ("Web", ("Web", None, None)),
    ],
    ids=repr,
)
def test_odd_forms_are_read(item, read):
    option = Select.kind.decode([item], None)
    assert (option.value, option.id, option.code) == read


@pytest.mark.parametrize(
    "item", [{"value": None}, {"value": False, "enum_id": None}, None, {"value": "", "enum_id": 0}], ids=repr
)
def test_nothing_reads_as_none(item):
    assert Select.kind.decode([item], None) is None


def test_a_member_is_found_by_text_else_by_code():
    assert loaded(2, value="Web", enum_id=9911).known is Source.WEB
    assert loaded(2, value="Büro & Co", enum_id=9913, enum_code="office").known is Source.OFFICE
    assert loaded(3, value="Call", enum_id=9912).numbered is Number.CALL


def test_an_option_that_the_enum_lacks_reads_plain():
    deal = loaded(2, value="Fair", enum_id=9914)
    assert (type(deal.known), deal.known, deal.known.id) == (Option, "Fair", 9914)
    deal.known = copy.copy(deal.known)  # what was read can be set
    assert deal.changes == {}


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("Web", Source.WEB),
        (Source.WEB, Source.WEB),
        (Option("office"), Source.OFFICE),
        (Option("Web", 9911), Source.WEB),
    ],
    ids=repr,
)
def test_a_users_enum_takes_texts_and_members(given, kept):
    assert Deal(known=given).known is kept


def test_a_users_enum_takes_ids():
    assert Deal(known=9911).known == Option.from_id(9911)
    assert Deal(numbered=9912).numbered is Number.CALL
    assert Deal(numbered="Call").numbered == "Call"  # which id that is, the account tells


@pytest.mark.parametrize(
    ("name", "given", "sentence"),
    [
        ("known", "web", r"'web' is not in Source; did you mean 'Web'\?"),
        ("known", "nothing like it", "is not in Source; it has 'Web', 'office'"),
        ("numbered", 5, "5 is not in Number; it has 9911, 9912"),
        ("source", "", "expected an option: its text or its id, got ''"),
        ("source", True, "expected an option"),
        ("source", 0, "expected an option"),
        ("source", 1.5, "expected an option"),
        ("known", ["Web"], "expected an option: 'Web', 'office', got"),
    ],
)
def test_what_is_no_option_is_refused(name, given, sentence):
    with pytest.raises(ValueError, match=sentence):
        Deal(**{name: given})


def test_members_of_another_enum_count_as_their_text():
    class Other(StrEnum):
        WEB = "Web"

    assert Deal(source=Other.WEB).source == "Web"
    assert Deal(known=Other.WEB).known is Source.WEB


def test_a_member_without_truth_is_a_member():
    class Level(IntEnum):
        NONE = 0
        SOME = 1

    assert get_enum_mapping(Level).map_option(Option("None", 0)) is Level.NONE


@pytest.mark.parametrize("setting", ["Web", 9911, Option("Web", 9911), Option("web")], ids=repr)
def test_a_choice_set_back_is_no_change(setting):
    deal = loaded(1, value="Web", enum_id=9911, enum_code="web")
    deal.source = "Call"
    assert deal.changes == {"source": ("Web", "Call")}
    deal.source = setting
    assert deal.changes == {}


def test_a_filter_is_the_id():
    condition = Deal.source == "web"
    kind = Select.kind
    assert kind.encode_filter(condition.value, CHOSEN, None) == 9911
    assert [kind.encode_filter(one, CHOSEN, None) for one in Deal.known.in_(Source.WEB, "office").value] == [9911, 9913]


def test_rows_are_compared_with_the_resolved_option():
    kind, read = Select.kind, Option("Web", 9911)  # its code is not in the answer
    wanted = kind.clean_filter("web")
    assert not kind.matches(read, wanted)
    assert kind.matches(read, kind.resolve_filter(wanted, CHOSEN))
    assert kind.resolve_filter(Number.CALL, CHOSEN) == "Call"


def test_a_filter_by_an_unknown_option_is_refused():
    with pytest.raises(QueryError, match="Cannot filter Deal by known: 'Wep' is not in Source"):
        _ = Deal.known == "Wep"
    with pytest.raises(ValueError, match="did you mean 'Web'"):
        Select.kind.encode_filter(Option("Wep"), CHOSEN, None)


def test_a_category_is_not_filterable():
    with pytest.raises(QueryError, match="Kommo cannot filter by Deal.group"):
        _ = Deal.group == 71


def test_the_enum_says_which_options_the_account_should_have():
    customs = Deal.__kommo_customs__
    assert [customs[name].kind.options for name in ("source", "known", "numbered")] == [
        (),
        ("Web", "office"),
        (9911, 9912),
    ]


class Mixed(Enum):
    ONE = 1
    TWO = "two"


@pytest.mark.parametrize("wrong", [Mixed, int, str])
def test_what_does_not_name_options_is_refused(wrong):
    with pytest.raises(ConfigurationError, match="does not name options"):
        Select.kind_for((wrong,))


def test_the_plain_kind_is_shared():
    assert Select.kind_for(()) is Select.kind_for((Option,)) is Select.kind


def test_json_shows_values():
    deal = Deal(source="Web", known=Source.OFFICE, numbered=Number.CALL, group=71)
    shown = {"source": "Web", "known": "office", "numbered": 9912, "group": 71}
    assert deal.model_dump(mode="json", exclude={"id"}) == shown
    assert Deal.model_validate_json(deal.model_dump_json()) == deal


def test_objects_with_choices_copy_and_pickle():
    deal = loaded(2, value="Fair", enum_id=9914)
    deal.source = 9911
    for twin in (copy.deepcopy(deal), pickle.loads(pickle.dumps(deal))):
        assert (twin.source.id, twin.known.id) == (9911, 9914)
        assert list(twin.changes) == ["source"]
