"""The commands and their options. A command imports its code when it runs, so that `--help` stays fast."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(
    help="Tools of kommo_orm, a typed data-model library for the Kommo CRM.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_show_locals=False,  # they may hold secrets
)

Leads = Annotated[
    int, typer.Option(min=0, help="Leads in the account. Contacts, companies, notes and tasks are added to them.")
]


def _print_version(is_requested: bool) -> None:
    if is_requested:
        from kommo_orm import __version__

        typer.echo(f"kommo-orm {__version__}")
        raise typer.Exit


@app.callback()
def add_common_options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    pass


@app.command()
def demo(
    leads: Annotated[int, typer.Option(min=20, help="Leads in the account of the demo.")] = 1000,
    asynchronous: Annotated[bool, typer.Option("--async", help="Run the same steps in async code.")] = False,
) -> None:
    """Show the main job on an embedded account: no token, no network.

    It reads with a filter, changes in place, saves only what changed, creates linked entities, and writes a thousand
    changes in a session. Each step prints its code, its requests and their effect.
    """
    from kommo_orm.cli.demo.run_demo import run_demo

    raise typer.Exit(run_demo(leads, asynchronous=asynchronous))


@app.command()
def sandbox(
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 uses any free port.")] = 8080,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    leads: Leads = 250,
    rate_limit: Annotated[
        int | None, typer.Option(min=1, help="Requests a second; more are answered with 429 (Kommo: 7).")
    ] = None,
    latency: Annotated[float, typer.Option(min=0.0, help="Seconds of delay for each response.")] = 0.0,
) -> None:
    """Serve an embedded Kommo account over HTTP, until interrupted."""
    from kommo_orm.cli.serve import serve

    raise typer.Exit(serve(port=port, host=host, leads=leads, rate_limit=rate_limit, latency=latency))
