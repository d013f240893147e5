"""Valuation gauges: where a reading stands in its history, and against the peak of 2000."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Verdict = Literal["yes", "no", "undetermined"]

PEAK_FROM, PEAK_UNTIL = dt.date(1999, 7, 1), dt.date(2000, 12, 31)
"""The dot-com peak is the highest reading of these days: March 2000, half a year before and more
after. Later ones mix in the fall of earnings (trailing price/earnings was highest in 2001-12)."""

FEWEST_YEARS = 10
"""Years with a reading from which a percentile says something."""


@dataclass(frozen=True)
class Reading:
    """One reading of a gauge: its day, its value and the id of the fact."""

    day: dt.date
    value: float
    fact: str


@dataclass(frozen=True)
class Standing:
    """Where a gauge stands.

    Attributes
    ----------
    latest, highest
        The newest reading, and the highest.
    peak
        The highest reading of the dot-com peak; None where there is none.
    distance
        Latest over peak, less 1; None without a peak.
    percentile
        Share of earlier years whose last reading was below the latest; None for few years.
    years
        Earlier years with a reading.
    verdict
        Whether the latest is at least the peak.
    """

    latest: Reading
    highest: Reading
    peak: Reading | None
    distance: float | None
    percentile: float | None
    years: int
    verdict: Verdict


def standing(readings: Sequence[Reading], peaks: Sequence[Reading] = ()) -> Standing:
    """Return where a gauge stands, from its readings in any order.

    Parameters
    ----------
    readings
        At least one.
    peaks
        Readings of another provider, asked for the peak where the gauge has none of that time.

    Examples
    --------
    >>> day = dt.date
    >>> found = standing([Reading(day(2000, 3, 31), 5.0, "a"), Reading(day(2025, 8, 14), 5.5, "b")])
    >>> found.verdict, round(found.distance, 3), found.percentile
    ('yes', 0.1, None)
    """
    ordered = sorted(readings, key=lambda one: one.day)
    latest = ordered[-1]
    peak = peak_of(ordered) or peak_of(peaks)
    share, years = percentile(ordered)
    return Standing(
        latest=latest,
        highest=max(ordered, key=lambda one: one.value),
        peak=peak,
        distance=None if peak is None else latest.value / peak.value - 1,
        percentile=share,
        years=years,
        verdict=verdict(latest, peak),
    )


def peak_of(readings: Sequence[Reading]) -> Reading | None:
    """Return the highest reading of the dot-com peak, the first of several; None without any."""
    then = [one for one in readings if PEAK_FROM <= one.day <= PEAK_UNTIL]
    return max(then, key=lambda one: one.value, default=None)


def percentile(ordered: Sequence[Reading]) -> tuple[float | None, int]:
    """Return the share of earlier years that closed below the latest reading, and how many.

    Years count once, by their last reading, since some years have many and most have one.
    """
    latest = ordered[-1]
    closes = {one.day.year: one.value for one in ordered if one.day.year < latest.day.year}
    below = sum(value < latest.value for value in closes.values())
    share = below / len(closes) if len(closes) >= FEWEST_YEARS else None
    return share, len(closes)


def verdict(latest: Reading, peak: Reading | None) -> Verdict:
    """Return whether the latest reading is at least the peak."""
    if peak is None:
        return "undetermined"
    return "yes" if latest.value >= peak.value else "no"
