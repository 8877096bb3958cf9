"""The names of a package that are imported from its modules when they are first used.

A package that imported all that it offers would make each program pay for what others use.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def make_lazy_exports(
    package: str, exports: Mapping[str, str]
) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """Return the `__getattr__`, the `__dir__` and the `__all__` of a package.

    `exports` has the public names of each module, by the full name of the module.
    """
    module_of = {name: module for module, names in exports.items() for name in names.split()}
    namespace = vars(sys.modules[package])

    def import_name(name: str) -> Any:
        module = module_of.get(name)
        if module is None:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = namespace[name] = getattr(import_module(module), name)  # found without this function the next time
        return value

    def list_names() -> list[str]:
        return sorted(namespace.keys() | module_of.keys())

    return import_name, list_names, sorted(module_of)
