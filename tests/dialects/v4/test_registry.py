"""Addresses of collections and rows, built of the rows that they are under."""

from __future__ import annotations

from kommo_orm.dialects.v4.registry import build_collection_url, build_row_url
from kommo_orm.model.parent import Parent


def test_a_row_stands_behind_its_collection() -> None:
    assert build_row_url("leads", None, 5) == "/api/v4/leads/5"


def test_a_collection_of_one_row_has_the_id_of_the_row() -> None:
    assert build_collection_url("links", Parent("leads", 5)) == "/api/v4/leads/5/links"


def test_a_collection_of_a_whole_kind_has_no_id() -> None:
    assert build_collection_url("links", Parent("leads")) == "/api/v4/leads/links"
