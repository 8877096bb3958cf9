"""Files of the drive: what the checkers say of them. Never run.

A line that must be an error carries `# type: ignore[code]`, with mypy's code; every other line must be none.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, assert_type

from kommo_orm import (
    AttachedFile,
    Attachment,
    CatalogElement,
    Company,
    Contact,
    DriveFile,
    File,
    FileAuthor,
    FileMetadata,
    Files,
    FileUse,
    FileVersion,
    Kommo,
    Lead,
    Report,
    Session,
    custom,
)
from kommo_orm.entities.files.attached_files import CardFiles
from kommo_orm.entities.files.drive_file import DriveFileQuery


class Deal(Lead):
    contract: File = custom(563)
    papers: Files = custom(564)


class Picture(DriveFile):
    """A class of the user's own."""


def rows(file: DriveFile, version: FileVersion, use: FileUse) -> None:
    assert_type(file.id, str)
    assert_type(file.pk, str | None)
    assert_type(file.size, int)
    assert_type(file.created_at, datetime)
    assert_type(file.created_by, FileAuthor | None)
    assert_type(file.metadata, FileMetadata | None)
    assert_type(file.extension, str | None)
    assert_type(file.file_name, str | None)
    assert_type(version.id, str)
    assert_type(version.is_main, bool)
    assert_type(use.id, int)
    assert_type(use.date_create, datetime | None)
    file.name = "Plan"
    file.version_uuid = version.id
    file.size = 5  # type: ignore[assignment]
    file.name = 5  # type: ignore[assignment]


def asking(kommo: Kommo, since: datetime) -> None:
    query = DriveFile.objects.filter(extension__in=["pdf"], size__gte=5, created_by=-1, updated_during="last_3_days")
    assert_type(query, DriveFileQuery[DriveFile])
    assert_type(Picture.objects.deleted().include("unbilled").search("roof").first(), Picture | None)
    assert_type(DriveFile.objects.filter(DriveFile.size >= 5, DriveFile.created_at >= since).list(), list[DriveFile])
    assert_type(DriveFile.objects.get("u"), DriveFile)
    assert_type(DriveFile.objects.in_bulk(["u"]), dict[str, DriveFile])
    assert_type(DriveFile.objects.filter(name="x").delete(), Report)
    assert_type(Session(kommo).query(Picture), DriveFileQuery[Picture])
    DriveFile.objects.get(5)  # type: ignore[arg-type]
    DriveFile.objects.filter(size=5)  # type: ignore[call-arg]
    DriveFile.objects.filter(created_during="today")  # type: ignore[arg-type]
    DriveFile.objects.include("links")  # type: ignore[arg-type]


def content(file: DriveFile, version: FileVersion, opened: BinaryIO) -> None:
    assert_type(DriveFile.objects.upload("a.pdf", progress=lambda sent, total: round(sent / total)), DriveFile)
    assert_type(Picture.objects.upload(b"x", name="a.png", version_of=file, with_preview=True), Picture)
    assert_type(DriveFile.objects.upload(opened), DriveFile)
    assert_type(file.download("a.pdf"), Path)
    assert_type(file.download(Path("a.pdf"), progress=print), Path)
    file.download(opened)
    assert_type(version.download("a.pdf"), Path)
    assert_type(file.versions(), list[FileVersion])
    assert_type(file.uses(), list[FileUse])
    assert_type(DriveFile.objects.restore(file, "u"), list[DriveFile])
    DriveFile.objects.upload(5)  # type: ignore[arg-type]
    DriveFile.objects.upload("a.pdf", progress=lambda sent: None)  # type: ignore[arg-type,misc]


async def awaited(file: DriveFile, lead: Lead) -> None:
    assert_type(await DriveFile.objects.aupload("a.pdf"), DriveFile)
    assert_type(await DriveFile.objects.aget("u"), DriveFile)
    assert_type(await file.adownload("a.pdf"), Path)
    assert_type(await file.aversions(), list[FileVersion])
    assert_type(await file.auses(), list[FileUse])
    assert_type(await lead.files.aattach("a.pdf"), DriveFile)
    assert_type(await lead.files.aattach("a.pdf", file), list[DriveFile])
    assert_type(await lead.files.alist(), list[AttachedFile])
    assert_type(lead.files.aiterate(), AsyncIterator[AttachedFile])
    await lead.files.adetach(file)


def cards(lead: Lead, contact: Contact, company: Company, car: CatalogElement, deal: Deal, file: DriveFile) -> None:
    assert_type(lead.files, CardFiles)
    assert_type(contact.files, CardFiles)
    assert_type(company.files, CardFiles)
    assert_type(car.files, CardFiles)
    assert_type(lead.files.attach("a.pdf", progress=print), DriveFile)
    assert_type(lead.files.attach(file, Path("a.pdf"), b"x"), list[DriveFile])
    assert_type(lead.files.list(), list[AttachedFile])
    assert_type(lead.files.all(), list[DriveFile])
    assert_type(lead.files.iterate(), Iterator[AttachedFile])
    lead.files.detach(file, "u", *lead.files.list())
    lead.files.attach()  # type: ignore[call-overload]
    lead.files.detach(5)  # type: ignore[arg-type]
    deal.contract = file
    deal.papers = [file, "u"]
    deal.contract = lead  # type: ignore[assignment]
    Deal(contract=file)
    lead.notes.create(Attachment(file))
    Attachment(5)  # type: ignore[arg-type]
