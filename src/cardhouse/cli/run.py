"""The main job: facts, accounts, simulation, answers, files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from cardhouse.cli.guard import print_json, warn, working
from cardhouse.cli.options import (
    DEFAULT_ECONOMY,
    DEFAULT_QUARTERS,
    AsOf,
    Base,
    Draws,
    EconomyArgument,
    Facts,
    Json,
    Quarters,
    Question,
    Quiet,
    Scenarios,
    Seed,
    Settings,
)


def run(  # noqa: PLR0913 - one argument an option is how a command is declared
    *,
    economy: EconomyArgument = DEFAULT_ECONOMY,
    scenario: Scenarios = None,
    setting: Settings = None,
    base: Base = None,
    as_of: AsOf = None,
    quarters: Quarters = DEFAULT_QUARTERS,
    facts: Facts = None,
    draws: Draws = 0,
    seed: Seed = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="Folder for report, tables and manifest."),
    ] = None,
    members: Annotated[
        bool, typer.Option("--members", help="Tell the firms of a population one by one.")
    ] = False,
    journal: Annotated[
        bool, typer.Option("--journal", help="List every payment: contract, law, owed and paid.")
    ] = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Run the model: who pays, who loses, what falls.

    Facts are balanced into opening accounts, the chain of firms is simulated from there, and a
    report with all tables is written (by default under runs/; with --json only where --out says).

    For example:
      cardhouse run
      cardhouse run --scenario capital-freeze --quarters 12
      cardhouse run --set venture_supply=0.4 --as-of 2025-08-21 --json
      cardhouse run --scenario capital-freeze --journal --members --out freeze
      cardhouse run --draws 500
    """
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
    with working(
        "Balancing the accounts and running the model ...", quiet=quiet or as_json
    ) as told:
        result = question.answer(lambda done: told(f"{done:.0%} of {draws} draws answered ..."))
        document = result.document
        if members:
            document = {**document, "members": result.members()}
        if journal:
            document = {**document, "journal": result.journal(members=members)}
    warn(document["warnings"])
    folder = out
    if folder is None and not as_json:
        folder = _default_folder(document["manifest"])
    if folder is not None:
        with working("Writing the report and the tables ...", quiet=quiet or as_json):
            write(document, folder)
    if as_json:
        print_json(document)
    elif not quiet:
        from cardhouse.cli.tables import show
        from cardhouse.report.summary_text import summary

        show(summary(document, folder))


def write(document: dict[str, Any], folder: Path) -> None:
    """Write everything a run leaves: report, summary, tables, manifest."""
    from cardhouse.report import write_report
    from cardhouse.studies.outputs import write_outputs

    write_outputs(document, folder, {"report.html": lambda path: write_report(document, path)})


def _default_folder(manifest: dict[str, Any]) -> Path:
    economy = Path(manifest["economy"]).name
    return Path("runs") / f"{economy}-{manifest['scenario']}-{manifest['digest'][:8]}"
