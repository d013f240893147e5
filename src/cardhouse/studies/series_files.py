"""A person's own series: a CSV file of dates and values, read strictly."""

from __future__ import annotations

import csv
import datetime as dt
import io
import math
import re
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from cardhouse.errors import InputError, did_you_mean
from cardhouse.text_files import MIB, read_text

MAX_BYTES = 8 * MIB
DATE_FORMS = "2025-08-31, 2025-08, 2025Q3 or 2025"
HOLIDAYS = dt.timedelta(days=10)
"""Days between two values of a daily series that are no gap: exchanges have closed for a week."""
GAP = 1.5
"""Steps of the series' usual length from which two neighbours are too far apart."""

_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2})(?:[T ]00:00(?::00)?)?)?|-?Q([1-4]))?")


@dataclass(frozen=True)
class Series:
    """Values in order of time; dates as the source writes them."""

    name: str
    dates: tuple[str, ...]
    values: tuple[float, ...]


def read_series(path: Path, column: str | None = None) -> Series:
    """Return a series from a CSV file with a header: dates first, then values.

    Parameters
    ----------
    path
        The file. Lines that start with ``#`` are comments.
    column
        Name of the column of values; needed where there are several.

    Raises
    ------
    InputError
        When the file is no such table: a bad date or number, an empty cell, dates out of order,
        or a gap.
    """
    text = read_text(path, limit=MAX_BYTES, error=InputError, what="series")
    lines = [(at, line) for at, line in enumerate(text.splitlines(), 1) if _counts(line)]
    if len(lines) < 2:
        raise InputError(f"{path}: there is no series. Write a header, then a date and a value.")
    numbers, rows = [at for at, _ in lines], list(csv.reader(io.StringIO(_joined(lines))))
    if len(rows) != len(numbers):
        raise InputError(f"{path}: a cell holds a line break. Keep each row on one line.")
    at = _column(path, rows[0], column)
    dates, values = [], []
    for number, row in zip(numbers[1:], rows[1:], strict=True):
        where = f"{path}:{number}"
        if len(row) != len(rows[0]):
            raise InputError(f"{where}: {len(row)} cells, but the header has {len(rows[0])}.")
        dates.append(_day(where, row[0]))
        values.append(_number(where, rows[0][at], row[at]))
    _check_order(path, numbers[1:], dates)
    return Series(rows[0][at], tuple(row[0] for row in rows[1:]), tuple(values))


def _counts(line: str) -> bool:
    return bool(line.strip()) and not line.startswith("#")


def _joined(lines: Sequence[tuple[int, str]]) -> str:
    return "\n".join(line for _, line in lines)


def _column(path: Path, header: Sequence[str], column: str | None) -> int:
    """Return which column holds the values."""
    names = list(header[1:])
    if not names:
        raise InputError(f"{path}:1: one column only. Write dates first, then values, by commas.")
    if column is None:
        if len(names) > 1:
            raise InputError(
                f"{path}: several columns of values. Choose one by --column: {', '.join(names)}."
            )
        return 1
    if column not in names:
        raise InputError(
            f"{path}: there is no column '{column}'.{did_you_mean(column, names)} "
            f"Known: {', '.join(names)}."
        )
    return 1 + names.index(column)


def day_of(text: str) -> dt.date:
    """Return the first day of the period that a date names; raises ValueError for no date.

    Examples
    --------
    >>> day_of("2025Q3").isoformat(), day_of("2025-08").isoformat()
    ('2025-07-01', '2025-08-01')
    """
    match = _DATE.fullmatch(text.strip())
    if match is None:
        raise ValueError(text)
    year, month, day, quarter = (int(part) if part else None for part in match.groups())
    return dt.date(year or 0, month or 3 * (quarter or 1) - 2, day or 1)


def _day(where: str, text: str) -> dt.date:
    try:
        return day_of(text)
    except ValueError:
        raise InputError(f"{where}: '{text}' is no date. Write it like {DATE_FORMS}.") from None


def _number(where: str, column: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if math.isfinite(value) and "_" not in text:
        return value
    raise InputError(
        f"{where}: {column} is '{text}', and a number is needed. Write it like 1234.5; cut the "
        "series before a gap."
    )


def _check_order(path: Path, numbers: Sequence[int], days: Sequence[dt.date]) -> None:
    """Raise InputError where dates do not run evenly forward."""
    steps = [later - earlier for earlier, later in pairwise(days)]
    usual = statistics.median(step.days for step in steps) if steps else 0
    most = max(HOLIDAYS, dt.timedelta(days=GAP * usual))
    for number, step, day in zip(numbers[1:], steps, days[1:], strict=True):
        if step <= dt.timedelta(0):
            raise InputError(f"{path}:{number}: {day} does not come after the row before it. Sort.")
        if step > most:
            raise InputError(
                f"{path}:{number}: {step.days} days lie between {day} and the row before, "
                f"where {usual:.0f} are usual. Fill the gap, or test the parts alone."
            )
