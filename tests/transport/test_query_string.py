from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import parse_qsl

import pytest

from kommo_orm.errors import QueryError
from kommo_orm.transport.query_string import encode_query, flatten_params


def test_nested_values_become_bracketed_names() -> None:
    params = {
        "filter": {
            "id": [1, 2],
            "statuses": [{"pipeline_id": 7, "status_id": 142}, {"pipeline_id": 8, "status_id": 143}],
            "created_at": {"from": datetime(2024, 1, 1, tzinfo=UTC), "to": None},
        },
        "with": ["contacts", "source"],
        "only_deleted": True,
    }
    assert flatten_params(params) == (
        ("filter[id][]", "1"),
        ("filter[id][]", "2"),
        ("filter[statuses][0][pipeline_id]", "7"),
        ("filter[statuses][0][status_id]", "142"),
        ("filter[statuses][1][pipeline_id]", "8"),
        ("filter[statuses][1][status_id]", "143"),
        ("filter[created_at][from]", "1704067200"),
        ("with", "contacts,source"),
        ("only_deleted", "1"),
    )


def test_pairs_pass_as_they_are() -> None:
    assert flatten_params([("filter[id][]", 1), ("filter[id][]", 2)]) == (("filter[id][]", "1"), ("filter[id][]", "2"))


def test_brackets_and_commas_are_not_encoded_and_all_else_is() -> None:
    pairs = (("filter[name]", "A&B = 50% #1 + Ж"), ("with", "a,b"))
    text = encode_query(pairs)
    assert text.startswith("filter[name]=A%26B")
    assert text.endswith("&with=a,b")
    assert tuple(parse_qsl(text)) == pairs


def test_250_ids_fit_into_a_line_of_8_kilobytes() -> None:
    assert len(encode_query(flatten_params({"filter": {"id": list(range(100_000_000, 100_000_250))}}))) < 8000


@pytest.mark.parametrize("value", [datetime(2024, 1, 1), object(), b"x"])  # noqa: DTZ001
def test_what_has_no_text_is_refused(value: object) -> None:
    with pytest.raises(QueryError):
        flatten_params({"x": value})
