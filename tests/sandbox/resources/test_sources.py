from __future__ import annotations

from kommo_orm.sandbox import Sandbox
from tests.sandbox.api_client import ApiClient, validation_error, validation_errors

SOURCES = "/api/v4/sources"


def test_a_source_can_be_created_read_changed_and_deleted(api: ApiClient, sandbox: Sandbox):
    pipeline = sandbox.account.get_main_pipeline()["id"]
    made = api.post(SOURCES, [{"name": "A", "external_id": "a", "default": True, "request_id": "x"}])
    [row] = made.json()["_embedded"]["sources"]
    assert (row["request_id"], row["pipeline_id"], row["services"], row["origin_code"]) == ("x", pipeline, [], None)
    assert validation_errors(api.post(SOURCES, [{"name": "A", "external_id": "a"}, {"name": "B"}])) == [
        ("0", "SourceAlreadyExists", "external_id"),
        ("1", "FieldMissing", "external_id"),
    ]
    assert validation_error(api.patch(SOURCES, [{"id": row["id"], "external_id": "b"}])) == (
        "FieldNotExpected",
        "external_id",
    )
    assert api.patch(f"{SOURCES}/{row['id']}", {"external_id": "b"}).json()["external_id"] == "b"
    assert validation_error(api.patch(f"{SOURCES}/{row['id']}", {"origin_code": None})) == (
        "InvalidType",
        "origin_code",
    )
    assert validation_error(api.patch(f"{SOURCES}/{row['id']}", {"origin_code": "123"})) == (
        "InvalidValue",
        "origin_code",
    )
    assert validation_error(api.patch(f"{SOURCES}/{row['id']}", {"pipeline_id": 5})) == (
        "NotSupportedChoice",
        "pipeline_id",
    )
    service = {"type": "telegram", "pages": [{"id": 5}]}
    assert len(validation_errors(api.patch(f"{SOURCES}/{row['id']}", {"services": [service]}))) == 2
    assert api.get(f"{SOURCES}?filter[external_id][]=b&filter[external_id][]=c").status == 200
    assert api.get(f"{SOURCES}?filter[name]=A").status == 400
    assert (api.get(f"{SOURCES}/5").status, api.patch(f"{SOURCES}/5", {"name": "x"}).status) == (204, 404)
    gone = api.request("DELETE", SOURCES, [{"id": 5}])
    assert (gone.status, gone.headers["content-type"].partition(";")[0]) == (404, "text/plain")
    assert api.request("DELETE", SOURCES, [{"id": row["id"]}]).status == 204
    assert api.get(SOURCES).status == 204


def test_an_account_has_at_most_a_hundred_sources(api: ApiClient):
    items = [{"name": "x", "external_id": str(at)} for at in range(101)]
    assert api.post(SOURCES, items).status == 422
    assert api.post(SOURCES, items[:100]).status == 200
    assert api.post(SOURCES, items[100:]).status == 400
