"""Sources: an integration's own, by id or external id; many at once but for what only one takes."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from kommo_orm import (
    BadRequest,
    ConfigurationError,
    FlushError,
    Kommo,
    Lead,
    NotFound,
    QueryError,
    Session,
    Source,
    SourcePage,
    SourceService,
)
from kommo_orm.sandbox import Sandbox
from tests.account import sent

URL = "/api/v4/sources"


def test_create_and_read(kommo: Kommo, sandbox: Sandbox):
    page = SourcePage(id="1", name="Sales", link="34600111222")
    service = SourceService(type="whatsapp", pages=[page], params={"waba": True})
    source = Source.objects.create("Landing", "land-1", default=True, origin_code="amo.ext.7", services=[service])
    assert sent(sandbox) == [
        (
            "POST",
            URL,
            [
                {
                    "name": "Landing",
                    "external_id": "land-1",
                    "default": True,
                    "origin_code": "amo.ext.7",
                    "services": [
                        {
                            "type": "whatsapp",
                            "pages": [{"id": "1", "name": "Sales", "link": "34600111222"}],
                            "params": {"waba": True},
                        }
                    ],
                    "request_id": "0",
                }
            ],
        )
    ]
    found = Source.objects.get(source.id)
    assert (found.name, found.external_id, found.default, found.origin_code) == ("Landing", "land-1", True, "amo.ext.7")
    assert found.pipeline_id == sandbox.account.get_main_pipeline()["id"]
    assert found.services[0].pages[0].link == "34600111222"
    assert found.services[0].params.waba is True
    with pytest.raises(NotFound):
        Source.objects.get(999)


def test_filters(kommo: Kommo, sandbox: Sandbox):
    Source.objects.bulk_create([Source(name=f"S{at}", external_id=f"s-{at}") for at in range(3)])
    assert [one.name for one in Source.objects.list()] == ["S0", "S1", "S2"]
    assert Source.objects.filter(external_id="s-1").one().name == "S1"
    assert [one.name for one in Source.objects.filter(Source.external_id.in_("s-0", "s-2"))] == ["S0", "S2"]
    assert Source.objects.filter(external_id="x").first() is None
    with pytest.raises(QueryError):
        Source.objects.apply({"name": "S1"})


def test_services_change_in_place(kommo: Kommo, sandbox: Sandbox):
    source = Source.objects.create("Landing", "land-1", services=[SourceService(type="whatsapp")])
    found = Source.objects.get(source.id)
    found.services[0].pages.append(SourcePage(id="1", name="Sales", link="34600"))
    found.save()
    assert sent(sandbox)[-1] == (
        "PATCH",
        f"{URL}/{source.id}",
        {"services": [{"type": "whatsapp", "pages": [{"id": "1", "name": "Sales", "link": "34600"}]}]},
    )


def test_many_are_updated_a_hundred_at_a_time_and_external_ids_by_themselves(kommo: Kommo, sandbox: Sandbox):
    sources = [Source(name=f"S{at}", external_id=f"s-{at}") for at in range(100)]
    Source.objects.bulk_create(sources)
    assert [len(body) for _, _, body in sent(sandbox)] == [100]
    for at, source in enumerate(sources):
        source.name = f"T{at}"
    sources[3].external_id = "other"
    Source.objects.bulk_update(sources)
    written = sent(sandbox)[1:]
    assert sorted(path for _, path, _ in written) == [URL, f"{URL}/{sources[3].id}"]
    many = next(body for _, path, body in written if path == URL)
    assert len(many) == 99
    assert not any("external_id" in row for row in many)
    assert all(row["name"].startswith("T") for row in sandbox.rows("sources"))
    assert len(Source.objects.all().update(name="Same").updated) == 100


def test_deletion_of_one_and_of_many(kommo: Kommo, sandbox: Sandbox):
    sources = [Source(name=f"S{at}", external_id=f"s-{at}") for at in range(4)]
    Source.objects.bulk_create(sources)
    sources[0].delete()
    assert sent(sandbox)[-1] == ("DELETE", f"{URL}/{sources[0].id}", None)
    Source.objects.filter(external_id__in=["s-1", "s-2"]).delete()
    assert sent(sandbox)[-1] == ("DELETE", URL, [{"id": sources[1].id}, {"id": sources[2].id}])
    with Session(kommo) as session:
        session.delete(session.get(Source, sources[3].id))
    assert sandbox.rows("sources") == []
    with pytest.raises(NotFound):
        sources[0].delete()


def test_the_default_is_one(kommo: Kommo, sandbox: Sandbox):
    first = Source.objects.create("One", "1a", default=True)
    second = Source.objects.create("Two", "2a")
    second.default = True
    second.save()
    first.refresh()
    assert (first.default, second.default) == (False, True)


def test_what_is_taken_is_refused_by_name(kommo: Kommo):
    Source.objects.create("One", "1a")
    with pytest.raises(BadRequest) as caught:
        Source.objects.create("Two", "1a")
    assert [(item.field, item.code) for item in caught.value.items] == [("external_id", "SourceAlreadyExists")]
    with pytest.raises(FlushError) as failed:
        Source.objects.bulk_create([Source(name="Two", external_id="1a"), Source(name="Three", external_id="3a")])
    assert [one.name for one in failed.value.report.created] == ["Three"]


@pytest.mark.parametrize("code", ["", "12345", "x" * 21, 5])
def test_bad_origin_codes(code: object):
    with pytest.raises(ValidationError):
        Source(name="x", external_id="y", origin_code=code)  # type: ignore[arg-type]


def test_bad_input_is_not_sent(kommo: Kommo, sandbox: Sandbox):
    with pytest.raises(ConfigurationError, match="without external_id"):
        Source(name="x").save()
    with pytest.raises(ValidationError, match="not empty"):
        Source(name="x", external_id=" ")
    source = Source(id=5)
    source.origin_code = None  # type: ignore[assignment]
    with pytest.raises(ConfigurationError, match="cannot be removed"):
        source.save()
    assert sent(sandbox) == []


def test_a_lead_has_its_source(kommo: Kommo, sandbox: Sandbox):
    source = Source.objects.create("Landing", "land-1")
    made = kommo.request(
        "POST",
        "/api/v4/leads",
        json=[{"name": "x", "_embedded": {"source": {"external_id": "land-1", "type": "widget"}}}],
    ).json()
    lead = Lead.objects.include("source", "source_id").get(made["_embedded"]["leads"][0]["id"])
    assert lead.lead_source is not None
    assert isinstance(lead.lead_source, Source)
    assert (lead.lead_source.id, lead.lead_source.name, lead.source_id) == (source.id, "Landing", source.id)
    lead.lead_source.refresh()


def test_a_new_lead_is_given_its_source(kommo: Kommo, sandbox: Sandbox):
    source = Source.objects.create("Landing", "land-1")
    lead = Lead(name="x", lead_source=source)
    assert list(lead.changes) == ["name", "lead_source"]
    lead.tags.add("vip")
    lead.save()
    assert sent(sandbox)[-1][2][0]["_embedded"]["source"] == {"external_id": "land-1", "type": "widget"}
    assert not lead.has_changes
    assert lead.lead_source is source
    read = Lead.objects.include("source").get(lead.id)
    assert read.lead_source is not None
    assert read.lead_source.id == source.id
    with pytest.raises(ConfigurationError, match="of a stored lead cannot be changed"):
        read.lead_source = source
    with pytest.raises(ConfigurationError, match="external_id"):
        Lead(name="x", lead_source=Source(id=source.id))
    [made] = Lead.objects.create_complex(Lead(name="y", lead_source=source))
    assert sent(sandbox)[-1][2][0]["_embedded"]["source"]["external_id"] == "land-1"
    assert not made.lead.has_changes


def test_odd_rows_are_read():
    rows = [
        {"id": 1, "name": 5, "services": [{"type": "whatsapp", "pages": {}, "params": [], "new": 1}], "pipeline_id": 0},
        {"id": "2", "name": "x", "external_id": 77, "services": None, "default": "1", "origin_code": False},
    ]
    first, second = Source.hydrate(rows)
    assert (first.name, first.pipeline_id) == ("5", None)
    assert first.services[0].params.waba is None
    assert first.services[0].extra == {"new": 1}
    assert (second.external_id, second.default, second.services, second.origin_code) == ("77", True, [], None)


@pytest.mark.anyio
async def test_async(sandbox: Sandbox):
    async with sandbox.connect() as kommo:
        source = await Source.objects.using(kommo).acreate("Landing", "land-1")
        source.name = "Other"
        await source.asave()
        assert [one.name async for one in Source.objects.aiterate()] == ["Other"]
        await Source.objects.filter(external_id="land-1").aupdate(name="Third")
        assert (await Source.objects.aget(source.id)).name == "Third"
        await Source.objects.all().adelete()
        assert await Source.objects.alist() == []


@pytest.mark.parametrize("values", [{"default": True}, {"external_id": "x"}])
def test_what_one_source_has_is_not_given_to_many(kommo: Kommo, sandbox: Sandbox, values: dict[str, object]):
    Source.objects.create("A", "a-1")
    Source.objects.create("B", "b-1")
    with pytest.raises(QueryError, match="At most one source"):
        Source.objects.all().update(**values)  # type: ignore[arg-type]
    assert len(sent(sandbox)) == 2


def test_a_source_has_a_name(kommo: Kommo, sandbox: Sandbox):
    with pytest.raises(ValidationError, match="not empty"):
        Source.objects.create(" ", "a-1")
    assert sent(sandbox) == []


def test_an_answer_without_marks_is_paired_by_external_id(kommo: Kommo, sandbox: Sandbox):
    """No page of Kommo's says that sources echo `request_id`; no two of them have the same external id."""
    rows = [{"id": 6002, "name": "B", "external_id": "b"}, {"id": 6001, "name": "A", "external_id": "a"}]
    sandbox.faults.next(method="POST", path=URL, status=200, body={"_embedded": {"sources": rows}})
    sources = [Source(name=name.upper(), external_id=name) for name in "ab"]
    Source.objects.bulk_create(sources)
    assert [source.id for source in sources] == [6001, 6002]
    sandbox.faults.next(method="POST", path=URL, status=200, body={"_embedded": {"sources": rows[:1]}})
    again = [Source(name=name.upper(), external_id=name) for name in "ab"]
    with pytest.raises(FlushError) as caught:
        Source.objects.bulk_create(again)
    assert (caught.value.report.created, caught.value.report.uncertain) == ([again[1]], [again[0]])
