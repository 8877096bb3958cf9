"""The commands and their options. What a command does is imported when it runs, so that `--help` stays quick."""

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

Leads = Annotated[int, typer.Option(min=0, help="Leads in the account; contacts, companies, notes and tasks follow.")]


def _version(asked: bool) -> None:
    if asked:
        from kommo_orm import __version__

        typer.echo(f"kommo-orm {__version__}")
        raise typer.Exit


@app.callback()
def common(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    pass


@app.command()
def demo(
    leads: Annotated[int, typer.Option(min=20, help="Leads in the account that is worked on.")] = 1000,
    asynchronous: Annotated[bool, typer.Option("--async", help="Take the same steps through the async twins.")] = False,
) -> None:
    """Show the main job on an embedded account: no token, no network.

    Reads with a filter, changes in place, saves only what changed, creates linked entities, and writes a thousand
    changes in a session. Each step shows its code, the requests that it took and what came of it.
    """
    from kommo_orm.cli.demo.play import play

    raise typer.Exit(play(leads, asynchronous=asynchronous))


@app.command()
def sandbox(
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes any free port.")] = 8080,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    leads: Leads = 250,
    rate_limit: Annotated[
        int | None, typer.Option(min=1, help="Requests a second, beyond which 429 is answered (Kommo: 7).")
    ] = None,
    latency: Annotated[float, typer.Option(min=0.0, help="Seconds that each answer takes.")] = 0.0,
) -> None:
    """Serve an embedded Kommo account over HTTP, until interrupted."""
    from kommo_orm.cli.serve import serve

    raise typer.Exit(serve(port=port, host=host, leads=leads, rate_limit=rate_limit, latency=latency))
