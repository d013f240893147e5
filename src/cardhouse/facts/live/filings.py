"""Figures as they are filed, and the quarters behind them: year-to-date sums are taken apart."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

QUARTER_DAYS = (80, 100)
YEAR_DAYS = (350, 380)
ONE_DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Filed:
    """One figure of one filing; ``start`` is None for a position."""

    start: dt.date | None
    end: dt.date
    value: Decimal
    filed: dt.date | None
    form: str
    accession: str


@dataclass(frozen=True)
class Figure:
    """A figure of a quarter, a year or a day.

    Attributes
    ----------
    value
        As the newest filing has it, or the difference of two figures of the newest filings.
    derived
        Whether it is such a difference.
    sources
        The filings it comes from, the newest first.
    earlier
        What older filings had for the same period, where it differs, oldest first.
    """

    start: dt.date | None
    end: dt.date
    value: Decimal
    derived: bool
    sources: tuple[Filed, ...]
    earlier: tuple[Filed, ...] = ()

    @property
    def known(self) -> dt.date | None:
        """Return the day on which the last of its filings came; None where no filing says."""
        days = [one.filed for one in self.sources if one.filed is not None]
        return max(days, default=None)


Period = tuple[dt.date | None, dt.date]


def figures_of(filed: Iterable[Filed]) -> list[Figure]:
    """Return quarters, years and positions out of what was filed, in order of time.

    Of a period filed several times the newest filing counts. A quarter that no filing tells is the
    difference of two sums from the same day (six months less three), or what a year has beyond its
    three quarters.
    """
    newest = _newest(filed)
    told = {
        period: figure
        for period, figure in newest.items()
        if period[0] is None or _lasts(period, QUARTER_DAYS) or _lasts(period, YEAR_DAYS)
    }
    for figure in (*_differences(newest), *_last_quarters(newest)):
        if not _has_quarter(told, figure.end):
            told[figure.start, figure.end] = figure
    return sorted(told.values(), key=lambda one: (one.end, one.start or one.end))


def _newest(filed: Iterable[Filed]) -> dict[Period, Figure]:
    """Return each period's figure by its newest filing, with what older ones had."""
    groups: dict[Period, list[Filed]] = {}
    for one in filed:
        groups.setdefault((one.start, one.end), []).append(one)
    return {period: _of_versions(period, group) for period, group in groups.items()}


def _of_versions(period: Period, group: Sequence[Filed]) -> Figure:
    """Return a period's figure; a later filing that repeats it makes it no younger."""
    ordered = sorted(group, key=lambda one: (one.filed or dt.date.min, one.accession))
    value = ordered[-1].value
    others = [at for at, one in enumerate(ordered) if one.value != value]
    first_so = ordered[others[-1] + 1 if others else 0]
    earlier = tuple(ordered[at] for at in others)
    return Figure(*period, value, derived=False, sources=(first_so,), earlier=earlier)


def _lasts(period: Period, days: tuple[int, int]) -> bool:
    start, end = period
    return start is not None and days[0] <= (end - start).days + 1 <= days[1]


def _has_quarter(told: Mapping[Period, Figure], end: dt.date) -> bool:
    return any(period[1] == end and _lasts(period, QUARTER_DAYS) for period in told)


def _differences(newest: Mapping[Period, Figure]) -> Iterable[Figure]:
    """Yield the quarters between sums that begin on the same day."""
    by_start: dict[dt.date, list[Figure]] = {}
    for (start, _), figure in newest.items():
        if start is not None:
            by_start.setdefault(start, []).append(figure)
    for sums in by_start.values():
        ordered = sorted(sums, key=lambda one: one.end)
        for before, after in pairwise(ordered):
            period = (before.end + ONE_DAY, after.end)
            if _lasts(period, QUARTER_DAYS):
                yield _difference(period, after, [before])


def _last_quarters(newest: Mapping[Period, Figure]) -> Iterable[Figure]:
    """Yield what a year has beyond three quarters that follow one another from its first day."""
    quarters = {period[0]: one for period, one in newest.items() if _lasts(period, QUARTER_DAYS)}
    for period, year in newest.items():
        if not _lasts(period, YEAR_DAYS):
            continue
        parts: list[Figure] = []
        next_day = period[0]
        while len(parts) < 3 and next_day in quarters:
            parts.append(quarters[next_day])
            next_day = parts[-1].end + ONE_DAY
        rest = (next_day, period[1])
        if len(parts) == 3 and _lasts(rest, QUARTER_DAYS):
            yield _difference(rest, year, parts)


def _difference(period: Period, whole: Figure, parts: Sequence[Figure]) -> Figure:
    sources = (*whole.sources, *(source for part in parts for source in part.sources))
    value = whole.value - sum((part.value for part in parts), Decimal(0))
    return Figure(*period, value, derived=True, sources=sources)
