"""Tags: known with every row, added and removed by name, id or object, never replaced as a set."""

from __future__ import annotations

import re
from typing import Any

import pytest

from kommo_orm import ConfigurationError, Kommo, Lead, NotLoaded, Tag
from kommo_orm.sandbox import Sandbox
from tests.account import bodies


def lead_with(sandbox: Sandbox, *tags: str) -> Lead:
    return Lead.objects.get(sandbox.add("leads", name="Roof", tags=list(tags))["id"])


def tag_id(sandbox: Sandbox, name: str) -> int:
    return int(next(row["id"] for row in sandbox.rows("tags") if row["name"] == name))


def stored(sandbox: Sandbox, pk: int) -> list[str]:
    row = sandbox.row("leads", pk)
    assert row is not None
    return [tag["name"] for tag in row["_embedded"]["tags"]]


def test_tags_read_as_names_ids_and_objects(kommo: Kommo, sandbox: Sandbox):
    lead = lead_with(sandbox, "vip", "roof")
    assert lead.tags.names == ("vip", "roof")
    assert lead.tags.ids == (tag_id(sandbox, "vip"), tag_id(sandbox, "roof"))
    assert [(type(tag), tag.name, tag.color) for tag in lead.tags] == [(Tag, "vip", None), (Tag, "roof", None)]
    assert "vip" in lead.tags
    assert tag_id(sandbox, "roof") in lead.tags
    assert "other" not in lead.tags
    assert len(lead.tags) == 2
    assert repr(lead.tags) == "<tags ('vip', 'roof')>"


@pytest.mark.parametrize("way", ["name", "id", "object"])
def test_tags_are_added_by_name_by_id_and_by_object(kommo: Kommo, sandbox: Sandbox, way: str):
    other = lead_with(sandbox, "vip")
    lead = lead_with(sandbox, "roof")
    given = {"name": "vip", "id": tag_id(sandbox, "vip"), "object": next(iter(other.tags))}[way]
    lead.tags.add(given)
    lead.save()
    sent = {"name": "vip"} if way == "name" else {"id": tag_id(sandbox, "vip")}
    assert bodies(sandbox) == [{"tags_to_add": [sent]}]
    assert stored(sandbox, lead.id) == ["roof", "vip"]
    assert lead.changes == {}
    assert "roof" in lead.tags


def test_tags_are_removed_and_the_others_stay(kommo: Kommo, sandbox: Sandbox):
    lead = lead_with(sandbox, "vip", "roof")
    lead.tags.remove("vip", "never")
    assert lead.changes == {"tags": (("vip", "roof"), ("roof",))}
    lead.save()
    assert bodies(sandbox) == [{"tags_to_delete": [{"id": tag_id(sandbox, "vip")}]}]
    assert stored(sandbox, lead.id) == ["roof"]
    assert lead.tags.names == ("roof",)


def test_added_and_removed_again_is_no_change(kommo: Kommo, sandbox: Sandbox):
    lead = lead_with(sandbox, "vip")
    lead.tags.add("new", "vip")
    lead.tags.remove("new", "vip")
    lead.tags.add("vip")
    assert lead.changes == {}
    lead.save()
    assert bodies(sandbox) == []


def test_set_sends_the_difference(kommo: Kommo, sandbox: Sandbox):
    lead = lead_with(sandbox, "vip", "roof")
    lead.tags = ["roof", "new"]
    assert lead.tags.names == ("roof", "new")
    lead.save()
    vip = tag_id(sandbox, "vip")
    assert bodies(sandbox) == [{"tags_to_add": [{"name": "new"}], "tags_to_delete": [{"id": vip}]}]
    assert stored(sandbox, lead.id) == ["roof", "new"]


def test_clear_detaches_all(kommo: Kommo, sandbox: Sandbox):
    lead = lead_with(sandbox, "vip", "roof")
    lead.tags.clear()
    lead.save()
    assert stored(sandbox, lead.id) == []
    assert list(lead.tags) == []


def test_a_reference_adds_removes_and_clears_without_knowing(kommo: Kommo, sandbox: Sandbox):
    pk = lead_with(sandbox, "vip", "roof").id
    lead = Lead(id=pk)
    with pytest.raises(NotLoaded, match=rf"Lead {pk} does not know its tags"):
        lead.tags.names  # noqa: B018
    with pytest.raises(NotLoaded, match="use add"):
        lead.tags.set(["x"])
    assert repr(lead.tags) == "<tags: not loaded>"
    lead.tags.add("new")
    lead.tags.remove("vip")
    lead.save()
    assert stored(sandbox, pk) == ["roof", "new"]
    with pytest.raises(NotLoaded):
        lead.tags.names  # noqa: B018
    lead.tags.clear()
    lead.tags.add("last")
    lead.save()
    assert bodies(sandbox)[-1] == {"_embedded": {"tags": [{"name": "last"}]}}
    assert stored(sandbox, pk) == ["last"]
    assert lead.tags.names == ("last",)


def test_a_cleared_reference_without_new_tags_sends_null(kommo: Kommo, sandbox: Sandbox):
    pk = lead_with(sandbox, "vip").id
    lead = Lead(id=pk)
    lead.tags.clear()
    lead.save()
    assert bodies(sandbox) == [{"_embedded": {"tags": None}}]
    assert stored(sandbox, pk) == []


def test_a_new_object_is_created_with_its_tags(kommo: Kommo, sandbox: Sandbox):
    lead = Lead(name="Roof")
    lead.tags = ["vip", "vip"]
    assert lead.tags.names == ("vip",)
    lead.save()
    assert bodies(sandbox, "POST")[0][0]["tags_to_add"] == [{"name": "vip"}]
    assert lead.tags.names == ("vip",)
    assert lead.changes == {}


@pytest.mark.parametrize(
    "wrong", [5.0, True, "", "  ", None, Lead(name="x")], ids=["float", "bool", "empty", "blank", "none", "lead"]
)
def test_what_is_no_tag_is_refused(wrong: object):
    lead = Lead(name="Roof")
    with pytest.raises(ValueError, match="expected a tag's name, its id or a Tag"):
        lead.tags.add(wrong)  # type: ignore[arg-type]
    assert lead.changes == {"name": (None, "Roof")}


def test_a_row_without_tags_does_not_know_them():
    lead = Lead.hydrate([{"id": 5, "name": "Roof"}])[0]
    with pytest.raises(NotLoaded):
        len(lead.tags)
    assert list(Lead.hydrate([{"id": 5, "_embedded": {"tags": []}}])[0].tags) == []


def test_a_tag_removed_by_id_goes_though_it_was_added_by_name(kommo: Kommo, sandbox: Sandbox):
    lead = lead_with(sandbox, "vip")
    lead.tags.remove(tag_id(sandbox, "vip"))
    assert lead.tags.names == ()
    lead.tags.add("vip")
    assert lead.changes == {}


@pytest.mark.parametrize("given", ["vip", b"vi", {"vip": 1}, 5, None, Tag(name="vip")])
def test_one_tag_in_place_of_several_is_refused(given: Any) -> None:
    lead = Lead.hydrate([{"id": 5, "name": "x", "_embedded": {"tags": [{"id": 1, "name": "old"}]}}])[0]
    with pytest.raises(ConfigurationError, match="tags takes several, as a list"):
        lead.tags = given
    with pytest.raises(ConfigurationError, match="tags takes several, as a list"):
        lead.tags.set(given)
    assert lead.tags.names == ("old",)
    assert not lead.has_changes


def test_several_tags_come_in_every_kind_of_list() -> None:
    lead = Lead(name="x")
    for given in (["vip"], ("vip",), {"vip"}, iter(["vip"]), {"vip": 1}.keys()):
        lead.tags.set(given)
        assert lead.tags.names == ("vip",)


def test_the_message_shows_the_list_that_is_meant() -> None:
    with pytest.raises(ConfigurationError, match=re.escape("['vip']")):
        Lead(name="x").tags.set("vip")  # type: ignore[arg-type]
