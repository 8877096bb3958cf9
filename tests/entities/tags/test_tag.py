"""The directory of tags: one for each kind of card."""

from __future__ import annotations

import pytest

from kommo_orm import Company, ConfigurationError, Contact, Kommo, Lead, Tag
from kommo_orm.sandbox import Sandbox
from tests.account import bodies, sent


def test_a_tag_is_made_in_the_directory_of_its_kind(kommo: Kommo, sandbox: Sandbox):
    vip = Tag.objects.of(Lead).create("vip", color="FFCE5A")
    assert sent(sandbox) == [("POST", "/api/v4/leads/tags", [{"name": "vip", "color": "FFCE5A", "request_id": "0"}])]
    assert (vip.name, vip.color, vip.entity_type, vip.changes) == ("vip", "FFCE5A", "leads", {})
    Tag.objects.of(Contact).create("vip")
    assert [tag.id for tag in Tag.objects.of(Lead)] == [vip.id]
    assert {tag.name for tag in Tag.objects.of(Contact)} == {"vip"}
    assert Tag.objects.of(Company).list() == []


def test_tags_are_found_by_id_by_name_and_by_text(kommo: Kommo, sandbox: Sandbox):
    tags = Tag.objects.of(Lead)
    one, two = tags.create("vip"), tags.create("very important")
    assert tags.filter(name="vip").one().id == one.id
    assert {tag.id for tag in tags.filter(id__in=[one.id, two.id])} == {one.id, two.id}
    assert tags.search("important").one().id == two.id
    assert set(tags.in_bulk([one.id])) == {one.id}
    assert tags.get(two.id).name == "very important"
    assert tags.get_or_none(999) is None
    one.refresh()
    assert one.name == "vip"


def test_a_tag_is_renamed(kommo: Kommo, sandbox: Sandbox):
    tag = Tag.objects.of(Lead).create("vip")
    tag.name = "top"
    tag.save()
    assert sent(sandbox)[-1] == ("PATCH", f"/api/v4/leads/tags/{tag.id}", {"name": "top"})
    assert Tag.objects.of(Lead).one().name == "top"


def test_several_are_made_at_once(kommo: Kommo, sandbox: Sandbox):
    report = Tag.objects.of(Contact).bulk_create([Tag(name="a"), Tag(name="b")])
    assert (len(report.created), report.requests) == (2, 1)
    assert bodies(sandbox, "POST")[0][0].keys() == {"name", "request_id"}


def test_the_entity_of_a_tag_is_required(kommo: Kommo, sandbox: Sandbox):
    with pytest.raises(ConfigurationError, match=r"new Tag 'vip' needs its entity, such as Tag.objects.of\(Lead\)"):
        Tag(name="vip").save()
    with pytest.raises(ConfigurationError, match="needs its entity"):
        Tag.objects.create("vip")
    with pytest.raises(ConfigurationError, match="Tag 5 does not know its entity_type, which is part of its address"):
        Tag(id=5, name="vip").save()
    assert sent(sandbox) == []


def test_attached_tags_belong_to_the_directory_of_their_card(kommo: Kommo, sandbox: Sandbox):
    lead = Lead(name="Roof")
    lead.tags.add("vip")
    lead.save(refresh=True)
    assert Tag.objects.of(Lead).one().id == lead.tags.ids[0]
    contact = Contact(name="Ann")
    contact.tags.add(Tag.objects.of(Contact).create("vip"))
    contact.save(refresh=True)
    assert contact.tags.names == ("vip",)
    assert contact.tags.ids != lead.tags.ids


async def test_the_same_in_async_code(sandbox: Sandbox):
    async with sandbox.connect():
        tag = await Tag.objects.of(Lead).acreate("vip")
        assert [found.id async for found in Tag.objects.of(Lead)] == [tag.id]


def test_only_tags_of_leads_have_colours_and_only_kommos_own(kommo: Kommo, sandbox: Sandbox):
    with pytest.raises(ConfigurationError, match="only tags of leads have colours, those of contacts have none"):
        Tag.objects.of(Contact).create("vip", color="FFCE5A")
    with pytest.raises(ValueError, match="'123456' is no colour that a tag can be given"):
        Tag.objects.of(Lead).create("vip", color="123456")
    assert sent(sandbox) == []


def test_a_colour_that_kommo_does_not_list_can_be_read():
    (tag,) = Tag.hydrate([{"id": 1, "name": "old", "color": "123456"}])
    assert tag.color == "123456"
