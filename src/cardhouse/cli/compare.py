"""Two or three scenarios side by side: what is moved in each, and what comes of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from cardhouse.cli import completion
from cardhouse.cli.guard import print_json, warn, working
from cardhouse.cli.options import (
    DEFAULT_ECONOMY,
    DEFAULT_QUARTERS,
    Economy,
    Json,
    Quarters,
    Quiet,
    Settings,
    existing,
)
from cardhouse.errors import InputError
from cardhouse.studies.asking import checked_date

LETTERS = "ABC"
_OF_ONE = re.compile(f"([{LETTERS}])=(.*)")


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
    facts: Annotated[
        list[str] | None,
        typer.Option(
            "--facts",
            metavar="[A|B|C=]CSV",
            help="A table of your own facts on top: in every column, or B=CSV: in B. Repeatable.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="Folder for comparison.json and its tables."),
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Set two or three scenarios side by side: inputs and outcomes.

    Columns are A, B and C, in the order of the scenarios. The same scenario may stand in two of
    them, from two base quarters or with the facts of two days: give --base or --as-of once for each
    column. --facts B=mine.csv lays figures of your own under column B alone, so that you see what
    they change. --set moves a lever in every column.

    For example:
      cardhouse compare baseline capital-freeze
      cardhouse compare venture-drought credit-crunch capital-freeze --quarters 12
      cardhouse compare baseline baseline --base 2025Q2 --base 2026Q1 --json
      cardhouse compare baseline baseline --facts B=mine.csv
    """
    from cardhouse.studies.levers import parse_settings

    settings = parse_settings(setting or ())
    days = [day for day in map(checked_date, as_of or ()) if day is not None]
    extra, own = tables_by_column(facts or (), len(scenario))
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
            own_facts=own,
        )
    warn(found["warnings"])
    _tell(found, out, as_json=as_json, quiet=quiet)


def tables_by_column(given: Sequence[str], count: int) -> tuple[list[Path], dict[int, list[Path]]]:
    """Return the tables of one's own facts for all columns, and those for one, by its number.

    Raises
    ------
    InputError
        When a table is not there, or is for a column that is not there.
    """
    for_all: list[Path] = []
    for_one: dict[int, list[Path]] = {}
    for text in given:
        found = _OF_ONE.fullmatch(text)
        if found is None:
            for_all.append(existing(Path(text)))
            continue
        letter, path = found.groups()
        at = LETTERS.index(letter)
        if at >= count:
            raise InputError(
                f"--facts {text} is for column {letter}, and {count} scenarios make the columns "
                f"{' and '.join(LETTERS[:count])}. Name one of these, or add a scenario."
            )
        for_one.setdefault(at, []).append(existing(Path(path)))
    return for_all, for_one


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
