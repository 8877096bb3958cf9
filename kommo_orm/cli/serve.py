"""The command `kommo-orm sandbox`: serves an embedded account over HTTP, for programs in any language."""

from __future__ import annotations

import signal
from types import FrameType

from rich.console import Console
from rich.markup import escape

from kommo_orm.cli.seed_summary import summarize_counts
from kommo_orm.sandbox import Sandbox, SandboxServer

_EXAMPLE = """\
from kommo_orm import Kommo, Lead

with Kommo("{account}", token="{token}", base_url="{url}"):
    print(Lead.objects.first())
"""
_ENVIRONMENT = "export KOMMO_ACCOUNT={account} KOMMO_TOKEN={token} KOMMO_BASE_URL={url}"


def serve(*, port: int, host: str, leads: int, rate_limit: int | None, latency: float) -> int:
    """Serve a seeded account until interrupted, and return the exit code."""
    console = Console(highlight=False, soft_wrap=True)
    sandbox = Sandbox(rate_limit=rate_limit, latency=latency)
    counts = sandbox.seed(leads=leads)
    try:
        server = sandbox.serve(port, host)
    except OSError as error:
        Console(stderr=True, soft_wrap=True).print(
            f"Cannot listen on {host}, port {port}: {error.strerror}", style="red"
        )
        return 1
    with server:
        _wait_until_interrupted(server, console, build_announcement(sandbox, server, counts))
    console.print(f"\nStopped after {len(sandbox.log)} requests.")
    return 0


def _wait_until_interrupted(server: SandboxServer, console: Console, announcement: str) -> None:
    """Print the announcement, and wait for Ctrl-C or `kill`."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    previous = signal.signal(signal.SIGTERM, interrupt)
    try:
        console.print(announcement)
        server.wait()
    except KeyboardInterrupt:
        return
    finally:
        signal.signal(signal.SIGTERM, previous)


def build_announcement(sandbox: Sandbox, server: SandboxServer, counts: dict[str, int]) -> str:
    """The address of the account, and how to connect to it."""
    known = {"account": sandbox.subdomain, "token": sandbox.token, "url": server.url}
    return "\n".join(
        [
            f"A Kommo account at [bold]{escape(server.url)}[/bold] with {summarize_counts(counts)}.",
            f"Its token: [bold]{escape(sandbox.token)}[/bold]. Ctrl-C stops it and deletes its data.",
            "",
            escape(_EXAMPLE.format(**known)),
            "or from the environment, with [bold]Kommo.from_env()[/bold]:",
            "",
            escape(_ENVIRONMENT.format(**known)),
        ]
    )
