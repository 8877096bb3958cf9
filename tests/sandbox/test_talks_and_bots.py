"""Talks, templates, bots and Kommo AI: what the service refuses, the sandbox refuses."""

from __future__ import annotations

import pytest

from kommo_orm.sandbox import Sandbox
from tests.sandbox.api_client import ApiClient, validation_error, validation_errors

TEMPLATES = "/api/v4/chats/templates"
NEW = {"name": "Welcome", "content": "Hello"}


def test_a_filter_by_entity_without_its_type_says_nothing(api: ApiClient, sandbox: Sandbox) -> None:
    for _ in range(2):
        sandbox.add("talks")
    assert len(api.rows("/api/v4/talks?filter[entity_id]=5")) == 2
    assert api.rows("/api/v4/talks?filter[entity_id]=5&filter[entity_type]=lead") == []
    assert api.get("/api/v4/talks?filter[entity_id]=5&filter[entity_type]=leads").status == 400


def test_only_in_work_is_a_flag_whatever_its_value(api: ApiClient, sandbox: Sandbox) -> None:
    sandbox.add("talks", is_in_work=False)
    assert api.rows("/api/v4/talks?filter[only_in_work]=0") == []


def test_a_talk_is_closed_once(api: ApiClient, sandbox: Sandbox) -> None:
    url = f"/api/v4/talks/{sandbox.add('talks')['talk_id']}/close"
    assert validation_error(api.post(url, {"force": True})) == ("FieldNotExpected", "force")
    assert [api.post(url).status for _ in range(2)] == [202, 422]
    assert api.get("/api/v4/talks/9").status == 404


def test_a_message_needs_a_text_or_a_whole_attachment(api: ApiClient, sandbox: Sandbox) -> None:
    url = f"/api/v4/talks/{sandbox.add('talks')['talk_id']}/send_message"
    assert api.post(url, {}).status == 400
    assert [path for _, _, path in validation_errors(api.post(url, {"attachment": {"type": "file"}}))] == [
        "attachment.drive_uuid",
        "attachment.drive_version_uuid",
    ]
    assert api.post(url, {"text": "Hi"}).status == 202


def test_a_talk_has_no_other_keys(sandbox: Sandbox) -> None:
    for kind in ("talks", "bots", "talk_messages"):
        with pytest.raises(ValueError, match="colour"):
            sandbox.add(kind, colour="red")


@pytest.mark.parametrize(
    ("item", "told"),
    [
        ({"name": "x"}, ("FieldMissing", "content")),
        ({**NEW, "id": 5}, ("FieldNotExpected", "id")),
        ({**NEW, "type": "telegram"}, ("NotSupportedChoice", "type")),
        (
            {**NEW, "buttons": [{"type": "url", "text": "a"}, {"type": "inline", "text": "b"}]},
            ("InvalidValue", "buttons"),
        ),
        ({**NEW, "attachment": {"name": "x"}}, ("FieldMissing", "attachment.id")),
        ({**NEW, "review_status": "draft"}, ("FieldNotExpected", "review_status")),
        ({**NEW, "waba_examples": ["x"]}, ("InvalidType", "waba_examples")),
    ],
    ids=["content", "id", "type", "buttons", "attachment", "review", "examples"],
)
def test_templates_are_checked(api: ApiClient, item: dict[str, object], told: tuple[str, str]) -> None:
    assert validation_error(api.post(TEMPLATES, [item])) == told


def test_pages_of_templates_hold_fifty(api: ApiClient) -> None:
    for _ in range(2):
        api.post(TEMPLATES, [NEW] * 40)
    assert len(api.rows(f"{TEMPLATES}?limit=250")) == 50


def test_only_templates_for_whatsapp_are_reviewed_and_then_fixed(api: ApiClient) -> None:
    plain, waba = api.create(TEMPLATES, NEW), api.create(TEMPLATES, {**NEW, "type": "waba"})
    assert api.post(f"{TEMPLATES}/{plain}/review").status == 422
    assert api.post(f"{TEMPLATES}/{waba}/review", {"x": 1}).status == 400
    review = api.post(f"{TEMPLATES}/{waba}/review").json()["_embedded"]["reviews"][0]
    assert api.patch(f"{TEMPLATES}/{waba}", {"name": "New"}).status == 400
    assert api.post(f"{TEMPLATES}/{waba}/review/99", {"status": "approved"}).status == 404
    assert validation_error(api.post(f"{TEMPLATES}/{waba}/review/{review['id']}", {"status": "draft"}))[1] == "status"
    assert "_embedded" not in api.get(f"{TEMPLATES}/{waba}").json()
    assert api.get(f"{TEMPLATES}/{waba}?with=reviews").json()["is_on_review"]


def test_templates_are_deleted_by_a_body(api: ApiClient) -> None:
    ids = [api.create(TEMPLATES, NEW) for _ in range(3)]
    assert api.request("DELETE", TEMPLATES, [{"id": ids[0]}, {"id": ids[1]}]).status == 204
    assert api.delete(f"{TEMPLATES}/{ids[2]}").status == 204
    assert api.delete(f"{TEMPLATES}/{ids[2]}").status == 404
    assert api.ids(TEMPLATES) == []


def test_a_number_for_a_kind_of_card_is_refused_twice(api: ApiClient, sandbox: Sandbox) -> None:
    bot, lead = sandbox.add("bots")["id"], sandbox.add("leads", name="x")["id"]
    refused = validation_errors(api.post(f"/api/v4/bots/{bot}/run", {"entity_id": lead, "entity_type": 2}))
    assert [code for _, code, _ in refused] == ["InvalidType", "NotSupportedChoice"]
    answer = api.post(f"/api/v4/bots/{bot}/run", {"entity_id": lead, "entity_type": "leads"})
    assert (answer.status, answer.text, answer.headers["content-type"][:9]) == (202, "Accepted", "text/html")


def test_runs_are_checked_and_at_most_a_hundred(api: ApiClient, sandbox: Sandbox) -> None:
    bot, lead = sandbox.add("bots")["id"], sandbox.add("leads", name="x")["id"]
    run = {"bot_id": bot, "entity_id": lead, "entity_type": "leads"}
    assert api.post("/api/v4/bots/run", [run]).status == 202
    assert api.post("/api/v4/bots/run", [run] * 101).status == 422
    assert validation_error(api.post("/api/v4/bots/run", [{**run, "bot_id": 9}])) == ("NotSupportedChoice", "bot_id")
    assert (
        validation_error(api.post(f"/api/v4/bots/{bot}/stop", {"entity_id": 5, "entity_type": "contacts"}))[1]
        == "entity_type"
    )
    assert [api.post(f"/api/v4/bots/9/{verb}", run).status for verb in ("run", "stop")] == [404, 404]
    assert api.get("/api/v4/bots/9").status == 204


def test_a_source_of_kommo_ai_has_one_function(api: ApiClient) -> None:
    source = {"name": "x", "text": "long enough", "lang": "en", "available_functions": ["agent", "suggested_reply"]}
    assert validation_error(api.post("/api/v2/sources/text", source)) == ("FieldMissing", "available_functions")
    assert (
        validation_error(
            api.post("/api/v2/sources/text", {**source, "available_functions": ["agent"], "text": "short"})
        )[1]
        == "text"
    )
    assert (
        validation_error(api.post("/api/v2/sources/url", {"url": "https://x.example", "available_functions": ["x"]}))[0]
        == "NotSupportedChoice"
    )
