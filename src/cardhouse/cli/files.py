"""Check a person's own files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cardhouse.cli import completion
from cardhouse.cli.guard import INPUT_IS_WRONG, print_json, say, warn, working
from cardhouse.cli.options import Base, Json, Quiet

if TYPE_CHECKING:
    from cardhouse.studies.expectations import Outcome


def check(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE", help="Scenarios, fact tables, economies.")
    ],
    economy: Annotated[
        str | None,
        typer.Option(
            "--economy",
            metavar="ECONOMY",
            help="What scenarios are tried on; none: the economy they lie in, else ai.",
            autocompletion=completion.economies,
        ),
    ] = None,
    base: Base = None,
    run: Annotated[
        bool,
        typer.Option("--run", help="Run scenarios, too, and tell what came of their `expected`."),
    ] = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Check scenario files, tables of facts and economies of your own, problem by problem.

    An economy is a folder: its tables are read, balanced and opened as a run would do, and the
    scenarios in it are checked too. A scenario is tried on the economy that it is for; with --run
    it is run beside the baseline, and each entry of its `expected` is met or missed. Of a table of
    facts it tells whose place its rows take, and warns of figures that the accounts have to move
    far.

    For example:
      cardhouse check my-scenario.yaml
      cardhouse check my-scenario.yaml --base 2025Q2 --run
      cardhouse check my-facts.csv my-economy/
    """
    from cardhouse.studies.check_files import (
        Against,
        check_figures,
        check_file,
        replacements,
        try_expectations,
    )

    against = Against(economy, base)
    with working("Checking ...", quiet=quiet or as_json):
        problems = {str(path): check_file(path, against) for path in files}
    wrong = [sentence for sentences in problems.values() for sentence in sentences]
    if wrong:
        say("\n".join(wrong))
        raise typer.Exit(INPUT_IS_WRONG)
    with working("Balancing the accounts ...", quiet=quiet or as_json):
        doubts = {str(path): check_figures(path, against) for path in files}
    for sentences in doubts.values():
        warn(sentences)
    replaced = {str(path): replacements(path, economy) for path in files}
    with working("Running the scenarios ...", quiet=quiet or as_json):
        tried = {str(path): try_expectations(path, against) if run else [] for path in files}
    missed = [
        f"{name}: {one.words}" for name, all_ in tried.items() for one in all_ if not one.is_met
    ]
    if missed:
        say("\n".join(missed))
        raise typer.Exit(INPUT_IS_WRONG)
    if as_json:
        print_json(
            {
                "schema": "cardhouse/check/1",
                "files": [
                    _row(name, all_, doubts[name], replaced[name]) for name, all_ in tried.items()
                ],
            }
        )
    elif not quiet:
        for name, all_ in tried.items():
            fine = "see the warnings" if doubts[name] else "fine"
            told = [*replaced[name], *(one.words for one in all_)]
            typer.echo("\n".join([f"{name}: {fine}", *(f"  {one}" for one in told)]))


def _row(name: str, tried: list[Outcome], doubts: list[str], replaced: list[str]) -> dict[str, Any]:
    """Return what is told of a file without problems."""
    expected = [one.words for one in tried]
    return {
        "file": name,
        "problems": [],
        "expected": expected,
        "warnings": doubts,
        "replaces": replaced,
    }
