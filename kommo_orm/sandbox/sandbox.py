"""The sandbox itself: when a request is answered, refused or spoilt, and the handles that tests hold."""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from threading import RLock
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from kommo_orm.sandbox import connect, dispatch, field_declaration, new_account, row_access, seeding
from kommo_orm.sandbox.account_state import Account
from kommo_orm.sandbox.faults import Fault, Faults
from kommo_orm.sandbox.hal_responses import HTML, PROBLEM, QUERY_MARK, encode_json
from kommo_orm.sandbox.http_messages import Cut, SandboxRequest, SandboxResponse
from kommo_orm.sandbox.http_server import SandboxServer
from kommo_orm.sandbox.httpx_transport import SandboxTransport
from kommo_orm.sandbox.problem_documents import build_problem, render_gateway_page
from kommo_orm.sandbox.rate_window import RateWindow
from kommo_orm.sandbox.request_log import Log, LogEntry
from kommo_orm.sandbox.resources import waiting_bots, web_interface
from kommo_orm.sandbox.row_store import Row

if TYPE_CHECKING:
    from kommo_orm.client import Kommo


class Sandbox:
    """An embedded Kommo account: a strict fake of the APIs v4 and v2, for tests and demonstrations.

    It refuses what Kommo refuses and ignores what Kommo ignores. A query parameter, `with` or filter that no page of
    Kommo's documentation mentions is refused with its name, so that a typo cannot hide; `strict_queries=False`
    ignores it as Kommo does.

    Args:
        subdomain: the account's name; its host is `{subdomain}.kommo.com`.
        timezone: IANA name of the account's zone (`date` fields are midnight there).
        rate_limit: requests a second (Kommo allows 7); beyond it 429. None: no limit.
        latency: seconds that every answer takes. Transports and servers sleep; `handle` never does.
        clock: Unix seconds, as `time.time`.
        first_id: where the ids of each kind begin.
        strict_queries: see above.
        customers_mode: `"disabled"` (customers cannot be written), `"segments"`, `"periodicity"`, or `"unavailable"`
            (not in the plan: 402).
        filters_enabled: False for an account whose plan has no filters: they are accepted and ignored.
        token: the long-lived token; always works.
        api_key: the owner's key from the time before OAuth: for the older login (`/private/api/auth.php`), and to be
            exchanged for a code. Other users have keys of their own, see `key_of`.
        block_after: after so many 429 the address is blocked: 403 for everything. None: never.
        retry_after: seconds named by the JSON body of 429. None: 429 is HTML, as it mostly is.

    Example:
        ```python
        with Sandbox() as sandbox:
            sandbox.seed(leads=100)
            kommo = sandbox.connect()
        ```
    """

    def __init__(  # noqa: PLR0913  # the knobs of an account, all by name
        self,
        *,
        subdomain: str = "sandbox",
        timezone: str = "Europe/Lisbon",
        rate_limit: int | None = None,
        latency: float = 0.0,
        clock: Callable[[], float] = time.time,
        first_id: int = 1001,
        strict_queries: bool = True,
        filters_enabled: bool = True,
        customers_mode: str = "disabled",
        token: str = "sandbox-token",  # noqa: S107  # opens nothing but a sandbox
        api_key: str = "0123456789abcdef0123456789abcdef",
        block_after: int | None = None,
        retry_after: int | None = None,
    ) -> None:
        self.clock = clock
        self.latency = latency
        self.strict_queries = strict_queries
        self.token = token
        self.api_key = api_key
        self.retry_after = retry_after
        self.rate = RateWindow(rate_limit, block_after)
        self.faults = Faults()
        self.log = Log()
        self.transport = SandboxTransport(self.handle)
        self._lock = RLock()
        self._arrivals = 0
        self._create_account = partial(
            Account,
            subdomain=subdomain,
            timezone=timezone,
            clock=clock,
            first_id=first_id,
            filters_enabled=filters_enabled,
            customers_mode=customers_mode,
        )
        self.reset()

    def reset(self) -> None:
        """A new account: rows, tokens, log, planned faults and the rate window are forgotten."""
        with self._lock:
            self.account = self._create_account()
            self.account.tokens.long_lived = self.token
            new_account.fill_new_account(self.account)
            self.account.logins.set_api_key(self.account.owner_id, self.api_key)
            self.faults.clear()
            self.log.clear()
            self.rate.reset()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing to give back: servers are closed by their own `with`."""

    # The door

    def handle(self, request: SandboxRequest) -> SandboxResponse:
        """Answer one request. Pure but for the state of the account: no socket, no sleep. Thread-safe."""
        with self._lock:
            at = self.clock()
            refusal = self.faults.take_fault(request, refusing=True)
            if refusal is not None:
                return refusal.apply_to(SandboxResponse(0))
            response = self._add_request_id(self._answer_request(request, at))
            self.log.add_request(at, request, response)
            return response

    def _add_request_id(self, response: SandboxResponse) -> SandboxResponse:
        self._arrivals += 1
        headers = {**response.headers, "x-request-id": f"{self._arrivals:032x}"}
        return replace(response, headers=headers, delay=response.delay + self.latency)

    def _answer_request(self, request: SandboxRequest, at: float) -> SandboxResponse:
        within = self.rate.count_arrival(at)
        if self.rate.is_blocked:
            return SandboxResponse(403, {"content-type": HTML}, render_gateway_page(403))
        if not within:
            return self._answer_rate_limit()
        fault = self.faults.take_fault(request, refusing=False)
        return self._handle_request(request) if fault is None else self._answer_with_fault(request, fault)

    def _answer_with_fault(self, request: SandboxRequest, fault: Fault) -> SandboxResponse:
        if fault.cut is Cut.BEFORE:
            return fault.apply_to(SandboxResponse(0))
        if not fault.replaces_response:
            return fault.apply_to(self._handle_request(request))
        if fault.applied:
            self._handle_request(request)
        return fault.apply_to(fault.build_response())

    def _answer_rate_limit(self) -> SandboxResponse:
        if self.retry_after is None:
            return SandboxResponse(429, {"content-type": HTML}, render_gateway_page(429))
        document = {**build_problem(429, "Too many requests"), "retry_after": self.retry_after}
        return SandboxResponse(429, {"content-type": PROBLEM}, encode_json(document))

    def _handle_request(self, request: SandboxRequest) -> SandboxResponse:
        return dispatch.handle_request(self.account, request, strict=self.strict_queries)

    # Ways in

    def connect(self, **options: Any) -> Kommo:
        """A `kommo_orm.Kommo` that talks to this account in process, sync and async; `options` go to its class."""
        return connect.connect_client(self.account.subdomain, self.token, self.transport, options)

    def serve(self, port: int = 0, host: str = "127.0.0.1") -> SandboxServer:
        """The account over HTTP, served by a thread; use it in a `with`. Port 0: any free one, see `server.url`."""
        return SandboxServer(self.handle, host, port)

    def serve_forever(self, port: int = 8000, host: str = "127.0.0.1") -> None:
        """The account over HTTP, in the foreground, until interrupted."""
        with self.serve(port, host) as server:
            server.wait()

    @property
    def subdomain(self) -> str:
        return self.account.subdomain

    def rename(self, subdomain: str) -> None:
        """The customer renames the account: the old host answers 404 from now on (Kommo, OAuth 2.0)."""
        with self._lock:
            self.account.former_names.add(self.account.subdomain)
            self.account.subdomain = subdomain
            self.account.store.clear_cache()

    # Tokens

    @property
    def client_id(self) -> str:
        return self.account.tokens.client_id

    @property
    def client_secret(self) -> str:
        return self.account.tokens.client_secret

    @property
    def redirect_uri(self) -> str:
        return self.account.tokens.redirect_uri

    def authorization_code(self, user_id: int | None = None) -> str:
        """A fresh code, good once and for 20 minutes, of the owner or of another user."""
        with self._lock:
            return self.account.tokens.create_code(user_id or self.account.owner_id, self.clock())

    @property
    def delivered_codes(self) -> list[str]:
        """The codes that were sent to the redirect address for API keys."""
        return self.account.delivered_codes

    def expire_access_token(self) -> None:
        """Every access token issued so far is over; refresh tokens and the long-lived token go on working."""
        with self._lock:
            self.account.tokens.expire_access_tokens(self.clock())

    def revoke_tokens(self) -> None:
        """Access was revoked in the account: no issued token works any more, neither access nor refresh."""
        with self._lock:
            self.account.tokens.revoke_all_tokens()

    # The older login

    @property
    def login(self) -> str:
        """The owner's e-mail, with which `api_key` goes."""
        return str(self.account.store.get_table("users")[self.account.owner_id]["email"])

    def key_of(self, user_id: int) -> str:
        """The API key of a user. Raises `KeyError` for an unknown user."""
        with self._lock:
            return self.account.logins.get_api_key(int(self.account.store.get_table("users")[user_id]["id"]))

    def end_sessions(self) -> None:
        """Every session opened by the older login is over before its 15 minutes."""
        with self._lock:
            self.account.logins.close_all_sessions()

    # What is in the account

    def seed(self, leads: int = 250, contacts: int | None = None, companies: int | None = None, seed: int = 1) -> Row:
        """A realistic account, the same for the same arguments: pipelines, users, fields, cards, tasks, notes.

        Returns how many rows of each kind were made. `contacts` and `companies` follow from `leads` when left out.
        """
        with self._lock:
            return seeding.seed_account(self.account, leads, contacts, companies, seed)

    def add(self, kind: str, **values: Any) -> Row:
        """Put one row in, by the rules of the API, and get it back as `row` shows it.

        Beside the keys of the API: `id`, `tags=["vip"]`, `contacts=[5]`, `company=7`, for notes `text="..."`, and a few
        read-only keys, which are set as they are (`closest_task_at`, `group_id`, `is_unsorted`, `is_admin`). Notes and
        tags name their card (`entity_type="leads"`), elements their `catalog_id`, stages their `pipeline_id`.

        Raises:
            ValueError: with the service's words, when the API would refuse the row.

        Example:
            `sandbox.add("leads", name="Roof", price=100, contacts=[sandbox.add("contacts", name="Ann")["id"]])`
        """
        with self._lock:
            number = row_access.create_row(
                self.account, self._internal, row_access.get_table_name(kind), copy.deepcopy(values)
            )
            return self.row(kind, number) or {}

    def change(self, kind: str, id: int, **values: Any) -> Row:
        """What somebody else changes meanwhile: a PATCH of one row outside of the log, the rate and the faults.

        Raises:
            KeyError: when there is no such row.
            ValueError: with the service's words, when the API would refuse the change.
        """
        with self._lock:
            found = row_access.find_row(self.account, row_access.get_table_name(kind), id)
            if found is None:
                raise KeyError(f"{kind} {id}")
            self._internal(
                "PATCH", f"{row_access.build_collection_path(row_access.get_table_name(kind), found)}/{id}", values
            )
            return self.row(kind, id) or {}

    @property
    def channel_id(self) -> str:
        """The account's channel in the chats service."""
        return self.account.channel.id

    @property
    def channel_secret(self) -> str:
        """What requests of the channel are signed with."""
        return self.account.channel.secret

    def bot_waits(self, bot: str = "salesbot", bot_id: int = 321) -> str:
        """A bot (`salesbot` or `marketingbot`) sends its `widget_request` and waits; answers the `return_url`."""
        with self._lock:
            return waiting_bots.add_waiting_bot(self.account, bot, bot_id)

    def trash(self, kind: str, id: int) -> None:
        """Delete a lead, contact or company as a person does in the web interface. Raises `KeyError` when absent."""
        with self._lock:
            if not web_interface.trash_card(self.account, self.account.owner_id, kind, id):
                raise KeyError(f"{kind} {id}")

    def rows(self, kind: str) -> list[Row]:
        """All rows of a kind (`leads`, `tasks`, `custom_fields` ...) as the API shows them with every `with`."""
        with self._lock:
            return [
                self._render_copy(kind, row)
                for row in row_access.get_stored_rows(self.account, row_access.get_table_name(kind))
            ]

    def row(self, kind: str, id: int) -> Row | None:
        """One row, trash included, or None."""
        with self._lock:
            found = row_access.find_row(self.account, row_access.get_table_name(kind), id)
            return self._render_copy(kind, found) if found else None

    def _render_copy(self, kind: str, row: Row) -> Row:
        """A copy, so that nobody changes the account by accident."""
        encoded = encode_json(row_access.render_row(self.account, row_access.get_table_name(kind), row))
        shown: Row = json.loads(encoded.replace(QUERY_MARK.encode(), b""))
        return shown

    def add_file(self, name: str, content: bytes = b"content", mime: str | None = None) -> Row:
        """Put a file on the drive, as its owner uploads it; its keys are those of the API."""
        with self._lock:
            author = {"id": self.account.owner_id, "type": "internal"}
            made = self.account.drive.add_file(name, content, mime, author=author, now=self.account.now())
            shown: Row = self._internal("GET", f"/v1.0/files/{made['uuid']}", None)
            return shown

    @property
    def files(self) -> list[Row]:
        """All files of the drive, those in the trash included, the oldest first."""
        with self._lock:
            uuids = list(self.account.drive.files)
            return [self._internal("GET", f"/v1.0/files/{uuid}", None) for uuid in uuids]

    def content(self, uuid: str) -> bytes:
        """The bytes of a file, or of a version. Raises `KeyError`."""
        with self._lock:
            drive = self.account.drive
            return drive.contents[drive.files[uuid]["version_uuid"] if uuid in drive.files else uuid]

    @property
    def users(self) -> list[Row]:
        return self.rows("users")

    def add_field(
        self,
        entity: str | int,
        name: str,
        type: str,
        code: str | None = None,
        enums: Iterable[Any] = (),
        *,
        id: int | None = None,
        **settings: Any,
    ) -> Row:
        """Define a custom field of `leads`, `contacts`, `companies` or a list (`"catalogs/3005"`, or its id).

        `enums` are texts, or rows with `value`, `code`, `id`. `settings` are further keys of a definition, such as
        `currency`.
        """
        owner = f"catalogs/{entity}" if isinstance(entity, int) else entity
        with self._lock:
            made = field_declaration.define_field(
                self.account, owner, name, type, code=code, enums=enums, id=id, **settings
            )
            return self._render_copy("custom_fields", made)

    def define(self, *models: Any) -> list[Row]:
        """Create the custom fields that models declare and the account lacks; ids given by a model are respected.

        Example:
            `sandbox.define(Deal, Person)`
        """
        with self._lock:
            made = [row for model in models for row in field_declaration.define_model_fields(self.account, model)]
            return [self._render_copy("custom_fields", row) for row in made]

    def requests(self, method: str | None = None, path: str | None = None) -> list[LogEntry]:
        """What arrived, in order, by verb and exact path."""
        with self._lock:
            return self.log.select_requests(method, path)

    def _internal(self, method: str, path: str, body: Any) -> Any:
        """A request of the sandbox to itself, by its owner. Raises `ValueError` when it is refused."""
        response = self._handle_request(SandboxRequest.of(method, path, json=body, token=self.token))
        if response.status >= 400:
            raise ValueError(f"{method} {path}: {response.text}")
        return response.json()
