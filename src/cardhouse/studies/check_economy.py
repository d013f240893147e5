"""Check an economy in a folder: read, balanced and compiled as a run would, its scenarios tried."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from cardhouse.accounts import (
    Definition,
    fact_entities,
    open_accounts,
    own_tables,
    read_definition,
)
from cardhouse.accounts.definition import TABLES
from cardhouse.engine.chain import Chain, compile_chain
from cardhouse.errors import CardhouseError, ScenarioError
from cardhouse.facts import check_facts
from cardhouse.studies.accelerator_classes import classes_of
from cardhouse.studies.driving import drivers_of
from cardhouse.studies.scenario_files import load_scenario
from cardhouse.studies.scenario_times import MAX_QUARTERS


def is_economy(folder: Path) -> bool:
    """Tell whether a folder holds tables of an economy."""
    return any((folder / name).is_file() for name in TABLES)


def is_part_of_economy(path: Path) -> bool:
    """Tell whether a file is one of the tables of the economy in its folder."""
    return path.name in TABLES and path.is_file() and (path.parent / "about.csv").is_file()


def economy_problems(folder: Path, scenarios: Sequence[Path] = ()) -> list[str]:
    """Return a sentence for every problem of an economy; an empty list: it can be run.

    Parameters
    ----------
    folder
        Where its tables lie.
    scenarios
        Scenario files to try on it, which are in order by themselves.
    """
    try:
        definition = read_definition(str(folder))
        classes_of(definition)
        problems = [*_fact_problems(definition)]
        if problems:
            return problems
        chain = compile_chain(open_accounts(str(folder)).world)
    except CardhouseError as error:
        return [f"{folder}: {error}"]
    return [sentence for path in scenarios for sentence in _tried(path, chain)]


def _fact_problems(definition: Definition) -> Iterable[str]:
    """Yield what is wrong with the facts that lie beside an economy's tables."""
    entities = fact_entities(definition)
    for table in own_tables(definition):
        yield from check_facts(Path(str(table)), entities)


def _tried(path: Path, chain: Chain) -> Iterable[str]:
    """Yield what keeps a scenario from running on an economy."""
    try:
        drivers_of(chain, load_scenario(path, chain.world.base), MAX_QUARTERS)
    except ScenarioError as error:
        yield f"{path}: {error}"
