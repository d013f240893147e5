"""The commands and how they hang together; everything heavy is imported inside a command."""

from __future__ import annotations

import importlib.metadata
from typing import Annotated

import typer

from cardhouse.cli.accelerators import accelerators
from cardhouse.cli.accounts import accounts
from cardhouse.cli.catalogue import levers, scenarios, schema
from cardhouse.cli.compare import compare
from cardhouse.cli.doctor import doctor
from cardhouse.cli.ensemble import ensemble
from cardhouse.cli.export import export
from cardhouse.cli.facts import facts
from cardhouse.cli.files import check
from cardhouse.cli.gauge import gauge
from cardhouse.cli.guard import guarded, help_of
from cardhouse.cli.new import new
from cardhouse.cli.plain_help import PlainCommand, PlainGroup
from cardhouse.cli.report import report
from cardhouse.cli.run import run
from cardhouse.cli.serve import serve
from cardhouse.cli.trace import trace

app = typer.Typer(
    name="cardhouse",
    cls=PlainGroup,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="A conditional calculation on sourced facts: not a forecast, and not advice.",
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"cardhouse {importlib.metadata.version('cardhouse')}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version.", is_eager=True, callback=_print_version
        ),
    ] = False,
) -> None:
    """Who really pays for the AI economy: facts, accounts, and a simulated chain of firms.

    Begin with `cardhouse run`; `--help` behind a command shows its examples.
    """


COMMANDS = (
    run,
    compare,
    ensemble,
    accounts,
    trace,
    accelerators,
    gauge,
    report,
    scenarios,
    levers,
    serve,
    export,
    new,
    check,
    schema,
    doctor,
)

for command in COMMANDS:
    app.command(help=help_of(command), cls=PlainCommand)(guarded(command))
app.add_typer(facts)
