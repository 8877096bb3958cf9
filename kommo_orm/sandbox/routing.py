"""The table of routes, and how the route of a path is found.

A route declares the names that its query may contain: parameters, filters, orders and `with` values. A strict sandbox
refuses any other name, so that a test finds a typo. Kommo itself ignores it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from kommo_orm.sandbox.filters import FilterParser
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.problem_documents import HttpError
from kommo_orm.sandbox.query_string import Node, QueryString, iter_names

if TYPE_CHECKING:
    from kommo_orm.sandbox.api_call import ApiCall

PAGE = frozenset({"page", "limit"})
_EVERYWHERE = PAGE | {"order", "with", "filter"}  # documented for every list, ignored by some


@dataclass(frozen=True, slots=True)
class Route:
    """One endpoint. `{name}` in the path is a number, `{name:text}` any text; `kind` is the kind of rows."""

    method: str
    path: str
    handler: Callable[[ApiCall], SandboxResponse]
    kind: str = ""
    withs: frozenset[str] = frozenset()
    params: frozenset[str] = frozenset()
    filters: Mapping[str, FilterParser] = field(default_factory=dict[str, FilterParser])
    orders: tuple[str, ...] = ()  # documented names, also those that the service ignores
    admin: bool = False
    public: bool = False  # needs no token
    common: frozenset[str] = _EVERYWHERE  # names that every list of this API has; API v2 has none

    def find_unknown_names(self, query: QueryString) -> list[str]:
        """Return the names in the query that this route does not have."""
        wrong = [name for name in iter_names(query.tree) if not self._knows_name(name)]
        wrong += [f"with={word}" for word in query.get_words("with") if word not in self.withs]
        return wrong + self._find_wrong_orders(query.tree.get("order", {})) if "order" in self.common else wrong

    def _find_wrong_orders(self, order: Node | str) -> list[str]:
        """Return the orders whose name or direction no document knows. A text is the form `order=<name>`."""
        if isinstance(order, str):
            return [f"order={order}"]
        return [
            f"order[{name}]={direction}"
            for name, direction in order.items()
            if name not in self.orders or direction not in ("asc", "desc")
        ]

    def _knows_name(self, name: str) -> bool:
        if name.startswith("filter["):
            return name[7:-1] in self.filters
        if name.startswith("order[") and "order" in self.common:
            return True  # `_find_wrong_orders` checks its name
        return name in self.params or (self.method == "GET" and name in self.common)


class Router:
    """Finds the route of a path. A literal segment wins over a placeholder.

    `unserved` holds patterns of paths that Kommo has and the sandbox does not serve: they give 501 instead of 404.
    """

    def __init__(self, routes: Iterable[Route], unserved: Iterable[str] = ()) -> None:
        self._root: dict[str, Any] = {}
        self._unserved = tuple(unserved)
        for route in routes:
            self._get_methods(route.path)[route.method] = route

    def _get_methods(self, path: str) -> dict[str, Route]:
        node = self._root
        for segment in path.strip("/").split("/"):
            node = node.setdefault(_normalize_segment(segment), {})
        leaf: dict[str, Route] = node.setdefault("", {})
        return leaf

    def find_route(self, method: str, path: str) -> tuple[Route, dict[str, str]]:
        """Return the route and the values of its placeholders.

        Raises 404 for an unknown path, 405 for a wrong method, 501 for a path that the sandbox does not serve.
        """
        methods = self._require_methods(method, path)
        if method not in methods:
            allowed = ", ".join(sorted(methods))
            raise HttpError(405, f"Method {method} is not allowed, only {allowed}", headers={"allow": allowed})
        route = methods[method]
        places = zip(route.path.strip("/").split("/"), path.strip("/").split("/"), strict=True)
        return route, {slot.strip("{}").partition(":")[0]: text for slot, text in places if slot.startswith("{")}

    def find_allowed_methods(self, path: str) -> list[str]:
        """Return the methods of a path, as `OPTIONS` answers them. `*` means the server."""
        known = (
            {"GET", "POST", "PATCH", "PUT", "DELETE"} if path == "*" else set(self._require_methods("OPTIONS", path))
        )
        return sorted(known | {"OPTIONS"} | ({"HEAD"} if "GET" in known else set()))

    def _require_methods(self, method: str, path: str) -> dict[str, Route]:
        methods = self._find_methods(self._root, path.strip("/").split("/"))
        if methods:
            return methods
        if any(fnmatchcase(path, pattern) for pattern in self._unserved):
            raise HttpError(501, f"Sandbox: {method} {path} belongs to Kommo but is not served here")
        raise HttpError(404, f"Cannot {method} {path}")

    def _find_methods(self, node: dict[str, Any], segments: list[str]) -> dict[str, Route]:
        if not segments:
            methods: dict[str, Route] = node.get("", {})
            return methods
        first, *rest = segments
        for slot in (first, "{number}" if first.isascii() and first.isdecimal() else "{text}", "{text}"):
            if first and slot in node and (found := self._find_methods(node[slot], rest)):
                return found
        return {}


def _normalize_segment(segment: str) -> str:
    if not segment.startswith("{"):
        return segment
    return "{text}" if segment.endswith(":text}") else "{number}"
