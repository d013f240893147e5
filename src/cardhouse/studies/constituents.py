"""Constituents of an index from a CSV file, one firm a row, added up by definition."""

from __future__ import annotations

import csv
import dataclasses
import io
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cardhouse.analysis.index_aggregates import Aggregates, add_up
from cardhouse.errors import InputError, did_you_mean
from cardhouse.text_files import MIB, read_text

MAX_BYTES = 8 * MIB
NAME, VALUE, BOOK = "Symbol", "Market Cap", "Price/Book"
SALES, EARNINGS = "Price/Sales", "Price/Earnings"
COLUMNS = (NAME, VALUE, BOOK, SALES, EARNINGS)
SECOND_CLASSES = frozenset({"GOOG", "FOX", "NWS", "UA"})
"""Second share classes of firms whose whole market value already stands at the first."""


def constituents_document(path: Path) -> dict[str, Any]:
    """Return an index's ratios as a document (``cardhouse/constituents/1``).

    Parameters
    ----------
    path
        A CSV file with the columns of `COLUMNS`, cells empty where a figure is missing.

    Raises
    ------
    InputError
        When the file is no such table.
    """
    text = read_text(path, limit=MAX_BYTES, error=InputError, what="table")
    found, rows, values = added_up(text, str(path))
    order = np.argsort(np.where(np.isnan(values), 0.0, -values), kind="stable")[:10]
    largest = [
        {"name": rows[at][NAME], "share": float(values[at] / found.market_value)}
        for at in order.tolist()
        if values[at] > 0
    ]
    return {
        "schema": "cardhouse/constituents/1",
        "file": path.name,
        **dataclasses.asdict(found),
        "largest": largest,
    }


Added = tuple[Aggregates, list[Mapping[str, str]], NDArray[np.float64]]


def added_up(text: str, name: str) -> Added:
    """Return an index's ratios, its firms' cells, and their market values (firm,).

    Parameters
    ----------
    text
        A table with the columns of `COLUMNS`.
    name
        What messages call it.

    Raises
    ------
    InputError
        When it is no such table.
    """
    rows = _rows(text, name)
    columns = {
        column: np.array([_figure(place, row, column) for place, row in rows])
        for column in COLUMNS[1:]
    }
    found = add_up(columns[VALUE], columns[BOOK], columns[SALES], columns[EARNINGS])
    return found, [row for _, row in rows], columns[VALUE]


def _rows(text: str, path: str) -> list[tuple[str, Mapping[str, str]]]:
    """Return each firm's place and cells, second share classes left out."""
    reader = csv.DictReader(io.StringIO(text))
    header = reader.fieldnames or []
    for column in COLUMNS:
        if column not in header:
            raise InputError(
                f"{path}:1: there is no column '{column}'.{did_you_mean(column, header)} "
                f"Needed: {', '.join(COLUMNS)}."
            )
    rows = [(f"{path}:{reader.line_num}", row) for row in reader]
    short = [place for place, row in rows if None in row or None in row.values()]
    if short:
        raise InputError(f"{short[0]}: the row is not as wide as the header.")
    return [(place, row) for place, row in rows if row[NAME] not in SECOND_CLASSES]


def _figure(place: str, row: Mapping[str, str], column: str) -> float:
    """Return a figure, not a number where the cell is empty; raises InputError for words."""
    text = row[column].strip()
    if not text:
        return math.nan
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if math.isfinite(value):
        return value
    raise InputError(f"{place}: {column} is '{text}'. Write a number, or leave the cell empty.")
