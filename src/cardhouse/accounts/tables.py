"""Read one table of an economy's definition: typed cells, and errors that name file and row."""

from __future__ import annotations

import csv
import datetime as dt
import io
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources.abc import Traversable

from cardhouse.errors import EconomyError, did_you_mean
from cardhouse.text_files import MIB, read_text

MAX_BYTES = 16 * MIB
MOST_NAMES = 12


@dataclass(frozen=True)
class Row:
    """One row of a table with its place, for messages."""

    table: str
    number: int
    cells: Mapping[str, str]

    @property
    def place(self) -> str:
        """Return ``file:row`` of this row."""
        return f"{self.table}:{self.number}"

    def text(self, column: str) -> str:
        """Return a cell's text, empty when blank."""
        return self.cells[column]

    def needed(self, column: str) -> str:
        """Return a cell's text; a blank one is an error."""
        if not self.cells[column]:
            raise EconomyError(f"{self.place}: column '{column}' is empty. Give a value.")
        return self.cells[column]

    def number_of(self, column: str, default: float | None = None) -> float:
        """Return a cell as a finite number, or `default` when the cell is blank."""
        text = self.cells[column]
        if not text and default is not None:
            return default
        return self.parse_number(column, self.needed(column))

    def maybe(self, column: str) -> float | None:
        """Return a cell as a number, None when blank."""
        return self.number_of(column) if self.cells[column] else None

    def flag(self, column: str) -> bool:
        """Return whether a cell says yes; blank is no."""
        text = self.cells[column]
        if text not in ("", "yes", "no"):
            raise EconomyError(f"{self.place}: column '{column}' is '{text}'. Use yes or no.")
        return text == "yes"

    def day(self, column: str) -> dt.date | None:
        """Return a cell as a date, None when blank."""
        text = self.cells[column]
        if not text:
            return None
        try:
            return dt.date.fromisoformat(text)
        except ValueError:
            raise EconomyError(
                f"{self.place}: {column} '{text}' is not a date. Write it like 2025-08-21."
            ) from None

    def words(self, column: str) -> tuple[str, ...]:
        """Return a cell's words, separated by blanks."""
        return tuple(self.cells[column].split())

    def pairs(self, column: str) -> dict[str, float]:
        """Return a cell of ``name=number`` words as a mapping."""
        found: dict[str, float] = {}
        for word in self.words(column):
            name, sign, value = word.partition("=")
            if not sign:
                raise EconomyError(f"{self.place}: '{word}' in '{column}' is not name=number.")
            found[name] = self.parse_number(column, value)
        return found

    def one_of(self, column: str, known: tuple[str, ...]) -> str:
        """Return a cell that must be one of the known words."""
        text = self.needed(column)
        if text not in known:
            raise EconomyError(
                f"{self.place}: {column} '{text}' is not known. Use one of "
                f"{_listed(known)}.{did_you_mean(text, known)}"
            )
        return text

    def parse_number(self, column: str, text: str) -> float:
        """Return `text` as a finite number or say where it is not one."""
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not math.isfinite(value):
            raise EconomyError(f"{self.place}: {column} '{text}' is not a finite number.")
        return value


def _listed(known: tuple[str, ...]) -> str:
    """Return names in a row, the first few of many."""
    left = len(known) - MOST_NAMES
    return ", ".join(known[:MOST_NAMES]) + (f" and {left} more" if left > 0 else "")


def read_table(
    folder: Traversable, table: str, columns: tuple[str, ...], *, optional: bool = False
) -> list[Row]:
    """Read a table of exactly these columns; an optional one that is missing has no rows.

    Raises
    ------
    EconomyError
        When the file is missing or no UTF-8 text, a column is missing or unknown, or a row has too
        many cells.
    """
    path = folder / table
    if not path.is_file():
        if optional:
            return []
        raise EconomyError(f"{path}: this table of the economy is missing.")
    text = read_text(path, limit=MAX_BYTES, error=EconomyError, what="table")
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        _check_header(table, tuple(reader.fieldnames or ()), columns)
        return list(_rows(table, reader))
    except csv.Error as error:
        raise EconomyError(f"{table}:{reader.line_num}: not a valid CSV row ({error}).") from error


def _rows(table: str, reader: csv.DictReader[str]) -> Iterator[Row]:
    """Yield the rows, each checked for its number of cells."""
    columns = len(reader.fieldnames or ())
    for cells in reader:
        if None in cells or None in cells.values():
            found = columns + len(cells.get(None) or ()) - list(cells.values()).count(None)
            raise EconomyError(
                f"{table}:{reader.line_num}: the row has {found} cell{'s' * (found != 1)}, and the "
                f"header {columns} columns. Put text with commas in double quotes, and leave a "
                "cell empty by its commas alone."
            )
        yield Row(table, reader.line_num, {key: value.strip() for key, value in cells.items()})


def _check_header(table: str, found: tuple[str, ...], columns: tuple[str, ...]) -> None:
    """Refuse a header that is not the table's."""
    for column in found:
        if column not in columns:
            raise EconomyError(
                f"{table}:1: column '{column}' is not known.{did_you_mean(column, columns)}"
            )
    for column in columns:
        if column not in found:
            raise EconomyError(f"{table}:1: column '{column}' is missing.")
