"""Whatever API v4 does and API v2 does not is refused in a sentence that can be read."""

from __future__ import annotations

import re

import pytest

from kommo_orm.dialects.v2 import actions
from kommo_orm.dialects.v2.unsupported import ACTION_NAMES, CARD_ACTION_NAMES
from kommo_orm.dialects.v4.actions import ACTIONS
from kommo_orm.errors import ConfigurationError
from kommo_orm.interface.action import Action

REFUSED = sorted(ACTIONS.keys() - actions.ACTIONS.keys())
VERBS = "stop resume send decide attach change switch download tell upload restore pin unpin close activate deactivate add teach list take"


def sentence(action: Action) -> str:
    with pytest.raises(ConfigurationError) as refused:
        actions.build_action_request(action)
    return refused.value.message


@pytest.mark.parametrize(("kind", "verb"), REFUSED)
def test_every_refused_action_has_a_sentence(kind: str, verb: str) -> None:
    assert (kind, verb) in ACTION_NAMES or verb in CARD_ACTION_NAMES
    said = sentence(Action(verb, kind, (1002,)))
    assert re.fullmatch(r"Kommo's API v2 cannot [a-zA-Z ]+ \(1002\); use dialect='v4'", said)
    assert said.split("cannot ")[1].split()[0] in VERBS.split()


@pytest.mark.parametrize(
    ("action", "said"),
    [
        (Action("attached files", "leads", (1002,)), "cannot list the files of leads (1002); use"),
        (Action("detach files", "catalog_elements", (7,)), "cannot take files off catalog elements (7); use"),
        (Action("pin", "notes", (1, 2, 3, 4, 5)), "cannot pin notes (1, 2, 3 and 2 more); use"),
        (Action("mode", "customers"), "cannot switch the mode of customers; use"),
        (Action("warm_up", "new_things", (5,)), "cannot warm up new things (5); use"),
    ],
)
def test_sentences(action: Action, said: str) -> None:
    assert said in sentence(action)
