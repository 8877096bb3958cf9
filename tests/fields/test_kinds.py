"""What holds for all kinds together."""

from __future__ import annotations

import inspect

import pytest

from kommo_orm import fields
from kommo_orm.fields import *  # noqa: F403
from kommo_orm.model.custom import CustomAttr
from kommo_orm.model.kind import KINDS, RAW, find_kind

KOMMO = """
    text textarea numeric checkbox select multiselect radiobutton date date_time birthday url multitext streetaddress
    smart_address legal_entity items price monetary category chained_list linked_entity file tracking_data
    payer supplier org_legal_name
"""
ANNOTATIONS = [one for one in vars(fields).values() if isinstance(one, type) and issubclass(one, CustomAttr)]
BY_NAME = pytest.mark.parametrize("annotation", ANNOTATIONS, ids=lambda one: one.__name__)


def test_the_list_of_names_is_exactly_what_is_public():
    public = [name for name, one in vars(fields).items() if not name.startswith("_") and not inspect.ismodule(one)]
    assert fields.__all__ == sorted(public)


@pytest.mark.parametrize("field_type", KOMMO.split())
def test_every_type_of_kommo_is_read(field_type):
    assert find_kind(field_type).field_type == field_type


def test_unknown_types_stay_raw():
    assert find_kind("hologram") is RAW
    assert find_kind(None) is RAW
    assert set(KINDS) >= set(KOMMO.split())


@BY_NAME
def test_every_annotation_is_told_by_example(annotation):
    assert "Example:\n" in annotation.__doc__
    assert annotation.__doc__.rstrip().endswith('Source: Kommo API v4, "Custom field values".')


@BY_NAME
def test_nothing_is_read_as_nothing(annotation):
    kind = annotation.kind
    empty = kind.empty()
    assert kind.decode([{"value": None}], None) == empty
    assert kind.is_empty(empty) is (empty is not False)
    assert kind.is_empty(None)


@BY_NAME
def test_an_empty_value_is_made_anew(annotation):
    kind = annotation.kind
    assert not kind.mutable or kind.empty() is None or kind.empty() is not kind.empty()


@BY_NAME
def test_what_kommo_cannot_filter_by_says_what_to_do(annotation):
    kind = annotation.kind
    if annotation.expression.__name__ == "Unfilterable" and not kind.read_only:
        assert "search(" in kind.filter_hint
        if not hasattr(kind, "mapping"):
            with pytest.raises(ValueError, match="Kommo cannot filter by"):
                kind.encode_filter("x", None, None)
