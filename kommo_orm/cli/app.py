"""The commands and their options. A command imports its code when it runs, so that `--help` stays fast."""

from __future__ import annotations

from pathlib import Path
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
def sandbox(  # noqa: PLR0913, PLR0917  # the options of the command, all by name
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 uses any free port.")] = 8080,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    leads: Leads = 250,
    rate_limit: Annotated[
        int | None, typer.Option(min=1, help="Requests a second; more are answered with 429 (Kommo: 7).")
    ] = None,
    latency: Annotated[float, typer.Option(min=0.0, help="Seconds of delay for each response.")] = 0.0,
    seed: Annotated[int, typer.Option(help="Another number gives other data; the same one the same data.")] = 1,
    public_url: Annotated[str, typer.Option(help="How clients call this server, for links behind a proxy.")] = "",
    strict: Annotated[bool, typer.Option("--strict", help="Refuse queries that no document of Kommo knows.")] = False,
    v2: Annotated[bool, typer.Option("--v2", help="Show how to use API v2 and the older login.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print address, token, client and code as JSON.")] = False,
    like: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="Have the definitions of this file, see --dump.")
    ] = None,
    dump: Annotated[
        Path | None,
        typer.Option(dir_okay=False, help="Write the definitions of the account of KOMMO_ACCOUNT to a file, and end."),
    ] = None,
) -> None:
    """Serve an embedded Kommo account over HTTP, until interrupted."""
    if dump is not None:
        from kommo_orm.cli.dump_definitions import dump_definitions

        raise typer.Exit(dump_definitions(dump))
    from kommo_orm.cli.serve import ServeOptions, serve

    options = ServeOptions(
        port=port,
        host=host,
        leads=leads,
        rate_limit=rate_limit,
        latency=latency,
        seed=seed,
        public_url=public_url,
        strict=strict,
        v2=v2,
        as_json=as_json,
        like=like,
    )
    raise typer.Exit(serve(options))
