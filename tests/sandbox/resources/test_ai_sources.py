from __future__ import annotations

from tests.sandbox.api_client import ApiClient, validation_error


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
