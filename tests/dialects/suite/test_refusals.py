"""What API v2 cannot do is refused by name, before anything is sent; API v4 does not refuse it so."""

from __future__ import annotations

import pytest

from kommo_orm import Kommo
from kommo_orm.errors import ConfigurationError, KommoError, QueryError
from tests.dialects.suite.spoken import CANNOT, Spoken


@pytest.mark.parametrize("name", CANNOT)
def test_what_v2_cannot_do_is_refused_by_name(v2: Spoken, name: str) -> None:
    ask, words = CANNOT[name]
    with pytest.raises((QueryError, ConfigurationError)) as refused:
        ask(v2.kommo)
    assert words in str(refused.value)
    assert "API v2 cannot" in str(refused.value)
    assert refused.value.message.endswith("use dialect='v4'")
    assert not v2.sent
    assert all(entry.path == "/api/v2/account" for entry in v2.sandbox.log)  # what names mean may be asked


@pytest.mark.parametrize("name", CANNOT)
def test_v4_has_no_such_refusals(name: str) -> None:
    from tests.dialects.suite.spoken import furnished

    sandbox = furnished()
    with sandbox.connect(backoff=0) as kommo:
        try:
            CANNOT[name][0](kommo)
        except KommoError as error:  # of rows that are not there
            assert "API v" not in str(error), error


def test_unknown_dialects_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="dialect= is 'v4' or 'v2', not 'v3'"):
        Kommo("acme", token="t", dialect="v3")  # type: ignore[arg-type]


def test_pages_have_the_dialects_size(v2: Spoken) -> None:
    assert v2.kommo.page_size == 500
    with Kommo("acme", token="t") as other:
        assert other.page_size == 250
    with pytest.raises(ConfigurationError, match="page_size"):
        Kommo("acme", token="t", page_size=500)
    Kommo("acme", token="t", page_size=500, dialect="v2").close()
