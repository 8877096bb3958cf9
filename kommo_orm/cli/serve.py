"""`kommo-orm sandbox`: an embedded account over HTTP for programs in any language."""

from __future__ import annotations

import signal
from types import FrameType

from rich.console import Console
from rich.markup import escape

from kommo_orm.cli.contents import contents
from kommo_orm.sandbox import Sandbox, SandboxServer

_HOW = """\
from kommo_orm import Kommo, Lead

with Kommo("{account}", token="{token}", base_url="{url}"):
    print(Lead.objects.first())
"""
_ENVIRONMENT = "export KOMMO_ACCOUNT={account} KOMMO_TOKEN={token} KOMMO_BASE_URL={url}"


def serve(*, port: int, host: str, leads: int, rate_limit: int | None, latency: float) -> int:
    """Serve a seeded account until interrupted; answers the exit code."""
    console = Console(highlight=False, soft_wrap=True)
    sandbox = Sandbox(rate_limit=rate_limit, latency=latency)
    counts = sandbox.seed(leads=leads)
    try:
        server = sandbox.serve(port, host)
    except OSError as refused:
        Console(stderr=True, soft_wrap=True).print(
            f"Cannot listen on {host}, port {port}: {refused.strerror}.", style="red"
        )
        return 1
    with server:
        _serve(server, console, announcement(sandbox, server, counts))
    console.print(f"\nStopped after {len(sandbox.log)} requests.")
    return 0


def _serve(server: SandboxServer, console: Console, said: str) -> None:
    """Say where it is, and go on until Ctrl-C or `kill`."""

    def end(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    former = signal.signal(signal.SIGTERM, end)
    try:
        console.print(said)
        server.wait()
    except KeyboardInterrupt:
        return
    finally:
        signal.signal(signal.SIGTERM, former)


def announcement(sandbox: Sandbox, server: SandboxServer, counts: dict[str, int]) -> str:
    """Where the account is and how to connect to it."""
    known = {"account": sandbox.subdomain, "token": sandbox.token, "url": server.url}
    return "\n".join(
        [
            f"A Kommo account at [bold]{escape(server.url)}[/bold] with {contents(counts)}.",
            f"Its token: [bold]{escape(sandbox.token)}[/bold]. Ctrl-C ends it, and its data with it.",
            "",
            escape(_HOW.format(**known)),
            "or from the environment, with [bold]Kommo.from_env()[/bold]:",
            "",
            escape(_ENVIRONMENT.format(**known)),
        ]
    )
