"""Says on what was measured: the machine, the day and the versions."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = ("kommo-orm", "httpx", "pydantic", "msgspec", "orjson")


def describe_machine() -> str:
    return f"{read_processor_name()}, {os.cpu_count()} cores, {platform.system()} {platform.release()}"


def read_processor_name() -> str:
    """The name of the processor, as Linux says it."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor() or platform.machine())


def describe_versions(packages: Iterable[str] = PACKAGES) -> str:
    known = [f"Python {platform.python_version()}"]
    for package in packages:
        try:
            known.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            continue
    return ", ".join(known)


def describe_day() -> str:
    return datetime.now(UTC).date().isoformat()
