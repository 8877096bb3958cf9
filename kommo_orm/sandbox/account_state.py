"""The state of the account: its settings, users, custom field definitions, pipelines and stored rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from kommo_orm.sandbox.drive import HOST, PATHS, Drive
from kommo_orm.sandbox.login_sessions import LoginSessions
from kommo_orm.sandbox.oauth_tokens import OAuthTokens
from kommo_orm.sandbox.row_store import Row, RowStore
from kommo_orm.sandbox.webhooks.outbox import WebhookOutbox

WON, LOST = 142, 143  # stages of every pipeline (Kommo API v4, Stages)
CARDS = ("leads", "contacts", "companies", "customers")
TRASHABLE = ("leads", "contacts", "companies")  # kinds of cards that have a trash
HOSTS = (".kommo.com", ".amocrm.com", ".amocrm.ru")


@dataclass(slots=True)
class Channel:
    """The account's channel in the chats service. `accounts` holds the chat ids of the connected accounts."""

    id: str = "f90ba33d-c9d9-44da-b76c-c349b0ecbe41"
    secret: str = "5a44c5dff55f3c15a4cce8d7c4cc27e207c7e189"  # noqa: S105  # opens nothing but a sandbox
    bot_id: str = "f1910c7f-b1e0-4184-bd09-c7def2a9109a"
    accounts: set[str] = field(default_factory=set[str])


class Account:
    """The state of one Kommo account. `clock` returns Unix seconds and is the only source of time."""

    def __init__(
        self,
        *,
        subdomain: str,
        timezone: str,
        clock: Callable[[], float],
        first_id: int,
        filters_enabled: bool,
        customers_mode: str = "disabled",
        duplicates_control: bool = False,
        account_id: int | None = None,
    ) -> None:
        self.id = account_id or 30_000_000 + first_id
        self.name = "Sandbox"
        self.subdomain = subdomain
        self.timezone = timezone
        self.zone = ZoneInfo(timezone)
        self.clock = clock
        self.former_names: set[str] = set()  # former subdomains
        self.asked_origin = ""  # the address of the present request, if it is not the account's own one
        self.filters_enabled = filters_enabled
        self.customers_mode = customers_mode
        self.duplicates_control = duplicates_control
        self.store = RowStore(first_id)
        self.outbox = WebhookOutbox()
        self.drive = Drive()
        self.tokens = OAuthTokens(self.id)
        self.logins = LoginSessions(self.id)
        self.created_at = int(clock())
        self.channel = Channel()
        self.delivered_codes: list[str] = []  # codes that were sent to the redirect URI for API keys
        self.owner_id = 0  # the user of the long-lived token
        self.is_copied = False  # whether the definitions are those of another account
        self.settings: Row = {}  # values of the account that are not those of a new one: country, currency, language
        self.has_products = True  # whether the list of products is switched on
        self.groups: list[Row] = []
        self.task_types: list[Row] = []
        self._definitions: dict[str, list[Row]] = {}

    @property
    def host(self) -> str:
        return f"{self.subdomain}.kommo.com"

    def now(self) -> int:
        return int(self.clock())

    @property
    def origin(self) -> str:
        """The address with which links begin: the one that was asked, else the account's own one."""
        return self.asked_origin or f"https://{self.host}"

    @property
    def domain(self) -> str:
        """The host of `origin`, with its port."""
        return self.origin.partition("://")[2]

    def find_asked_origin(self, host: str, origin: str) -> str:
        """Return the origin for the links of a request. Empty: the account's own one, as on the hosts of services."""
        is_service = host.endswith(HOSTS) and host.partition(".")[0] != self.subdomain
        return "" if is_service else origin

    def build_url(self, path: str) -> str:
        """Build an absolute URL at the address that was asked."""
        return f"{self.origin}{path}"

    def is_other_host(self, host: str) -> bool:
        """Return True for a Kommo host of another account. Hosts outside of Kommo count as the account itself."""
        return host.endswith(HOSTS) and host.partition(".")[0] != self.subdomain

    def is_wrong_host(self, host: str, path: str) -> bool:
        """Return True if the path belongs to the drive's host and was requested from another one, or vice versa."""
        return host.endswith(HOSTS) and (host == HOST) != path.startswith(PATHS)

    def find_group_id(self, user_id: int | None) -> int:
        """Return the group of a user: 0 is the default group."""
        user = self.store.get_row("users", user_id)
        return int(user["rights"]["group_id"] or 0) if user else 0

    def format_utc_offset(self) -> str:
        moment = datetime.fromtimestamp(self.clock(), self.zone).strftime("%z")
        return f"{moment[:3]}:{moment[3:]}"

    def find_midnight(self, stamp: int) -> int:
        """Return the start of the calendar day in the account's zone. `date` and `birthday` are stored like this."""
        local = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=stamp)).astimezone(self.zone)
        start = local.replace(hour=0, minute=0, second=0, microsecond=0)
        return int((start - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds())

    def get_definitions(self, owner: str) -> list[Row]:
        """Return the custom fields of a kind of card, of `segments` or of `catalogs/{id}`, in the order of the card."""
        if owner not in self._definitions:
            found = [row for row in self.store.iter_rows("custom_fields") if row["owner"] == owner]
            self._definitions[owner] = sorted(found, key=lambda row: (row["sort"], row["id"]))
        return self._definitions[owner]

    def clear_definition_cache(self) -> None:
        self._definitions.clear()
        self.store.clear_cache()

    def get_pipelines(self) -> list[Row]:
        return sorted(self.store.iter_rows("pipelines"), key=lambda row: (row["sort"], row["id"]))

    def get_main_pipeline(self) -> Row:
        return next(row for row in self.get_pipelines() if row["is_main"])

    def get_stages(self, pipeline_id: int) -> list[Row]:
        pipeline = self.store.get_row("pipelines", pipeline_id)
        return sorted(pipeline["statuses"], key=lambda row: (row["sort"], row["id"])) if pipeline else []

    def find_first_stage_id(self, pipeline_id: int) -> int:
        """Return the stage of a new lead without a status: the first one that is neither incoming nor closed."""
        stages = self.get_stages(pipeline_id)
        regular = [row["id"] for row in stages if row["type"] == 0 and row["id"] not in (WON, LOST)]
        return int(regular[0]) if regular else WON
