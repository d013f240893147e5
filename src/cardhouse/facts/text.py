"""CSV tables read strictly: UTF-8, within limits, every row as wide as the header."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from cardhouse.errors import FactError, did_you_mean
from cardhouse.text_files import read_text

MAX_BYTES = 16 * 1024 * 1024
LONGEST_HINT = 80


@dataclass(frozen=True)
class CsvRow:
    """One row: where it stands (``file:line``) and its cells by column."""

    place: str
    cells: Mapping[str, str]


@dataclass(frozen=True)
class CsvTable:
    """The rows of a file that are as wide as its header, and a sentence for each that is not."""

    rows: tuple[CsvRow, ...]
    problems: tuple[str, ...]


def read_shipped(name: str, columns: Sequence[str]) -> tuple[CsvRow, ...]:
    """Return the rows of a table of this room; raises FactError when it is none."""
    table = read_table(shipped(name), columns, name)
    if table.problems:
        raise FactError(table.problems[0])
    return table.rows


def shipped(name: str) -> Traversable:
    """Return a file or folder of this room."""
    return files("cardhouse.facts").joinpath(name)


def read_table(
    source: Path | Traversable,
    columns: Sequence[str],
    name: str = "",
    optional: Sequence[str] = (),
) -> CsvTable:
    """Return the rows of a CSV file whose header is made of `columns`, in any order.

    ``name`` is what messages call the file: its path when empty. Columns that are ``optional`` may
    be there, too.

    Raises
    ------
    FactError
        When the file cannot be read as such a table at all.
    """
    name = name or str(source)
    text = read_text(source, limit=MAX_BYTES, error=FactError, name=name, what="table")
    return parse_table(text, name, columns, optional)


def parse_table(
    text: str, name: str, columns: Sequence[str], optional: Sequence[str] = ()
) -> CsvTable:
    """Return the rows of a table's text; raises FactError when its header is not `columns`."""
    lines = _numbered_rows(text, name)
    try:
        _, header = next(lines, (1, []))
        _check_header(header, name, columns, optional)
        return _sort_out(lines, header, name)
    except csv.Error as error:
        raise FactError(f"{name}: this is no CSV table: {error}. Check its quotes.") from error


def _numbered_rows(text: str, name: str) -> Iterator[tuple[int, list[str]]]:
    """Yield each row that is not blank with the number of the line on which it starts."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    start = 1
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise FactError(f"{name}:{start}: {error}. Check the quotes of this row.") from error
        if cells:
            yield start, cells
        start = reader.line_num + 1


def _check_header(
    header: Sequence[str], name: str, columns: Sequence[str], optional: Sequence[str]
) -> None:
    if not header:
        raise FactError(f"{name}:1: the table is empty. Start with the header {','.join(columns)}.")
    if len(header) == 1 and any(mark in header[0] for mark in ";\t"):
        raise FactError(f"{name}:1: cells are parted by ';' or tabs. Save with commas instead.")
    allowed = [*columns, *optional]
    unknown = [column for column in header if column not in allowed]
    missing = [column for column in columns if column not in header]
    if unknown:
        found = shorten(unknown[0])
        hint = did_you_mean(found, [*(missing or columns), *optional])
        raise FactError(
            f"{name}:1: column '{found}' is not known.{hint} Columns: {', '.join(allowed)}."
        )
    if missing:
        raise FactError(f"{name}:1: column '{missing[0]}' is missing. Add it.")
    twice = [column for column in allowed if list(header).count(column) > 1]
    if twice:
        raise FactError(f"{name}:1: column '{twice[0]}' stands twice. Keep one.")


def _sort_out(lines: Iterator[tuple[int, list[str]]], header: Sequence[str], name: str) -> CsvTable:
    rows, problems = [], []
    for line, cells in lines:
        place = f"{name}:{line}"
        if len(cells) == len(header):
            rows.append(CsvRow(place, dict(zip(header, cells, strict=True))))
        else:
            problems.append(
                f"{place}: the row has {len(cells)} cells, and the header {len(header)}. "
                "Put text with commas in double quotes."
            )
    return CsvTable(tuple(rows), tuple(problems))


def untidy_cells(row: CsvRow) -> list[str]:
    """Return a sentence for each cell with characters that cannot be seen, or blanks around it."""
    joined = f"|{'|'.join(row.cells.values())}|"
    if joined.isprintable() and "| " not in joined and " |" not in joined:
        return []  # nearly every row, at a tenth of the time
    found = []
    for column, cell in row.cells.items():
        if not cell.isprintable():
            found.append(
                f"{row.place}: {column} '{shorten(cell)}' holds a line break or a character that "
                "cannot be seen. Write plain text on one line."
            )
        elif cell != cell.strip():
            found.append(f"{row.place}: {column} '{shorten(cell)}' has blanks around it. Cut them.")
    return found


def shorten(word: str) -> str:
    """Return a word as a message shows it: printable and not long."""
    shown = "".join(letter if letter.isprintable() else "?" for letter in word[:LONGEST_HINT])
    return shown if len(word) <= LONGEST_HINT else f"{shown}..."
