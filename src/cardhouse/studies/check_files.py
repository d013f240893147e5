"""Check a person's own files: scenarios, economies, fact overlays; a sentence for each problem."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cardhouse.errors import CardhouseError, FactError, ScenarioError, did_you_mean
from cardhouse.studies.asking import DEFAULT_ECONOMY
from cardhouse.studies.scenario_files import SUFFIXES, scenario_problems
from cardhouse.studies.scenario_models import SCHEMA_ID
from cardhouse.studies.yaml_text import read_yaml
from cardhouse.text_files import read_text

if TYPE_CHECKING:
    from cardhouse.facts import Entity, FactTable
    from cardhouse.studies.expectations import Outcome

FACT_COLUMNS = frozenset({"entity", "metric", "value", "unit", "source"})
"""A table with all of these in its header is meant to be facts."""
MAX_TABLE_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True)
class Against:
    """What scenarios are tried on: an economy (none: the one they lie in, else AI) and its base."""

    economy: str | None = None
    base: str | None = None

    def economy_of(self, path: Path) -> str:
        """Return the economy that a scenario file is tried on."""
        from cardhouse.studies.check_economy import economy_beside

        return self.economy or economy_beside(path) or DEFAULT_ECONOMY


def check_file(path: Path, against: Against = Against()) -> list[str]:
    """Return a sentence for every problem of a file; an empty list: it can be used.

    The kind is told by the file itself: the ``schema`` key of YAML, the header of a CSV table. A
    folder with an economy's tables is that economy, opened as a run would open it, with the facts
    that it names and the scenarios that lie in it; any other folder is the files in it. A scenario
    is tried on its economy, so that what a run would refuse is found.
    """
    if path.is_dir():
        return _folder_problems(path, against)
    if path.suffix.lower() == ".csv":
        return _table_problems(path, against)
    return _yaml_problems(path) or _tried(path, against)


def try_expectations(path: Path, against: Against = Against()) -> list[Outcome]:
    """Return what comes of the expectations of a scenario, or of all scenarios in a folder.

    Raises
    ------
    CardhouseError
        When one of them cannot be run.
    """
    from cardhouse.studies.check_economy import tried_expectations

    return [
        outcome
        for one in scenarios_of(path)
        for outcome in tried_expectations(one, against.economy_of(one), against.base)
    ]


def check_figures(path: Path, against: Against = Against()) -> list[str]:
    """Return a sentence for every figure of a file without problems that can hardly be meant.

    A table of facts is laid over its economy, and an economy is balanced by itself.

    Raises
    ------
    CardhouseError
        When the accounts cannot be balanced with it.
    """
    from cardhouse.accounts import open_world
    from cardhouse.studies.check_economy import economy_beside, is_economy
    from cardhouse.studies.draw_bench import Source
    from cardhouse.studies.own_figures import doubts

    is_table = path.suffix.lower() == ".csv"
    if is_table and economy_beside(path) is not None:
        path = path.parent
    if is_economy(path):
        source = Source(str(path), against.base)
    elif is_table:
        source = Source(against.economy or DEFAULT_ECONOMY, against.base, None, (path,))
    else:
        return []
    world = open_world(source.economy, base=source.base, extra_facts=source.extra_facts)
    return doubts(source, world)


def scenarios_of(path: Path) -> list[Path]:
    """Return a scenario file, or those of a folder."""
    if path.is_dir():
        return sorted(one for one in path.iterdir() if one.suffix in SUFFIXES)
    return [path] if path.suffix in SUFFIXES else []


def _tried(path: Path, against: Against) -> list[str]:
    from cardhouse.studies.check_economy import problems_on

    return problems_on(path, against.economy_of(path), against.base)


def _yaml_problems(path: Path) -> list[str]:
    """Return what is wrong with a scenario by itself."""
    try:
        text = read_yaml(path)
    except ScenarioError as error:
        return [str(error)]
    if not isinstance(text.data, dict):
        return scenario_problems(path)
    schema = text.data.get("schema")
    if schema is None:
        return [f"{path}:1: the key 'schema' is missing. Start with `schema: {SCHEMA_ID}`."]
    if schema != SCHEMA_ID:
        hint = did_you_mean(str(schema), [SCHEMA_ID])
        return [f"{text.where(('schema',))}: schema is {schema!r}; use {SCHEMA_ID}.{hint}"]
    return scenario_problems(path)


def _folder_problems(path: Path, against: Against) -> list[str]:
    from cardhouse.studies.check_economy import economy_problems, is_economy

    try:
        scenarios = scenarios_of(path)
    except OSError as error:
        return [f"{path}: the folder cannot be read: {error.strerror}. Check its permissions."]
    if is_economy(path):
        own = [sentence for one in scenarios for sentence in _yaml_problems(one)]
        return own + economy_problems(path, [] if own else scenarios, against.base)
    tables = sorted(path.glob("*.csv"))
    if not scenarios and not tables:
        return [f"{path}: this folder holds no scenario (.yaml) and no table (.csv). Name another."]
    return [sentence for one in [*scenarios, *tables] for sentence in check_file(one, against)]


def _table_problems(path: Path, against: Against) -> list[str]:
    from cardhouse.studies.check_economy import is_part_of_economy

    if is_part_of_economy(path):
        return _folder_problems(path.parent, against)
    try:
        text = read_text(path, limit=MAX_TABLE_BYTES, error=FactError)
        header = next(csv.reader(text.splitlines()[:1]), [])
    except (CardhouseError, csv.Error) as error:
        return [str(error)]
    missing = sorted(FACT_COLUMNS - {column.strip() for column in header})
    if missing:
        lacking = ", ".join(missing)
        return [f"{path}:1: this is no table of facts: its header lacks {lacking}. Add them."]
    return fact_problems(path, against.economy)


def fact_problems(path: Path, economy: str | None = None) -> list[str]:
    """Return what is wrong with a table of facts.

    Its rows may be about the entities of an economy; none named: of the one in whose folder the
    table lies, if that is one.
    """
    from cardhouse.facts import check_facts

    whose = economy_of_table(path, economy)
    if whose is None:
        return check_facts(path)
    try:
        return check_facts(path, _entities_of(whose), _facts_below(path, whose))
    except CardhouseError as error:
        return [f"{whose}: {error}"]


def economy_of_table(path: Path, economy: str | None = None) -> str | None:
    """Return the economy that a table of facts is about; None: the shipped ones."""
    from cardhouse.studies.check_economy import economy_beside

    return economy or economy_beside(path)


def replacements(path: Path, economy: str | None = None) -> list[str]:
    """Return a sentence for each row of a table without problems that takes a fact's place.

    A row that says what its fact says is left out.
    """
    from cardhouse.facts import load_facts, read_facts
    from cardhouse.facts.statements import figures

    if path.suffix.lower() != ".csv" or not path.is_file():
        return []
    whose = economy_of_table(path, economy)
    below = None if whose is None else _facts_below(path, whose)
    known = load_facts() if below is None else below
    entities = () if whose is None else _entities_of(whose)
    told = []
    rows = read_facts(path, entities).everything()
    for row in sorted(rows, key=lambda one: int(one.place.rpartition(":")[2])):
        old = known.by_id.get(row.replaces) or known.by_key.get(row.key)
        if old is not None and figures(old) != figures(row):
            told.append(
                f"{row.place}: {row.entity} {row.metric} {row.value} {row.unit}, in the place of "
                f"{old.value} {old.unit} ({old.id}, {old.source})"
            )
    return told


def _entities_of(economy: str) -> tuple[Entity, ...]:
    from cardhouse.accounts import fact_entities, read_definition

    return fact_entities(read_definition(economy))


def _facts_below(path: Path, economy: str) -> FactTable | None:
    """Return the facts that a table is laid over; None for one of the economy's own tables."""
    from cardhouse.accounts import economy_facts, own_tables, read_definition

    own = {Path(str(table)).resolve() for table in own_tables(read_definition(economy))}
    return None if path.resolve() in own else economy_facts(economy)
