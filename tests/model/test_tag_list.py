"""A list of tags finds what a comparison of all its rows would find."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from kommo_orm.model.tag_list import TagList, TagRow, is_same_tag

ids: st.SearchStrategy[Any] = st.sampled_from([None, 1, 2, 3, "2", []])
names: st.SearchStrategy[Any] = st.sampled_from([None, "a", "b", "c", {}])
rows = st.builds(lambda pk, name: {"id": pk, "name": name}, ids, names)


def list_identities(found: list[TagRow]) -> list[int]:
    return sorted(map(id, found))


@given(stored=st.lists(rows, max_size=8), sought=st.lists(rows, max_size=8), gone=st.lists(rows, max_size=3))
def test_it_finds_what_a_comparison_of_all_rows_finds(
    stored: list[TagRow], sought: list[TagRow], gone: list[TagRow]
) -> None:
    tags = TagList(stored[:4])
    assert list(tags) == stored[:4]
    for row in gone[:1]:
        assert (row in tags) == any(is_same_tag(row, other) for other in tags)  # the maps exist from here on
    for row in stored[4:]:
        tags.append(row)
    kept = [row for row in stored if not any(is_same_tag(row, other) for other in gone)]
    for row in gone:
        tags.discard(row)
    assert list_identities(list(tags)) == list_identities(kept)
    for row in sought:
        same = [other for other in kept if is_same_tag(row, other)]
        assert list_identities(tags.find(row)) == list_identities(same)
        assert (row in tags) == bool(same)
    others = TagList(sought)
    assert tags.without(others) == [row for row in kept if not any(is_same_tag(row, other) for other in sought)]


def test_a_tag_is_added_once() -> None:
    tags = TagList([{"id": 1, "name": "vip"}])
    tags.add_missing([{"name": "vip"}, {"name": "new"}, {"name": "new"}, {"id": 2, "name": "vip"}])
    assert list(tags) == [{"id": 1, "name": "vip"}, {"name": "new"}, {"id": 2, "name": "vip"}]
    assert len(tags) == 3
