from __future__ import annotations

from typing import Any

import pytest

from kommo_orm.fields import Checkbox
from kommo_orm.model.custom import custom
from kommo_orm.model.model import Model
from tests.fields.answers import there_and_back


class Deal(Model):
    vip: Checkbox = custom(1)


def row(*values) -> Any:
    return {"id": 1, "custom_fields_values": [{"field_id": 1, "values": list(values)}]}


@pytest.mark.parametrize("flag", [True, False])
def test_what_was_written_is_read(flag):
    assert there_and_back(Checkbox.kind, flag) is flag


@pytest.mark.parametrize(
    ("raw", "read"),
    [(True, True), (False, False), (1, True), ("1", True), ("0", False), ("true", True), (None, False), ("", False)],
    ids=repr,
)
def test_odd_forms_are_read(raw, read):
    assert Checkbox.kind.decode([{"value": raw}], None) is read


def test_an_unset_field_reads_false():
    assert Deal.hydrate([{"id": 1, "custom_fields_values": None}])[0].vip is False


def test_false_in_an_unset_field_is_no_change():
    deal = Deal.hydrate([{"id": 1, "custom_fields_values": None}])[0]
    deal.vip = False
    assert deal.changes == {}


def test_false_is_sent_as_a_value():
    deal = Deal.hydrate([row({"value": True})])[0]
    deal.vip = False
    assert deal.changes == {"vip": (True, False)}
    assert not Checkbox.kind.is_empty(deal.vip)
    assert Checkbox.kind.encode(deal.vip, None, None) == [{"value": False}]


@pytest.mark.parametrize("wrong", [1, "perhaps", 2.5], ids=repr)
def test_only_true_and_false_are_taken(wrong):
    with pytest.raises(ValueError, match="expected True or False, got"):
        Deal(vip=wrong)


def test_none_unticks():
    assert Deal(vip=None).vip is False  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("flag", [True, False])
def test_a_filter_is_a_digit(flag):
    condition = Deal.vip == flag
    assert Checkbox.kind.encode_filter(condition.value, None, None) == int(flag)
    assert condition.spec.matches(flag, flag)
    assert not condition.spec.matches(not flag, flag)
