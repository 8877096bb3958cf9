"""Files of the drive: what their rows tell, what is asked for them, renaming, versions, the trash."""

from __future__ import annotations

import copy
import pickle
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

import pytest

from kommo_orm import (
    ConfigurationError,
    DriveFile,
    FileMetadata,
    FileVersion,
    FilterIgnored,
    FlushError,
    Forbidden,
    Kommo,
    Lead,
    NotFound,
    QueryError,
    Session,
)
from kommo_orm.sandbox import Sandbox
from tests.account import sent

FILES = "/v1.0/files"
SINCE = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
UUID = "5d0c1f1e-5a0e-4f57-a8a4-51c8d4f8a8c2"
ROW: dict[str, Any] = {
    "id": 901,
    "uuid": UUID,
    "version_uuid": "4e316440-4122-4cad-b121-9709882b4cc1",
    "type": "image",
    "name": "Plan",
    "sanitized_name": "Plan.png",
    "size": "700000",
    "metadata": {"extension": "png", "mime_type": "image/png", "colour": "grey"},
    "is_trashed": False,
    "source_id": None,
    "session_id": 991,
    "previews": [{"download_link": "https://drive-c.kommo.com/p/1", "width": 170, "height": 100}],
    "created_at": 1_767_323_045,
    "created_by": {"id": 939801, "type": "internal"},
    "updated_at": 1_767_323_045,
    "updated_by": [],
    "deleted_at": 0,
    "deleted_by": None,
    "billing": {"free": True},
    "_links": {
        "self": {"href": f"https://drive-c.kommo.com/v1.0/files/{UUID}"},
        "download": {"href": "https://drive-c.kommo.com/download/x"},
    },
}


def queries(sandbox: Sandbox) -> list[str]:
    return [unquote(entry.query) for entry in sandbox.log if entry.path == FILES and entry.method == "GET"]


# ---- rows
def test_a_row_is_read_with_nothing_lost():
    file = DriveFile.hydrate([copy.deepcopy({**ROW, "_id": ROW["id"], "id": UUID})])[0]
    assert (file.id, file.pk, file.uuid, file.number) == (UUID, UUID, UUID, 901)
    assert (file.size, file.type, file.session_id) == (700_000, "image", 991)
    assert file.metadata == FileMetadata.from_raw(ROW["metadata"])
    assert file.metadata is not None
    assert file.metadata.extra == {"colour": "grey"}
    assert (file.extension, file.mime_type, file.file_name) == ("png", "image/png", "Plan.png")
    assert file.previews[0].width == 170
    assert file.created_by is not None
    assert (file.created_by.id, file.created_by.type) == (939801, "internal")
    assert file.created_at == datetime.fromtimestamp(1_767_323_045, UTC)
    assert file.deleted_at is None
    assert file.deleted_by is None
    assert file.extra == {"billing": {"free": True}}
    assert file.download_url == "https://drive-c.kommo.com/download/x"
    assert file.model_dump()["metadata"]["extension"] == "png"
    for twin in (copy.deepcopy(file), pickle.loads(pickle.dumps(file))):
        assert twin.pk == UUID
        assert hash(twin) == hash(file)


@pytest.mark.parametrize(
    "odd",
    [
        {"metadata": None},
        {"metadata": []},
        {"metadata": False},
        {"previews": None},
        {"previews": False},
        {"created_by": []},
        {"created_by": None},
        {"_links": []},
        {"_links": None},
        {"updated_at": 0},
        {"size": "0"},
        {"source_id": "7"},
        {"is_trashed": "1"},
    ],
)
def test_odd_values_break_nothing(odd: dict[str, Any]):
    file = DriveFile.hydrate([{**ROW, "id": UUID, **odd}])[0]
    file.model_dump()
    assert file.file_name in ("Plan", "Plan.png")
    assert file.previews == [] or "previews" not in odd
    assert file.download_url is None or "_links" not in odd


def test_a_name_keeps_one_extension():
    assert DriveFile.hydrate([{**ROW, "id": UUID, "name": "Plan.PNG"}])[0].file_name == "Plan.PNG"


def test_the_service_keeps_its_number_beside_the_uuid(kommo: Kommo, sandbox: Sandbox):
    made = sandbox.add_file("a.pdf")
    for file in (DriveFile.objects.get(made["uuid"]), DriveFile.objects.one()):
        assert (file.id, file.number) == (made["uuid"], made["id"])


# ---- asking
@pytest.mark.parametrize(
    ("lookups", "asked"),
    [
        ({"id": UUID}, f"filter[uuid]={UUID}"),
        ({"id__in": ["a-1", "b-2"]}, "filter[uuid]=a-1,b-2"),
        ({"name": "plan"}, "filter[name]=plan"),
        ({"extension": ".pdf"}, "filter[extensions][]=pdf"),
        ({"extension__in": ["pdf", "png"]}, "filter[extensions][]=pdf&filter[extensions][]=png"),
        ({"source_id": 5}, "filter[source_id]=5"),
        ({"size__gte": 10}, "filter[size][from]=10"),
        ({"size__lte": 20}, "filter[size][to]=20"),
        ({"size__range": (10, 20)}, "filter[size][from]=10&filter[size][to]=20"),
        ({"created_at__gte": SINCE}, "filter[date][type]=created_at&filter[date][from]=1767323045"),
        (
            {"updated_at__range": (SINCE, SINCE)},
            "filter[date][type]=updated_at&filter[date][from]=1767323045&filter[date][to]=1767323045",
        ),
        (
            {"updated_at__lte": SINCE, "updated_at__gte": SINCE},
            "filter[date][type]=updated_at&filter[date][from]=1767323045&filter[date][to]=1767323045",
        ),
        ({"created_during": "last_3_days"}, "filter[date][type]=created_at&filter[date][date_preset]=last_3_days"),
        ({"updated_during": "year"}, "filter[date][type]=updated_at&filter[date][date_preset]=year"),
        ({"created_by": 0}, "filter[created_by][]=0"),
        ({"updated_by__in": [-1, 42]}, "filter[updated_by][]=-1&filter[updated_by][]=42"),
    ],
)
def test_filters_in_the_drives_own_words(kommo: Kommo, sandbox: Sandbox, lookups: Any, asked: str):
    assert DriveFile.objects.filter(**lookups).list() == []
    assert queries(sandbox) == [f"{asked}&page=1&limit=50"]


def test_the_other_ways_to_ask(kommo: Kommo, sandbox: Sandbox):
    query = DriveFile.objects.include("deleted", "unbilled").search("roof").deleted()
    query.filter(DriveFile.size.between(1, 5), DriveFile.id == UUID).list()
    assert queries(sandbox) == [
        "with=deleted,unbilled&filter[term]=roof&filter[deleted]=1&filter[size][from]=1&filter[size][to]=5"
        f"&filter[uuid]={UUID}&page=1&limit=50"
    ]


@pytest.mark.parametrize(
    ("lookups", "says"),
    [
        ({"created_at__gte": SINCE, "updated_at__gte": SINCE}, "one filter by date"),
        ({"created_at__gte": SINCE, "created_during": "day"}, "one filter by date"),
        ({"created_during": "today"}, "expected one of day"),
        ({"name": " "}, "every file"),
        ({"extension": "."}, "such as 'pdf'"),
        ({"created_by": "Ann"}, "whole number"),
        ({"size": 5}, "size__"),
        ({"is_trashed": True}, "cannot filter"),
    ],
)
def test_what_the_drive_cannot_is_refused_before_it_is_asked(kommo: Kommo, sandbox: Sandbox, lookups: Any, says: str):
    with pytest.raises(QueryError, match=says):
        DriveFile.objects.filter(**lookups).list()
    with pytest.raises(QueryError, match="order"):
        DriveFile.objects._set_order("name")
    assert sandbox.log == []


def test_what_the_filters_find(kommo: Kommo, sandbox: Sandbox):
    plan, photo = sandbox.add_file("Plan.pdf", b"x" * 100, "application/pdf"), sandbox.add_file("roof.PNG", b"x")
    lead = Lead.objects.create(name="Villa")
    lead.files.attach(DriveFile(id=photo["uuid"]))

    def found(**lookups: Any) -> list[str]:
        return [file.id for file in DriveFile.objects.filter(**lookups)]

    assert found(name="pla") == found(name="plan.pdf") == found(size__gte=100) == [plan["uuid"]]
    assert found(extension="png") == found(size__lte=1) == [photo["uuid"]]
    owner = sandbox.account.owner_id
    assert len(found(created_during="day")) == len(found(created_by=owner)) == 2
    assert found(created_by=owner + 1) == []
    assert [file.id for file in DriveFile.objects.search("villa")] == [photo["uuid"]]
    assert DriveFile.objects.filter(size__gte=1000).first() is None


async def test_the_async_face(kommo: Kommo, sandbox: Sandbox):
    uuids = [sandbox.add_file(f"{number}.pdf")["uuid"] for number in range(3)]
    assert [file.id async for file in DriveFile.objects.all()] == uuids[::-1]
    file = await DriveFile.objects.aget(uuids[0])
    file.name = "Zero"
    await file.asave()
    assert [one.uuid for one in await file.aversions()] == [file.version_uuid]
    assert await file.auses() == []
    await file.adelete()
    assert [one.id for one in await DriveFile.objects.deleted().alist()] == [uuids[0]]
    await file.arestore()
    assert file.is_trashed is False
    await DriveFile.objects.filter(id__in=uuids[:2]).adelete()
    assert [one.id for one in await DriveFile.objects.arestore(*uuids[:2])] == uuids[:2]
    assert await DriveFile.objects.aget_or_none("no-such-file") is None
    assert set(await DriveFile.objects.ain_bulk([*uuids, "no-such-file"])) == set(uuids)


def test_pages_are_walked_to_the_end(kommo: Kommo, sandbox: Sandbox):
    for number in range(120):
        sandbox.add_file(f"{number}.txt")
    sandbox.log.clear()
    assert len({file.id for file in DriveFile.objects.iterate()}) == 120
    assert [query.rpartition("page=")[2] for query in queries(sandbox)] == ["1&limit=50", "2&limit=50", "3&limit=50"]
    assert len(DriveFile.objects.in_bulk(file["uuid"] for file in sandbox.files)) == 120
    assert DriveFile.objects.page(3).has_next is False


def test_the_count_shows_more_pages_where_links_are_missing(kommo: Kommo, sandbox: Sandbox):
    rows = [{**ROW, "uuid": f"u-{number}"} for number in range(60)]
    for part in (rows[:50], rows[50:]):
        body = {"_count": 60, "_embedded": {"files": part}, "_links": {"self": {"href": "x"}}}
        sandbox.faults.next(status=200, path=FILES, body=body)
    assert len(DriveFile.objects.list()) == 60


def test_the_drive_is_asked_for_once(kommo: Kommo, sandbox: Sandbox):
    sandbox.add_file("a.pdf")
    for _ in range(3):
        DriveFile.objects.first()
    assert [str(entry) for entry in sandbox.log if "account" in entry.path] == [
        "GET /api/v4/account?with=drive_url -> 200"
    ]
    assert {entry.request.host for entry in sandbox.log if entry.path == FILES} == {"drive-sandbox.kommo.com"}
    assert {entry.request.headers["authorization"] for entry in sandbox.log} == {"Bearer sandbox-token"}


@pytest.mark.parametrize(
    ("lookups", "row"),
    [
        ({"size__gte": 800_000}, {}),
        ({"extension": "pdf"}, {}),
        ({"name": "contract"}, {}),
        ({"created_by": 5}, {}),
        ({"id": "another"}, {}),
        ({"created_at__gte": datetime(2027, 1, 1, tzinfo=UTC)}, {}),
    ],
)
def test_a_filter_that_was_ignored_is_noticed(kommo: Kommo, sandbox: Sandbox, lookups: Any, row: dict[str, Any]):
    sandbox.faults.next(status=200, path=FILES, body={"_embedded": {"files": [{**ROW, **row}]}})
    with pytest.raises(FilterIgnored):
        DriveFile.objects.filter(**lookups).list()


def test_a_trash_that_was_not_asked_for_is_noticed(kommo: Kommo, sandbox: Sandbox):
    sandbox.faults.next(status=200, path=FILES, body={"_embedded": {"files": [ROW]}})
    with pytest.raises(FilterIgnored):
        DriveFile.objects.deleted().list()


@pytest.mark.parametrize(
    ("lookups", "row"),
    [
        ({"extension": "pdf"}, {"metadata": None}),
        ({"created_by": 5}, {"created_by": {"id": 5, "type": "external"}}),
        ({"created_by": 0}, {"created_by": None}),
        ({"created_by": -1}, {"created_by": {"id": 77, "type": "contact"}}),
        ({"created_during": "week"}, {}),
        ({"name": "PLAN.png"}, {}),
    ],
)
def test_values_that_a_row_lacks_are_not_verified(kommo: Kommo, sandbox: Sandbox, lookups: Any, row: dict[str, Any]):
    sandbox.faults.next(status=200, path=FILES, body={"_embedded": {"files": [{**ROW, **row}]}})
    assert len(DriveFile.objects.filter(**lookups).list()) == 1


@pytest.mark.parametrize("status", [204, 404])
def test_a_file_that_is_not_there(kommo: Kommo, sandbox: Sandbox, status: int):
    sandbox.faults.next(status=status, path=f"{FILES}/*", body="" if status == 204 else "not found", html=status == 404)
    with pytest.raises(NotFound, match=f"no DriveFile {UUID}"):
        DriveFile.objects.get(UUID)
    with pytest.raises(QueryError, match="text"):
        DriveFile.objects.get(5)  # type: ignore[arg-type]


# ---- writing
def test_a_file_is_renamed_and_nothing_else_is_sent(kommo: Kommo, sandbox: Sandbox):
    file = DriveFile.objects.get(sandbox.add_file("Plan.pdf")["uuid"])
    file.name = "Plan of the roof"
    file.save()
    assert sent(sandbox) == [("PATCH", f"{FILES}/{file.id}", {"name": "Plan of the roof"})]
    assert not file.has_changes
    assert file.file_name == "Plan of the roof.pdf"
    reference = DriveFile(id=file.id)
    reference.name = "Roof"
    reference.save()
    assert sandbox.files[0]["name"] == "Roof"
    assert reference.size == 7


def test_versions(kommo: Kommo, sandbox: Sandbox):
    file = DriveFile.objects.upload(b"one", name="Plan.txt")
    first = file.version_uuid
    again = DriveFile.objects.upload(b"second", name="Plan.txt", version_of=file)
    assert (again.id, again.size) == (file.id, 6)
    assert file.version_uuid == again.version_uuid != first
    versions = file.versions()
    assert [(one.size, one.is_main) for one in versions] == [(6, True), (3, False)]
    assert all(isinstance(one, FileVersion) and one.file_uuid == file.id for one in versions)
    assert [one.id for one in versions] == [again.version_uuid, first]
    file.version_uuid = versions[1].id
    file.save()
    assert sent(sandbox)[-1] == ("PATCH", f"{FILES}/{file.id}", {"version_uuid": first})
    file.refresh()
    assert (file.size, file.version_uuid) == (3, first)


def test_a_new_file_is_uploaded_not_saved(kommo: Kommo, sandbox: Sandbox):
    for make in (lambda: DriveFile(name="x").save(), lambda: DriveFile.objects.bulk_create([DriveFile(name="x")])):
        with pytest.raises(ConfigurationError, match=r"a file comes to the drive by DriveFile.objects.upload\("):
            make()
    assert not sandbox.log


def test_a_save_is_of_a_name_or_of_a_version(kommo: Kommo, sandbox: Sandbox):
    file = DriveFile.objects.get(sandbox.add_file("Plan.pdf")["uuid"])
    sandbox.log.clear()
    file.name, file.version_uuid = "x", UUID
    with pytest.raises(ConfigurationError, match="one at a time"):
        file.save()
    file.revert()
    file.name = " "
    with pytest.raises(ConfigurationError, match="name of a file cannot be empty"):
        file.save()
    with pytest.raises(ConfigurationError, match="upload"):
        DriveFile().save()
    with pytest.raises(ConfigurationError, match="upload"):
        DriveFile().uses()
    assert sandbox.log == []


def test_deleting_and_restoring(kommo: Kommo, sandbox: Sandbox):
    file = DriveFile.objects.get(sandbox.add_file("Plan.pdf")["uuid"])
    file.delete()
    assert sent(sandbox)[-1] == ("DELETE", FILES, [{"uuid": file.id}])
    assert DriveFile.objects.list() == []
    assert [one.id for one in DriveFile.objects.deleted()] == [file.id]
    assert DriveFile.objects.deleted().get(file.id).is_trashed
    assert DriveFile.objects.include("deleted").one().id == file.id
    file.restore()
    assert sent(sandbox)[-1] == ("POST", f"{FILES}/restore", [{"uuid": file.id}])
    assert file.is_trashed is False
    assert DriveFile.objects.one().id == file.id


def test_a_session_deletes_in_batches(kommo: Kommo, sandbox: Sandbox):
    for number in range(60):
        sandbox.add_file(f"{number}.txt")
    with Session(kommo) as session:
        for file in session.query(DriveFile).filter(extension="txt"):
            session.delete(file)
    deletions = [body for verb, _, body in sent(sandbox) if verb == "DELETE"]
    assert sorted(map(len, deletions)) == [10, 50]
    assert len(session.report.deleted) == 60
    files = list(DriveFile.objects.deleted())
    assert len(DriveFile.objects.restore(*files)) == 60


def test_one_that_is_gone_keeps_no_other(kommo: Kommo, sandbox: Sandbox):
    there = DriveFile.objects.get(sandbox.add_file("Plan.pdf")["uuid"])
    session = Session(kommo)
    session.add(gone := DriveFile(id=UUID), there)
    session.delete(gone)
    session.delete(there)
    with pytest.raises(FlushError) as caught:
        session.commit()
    assert [failed.object for failed in caught.value.report.failed] == [gone]
    assert caught.value.report.deleted == [there]


def test_who_uses_a_file(kommo: Kommo, sandbox: Sandbox):
    file = DriveFile.objects.get(sandbox.add_file("Plan.pdf")["uuid"])
    lead = Lead.objects.create(name="Villa", price=1200)
    lead.files.attach(file)
    (use,) = file.uses()
    assert (use.entity_type, use.id, use.name, use.price) == ("leads", lead.id, "Villa", 1200)
    assert use.date_create is not None
    assert use.date_create.tzinfo is UTC
    body = {"file_uuid": file.id, "entities": {"3": {"id": "5", "entity_type": "leads", "price": "x", "new": 1}}}
    sandbox.faults.next(status=200, path="*/links", body=body)
    (odd,) = file.uses()
    assert (odd.id, odd.price, odd.extra) == (5, None, {"price": "x", "new": 1})
    sandbox.faults.next(status=204, path="*/links", body="")
    assert file.uses() == []


def test_no_access_to_files_is_a_plain_message(kommo: Kommo, sandbox: Sandbox):
    sandbox.faults.next(status=403, path=FILES, body="Access denied: scope files", html=True)
    with pytest.raises(Forbidden, match="scopes"):
        DriveFile.objects.list()
    Lead.objects.list()  # and the account is not blocked for it
