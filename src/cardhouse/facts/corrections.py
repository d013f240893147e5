"""Corrections of what was published: data, with a reason and a condition for dropping them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cardhouse.errors import FactError
from cardhouse.facts.text import CsvRow, CsvTable, read_shipped

COLUMNS = ("fact", "column", "published", "corrected", "reason", "drop_when")
CORRECTABLE = frozenset(
    {"metric", "item", "unit", "value", "low", "high", "grade", "basis", "note"}
)


@dataclass(frozen=True)
class Correction:
    """One cell of one fact: what the table says, what it should say, and why."""

    fact: str
    column: str
    published: str
    corrected: str
    reason: str
    drop_when: str
    place: str


def load_corrections() -> list[Correction]:
    """Return the shipped corrections; raises FactError for one without fact, column or reason."""
    return [_correction(row) for row in read_shipped("corrections.csv", COLUMNS)]


def correct(
    tables: Iterable[CsvTable], corrections: Iterable[Correction], *, every: bool = True
) -> list[CsvTable]:
    """Return the tables with their corrections made.

    Parameters
    ----------
    tables
        Tables of facts as published.
    corrections
        What to change in them.
    every
        Whether every correction must find its fact; not so where only some tables are read.

    Raises
    ------
    FactError
        When a correction's fact is missing, or the table no longer says what it corrects.
    """
    waiting: dict[str, list[Correction]] = {}
    for correction in corrections:
        waiting.setdefault(correction.fact, []).append(correction)
    corrected = [
        CsvTable(
            tuple(_corrected(row, waiting.pop(row.cells["id"], ())) for row in table.rows),
            table.problems,
        )
        for table in tables
    ]
    for left in waiting.values() if every else ():
        raise FactError(f"{left[0].place}: there is no fact '{left[0].fact}'. Drop the correction.")
    return corrected


def _corrected(row: CsvRow, corrections: Iterable[Correction]) -> CsvRow:
    cells = dict(row.cells)
    for one in corrections:
        if cells[one.column] != one.published:
            raise FactError(
                f"{one.place}: fact '{one.fact}' says {one.column} '{cells[one.column]}', and the "
                f"correction expects '{one.published}'. The source moved: drop or renew it."
            )
        cells[one.column] = one.corrected
    return CsvRow(row.place, cells) if corrections else row


def _correction(row: CsvRow) -> Correction:
    for column in ("fact", "reason", "drop_when"):
        if not row.cells[column]:
            raise FactError(f"{row.place}: {column} is empty. Every correction needs one.")
    if row.cells["column"] not in CORRECTABLE:
        known = ", ".join(sorted(CORRECTABLE))
        found = row.cells["column"]
        raise FactError(f"{row.place}: column '{found}' cannot be corrected. Use one of {known}.")
    return Correction(**row.cells, place=row.place)
