"""Start an economy or a scenario of one's own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cardhouse.cli.guard import print_json
from cardhouse.cli.options import Json, Quiet


def new(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="A folder that does not exist, or an empty one.")
    ],
    kind: Annotated[
        str, typer.Option("--kind", metavar="economy|scenario", help="What is started.")
    ] = "economy",
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Start an economy or a scenario of your own: a folder that runs at once.

    An economy comes with tables to change, facts of its own, a scenario, and a README that says in
    plain words what each column means. Nothing that exists is overwritten.

    For example:
      cardhouse new my-chain
      cardhouse new my-shock --kind scenario
    """
    from cardhouse.studies.new_files import make_folder

    made = make_folder(folder, kind)
    if as_json:
        row = {"folder": str(made.folder), "kind": made.kind}
        lists = {"files": list(made.files), "next": list(made.next)}
        print_json({"schema": "cardhouse/new/1", **row, **lists})
    elif not quiet:
        article = "an" if made.kind == "economy" else "a"
        count = len(made.files)
        typer.echo(f"Made {made.folder}: {article} {made.kind} to start from, {count} files.")
        typer.echo("README.md in it explains them. Next:")
        typer.echo("\n".join(f"  {line}" for line in made.next))
