"""Profiles of a contact in social networks, as rows embed them on request."""

from __future__ import annotations

from typing import Any

from kommo_orm.entities.shared.nested_value import NestedValue
from kommo_orm.fields.compound_value import Computed, part


class SocialProfile(NestedValue):
    """A profile: its id there, the name and picture shown, the network (`source_name`), and other data of the network (`data`).

    Source: Kommo API v4, "Contacts".
    """

    id: Computed[str] = part()
    name: Computed[str] = part()
    avatar: Computed[str] = part()
    source_name: Computed[str] = part()
    data: Computed[dict[str, Any]] = part()


__all__ = ["SocialProfile"]
