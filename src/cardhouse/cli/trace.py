"""Who ultimately pays an entity, or where a source's dollars end."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from cardhouse.cli.guard import print_json, working
from cardhouse.cli.options import (
    DEFAULT_ECONOMY,
    DEFAULT_QUARTERS,
    AsOf,
    Base,
    Economy,
    Facts,
    Json,
    Quarters,
    Question,
    Quiet,
    Scenarios,
    Settings,
)


def trace(  # noqa: PLR0913 - one argument an option is how a command is declared
    *,
    entity: Annotated[str, typer.Argument(metavar="ENTITY", help="Id of a firm, such as nvidia.")],
    forward: Annotated[
        bool, typer.Option("--from", help="Follow this source's dollars to where they end.")
    ] = False,
    economy: Economy = DEFAULT_ECONOMY,
    scenario: Scenarios = None,
    setting: Settings = None,
    base: Base = None,
    as_of: AsOf = None,
    quarters: Quarters = DEFAULT_QUARTERS,
    facts: Facts = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Trace who ultimately pays an entity in the base quarter.

    For example:
      cardhouse trace nvidia
      cardhouse trace venture --from
    """
    question = Question(
        economy,
        base,
        as_of,
        tuple(scenario or ()),
        tuple(setting or ()),
        tuple(facts or ()),
        quarters,
    )
    with working("Following the money ...", quiet=quiet or as_json):
        answer = _answer(question.answer().document, entity, forward=forward)
    if as_json:
        print_json(answer)
        return
    from cardhouse.cli.tables import show, trace_table

    show(trace_table(answer))


def _answer(document: dict[str, Any], entity: str, *, forward: bool) -> dict[str, Any]:
    from cardhouse.studies.extracts import trace_from, trace_to

    return trace_from(document, entity) if forward else trace_to(document, entity)
