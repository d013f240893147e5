"""The strict reading of a table's row into a fact, with a sentence for everything wrong in it."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from cardhouse.errors import did_you_mean
from cardhouse.facts.dictionaries import Dictionaries, entity_names, hint
from cardhouse.facts.known_from import known_from_by_rule
from cardhouse.facts.schema import REPLACES, Fact, Key, Value, id_of
from cardhouse.facts.text import CsvRow, shorten, untidy_cells

EARLIEST, LATEST = dt.date(1800, 1, 1), dt.date(2100, 12, 31)
FEW = 24
"""So many words are listed in a message; of more, only the nearest is named."""

_NUMBER = re.compile(r"[-+]?\d{1,30}(\.\d{1,30})?([eE][-+]?\d{1,3})?", re.ASCII)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_PUBLISHED = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?", re.ASCII)
_ID = re.compile(r"[0-9a-f]{10}")
_ADDRESS = re.compile(r"https?://\S+")
NEEDED = (
    "entity", "tier", "metric", "unit", "period_start", "period_end", "value", "basis", "grade",
    "source",
)  # fmt: skip
_LIKE = "Write it like 2025-06-30."


def read_fact(
    row: CsvRow, known: Dictionaries, *, own: bool = False
) -> tuple[Fact | None, list[str]]:
    """Return the fact that a row states, or None and a sentence for everything wrong with it.

    In a person's ``own`` table `published` is the day on which the source appeared, and nobody
    knew the figure before. In the shipped tables it may be the day on which a page was read.
    """
    problems = [f"{row.place}: {sentence}" for sentence in _problems(row.cells, known)]
    problems += untidy_cells(row)
    if own and not problems:
        wrong = [*_known_too_early(row.cells), *_below_zero(row.cells, known)]
        problems += [f"{row.place}: {sentence}" for sentence in wrong]
    return (None, problems) if problems else (_fact(row, own=own), [])


def _problems(cells: Mapping[str, str], known: Dictionaries) -> Iterable[str]:
    yield from _missing(cells)
    yield from _unknown_words(cells, known)
    yield from _wrong_numbers(cells, known)
    yield from _wrong_dates(cells)
    yield from _wrong_known_from(cells)
    if cells["id"] and not _ID.fullmatch(cells["id"]):
        yield f"id '{shorten(cells['id'])}' is not ten hex digits. Leave it empty to get one."
    if cells["url"] and not _ADDRESS.fullmatch(cells["url"]):
        yield f"url '{shorten(cells['url'])}' is no web address. Start it with https://."


def _missing(cells: Mapping[str, str]) -> Iterable[str]:
    for column in NEEDED:
        if not cells[column]:
            yield f"{column} is empty. Every fact needs one."


def _unknown_words(cells: Mapping[str, str], known: Dictionaries) -> Iterable[str]:
    for column, words in known.words:
        word = cells[column]
        if word and word not in words:
            yield _unknown(column, shorten(word), words, known)


def _unknown(column: str, word: str, words: frozenset[str], known: Dictionaries) -> str:
    if column in ("entity", "counterparty"):
        nearest = did_you_mean(word, words, entity_names(known.entities))
    else:
        nearest = hint(word, words)
    sentence = f"{column} '{word}' is not known.{nearest}"
    if len(words) <= FEW:
        return f"{sentence} Use one of {', '.join(sorted(words))}."
    if column in ("entity", "counterparty"):
        return (
            f"{sentence} See `cardhouse facts list` for those in use; those of an economy of your "
            "own are known where it is named."
        )
    return f"{sentence} See `cardhouse facts list` for those in use."


def _wrong_numbers(cells: Mapping[str, str], known: Dictionaries) -> Iterable[str]:
    read: dict[str, Value] = {}
    for column in ("value", "low", "high"):
        if cells[column]:
            found = _value(cells[column], cells["unit"])
            if isinstance(found, str):
                yield f"{column} {found}"
            else:
                read[column] = found
    if "value" not in read:
        return
    yield from _wrong_range(cells, read)
    unit = known.units.get(cells["unit"])
    if unit and unit.least is not None and _rank(read["value"]) < unit.least:
        yield f"value is {cells['value']}, and a {unit.unit} is at least {unit.least:g}."


def _wrong_range(cells: Mapping[str, str], read: Mapping[str, Value]) -> Iterable[str]:
    value = _rank(read["value"])
    if "low" in read and _rank(read["low"]) > value:
        yield f"low is {cells['low']}, above the value {cells['value']}. Expected low <= value."
    if "high" in read and _rank(read["high"]) < value:
        yield f"high is {cells['high']}, below the value {cells['value']}. Expected value <= high."


def _wrong_dates(cells: Mapping[str, str]) -> Iterable[str]:
    days = {}
    for column in ("period_start", "period_end", "known_from"):
        if cells[column]:
            days[column] = _day(cells[column])
            if days[column] is None:
                yield f"{column} '{shorten(cells[column])}' is not a day of 1800 to 2100. {_LIKE}"
    start, end = days.get("period_start"), days.get("period_end")
    if start and end and start > end:
        yield f"period_start {start} is after period_end {end}. Swap them or mend one."
    if cells["published"] and _last_day(cells["published"]) is None:
        found = shorten(cells["published"])
        yield f"published '{found}' is no day, month or year. Write it like 2025-06-30 or 2025-06."


def _wrong_known_from(cells: Mapping[str, str]) -> Iterable[str]:
    stated = bool(cells["known_from"])
    if not stated and cells["known_from_basis"] == "stated":
        yield "known_from_basis is 'stated', and known_from is empty. State the day or leave both."
    if not stated and cells["basis"] == "guidance" and not cells["published"]:
        yield "known_from and published are empty, and guidance is about later. State one of them."


def _known_too_early(cells: Mapping[str, str]) -> Iterable[str]:
    """Yield what is wrong with a day of knowledge before the source appeared; a rule may be so."""
    stated = cells["known_from"] if cells["known_from_basis"] != "rule" else ""
    first = _first_day(cells["published"])
    if stated and first and dt.date.fromisoformat(stated) < first:
        yield (
            f"known_from {stated} is before published {cells['published']}, and nobody knew the "
            "figure before its source appeared. Mend one, or leave known_from empty."
        )


NEVER_BELOW_ZERO = frozenset(
    {
        "revenue",
        "cost_of_revenue",
        "depreciation",
        "capex",
        "spending",
        "cash",
        "receivables",
        "inventory",
        "prepayments",
        "deferred_revenue",
        "plant",
        "debt",
        "leases",
        "commitments",
        "guarantees",
        "backlog",
        "price",
        "plant_life",
        "users",
        "payers",
        "valuation",
        "exchange_rate",
    }
)
"""Lines of the accounts of which nobody can have less than nothing."""


SIGNED = frozenset({"date", "share", "ratio"})
"""Units in which a figure is no amount of its line, but a change or a part of it."""


def _below_zero(cells: Mapping[str, str], known: Dictionaries) -> Iterable[str]:
    """Yield what is wrong with an amount below zero of something that cannot be."""
    line = known.metrics[cells["metric"]].line
    if line in NEVER_BELOW_ZERO and cells["unit"] not in SIGNED and float(cells["value"]) < 0.0:
        yield (
            f"value is {cells['value']}, and {cells['metric']} ({line}) cannot be below zero. "
            "Write an amount as a positive number: its metric says which way it goes."
        )


def _value(text: str, unit: str) -> Value | str:
    """Return a cell's number or date, or what is wrong with it."""
    if unit == "date":
        return _day(text) or f"'{shorten(text)}' is not a day of 1800 to 2100. {_LIKE}"
    if not _NUMBER.fullmatch(text):
        return (
            f"'{shorten(text)}' is not a number. Write it like -1234.5, without thousands' commas."
        )
    number = float(text)
    return number if math.isfinite(number) else f"'{shorten(text)}' is too large for a number."


@lru_cache(maxsize=4096)
def _day(text: str) -> dt.date | None:
    """Return the day of an ISO date in range; remembers a few thousand, since days repeat."""
    if not _DATE.fullmatch(text):
        return None
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        return None
    return day if EARLIEST <= day <= LATEST else None


def _last_day(published: str) -> dt.date | None:
    """Return the last day that a day, a month or a year may mean."""
    if not _PUBLISHED.fullmatch(published):
        return None
    full = f"{published}-12-31"[:10] if len(published) == 4 else published
    if len(full) == 10:
        return _day(full)
    first = _day(f"{full}-01")
    return first and (first + dt.timedelta(days=31)).replace(day=1) - dt.timedelta(days=1)


def _first_day(published: str) -> dt.date | None:
    """Return the first day that a day, a month or a year may mean; None where none is given."""
    return _day(f"{published}-01-01"[:10] if len(published) == 4 else f"{published}-01"[:10])


def _fact(row: CsvRow, *, own: bool) -> Fact:
    """Return the fact of a row without problems; what it leaves empty follows by rule."""
    cells, unit = row.cells, row.cells["unit"]
    start, end = (dt.date.fromisoformat(cells[name]) for name in ("period_start", "period_end"))
    known_from, known_from_basis = _known_from(cells, start, end, own=own)
    return Fact(
        id=cells["id"] or id_of(_key(cells)),
        entity=cells["entity"],
        tier=cells["tier"],
        metric=cells["metric"],
        item=cells["item"],
        counterparty=cells["counterparty"],
        unit=unit,
        period_start=start,
        period_end=end,
        value=_number(cells["value"], unit),
        low=_number(cells["low"], unit) if cells["low"] else None,
        high=_number(cells["high"], unit) if cells["high"] else None,
        basis=cells["basis"],
        grade=cells["grade"],
        published=cells["published"],
        known_from=known_from,
        known_from_basis=known_from_basis,
        source=cells["source"],
        url=cells["url"],
        note=cells["note"],
        place=row.place,
        replaces=cells.get(REPLACES, ""),
    )


def _known_from(
    cells: Mapping[str, str], start: dt.date, end: dt.date, *, own: bool
) -> tuple[dt.date, str]:
    """Return when a row's figure was first public, and whether the row says so or the rule."""
    if cells["known_from"]:
        return dt.date.fromisoformat(cells["known_from"]), cells["known_from_basis"] or "stated"
    published = _last_day(cells["published"]) if cells["published"] else None
    ruled = known_from_by_rule(cells["basis"], start, end, published)
    appeared = _first_day(cells["published"]) if own else None
    return max(ruled, appeared or ruled), "rule"


def _key(cells: Mapping[str, str]) -> Key:
    return (
        cells["entity"],
        cells["metric"],
        cells["item"],
        cells["counterparty"],
        cells["period_start"],
        cells["period_end"],
        cells["source"],
    )


def _number(text: str, unit: str) -> Value:
    return dt.date.fromisoformat(text) if unit == "date" else float(text)


def _rank(value: Value) -> float:
    """Return where a number or a date stands among its like."""
    return float(value.toordinal()) if isinstance(value, dt.date) else value
