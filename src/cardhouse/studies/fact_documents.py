"""Facts as documents: what the commands print as JSON."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence
from typing import Any

from cardhouse.facts import (
    COLUMNS,
    Comparison,
    Entity,
    Fact,
    FactTable,
    facts_version,
    load_corrections,
    load_dictionaries,
)


def fact_document(
    known: FactTable, found: Sequence[Fact], total: int, own: Sequence[Entity] = ()
) -> dict[str, Any]:
    """Return the facts found with what their metrics mean and their entities are called.

    ``own`` are entities of an economy, beside the dictionary's.
    """
    words = load_dictionaries().with_entities(own)
    named = {fact.entity for fact in found} | {fact.counterparty for fact in found} - {""}
    metrics = sorted({fact.metric for fact in found})
    return {
        "schema": "cardhouse/facts/1",
        "version": facts_version(),
        "digest": known.digest,
        "total": total,
        "facts": [row_of(fact) for fact in found],
        "metrics": {name: dataclasses.asdict(words.metrics[name]) for name in metrics},
        "entities": {name: dataclasses.asdict(words.entities[name]) for name in sorted(named)},
    }


def change_document(new: FactTable, found: Comparison) -> dict[str, Any]:
    """Return a comparison as a document of facts: all that it names, and where each belongs."""
    named = [*found.added, *found.dropped, *(one.after for one in found.changed)]
    changed = [
        {"id": one.after.id, "columns": one.columns, "before": row_of(one.before)}
        for one in found.changed
    ]
    return {
        **fact_document(new, named, len(found)),
        "added": [fact.id for fact in found.added],
        "dropped": [fact.id for fact in found.dropped],
        "changed": changed,
    }


def corrections_of(fact: Fact) -> list[dict[str, str]]:
    """Return the corrections of a fact, in the order of their table."""
    return [
        {name: cell for name, cell in dataclasses.asdict(one).items() if name != "place"}
        for one in load_corrections()
        if one.fact == fact.id
    ]


def row_of(fact: Fact) -> dict[str, Any]:
    """Return a fact as a row of a document, dates as ISO text."""
    row = {column: getattr(fact, column) for column in COLUMNS}
    return {
        column: cell.isoformat() if isinstance(cell, dt.date) else cell
        for column, cell in row.items()
    }
