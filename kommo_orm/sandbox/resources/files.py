"""Files (Kommo API v4, Files): the host of the drive, with uploads in parts, downloads, versions and a trash.

The host is the account's own address where that is no host of Kommo's: a sandbox over HTTP serves both.
"""

from __future__ import annotations

from typing import Any

from kommo_orm.sandbox import drive
from kommo_orm.sandbox.account_state import HOSTS, Account
from kommo_orm.sandbox.filters import BadFilter, Filter, Test, ends, integers
from kommo_orm.sandbox.hal_responses import answer, envelope
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.problem_documents import Flaw, Refusal, flawed, invalid
from kommo_orm.sandbox.query_string import Node, leaves
from kommo_orm.sandbox.routing import Call, Route
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.validators import (
    Schema,
    Scope,
    boolean,
    examine,
    integer,
    is_object,
    nullable,
    shape,
    text,
    words,
)

JSON = "application/json"


def base(call: Call) -> str:
    """The drive's address: of its own for Kommo's hosts, else wherever the account was asked."""
    request = call.request
    if not request.host or request.host.endswith(HOSTS):
        return f"https://{drive.HOST}"
    return f"{request.scheme}://{request.headers.get('host', request.host)}"


# ---- showing
def show(call: Call, file: Row) -> Row:
    trashed = file["deleted_at"] is not None
    return {
        **shown(call, file, file["version_uuid"]),
        "version_uuid": file["version_uuid"],
        "is_trashed": trashed,
        "has_multiple_versions": len(file["versions"]) > 1,
        "deleted_at": file["deleted_at"],
        "deleted_by": file.get("deleted_by") if trashed else None,
        "_links": links(call, file["uuid"], file["version_uuid"], "download"),
    }


def show_version(call: Call, file: Row, version: Row) -> Row:
    return {
        **shown(call, version, version["uuid"]),
        "file_uuid": file["uuid"],
        "is_main": version["uuid"] == file["version_uuid"],
        "_links": links(call, file["uuid"], version["uuid"], "download_version"),
    }


_HIDDEN = ("versions", "has_preview", "version_uuid", "deleted_at", "deleted_by")


def shown(call: Call, row: Row, version_uuid: str) -> Row:
    plain = {key: value for key, value in row.items() if key not in _HIDDEN}
    picture = {"download_link": f"{base(call)}/download/{version_uuid}", "width": 170, "height": 100}
    return {**plain, "source_id": None, "previews": [picture] if row["has_preview"] else None}


def links(call: Call, uuid: str, version_uuid: str, name: str) -> Row:
    own = {"href": f"{base(call)}/v1.0/files/{uuid}"}
    return {"self": own, "download": {"href": f"{base(call)}/download/{version_uuid}"}} | (
        {name: {"href": f"{base(call)}/download/{version_uuid}"}} if name != "download" else {}
    )


def listed(call: Call, key: str, rows: list[Row], count: int | None = None, more: Row | None = None) -> SandboxResponse:
    head: Row = {"_count": len(rows) if count is None else count}
    if more is not None:
        head["_links"] = more
    return answer(200, envelope(key, rows, head), media=JSON)


# ---- uploads
_AUTHOR = shape({"id": integer, "type": text}, required=("id", "type"))
_SESSION: Schema = {
    "file_name": text,
    "file_size": integer,
    "content_type": text,
    "file_uuid": nullable(text),
    "with_preview": boolean,
    "created_by": _AUTHOR,
}


def open_upload(call: Call) -> SandboxResponse:
    announced = call.checked_item(_check_session)
    if announced.get("file_uuid"):
        call.account.drive.found(announced["file_uuid"], trashed=False)
    if announced["file_size"] > call.account.drive.max_file_size:
        raise Refusal(400, f"The file has {announced['file_size']} bytes, more than {call.account.drive.max_file_size}")
    upload = call.account.drive.open(announced, call.user["id"], call.now)
    limits = {"max_file_size": call.account.drive.max_file_size, "max_part_size": call.account.drive.max_part_size}
    return answer(200, {"session_id": upload.number, "upload_url": upload_url(call, upload), **limits}, media=JSON)


def _check_session(scope: Scope, item: Any) -> Row:
    clean = examine(scope, item, _SESSION, required=("file_name", "file_size"))
    if type(clean.get("file_size")) is int and clean["file_size"] < 1:
        scope.flaw("InvalidValue", "file_size")
    if clean.get("file_name") == "":
        scope.flaw("InvalidValue", "file_name")
    return clean


def upload_url(call: Call, upload: drive.Upload) -> str:
    return f"{base(call)}/upload/{upload.token}"


def take_part(call: Call) -> SandboxResponse:
    here, token = call.account.drive, call.places["token"]
    upload = here.upload(token, call.now)
    if token in upload.answers:
        return answer(200, upload.answers[token], media=JSON)
    if "content-type" not in call.request.headers:
        raise Refusal(400, "The part has no content type")
    if here.take(upload, call.request.body):
        here.end(upload)
        return answer(200, show(call, here.store(upload, call.now)), media=JSON)
    here.go_on(upload)
    upload.answers[token] = {"session_id": upload.number, "next_url": upload_url(call, upload)}
    return answer(200, upload.answers[token], media=JSON)


def download(call: Call) -> SandboxResponse:
    content = call.account.drive.contents.get(call.places["version"])
    if content is None:
        raise Refusal(404, "File not found")
    return SandboxResponse(200, {"content-type": "application/octet-stream"}, content)


# ---- files
def list_files(call: Call) -> SandboxResponse:
    wanted = call.query.branch("filter").get("deleted")
    both = "deleted" in call.withs
    tests = call.tests()
    chosen = [
        file
        for file in call.account.drive.rows()
        if (both or (file["deleted_at"] is not None) == (wanted == "1")) and all(test(file) for test in tests)
    ]
    number, size = call.window()
    rows = [show(call, file) for file in chosen[(number - 1) * size : number * size]]
    if not rows:
        return SandboxResponse(204)
    around = {"self": number, "next": number + 1 if number * size < len(chosen) else 0, "prev": number - 1}
    more = {
        name: {"href": f"{base(call)}/v1.0/files?{call.query.replaced({'page': str(at), 'limit': str(size)})}"}
        for name, at in around.items()
        if at
    }
    return listed(call, "files", rows, len(chosen), more)


def get_file(call: Call) -> SandboxResponse:
    return answer(200, show(call, call.account.drive.found(call.places["uuid"])), media=JSON)


def list_versions(call: Call) -> SandboxResponse:
    file = call.account.drive.found(call.places["uuid"])
    return listed(call, "versions", [show_version(call, file, one) for one in reversed(file["versions"])])


_CHANGES: Schema = {
    "name": text,
    "version_uuid": text,
    "uuid": text,
    "updated_by": _AUTHOR,
}


def change_file(call: Call) -> SandboxResponse:
    file = call.account.drive.found(call.places["uuid"], trashed=False)
    clean = call.checked_item(lambda scope, item: examine(scope, item, _CHANGES))
    if ("name" in clean) == ("version_uuid" in clean):
        raise Refusal(400, "Either name or version_uuid is expected")
    if clean.get("name") == "":
        raise flawed("InvalidValue", "name")
    if "version_uuid" in clean and not call.account.drive.choose(file, clean["version_uuid"]):
        raise Refusal(404, "Version not found")
    file["name"] = clean.get("name", file["name"])
    file.update(updated_at=call.now, updated_by={"id": call.user["id"], "type": "internal"})
    return answer(200, show(call, file), media=JSON)


def delete_files(call: Call) -> SandboxResponse:
    for file in _named(call):
        file.update(deleted_at=call.now, deleted_by={"id": call.user["id"], "type": "internal"})
    return answer(200, {}, media=JSON)


def restore_files(call: Call) -> SandboxResponse:
    files = _named(call)
    for file in files:
        file["deleted_at"] = None
    return listed(call, "files", [show(call, file) for file in files])


def _named(call: Call) -> list[Row]:
    return [call.account.drive.found(uuid) for uuid in uuids(call, "uuid")]


def uuids(call: Call, key: str) -> list[str]:
    """The uuids of a body `[{key: uuid}]`."""
    found: list[str] = []
    flaws: list[tuple[str | None, list[Flaw]]] = []
    for index, item in enumerate(call.items()):
        if not is_object(item) or item.keys() != {key} or not isinstance(item[key], str):
            flaws.append((str(index), [Flaw("InvalidType", key)]))
        else:
            found.append(item[key])
    if flaws:
        raise invalid(flaws)
    return found


# ---- filters
def _uuids(account: Account, node: str | Node) -> Test:
    if not isinstance(node, str):
        raise BadFilter("takes uuids with commas between them")
    wanted = set(node.split(","))
    return lambda row: row["uuid"] in wanted


def _part(*columns: str) -> Filter:
    def build(account: Account, node: str | Node) -> Test:
        if not isinstance(node, str):
            raise BadFilter("takes one text")
        return lambda row: any(node.casefold() in str(row[column]).casefold() for column in columns)

    return build


def _term(account: Account, node: str | Node) -> Test:
    """A part of a file's name, or of the name of a card that has it."""
    if not isinstance(node, str):
        raise BadFilter("takes one text")

    def named(row: Row) -> bool:
        cards = (one for one in account.drive.attached if one["file_uuid"] == row["uuid"])
        names = [str((account.store.get(one["kind"], one["owner"]) or {}).get("name", "")) for one in cards]
        return any(node.casefold() in name.casefold() for name in (row["name"], row["sanitized_name"], *names))

    return named


def _extensions(account: Account, node: str | Node) -> Test:
    wanted = {value.casefold() for value in leaves(node)}
    return lambda row: row["metadata"]["extension"].casefold() in wanted


def _size(account: Account, node: str | Node) -> Test:
    if isinstance(node, str):
        raise BadFilter("takes [from], [to] and [unit]")
    unit = int(str(node.get("unit", 1)))
    low, high = ends({key: value for key, value in node.items() if key != "unit"})
    return lambda row: (low is None or low * unit <= row["size"]) and (high is None or row["size"] <= high * unit)


_PERIODS = words(
    "day tomorrow yesterday week previous_week next_week month next_month previous_month quarter previous_quarter "
    "next_quarter last_3_days next_3_days last_6_month year"
)
_PAST = {"day": 1, "week": 7, "month": 31, "quarter": 92, "last_3_days": 3, "last_6_month": 183, "year": 366}


def _date(account: Account, node: str | Node) -> Test:
    if isinstance(node, str) or node.get("type") not in ("created_at", "updated_at"):
        raise BadFilter("takes [type] created_at or updated_at")
    column, preset = str(node["type"]), node.get("date_preset")
    if preset is not None:
        return _period(account, column, preset)
    low, high = ends({key: value for key, value in node.items() if key != "type"})
    return lambda row: (low is None or low <= row[column]) and (high is None or row[column] <= high)


def _period(account: Account, column: str, preset: str | Node) -> Test:
    """Stretches that reach to today; of the others the sandbox finds none."""
    if preset not in _PERIODS:
        raise BadFilter("takes a [date_preset] that is documented")
    since = account.midnight(account.now()) - (_PAST.get(str(preset), 1) - 1) * drive.DAY
    return lambda row: preset in _PAST and since <= row[column]


def _authors(column: str) -> Filter:
    def build(account: Account, node: str | Node) -> Test:
        wanted = integers(node)
        return lambda row: row[column]["id"] in wanted

    return build


def _nothing(account: Account, node: str | Node) -> Test | None:
    return None


def _source(account: Account, node: str | Node) -> Test:
    integers(node)
    return lambda row: False


_FILTERS: dict[str, Filter] = {
    "uuid": _uuids,
    "name": _part("name", "sanitized_name"),
    "extensions": _extensions,
    "term": _term,
    "source_id": _source,
    "deleted": _nothing,
    "size": _size,
    "date": _date,
    "created_by": _authors("created_by"),
    "updated_by": _authors("updated_by"),
}

_BASE = "/v1.0/files"
ROUTES = (
    Route("POST", "/v1.0/sessions", open_upload),
    Route("POST", "/upload/{token:text}", take_part),
    Route("GET", "/download/{version:text}", download),
    Route("GET", _BASE, list_files, withs=frozenset({"deleted", "unbilled"}), filters=_FILTERS),
    Route("DELETE", _BASE, delete_files),
    Route("POST", f"{_BASE}/restore", restore_files),
    Route("GET", f"{_BASE}/{{uuid:text}}", get_file),
    Route("PATCH", f"{_BASE}/{{uuid:text}}", change_file),
    Route("GET", f"{_BASE}/{{uuid:text}}/versions", list_versions),
)
