"""A decoded page has the rows of the complete parse, for every shape that a page comes in."""

from __future__ import annotations

import json
import tracemalloc
from typing import Any

import pytest

from kommo_orm.dialects.v4.row_decoder import make_page_decoder, make_row_decoder
from kommo_orm.dialects.v4.row_parser import parse_page, parse_row
from kommo_orm.errors import UnexpectedResponse
from kommo_orm.interface.page import Page
from kommo_orm.interface.read_request import ReadRequest
from kommo_orm.model.lazy_row import LazyRow
from kommo_orm.model.parent import Parent
from kommo_orm.transport.http_messages import HttpRequest, HttpResponse

LEADS = ReadRequest("leads")


def parse(content: bytes, read: ReadRequest = LEADS, *, lazily: bool = True) -> Page:
    decode = make_page_decoder(read.kind) if lazily else None
    request = HttpRequest("GET", "/api/v4/leads", (("page", "1"), ("limit", "250")), decode=decode)
    return parse_page(read, HttpResponse(200, content, request))


def page(rows: Any, **envelope: Any) -> bytes:
    return json.dumps({"_page": 1, "_embedded": {"leads": rows}, **envelope}).encode()


def read_outcome(content: bytes, *, lazily: bool) -> object:
    try:
        found = parse(content, lazily=lazily)
    except UnexpectedResponse as error:
        return error.message
    return (list(found.rows), found.last)


NEXT = {"next": {"href": "https://acme.kommo.com/api/v4/leads?page=2"}}
SHAPES = {
    "usual": page([{"id": 1, "name": "a"}, {"id": 2}], _links=NEXT),
    "last": page([{"id": 1}], _links={"self": {"href": "x"}}),
    "next is null": page([{"id": 1}], _links={"next": None}),
    "links are a list": page([{"id": 1}], _links=[]),
    "counted": page([{"id": 1}], _count=900),
    "counted oddly": page([{"id": 1}], _count="900"),
    "empty list": page([]),
    "null list": page(None),
    "an object with gaps": page({"10": {"id": 10}, "9": {"id": 9}}),
    "rows that are none": page([{"id": 1}, None, [], "x", 5, {"id": 2}]),
    "embedded is a list": b'{"_embedded": []}',
    "embedded is null": b'{"_embedded": null}',
    "no envelope": b'[{"id": 1}]',
    "nothing": b"{}",
    "two lists": b'{"_embedded": {"leads": [{"id": 1}], "leads": [{"id": 2}]}}',
    "other lists": b'{"_embedded": {"tags": [{"id": 5}], "leads": [{"id": 1}]}}',
    "spaces": b' { "_embedded" : { "leads" : [ { "id" : 1 } , { "id" : 2 } ] } } \n',
    "big numbers": b'{"_embedded": {"leads": [{"id": 18446744073709551999, "price": 1e999}]}}',
    "other letters": page([{"id": 1, "name": "Сделка"}]).decode("unicode_escape").encode(),
    "half a letter": b'{"_embedded": {"leads": [{"id": 1, "name": "\\\\ud83d"}]}}',
}


@pytest.mark.parametrize("content", SHAPES.values(), ids=SHAPES)
def test_a_page_reads_as_by_the_complete_parse(content: bytes) -> None:
    assert read_outcome(content, lazily=True) == read_outcome(content, lazily=False)


@pytest.mark.parametrize(
    "content",
    [
        b'{"_embedded": {"leads": [{"id": 1}',
        b'{"_embedded": {"leads": [{"id": 1, "name": "\xff"}]}}',
        b'{"_embedded": {"leads": [{"id": 1, "custom_fields_values": [{]}]}}',
        b'{"_embedded": {"leads": ' + b"[" * 100_000 + b"]" * 100_000 + b"}}",
        b"<html>",
    ],
    ids=["cut off", "not UTF-8", "garbled inside", "nested without end", "a web page"],
)
def test_what_is_no_json_is_refused_as_a_whole(content: bytes) -> None:
    with pytest.raises(UnexpectedResponse, match="not JSON"):
        parse(content)


def test_the_usual_page_is_read_lazily_and_once() -> None:
    found = parse(SHAPES["usual"]).rows
    assert all(isinstance(row, LazyRow) for row in found)


def test_rows_know_the_parent_that_they_were_read_under() -> None:
    content = b'{"_embedded": {"notes": [{"id": 1, "note_type": "common"}]}}'
    read = ReadRequest("notes", Parent("leads", 7))
    lazily, completely = parse(content, read), parse(content, read, lazily=False)
    assert list(lazily.rows) == list(completely.rows)


def test_one_row_does_not_keep_its_page() -> None:
    """20 pages of 100 kB each; one row of each is held."""
    pages = [page([{"id": number * 100 + place, "name": "x" * 900} for place in range(100)]) for number in range(20)]
    parse(pages[0])
    tracemalloc.start()
    try:
        held = [parse(bytes(content)).rows[50] for content in pages]
        kept = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert len(held) == 20
    assert kept < 20 * 5_000


ROWS = {
    "usual": b'{"id": 1, "name": "a", "own": [1]}',
    "in an envelope": b'{"_embedded": {"leads": [{"id": 1}]}}',
    "in a list": b'[{"id": 1}]',
    "without an id": b'{"name": "a"}',
    "a number beyond floats": b'{"id": 1, "price": 1e999}',
    "text": b'"x"',
    "no JSON": b'{"id": 1',
    "not UTF-8": b'{"id": 1, "own": "\xff"}',
}


@pytest.mark.parametrize("content", ROWS.values(), ids=ROWS)
def test_one_row_reads_as_by_the_complete_parse(content: bytes) -> None:
    def read(decode: Any) -> object:
        try:
            return parse_row(LEADS, HttpResponse(200, content, HttpRequest("GET", "/api/v4/leads/1", decode=decode)))
        except UnexpectedResponse as error:
            return error.message

    assert read(make_row_decoder("leads")) == read(None)
    assert isinstance(read(make_row_decoder("leads")), LazyRow) == (content == ROWS["usual"])
