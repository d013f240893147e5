"""The opening position: what balancing made of the facts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cardhouse.cli.guard import print_json, working
from cardhouse.cli.options import (
    DEFAULT_ECONOMY,
    AsOf,
    Base,
    Economy,
    Facts,
    Json,
    Question,
    Quiet,
    one_of,
)
from cardhouse.errors import InputError

if TYPE_CHECKING:
    from cardhouse.studies.matrices import Matrix

FORMATS = ("table", "csv", "latex", "xlsx")
WHICH = ("flows", "balance")


def accounts(  # noqa: PLR0913 - one argument an option is how a command is declared
    *,
    economy: Economy = DEFAULT_ECONOMY,
    base: Base = None,
    as_of: AsOf = None,
    facts: Facts = None,
    matrix: Annotated[
        bool,
        typer.Option("--matrix", help="Show the transactions-flow and balance-sheet matrices."),
    ] = False,
    which: Annotated[
        str | None,
        typer.Option("--which", metavar="flows|balance", help="Only this matrix."),
    ] = None,
    by: Annotated[
        str, typer.Option("--by", metavar="tier|entity", help="What the columns are.")
    ] = "tier",
    form: Annotated[
        str, typer.Option("--format", metavar="table|csv|latex|xlsx", help="How it is written.")
    ] = "table",
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write the matrix to this file.")
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Show the balanced opening accounts and the facts that cannot all be true.

    With --matrix, flows and balance sheets by layer or by entity: rows and columns add to zero.

    For example:
      cardhouse accounts
      cardhouse accounts --matrix --base 2025Q2
      cardhouse accounts --matrix --which flows --by entity --format xlsx --out flows.xlsx
    """
    question = Question(economy, base, as_of, facts=tuple(facts or ()), quarters=1)
    if matrix and not as_json:
        _print_matrices(question, which, by, form, out, quiet=quiet)
        return
    from cardhouse.studies.extracts import opening_document

    with working("Balancing the accounts ...", quiet=quiet or as_json):
        opening = opening_document(question.answer().document)
    if as_json:
        print_json({**opening, "matrices": _as_json(question, by)})
        return
    from cardhouse.cli.tables import account_tables, show

    show(account_tables(opening))


def _as_json(question: Question, by: str) -> dict[str, Any]:
    from cardhouse.studies.matrices import as_document, balance_sheets, transactions_flow

    world = question.world()
    return {
        "flows": as_document(transactions_flow(world, by)),
        "balance": as_document(balance_sheets(world, by)),
    }


def _print_matrices(
    question: Question, which: str | None, by: str, form: str, out: Path | None, *, quiet: bool
) -> None:
    one_of("--format", form, FORMATS)
    if which is not None:
        one_of("--which", which, WHICH)
    if form == "xlsx" and out is None:
        raise InputError("--format xlsx needs a file to write to. Add --out matrix.xlsx.")
    if form != "table" and which is None:
        raise InputError(f"--format {form} holds one matrix. Add --which flows or --which balance.")
    from cardhouse.studies.matrices import balance_sheets, transactions_flow

    make = {"flows": transactions_flow, "balance": balance_sheets}
    with working("Balancing the accounts ...", quiet=quiet):
        world = question.world()
    found = [make[name](world, by) for name in ([which] if which else WHICH)]
    note = f"{world.economy}, facts {world.facts_version} known on {world.as_of}"
    if form == "table" and out is None:
        from cardhouse.cli.tables import matrix_tables, show

        show([part for one in found for part in matrix_tables(one)])
    elif out is None:
        typer.echo(_as_text(found[0], form, note), nl=False)
    else:
        _write(found, form, out, note)


def _as_text(matrix: Matrix, form: str, note: str) -> str:
    from cardhouse.studies.matrix_files import as_csv, as_latex

    return as_latex(matrix, note) if form == "latex" else as_csv(matrix)


def _write(found: list[Matrix], form: str, out: Path, note: str) -> None:
    from cardhouse.studies.matrix_files import write_beside, write_xlsx

    if form == "table":
        raise InputError("--out needs a format to write. Add --format csv, latex or xlsx.")
    if form == "xlsx":
        write_beside(out, lambda part: write_xlsx(found[0], part, note))
        return
    text = _as_text(found[0], form, note)
    write_beside(out, lambda part: part.write_text(text, encoding="utf-8"))
