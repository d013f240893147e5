"""The report of a run alone, as HTML or as PDF."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from cardhouse.cli.guard import warn, working
from cardhouse.cli.options import (
    DEFAULT_ECONOMY,
    DEFAULT_QUARTERS,
    AsOf,
    Base,
    Draws,
    EconomyArgument,
    Facts,
    Quarters,
    Question,
    Quiet,
    Scenarios,
    Seed,
    Settings,
)
from cardhouse.errors import InputError

FORMATS = (".html", ".pdf")
SUMMARY = "summary.json"


def report(  # noqa: PLR0913 - one argument an option is how a command is declared
    *,
    economy: EconomyArgument = DEFAULT_ECONOMY,
    stored: Annotated[
        Path | None,
        typer.Option("--from", metavar="DIR", help="A run's folder: nothing is run again."),
    ] = None,
    scenario: Scenarios = None,
    setting: Settings = None,
    base: Base = None,
    as_of: AsOf = None,
    quarters: Quarters = DEFAULT_QUARTERS,
    facts: Facts = None,
    draws: Draws = 0,
    seed: Seed = None,
    out: Annotated[
        Path, typer.Option("--out", metavar="FILE", help="Where to: .html or .pdf.")
    ] = Path("report.html"),
    quiet: Quiet = False,
) -> None:
    """Write the report of a run to one file: HTML, or PDF with the extra `pdf`.

    For example:
      cardhouse report --scenario capital-freeze --out freeze.pdf
      cardhouse run --out mine
      cardhouse report --from mine --out report.pdf
    """
    if out.suffix.lower() not in FORMATS:
        raise InputError(
            f"--out names '{out}', and a report is {' or '.join(FORMATS)}. Give it one of these "
            "endings."
        )
    question = Question.of(
        economy,
        base,
        as_of,
        scenario=scenario,
        setting=setting,
        facts=facts,
        quarters=quarters,
        draws=draws,
        seed=seed,
    )
    if stored is not None and question != Question(DEFAULT_ECONOMY, None, None):
        raise InputError(
            "--from takes a run as it was; options that would change it cannot be given as well. "
            "Leave them out, or leave out --from to run anew."
        )
    with working("Running the model ...", quiet=quiet) as told:
        document = _stored(stored) if stored is not None else question.answer().document
        told("Writing the report ...")
        try:
            _write(document, out)
        except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
            if stored is None:
                raise
            raise InputError(
                f"'{stored / SUMMARY}' is no whole run: {type(error).__name__} at {error}. Run the "
                f"scenario again with --out {stored}."
            ) from error
    warn(document.get("warnings", ()))
    if not quiet:
        typer.echo(out)


def _stored(folder: Path) -> dict[str, Any]:
    """Return the document of a run's folder; raises InputError where there is none."""
    path = folder / SUMMARY
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError:
        raise InputError(
            f"--from names '{folder}', and there is no summary.json in it. Name the folder that "
            "`cardhouse run` wrote."
        ) from None
    except ValueError:
        raise InputError(
            f"'{path}' is no JSON document. Run the scenario again with --out {folder}."
        ) from None
    found = document.get("schema") if isinstance(document, dict) else None
    if found != "cardhouse/run/1":
        raise InputError(
            f"'{path}' has the schema {found!r}, expected 'cardhouse/run/1'. Name the folder that "
            "`cardhouse run` wrote."
        )
    return dict(document)


def _write(document: dict[str, Any], out: Path) -> None:
    """Write beside the place and move there, so that an interrupted report is none."""
    from cardhouse.report import write_report
    from cardhouse.studies.outputs import placed_when_complete

    if not out.parent.is_dir():
        raise InputError(f"--out names '{out}', and there is no folder '{out.parent}'. Make it.")
    if out.is_dir():
        raise InputError(f"--out names '{out}', which is a folder. Name a file in it.")
    with placed_when_complete(out.parent) as workshop:
        write_report(document, workshop / out.name)
