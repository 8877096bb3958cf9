"""Tags of a row: read as a list, written as one text (Kommo API v2, Tags).

A write replaces all tags: `"vip,paid"`, an array of names, and for leads also an array of ids of tags. An empty text
removes all tags. The documents do not say whether an empty array does, so a strict sandbox refuses it.
"""

from __future__ import annotations

from typing import Any

from kommo_orm.sandbox.account_state import Account
from kommo_orm.sandbox.api_call import ApiCall
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.v2.errors import build_malformed_error
from kommo_orm.sandbox.v2.parsers import Parser
from kommo_orm.sandbox.validators import is_array, is_int


def build_tags_parser(kind: str) -> Parser:
    """A parser that returns references as v4 has them: `[{"name"}]` or `[{"id"}]`."""

    def parse_tags(call: ApiCall, value: Any, where: str) -> list[Row]:
        if isinstance(value, str):
            return [{"name": name.strip()} for name in value.split(",") if name.strip()]
        if not is_array(value):
            raise build_malformed_error(where, "is neither a text nor an array")
        if not value:
            call.refuse_if_strict(f"{where}: an empty text removes all tags; no document says that an empty array does")
        return [_parse_tag(call, kind, item, f"{where}/{index}") for index, item in enumerate(value)]

    return parse_tags


def _parse_tag(call: ApiCall, kind: str, item: Any, where: str) -> Row:
    if isinstance(item, str) and item.strip():
        return {"name": item.strip()}
    known = is_int(item) and (call.store.get_row("tags", item) or {}).get("entity") == kind
    if not known or kind != "leads":
        raise build_malformed_error(where, "is no name of a tag, nor the id of a lead's tag")
    return {"id": item}


def render_tags(account: Account, row: Row) -> list[Row]:
    table = account.store.get_table("tags")
    return [{"id": number, "name": table[number]["name"]} for number in row["tags"]]
