"""Series of FRED, as JSON from its API or as the public CSV, and the workbook of Shiller's page."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from cardhouse.errors import LiveError

MISSING = (".", "", "NA")
DATE_COLUMNS = ("observation_date", "DATE")
SHEET = "Data"
SEARCHED_ROWS = 20
"""The header of Shiller's sheet stands in row 8; a few rows more or less are borne."""
FIRST_YEAR = 1871

Observation = tuple[dt.date, float]
_LINK = re.compile(rb"""href=["']([^"']*ie_data\.xls[^"']*)["']""", re.IGNORECASE)


@dataclass(frozen=True)
class Month:
    """A row of Shiller's sheet; figures that are not there yet are None."""

    first: dt.date
    price: float | None
    earnings: float | None
    cape: float | None


def fred_json(body: bytes, series: str) -> list[Observation]:
    """Return the observations of a series out of the API's JSON; a dot is no observation.

    Raises
    ------
    LiveError
        When the answer is not of this form, or cut at the API's limit.
    """
    where = f"FRED series {series}"
    try:
        told = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise LiveError(f"{where}: this is no whole JSON document ({error}).") from None
    rows = told.get("observations") if isinstance(told, dict) else None
    if not isinstance(rows, list):
        raise LiveError(f"{where}: 'observations' is missing. The API's format has changed.")
    count = told.get("count")
    if isinstance(count, int) and count > len(rows):
        raise LiveError(f"{where}: {len(rows)} of {count} observations came. Nothing is proposed.")
    return _observations([(_word(row, "date"), _word(row, "value")) for row in rows], where)


def _word(row: Any, key: str) -> str:
    return str(row.get(key, "?")) if isinstance(row, dict) else "?"


def fred_csv(body: bytes, series: str) -> list[Observation]:
    """Return the observations of a series out of the public CSV; a dot or nothing is none.

    Raises
    ------
    LiveError
        When the answer is not of this form.
    """
    where = f"FRED series {series}"
    rows = list(csv.reader(io.StringIO(_text(body, where))))
    header = [cell.strip() for cell in rows[0]] if rows else []
    if len(header) != 2 or header[0] not in DATE_COLUMNS or header[1] != series:
        raise LiveError(
            f"{where}: the header is '{','.join(header)[:80]}', expected observation_date,{series}."
            " The format has changed."
        )
    short = next((number for number, row in enumerate(rows, 1) if row and len(row) != 2), None)
    if short is not None:
        raise LiveError(f"{where}: row {short} has not two cells. The file may be cut short.")
    return _observations([(row[0], row[1]) for row in rows[1:] if row], where)


def _observations(rows: Sequence[tuple[str, str]], where: str) -> list[Observation]:
    """Return days and values, in order of time."""
    found = []
    for day, value in rows:
        if value.strip() in MISSING:
            continue
        found.append((_day(day, where), _figure(value, where)))
    return sorted(found)


def shiller_link(body: bytes) -> str:
    """Return the address of the workbook that Shiller's page links to, as the page writes it.

    Raises
    ------
    LiveError
        When the page links to none.
    """
    match = _LINK.search(body)
    if match is None:
        raise LiveError(
            "Shiller's data page links to no ie_data.xls any more. Fetch the file by hand and name "
            "its address in CARDHOUSE_SHILLER_URL."
        )
    link = match[1].decode("ascii", "replace").replace("&amp;", "&")
    return f"https:{link}" if link.startswith("//") else link


def shiller_months(body: bytes) -> list[Month]:
    """Return the months of Shiller's workbook, oldest first.

    A month is written as a number: 2025.01 is January, 2025.1 October, since its zero is lost.

    Raises
    ------
    LiveError
        When the workbook, its sheet or its columns are not there, or a month is missing between.
    """
    rows = _sheet(body)
    where = f"Shiller's workbook, sheet '{SHEET}'"
    header = next((at for at, row in enumerate(rows[:SEARCHED_ROWS]) if _is_header(row)), None)
    if header is None:
        raise LiveError(
            f"{where}: no row of the first {SEARCHED_ROWS} has the columns Date, P, E and CAPE. "
            "Its format has changed."
        )
    names = [str(cell).strip() for cell in rows[header]]
    places = {name: names.index(name) for name in ("Date", "P", "E", "CAPE")}
    months = []
    for row in rows[header + 1 :]:
        first = month_of(row[places["Date"]]) if len(row) > places["Date"] else None
        if first is not None:
            months.append(Month(first, *(_cell(row, places[name]) for name in ("P", "E", "CAPE"))))
    _check_months(months, where)
    return months


def month_of(cell: object) -> dt.date | None:
    """Return the first day of a month written as a number; None where the cell is no such month.

    Examples
    --------
    >>> [month_of(cell).isoformat() for cell in (2025.01, 2025.1, 2025.12)]
    ['2025-01-01', '2025-10-01', '2025-12-01']
    """
    if isinstance(cell, str):
        match = re.fullmatch(r"(\d{4})\.(\d{1,2})", cell.strip())
        if match is None:
            return None
        year, month = int(match[1]), int(match[2].ljust(2, "0"))
    elif isinstance(cell, int | float) and not isinstance(cell, bool) and math.isfinite(cell):
        year = math.floor(cell)
        month = round((cell - year) * 100)
    else:
        return None
    return dt.date(year, month, 1) if FIRST_YEAR <= year <= 2200 and 1 <= month <= 12 else None


def _is_header(row: Sequence[object]) -> bool:
    return {"Date", "P", "E", "CAPE"} <= {str(cell).strip() for cell in row}


def _sheet(body: bytes) -> list[list[Any]]:
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(body))
        if SHEET not in book.sheet_names:
            raise LiveError(
                f"Shiller's workbook has no sheet '{SHEET}' (but "
                f"{', '.join(book.sheet_names)[:80]}). Its format has changed."
            )
        return book.get_sheet_by_name(SHEET).to_python(skip_empty_area=False)
    except (CalamineError, OSError, ValueError) as error:
        raise LiveError(f"Shiller's workbook cannot be read ({str(error)[:80]}).") from None


def _cell(row: Sequence[object], place: int) -> float | None:
    cell = row[place] if place < len(row) else None
    is_number = isinstance(cell, int | float) and not isinstance(cell, bool)
    return float(cell) if is_number and math.isfinite(cell) else None  # type: ignore[arg-type]


def _check_months(months: Sequence[Month], where: str) -> None:
    if not months:
        raise LiveError(f"{where}: there is no month in it.")
    for before, after in pairwise(months):
        expected = (before.first + dt.timedelta(days=31)).replace(day=1)
        if after.first != expected:
            raise LiveError(
                f"{where}: after {before.first:%Y-%m} comes {after.first:%Y-%m}. Its format has "
                "changed, or it is cut short."
            )


def _text(body: bytes, where: str) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise LiveError(f"{where}: the answer is not UTF-8. The format has changed.") from None


def _day(text: str, where: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text.strip())
    except ValueError:
        raise LiveError(f"{where}: '{text[:40]}' is no day. The format has changed.") from None


def _figure(text: str, where: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise LiveError(f"{where}: '{text[:40]}' is no number. The format has changed.")
    return value
