"""Facts that stand in two tables under two names: one of each pair counts."""

from __future__ import annotations

from collections.abc import Mapping

from cardhouse.errors import FactError
from cardhouse.facts.text import CsvRow, read_shipped

COLUMNS = ("fact", "duplicate_of", "reason")


def load_duplicates() -> dict[str, str]:
    """Return the id of each fact that says again what another says, and the id of that one.

    Raises
    ------
    FactError
        When a row lacks a cell, stands twice, or points at a fact that is a duplicate itself.
    """
    found: dict[str, str] = {}
    for row in read_shipped("duplicates.csv", COLUMNS):
        _check_row(row, found)
        found[row.cells["fact"]] = row.cells["duplicate_of"]
    _check_chains(found)
    return found


def load_reasons() -> dict[str, str]:
    """Return why each duplicate is one, by its id."""
    rows = read_shipped("duplicates.csv", COLUMNS)
    return {row.cells["fact"]: row.cells["reason"] for row in rows}


def _check_row(row: CsvRow, found: Mapping[str, str]) -> None:
    for column in COLUMNS:
        if not row.cells[column]:
            raise FactError(f"{row.place}: {column} is empty. Every duplicate needs one.")
    if row.cells["fact"] in found:
        raise FactError(f"{row.place}: fact '{row.cells['fact']}' stands twice. Keep one.")


def _check_chains(found: Mapping[str, str]) -> None:
    for twice, kept in found.items():
        if kept in found:
            raise FactError(
                f"duplicates.csv: '{twice}' is a duplicate of '{kept}', which is one itself. "
                f"Name '{found[kept]}', the fact that counts."
            )
