"""The knowledge of Kommo AI: texts, sites, files, the list of products. It can be added, not read."""

from __future__ import annotations

from typing import Any, Literal, Self, get_args

from kommo_orm.entities.shared.actions import run_action
from kommo_orm.errors import QueryError
from kommo_orm.fields.raw_values import is_object
from kommo_orm.interface.action import Action
from kommo_orm.interface.connection import Connection, find_connection
from kommo_orm.transport.flow import Flow

AiFunction = Literal["agent", "suggested_reply"]
AiLanguage = Literal["en", "es", "pt", "ru"]
AiTopic = Literal[
    "contact_information", "privacy_policy", "return_and_refund_policy", "shipping_policy", "terms_of_service"
]
SHORTEST, LONGEST = 10, {"agent": 5000, "suggested_reply": 2000}  # characters of a text


class AiKnowledge:
    """Teaches the AI agent of an account, or the one that suggests replies (`function`).

    Every method returns the answer of the service, which has the `id` of the new source. Sources can be neither
    listed nor deleted by the API.

    Example:
        >>> AiKnowledge().add_text("Opening hours", "We are open from 9 to 18.", lang="en")

    Source: Kommo AI API.
    """

    def __init__(self, using: Any = None) -> None:
        self._given = using

    def using(self, connection: Any) -> Self:
        """The same for another account."""
        return type(self)(connection)

    def add_text(
        self, name: str, text: str, *, lang: AiLanguage, function: AiFunction = "agent", topic: AiTopic | None = None
    ) -> dict[str, Any]:
        """Teach a text of 10 to 5,000 characters (2,000 for suggested replies).

        Raises:
            QueryError: the text is too short or too long, or a word is unknown. Forbidden: no right to Kommo AI.
            UncertainWrite: the source may have been added and may not.
        """
        return self._send("add_text", build_text_body(name, text, lang, function, topic))

    async def aadd_text(
        self, name: str, text: str, *, lang: AiLanguage, function: AiFunction = "agent", topic: AiTopic | None = None
    ) -> dict[str, Any]:
        """`add_text()` for async code."""
        return await self._asend("add_text", build_text_body(name, text, lang, function, topic))

    def add_url(
        self, url: str, *, with_nested: bool = False, function: AiFunction = "agent", topic: AiTopic | None = None
    ) -> dict[str, Any]:
        """Teach a page of a site, `with_nested` the pages under it, too."""
        return self._send("add_url", build_url_body(url, with_nested, function, topic))

    async def aadd_url(
        self, url: str, *, with_nested: bool = False, function: AiFunction = "agent", topic: AiTopic | None = None
    ) -> dict[str, Any]:
        """`add_url()` for async code."""
        return await self._asend("add_url", build_url_body(url, with_nested, function, topic))

    def add_file(
        self,
        url: str,
        file_uuid: str,
        *,
        lang: AiLanguage,
        function: AiFunction = "agent",
        topic: AiTopic | None = None,
    ) -> dict[str, Any]:
        """Teach a file that lies in the drive: its download link and its uuid."""
        return self._send("add_file", build_file_body(url, file_uuid, lang, function, topic))

    async def aadd_file(
        self,
        url: str,
        file_uuid: str,
        *,
        lang: AiLanguage,
        function: AiFunction = "agent",
        topic: AiTopic | None = None,
    ) -> dict[str, Any]:
        """`add_file()` for async code."""
        return await self._asend("add_file", build_file_body(url, file_uuid, lang, function, topic))

    def import_products(self) -> dict[str, Any]:
        """Begin to teach the agent the account's list of products."""
        return self._send("import_products", None)

    async def aimport_products(self) -> dict[str, Any]:
        """`import_products()` for async code."""
        return await self._asend("import_products", None)

    def _send(self, verb: str, body: dict[str, Any] | None) -> dict[str, Any]:
        connection = find_connection(getattr(self._given, "connection", self._given))
        return connection.run(send_knowledge(connection, verb, body))

    async def _asend(self, verb: str, body: dict[str, Any] | None) -> dict[str, Any]:
        connection = find_connection(getattr(self._given, "connection", self._given))
        return await connection.arun(send_knowledge(connection, verb, body))


def send_knowledge(connection: Connection, verb: str, body: dict[str, Any] | None) -> Flow[dict[str, Any]]:
    """The answer, out of whatever wraps it."""
    result = yield from run_action(connection, Action(verb, "ai_sources", body=body))
    inner = result.get("data") if is_object(result) else None
    return dict(inner) if is_object(inner) else dict(result) if is_object(result) else {}


def build_text_body(
    name: str, text: str, lang: AiLanguage, function: AiFunction, topic: AiTopic | None
) -> dict[str, Any]:
    rest = build_common_body(function, topic, lang)
    if not name.strip():
        raise QueryError("A text for Kommo AI needs a name: add_text('Opening hours', ...)")
    if not SHORTEST <= len(text) <= LONGEST[function]:
        raise QueryError(
            f"A text for {function} has {SHORTEST} to {LONGEST[function]} characters; this one has {len(text)}"
        )
    return {"name": name, "text": text, **rest}


def build_url_body(url: str, with_nested: bool, function: AiFunction, topic: AiTopic | None) -> dict[str, Any]:
    return {"url": validate_web_address(url), "with_nested": with_nested, **build_common_body(function, topic)}


def build_file_body(
    url: str, file_uuid: str, lang: AiLanguage, function: AiFunction, topic: AiTopic | None
) -> dict[str, Any]:
    if not file_uuid:
        raise QueryError("A file for Kommo AI needs its uuid in the drive: file.uuid")
    return {"url": validate_web_address(url), "file_uuid": file_uuid, **build_common_body(function, topic, lang)}


def validate_web_address(url: str) -> str:
    if not url.startswith(("http://", "https://")):
        raise QueryError(f"{url!r} is no web address: it begins with https://")
    return url


def build_common_body(function: AiFunction, topic: AiTopic | None, lang: AiLanguage | None = None) -> dict[str, Any]:
    words = ((function, AiFunction), *(((lang, AiLanguage),) if lang else ()), *(((topic, AiTopic),) if topic else ()))
    for given, known in words:
        if given not in get_args(known):
            raise QueryError(f"{given!r} is none of {', '.join(get_args(known))}")
    named = {"lang": lang, "code": topic}
    return {"available_functions": [function], **{key: value for key, value in named.items() if value is not None}}


__all__ = ["AiKnowledge"]
