"""The versions of Kommo's API, a room for each. `common` has what both need."""

from __future__ import annotations

from typing import Literal

from kommo_orm.errors import ConfigurationError
from kommo_orm.interface.dialect import Dialect

DialectName = Literal["v2", "v4"]


def get_dialect(name: DialectName) -> Dialect:
    """The dialect of that name. Raises `ConfigurationError` for another one."""
    if name == "v4":
        from kommo_orm.dialects.v4 import V4  # here, because dialects bring all that models need

        return V4
    if name == "v2":
        from kommo_orm.dialects.v2 import V2

        return V2
    raise ConfigurationError(f"dialect= is 'v4' or 'v2', not {name!r}")
