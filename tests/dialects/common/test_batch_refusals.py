"""Errors inside of a success: every shape that is known finds its item, and the others are stored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from kommo_orm.errors import BadRequest, UnexpectedResponse
from tests.dialects.v2.plain import V2, answered, batch, envelope, new, old

if TYPE_CHECKING:
    from kommo_orm.interface.batch import Batch

STALE = "Last modified date is older than in database"


def told(made: Batch, *items: dict[str, Any], errors: Any) -> dict[str, tuple[str, str | None]]:
    found = V2.parse_refusals(made, answered(made, envelope(*items, errors=errors)))
    return {mark: (refusal.detail, refusal.code) for mark, refusal in found.items()}


@pytest.mark.parametrize(
    "errors",
    [
        {"update": {"502": STALE}},
        {"update": [{"id": 502, "msg": STALE}]},
        {"update": {"0": {"request_id": 502, "msg": STALE}}},
        [{"msg": STALE, "item": {"id": 502, "updated_at": 5}}],
        {"502": STALE},
        {"update": STALE},
        STALE,
        [STALE],
    ],
    ids=repr,
)
def test_an_update_that_is_older_is_stale(errors):
    made = batch(old("a", 501), old("b", 502), verb="update")
    found = V2.parse_refusals(made, answered(made, envelope({"id": 501, "request_id": 501}, errors=errors)))
    assert found.keys() == {"b"}
    assert (found["b"].is_stale, found["b"].detail) == (True, STALE)


def test_the_other_spelling_is_stale_too():
    made = batch(old("a", 501), verb="update")
    found = V2.parse_refusals(
        made, answered(made, envelope(errors={"update": {"501": "Last modified date is older than in."}}))
    )
    assert found["a"].is_stale


@pytest.mark.parametrize(
    "errors",
    [
        {"add": [{"code": 244, "msg": "no rights", "request_id": 1}]},
        {"add": {"1": {"code": 244, "msg": "no rights"}}},
        {"add": {"1": "no rights"}},
        {"add": [{"code": 244, "msg": "no rights"}]},
        {"add": [{"code": "244"}]},
        [{"code": 244, "msg": "no rights", "item": {"name": "b"}}],
        [{"code": 244, "msg": "no rights", "item": {"name": "b", "request_id": 1}}],
        [{"code": 244, "msg": "no rights"}],
        {"code": 244, "msg": "no rights"},
        {"1": {"code": 244, "error": "no rights"}},
        "no rights",
    ],
    ids=repr,
)
def test_a_creation_that_is_refused_is_found(errors):
    made = batch(new("a"), new("b"), new("c"), verb="create")
    answer = answered(made, envelope({"id": 1, "request_id": 0}, {"id": 3, "request_id": 2}, errors=errors))
    found = V2.parse_refusals(made, answer)
    assert found.keys() == {"b"}
    assert "no right" in found["b"].detail
    assert {mark: one.id for mark, one in V2.parse_stored_rows(made, answer).items()} == {"a": 1, "c": 3}


def test_errors_of_a_save_distinguish_creations_and_updates():
    made = batch(new("a"), new("b"), old("c", 501), old("d", 502))
    errors = {"add": [{"code": 330, "msg": "x", "request_id": 0}], "update": {"502": STALE}}
    answer = answered(made, envelope({"id": 9, "request_id": 1}, {"id": 501, "request_id": 501}, errors=errors))
    found = V2.parse_refusals(made, answer)
    assert found.keys() == {"a", "d"}
    assert (found["a"].path, found["d"].is_stale) == ("_embedded.contacts", True)
    stored = V2.parse_stored_rows(made, answer)
    assert {mark: one.id for mark, one in stored.items()} == {"b": 9, "c": 501}
    assert stored["c"].row == {"updated_at": 1_795_000_000}


@pytest.mark.parametrize("errors", [[], {}, None, {"add": []}, {"update": {}}, ""], ids=repr)
def test_no_errors(errors):
    made = batch(new("a"), verb="create")
    assert told(made, {"id": 1, "request_id": 0}, errors=errors) == {}


def test_custom_fields_are_named():
    value = {"field_id": 77, "values": [{"value": 1}]}
    one = batch(new("a", custom_fields_values=[value]), verb="create")
    (refusal,) = V2.parse_refusals(
        one, answered(one, envelope(errors={"add": [{"code": 240, "request_id": 0}]}))
    ).values()
    assert (refusal.path, refusal.detail) == ("custom_fields_values.0", "wrong id of a custom field")
    two = batch(new("a", custom_fields_values=[value, {**value, "field_id": 78}]), verb="create")
    said = {"add": [{"code": 204, "msg": "Field 78 not found", "request_id": 0}]}
    (refusal,) = V2.parse_refusals(two, answered(two, envelope(errors=said))).values()
    assert refusal.path == "custom_fields_values.1"
    assert refusal.detail == "Field 78 not found (that means: there is no such custom field)"


@pytest.mark.parametrize("items", [{}, [], {"deleted": [{"id": 101, "name": "x"}]}, [{"id": 101}]], ids=repr)
def test_deletions_name_the_rows_that_are_left(items):
    made = batch(old("a", 101), old("b", 102), verb="delete", kind="catalogs")
    body: dict[str, Any] = {"_embedded": {"items": items, "errors": {"delete": {"102": {"code": 282}}}}}
    found = V2.parse_refusals(made, answered(made, body))
    assert {mark: refusal.code for mark, refusal in found.items()} == {"b": "282"}


@pytest.mark.parametrize(
    "body",
    [
        {"status": "fail", "error": "x", "error_code": 400},
        {"response": {"error": "x", "error_code": "222"}},
        {"error": "x"},
    ],
)
def test_a_failure_under_a_status_of_success_is_a_refusal(body):
    made = batch(new("a"), verb="create")
    with pytest.raises(BadRequest, match="and that it failed: x"):
        V2.parse_stored_rows(made, answered(made, body))


def test_rows_are_paired_by_number_and_by_order_only_without_numbers():
    made = batch(new("a"), new("b"), verb="create")
    swapped = answered(made, envelope({"id": 1, "request_id": 1}, {"id": 2, "request_id": "0"}))
    assert {mark: one.id for mark, one in V2.parse_stored_rows(made, swapped).items()} == {"a": 2, "b": 1}
    unmarked = answered(made, envelope({"id": 1}, {"id": 2}))
    assert {mark: one.id for mark, one in V2.parse_stored_rows(made, unmarked).items()} == {"a": 1, "b": 2}
    too_few = answered(made, envelope({"id": 1}))
    assert V2.parse_stored_rows(made, too_few) == {}


def test_an_empty_answer_says_nothing_of_new_ids():
    made = batch(new("a"), verb="create")
    with pytest.raises(UnexpectedResponse, match="empty where ids were expected"):
        V2.parse_stored_rows(made, answered(made, b"", 204))
    changed = batch(old("a", 5), verb="update")
    assert V2.parse_stored_rows(changed, answered(changed, b"", 204))["a"].id == 5
