"""From answers to rows, pages and outcomes: never by position, whatever the envelope."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kommo_orm import Lead, UncertainWrite, UnexpectedResponse
from kommo_orm.dialects.v4 import V4
from kommo_orm.interface.batch import Batch, BatchItem, Verb
from kommo_orm.interface.read_request import ReadRequest
from kommo_orm.interface.stored_row import StoredRow
from kommo_orm.model.parent import Parent
from kommo_orm.transport.http_messages import HttpRequest, HttpResponse, Repeat

LEADS = ReadRequest("leads")
GET, POST = HttpRequest("GET", "/api/v4/leads"), HttpRequest("POST", "/api/v4/leads", repeat=Repeat.CREATES)


def answer(body: Any, call: HttpRequest = GET, status: int = 200) -> HttpResponse:
    return HttpResponse(status, body if isinstance(body, bytes) else json.dumps(body).encode(), call)


def batch(verb: Verb, *request_ids: str, kind: str = "leads") -> Batch:
    ids = (None,) * len(request_ids) if verb == "create" else tuple(100 + int(request_id) for request_id in request_ids)
    return Batch(
        verb,
        kind,
        tuple(BatchItem(Lead(), request_id, {}, pk) for request_id, pk in zip(request_ids, ids, strict=True)),
    )


# ---- pages
@pytest.mark.parametrize(
    ("body", "rows", "last"),
    [
        ({"_embedded": {"leads": [{"id": 5}]}}, [{"id": 5}], True),
        ({"_page": 1, "_links": {"next": {"href": "x"}}, "_embedded": {"leads": [{"id": 5}]}}, [{"id": 5}], False),
        ({"_links": {"next": "x"}, "_embedded": {"leads": [{"id": 5}]}}, [{"id": 5}], False),
        ({"_links": {"next": {"href": None}}, "_embedded": {"leads": []}}, [], True),
        ({"_links": {"next": None}, "_embedded": {"leads": {"0": {"id": 5}}}}, [{"id": 5}], True),
        ({"_links": [], "_embedded": []}, [], True),
        ([{"id": 5}, None, "x"], [{"id": 5}], True),
        (b"", [], True),
        (b"  ", [], True),
    ],
    ids=repr,
)
def test_pages_in_every_form(body, rows, last):
    page = V4.parse_page(LEADS, answer(body))
    assert (page.rows, page.last) == (rows, last)


def test_no_content_is_the_last_page():
    assert V4.parse_page(LEADS, answer(b"", status=204)).last


@pytest.mark.parametrize(
    "body", [{"_embedded": {"contacts": []}}, {"_embedded": {"leads": 5}}, "text", 5, None], ids=repr
)
def test_what_is_no_list_is_named(body):
    with pytest.raises(
        UnexpectedResponse, match=r"GET /api/v4/leads: the answer \(status 200, request id None\) is no list of leads"
    ):
        V4.parse_page(LEADS, answer(body))


def test_what_is_no_json_is_named():
    with pytest.raises(UnexpectedResponse, match="what is not JSON"):
        V4.parse_page(LEADS, answer(b"<html>"))


@pytest.mark.parametrize(
    ("read", "owner"),
    [
        (ReadRequest("tags", Parent("contacts")), {"entity_type": "contacts"}),
        (ReadRequest("notes", Parent("leads", 5)), {"entity_type": "leads", "entity_id": 5}),
        (ReadRequest("statuses", Parent("pipelines", 7)), {"pipeline_id": 7}),
        (ReadRequest("catalog_elements", Parent("catalogs", 9)), {"catalog_id": 9}),
    ],
    ids=lambda part: part.kind if isinstance(part, ReadRequest) else "",
)
def test_rows_know_what_they_were_read_under(read, owner):
    key = {"catalog_elements": "elements"}.get(read.kind, read.kind)
    assert V4.parse_page(read, answer({"_embedded": {key: [{"id": 1}]}})).rows == [{"id": 1, **owner}]
    told = dict.fromkeys(owner, 3)
    assert V4.parse_page(read, answer({"_embedded": {key: [{"id": 1, **told}]}})).rows == [{"id": 1, **told}]


# ---- one row
@pytest.mark.parametrize("body", [{"id": 5}, {"_embedded": {"leads": [{"id": 5}]}}, [{"id": 5}]], ids=repr)
def test_one_row_flat_or_in_an_envelope(body):
    assert V4.parse_row(LEADS, answer(body)) == {"id": 5}


def test_no_row():
    assert V4.parse_row(LEADS, answer(b"", status=204)) is None
    with pytest.raises(UnexpectedResponse, match="no leads row"):
        V4.parse_row(LEADS, answer("text"))


# ---- outcomes
def rows_in_any_order(draw: Any, rows: list[Any]) -> Any:
    rows = draw(st.permutations(rows))
    forms = [{"_embedded": {"leads": rows}}, {"_embedded": {"leads": dict(enumerate(rows))}}, rows]
    return draw(st.sampled_from(forms))


@given(data=st.data(), count=st.integers(1, 20))
def test_created_rows_are_paired_by_request_id_in_any_order(data, count):
    request_ids = [str(request_id) for request_id in data.draw(st.permutations(range(count)))]
    rows = [
        {
            "id": data.draw(st.sampled_from([1000 + int(request_id), str(1000 + int(request_id))])),
            "request_id": request_id,
        }
        for request_id in request_ids
    ]
    for row in rows:
        row["request_id"] = data.draw(
            st.sampled_from([row["request_id"], int(str(row["request_id"])), [row["request_id"]]])
        )
    found = V4.parse_stored_rows(batch("create", *request_ids), answer(rows_in_any_order(data.draw, rows), POST))
    assert {request_id: one.id for request_id, one in found.items()} == {
        request_id: 1000 + int(request_id) for request_id in request_ids
    }


@given(data=st.data(), count=st.integers(2, 20))
def test_updated_rows_are_paired_by_id_or_else_by_their_number(data, count):
    rows = []
    for request_id in range(count):
        both: dict[str, Any] = {"id": 100 + request_id, "updated_at": request_id}
        lacks = data.draw(st.sampled_from([None, "id"]))
        both |= {"request_id": str(request_id)} if lacks or data.draw(st.booleans()) else {}
        rows.append({key: value for key, value in both.items() if key != lacks})
    found = V4.parse_stored_rows(batch("update", *map(str, range(count))), answer(rows_in_any_order(data.draw, rows)))
    assert {request_id: (one.id, one.row["updated_at"]) for request_id, one in found.items()} == {
        str(request_id): (100 + request_id, request_id) for request_id in range(count)
    }


@given(data=st.data(), count=st.integers(2, 10))
def test_what_is_not_answered_is_not_taken_for_stored(data, count):
    told = data.draw(st.sets(st.integers(0, count - 1)))
    rows = [{"id": 1000 + request_id, "request_id": str(request_id)} for request_id in told]
    found = V4.parse_stored_rows(batch("create", *map(str, range(count))), answer({"_embedded": {"leads": rows}}, POST))
    assert set(found) == {str(request_id) for request_id in told}


def test_rows_without_request_id_and_id_belong_to_no_item():
    rows = [{"id": 7}, {"request_id": "1"}, {"id": 8, "request_id": None}]
    assert V4.parse_stored_rows(batch("create", "0", "1"), answer({"_embedded": {"leads": rows}}, POST)) == {}


def test_one_sent_and_one_stored_leaves_no_doubt():
    assert V4.parse_stored_rows(batch("create", "4"), answer({"_embedded": {"leads": [{"id": 7}]}}, POST)) == {
        "4": StoredRow(7, {"id": 7})
    }
    assert V4.parse_stored_rows(batch("create", "4"), answer({"id": 7}, POST))["4"].id == 7


@pytest.mark.parametrize(
    ("body", "row"),
    [
        ({"id": 100, "updated_at": 3}, {"id": 100, "updated_at": 3}),
        ({"_embedded": {"leads": [{"id": 100, "updated_at": 3}]}}, {"id": 100, "updated_at": 3}),
        ([], {}),
        ({"_embedded": {"leads": []}}, {"_embedded": {"leads": []}}),
        ("odd", {}),
    ],
    ids=repr,
)
def test_one_update_is_stored_whatever_the_answer_contains(body, row):
    assert V4.parse_stored_rows(batch("update", "0"), answer(body)) == {"0": StoredRow(100, row)}


def test_updates_may_be_answered_by_nothing():
    assert set(V4.parse_stored_rows(batch("update", "0", "1"), answer(b"", status=204))) == {"0", "1"}


@pytest.mark.parametrize("body", [b"", {"ok": True}, "text", {"_embedded": {"contacts": []}}], ids=repr)
def test_creations_without_ids_in_the_answer_raise(body):
    with pytest.raises(UnexpectedResponse, match="empty where ids were expected|no list of leads"):
        V4.parse_stored_rows(batch("create", "0", "1"), answer(body, POST))


def test_creations_answered_by_no_json_are_uncertain():
    with pytest.raises(UncertainWrite):
        V4.parse_stored_rows(batch("create", "0"), answer(b"<html>", POST))


@pytest.mark.parametrize("verb", ["link", "unlink"])
def test_answers_to_links_hold_nothing_to_store(verb: Verb):
    assert V4.parse_stored_rows(batch(verb, "0"), answer(b"", status=204)) == {}


# ---- v2 deletions report errors inside a success
GONE = "Entity not found (that means: the list or its element is not in this account)"


@pytest.mark.parametrize(
    ("errors", "kept"),
    [
        ({"delete": {"101": "in use"}}, {"1": "in use"}),
        ({"101": "in use"}, {"1": "in use"}),
        ([{"id": 101, "msg": "in use"}], {"1": "in use"}),
        ([{"id": "101", "message": "no"}, {"odd": 1}, 5], {"0": "it was refused; 5", "1": "no"}),
        ([{"id": 101}], {"1": "it was refused"}),
        ({"delete": {"101": {"code": 282, "msg": "Entity not found"}}}, {"1": GONE}),
        ({"delete": {"101": ["in use", "by leads"]}}, {"1": "in use; by leads"}),
        (["No access"], {"0": "No access", "1": "No access"}),
        ([{"code": 282}], dict.fromkeys("01", "the list or its element is not in this account")),
        ([], {}),
        (None, {}),
    ],
    ids=repr,
)
def test_refused_deletions_are_named(errors, kept):
    body = {"_embedded": {"errors": errors}}
    told = V4.parse_refusals(batch("delete", "0", "1", kind="catalogs"), answer(body))
    assert {request_id: refusal.detail for request_id, refusal in told.items()} == kept


def test_other_deletions_are_judged_by_their_status():
    assert V4.parse_refusals(batch("delete", "0", kind="loss_reasons"), answer(b"", status=204)) == {}
    assert V4.parse_refusals(batch("delete", "0", kind="catalogs"), answer(b"", status=204)) == {}
    assert V4.parse_refusals(batch("delete", "0", kind="catalogs"), answer([])) == {}


def test_an_accepted_change_may_be_answered_with_a_text():
    told = V4.parse_stored_rows(
        batch("update", "1"), answer(b"Accepted", HttpRequest("PATCH", "/api/v4/leads/101"), 202)
    )
    assert told == {"1": StoredRow(101, {})}


def test_what_is_no_row_does_not_break_the_page():
    rows = [{"id": 1}, None, "x", 5, {"id": 2}]
    page = V4.parse_page(LEADS, answer({"_embedded": {"leads": rows}}))
    assert [row["id"] for row in page.rows] == [1, 2]
