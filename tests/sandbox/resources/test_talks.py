from __future__ import annotations

import pytest

from kommo_orm.sandbox import Sandbox
from tests.sandbox.api_client import ApiClient, validation_error, validation_errors


def test_a_filter_by_entity_without_its_type_is_ignored(api: ApiClient, sandbox: Sandbox) -> None:
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


def test_an_unknown_key_of_a_talk_is_refused(sandbox: Sandbox) -> None:
    for kind in ("talks", "bots", "talk_messages"):
        with pytest.raises(ValueError, match="colour"):
            sandbox.add(kind, colour="red")
