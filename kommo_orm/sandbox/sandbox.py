"""The class that tests use: an account, its faults, its rate limit, its log, and the ways to connect to it."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from kommo_orm.sandbox import connect, field_declaration, new_account, row_access, seeding
from kommo_orm.sandbox.account_state import Account
from kommo_orm.sandbox.definition_export import DefinitionExport
from kommo_orm.sandbox.definition_import import Definitions, fill_from_definitions, load_definitions
from kommo_orm.sandbox.http_messages import SandboxRequest
from kommo_orm.sandbox.http_server import SandboxServer
from kommo_orm.sandbox.httpx_transport import SandboxTransport
from kommo_orm.sandbox.rate_window import RateWindow
from kommo_orm.sandbox.request_log import LogEntry
from kommo_orm.sandbox.resources import waiting_bots, web_interface
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.webhooks.sandbox_webhooks import SandboxWebhooks

if TYPE_CHECKING:
    from kommo_orm.client import Kommo


class Sandbox(SandboxWebhooks):
    """An embedded Kommo account: a strict fake of the APIs v4 and v2, for tests and demonstrations.

    It refuses what Kommo refuses and ignores what Kommo ignores. There is one exception, for tests: in process it
    refuses a parameter, `with`, filter or order that Kommo's documentation does not mention, by name, so that a test
    finds a typo. Over HTTP it ignores such a name, as Kommo does, because other clients send them.

    Args:
        subdomain: the account's name, `"sandbox"` by default; its host is `{subdomain}.kommo.com`.
        timezone: IANA name of the account's zone (`date` fields are midnight there), `"Europe/Lisbon"` by default.
        rate_limit: requests per second (Kommo allows 7); more give 429. None: no limit.
        latency: delay of every response, in seconds. Transports and servers sleep; `handle` never does.
        clock: returns Unix seconds, as `time.time`.
        first_id: the first id of each kind.
        strict_queries: True refuses undocumented names of queries over HTTP, too; False never does. None: see above.
        customers_mode: `"disabled"` (every request about them gives 422; by default), `"segments"`, `"periodicity"`, or
            `"unavailable"` (not in the plan: 402).
        filters_enabled: False for an account whose plan has no filters: they are accepted and ignored.
        token: the long-lived token; it always works.
        api_key: the owner's API key, for the older login (`/private/api/auth.php`) and to be exchanged for a code.
            Other users have their own keys, see `key_of`.
        block_after: number of 429 responses after which every request gives 403. None: never.
        retry_after: seconds in the JSON body of a 429. None: the 429 is HTML, as it mostly is.
        duplicates_control: True merges leads of `leads/complex` into open leads of the same people.
        definitions: the fields, pipelines, users, lists ... of another account, or the file that has them. See
            `from_account` and `definitions`. Arguments that you give win over them.

    Example:
        ```python
        with Sandbox() as sandbox:
            sandbox.seed(leads=100)
            kommo = sandbox.connect()
        ```
    """

    def __init__(  # noqa: PLR0913  # keyword arguments, the settings of an account
        self,
        *,
        subdomain: str | None = None,
        timezone: str | None = None,
        rate_limit: int | None = None,
        latency: float = 0.0,
        clock: Callable[[], float] = time.time,
        first_id: int = 1001,
        strict_queries: bool | None = None,
        filters_enabled: bool = True,
        customers_mode: str | None = None,
        token: str = "sandbox-token",  # noqa: S107  # opens nothing but a sandbox
        api_key: str = "0123456789abcdef0123456789abcdef",
        block_after: int | None = None,
        retry_after: int | None = None,
        duplicates_control: bool = False,
        definitions: Definitions | str | Path | None = None,
    ) -> None:
        super().__init__(
            clock=clock,
            latency=latency,
            strict_queries=strict_queries,
            rate=RateWindow(rate_limit, block_after),
            retry_after=retry_after,
        )
        self.token = token
        self.api_key = api_key
        self.transport = SandboxTransport(self.handle, self.ahandle)
        self._copied = None if definitions is None else load_definitions(definitions)
        known = {} if self._copied is None else self._copied["account"]
        self._create_account = partial(
            Account,
            subdomain=subdomain or known.get("subdomain") or "sandbox",
            timezone=timezone or known.get("timezone") or "Europe/Lisbon",
            clock=clock,
            first_id=first_id,
            filters_enabled=filters_enabled,
            customers_mode=customers_mode or known.get("customers_mode") or "disabled",
            duplicates_control=duplicates_control,
            account_id=known.get("id"),
        )
        self.reset()

    def reset(self) -> None:
        """Start with a new account. Rows, tokens, log, planned faults and counted requests are removed."""
        with self._lock:
            self.account = self._create_account()
            self.account.tokens.long_lived = self.token
            new_account.fill_new_account(self.account)
            if self._copied is not None:
                fill_from_definitions(self.account, self._copied)
            self.account.logins.set_api_key(self.account.owner_id, self.api_key)
            self.faults.clear()
            self.log.clear()
            self._sender.forget_deliveries()
            self.rate.reset()

    @classmethod
    def from_account(cls, kommo: Kommo, *, tags: bool = False, **settings: Any) -> Self:
        """Copy the definitions of an account into a new sandbox, with their ids.

        They are users, roles, pipelines and stages, custom fields with options and groups, lists, loss reasons, sources,
        stages of customers, segments, and with `tags=True` tags. No card is read. What the token may not read is skipped
        with a warning in the log. `settings` are arguments of `Sandbox`.

        Example:
            `Path("definitions.json").write_text(json.dumps(Sandbox.from_account(kommo).definitions()))`
        """
        return cls(definitions=connect.read_definitions(kommo, tags=tags), **settings)

    def definitions(self, *, tags: bool = False) -> Row:
        """Return the definitions of this account as JSON values, for `Sandbox(definitions=...)`.

        E-mails and phones of users are left out.
        """
        with self._lock:
            export = DefinitionExport(lambda path: self._request_as_owner("GET", path, None), (ValueError,))
            return export.read_all(tags=tags)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        """Do nothing: a server is closed by its own `with`."""

    # Connecting

    def connect(self, **options: Any) -> Kommo:
        """Return a `kommo_orm.Kommo` that reaches this account in process, sync and async.

        `options` go to its class.
        """
        return connect.connect_client(self.account.subdomain, self.token, self.transport, options)

    def serve(self, port: int = 0, host: str = "127.0.0.1", *, public_url: str = "") -> SandboxServer:
        """Serve the account over HTTP in a thread. Use it in a `with`. Port 0 means any free port, see `server.url`.

        Webhooks are delivered in another thread, which ends with the server.

        Links in responses begin with the address that a client asked. `public_url` replaces it, for a server behind a
        proxy or in a container.
        """
        thread = self._start_webhook_thread()
        try:
            return SandboxServer(self._handle_over_http, host, port, public_url, on_close=thread.close)
        except OSError:
            thread.close()
            raise

    def serve_forever(self, port: int = 8000, host: str = "127.0.0.1", *, public_url: str = "") -> None:
        """Serve the account over HTTP in the foreground, until the process is interrupted."""
        with self.serve(port, host, public_url=public_url) as server:
            server.wait()

    @property
    def subdomain(self) -> str:
        """The account's present name."""
        return self.account.subdomain

    def rename(self, subdomain: str) -> None:
        """Rename the account, as a customer does. The old host gives 404 from now on (Kommo, OAuth 2.0)."""
        with self._lock:
            self.account.former_names.add(self.account.subdomain)
            self.account.subdomain = subdomain
            self.account.store.clear_cache()

    # Tokens

    @property
    def client_id(self) -> str:
        """The client id of the integration."""
        return self.account.tokens.client_id

    @property
    def client_secret(self) -> str:
        """The client secret of the integration."""
        return self.account.tokens.client_secret

    @property
    def redirect_uri(self) -> str:
        """The redirect URI of the integration."""
        return self.account.tokens.redirect_uri

    def authorization_code(self, user_id: int | None = None) -> str:
        """Return a new code of the owner or of another user. It works once, within 20 minutes."""
        with self._lock:
            return self.account.tokens.create_code(user_id or self.account.owner_id, self.clock())

    @property
    def delivered_codes(self) -> list[str]:
        """The codes that were sent to the redirect URI in exchange for API keys."""
        return self.account.delivered_codes

    def expire_access_token(self) -> None:
        """End every access token that was issued. Refresh tokens and the long-lived token still work."""
        with self._lock:
            self.account.tokens.expire_access_tokens(self.clock())

    def revoke_tokens(self) -> None:
        """Revoke every token that was issued, access and refresh. The long-lived token still works."""
        with self._lock:
            self.account.tokens.revoke_all_tokens()

    # The older login

    @property
    def login(self) -> str:
        """The owner's e-mail, which belongs to `api_key`."""
        return str(self.account.store.get_table("users")[self.account.owner_id]["email"])

    def key_of(self, user_id: int) -> str:
        """Return the API key of a user. Raises `KeyError` for an unknown user."""
        with self._lock:
            return self.account.logins.get_api_key(int(self.account.store.get_table("users")[user_id]["id"]))

    def end_sessions(self) -> None:
        """End every session of the older login before its 15 minutes are over."""
        with self._lock:
            self.account.logins.close_all_sessions()

    # Content of the account

    def seed(self, leads: int = 250, contacts: int | None = None, companies: int | None = None, seed: int = 1) -> Row:
        """Fill the account with realistic data: pipelines, users, fields, cards, tasks, notes.

        The same arguments give the same data. `contacts` and `companies` depend on `leads` by default. Returns the
        number of new rows by kind.
        """
        with self._lock:
            counts = seeding.seed_account(self.account, leads, contacts, companies, seed)
            self.account.outbox.take_events()  # nobody is told of rows that were there before
            return counts

    def add(self, kind: str, **values: Any) -> Row:
        """Create one row by the rules of the API and return it as `row` shows it.

        Beside the keys of the API it accepts `id`, `tags=["vip"]`, `contacts=[5]`, `company=7`, for notes `text="..."`,
        and a few read-only keys (`closest_task_at`, `group_id`, `is_unsorted`, `is_admin`). A note or a tag needs
        `entity_type="leads"`, an element `catalog_id`, a stage `pipeline_id`.

        Raises:
            ValueError: if the API would refuse the row; the message is the service's response.

        Example:
            `sandbox.add("leads", name="Roof", price=100, contacts=[sandbox.add("contacts", name="Ann")["id"]])`
        """
        with self._change_account():
            number = row_access.create_row(
                self.account, self._request_as_owner, row_access.get_table_name(kind), copy.deepcopy(values)
            )
        return self.row(kind, number) or {}

    def change(self, kind: str, id: int, **values: Any) -> Row:
        """Update one row as another user does. It is not logged, and no rate limit or fault applies.

        Raises:
            KeyError: if there is no such row.
            ValueError: if the API would refuse the change; the message is the service's response.
        """
        with self._change_account():
            found = row_access.find_row(self.account, row_access.get_table_name(kind), id)
            if found is None:
                raise KeyError(f"{kind} {id}")
            self._request_as_owner(
                "PATCH", f"{row_access.build_collection_path(row_access.get_table_name(kind), found)}/{id}", values
            )
        return self.row(kind, id) or {}

    @property
    def channel_id(self) -> str:
        """The account's channel in the chats service."""
        return self.account.channel.id

    @property
    def channel_secret(self) -> str:
        """The secret that signs requests of the channel."""
        return self.account.channel.secret

    def bot_waits(self, bot: str = "salesbot", bot_id: int = 321) -> str:
        """Let a bot (`salesbot` or `marketingbot`) send its `widget_request` and wait. Returns the `return_url`."""
        with self._lock:
            return waiting_bots.add_waiting_bot(self.account, bot, bot_id)

    def trash(self, kind: str, id: int) -> None:
        """Trash a lead, contact or company, as a person does in the web interface.

        Raises `KeyError` if it is absent.
        """
        with self._change_account():
            if not web_interface.trash_card(self.account, self.account.owner_id, kind, id):
                raise KeyError(f"{kind} {id}")

    def restore(self, kind: str, id: int) -> None:
        """Take a lead, contact or company out of the trash. Raises `KeyError` if it is not there."""
        with self._change_account():
            if not web_interface.restore_card(self.account, self.account.owner_id, kind, id):
                raise KeyError(f"{kind} {id}")

    def rows(self, kind: str) -> list[Row]:
        """Return all rows of a kind (`leads`, `tasks`, `custom_fields` ...) as the API shows them with every `with`."""
        with self._lock:
            found = row_access.get_stored_rows(self.account, row_access.get_table_name(kind))
            return [row_access.render_copy(self.account, kind, row) for row in found]

    def row(self, kind: str, id: int) -> Row | None:
        """Return one row, trash included, or None."""
        with self._lock:
            found = row_access.find_row(self.account, row_access.get_table_name(kind), id)
            return row_access.render_copy(self.account, kind, found) if found else None

    def add_file(self, name: str, content: bytes = b"content", mime: str | None = None) -> Row:
        """Add a file to the drive, as its owner uploads it, and return it as the API shows it."""
        with self._lock:
            author = {"id": self.account.owner_id, "type": "internal"}
            made = self.account.drive.add_file(name, content, mime, author=author, now=self.account.now())
            shown: Row = self._request_as_owner("GET", f"/v1.0/files/{made['uuid']}", None)
            return shown

    @property
    def files(self) -> list[Row]:
        """All files of the drive, trash included, the oldest first."""
        with self._lock:
            uuids = list(self.account.drive.files)
            return [self._request_as_owner("GET", f"/v1.0/files/{uuid}", None) for uuid in uuids]

    def content(self, uuid: str) -> bytes:
        """Return the bytes of a file or of a version. Raises `KeyError`."""
        with self._lock:
            drive = self.account.drive
            return drive.contents[drive.files[uuid]["version_uuid"] if uuid in drive.files else uuid]

    @property
    def users(self) -> list[Row]:
        """All users, as the API shows them with every `with`."""
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

        `enums` are texts, or rows with `value`, `code`, `id`. `settings` are more keys of a definition, such as
        `currency`.
        """
        owner = f"catalogs/{entity}" if isinstance(entity, int) else entity
        with self._lock:
            made = field_declaration.define_field(
                self.account, owner, name, type, code=code, enums=enums, id=id, **settings
            )
            return row_access.render_copy(self.account, "custom_fields", made)

    def define(self, *models: Any, options: field_declaration.Options | None = None) -> list[Row]:
        """Create the custom fields that models declare and the account does not have. Ids of the models are used.

        `options` are the texts of options by the name of the attribute, for a field that declares no enum.

        Raises:
            ValueError: if `options` names an attribute that is not declared or has no options.

        Example:
            `sandbox.define(Deal, Person, options={"source": ["Web", "Fair"]})`
        """
        given = options or {}
        field_declaration.check_options(models, given)
        with self._lock:
            made = [
                row for model in models for row in field_declaration.define_model_fields(self.account, model, given)
            ]
            return [row_access.render_copy(self.account, "custom_fields", row) for row in made]

    def requests(self, method: str | None = None, path: str | None = None) -> list[LogEntry]:
        """Return the logged requests in order, selected by method and exact path."""
        with self._lock:
            return self.log.select_requests(method, path)

    def _request_as_owner(self, method: str, path: str, body: Any) -> Any:
        """Send a request of the owner that is not logged, and return its JSON. Raises `ValueError` if it is refused."""
        request = SandboxRequest.of(method, path, json=body, token=self.token)
        response = self._handle_request(request, strict=self.strict_queries is not False)
        if response.status >= 400:
            raise ValueError(f"{method} {path}: {response.text}")
        return response.json()
