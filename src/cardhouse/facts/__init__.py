"""The sourced data set: schema, tables, dictionaries, corrections, and a person's own on top."""

from cardhouse.facts.comparison import Change, Comparison, compare
from cardhouse.facts.corrections import Correction, load_corrections
from cardhouse.facts.dictionaries import (
    Dictionaries,
    Entity,
    Metric,
    Unit,
    find_entity,
    find_metric,
    load_dictionaries,
    load_entities,
    load_metrics,
    load_units,
)
from cardhouse.facts.duplicates import load_reasons
from cardhouse.facts.load import TABLES, check_facts, facts_version, load_facts, read_facts
from cardhouse.facts.schema import COLUMNS, REPLACES, Fact
from cardhouse.facts.table import FactTable
from cardhouse.facts.units import to_accounts_unit

__all__ = [
    "load_facts",
    "TABLES",
    "facts_version",
    "check_facts",
    "read_facts",
    "compare",
    "Comparison",
    "Change",
    "load_corrections",
    "Correction",
    "load_reasons",
    "COLUMNS",
    "REPLACES",
    "Fact",
    "FactTable",
    "to_accounts_unit",
    "Dictionaries",
    "Metric",
    "Entity",
    "Unit",
    "find_entity",
    "find_metric",
    "load_dictionaries",
    "load_metrics",
    "load_entities",
    "load_units",
]
