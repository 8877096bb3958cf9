"""Reads the package as text: its functions, its classes and its imports. Nothing is imported or run."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PACKAGE = ROOT / "kommo_orm"

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Module:
    """One file of the package."""

    path: Path
    tree: ast.Module

    @property
    def name(self) -> str:
        """The dotted name by which it is imported."""
        parts = self.path.relative_to(ROOT).with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    @property
    def place(self) -> str:
        return str(self.path.relative_to(ROOT))

    @property
    def line_count(self) -> int:
        return len(self.path.read_text(encoding="utf-8").splitlines())


@dataclass(frozen=True, slots=True)
class Function:
    """One function or method, nested ones too. `owner` is the class whose body it stands in."""

    module: Module
    node: FunctionNode
    owner: ast.ClassDef | None

    @property
    def name(self) -> str:
        return self.node.name

    @property
    def line_count(self) -> int:
        return (self.node.end_lineno or self.node.lineno) - self.node.lineno + 1

    @property
    def is_special(self) -> bool:
        """Whether Python itself gives the name: `__init__`."""
        return self.name.startswith("__") and self.name.endswith("__")

    def __str__(self) -> str:
        owner = f"{self.owner.name}." if self.owner else ""
        return f"{self.module.place}:{self.node.lineno} {owner}{self.name}"


@cache
def read_modules() -> tuple[Module, ...]:
    """All files of the package."""
    files = sorted(PACKAGE.rglob("*.py"))
    return tuple(Module(file, ast.parse(file.read_text(encoding="utf-8"))) for file in files)


@cache
def modules_by_name() -> dict[str, Module]:
    return {module.name: module for module in read_modules()}


@cache
def read_functions() -> tuple[Function, ...]:
    """All functions of the package, in order."""
    return tuple(function for module in read_modules() for function in find_functions(module, module.tree))


def find_functions(module: Module, node: ast.AST, owner: ast.ClassDef | None = None) -> Iterator[Function]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, FunctionNode):
            yield Function(module, child, owner)
            yield from find_functions(module, child)
        else:
            yield from find_functions(module, child, child if isinstance(child, ast.ClassDef) else owner)


# ---- classes
@dataclass(frozen=True, slots=True)
class Class:
    """What a class statement declares: the names of its bases, and of its own methods and annotated attributes."""

    name: str
    bases: tuple[str, ...]
    members: frozenset[str]


@cache
def read_classes() -> dict[str, list[Class]]:
    """All classes of the package by their names; a name may stand for several."""
    found: dict[str, list[Class]] = defaultdict(list)
    for module in read_modules():
        for node in ast.walk(module.tree):
            if isinstance(node, ast.ClassDef):
                members = frozenset(find_members(node))
                found[node.name].append(Class(node.name, tuple(map(name_base, node.bases)), members))
    return found


def find_members(node: ast.ClassDef) -> Iterator[str]:
    for part in ast.walk(node):
        if isinstance(part, FunctionNode):
            yield part.name
        elif isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name):
            yield part.target.id


def name_base(base: ast.expr) -> str:
    """The bare name of a base class: `Query` of `query.Query[L]`."""
    while isinstance(base, ast.Subscript):
        base = base.value
    return base.attr if isinstance(base, ast.Attribute) else base.id if isinstance(base, ast.Name) else ""


@cache
def protocol_methods() -> frozenset[str]:
    """What the Protocols of the package declare."""
    protocols = [cls for classes in read_classes().values() for cls in classes if "Protocol" in cls.bases]
    return frozenset().union(*(cls.members for cls in protocols))


def is_inherited(bases: tuple[str, ...], method: str, seen: frozenset[str] = frozenset()) -> bool:
    """Whether one of the bases, or of theirs, declares the method."""
    return any(
        method in cls.members or is_inherited(cls.bases, method, seen | set(bases))
        for base in bases
        if base not in seen
        for cls in read_classes().get(base, ())
    )


# ---- imports
@dataclass(frozen=True, slots=True)
class Import:
    """A line that imports another file of the package, inside of functions and for type checking too."""

    importer: Module
    line: int
    imported: Module

    def __str__(self) -> str:
        return f"{self.importer.place}:{self.line} imports {self.imported.place}"


@cache
def read_imports() -> tuple[Import, ...]:
    """All imports between files of the package."""
    return tuple(found for module in read_modules() for found in find_imports(module))


def find_imports(module: Module) -> Iterator[Import]:
    known = modules_by_name()
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            found = {known.get(name) or known.get(name.rpartition(".")[0]) for name in names_imported(node)}
            yield from (Import(module, node.lineno, imported) for imported in found if imported)


def names_imported(node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    """Dotted names of the package: of `from kommo_orm.model import tags` it is `kommo_orm.model.tags`."""
    if isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
    else:
        names = [f"{node.module}.{alias.name}" for alias in node.names]
    yield from (name for name in names if name.split(".")[0] == PACKAGE.name)


def room_of(module: Module) -> str:
    """The first folder or file below the package: `model` of `kommo_orm/model/tags.py`."""
    return module.name.split(".")[1] if "." in module.name else PACKAGE.name
