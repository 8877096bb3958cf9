"""How much memory this process has, as Linux says it.

`ru_maxrss` is of no use: after a fork it counts what the parent had.
"""

from __future__ import annotations

import re
from pathlib import Path

MIB = 1024 * 1024


def read_resident() -> int:
    """Bytes of memory that the process has now."""
    return read_status("VmRSS")


def read_peak() -> int:
    """Bytes of memory that the process has had at most."""
    return read_status("VmHWM")


def read_status(name: str) -> int:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    found = re.search(rf"^{name}:\s+(\d+) kB$", status, re.MULTILINE)
    if found is None:
        raise RuntimeError(f"Reading the memory of the process failed: /proc/self/status has no {name}")
    return int(found[1]) * 1024
