"""Check a person's own files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cardhouse.cli.guard import INPUT_IS_WRONG, print_json, say
from cardhouse.cli.options import Json, Quiet


def check(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="Scenarios, fact tables, economies.")
    ],
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Check scenario files, tables of facts and economies of your own, problem by problem.

    An economy is a folder: its tables are read, balanced and opened as a run would do, and the
    scenarios in it are checked too.

    For example:
      cardhouse check my-scenario.yaml
      cardhouse check my-facts.csv my-economy/
    """
    from cardhouse.studies.check_files import check_file

    problems = {str(path): check_file(path) for path in files}
    wrong = [sentence for sentences in problems.values() for sentence in sentences]
    if wrong:
        say("\n".join(wrong))
        raise typer.Exit(INPUT_IS_WRONG)
    if as_json:
        rows = [{"file": name, "problems": []} for name in problems]
        print_json({"schema": "cardhouse/check/1", "files": rows})
    elif not quiet:
        typer.echo("\n".join(f"{name}: fine" for name in problems))
