"""The command `kommo-orm sandbox`: serves an embedded account over HTTP, for programs in any language."""

from __future__ import annotations

import json
import signal
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from urllib.parse import urlsplit

from rich.console import Console
from rich.markup import escape

from kommo_orm.cli.seed_summary import summarize_counts
from kommo_orm.sandbox import Sandbox, SandboxServer

_EXAMPLE = """\
from kommo_orm import Kommo, Lead

with Kommo("{account}", token="{token}", base_url="{address}"{dialect}):
    print(Lead.objects.first())
"""
_ENVIRONMENT = "export KOMMO_ACCOUNT={account} KOMMO_TOKEN={token} KOMMO_BASE_URL={address}"
_OAUTH = """\
OAuth: client id {client_id},
  client secret {client_secret},
  redirect URI {redirect_uri},
  a code that works once, within 20 minutes: {code}"""
_OLDER_LOGIN = "The older login: {login} with the API key {api_key}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeOptions:
    """The options of the command.

    `public_url` is how clients call the server. `strict` refuses queries that no document knows. `v2` shows how to use
    API v2 and the older login; the account serves both APIs in any case. `as_json` prints one line of JSON. `like` is a
    file with definitions of another account.
    """

    port: int = 8080
    host: str = "127.0.0.1"
    leads: int = 250
    rate_limit: int | None = None
    latency: float = 0.0
    seed: int = 1
    public_url: str = ""
    strict: bool = False
    v2: bool = False
    as_json: bool = False
    like: Path | None = None


def serve(options: ServeOptions) -> int:
    """Serve a seeded account until interrupted, and return the exit code."""
    console = Console(highlight=False, soft_wrap=True)
    try:
        sandbox = create_sandbox(options)
    except ValueError as error:
        Console(stderr=True, soft_wrap=True).print(str(error), style="red", markup=False)
        return 1
    counts = sandbox.seed(leads=options.leads, seed=options.seed)
    try:
        server = sandbox.serve(options.port, options.host, public_url=options.public_url)
    except OSError as error:
        Console(stderr=True, soft_wrap=True).print(
            f"Cannot listen on {options.host}, port {options.port}: {error.strerror}", style="red"
        )
        return 1
    with server:
        access = describe_access(sandbox, server, v2=options.v2)
        text = build_announcement(access, counts, v2=options.v2)
        _wait_until_interrupted(server, console, escape(json.dumps(access)) if options.as_json else text)
    if not options.as_json:
        console.print(f"\nStopped after {len(sandbox.log)} requests.")
    return 0


def create_sandbox(options: ServeOptions) -> Sandbox:
    """Create the account. A public address at Kommo's domain names it, so that its tokens work there."""
    host = urlsplit(options.public_url).hostname or ""
    name, _, domain = host.partition(".")
    return Sandbox(
        subdomain=name if domain == "kommo.com" else None,
        definitions=options.like,
        rate_limit=options.rate_limit,
        latency=options.latency,
        strict_queries=options.strict,
    )


def _wait_until_interrupted(server: SandboxServer, console: Console, announcement: str) -> None:
    """Print the announcement, and wait for Ctrl-C or `kill`."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    previous = signal.signal(signal.SIGTERM, interrupt)
    try:
        console.print(announcement)
        console.file.flush()
        server.wait()
    except KeyboardInterrupt:
        return
    finally:
        signal.signal(signal.SIGTERM, previous)


def describe_access(sandbox: Sandbox, server: SandboxServer, *, v2: bool = False) -> dict[str, str]:
    """Return what a client needs. The code is a new one. The older login is added with `v2`."""
    access = {
        "address": server.url,
        "account": sandbox.subdomain,
        "token": sandbox.token,
        "client_id": sandbox.client_id,
        "client_secret": sandbox.client_secret,
        "redirect_uri": sandbox.redirect_uri,
        "code": sandbox.authorization_code(),
    }
    return {**access, "login": sandbox.login, "api_key": sandbox.api_key} if v2 else access


def build_announcement(access: dict[str, str], counts: dict[str, int], *, v2: bool = False) -> str:
    """Build the text about the account, and how to connect to it."""
    older = ["", escape(_OLDER_LOGIN.format(**access))] if v2 else []
    dialect = ', dialect="v2"' if v2 else ""
    return "\n".join(
        [
            f"A Kommo account at [bold]{escape(access['address'])}[/bold] with {summarize_counts(counts)}.",
            f"Its token: [bold]{escape(access['token'])}[/bold]. Ctrl-C stops it and deletes its data.",
            "",
            escape(_OAUTH.format(**access)),
            *older,
            "",
            escape(_EXAMPLE.format(**access, dialect=dialect)),
            "or from the environment, with [bold]Kommo.from_env()[/bold]:",
            "",
            escape(_ENVIRONMENT.format(**access)),
        ]
    )
