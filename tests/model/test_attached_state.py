"""Whatever the service sends beside what a class reads: kept, shown as a copy, never sent back."""

from __future__ import annotations

from kommo_orm import Kommo, Lead
from tests.account import Deal, bodies


def loaded(cls: type[Lead], **row: object) -> Lead:
    return cls.hydrate([{"id": 5, "name": "Roof", **row}])[0]


def test_unknown_keys_are_kept_in_extra():
    lead = loaded(
        Lead, mood="good", mobile_feature_version=1, _links={}, _embedded={}, custom_fields_values=[], request_id="1"
    )
    assert lead.extra == {"mood": "good", "mobile_feature_version": 1}


def test_what_is_in_extra_is_a_copy():
    lead = loaded(Lead, mood={"now": ["good"]})
    lead.extra["mood"]["now"].append("bad")
    assert lead.extra == {"mood": {"now": ["good"]}}


def test_raw_is_the_whole_row_as_a_copy():
    row = {"id": 5, "name": "Roof", "mood": "good", "_embedded": {"tags": []}}
    lead = Lead.hydrate([row])[0]
    assert lead.raw == row
    lead.raw["_embedded"]["tags"].append(1)
    assert lead.raw == row


def test_an_object_made_here_has_neither():
    assert Lead(name="Roof").extra == {}
    assert Lead(id=5).raw == {}


def test_unknown_keys_are_never_sent(kommo: Kommo, sandbox):
    lead = Lead(name="Roof")
    lead.save()
    row = sandbox.row("leads", lead.id)
    odd = Deal.hydrate([{**row, "mood": "good", "is_deleted": False}], kommo)[0]
    odd.price = 5
    odd.save()
    assert bodies(sandbox) == [{"price": 5}]
    assert odd.extra["mood"] == "good"


def public(value: object) -> set[str]:
    return {name for name in dir(value) if not name.startswith("_")}


def test_relations_show_only_what_a_user_may_call():
    lead = Lead(name="Roof")
    relation = {"add", "clear", "ids", "is_loaded", "main", "of", "remove", "set"}
    assert public(lead.contacts) == relation
    assert public(lead.catalog_elements) == {*relation, "links", "quantity"}


def test_tags_and_custom_fields_show_only_what_a_user_may_call():
    lead = Lead(name="Roof")
    assert public(lead.tags) == {"add", "clear", "ids", "names", "remove", "set"}
    assert public(lead.custom_fields) == {"get"}
