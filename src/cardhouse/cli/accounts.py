"""The opening position: what balancing made of the facts."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cardhouse.cli.guard import print_json, warn, working
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
    from cardhouse.model.world import World
    from cardhouse.studies.matrices import Matrix

FORMATS = ("table", "csv", "latex", "xlsx")
WHICH = ("flows", "balance")
WAYS = ("tier", "entity")


@dataclass(frozen=True)
class Shape:
    """Which matrices are wanted, and in what form; None where the option was not given."""

    which: str | None
    by: str | None
    form: str | None
    out: Path | None

    @property
    def given(self) -> dict[str, str]:
        """Return the options that were given."""
        words = {"--which": self.which, "--by": self.by, "--format": self.form, "--out": self.out}
        return {option: str(word) for option, word in words.items() if word is not None}

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of the matrices."""
        return WHICH if self.which is None else (self.which,)

    def check(self, *, matrix: bool, as_json: bool) -> None:
        """Refuse options that are not known, or that do not go together."""
        for option, known in (("--which", WHICH), ("--by", WAYS), ("--format", FORMATS)):
            if option in self.given:
                one_of(option, self.given[option], known)
        idle = [option for option in self.given if not (as_json and option == "--by")]
        if as_json and idle:
            raise InputError(f"--json prints both matrices whole. Leave out {idle[0]}.")
        if idle and not matrix:
            raise InputError(f"{idle[0]} says how the matrices are shown. Add --matrix.")
        self._check_file()

    def _check_file(self) -> None:
        if self.form == "xlsx" and self.out is None:
            raise InputError("--format xlsx needs a file to write to. Add --out matrix.xlsx.")
        if self.form == "csv" and self.which is None:
            raise InputError("--format csv holds one matrix. Add --which flows or --which balance.")
        if self.out is not None and self.form in (None, "table"):
            raise InputError("--out needs a format to write. Add --format csv, latex or xlsx.")

    def made_from(self, world: World) -> list[Matrix]:
        """Return the matrices of a world."""
        from cardhouse.studies.matrices import balance_sheets, transactions_flow

        make = {"flows": transactions_flow, "balance": balance_sheets}
        return [make[name](world, self.by or "tier") for name in self.names]


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
        str | None,
        typer.Option("--by", metavar="tier|entity", help="What the columns are; default: tier."),
    ] = None,
    form: Annotated[
        str | None,
        typer.Option(
            "--format", metavar="table|csv|latex|xlsx", help="How it is written; default: table."
        ),
    ] = None,
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
      cardhouse accounts --matrix --by entity --format xlsx --out matrices.xlsx
      cardhouse accounts --matrix --which flows --format csv
    """
    shape = Shape(which, by, form, out)
    shape.check(matrix=matrix, as_json=as_json)
    question = Question.of(economy, base, as_of, facts=facts, quarters=1)
    if matrix and not as_json:
        _show_matrices(question, shape, quiet=quiet)
        return
    from cardhouse.studies.extracts import opening_document

    with working("Balancing the accounts ...", quiet=quiet or as_json):
        opening = opening_document(question.answer().document)
    warn(opening["warnings"])
    if as_json:
        print_json({**opening, "matrices": _as_json(question, shape)})
        return
    from cardhouse.cli.tables import account_tables, show

    show(account_tables(opening))


def _as_json(question: Question, shape: Shape) -> dict[str, Any]:
    from cardhouse.studies.matrices import as_document

    return {one.name: as_document(one) for one in shape.made_from(question.world())}


def _show_matrices(question: Question, shape: Shape, *, quiet: bool) -> None:
    """Print the matrices, or write them to a file."""
    with working("Balancing the accounts ...", quiet=quiet):
        world = question.world()
    found = shape.made_from(world)
    if shape.form in (None, "table"):
        from cardhouse.cli.tables import matrix_tables, show

        show([part for one in found for part in matrix_tables(one)])
        return
    content = _written(found, str(shape.form), world)
    if shape.out is None:
        typer.echo(content, nl=False)
        return
    from cardhouse.studies.matrix_files import write_whole

    write_whole(shape.out, content)


def _written(found: list[Matrix], form: str, world: World) -> bytes:
    """Return matrices in the form of a file."""
    from cardhouse.studies.matrix_files import as_csv, as_latex, as_xlsx

    source = f"Economy {world.economy}, facts {world.facts_version} known on {world.as_of}"
    if form == "xlsx":
        return as_xlsx(found, source, dt.date.fromisoformat(world.as_of))
    if form == "csv":
        return as_csv(found[0]).encode()
    return "\n".join(as_latex(one, source) for one in found).encode()
