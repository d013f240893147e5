"""What can be run and moved: ``scenarios``, ``levers`` and the published ``schema``."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cardhouse.cli import completion
from cardhouse.cli.guard import print_json
from cardhouse.cli.options import Json
from cardhouse.errors import InputError, did_you_mean

if TYPE_CHECKING:
    from cardhouse.studies.scenario_files import ScenarioSummary


def scenarios(
    scenario: Annotated[
        str | None,
        typer.Argument(
            metavar="ID",
            help="Which one, in full; none: list them all.",
            autocompletion=completion.scenarios,
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """List the scenarios that are shipped, or tell one: what it moves, and why these numbers.

    For example:
      cardhouse scenarios
      cardhouse scenarios dot-com-replay
      cardhouse scenarios --json
    """
    from cardhouse.studies.scenario_files import list_scenarios

    found = list_scenarios()
    if scenario is not None:
        found = [_scenario_named(scenario, found)]
    if as_json:
        rows = [dataclasses.asdict(one) for one in found]
        print_json({"schema": "cardhouse/scenarios/1", "scenarios": rows})
        return
    from cardhouse.cli.tables import scenario_in_full, scenario_list, show

    show(scenario_list(found) if scenario is None else scenario_in_full(found[0]))


def _scenario_named(name: str, known: Sequence[ScenarioSummary]) -> ScenarioSummary:
    for one in known:
        if one.id == name:
            return one
    hint = did_you_mean(name, [one.id for one in known])
    raise InputError(
        f"there is no shipped scenario '{name}'.{hint} `cardhouse scenarios` lists them all."
    )


def levers(as_json: Json = False) -> None:
    """List the levers: what each moves, its unit, its default and its range.

    For example:
      cardhouse levers
      cardhouse run --set venture_supply=0.4 --set interest_shift=2
      cardhouse run --set remove=openai
    """
    from cardhouse.studies.levers import lever_rows, load_levers

    if as_json:
        print_json({"schema": "cardhouse/levers/1", "levers": lever_rows()})
        return
    from cardhouse.cli.tables import lever_tables, show

    show(lever_tables(list(load_levers().values())))


def schema(
    kind: Annotated[
        str | None, typer.Argument(metavar="KIND", help="Which one; none: list the kinds.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Print a published JSON Schema (draft 2020-12).

    For example:
      cardhouse schema
      cardhouse schema scenario > scenario.schema.json
    """
    from cardhouse.studies.schemas import published_schemas

    known = published_schemas()
    if kind is not None:
        print_json(_schema_of(kind, known))
    elif as_json:
        print_json({"schema": "cardhouse/schemas/1", "kinds": sorted(known)})
    else:
        for name in sorted(known):
            typer.echo(f"{name:12} {known[name]['title'].partition(': ')[2]}")


def _schema_of(kind: str, known: dict[str, dict[str, Any]]) -> dict[str, Any]:
    if kind in known:
        return known[kind]
    names = ", ".join(sorted(known))
    raise InputError(f"there is no schema '{kind}'.{did_you_mean(kind, known)} Known: {names}.")
