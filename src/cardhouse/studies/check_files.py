"""Check a person's own files: scenarios, economies, fact overlays; a sentence for each problem."""

from __future__ import annotations

import csv
from pathlib import Path

from cardhouse.errors import CardhouseError, FactError, ScenarioError, did_you_mean
from cardhouse.studies.scenario_files import scenario_problems
from cardhouse.studies.scenario_models import SCHEMA_ID
from cardhouse.studies.yaml_text import read_yaml
from cardhouse.text_files import read_text

FACT_COLUMNS = frozenset({"entity", "metric", "value", "unit", "source"})
"""A table with all of these in its header is meant to be facts."""
MAX_TABLE_BYTES = 64 * 1024 * 1024


def check_file(path: Path) -> list[str]:
    """Return a sentence for every problem of a file; an empty list: it can be used.

    The kind is told by the file itself: the ``schema`` key of YAML, the header of a CSV table, and
    a folder with tables is an economy.
    """
    if path.is_dir():
        return _economy_problems(path)
    if path.suffix.lower() == ".csv":
        return _table_problems(path)
    return _yaml_problems(path)


def _yaml_problems(path: Path) -> list[str]:
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


def _economy_problems(path: Path) -> list[str]:
    from cardhouse.studies.accelerator_classes import accelerator_classes

    try:
        accelerator_classes(str(path))
    except CardhouseError as error:
        return [f"{path}: {error}"]
    return []


def _table_problems(path: Path) -> list[str]:
    try:
        text = read_text(path, limit=MAX_TABLE_BYTES, error=FactError)
        header = next(csv.reader(text.splitlines()[:1]), [])
    except (CardhouseError, csv.Error) as error:
        return [str(error)]
    missing = sorted(FACT_COLUMNS - {column.strip() for column in header})
    if missing:
        lacking = ", ".join(missing)
        return [f"{path}:1: this is no table of facts: its header lacks {lacking}. Add them."]
    return _fact_problems(path)


def _fact_problems(path: Path) -> list[str]:
    from cardhouse.facts import check_facts

    return check_facts(path)
