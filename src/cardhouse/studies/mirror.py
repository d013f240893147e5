"""The mirror: 1998 to 2003 and now on one axis of quarters, from the peak and from the base.

Quarter 0 is the first of 2000 then, and the base quarter of a run now. Past figures are facts, each
with its source; coming ones are those of the run. What nobody has told is listed as a gap.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from cardhouse.analysis.mirror import Point, reading_at, shifted, within
from cardhouse.errors import InputError, did_you_mean
from cardhouse.facts import FactTable
from cardhouse.studies.gauges import passport
from cardhouse.studies.mirror_facts import points_of
from cardhouse.studies.mirror_run import values_of
from cardhouse.studies.scenario_times import quarter_number

TABLE = Path(__file__).with_name("mirror.csv")
PEAK = "2000Q1"
"""Quarter 0 then: the Nasdaq's highest close was on 10 March 2000."""
FIRST, LAST = -9, 16
"""The axis: from the end of 1997 to the first quarter of 2004."""
COLUMNS = (-8, -4, 0, 4, 8, 12)
"""Quarters that are told in columns; the axis has all."""
COLUMN_REACH = 1
"""A column shows a reading of its quarter or of a neighbour; that of quarter 0 one as near as may
measure others."""
ZERO_REACH = 3
"""Readings within so many quarters of quarter 0 can be what others are measured by."""
OVER_ZERO = "zero_is_100"
APART = 0.25
"""A run whose base lies further from the fact than this is said to start elsewhere."""


@dataclass(frozen=True)
class Indicator:
    """A row of ``mirror.csv``.

    Attributes
    ----------
    scale
        ``level``: both times compare as they are; ``start``: by what they were at quarter 0.
    then, now
        What is asked of the facts.
    run
        What is asked of the run; empty: it has no such figure, and `no_run` says why.
    run_start
        What the run is measured by: the ``facts`` of quarter 0, or the ``run`` itself where it
        holds other firms than the facts do.
    unit
        ``zero_is_100``: units differ or mean nothing, so that only growth is told.
    """

    id: str
    group: str
    words: str
    unit: str
    scale: str
    then: str
    now: str
    run: str
    run_start: str
    note: str
    no_run: str


@cache
def load_indicators() -> Mapping[str, Indicator]:
    """Return every indicator by id, in the order of the table.

    Examples
    --------
    >>> load_indicators()["cape"].words
    'CAPE'
    """
    with TABLE.open(encoding="utf-8", newline="") as file:
        return {row["id"]: Indicator(**row) for row in csv.DictReader(file)}


def mirror_document(
    document: Mapping[str, Any], facts: FactTable, *, only: str | None = None
) -> dict[str, Any]:
    """Return both times side by side as a document (``cardhouse/mirror/1``).

    Parameters
    ----------
    document
        Result of a run (``cardhouse/run/1``); its base quarter is quarter 0 now.
    facts
        Facts known, those of the dot-com years among them.
    only
        Id of one indicator.

    Raises
    ------
    InputError
        When there is no such indicator, or the run is about other firms than the facts of now.
    """
    _check_firms(document)
    base = document["manifest"]["base_quarter"]
    rows = [_row(one, document, facts) for one in _chosen(only)]
    return {
        "schema": "cardhouse/mirror/1",
        "manifest": document["manifest"],
        "as_of": document["manifest"]["as_of"],
        "axis": {"first": FIRST, "last": LAST, "then": PEAK, "now": base},
        "columns": list(COLUMNS),
        "indicators": rows,
        "gaps": [
            {"indicator": row["id"], "side": gap["side"], "words": gap["words"]}
            for row in rows
            for gap in row["gaps"]
        ],
        "facts": {one: passport(facts.by_id[one]) for one in _used(rows)},
    }


def _chosen(only: str | None) -> list[Indicator]:
    check_indicator(only)
    return [one for one in load_indicators().values() if only in (None, one.id)]


def check_indicator(only: str | None) -> None:
    """Raise InputError where there is no such indicator; None is all of them."""
    known = load_indicators()
    if only is not None and only not in known:
        raise InputError(
            f"the mirror has no '{only}'.{did_you_mean(only, known)} Known: {', '.join(known)}."
        )


def _check_firms(document: Mapping[str, Any]) -> None:
    """Raise InputError where none of the firms that the table asks for is in the run."""
    asked = {
        name
        for one in load_indicators().values()
        for part in one.run.split(" / ")
        if part.startswith("entity:")
        for name in part.split(":")[2].split("|")
    }
    if not asked & {row["id"] for row in document["entities"]}:
        raise InputError(
            f"economy '{document['manifest']['economy']}' has none of the firms that the mirror "
            f"sets beside the dot-com years ({', '.join(sorted(asked))}). Use --economy ai, or an "
            "economy that has some of them."
        )


def _row(one: Indicator, document: Mapping[str, Any], facts: FactTable) -> dict[str, Any]:
    """Return an indicator's row: both times, the run, and what is missing."""
    base = document["manifest"]["base_quarter"]
    then, now = (
        within(shifted(points_of(cell, facts), quarter_number(zero)), FIRST, LAST)
        for cell, zero in ((one.then, PEAK), (one.now, base))
    )
    run = values_of(one.run, document, facts)
    zeros = {side: _zero(one, points) for side, points in (("then", then), ("now", now))}
    return {
        "id": one.id,
        "group": one.group,
        "words": one.words,
        "unit": one.unit,
        "scale": one.scale,
        "note": one.note,
        "then": _side(one, then, zeros["then"]),
        "now": _side(one, now, zeros["now"]),
        "run": None if run is None else _run(one, run[: LAST + 1], zeros["now"]),
        "apart": None if run is None else _apart(run[0], now, one, base, facts),
        "gaps": _gaps(one, then, now, run=run is not None),
    }


def _zero(one: Indicator, points: Sequence[Point]) -> Point | None:
    """Return the reading that the others of its time are measured by; None: levels compare."""
    if one.scale != "start":
        return None
    found = reading_at(points, 0, ZERO_REACH)
    return found if found is not None and found.value > 0 else None


def _side(one: Indicator, points: Sequence[Point], zero: Point | None) -> dict[str, Any]:
    """Return the figures of one time; in columns as they are, or over that of quarter 0."""
    columns = [
        reading_at(points, quarter, COLUMN_REACH if quarter else ZERO_REACH) for quarter in COLUMNS
    ]
    by = zero.value / 100 if one.unit == OVER_ZERO and zero is not None else 1.0
    return {
        "zero": None if zero is None else _plain(zero, zero),
        "points": [_plain(point, zero) for point in points],
        "columns": [None if point is None else point.value / by for point in columns],
    }


def _plain(point: Point, zero: Point | None) -> dict[str, Any]:
    return {
        "first": point.first,
        "last": point.last,
        "value": point.value,
        "low": point.low,
        "high": point.high,
        "relative": None if zero is None else point.value / zero.value,
        "facts": list(point.facts),
    }


def _run(one: Indicator, values: Sequence[float], zero: Point | None) -> dict[str, Any]:
    """Return the run's values from quarter 0, and what they are over the reading of quarter 0."""
    start = zero.value if one.run_start == "facts" and zero is not None else values[0]
    relative = one.scale == "start" and start > 0
    by = start / 100 if one.unit == OVER_ZERO and start > 0 else 1.0
    return {
        "values": list(values),
        "relative": [value / start for value in values] if relative else None,
        "columns": [
            values[quarter] / by if 0 <= quarter < len(values) else None for quarter in COLUMNS
        ],
    }


def _apart(
    start: float, now: Sequence[Point], one: Indicator, base: str, facts: FactTable
) -> dict[str, Any] | None:
    """Return by how much the run's base differs from the fact of that quarter, and say so.

    None where they are near, or there is no fact of that quarter, or another perimeter is meant.
    """
    told = reading_at(now, 0)
    if told is None or one.run_start == "run" or told.value <= 0:
        return None
    if abs(start / told.value - 1) <= APART:
        return None
    grades = "/".join(sorted({facts.by_id[fact].grade for fact in told.facts}))
    words = (
        f"{one.words}: the run starts from {shown_value(start, one.unit)}, as the accounts of "
        f"{base} have it; the facts have {shown_value(told.value, one.unit)} (grade {grades})."
    )
    return {"run": start, "fact": told.value, "facts": list(told.facts), "words": words}


def shown_value(value: float, unit: str) -> str:
    """Return a figure as text, the unit of a share included.

    Examples
    --------
    >>> (
    ...     shown_value(0.123, "share"),
    ...     shown_value(1217.5, "usd_bn_a_year"),
    ...     shown_value(5.06, "ratio"),
    ... )
    ('12.3 %', '1,218', '5.06')
    """
    if unit == "share":
        return f"{100 * value:.0f} %" if abs(value) >= 0.995 else f"{100 * value:.1f} %"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def place(first: int, last: int) -> str:
    """Return where on the axis a figure stands.

    Examples
    --------
    >>> place(0, 0), place(-4, -1)
    ('0', '-4 to -1')
    """
    ends = [f"{one:+d}" if one else "0" for one in (first, last)]
    return ends[0] if first == last else " to ".join(ends)


def _gaps(
    one: Indicator, then: Sequence[Point], now: Sequence[Point], *, run: bool
) -> list[dict[str, str]]:
    """Return what is not known of an indicator, a sentence each."""
    found = []
    for side, points in (("then", then), ("now", now)):
        if not points:
            found.append({"side": side, "words": "no sourced figure of these quarters"})
        elif one.scale == "start" and _zero(one, points) is None:
            found.append({"side": side, "words": "no figure near quarter 0 to measure others by"})
        elif len(points) == 1:
            found.append(
                {"side": side, "words": f"one figure, at {place(points[0].first, points[0].last)}"}
            )
    if not run:
        found.append({"side": "run", "words": one.no_run or NOT_IN_RUN})
    return found


NOT_IN_RUN = "The run has no such figure: the baseline moves no index, or its firms are others."


def _used(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the ids of the facts behind the mirror, each once."""
    return list(
        dict.fromkeys(
            fact
            for row in rows
            for side in ("then", "now")
            for point in row[side]["points"]
            for fact in point["facts"]
        )
    )


def facts_for_mirror(extra: Sequence[Path], as_of: str | None) -> FactTable:
    """Return all shipped facts with a person's own on top, those known by a day."""
    from cardhouse.facts import load_facts

    facts = load_facts(extra)
    return facts if as_of is None else facts.known_at(dt.date.fromisoformat(as_of))
