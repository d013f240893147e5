"""Check an economy in a folder: read, balanced and compiled as a run would, its scenarios tried."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from cardhouse.accounts import (
    Definition,
    fact_entities,
    open_accounts,
    open_world,
    own_tables,
    read_definition,
)
from cardhouse.accounts.definition import TABLES
from cardhouse.engine.chain import Chain, compile_chain
from cardhouse.errors import CardhouseError
from cardhouse.facts import check_facts
from cardhouse.studies.accelerator_classes import classes_of
from cardhouse.studies.driving import drivers_of
from cardhouse.studies.expectations import Outcome, outcomes
from cardhouse.studies.scenario_files import expectations, load_scenario
from cardhouse.studies.scenario_times import MAX_QUARTERS


def is_economy(folder: Path) -> bool:
    """Tell whether a folder holds tables of an economy."""
    return any((folder / name).is_file() for name in TABLES)


def is_part_of_economy(path: Path) -> bool:
    """Tell whether a file is one of the tables of the economy in its folder."""
    return path.name in TABLES and path.is_file() and (path.parent / "about.csv").is_file()


def economy_problems(
    folder: Path, scenarios: Sequence[Path] = (), base: str | None = None
) -> list[str]:
    """Return a sentence for every problem of an economy; an empty list: it can be run.

    Parameters
    ----------
    folder
        Where its tables lie.
    scenarios
        Scenario files to try on it, which are in order by themselves.
    base
        The base quarter; none: the one that opens unasked.
    """
    try:
        definition = read_definition(str(folder))
        classes_of(definition)
        problems = [*_fact_problems(definition)]
        if problems:
            return problems
        chain = compile_chain(open_accounts(str(folder), base=base).world)
    except CardhouseError as error:
        return [f"{folder}: {error}"]
    return [sentence for path in scenarios for sentence in _tried(path, chain)]


def problems_on(path: Path, economy: str, base: str | None = None) -> list[str]:
    """Return what keeps a scenario, in order by itself, from running on an economy."""
    try:
        chain = compile_chain(open_world(economy, base=base))
    except CardhouseError as error:
        return [f"{economy}: {error}"]
    return list(_tried(path, chain))


def economy_beside(path: Path) -> str | None:
    """Return the economy in whose folder a file lies; None where it lies in none."""
    return str(path.parent) if is_economy(path.parent) else None


def _fact_problems(definition: Definition) -> Iterable[str]:
    """Yield what is wrong with the facts that lie beside an economy's tables."""
    entities = fact_entities(definition)
    for table in own_tables(definition):
        yield from check_facts(Path(str(table)), entities)


def _tried(path: Path, chain: Chain) -> Iterable[str]:
    """Yield what keeps a scenario from running on an economy, in the words of a run."""
    try:
        drivers_of(chain, load_scenario(path, chain.world.base), MAX_QUARTERS)
    except CardhouseError as error:
        words = str(error)
        yield words if words.startswith(str(path)) else f"{path}: {words}"


def tried_expectations(path: Path, economy: str, base: str | None = None) -> list[Outcome]:
    """Run a scenario beside the baseline, and return what came of its author's expectations.

    Raises
    ------
    CardhouseError
        When it cannot be run.
    """
    from cardhouse.studies.run import run_study

    world = open_world(economy, base=base)
    wanted = expectations(path, world.base)
    if not wanted:
        return []
    quarters = max(one.at for one in wanted)

    def run(*scenarios: str) -> dict[str, Any]:
        return run_study(
            economy=economy, base=world.base, scenarios=scenarios, quarters=quarters
        ).document

    return outcomes(run(str(path)), run(), wanted)
