from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kommo_orm.fields import File, Files, FileValue
from kommo_orm.model.custom import custom
from kommo_orm.model.model import Model
from tests.fields.answers import answered, there_and_back

UUIDS = st.uuids().map(str)
FILES = st.builds(FileValue, UUIDS, UUIDS, file_name=st.none() | st.just("a.pdf"), file_size=st.none() | st.integers(0))


class Deal(Model):
    contract: File = custom(1)


class Whole(Model):
    papers: Files = custom(1)


def loaded(model, *values) -> Any:
    row = {"id": 1, "custom_fields_values": [{"field_id": 1, "values": [{"value": value} for value in values]}]}
    return model.hydrate([row])[0]


@given(files=st.lists(FILES, min_size=1))
def test_what_was_written_is_read(files):
    assert there_and_back(Files.kind, files) == files


@given(uuid=UUIDS)
def test_without_a_version_kommo_names_the_newest(uuid):
    [read] = there_and_back(Files.kind, [uuid])
    assert (read.file_uuid, read.version_uuid, read.is_deleted) == (uuid, "newest", False)


@given(first=UUIDS, rest=st.lists(FILES))
def test_the_first_is_replaced_and_the_rest_kept(first, rest):
    current = answered("file", Files.kind.encode([FileValue("old"), *rest], None, None))
    after = answered("file", File.kind.encode(File.kind.clean(first), None, None, current=current))
    assert File.kind.decode(after, None).file_uuid == first
    assert Files.kind.decode(after, None)[1:] == rest


def test_exactly_the_known_keys_are_sent():
    raw = {"file_uuid": "u", "version_uuid": "v", "file_name": "a.pdf", "file_size": "7", "is_deleted": 0, "x": 1}
    deal = loaded(Deal, raw)
    assert File.kind.encode(deal.contract, None, None) == [
        {"value": {"file_uuid": "u", "version_uuid": "v", "file_name": "a.pdf", "file_size": 7}}
    ]
    assert File.kind.encode(File.kind.clean("u"), None, None) == [{"value": {"file_uuid": "u"}}]


def test_a_uuid_will_do():
    assert Deal(contract="u").contract == FileValue("u")
    assert Whole(papers=["u", FileValue("v")]).papers == [FileValue("u"), FileValue("v")]


def test_name_and_size_do_not_count():
    assert FileValue("u", "v", file_name="a.pdf", file_size=7) == FileValue("u", "v")
    assert FileValue("u", "v") != FileValue("u", "w")


def test_changes_in_place_count():
    deal = loaded(Deal, {"file_uuid": "u", "version_uuid": "v"})
    deal.contract.version_uuid = "w"
    assert list(deal.changes) == ["contract"]
    whole = loaded(Whole, {"file_uuid": "u", "version_uuid": "v"})
    whole.papers.append(FileValue("w"))
    assert list(whole.changes) == ["papers"]


@pytest.mark.parametrize(
    ("wrong", "sentence"), [("", "a file is given by its uuid"), (5, "expected a FileValue, got 5")], ids=repr
)
def test_what_is_no_file_is_refused(wrong, sentence):
    with pytest.raises(ValueError, match=sentence):
        Deal(contract=wrong)
    with pytest.raises(ValueError, match=sentence):
        Whole(papers=[wrong])
