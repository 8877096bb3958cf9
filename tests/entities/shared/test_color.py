"""A colour is one of Kommo's palette when it is given, and any colour when it is read."""

from __future__ import annotations

import pytest

from kommo_orm.entities.shared.color import make_color_codec

CODEC = make_color_codec(("#fffeb2", "#fffd7f", "#98cbff", "#f3beff"), "stage", str.lower)


def test_a_colour_of_the_palette_is_taken_in_its_spelling() -> None:
    assert CODEC.clean("#98CBFF") == "#98cbff"


def test_any_colour_is_read() -> None:
    assert CODEC.decode("#000000") == "#000000"


def test_another_colour_is_refused_with_the_most_similar_ones() -> None:
    with pytest.raises(ValueError, match="'#98cbfe' is no colour that a stage can be given.*#98cbff") as refused:
        CODEC.clean("#98cbfe")
    assert str(refused.value).count("#") == 4
