"""Actions print what they do and to which rows."""

from __future__ import annotations

from kommo_orm.interface.action import Action
from kommo_orm.model.parent import Parent


def test_an_action_prints_its_rows_and_their_parent():
    assert str(Action("pin", "notes", (1, 2), Parent("leads", 5))) == "pin notes 1, 2 of leads 5"
    assert str(Parent("leads", 5)) == "leads 5"
