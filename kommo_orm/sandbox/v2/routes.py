"""Builds the routes of API v2, whose handlers turn each `RequestError` into a response."""

from __future__ import annotations

from collections.abc import Callable

from kommo_orm.sandbox.api_call import ApiCall
from kommo_orm.sandbox.filters import FilterParser
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.routing import Route
from kommo_orm.sandbox.v2.errors import catch_request_errors

Handler = Callable[[ApiCall], SandboxResponse]


def build_get_route(
    path: str,
    handler: Handler,
    kind: str = "",
    *,
    params: frozenset[str] = frozenset(),
    withs: frozenset[str] = frozenset(),
    filters: dict[str, FilterParser] | None = None,
    admin: bool = False,
) -> Route:
    nothing_else: frozenset[str] = frozenset()
    return Route(
        "GET",
        path,
        catch_request_errors(handler),
        kind,
        withs,
        params | ({"with"} if withs else nothing_else),
        filters or {},
        admin=admin,
        common=nothing_else,
    )


def build_post_route(
    path: str, handler: Handler, kind: str = "", *, admin: bool = False, public: bool = False
) -> Route:
    return Route("POST", path, catch_request_errors(handler), kind, admin=admin, public=public)
