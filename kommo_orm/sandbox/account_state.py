"""The account behind the routes: its settings, its people, its custom field definitions and its store of rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from kommo_orm.sandbox.drive import HOST, PATHS, Drive
from kommo_orm.sandbox.login_sessions import LoginSessions
from kommo_orm.sandbox.oauth_tokens import OAuthTokens
from kommo_orm.sandbox.row_store import Row, RowStore

WON, LOST = 142, 143  # exist in every pipeline (Kommo API v4, Stages)
CARDS = ("leads", "contacts", "companies", "customers")
TRASHABLE = ("leads", "contacts", "companies")  # the cards that have a trash
HOSTS = (".kommo.com", ".amocrm.com", ".amocrm.ru")


@dataclass(slots=True)
class Channel:
    """The account's channel in the chats service, and the accounts (by their ids there) that it is connected to."""

    id: str = "f90ba33d-c9d9-44da-b76c-c349b0ecbe41"
    secret: str = "5a44c5dff55f3c15a4cce8d7c4cc27e207c7e189"  # noqa: S105  # opens nothing but a sandbox
    bot_id: str = "f1910c7f-b1e0-4184-bd09-c7def2a9109a"
    accounts: set[str] = field(default_factory=set[str])


class Account:
    """Everything that one Kommo account remembers. Time comes from `clock` (Unix seconds), never from elsewhere."""

    def __init__(
        self,
        *,
        subdomain: str,
        timezone: str,
        clock: Callable[[], float],
        first_id: int,
        filters_enabled: bool,
        customers_mode: str = "disabled",
    ) -> None:
        self.id = 30_000_000 + first_id
        self.name = "Sandbox"
        self.subdomain = subdomain
        self.timezone = timezone
        self.zone = ZoneInfo(timezone)
        self.clock = clock
        self.former_names: set[str] = set()  # subdomains that the account had before
        self.filters_enabled = filters_enabled
        self.customers_mode = customers_mode
        self.store = RowStore(first_id)
        self.drive = Drive()
        self.tokens = OAuthTokens(self.id)
        self.logins = LoginSessions(self.id)
        self.created_at = int(clock())
        self.channel = Channel()
        self.delivered_codes: list[str] = []  # sent to the redirect address without a browser
        self.owner_id = 0  # the user behind the long-lived token
        self.has_products = True  # whether its list of products, once it was made, is switched on
        self.groups: list[Row] = []
        self.task_types: list[Row] = []
        self._definitions: dict[str, list[Row]] = {}

    @property
    def host(self) -> str:
        return f"{self.subdomain}.kommo.com"

    def now(self) -> int:
        return int(self.clock())

    def build_url(self, path: str) -> str:
        """An absolute link. Kommo names the account's own host, whatever host was asked."""
        return f"https://{self.host}{path}"

    def is_other_host(self, host: str) -> bool:
        """True for a Kommo host of somebody else. Loopback and proxies pass for the account itself."""
        return host.endswith(HOSTS) and host.partition(".")[0] != self.subdomain

    def is_wrong_host(self, host: str, path: str) -> bool:
        """True for a path of the drive on Kommo's host of the account, and the other way round."""
        return host.endswith(HOSTS) and (host == HOST) != path.startswith(PATHS)

    def find_group_id(self, user_id: int | None) -> int:
        """`group_id` follows the responsible user; 0 is the default group."""
        user = self.store.get_row("users", user_id)
        return int(user["rights"]["group_id"] or 0) if user else 0

    def format_utc_offset(self) -> str:
        moment = datetime.fromtimestamp(self.clock(), self.zone).strftime("%z")
        return f"{moment[:3]}:{moment[3:]}"

    def find_midnight(self, stamp: int) -> int:
        """Start of the account's calendar day that holds this instant (how `date` and `birthday` are kept)."""
        local = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=stamp)).astimezone(self.zone)
        start = local.replace(hour=0, minute=0, second=0, microsecond=0)
        return int((start - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds())

    def get_definitions(self, owner: str) -> list[Row]:
        """Custom fields of a kind of card, of `segments` or `catalogs/{id}`, in the order the card shows them."""
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
        """Where a lead lands that names only its pipeline: the first stage which is neither incoming nor closed."""
        stages = self.get_stages(pipeline_id)
        regular = [row["id"] for row in stages if row["type"] == 0 and row["id"] not in (WON, LOST)]
        return int(regular[0]) if regular else WON
