from __future__ import annotations

from tests.account import kommo, sandbox

__all__ = ["kommo", "sandbox"]
