"""`lead.files` and its like: attaching, listing, detaching; files in fields and in notes."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from kommo_orm import (
    AttachedFile,
    Attachment,
    CatalogElement,
    Company,
    ConfigurationError,
    Contact,
    DriveFile,
    File,
    Files,
    FileValue,
    Kommo,
    Lead,
    NotFound,
    NotLoaded,
    UncertainWrite,
    custom,
)
from kommo_orm.sandbox import Sandbox
from tests.account import asked, bodies, sent


class Deal(Lead):
    contract: File = custom(name="Contract")
    papers: Files = custom(name="Papers")


@pytest.fixture
def lead(kommo: Kommo, sandbox: Sandbox) -> Lead:
    made = Lead.objects.create(name="Villa")
    sandbox.log.clear()
    return made


def stored(sandbox: Sandbox, name: str = "Plan.pdf") -> DriveFile:
    return DriveFile.objects.get(sandbox.add_file(name)["uuid"])


def test_a_path_is_uploaded_and_attached(lead: Lead, sandbox: Sandbox, tmp_path: Path):
    (tmp_path / "plan.pdf").write_bytes(b"content")
    told: list[tuple[int, int]] = []
    file = lead.files.attach(tmp_path / "plan.pdf", progress=lambda arrived, total: told.append((arrived, total)))
    assert sent(sandbox)[-1] == ("PUT", f"/api/v4/leads/{lead.id}/files", [{"file_uuid": file.id}])
    assert told == [(7, 7)]
    assert [one.file_uuid for one in lead.files.list()] == [file.id]
    assert [one.id for one in lead.files.all()] == [file.id]
    assert sandbox.content(file.id) == b"content"


def test_several_at_once(lead: Lead, sandbox: Sandbox, tmp_path: Path):
    (tmp_path / "a.txt").write_bytes(b"12345")
    (tmp_path / "b.txt").write_bytes(b"123")
    there, told = stored(sandbox), []
    sandbox.account.drive.max_part_size = 4
    made = lead.files.attach(
        tmp_path / "a.txt", there, tmp_path / "b.txt", progress=lambda arrived, total: told.append((arrived, total))
    )
    assert [one.file_name for one in made] == ["a.txt", "Plan.pdf", "b.txt"]
    assert told == [(4, 8), (5, 8), (8, 8)]
    assert bodies(sandbox, "PUT") == [[{"file_uuid": one.id} for one in made]]
    assert [one.id for one in lead.files.all()] == [one.id for one in made[::-1]]  # the newest first


async def test_bytes_are_given_a_name(lead: Lead, sandbox: Sandbox, tmp_path: Path):
    assert lead.files.attach(b"content", name="offer.pdf").file_name == "offer.pdf"
    (tmp_path / "a.txt").write_bytes(b"12345")
    assert (await lead.files.aattach(tmp_path / "a.txt", name="b.txt")).file_name == "b.txt"
    sandbox.log.clear()
    with pytest.raises(ConfigurationError, match=r'give one, name="plan.pdf"'):
        lead.files.attach(b"content")
    for files in ((b"1", b"2"), (DriveFile(id="5d0c"),)):
        with pytest.raises(ConfigurationError, match="name= for one file that is uploaded"):
            await lead.files.aattach(*files, name="x.txt")  # type: ignore[call-overload]
    assert not sandbox.log


@pytest.mark.parametrize("cls", [Lead, Contact, Company])
async def test_cards_of_each_kind(kommo: Kommo, sandbox: Sandbox, cls: Any):
    card = await cls.objects.acreate(name="x")
    file = await card.files.aattach(stored(sandbox))
    assert sent(sandbox)[-1][1] == f"/api/v4/{cls.__kommo_kind__}/{card.id}/files"
    assert [one.file_uuid async for one in card.files.aiterate()] == [file.id]
    assert [one.id for one in await card.files.aall()] == [file.id]
    await card.files.adetach(*await card.files.alist())
    assert await card.files.alist() == []


def test_files_of_a_list_element(kommo: Kommo, sandbox: Sandbox):
    catalog = sandbox.add("catalogs", name="Cars")
    car = CatalogElement.objects.of(catalog["id"]).create("Van")
    file = car.files.attach(stored(sandbox))
    assert [one.file_uuid for one in car.files.list()] == [file.id]
    car.files.detach(file)
    address = f"/api/v4/catalogs/{catalog['id']}/{car.id}/files"
    assert [(verb, path) for verb, path, _ in sent(sandbox)[-2:]] == [("PUT", address), ("DELETE", address)]
    assert car.files.list() == []


def test_detaching_leaves_the_file_on_the_drive(lead: Lead, sandbox: Sandbox):
    files = [stored(sandbox, f"{number}.txt") for number in range(3)]
    lead.files.attach(*files)
    rows = lead.files.list()
    lead.files.detach(files[0], rows[0], files[1].id)
    wanted = [files[0].id, files[2].id, files[1].id]
    assert sent(sandbox)[-1] == ("DELETE", f"/api/v4/leads/{lead.id}/files", [{"file_uuid": uuid} for uuid in wanted])
    assert lead.files.list() == []
    assert len(DriveFile.objects.list()) == 3


def test_lists_are_read_to_the_end_by_the_lowest_number(lead: Lead, sandbox: Sandbox):
    for number in range(120):
        sandbox.add_file(f"{number}.txt")
    lead.files.attach(*[DriveFile(id=row["uuid"]) for row in sandbox.files])
    assert list(map(len, bodies(sandbox, "PUT"))) == [50, 50, 20]
    sandbox.log.clear()
    rows = lead.files.list()
    assert len({row.id for row in rows}) == 120
    queries = [unquote(entry.query) for entry in sandbox.log]
    assert queries == ["limit=50", f"limit=50&before_id={rows[49].id}", f"limit=50&before_id={rows[99].id}"]
    assert list(lead.files.iterate()) == rows
    assert len(lead.files.all()) == 120


@pytest.mark.parametrize(
    "body",
    [
        {"_embedded": {"files": []}, "_links": {"next": {"href": "x"}}},
        {"_embedded": []},
        {"_embedded": None, "_links": []},
        [],
        {},
    ],
)
def test_empty_lists_of_all_kinds(lead: Lead, sandbox: Sandbox, body: Any):
    sandbox.faults.next(status=200, path="*/files", body=body)
    assert lead.files.list() == []


def test_odd_rows(lead: Lead, sandbox: Sandbox):
    rows = {"4": {"id": "7001", "file_uuid": "u-1", "new": 1}, "5": None}
    sandbox.faults.next(status=200, path="*/files", body={"_embedded": {"files": rows}})
    assert lead.files.list() == [AttachedFile(7001, "u-1")]


def test_a_page_that_never_ends_is_left(lead: Lead, sandbox: Sandbox):
    body = {"_embedded": {"files": [{"id": 7, "file_uuid": "u"}]}, "_links": {"next": {"href": "x"}}}
    sandbox.faults.next(status=200, path="*/files", times=None, body=body)
    assert len(lead.files.list()) == 2


def test_files_in_the_trash_are_attached_still_and_absent_from_the_drive(lead: Lead, sandbox: Sandbox):
    file = lead.files.attach(stored(sandbox))
    file.delete()
    assert len(lead.files.list()) == 1
    assert lead.files.all() == []


def test_getting_the_manager_sends_no_request(lead: Lead, sandbox: Sandbox):
    files = lead.files
    assert repr(files) == f"<files of Lead {lead.id}>"
    with pytest.raises(NotLoaded, match=r"lead\.files\.list\(\) reads them"):
        iter(files)
    with pytest.raises(NotLoaded):
        len(files)
    with pytest.raises(AttributeError, match="methods"):
        lead.files = []  # type: ignore[assignment]
    assert sandbox.log == []


@pytest.mark.parametrize("given", [(), (5,), (DriveFile(),), (b"x",)])
def test_bad_input_is_refused_before_anything_is_sent(lead: Lead, sandbox: Sandbox, given: Any):
    with pytest.raises(ConfigurationError):
        lead.files.attach(*given)
    with pytest.raises(ConfigurationError):
        lead.files.detach(*given)
    assert sandbox.log == []


def test_a_new_card_has_no_files_yet(kommo: Kommo, sandbox: Sandbox, tmp_path: Path):
    (tmp_path / "a.txt").write_bytes(b"x")
    for act in (lambda: Lead(name="x").files.attach(tmp_path / "a.txt"), lambda: Lead(name="x").files.list()):
        with pytest.raises(ConfigurationError, match="no files yet: save"):
            act()
    assert sandbox.log == []


def test_what_was_uploaded_and_not_attached_is_named(lead: Lead, sandbox: Sandbox, tmp_path: Path):
    (tmp_path / "a.txt").write_bytes(b"x")
    (tmp_path / "b.txt").write_bytes(b"x")
    sandbox.faults.next(status=404, method="PUT", path="*/files")
    with pytest.raises(NotFound) as caught:
        lead.files.attach(tmp_path / "a.txt", stored(sandbox))
    (note,) = caught.value.__notes__
    uuid = sandbox.files[-1]["uuid"] if sandbox.files[-1]["name"] == "a" else sandbox.files[0]["uuid"]
    assert note.startswith("'a.txt' was uploaded as ")
    lead.files.attach(DriveFile(id=uuid))
    sandbox.faults.next(path="/upload/*", drop_after=True, times=None, when=lambda request: request.body == b"2")
    (tmp_path / "b.txt").write_bytes(b"2")
    with pytest.raises(UncertainWrite) as lost:
        lead.files.attach(tmp_path / "a.txt", tmp_path / "b.txt")
    assert len(lost.value.__notes__) == 1


def test_attaching_is_repeated_safely(lead: Lead, sandbox: Sandbox):
    file = stored(sandbox)
    sandbox.faults.next(method="PUT", path="*/files", drop_after=True)
    lead.files.attach(file)
    lead.files.attach(file)
    assert len(lead.files.list()) == 1


# ---- files elsewhere
def test_a_file_is_the_value_of_a_field(kommo: Kommo, sandbox: Sandbox):
    sandbox.define(Deal)
    file = stored(sandbox)
    deal = Deal(name="x", contract=file)
    deal.papers = [file, FileValue("another")]
    deal.save()
    body = bodies(sandbox, "POST")[-1][0]["custom_fields_values"]
    value = {"file_uuid": file.id, "version_uuid": file.version_uuid, "file_name": "Plan.pdf", "file_size": 7}
    assert [entry["values"] for entry in body] == [
        [{"value": value}],
        [{"value": value}, {"value": {"file_uuid": "another"}}],
    ]
    deal.refresh()
    assert deal.contract is not None
    assert deal.contract.file_uuid == file.id
    deal.contract = DriveFile(id=file.id)
    assert deal.to_payload()["custom_fields_values"][0]["values"] == [{"value": {"file_uuid": file.id}}]
    with pytest.raises(ConfigurationError, match="not on the drive"):
        deal.contract = DriveFile()


def test_a_file_is_attached_to_a_note(lead: Lead, sandbox: Sandbox):
    file = stored(sandbox)
    note = lead.notes.create(Attachment(file))
    body = bodies(sandbox, "POST")[-1][0]
    params = {"file_uuid": file.id, "file_name": "Plan.pdf", "version_uuid": file.version_uuid}
    assert (body["note_type"], body["params"]) == ("attachment", params)
    assert note.params == Attachment(file.id, "Plan.pdf", file.version_uuid)
    assert Attachment(file, "Other.pdf").file_name == "Other.pdf"
    assert Attachment(file_uuid="u", file_name="a.pdf").parts() == {"file_uuid": "u", "file_name": "a.pdf"}
    assert Attachment(DriveFile(id="u")).parts() == {"file_uuid": "u"}


def test_the_account_of_the_card_is_asked(lead: Lead, sandbox: Sandbox):
    other = Sandbox(subdomain="other")
    with other.connect():
        lead.files.list()
    assert asked(sandbox) == [f"/api/v4/leads/{lead.id}/files"]
    assert other.log == []
