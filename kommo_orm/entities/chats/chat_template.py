"""Templates of chat messages. Only those that the integration made itself; for administrators."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, Self, get_args

from typing_extensions import TypedDict, TypeVar, Unpack

from kommo_orm.entities.chats.template_parts import (
    ReviewStatus,
    TemplateAttachment,
    TemplateButton,
    TemplateReview,
    validate_template_buttons,
)
from kommo_orm.entities.shared.actions import run_action
from kommo_orm.entities.shared.deletable_query import DeletableQuery
from kommo_orm.entities.shared.embedded_rows import get_embedded_rows
from kommo_orm.entities.shared.entity import Deletable
from kommo_orm.errors import ConfigurationError, QueryError, ResponseError
from kommo_orm.fields.raw_values import is_object
from kommo_orm.interface.action import Action
from kommo_orm.interface.connection import Connection
from kommo_orm.model.attr import Attr, Plain, ReadMoment, ReadOnly
from kommo_orm.model.class_registry import register_class
from kommo_orm.model.codec import parse_list
from kommo_orm.model.condition import Condition, Exact, Unfilterable
from kommo_orm.model.entity_info import EntityInfo
from kommo_orm.model.field_options import field
from kommo_orm.query.manager import Manager, require_class
from kommo_orm.transport.flow import Flow
from kommo_orm.unit.report import describe

if TYPE_CHECKING:
    pass

T = TypeVar("T", bound="ChatTemplate", default="ChatTemplate", covariant=True)

METHOD_NOT_ALLOWED = 405
TemplateInclude = Literal["reviews"]
TemplateType = Literal["amocrm", "waba"]
WabaCategory = Literal["UTILITY", "AUTHENTICATION", "MARKETING"]


class TemplateFilters(TypedDict, total=False):
    """Filters of templates. Source: Kommo API v4, "Chat templates"."""

    external_id: str
    external_id__in: Iterable[str]


class TemplateOptions(TypedDict, total=False):
    """Values of a new template beside its name and text. What begins with `waba` is for WhatsApp."""

    type: TemplateType
    is_editable: bool
    external_id: str
    buttons: list[TemplateButton]
    attachment: TemplateAttachment
    waba_header: str
    waba_header_type: str
    waba_footer: str
    waba_language: str
    waba_category: WabaCategory
    waba_examples: dict[str, str]


class ChatTemplateQuery(DeletableQuery[T]):
    """A query of templates."""

    _filters = TemplateFilters
    _includes = get_args(TemplateInclude)

    def filter(self, *conditions: Condition, **lookups: Unpack[TemplateFilters]) -> Self:
        """Templates by the ids that you gave them: `filter(external_id="welcome-1")`."""
        return self._add_conditions(conditions, lookups)

    def include(self, *names: TemplateInclude) -> Self:
        """Load the reviews of the templates by the messengers."""
        return self._add_includes(names)

    def create(self, name: str, content: str, **options: Unpack[TemplateOptions]) -> T:
        """Create a template. `content` may hold markers such as `{{contact.name}}`.

        Example:
            >>> ChatTemplate.objects.create("Welcome", "Hello, {{contact.name}}!", external_id="welcome-1")
        """
        return self._create_object({"name": name, "content": content, **options})

    async def acreate(self, name: str, content: str, **options: Unpack[TemplateOptions]) -> T:
        """`create()` for async code."""
        return await self._acreate_object({"name": name, "content": content, **options})


class ChatTemplateManager(Manager):
    """`ChatTemplate.objects`."""

    def __get__(self, instance: None, owner: type[T]) -> ChatTemplateQuery[T]:
        return ChatTemplateQuery(require_class(instance, owner))


class ChatTemplate(Deletable):
    """A template of chat messages. One for WhatsApp (`type="waba"`) is reviewed before it can be used.

    Example:
        >>> template = ChatTemplate.objects.filter(external_id="welcome-1").one()
        >>> template.content = "Good day, {{contact.name}}!"
        >>> template.save()

    Source: Kommo API v4, "Chat templates".
    """

    __kommo_info__ = EntityInfo(
        kind="chat_templates",
        required=("name", "content"),
        on_request=frozenset({"review_status", "is_on_review"}),
        includes={"review_status": "reviews", "is_on_review": "reviews"},
        load_hint='add .include("reviews") to the query',
        has_custom_fields=False,
    )

    name: Plain[str] = field()
    content: Plain[str] = field()
    type: Attr[str, TemplateType, Unfilterable[Any]] = field()
    is_editable: Plain[bool] = field()
    external_id: Attr[str | None, str | None, Exact[str]] = field()
    buttons: Plain[list[TemplateButton]] = field()
    attachment: Plain[TemplateAttachment | None] = field()
    waba_header: Plain[str | None] = field()
    waba_header_type: Plain[str | None] = field()
    waba_footer: Plain[str | None] = field()
    waba_language: Plain[str | None] = field()
    waba_category: Attr[str | None, WabaCategory | None, Unfilterable[Any]] = field()
    waba_examples: Plain[dict[str, Any] | None] = field()
    review_status: ReadOnly[str | None] = field()
    is_on_review: ReadOnly[bool | None] = field()
    created_at: ReadMoment = field()
    updated_at: ReadMoment = field()
    account_id: ReadOnly[int] = field()

    objects = ChatTemplateManager()

    @property
    def reviews(self) -> tuple[TemplateReview, ...]:
        """The reviews by the messengers. Raises `NotLoaded` without `.include("reviews")`."""
        return tuple(TemplateReview.from_raw(row) for row in get_embedded_rows(self, "reviews", "reviews"))

    def send_to_review(self, *, using: Any = None) -> tuple[TemplateReview, ...]:
        """Send a template for WhatsApp to its review.

        Raises:
            UncertainWrite: it may have been sent and may not; look with `.include("reviews")`.

        Example:
            >>> template.send_to_review()
        """
        connection = self._account(using)
        return connection.run(send_template_to_review(self, connection))

    async def asend_to_review(self, *, using: Any = None) -> tuple[TemplateReview, ...]:
        """`send_to_review()` for async code."""
        connection = self._account(using)
        return await connection.arun(send_template_to_review(self, connection))

    def set_review(
        self, review: TemplateReview | int, status: ReviewStatus, reject_reason: str | None = None, *, using: Any = None
    ) -> TemplateReview:
        """Set the result of a review, for integrations on the messenger's side: approved, rejected or paused.

        Example:
            >>> template.set_review(review, "rejected", "No examples were given")
        """
        connection = self._account(using)
        return connection.run(set_template_review(self, connection, review, status, reject_reason))

    async def aset_review(
        self, review: TemplateReview | int, status: ReviewStatus, reject_reason: str | None = None, *, using: Any = None
    ) -> TemplateReview:
        """`set_review()` for async code."""
        connection = self._account(using)
        return await connection.arun(set_template_review(self, connection, review, status, reject_reason))

    def _finish_payload(self, body: dict[str, Any], creating: bool) -> dict[str, Any]:
        """No buttons are null, not an empty list."""
        if "buttons" in body:
            try:
                validate_template_buttons(self.buttons)
            except ValueError as error:
                raise ConfigurationError(f"{describe(self)}: {error}") from None
            body["buttons"] = body["buttons"] or None
        return body


def send_template_to_review(template: ChatTemplate, connection: Connection) -> Flow[tuple[TemplateReview, ...]]:
    if template.pk is None:
        raise QueryError("The template is not stored: save() it before you send it to review")
    result = yield from run_action(connection, Action("review", "chat_templates", (template.pk,)))
    rows = find_reviews(result)
    state = template.__kommo_state__
    state.set_in_row("_embedded", {**((state.row or {}).get("_embedded") or {}), "reviews": rows})
    return tuple(TemplateReview.from_raw(found) for found in rows)


def set_template_review(
    template: ChatTemplate,
    connection: Connection,
    review: TemplateReview | int,
    status: ReviewStatus,
    reject_reason: str | None,
) -> Flow[TemplateReview]:
    number = review.id if isinstance(review, TemplateReview) else review
    if template.pk is None or number is None:
        raise QueryError("set_review() needs a saved template and a review with its id")
    if status not in ("approved", "rejected", "paused"):
        raise QueryError(f"A review ends as approved, rejected or paused, not as {status!r}")
    body = {"status": status, **({"reject_reason": reject_reason} if reject_reason is not None else {})}
    action = Action("set_review", "chat_templates", (template.pk, number), body=body)
    try:
        result = yield from run_action(connection, action)
    except ResponseError as error:
        if error.status != METHOD_NOT_ALLOWED:
            raise
        result = yield from run_action(connection, replace(action, verb="change_review"))
    rows = [row for row in find_reviews(result) if row.get("id") in (None, number)]
    return TemplateReview.from_raw({"id": number, **body, **(rows[0] if rows else {})})


def find_reviews(result: Any) -> list[dict[str, Any]]:
    """Embedded in an answer, or the answer itself."""
    embedded = result.get("_embedded") if is_object(result) else None
    rows = parse_list(embedded.get("reviews")) if is_object(embedded) else [result]
    return [row for row in rows if is_object(row) and row]


register_class("chat_templates", ChatTemplate)
__all__ = ["ChatTemplate", "ChatTemplateQuery"]
