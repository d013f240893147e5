"""Two times on one axis: figures of any period placed in quarters from a quarter of their own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

YEAR_DAYS = 365.25
QUARTER_DAYS = YEAR_DAYS / 4


@dataclass(frozen=True)
class Reading:
    """One figure as a fact tells it.

    Attributes
    ----------
    first, last
        Quarters it speaks of, as running numbers; equal for one quarter or a day.
    value, low, high
        The figure, and the range where one is told.
    fact
        Id of the fact.
    rank
        Of several figures for the same quarters the one of the highest rank counts.
    period
        Its days: what others say of the very same days is a range, of other days it is not.
    """

    first: int
    last: int
    value: float
    low: float | None
    high: float | None
    fact: str
    rank: tuple[float, ...]
    period: tuple[dt.date, dt.date]


@dataclass(frozen=True)
class Point:
    """A figure of some quarters, with its range and the facts behind it."""

    first: int
    last: int
    value: float
    low: float | None = None
    high: float | None = None
    facts: tuple[str, ...] = ()

    @property
    def quarters(self) -> int:
        """Return how many quarters it speaks of."""
        return self.last - self.first + 1


Points = Sequence[Point]


def quarter_of(day: dt.date) -> int:
    """Return the running number of the quarter that holds a day.

    Examples
    --------
    >>> quarter_of(dt.date(2000, 1, 1)) - quarter_of(dt.date(1999, 12, 31))
    1
    """
    return day.year * 4 + (day.month - 1) // 3


def closing_quarter(day: dt.date) -> int:
    """Return the quarter whose end is nearest to a day: that a reading of the day stands for.

    Examples
    --------
    >>> [closing_quarter(dt.date(2000, 4, day)) - 8000 for day in (1, 30)]
    [0, 0]
    >>> closing_quarter(dt.date(2000, 6, 1)) - 8000
    1
    """
    here = quarter_of(day)
    return min((here - 1, here), key=lambda one: abs((day - last_day(one)).days))


def last_day(quarter: int) -> dt.date:
    """Return the last day of a quarter.

    Examples
    --------
    >>> last_day(quarter_of(dt.date(2000, 2, 3))).isoformat()
    '2000-03-31'
    """
    year, at = divmod(quarter + 1, 4)
    return dt.date(year, 3 * at + 1, 1) - dt.timedelta(days=1)


def quarters_of(start: dt.date, end: dt.date) -> tuple[int, int] | None:
    """Return the first and last quarter of a period, by the middle of each quarter of a year in it.

    Fiscal quarters count as the calendar quarter that holds most of them. None where the period is
    much shorter than a quarter: a month is no quarter.

    Examples
    --------
    >>> fiscal = quarters_of(dt.date(1999, 8, 1), dt.date(2000, 7, 29))
    >>> [one - quarter_of(dt.date(2000, 1, 1)) for one in fiscal]
    [-2, 1]
    """
    count = round(((end - start).days + 1) / QUARTER_DAYS)
    if count < 1 or (end - start).days + 1 < 0.85 * QUARTER_DAYS:
        return None
    first = quarter_of(start + dt.timedelta(days=QUARTER_DAYS / 2))
    return first, first + count - 1


def a_year(amount: float, start: dt.date, end: dt.date) -> float:
    """Return an amount of a period as an amount a year.

    Examples
    --------
    >>> round(a_year(25.0, dt.date(2001, 1, 1), dt.date(2001, 3, 31)), 1)
    101.5
    """
    return amount * YEAR_DAYS / ((end - start).days + 1)


def one_each(readings: Iterable[Reading]) -> list[Point]:
    """Return one point for the same quarters: the best figure, with others' figures as its range.

    The finest count: a year is left out where each of its quarters is told.
    """
    groups: dict[tuple[int, int], list[Reading]] = {}
    for reading in readings:
        groups.setdefault((reading.first, reading.last), []).append(reading)
    return finest([_best(group) for group in groups.values()])


def _best(group: Sequence[Reading]) -> Point:
    best = max(group, key=lambda one: (one.rank, one.fact))
    same = [one for one in group if one.period == best.period]
    told = [one.value for one in same]
    told += [end for one in same for end in (one.low, one.high) if end is not None]
    alone = min(told) == max(told)
    others = sorted({one.fact for one in same} - {best.fact})
    return Point(
        best.first,
        best.last,
        best.value,
        None if alone else min(told),
        None if alone else max(told),
        (best.fact, *others),
    )


def finest(points: Points) -> list[Point]:
    """Return points in order of time, without those whose quarters shorter ones tell, all of them.

    Examples
    --------
    >>> [one.value for one in finest([Point(0, 1, 9.0), Point(0, 0, 4.0), Point(1, 1, 5.0)])]
    [4.0, 5.0]
    """
    kept = []
    for point in points:
        told = {
            quarter
            for one in points
            if one.quarters < point.quarters
            for quarter in range(one.first, one.last + 1)
        }
        if not set(range(point.first, point.last + 1)) <= told:
            kept.append(point)
    return sorted(kept, key=lambda one: (one.first, one.last))


def covering(points: Points, first: int, last: int) -> Point | None:
    """Return the shortest point that speaks of all quarters from first to last; None: no such.

    Examples
    --------
    >>> covering([Point(0, 3, 1.0), Point(0, 0, 2.0)], 0, 0).value
    2.0
    """
    around = [one for one in points if one.first <= first and last <= one.last]
    return min(around, key=lambda one: one.quarters, default=None)


def reading_at(points: Points, quarter: int, reach: int = 0) -> Point | None:
    """Return the point of a quarter, or the nearest within reach; the earlier of two as near."""

    def apart(one: Point) -> int:
        return max(one.first - quarter, quarter - one.last, 0)

    near = [one for one in points if apart(one) <= reach]
    return min(near, key=lambda one: (apart(one), one.quarters, one.first), default=None)


def added(parts: Sequence[Points]) -> list[Point]:
    """Return sums, for the periods of the first part; others count by what covers the period.

    A period that a part says nothing of has no sum.
    """
    return _combined(parts[0], parts[1:], sum) if parts else []


def divided(above: Points, below: Points) -> list[Point]:
    """Return ratios, for the periods of what is divided; none where the divisor is not positive.

    Examples
    --------
    >>> divided([Point(0, 0, 2.0)], [Point(0, 3, 8.0)])[0].value
    0.25
    """
    positive = [one for one in below if one.value > 0]
    return _combined(above, [positive], lambda values: values[0] / values[1])


def _combined(
    anchors: Points, others: Sequence[Points], combine: Callable[[Sequence[float]], float]
) -> list[Point]:
    made = []
    for anchor in anchors:
        found = [covering(one, anchor.first, anchor.last) for one in others]
        parts = [one for one in found if one is not None]
        if len(parts) < len(found):
            continue
        if not others:
            made.append(anchor)
            continue
        every = [anchor, *parts]
        ids = tuple(dict.fromkeys(fact for one in every for fact in one.facts))
        value = combine([one.value for one in every])
        made.append(Point(anchor.first, anchor.last, value, facts=ids))
    return made


def complement(points: Points) -> list[Point]:
    """Return 1 less each value: of shares that are told by their opposite."""
    return [
        replace(
            one,
            value=1.0 - one.value,
            low=None if one.high is None else 1.0 - one.high,
            high=None if one.low is None else 1.0 - one.low,
        )
        for one in points
    ]


def scaled(points: Points, factor: float) -> list[Point]:
    """Return points with values and ranges times a positive factor."""
    return [
        replace(
            one,
            value=one.value * factor,
            low=None if one.low is None else one.low * factor,
            high=None if one.high is None else one.high * factor,
        )
        for one in points
    ]


def shifted(points: Points, origin: int) -> list[Point]:
    """Return points with quarters counted from `origin`."""
    return [replace(one, first=one.first - origin, last=one.last - origin) for one in points]


def within(points: Points, first: int, last: int) -> list[Point]:
    """Return points that speak of a quarter from first to last."""
    return [one for one in points if one.last >= first and one.first <= last]
