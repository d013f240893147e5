"""Two or three scenarios side by side: what is moved in each, and what comes of it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from cardhouse.cli import completion
from cardhouse.cli.guard import print_json, working
from cardhouse.cli.options import (
    DEFAULT_ECONOMY,
    DEFAULT_QUARTERS,
    Economy,
    Facts,
    Json,
    Quarters,
    Quiet,
    Settings,
    existing,
)
from cardhouse.studies.asking import checked_date


def compare(  # noqa: PLR0913 - one argument an option is how a command is declared
    *,
    scenario: Annotated[
        list[str],
        typer.Argument(
            metavar="A B [C]",
            help="Scenarios: shipped ids or files.",
            autocompletion=completion.scenarios,
        ),
    ],
    economy: Economy = DEFAULT_ECONOMY,
    setting: Settings = None,
    base: Annotated[
        list[str] | None,
        typer.Option(
            "--base", metavar="QUARTER", help="Base quarter: once, or once for each scenario."
        ),
    ] = None,
    as_of: Annotated[
        list[str] | None,
        typer.Option(
            "--as-of", metavar="DATE", help="Facts known on this day: once, or once for each."
        ),
    ] = None,
    quarters: Quarters = DEFAULT_QUARTERS,
    facts: Facts = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="Folder for comparison.json and its tables."),
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Set two or three scenarios side by side: inputs and outcomes.

    The same scenario may stand in two columns, from two base quarters or with the facts of two
    days: give --base or --as-of once for each column. --set moves a lever in every column.

    For example:
      cardhouse compare baseline capital-freeze
      cardhouse compare venture-drought credit-crunch capital-freeze --quarters 12
      cardhouse compare baseline baseline --base 2025Q2 --base 2026Q1 --json
    """
    from cardhouse.studies.levers import parse_settings

    settings = parse_settings(setting or ())
    days = [day for day in map(checked_date, as_of or ()) if day is not None]
    extra = [existing(path) for path in facts or ()]
    with working("Running the scenarios side by side ...", quiet=quiet or as_json):
        from cardhouse.studies.compare import compare_studies

        found = compare_studies(
            scenario,
            economy=economy,
            bases=base or (),
            as_of=days,
            settings=settings,
            quarters=quarters,
            extra_facts=extra,
        )
    _tell(found, out, as_json=as_json, quiet=quiet)


def _tell(found: dict[str, Any], out: Path | None, *, as_json: bool, quiet: bool) -> None:
    """Write and print a comparison as it was asked for."""
    if out is not None:
        from cardhouse.studies.compare_outputs import write_comparison

        write_comparison(found, out)
    if as_json:
        print_json(found)
    elif not quiet:
        from cardhouse.cli.tables import show
        from cardhouse.report.compare_text import comparison_text

        show(comparison_text(found))
