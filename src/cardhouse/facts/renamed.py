"""Metrics that the tables publish under a longer name: a plain metric and an item.

The published cells stay as they are. A table of one's own may use either name.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from cardhouse.errors import FactError
from cardhouse.facts.text import CsvRow, CsvTable, read_shipped

COLUMNS = ("published", "metric", "item", "reason")


@dataclass(frozen=True)
class Renaming:
    """What a published metric is called here: a metric, and an item where one was part of it."""

    published: str
    metric: str
    item: str
    reason: str
    place: str


def load_renamings(metrics: Collection[str]) -> dict[str, Renaming]:
    """Return the renamings by published metric.

    Raises
    ------
    FactError
        When one lacks a reason, stands twice, leads to no metric of the dictionary, or hides one.
    """
    found: dict[str, Renaming] = {}
    for row in read_shipped("renamed.csv", COLUMNS):
        one = Renaming(**row.cells, place=row.place)
        if one.published in found or one.published in metrics:
            raise FactError(f"{one.place}: metric '{one.published}' stands twice. Keep one name.")
        if one.metric not in metrics or not one.reason:
            raise FactError(
                f"{one.place}: '{one.published}' needs a reason and a metric of the dictionary; "
                f"found '{one.metric}'. Mend the row."
            )
        found[one.published] = one
    return found


def rename(tables: Iterable[CsvTable], renamings: Mapping[str, Renaming]) -> list[CsvTable]:
    """Return the tables with the plain names; an item that a row has is kept behind."""
    return [
        CsvTable(tuple(_renamed(row, renamings) for row in table.rows), table.problems)
        for table in tables
    ]


def _renamed(row: CsvRow, renamings: Mapping[str, Renaming]) -> CsvRow:
    one = renamings.get(row.cells["metric"])
    if one is None:
        return row
    item = "_".join(part for part in (one.item, row.cells["item"]) if part)
    return CsvRow(row.place, {**row.cells, "metric": one.metric, "item": item})
