"""What SEC EDGAR says in JSON: companyfacts, frames, and the list of a firm's filings."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

from cardhouse.errors import LiveError
from cardhouse.facts.live.answers import plain
from cardhouse.facts.live.filings import Filed

UNIT = "USD"
TAXONOMY = "us-gaap"
FORMS = ("10-K", "10-Q", "10-K/A", "10-Q/A", "10-KT", "20-F", "20-F/A", "40-F", "6-K", "8-K")
PERIODIC = ("10-Q", "10-K", "10-Q/A", "10-K/A")


@dataclass(frozen=True)
class Framed:
    """One firm's figure in a frame, which tells no day of filing."""

    cik: int
    filed: Filed


@dataclass(frozen=True)
class Filing:
    """A filing as a firm's list names it."""

    accession: str
    form: str
    filed: dt.date
    report: str
    document: str


def companyfacts(body: bytes, cik: int) -> dict[str, list[Filed]]:
    """Return what a firm has filed in dollars, by tag.

    Parameters
    ----------
    body
        ``companyfacts/CIK##########.json``.
    cik
        The firm that was asked for.

    Raises
    ------
    LiveError
        When the answer is not of this form, or of another firm.
    """
    where = f"companyfacts of CIK {cik}"
    told = _object(body, where)
    if _number(told.get("cik"), f"{where}: cik") != cik:
        _changed(where, f"'cik' is {told.get('cik')!r}", str(cik))
    facts = _mapping(told, "facts", where)
    tags = _mapping(facts, TAXONOMY, where)
    found = {}
    for tag, concept in tags.items():
        units = _mapping(_as_mapping(concept, f"{where}: {tag}"), "units", f"{where}: {tag}")
        rows = units.get(UNIT, [])
        if not isinstance(rows, list):
            _changed(f"{where}: {tag}", f"'{UNIT}' is no list", "a list")
        found[tag] = [one for row in rows if (one := _filed(row, f"{where}: {tag}")) is not None]
    return found


def _filed(row: Any, where: str) -> Filed | None:
    """Return a row as a figure; None for a form that is none of a firm's accounts."""
    row = _as_mapping(row, where)
    for key in ("end", "val", "accn", "form", "filed"):
        if key not in row:
            _changed(where, f"'{key}' is missing", f"a row with '{key}'")
    if row["form"] not in FORMS:
        return None
    start = None if row.get("start") is None else _day(row["start"], where)
    return Filed(
        start,
        _day(row["end"], where),
        _decimal(row["val"], where),
        _day(row["filed"], where),
        str(row["form"]),
        str(row["accn"]),
    )


def frame(body: bytes, name: str) -> list[Framed]:
    """Return every firm's figure of a frame, such as ``Revenues/USD/CY2026Q1``.

    Raises
    ------
    LiveError
        When the answer is not of this form.
    """
    where = f"frame {name}"
    rows = _object(body, where).get("data")
    if not isinstance(rows, list):
        _changed(where, "'data' is no list", "a list of firms")
    return [_framed(row, where) for row in rows]


def _framed(row: Any, where: str) -> Framed:
    row = _as_mapping(row, where)
    for key in ("cik", "end", "val", "accn"):
        if key not in row:
            _changed(where, f"'{key}' is missing", f"a row with '{key}'")
    start = None if row.get("start") is None else _day(row["start"], where)
    figure = Filed(
        start, _day(row["end"], where), _decimal(row["val"], where), None, "", str(row["accn"])
    )
    return Framed(_number(row["cik"], where), figure)


def filings(body: bytes, cik: int) -> list[Filing]:
    """Return a firm's quarterly and yearly reports of late, newest first.

    Raises
    ------
    LiveError
        When the answer is not of this form.
    """
    where = f"filings of CIK {cik}"
    recent = _mapping(_mapping(_object(body, where), "filings", where), "recent", where)
    columns = [
        _column(recent, name, where)
        for name in ("accessionNumber", "form", "filingDate", "reportDate", "primaryDocument")
    ]
    if len({len(column) for column in columns}) > 1:
        _changed(where, "columns are not of one length", "columns of one length")
    rows = [
        Filing(accession, form, _day(filed, where), report, document)
        for accession, form, filed, report, document in zip(*columns, strict=True)
        if form in PERIODIC and document
    ]
    return sorted(rows, key=lambda one: (one.filed, one.accession), reverse=True)


def _column(recent: Mapping[str, Any], name: str, where: str) -> Sequence[str]:
    column = recent.get(name)
    if not isinstance(column, list) or not all(isinstance(one, str) for one in column):
        _changed(where, f"'{name}' is no list of words", "one")
    return column


def _object(body: bytes, where: str) -> Mapping[str, Any]:
    try:
        told = json.loads(body, parse_float=Decimal, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise LiveError(f"{where}: this is no whole JSON document ({error}).") from None
    return _as_mapping(told, where)


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number")


def _as_mapping(told: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(told, dict):
        _changed(where, f"{type(told).__name__} instead of an object", "an object")
    return told


def _mapping(told: Mapping[str, Any], key: str, where: str) -> Mapping[str, Any]:
    if not isinstance(told.get(key), dict):
        _changed(where, f"'{key}' is missing", f"an object '{key}'")
    found: Mapping[str, Any] = told[key]
    return found


def _number(told: Any, where: str) -> int:
    text = str(told)
    if isinstance(told, bool) or not text.isascii() or not text.isdigit() or len(text) > 10:
        _changed(where, f"{text[:40]!r}", "a whole number")
    return int(text)


def _decimal(told: Any, where: str) -> Decimal:
    if isinstance(told, int | Decimal) and not isinstance(told, bool):
        try:
            number = Decimal(told)
        except InvalidOperation:
            number = Decimal("NaN")
        if number.is_finite() and abs(number) < Decimal(10) ** 18:
            return number
    return _changed(where, f"val is {str(told)[:40]!r}", "a number of dollars")


def _day(told: Any, where: str) -> dt.date:
    try:
        return dt.date.fromisoformat(told)
    except (TypeError, ValueError):
        _changed(where, f"{str(told)[:40]!r} is no day", "one like 2026-03-31")


def _changed(where: str, found: str, expected: str) -> NoReturn:
    """Raise LiveError for an answer of another form."""
    raise LiveError(
        f"{plain(where)}: {plain(found)}, expected {expected}. The service's format has changed: "
        "nothing of it is proposed."
    )
