"""Decodes form bodies as PHP does, for these tests: `a[b][0]=c` -> `{"a": {"b": ["c"]}}`."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl

from kommo_orm.sandbox import Sandbox


def decode_form(body: bytes) -> Any:
    tree: dict[str, Any] = {}
    for key, value in parse_qsl(body.decode("ascii"), keep_blank_values=True, strict_parsing=True):
        head, *rest = re.findall(r"[^\[\]]+", key)
        node, last = tree, head
        for part in rest:
            node, last = node.setdefault(last, {}), part
        node[last] = value
    return _turn_into_lists(tree)


def _turn_into_lists(node: Any) -> Any:
    if not isinstance(node, dict):
        return node
    items = {key: _turn_into_lists(value) for key, value in node.items()}
    return list(items.values()) if list(items) == [str(at) for at in range(len(items))] else items


class Recorder:
    """A receiver that keeps what it got and answers with a status that a test can change."""

    def __init__(self, sandbox: Sandbox, *events: str) -> None:
        self.status = 200
        self.calls: list[tuple[str, dict[str, str], bytes]] = []
        sandbox.deliver_to(self.receive, events=events)

    def receive(self, path: str, headers: dict[str, str], body: bytes) -> int:
        self.calls.append((path, headers, body))
        return self.status

    @property
    def forms(self) -> list[Any]:
        return [decode_form(body) for _, _, body in self.calls]

    @property
    def envelopes(self) -> list[tuple[str, str]]:
        """Entity and action of each body."""
        return [
            (key, action) for form in self.forms for key, value in form.items() if key != "account" for action in value
        ]

    def item(self, entity: str, action: str) -> dict[str, Any]:
        """The only item of an entity and action."""
        [item] = [one for form in self.forms for one in form.get(entity, {}).get(action, [])]
        assert isinstance(item, dict)
        return item
