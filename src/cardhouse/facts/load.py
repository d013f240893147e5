"""The shipped tables and a person's own on top of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from importlib.resources.abc import Traversable
from pathlib import Path

from cardhouse.errors import FactError, did_you_mean
from cardhouse.facts.corrections import correct, load_corrections
from cardhouse.facts.dictionaries import Dictionaries, Entity, load_dictionaries
from cardhouse.facts.duplicates import load_duplicates
from cardhouse.facts.renamed import load_renamings, rename
from cardhouse.facts.replacing import Replacing
from cardhouse.facts.rows import NEEDED, read_fact
from cardhouse.facts.schema import COLUMNS, REPLACES, Fact, Key, id_of
from cardhouse.facts.table import FactTable
from cardhouse.facts.text import CsvRow, CsvTable, read_table, shipped

MOST_PROBLEMS = 1000
"""A table with more is not of this kind; reading on would only take time."""
TABLES = (
    "upper_chain.csv",
    "lower_chain.csv",
    "dotcom_chain.csv",
    "dotcom_1999.csv",
    "market_gauges.csv",
    "exchange_rates.csv",
)
"""The shipped tables: users to capital, clouds to credit, the dot-com years, gauges, currencies."""

MAY_BE_LEFT_OUT = (*(column for column in COLUMNS if column not in NEEDED), REPLACES)
"""Columns that a person's own table may lack: their cells may be empty."""


def load_facts(
    extra: Sequence[Path | Traversable] = (),
    tables: Sequence[str] = TABLES,
    entities: Iterable[Entity] = (),
) -> FactTable:
    """Return the shipped facts, corrected, with a person's own tables on top, in their order.

    What stands in two tables under two names counts once (`FactTable`).

    Parameters
    ----------
    extra
        Tables with the same columns, save those whose cells may be empty: they may be left out.
        A row whose key is known replaces that row, and one that names a fact in the column
        ``replaces`` that fact; any other is added.
    tables
        Names of the shipped tables to read: all of `TABLES` unless told otherwise. An economy or
        a command that needs few of them saves its reader the time.
    entities
        Entities of an economy that rows may name beside those of the dictionary.

    Raises
    ------
    FactError
        When a table breaks the schema: the first problem, and how many more there are.
    """
    known = load_dictionaries().with_entities(entities)
    facts = _shipped_facts(tables)
    for path in extra:
        added, problems = read_overlay(path, facts, known, Replacing(facts, every_fact))
        _refuse(problems)
        facts = facts.with_rows(added)
    return facts


def read_facts(path: Path, entities: Iterable[Entity] = ()) -> FactTable:
    """Return the facts of one table by itself; raises FactError where it breaks the schema.

    ``entities`` are those of an economy, which they may name. What a row replaces is not looked at.
    """
    known = load_dictionaries().with_entities(entities)
    facts, problems = read_overlay(path, FactTable([]), known)
    _refuse(problems)
    return FactTable(facts)


def facts_version() -> str:
    """Return the version of the shipped facts: year and month, such as ``2026.11``."""
    return shipped("version.txt").read_text("utf-8").strip()


def check_facts(
    path: Path, entities: Iterable[Entity] = (), base: FactTable | None = None
) -> list[str]:
    """Return a sentence for every problem of a person's own table; none: it can be used.

    ``entities`` are those of an economy, which its facts may name, and ``base`` are the facts that
    the table is laid over: the shipped ones unless told otherwise.
    """
    known = load_dictionaries().with_entities(entities)
    try:
        under = every_fact() if base is None else base
        return read_overlay(path, under, known, Replacing(under, every_fact))[1]
    except FactError as error:
        return [str(error)]


def every_fact() -> FactTable:
    """Return all shipped facts."""
    return _shipped_facts(TABLES)


def read_overlay(
    path: Path | Traversable,
    base: FactTable,
    known: Dictionaries,
    replacing: Replacing | None = None,
) -> tuple[list[Fact], list[str]]:
    """Return a table's facts as they stand on top of `base`, and what is wrong with the table.

    Without ``replacing`` the table stands by itself, and what its rows replace is left alone.
    """
    (table,) = _plain_names([_with_all_columns(read_table(path, NEEDED, optional=MAY_BE_LEFT_OUT))])
    if not table.rows and not table.problems:
        return [], [f"{path}:2: there is a header and no row below it. Add a fact."]
    read, problems = _read(table, known, own=True)
    facts, first = [], dict[Key, Fact]()
    for fact in read:
        old = base.by_key.get(fact.key)
        if fact.replaces and replacing is not None:
            problems += [f"{fact.place}: {one}" for one in replacing.problems(fact)]
            old = replacing.replaced_by(fact) or old
        if fact.key in first:
            there = first[fact.key].place
            problems.append(
                f"{fact.place}: its key (entity, metric, item, counterparty, period, source) also "
                f"stands in {there}. Keep one of the two."
            )
        elif clash := _id_clash(fact, old, base):
            problems.append(f"{fact.place}: {clash}")
        facts.append(dataclasses.replace(fact, id=old.id) if old else fact)
        first.setdefault(fact.key, fact)
    return facts, [*problems, *_ids_twice(facts)]


def _with_all_columns(table: CsvTable) -> CsvTable:
    """Return a person's own table with the columns that they left out, empty."""
    empty = dict.fromkeys(COLUMNS, "")
    rows = (CsvRow(row.place, {**empty, **row.cells}) for row in table.rows)
    return CsvTable(tuple(rows), table.problems)


def _id_clash(fact: Fact, old: Fact | None, base: FactTable) -> str:
    """Return what is wrong with the id of a row that replaces `old`, or is new when None."""
    if old is None and fact.id in base.by_id:
        return (
            f"id '{fact.id}' is that of another fact ({base.by_id[fact.id].place}), with another "
            "key. Leave the id empty to add this one, or repeat that key to replace it."
        )
    if old is not None and fact.id not in (old.id, id_of(fact.key)):
        return f"id '{fact.id}' is not '{old.id}', that of the fact it replaces. Leave it empty."
    return ""


def _ids_twice(facts: Iterable[Fact]) -> list[str]:
    first: dict[str, Fact] = {}
    found = []
    for fact in facts:
        other = first.setdefault(fact.id, fact)
        if other.key != fact.key and fact.replaces == other.replaces == fact.id:
            found.append(
                f"{fact.place}: replaces '{fact.id}', which {other.place} does. Keep one of them."
            )
        elif other.key != fact.key:
            found.append(f"{fact.place}: id '{fact.id}' also stands in {other.place}. Keep one.")
    return found


def _shipped_facts(names: Sequence[str]) -> FactTable:
    """Return the facts of shipped tables; raises FactError for a name that is none."""
    folder = shipped("tables")
    for name in names:
        if name not in TABLES:
            hint = did_you_mean(name, TABLES)
            raise FactError(f"there is no table '{name}'.{hint} Use some of {', '.join(TABLES)}.")
    published = (read_table(folder.joinpath(name), COLUMNS, name) for name in names)
    corrected = correct(published, load_corrections(), every=set(names) == set(TABLES))
    facts: list[Fact] = []
    for table in _plain_names(corrected):
        found, problems = _read(table, load_dictionaries(), own=False)
        _refuse(problems)
        facts += found
    return FactTable(facts, load_duplicates())


def _plain_names(tables: Iterable[CsvTable]) -> list[CsvTable]:
    return rename(tables, load_renamings(load_dictionaries().metrics))


def _read(table: CsvTable, known: Dictionaries, *, own: bool) -> tuple[list[Fact], list[str]]:
    """Return a table's facts and what is wrong with it, up to so many problems."""
    facts, problems = [], list(table.problems)
    for row in table.rows:
        fact, wrong = read_fact(row, known, own=own)
        problems += wrong
        if fact is not None:
            facts.append(fact)
        if len(problems) >= MOST_PROBLEMS:
            return facts, [
                *problems,
                f"{row.place}: the rows below were not read. Mend these first.",
            ]
    return facts, problems


def _refuse(problems: Sequence[str]) -> None:
    """Raise FactError for the first problem, if there is one, and say how many follow."""
    if not problems:
        return
    more = len(problems) - 1
    tail = f" ({more} more: see them all with `cardhouse facts check`.)" if more else ""
    raise FactError(problems[0] + tail)
