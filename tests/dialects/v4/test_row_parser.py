"""Pages in the shapes that PHP gives them."""

from __future__ import annotations

import httpx
import pytest

from kommo_orm import Kommo, Lead, UnexpectedResponse


def read_leads(body: str) -> list[Lead]:
    with Kommo("acme", token="x", transport=httpx.MockTransport(lambda _: httpx.Response(200, content=body))) as kommo:
        return Lead.objects.using(kommo).list()


@pytest.mark.parametrize(
    "body",
    [
        '{"_embedded":{"leads":null}}',
        '{"_page":1,"_links":{},"_embedded":{"leads":null}}',
        '{"_embedded":{"leads":false}}',
        '{"_embedded":{"leads":{}}}',
        '{"_embedded":{"leads":[]}}',
        '{"_embedded":{}}',
        '{"_embedded":[]}',
        '{"_embedded":null}',
        "{}",
        "",
    ],
)
def test_no_rows_are_an_empty_page(body: str) -> None:
    assert read_leads(body) == []


@pytest.mark.parametrize("body", ['{"_embedded":{"contacts":[]}}', '{"_embedded":{"leads":"many"}}', '"x"', "null"])
def test_another_shape_is_no_list(body: str) -> None:
    with pytest.raises(UnexpectedResponse, match="is no list of leads"):
        read_leads(body)
