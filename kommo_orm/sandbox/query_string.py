"""Query strings, parsed as PHP parses them (Kommo API v4, Query strings).

`filter[id][]=1` and `filter[id][0]=1` make the same branch. A repeated scalar keeps its last value. Brackets may be
percent-encoded. All values are texts, and a branch is a dict whose list indexes are texts, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from urllib.parse import parse_qsl, urlencode

Node = dict[str, "str | Node"]

_BRACKETS = re.compile(r"\[([^\]]*)\]")


class QueryString:
    """A parsed query string.

    Example:
        `QueryString("filter[id][]=7&page=2").get_branch("filter")` is `{"id": {"0": "7"}}`.
    """

    def __init__(self, raw: str) -> None:
        self.raw = raw
        self.pairs = parse_qsl(raw, keep_blank_values=True)
        self.tree: Node = {}
        for name, value in self.pairs:
            _insert_value(self.tree, _split_keys(name), value)

    def get_text(self, name: str) -> str | None:
        value = self.tree.get(name)
        return value if isinstance(value, str) else None

    def get_words(self, name: str) -> tuple[str, ...]:
        """Return the words of a comma list such as `with=contacts,loss_reason`."""
        return tuple(word.strip() for word in (self.get_text(name) or "").split(",") if word.strip())

    def get_branch(self, name: str) -> Node:
        value = self.tree.get(name)
        return value if isinstance(value, dict) else {}

    def replace_values(self, values: Mapping[str, str]) -> str:
        """Return the query string with some scalars set, encoded as `http_build_query` does it."""
        kept = [(name, value) for name, value in self.pairs if name not in values]
        return urlencode([*kept, *values.items()])


def get_leaves(node: str | Node) -> list[str]:
    """Return the scalars directly below a branch, or the scalar itself."""
    if isinstance(node, str):
        return [node]
    return [value for value in node.values() if isinstance(value, str)]


def iter_names(tree: Node) -> Iterator[str]:
    """Iterate over the top-level names; the first level of `filter` and `order` in bracket form."""
    for name, value in tree.items():
        if name in ("filter", "order") and isinstance(value, dict):
            yield from (f"{name}[{key}]" for key in value)
        else:
            yield name


def _split_keys(name: str) -> list[str]:
    head, bracket, _ = name.partition("[")
    return [head, *_BRACKETS.findall(name)] if bracket and head else [name]


def _insert_value(tree: Node, keys: list[str], value: str) -> None:
    for given in keys[:-1]:
        key = given or _get_next_index(tree)
        below = tree.get(key)
        if not isinstance(below, dict):
            below = tree[key] = {}
        tree = below
    tree[keys[-1] or _get_next_index(tree)] = value


def _get_next_index(tree: Node) -> str:
    return str(max((int(key) for key in tree if key.isdecimal()), default=-1) + 1)
