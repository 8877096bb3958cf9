"""Numbered errors: what each number means, and which value it is about.

201, 202 and 204 are HTTP statuses as well: these are codes inside of a body.
Source: Kommo API v2, "Error codes".
"""

from __future__ import annotations

import re

from kommo_orm.model.lazy_row import FREE_VALUES

NO_ENTITY = "263"  # nobody has the number that was called; API v4 says so, too
MEANINGS = {
    "101": "there is no such account",
    "102": "parameters must be JSON",
    "103": "parameters are missing",
    "104": "there is no such method",
    "110": "wrong login or key",
    "111": "a captcha must be solved in the browser first",
    "112": "the user is switched off or not in this account",
    "113": "this address is not on the account's list of allowed addresses",
    "401": "the account is on another server",
    "201": "nothing was given to add",
    "202": "no right to do this",
    "203": "a fault in custom fields",
    "204": "there is no such custom field",
    "205": "the contact was not created",
    "206": "the request is empty",
    "207": "wrong method",
    "208": "nothing was given to update",
    "209": "id and updated_at are needed",
    "210": "a fault in custom fields",
    "211": "there is no such custom field",
    "212": "the contact was not updated",
    "213": "nothing was given to add",
    "214": "the request is empty",
    "215": "wrong method",
    "216": "nothing was given to update",
    "217": "id, updated_at, status_id and name are needed",
    "218": "nothing was given to add",
    "219": "the search failed: try later",
    "221": "the kind of entity is needed",
    "222": "the request is empty",
    "223": "wrong method",
    "224": "nothing was given to update",
    "225": "the notes were not found",
    "226": "the entity was deleted or cannot be reached",
    "227": "nothing was given to add",
    "228": "the request is empty",
    "229": "wrong method",
    "230": "nothing was given to update",
    "231": "the tasks were not found",
    "232": "the entity's id or kind is empty or wrong",
    "233": "some contacts were not found",
    "234": "some leads were not found",
    "235": "the kind of the entity is missing",
    "236": "some contacts were not found",
    "237": "some leads were not found",
    "238": "a custom field has no value",
    "240": "wrong id of a custom field",
    "244": "no right to do this",
    NO_ENTITY: "no such entity was found",
    "280": "the element was created",
    "281": "not deleted: a fault of the service",
    "282": "the list or its element is not in this account",
    "283": "no data",
    "284": "a list was expected",
    "285": "a required field is missing",
    "288": "no right to do this",
    "330": "too many linked contacts or leads",
    "400": "the request is wrong",
    "402": "the account must be paid for",
    "403": "no access",
    "405": "wrong method",
    "425": "this feature is not available",
    "426": "this feature is switched off",
    "429": "too many requests",
    "2002": "nothing was found",
}

# What some of them mean in the answers of API v4.
V4_MEANINGS = {
    **MEANINGS,
    "244": "no right to add leads, or the subscription has ended",
    "330": "too many linked entities",
}
STATUSES = frozenset({"400", "401", "402", "403", "405", "429"})  # their meaning is that of the HTTP status
# "Error code 244", "code: 244", and the same in the languages of Kommo's interface.
NUMBERED = r"(?i)\b(?:code|код(?:\s+ошибки)?|c[óo]digo(?:\s+de\s+err(?:or|o))?)\W{0,3}(\d{3,4})\b"

FIELD_CODES = frozenset({"203", "204", "210", "211", "238", "240"})
PATHS = {
    "226": "entity_id",
    "232": "entity_id",
    "233": "entity_id",
    "234": "entity_id",
    "235": "entity_type",
    "236": "entity_id",
    "237": "entity_id",
}


def find_error_code(text: str) -> str | None:
    """The number of an error in a text.

    >>> find_error_code("Код ошибки 244")
    '244'
    """
    found = re.search(NUMBERED, text)
    return found.group(1) if found else None


def describe_error_code(code: str | None) -> str:
    """What a numbered error means; an empty text for other codes.

    >>> describe_error_code("244")
    'code 244 means: no right to add leads, or the subscription has ended'
    """
    known = code is not None and code in V4_MEANINGS and code not in STATUSES
    return f"code {code} means: {V4_MEANINGS[code]}" if code is not None and known else ""


def find_error_path(code: str | None, kind: str, fields: int) -> str:
    """The canonical path of the value that a code is about; "" where the code does not say. `fields`: custom fields sent."""
    if code in FIELD_CODES and fields == 1:
        return f"{FREE_VALUES}.0"
    if code == "330":
        return "_embedded.leads" if kind == "contacts" else "_embedded.contacts"
    return PATHS.get(code or "", "")
