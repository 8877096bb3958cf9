"""One row of the service in its canonical shape."""

from __future__ import annotations

from typing import Any

# Core fields by name, `custom_fields_values` and `_embedded`: the shape of API v4.
Row = dict[str, Any]
