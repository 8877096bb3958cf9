from __future__ import annotations

import pytest

from tests.sandbox.api_client import ApiClient, validation_error

TEMPLATES = "/api/v4/chats/templates"


NEW = {"name": "Welcome", "content": "Hello"}


@pytest.mark.parametrize(
    ("item", "error"),
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
def test_invalid_templates_are_refused(api: ApiClient, item: dict[str, object], error: tuple[str, str]) -> None:
    assert validation_error(api.post(TEMPLATES, [item])) == error


def test_pages_of_templates_hold_fifty(api: ApiClient) -> None:
    for _ in range(2):
        api.post(TEMPLATES, [NEW] * 40)
    assert len(api.rows(f"{TEMPLATES}?limit=250")) == 50


def test_only_whatsapp_templates_are_reviewed_and_then_fixed(api: ApiClient) -> None:
    plain, waba = api.create(TEMPLATES, NEW), api.create(TEMPLATES, {**NEW, "type": "waba"})
    assert api.post(f"{TEMPLATES}/{plain}/review").status == 422
    assert api.post(f"{TEMPLATES}/{waba}/review", {"x": 1}).status == 400
    review = api.post(f"{TEMPLATES}/{waba}/review").json()["_embedded"]["reviews"][0]
    assert api.patch(f"{TEMPLATES}/{waba}", {"name": "New"}).status == 400
    assert api.post(f"{TEMPLATES}/{waba}/review/99", {"status": "approved"}).status == 404
    assert validation_error(api.post(f"{TEMPLATES}/{waba}/review/{review['id']}", {"status": "draft"}))[1] == "status"
    assert "_embedded" not in api.get(f"{TEMPLATES}/{waba}").json()
    assert api.get(f"{TEMPLATES}/{waba}?with=reviews").json()["is_on_review"]


def test_a_body_lists_the_templates_to_delete(api: ApiClient) -> None:
    ids = [api.create(TEMPLATES, NEW) for _ in range(3)]
    assert api.request("DELETE", TEMPLATES, [{"id": ids[0]}, {"id": ids[1]}]).status == 204
    assert api.delete(f"{TEMPLATES}/{ids[2]}").status == 204
    assert api.delete(f"{TEMPLATES}/{ids[2]}").status == 404
    assert api.ids(TEMPLATES) == []
