"""API v2, the older API."""

from kommo_orm.dialects.v2.dialect import V2, V2Dialect

__all__ = ["V2", "V2Dialect"]
