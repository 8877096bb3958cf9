"""Subscribers of leads and customers (Kommo API v4, Subscriptions of an entity).

The responsible user is always a subscriber. The API only lists them; a test adds one with
`store.insert_row("subscriptions", {...})` and the keys `id`, `entity_type`, `entity_id`, `subscriber_id` and `type`.
"""

from __future__ import annotations

from kommo_orm.sandbox.api_call import ApiCall
from kommo_orm.sandbox.hal_responses import build_empty_response, encode_json
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.routing import Route
from kommo_orm.sandbox.row_store import Row

_KINDS = ("leads", "customers")


def list_subscriptions(call: ApiCall) -> SandboxResponse:
    card = call.store.get_row(call.kind, call.get_path_id())
    if card is None:
        return build_empty_response()
    shown: list[Row] = [{"subscriber_id": card["responsible_user_id"], "type": "user"}]
    others = call.store.iter_rows("subscriptions")
    own = [row for row in others if (row["entity_type"], row["entity_id"]) == (call.kind, card["id"])]
    shown += [{key: row[key] for key in ("subscriber_id", "type")} for row in own]
    return call.build_page_response(
        "subscriptions", list(range(len(shown))), lambda at: encode_json(shown[at]), counts=True
    )


ROUTES = tuple(Route("GET", f"/api/v4/{kind}/{{id}}/subscriptions", list_subscriptions, kind) for kind in _KINDS)
