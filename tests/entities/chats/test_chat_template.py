from __future__ import annotations

import pytest
from pydantic import ValidationError

from kommo_orm import (
    BadRequest,
    ChatTemplate,
    ConfigurationError,
    Forbidden,
    Kommo,
    NotFound,
    NotLoaded,
    QueryError,
    Session,
    TemplateAttachment,
    TemplateButton,
    UncertainWrite,
)
from kommo_orm.sandbox import Sandbox
from tests.account import asked, bodies, sent

BASE = "/api/v4/chats/templates"


def test_a_template_is_created_changed_and_deleted(sandbox: Sandbox, kommo: Kommo) -> None:
    template = ChatTemplate.objects.using(kommo).create(
        "Welcome",
        "Hello, {{contact.name}}!",
        external_id="w-1",
        buttons=[TemplateButton(type="url", text="Track it", url="https://olive.example")],
        attachment=TemplateAttachment(id="u-1", type="picture", name="Olive"),
    )
    template.content = "Good day!"
    template.buttons.append(TemplateButton(type="url", text="Call us", url="https://olive.example/call"))
    template.save()
    template.save()
    row = sandbox.row("chat_templates", template.id)
    assert row is not None
    assert (row["content"], len(row["buttons"]), row["attachment"]["id"]) == ("Good day!", 2, "u-1")
    assert [body.keys() for body in bodies(sandbox)] == [{"content", "buttons"}]
    template.delete()
    assert sent(sandbox)[-1] == ("DELETE", f"{BASE}/{template.pk}", None)
    with pytest.raises(NotFound):
        ChatTemplate.objects.using(kommo).get(template.id)


async def test_templates_in_async_code(sandbox: Sandbox, kommo: Kommo) -> None:
    template = await ChatTemplate.objects.using(kommo).acreate("Welcome", "Hello")
    template.name = "Welcome 2"
    await template.asave()
    assert (await ChatTemplate.objects.using(kommo).aget(template.id)).name == "Welcome 2"
    await template.adelete()
    assert await ChatTemplate.objects.using(kommo).alist() == []


def test_buttons_are_taken_away_with_null(sandbox: Sandbox, kommo: Kommo) -> None:
    template = ChatTemplate.objects.using(kommo).create("W", "x", buttons=[TemplateButton(type="inline", text="Yes")])
    template.buttons.clear()
    template.attachment = None
    template.save()
    assert bodies(sandbox) == [{"buttons": None}]


def test_what_kommo_would_refuse_is_refused_before(sandbox: Sandbox, kommo: Kommo) -> None:
    mixed = [TemplateButton(type="inline", text="Yes"), TemplateButton(type="url", text="x", url="https://a.example")]
    with pytest.raises(ConfigurationError, match="one type"):
        ChatTemplate.objects.using(kommo).create("W", "x", buttons=mixed)
    with pytest.raises(ConfigurationError, match="url"):
        ChatTemplate.objects.using(kommo).create("W", "x", buttons=[TemplateButton(type="url", text="x")])
    with pytest.raises(ConfigurationError, match="content"):
        ChatTemplate(name="W").save(using=kommo)
    assert sent(sandbox) == []


def test_templates_are_found_by_external_ids_fifty_a_page(sandbox: Sandbox, kommo: Kommo) -> None:
    for number in range(60):
        sandbox.add("chat_templates", name=f"T {number}", content="x", external_id=f"e-{number}")
    sandbox.log.clear()
    assert len(ChatTemplate.objects.using(kommo).list()) == 60
    assert asked(sandbox) == [BASE, BASE]
    found = ChatTemplate.objects.using(kommo).filter(external_id="e-7").one()
    assert found.name == "T 7"
    assert len(ChatTemplate.objects.using(kommo).filter(external_id__in=["e-1", "e-2"]).list()) == 2


def test_many_are_changed_and_deleted_at_once(sandbox: Sandbox, kommo: Kommo) -> None:
    with Session(kommo) as session:
        templates = [ChatTemplate(name=f"T {number}", content="x") for number in range(3)]
        session.add(*templates)
        session.flush()
        for template in templates:
            template.content = "y"
        session.flush()
        session.delete(*templates)
    assert [(verb, path) for verb, path, _ in sent(sandbox)] == [("POST", BASE), ("PATCH", BASE), ("DELETE", BASE)]
    assert sent(sandbox)[-1][2] == [{"id": template.pk} for template in templates]
    assert sandbox.rows("chat_templates") == []


@pytest.mark.parametrize("name", ["review_status", "is_on_review", "reviews"])
def test_a_value_on_request_names_the_include(sandbox: Sandbox, kommo: Kommo, name: str) -> None:
    ChatTemplate.objects.using(kommo).create("W", "x", type="waba", waba_category="UTILITY")
    template = ChatTemplate.objects.using(kommo).first()
    with pytest.raises(NotLoaded, match=r"include\(.reviews.\)"):
        getattr(template, name)
    template = ChatTemplate.objects.using(kommo).include("reviews").first()
    getattr(template, name)


def test_reviews(sandbox: Sandbox, kommo: Kommo) -> None:
    template = ChatTemplate.objects.using(kommo).create("W", "x", type="waba", waba_category="UTILITY")
    with pytest.raises(NotLoaded):
        _ = template.reviews
    (review,) = template.send_to_review()
    assert (review.status, template.reviews) == ("review", (review,))
    judged = template.set_review(review, "rejected", "No examples")
    assert (judged.status, judged.reject_reason) == ("rejected", "No examples")
    told = ChatTemplate.objects.using(kommo).include("reviews").get(template.id)
    assert told.review_status == "rejected"
    assert told.reviews[0].reject_reason == "No examples"
    with pytest.raises(QueryError, match="approved"):
        template.set_review(review, "draft")
    with pytest.raises(BadRequest, match="WhatsApp"):
        ChatTemplate.objects.using(kommo).create("W", "x").send_to_review()


async def test_reviews_in_async_code(sandbox: Sandbox, kommo: Kommo) -> None:
    template = await ChatTemplate.objects.using(kommo).acreate("W", "x", type="waba")
    (review,) = await template.asend_to_review()
    assert (await template.aset_review(review, "approved")).status == "approved"


def test_rows_of_odd_shapes_are_read(sandbox: Sandbox, kommo: Kommo) -> None:
    row = {"id": "7", "name": "x", "content": "y", "buttons": [], "attachment": [], "waba_examples": [], "new": 1}
    sandbox.faults.next(status=200, body={"_embedded": {"chat_templates": [row]}})
    (template,) = ChatTemplate.objects.using(kommo)
    assert (template.id, template.buttons, template.attachment) == (7, [], None)
    assert template.extra == {"new": 1}


@pytest.mark.parametrize(("name", "word"), [("type", "sms"), ("waba_category", "NEWS")])
def test_words_that_kommo_does_not_know_are_not_sent(sandbox: Sandbox, kommo: Kommo, name: str, word: str) -> None:
    with pytest.raises(ValidationError, match=f"got '{word}'"):
        ChatTemplate.objects.using(kommo).create("W", "x", **{name: word})  # type: ignore[arg-type]
    assert sent(sandbox) == []
    [read] = ChatTemplate.hydrate([{"id": 5, name: word}])
    assert getattr(read, name) == word


def test_a_review_is_set_by_either_verb(sandbox: Sandbox, kommo: Kommo) -> None:
    """Clients differ in it: POST and, where the service does not take that, PATCH."""
    template = ChatTemplate.objects.using(kommo).create("W", "x", type="waba")
    (review,) = template.send_to_review()
    path = f"/api/v4/chats/templates/{template.id}/review/{review.id}"
    sandbox.faults.next(method="POST", path=path, status=405)
    sandbox.faults.next(method="PATCH", path=path, status=200, body={"id": review.id, "status": "approved"})
    assert template.set_review(review, "approved").status == "approved"
    assert [entry.method for entry in sandbox.log if entry.path == path] == ["POST", "PATCH"]
    sandbox.faults.next(method="POST", path=path, status=403)
    with pytest.raises(Forbidden):
        template.set_review(review, "approved")


def test_reviews_stand_in_an_answer_or_are_it(sandbox: Sandbox, kommo: Kommo) -> None:
    template = ChatTemplate.objects.using(kommo).create("W", "x", type="waba")
    row = {"id": 9, "status": "review", "reject_reason": ""}
    for body in ({"_embedded": {"reviews": [row]}}, row):
        sandbox.faults.next(method="POST", status=200, body=body)
        (review,) = template.send_to_review()
        assert (review.id, review.status) == (9, "review")
        sandbox.faults.next(method="POST", status=200, body=body)
        assert template.set_review(9, "approved").status == "review"
    sandbox.faults.next(method="POST", status=200, body={})
    assert template.set_review(9, "rejected", "No").reject_reason == "No"


def test_a_template_is_not_sent_to_review_twice(sandbox: Sandbox, kommo: Kommo) -> None:
    template = ChatTemplate.objects.using(kommo).create("W", "x", type="waba")
    sandbox.faults.next(method="POST", drop_after=True)
    with pytest.raises(UncertainWrite):
        template.send_to_review()
    assert len(ChatTemplate.objects.using(kommo).include("reviews").get(template.id).reviews) == 1
