"""Short links: answered without ids or marks, so they are paired by their place, and only then."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from kommo_orm import ConfigurationError, Contact, FlushError, Kommo, NotLoaded, QueryError, Session, ShortLink
from kommo_orm.sandbox import Sandbox
from tests.account import bodies, sent

URL = "/api/v4/short_links"
OFFER = "https://shop.example/offer"


@pytest.fixture
def ann(sandbox: Sandbox) -> int:
    return int(sandbox.add("contacts", name="Ann")["id"])


def test_one(kommo: Kommo, sandbox: Sandbox, ann: int):
    link = ShortLink.objects.create(OFFER, ann)
    assert sent(sandbox) == [("POST", URL, [{"url": OFFER, "metadata": {"entity_type": "contacts", "entity_id": ann}}])]
    assert link.short_url.startswith("https://kommo.example/K/")
    assert link.id == link.short_url == link.pk
    assert (link.url, link.entity_id, link.account_id) == (OFFER, ann, sandbox.account.id)
    assert link.metadata == {"entity_type": "contacts", "entity_id": ann}
    assert not link.has_changes
    assert link.entity == Contact(id=ann)
    link.save()
    assert len(sent(sandbox)) == 1


def test_many_go_250_at_a_time_and_each_gets_its_own(kommo: Kommo, sandbox: Sandbox, ann: int):
    links = [ShortLink(url=f"{OFFER}/{at}", entity=Contact(id=ann)) for at in range(251)]
    report = ShortLink.objects.bulk_create(links)
    assert sorted(len(body) for body in bodies(sandbox, "POST")) == [1, 250]
    assert len(report.created) == 251
    stored = {row["short_url"]: row["url"] for row in sandbox.rows("short_links")}
    assert all(stored[link.short_url] == link.url for link in links)


def test_whose_link_it_is_stays_known(kommo: Kommo, ann: int):
    links = [ShortLink(url=OFFER, entity_id=ann), ShortLink(url=OFFER, entity=Contact(id=ann))]
    ShortLink.objects.bulk_create(links)
    for link in (*links, ShortLink.objects.create(OFFER, ann)):
        assert (link.entity_type, link.entity_id, link.entity) == ("contacts", ann, Contact(id=ann))
        assert not link.has_changes


def test_a_value_that_the_answer_lacks_cannot_be_refreshed(kommo: Kommo, sandbox: Sandbox, ann: int):
    answered(sandbox, [{"url": "https://s.example/1"}])
    link = ShortLink.objects.create(OFFER, ann)
    for unknown in (link, ShortLink(id="https://s.example/1"), ShortLink(url=OFFER, entity_id=ann)):
        with pytest.raises(NotLoaded) as caught:
            _ = unknown.account_id
        assert "refresh" not in str(caught.value)


def test_a_new_contact_is_saved_first(kommo: Kommo, sandbox: Sandbox):
    with Session(kommo) as session:
        link = ShortLink(url=OFFER, entity=Contact(name="Ben"))
        session.add(link)
    assert [path for _, path, _ in sent(sandbox)] == ["/api/v4/contacts", URL]
    assert link.entity is not None
    assert link.metadata["entity_id"] == link.entity.pk


ROWS = [{"url": f"https://s.example/{at}", "account_id": 1, "metadata": {}} for at in range(3)]


def answered(sandbox: Sandbox, rows: Any) -> None:
    sandbox.faults.next(path=URL, body={"_embedded": {"short_links": rows}}, applied=True)


def test_rows_of_another_length_prove_nothing(kommo: Kommo, sandbox: Sandbox, ann: int):
    answered(sandbox, ROWS[:2])
    links = [ShortLink(url=f"{OFFER}/{at}", entity=Contact(id=ann)) for at in range(3)]
    with pytest.raises(FlushError) as caught:
        ShortLink.objects.bulk_create(links)
    assert len(caught.value.report.uncertain) == 3
    assert all(link.is_new for link in links)


def test_an_object_in_place_of_the_list_is_read_by_its_indices(kommo: Kommo, sandbox: Sandbox, ann: int):
    answered(sandbox, {"2": ROWS[2], "0": ROWS[0], "1": ROWS[1]})
    links = [ShortLink(url=f"{OFFER}/{at}", entity=Contact(id=ann)) for at in range(3)]
    ShortLink.objects.bulk_create(links)
    assert [link.short_url for link in links] == [row["url"] for row in ROWS]


def test_one_bad_link_does_not_take_the_others_with_it(kommo: Kommo, sandbox: Sandbox, ann: int):
    links = [ShortLink(url=f"{OFFER}/{at}", entity_id=ann, entity_type="contacts") for at in range(3)]
    links[1] = ShortLink(url=OFFER, entity=Contact(id=999))
    with pytest.raises(FlushError) as caught:
        ShortLink.objects.bulk_create(links)
    report = caught.value.report
    assert [one.object for one in report.failed] == [links[1]]
    assert report.created == [links[0], links[2]]


def test_they_are_not_read_again(kommo: Kommo, sandbox: Sandbox, ann: int):
    link = ShortLink.objects.create(OFFER, ann)
    for read in (ShortLink.objects.list, link.refresh, lambda: ShortLink.objects.get(link.short_url)):  # type: ignore[arg-type]
        with pytest.raises(QueryError, match="cannot read short links"):
            read()
    link.url = "https://other.example"
    with pytest.raises(ConfigurationError, match="at creation only"):
        link.save()
    assert len(sandbox.log) == 1


def test_bad_input_is_not_sent(kommo: Kommo, sandbox: Sandbox):
    with pytest.raises(ConfigurationError, match="for a contact"):
        ShortLink(url=OFFER).save()
    with pytest.raises(ConfigurationError, match="without url"):
        ShortLink(entity=Contact(id=5)).save()
    with pytest.raises(ValidationError, match="whole address"):
        ShortLink(url="shop.example", entity=Contact(id=5))
    assert sent(sandbox) == []


@pytest.mark.anyio
async def test_async(sandbox: Sandbox, ann: int):
    async with sandbox.connect() as kommo:
        link = await ShortLink.objects.using(kommo).acreate(OFFER, Contact(id=ann))
        assert link.short_url
        report = await ShortLink.objects.abulk_create([ShortLink(url=OFFER, entity=Contact(id=ann))])
        assert len(report.created) == 1
