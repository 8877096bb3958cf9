"""API v4."""

from kommo_orm.dialects.v4.dialect import V4, V4Dialect

__all__ = ["V4", "V4Dialect"]
