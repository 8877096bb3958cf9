"""Uses the public names of modules, each module in a process of its own that has imported no other one.

`python -m tests.use_public_names MODULE ...` writes what failed. pydantic and httpx are imported before the processes are
forked, which keeps this quick.
"""

from __future__ import annotations

import copy
import inspect
import os
import pickle
import sys
import traceback
import typing
from contextlib import suppress
from typing import Any

import httpx  # noqa: F401
import pydantic

import kommo_orm


def use_name(name: str) -> None:
    """Use one public name as programs do."""
    from kommo_orm.model.model import Model

    value = getattr(kommo_orm, name)
    assert value is getattr(kommo_orm, name)
    if not isinstance(value, type):
        return
    assert pickle.loads(pickle.dumps(value)) is value
    if issubclass(value, pydantic.BaseModel | kommo_orm.Kommo):
        typing.get_type_hints(value)
    if issubclass(value, Model):
        use_model(value)
    elif issubclass(value, kommo_orm.CustomAttr) and value is not kommo_orm.CustomAttr:
        use_custom_field(value)
    elif issubclass(value, pydantic.BaseModel):
        value.model_json_schema()


def use_model(cls: type[Any]) -> None:
    """Define a subclass, make objects of it, and read all that is attached to them."""
    own = type(f"Own{cls.__name__}", (cls,), {"__module__": __name__, "__doc__": cls.__doc__})
    for one in (cls, own):
        repr(getattr(one, "objects", None))
        inspect.signature(one)
        with suppress(pydantic.errors.PydanticInvalidForJsonSchema):  # values of any form have no schema
            one.model_json_schema()
        if cls is not kommo_orm.Model:
            use_object(one.hydrate([{"id": 7, "custom_fields_values": []}])[0])


def use_object(stored: Any) -> None:
    for name in type(stored).__kommo_info__.attached:
        with suppress(kommo_orm.NotLoaded, kommo_orm.ConfigurationError):  # the row lacks it: no matter of imports
            repr(getattr(stored, name))
    assert not stored.has_changes
    assert copy.deepcopy(stored) == stored
    assert repr(stored)
    assert stored.model_dump()
    if type(stored).__module__ != __name__:
        assert pickle.loads(pickle.dumps(stored)) == stored


def use_custom_field(annotation: type[Any]) -> None:
    """Declare a custom field, and read one of its type without a declaration."""
    space = {"__module__": __name__, "__annotations__": {"own": annotation}, "own": kommo_orm.custom(5)}
    [deal] = type("Deal", (kommo_orm.Lead,), space).hydrate([{"id": 1, "custom_fields_values": []}])
    assert not deal.own
    entry = {"field_id": 6, "field_type": annotation.kind.types[0], "values": []}
    [lead] = kommo_orm.Lead.hydrate([{"id": 1, "custom_fields_values": [entry]}])
    assert not lead.custom_fields[6]


def use_module(module: str) -> int:
    """Use the names of a module in a forked process. Returns its status."""
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1]
    status, name = 0, ""
    try:
        for name in kommo_orm._EXPORTS[module].split():
            use_name(name)
    except BaseException:  # noqa: BLE001  # the parent reads it
        sys.stderr.write(f"{module}: {name}\n{traceback.format_exc()}\n")
        status = 1
    os._exit(status)


if __name__ == "__main__":
    assert not [name for name in sys.modules if name.startswith("kommo_orm.")]
    failures = [module for module in sys.argv[1:] or kommo_orm._EXPORTS if use_module(module)]
    sys.exit(" ".join(failures) or None)
