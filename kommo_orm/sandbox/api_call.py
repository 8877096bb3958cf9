"""The call that a handler receives: it parses and validates the request, and builds pages and other responses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

from kommo_orm.sandbox.account_state import Account
from kommo_orm.sandbox.filters import FilterError, RowFilter
from kommo_orm.sandbox.hal_responses import (
    build_response,
    build_self_link,
    encode_collection,
    encode_json,
)
from kommo_orm.sandbox.http_messages import SandboxRequest, SandboxResponse
from kommo_orm.sandbox.problem_documents import (
    INVALID_TYPE,
    FieldError,
    HttpError,
    build_field_error,
    build_validation_error,
)
from kommo_orm.sandbox.query_string import QueryString
from kommo_orm.sandbox.routing import Route
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.validators import ValidationContext, is_array, is_int, is_object

RequestId: TypeAlias = "str | int"


class ApiCall:
    """One request with its route, its user and its account. Its methods parse the request and build responses."""

    def __init__(
        self,
        account: Account,
        request: SandboxRequest,
        route: Route,
        path_params: Mapping[str, str],
        user: Row,
        *,
        strict: bool,
    ) -> None:
        self.account = account
        self.store = account.store
        self.request = request
        self.route = route
        self.kind = route.kind
        self.path_params = path_params
        self.user = user
        self.strict = strict
        self.query = QueryString(request.query)
        self.now = account.now()
        self.withs = frozenset(self.query.get_words("with")) & route.withs

    def get_path_id(self, name: str = "id") -> int:
        return int(self.path_params[name])

    def create_context(self) -> ValidationContext:
        return ValidationContext(self.account, self.user["id"], self.now)

    # The body

    def parse_body(self) -> Any:
        try:
            content = self.request.json()
            if b"\\ud" in self.request.body.lower():
                encode_json(content)  # raises ValueError for half of a surrogate pair
        except ValueError as error:
            raise HttpError(400, "Request body is not a valid JSON") from error
        if content is None or content in ([], {}):
            raise HttpError(400, "Request data can not be empty")
        return content

    def parse_items(self, most: int = 250) -> list[Any]:
        """Return the array of a batch (Kommo API v4, Limits)."""
        content = self.parse_body()
        if not is_array(content):
            raise build_validation_error(
                [(None, [FieldError(INVALID_TYPE, "", "This value should be of type array.")])]
            )
        if len(content) > most:
            raise HttpError(422, f"Limit {most} per page")
        return content

    def parse_item(self) -> Row:
        """Return the object of a single write."""
        content = self.parse_body()
        if not is_object(content):
            raise build_validation_error(
                [(None, [FieldError(INVALID_TYPE, "", "This value should be of type object.")])]
            )
        return content

    def validate_items(
        self, validator: Callable[[ValidationContext, Any], Row], most: int = 250
    ) -> list[tuple[Row, RequestId]]:
        """Validate every element and return it with its `request_id`. One invalid element refuses the whole batch."""
        checked: list[tuple[Row, RequestId]] = []
        bad: list[tuple[RequestId | None, list[FieldError]]] = []
        for index, item in enumerate(self.parse_items(most)):
            context = self.create_context()
            request_id, rest = self._split_request_id(context, item, index)
            checked.append((validator(context, rest), request_id))
            if context.errors:
                bad.append((request_id, context.errors))
        if bad:
            raise build_validation_error(bad)
        return checked

    def validate_item(self, validator: Callable[[ValidationContext, Any], Row]) -> Row:
        context = self.create_context()
        request_id, rest = self._split_request_id(context, self.parse_item(), 0)
        clean = validator(context, rest)
        if context.errors:
            raise build_validation_error([(request_id, context.errors)])
        return clean

    def _split_request_id(self, context: ValidationContext, item: Any, index: int) -> tuple[RequestId, Any]:
        """Split off `request_id`, which is returned and never stored; the default is the index as a text.

        It is a text or, as clients send it, a whole number. Customers refuse numbers (Kommo API v4, Conventions).
        """
        if not is_object(item) or item.get("request_id") is None:
            given: Any = str(index)
        else:
            given = item["request_id"]
        if not isinstance(given, str) and (not is_int(given) or self.kind == "customers"):
            context.add_type_error("request_id", "string")
        rest = {key: value for key, value in item.items() if key != "request_id"} if is_object(item) else item
        return given, rest

    # The query

    def build_row_filters(self, ignored: Iterable[str] = ()) -> list[RowFilter]:
        """Build the row filters of the query."""
        found: list[RowFilter] = []
        for name, node in self.query.get_branch("filter").items():
            if name not in self.route.filters or name in ignored:
                continue
            try:
                row_filter = self.route.filters[name](self.account, node)
            except FilterError as error:
                self.refuse_if_strict(f"filter[{name}] {error}")
                continue
            if row_filter is not None:
                found.append(row_filter)
        return found

    def refuse_if_strict(self, detail: str) -> None:
        """Refuse an invalid query in a strict sandbox. Kommo ignores it."""
        if self.strict:
            raise HttpError(400, f"Sandbox: {detail}")

    def get_page_bounds(self, most: int = 250) -> tuple[int, int]:
        """Return the number of the page, from 1, and its size: 50 by default, at most `most`."""
        return max(1, self._parse_counter("page", 1)), min(max(1, self._parse_counter("limit", 50)), most)

    def _parse_counter(self, name: str, default: int) -> int:
        value = self.query.get_text(name)
        if value is None:
            return default
        if not value.isdecimal():
            self.refuse_if_strict(f"{name} is not a whole number")
            return default
        return int(value)

    # Responses

    def build_url(self, path: str | None = None) -> str:
        return self.account.build_url(path or self.request.path)

    def build_row_response(self, body: Any, status: int = 200) -> SandboxResponse:
        return build_response(status, body, self.query.raw)

    def build_page_response(
        self,
        collection: str,
        chosen: list[int],
        render: Callable[[int], bytes],
        *,
        counts: bool = False,
        most: int = 250,
    ) -> SandboxResponse:
        """Build one page of the chosen rows; 204 if it is empty.

        `counts` adds totals, as a few small lists have them.
        """
        number, size = self.get_page_bounds(most)
        rows = [render(row_id) for row_id in chosen[(number - 1) * size : number * size]]
        if not rows:
            return SandboxResponse(204)
        head: Row = {"_page": number, "_links": self._build_page_links(number, size, len(chosen), counts=counts)}
        if counts:
            head |= {"_total_items": len(chosen), "_page_count": -(-len(chosen) // size)}
        return build_response(200, encode_collection(collection, rows, head), self._build_page_query(number, size))

    def _build_page_query(self, number: int, size: int) -> str:
        return self.query.replace_values({"page": str(number), "limit": str(size)})

    def _build_page_links(self, number: int, size: int, total: int, *, counts: bool) -> Row:
        last = -(-total // size)
        wanted = {"self": number, "next": number + 1 if number < last else 0, "prev": number - 1}
        if counts and last > 1:
            wanted |= {"first": 1, "last": last}
        return {
            name: {"href": f"{self.build_url()}?{self._build_page_query(at, size)}"}
            for name, at in wanted.items()
            if at
        }

    def build_list_response(
        self, collection: str, rows: list[Any], *, links: bool = True, status: int = 200
    ) -> SandboxResponse:
        """Build a list without pages, with its total."""
        head: Row = {"_total_items": len(rows)}
        if links:
            head["_links"] = build_self_link(self.build_url())
        return build_response(status, encode_collection(collection, rows, head), self.query.raw)

    def build_batch_response(self, collection: str, rows: list[Row], status: int = 200) -> SandboxResponse:
        """Build the response of a batch."""
        return build_response(
            status, encode_collection(collection, rows, {"_links": build_self_link(self.build_url())})
        )


def require_path_row(call: ApiCall, kind: str, name: str = "id") -> Row:
    """Return the row whose id is in the path. Raises 400 on `id`, as writes of unknown ids do."""
    row = call.store.get_row(kind, call.get_path_id(name))
    if row is None:
        raise build_field_error("NotSupportedChoice", "id")
    return row
