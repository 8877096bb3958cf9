from __future__ import annotations

from typing import Any

import pytest

from kommo_orm import AiKnowledge, BadRequest, Forbidden, Kommo, QueryError, UncertainWrite
from kommo_orm.sandbox import Sandbox
from tests.account import sent

TEXT = "We are open from nine to six."


def test_sources_are_added(sandbox: Sandbox, kommo: Kommo) -> None:
    ai = AiKnowledge(kommo)
    assert ai.add_text("Hours", TEXT, lang="en", topic="contact_information")["name"] == "Hours"
    assert ai.add_url("https://olive.example", with_nested=True, function="suggested_reply")["id"]
    assert ai.add_file("https://drive.example/f", "u-1", lang="es")["id"]
    assert ai.import_products() == {"code": 201, "status": "success"}
    assert [(path, body) for _, path, body in sent(sandbox)] == [
        (
            "/api/v2/sources/text",
            {
                "name": "Hours",
                "text": TEXT,
                "available_functions": ["agent"],
                "lang": "en",
                "code": "contact_information",
            },
        ),
        (
            "/api/v2/sources/url",
            {"url": "https://olive.example", "with_nested": True, "available_functions": ["suggested_reply"]},
        ),
        (
            "/api/v2/sources/file",
            {"url": "https://drive.example/f", "file_uuid": "u-1", "available_functions": ["agent"], "lang": "es"},
        ),
        ("/api/v2/agent/knowledges/products/import", None),
    ]


async def test_sources_are_added_in_async_code(sandbox: Sandbox, kommo: Kommo) -> None:
    ai = AiKnowledge().using(kommo)
    assert (await ai.aadd_text("Hours", TEXT, lang="en"))["id"]
    assert (await ai.aadd_url("https://olive.example"))["id"]
    assert (await ai.aadd_file("https://drive.example/f", "u-1", lang="pt"))["id"]
    assert (await ai.aimport_products())["status"] == "success"


@pytest.mark.parametrize(
    "wrong",
    [
        lambda ai: ai.add_text("Hours", "short", lang="en"),
        lambda ai: ai.add_text("Hours", "x" * 2001, lang="en", function="suggested_reply"),
        lambda ai: ai.add_text(" ", TEXT, lang="en"),
        lambda ai: ai.add_text("Hours", TEXT, lang="de"),
        lambda ai: ai.add_text("Hours", TEXT, lang="en", topic="weather"),
        lambda ai: ai.add_url("ftp://olive.example"),
        lambda ai: ai.add_file("https://drive.example/f", "", lang="en"),
    ],
    ids=["short", "long", "nameless", "language", "topic", "address", "uuid"],
)
def test_what_kommo_would_refuse_is_refused_before(sandbox: Sandbox, kommo: Kommo, wrong: Any) -> None:
    with pytest.raises(QueryError):
        wrong(AiKnowledge(kommo))
    assert sent(sandbox) == []


def test_wrapped_answers_are_unwrapped(sandbox: Sandbox, kommo: Kommo) -> None:
    sandbox.faults.next(status=201, body={"code": 201, "status": "success", "data": {"id": 7}})
    assert AiKnowledge(kommo).add_url("https://olive.example") == {"id": 7}


def test_refusals_have_a_shape_of_their_own(sandbox: Sandbox, kommo: Kommo) -> None:
    said = {"code": 403, "status": "error", "detail": "No rights", "error_reason": "AI is off"}
    sandbox.faults.next(status=403, body=said)
    with pytest.raises(Forbidden, match="No rights"):
        AiKnowledge(kommo).import_products()
    sandbox.faults.next(status=502, applied=True)
    with pytest.raises(UncertainWrite):
        AiKnowledge(kommo).add_text("Hours", TEXT, lang="en")
    with pytest.raises(BadRequest):
        kommo.request("POST", "/api/v2/sources/text", json={"name": "x"})
