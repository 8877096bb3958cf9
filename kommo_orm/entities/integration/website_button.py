"""Website buttons (Kommo's CRM plugin): the button on a site through which visitors write or call."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal, Self, get_args

from typing_extensions import TypedDict, TypeVar, Unpack

from kommo_orm.entities.shared.actions import run_action
from kommo_orm.entities.shared.entity import Editable
from kommo_orm.errors import ConfigurationError, QueryError
from kommo_orm.interface.action import Action
from kommo_orm.model.arguments import refuse_list_argument
from kommo_orm.model.attr import Attr, Plain, ReadOnly
from kommo_orm.model.changes import get_baseline
from kommo_orm.model.class_registry import register_class
from kommo_orm.model.condition import Unfilterable
from kommo_orm.model.entity_info import EntityInfo
from kommo_orm.model.field_options import field
from kommo_orm.model.field_values import get_values
from kommo_orm.model.instance_state import Row
from kommo_orm.model.lazy_row import MISSING
from kommo_orm.query.manager import Manager, require_class
from kommo_orm.query.query import Query
from kommo_orm.unit.report import describe

if TYPE_CHECKING:
    from kommo_orm.model.model import Model

B = TypeVar("B", bound="WebsiteButton", default="WebsiteButton", covariant=True)

WebsiteButtonInclude = Literal["scripts", "deleted"]
SITES = "trusted_websites"


class WebsiteButtonOptions(TypedDict, total=False):
    """Values of a new button beside its pipeline: its sites, or that it is for an application."""

    name: str
    trusted_websites: Iterable[str]
    is_used_in_app: bool


class WebsiteButtonQuery(Query[B]):
    """The website buttons of the account."""

    _includes = get_args(WebsiteButtonInclude)

    def include(self, *names: WebsiteButtonInclude) -> Self:
        """`scripts`: the code to put into a site, as `script`. `deleted`: buttons that were deleted, too (lists only)."""
        return self._add_includes(names)

    def create(self, pipeline_id: int, **options: Unpack[WebsiteButtonOptions]) -> B:
        """Create a button in a pipeline; give the sites that may show it, or `is_used_in_app=True`.

        Its source is there at once (`source_id`). The button itself is made later: `refresh()` reads its `button_id`
        and `creation_status`.

        Example:
            >>> button = WebsiteButton.objects.create(7, trusted_websites=["olive.example"])
        """
        return self._create_object({"pipeline_id": pipeline_id, **options})

    async def acreate(self, pipeline_id: int, **options: Unpack[WebsiteButtonOptions]) -> B:
        """`create()` for async code."""
        return await self._acreate_object({"pipeline_id": pipeline_id, **options})


class WebsiteButtonManager(Manager):
    """`WebsiteButton.objects`."""

    def __get__(self, instance: None, owner: type[B]) -> WebsiteButtonQuery[B]:
        return WebsiteButtonQuery(require_class(instance, owner))


class WebsiteButton(Editable):
    """A button on websites. Its id is the id of its source. Kommo's API cannot delete buttons.

    `button_id` is None and `creation_status` another than `created` until the button was made. `trusted_websites` is
    known of buttons created here only (a `refresh()` leaves it as it is), and can only grow; `trust()` adds to it whether
    or not it is known.

    Example:
        >>> button = WebsiteButton.objects.include("scripts").get(17700001)
        >>> button.trust("shop.example")
        >>> button.script

    Source: Kommo API v4, "CRM plugin", "Website buttons".
    """

    __kommo_info__ = EntityInfo(
        kind="website_buttons",
        required=("pipeline_id",),
        on_request=frozenset({"script"}),
        load_hint='add .include("scripts") to the query',
        has_custom_fields=False,
    )

    source_id: ReadOnly[int] = field()
    button_id: ReadOnly[int | None] = field(positive=True)
    name: Plain[str] = field()
    pipeline_id: Attr[int | None, int, Unfilterable[Any]] = field(writable="create", positive=True)
    trusted_websites: Attr[list[str], Iterable[str], Unfilterable[Any]] = field()
    is_used_in_app: Plain[bool] = field(writable="create")
    creation_status: ReadOnly[str | None] = field()
    is_duplication_control_enabled: ReadOnly[bool] = field()
    script: ReadOnly[str | None] = field()
    is_deleted: ReadOnly[bool] = field()
    account_id: ReadOnly[int] = field()

    objects = WebsiteButtonManager()

    def trust(self, *websites: str, using: Any = None) -> None:
        """Let these sites show the button, too. Sends a request; other changes stay pending.

        Example:
            >>> button.trust("shop.example")
        """
        self._add_websites(websites)
        self.save(using=using, only=[SITES])

    async def atrust(self, *websites: str, using: Any = None) -> None:
        """`trust()` for async code."""
        self._add_websites(websites)
        await self.asave(using=using, only=[SITES])

    def add_online_chat(self, *, using: Any = None) -> None:
        """Put an online chat behind the button. The service makes it later; it is not asked twice."""
        connection = self._account(using)
        connection.run(run_action(connection, self._build_chat_action()))

    async def aadd_online_chat(self, *, using: Any = None) -> None:
        """`add_online_chat()` for async code."""
        connection = self._account(using)
        await connection.arun(run_action(connection, self._build_chat_action()))

    def _build_chat_action(self) -> Action:
        if self.pk is None:
            raise QueryError(f"{describe(self)} was never saved: save() it before you add an online chat")
        return Action("add_online_chat", "website_buttons", (self.pk,))

    def _add_websites(self, websites: Iterable[str]) -> None:
        refuse_list_argument(websites, "trust")
        if self.is_new:
            raise QueryError(f"{describe(self)} is not stored: save() it first, or set its {SITES}")
        self.trusted_websites = list(dict.fromkeys([*getattr(self, SITES, ()), *websites]))

    def _finish_payload(self, body: dict[str, Any], creating: bool) -> dict[str, Any]:
        """A new button needs sites or an application. For a stored one only the new sites are sent."""
        if creating:
            if not body.get(SITES) and not body.get("is_used_in_app"):
                raise ConfigurationError(f"{describe(self)} needs {SITES}, or is_used_in_app=True")
            return body
        if SITES in body:
            known = get_baseline(self.__kommo_state__, type(self).__kommo_info__.fields[SITES])
            body[SITES] = {"add": list_added_sites(self, [] if known is MISSING else known, body[SITES])}
        return body

    def _complete_row(self, row: Row) -> Row:
        """Keep the known sites and `is_used_in_app`: rows that are read do not have them."""
        state = self.__kommo_state__
        known = {
            name: get_baseline(state, type(self).__kommo_info__.fields[name]) for name in (SITES, "is_used_in_app")
        }
        return {name: value for name, value in known.items() if value is not MISSING} | dict(row)

    def _after_write(self, row: dict[str, Any]) -> None:
        """Forget sites that were added to an unknown list: they are only a part of it."""
        state = self.__kommo_state__
        if not state.is_created_here and SITES not in (state.row or {}):
            state.forget_baseline(SITES)
            get_values(self).pop(SITES, None)


def list_added_sites(model: Model, known: Iterable[str], wanted: Iterable[str]) -> list[str]:
    gone = set(known) - set(wanted)
    if gone:
        raise ConfigurationError(
            f"{describe(model)}: Kommo can only add {SITES}, not take away {', '.join(sorted(gone))}"
        )
    return [site for site in wanted if site not in set(known)]


register_class("website_buttons", WebsiteButton)
__all__ = ["WebsiteButton", "WebsiteButtonQuery"]
