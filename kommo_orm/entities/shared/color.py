"""Colours of stages, segments and tags: Kommo takes a fixed palette, and answers with others, too."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from kommo_orm.model.close_names import find_close_names
from kommo_orm.model.codec import STR, Codec

NEAREST = 3  # colours that a message names
ANY_DISTANCE = 0.0


def make_color_codec(palette: Sequence[str], owner: str, normalize: Callable[[str], str]) -> Codec[str]:
    """The codec of a colour: a user gives one of the palette, a row may hold any.

    Args:
        palette: the colours that Kommo takes.
        owner: what has the colour, for the message: `"stage"`.
        normalize: brings a colour to the spelling of the palette.
    """

    def clean_color(value: Any) -> str:
        color = normalize(STR.clean(value))
        if color not in palette:
            nearest = ", ".join(find_close_names(color, palette, most=NEAREST, cutoff=ANY_DISTANCE))
            raise ValueError(f"{value!r} is no colour that a {owner} can be given. The most similar ones are {nearest}")
        return color

    return Codec(str, clean_color, STR.decode, STR.encode)
