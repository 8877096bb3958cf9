"""`include()` costs less than a client of dicts that fetches the same rows, held by ratios and counts."""

from __future__ import annotations

import pytest

from bench.setting import Setting
from kommo_orm import Lead
from kommo_orm.model.condition import Condition
from kommo_orm.model.field_spec import CoreSpec
from kommo_orm.query.verification import build_matcher
from tests.perf.ratios import check_limits

pytestmark = pytest.mark.slow


def test_an_include_costs_less_than_a_client_of_dicts(setting: Setting) -> None:
    check_limits("include", setting)


@pytest.mark.parametrize("count", [10, 1000])
def test_a_list_of_ids_is_verified_by_a_set_and_not_id_by_id(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[object] = []
    monkeypatch.setattr(
        CoreSpec, "matches", lambda spec, value, wanted: bool(compared.append(value)) or value == wanted
    )
    matches = build_matcher(Condition(Lead.__kommo_info__.fields["id"], "in", tuple(range(1, count + 1))))
    assert all(matches(pk) for pk in range(1, count + 1))
    assert compared == []
    assert not matches(count + 1)
    assert len(compared) == count
