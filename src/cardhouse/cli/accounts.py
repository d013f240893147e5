"""The opening position: what balancing made of the facts."""

from __future__ import annotations

from typing import Annotated

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
)


def accounts(
    economy: Economy = DEFAULT_ECONOMY,
    base: Base = None,
    as_of: AsOf = None,
    facts: Facts = None,
    matrix: Annotated[
        bool, typer.Option("--matrix", help="Show the flows of the quarter by kind and layer.")
    ] = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Show the balanced opening accounts and the facts that cannot all be true.

    For example:
      cardhouse accounts
      cardhouse accounts --matrix --base 2026Q1
    """
    from cardhouse.studies.extracts import opening_document

    question = Question(economy, base, as_of, facts=tuple(facts or ()), quarters=1)
    with working("Balancing the accounts ...", quiet=quiet or as_json):
        opening = opening_document(question.answer().document)
    if as_json:
        print_json(opening)
        return
    from cardhouse.cli.tables import account_tables, matrix_table, show

    show(matrix_table(opening) if matrix else account_tables(opening))
