"""From a fact to what it says about one quarter: splitting, moving and the sd that this costs.

A figure of a quarter says what it says. A longer one is split along a growth path; one of another
time is moved along it. Both widen the sd: 3 % (revenue, capex) or 10 % (else) times the root of
the quarters moved, and the doubt about the growth rate itself.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from cardhouse.accounts.figures import LEAST_SD, Figure
from cardhouse.accounts.periods import (
    first_day,
    first_quarter,
    last_day,
    quarter_of,
    span_in_quarters,
)

MOVED_SD = {"revenue": 0.03, "capex": 0.03, "arr": 0.03}
MOVED_SD_ELSE = 0.10
GROWTH_SD_SHARE = 0.25
GROWTH_SD_LEAST = 0.01
DAYS_IN_QUARTER = 91.3125
NEAR = 0.5
RATES_A_YEAR = 4.0
RATE_QUARTERS = 4
NONE_SD = 0.02
NEAR_OUTCOME = 2.0
"""Quarters within which an outcome says more than guidance for the quarter itself."""


@dataclass(frozen=True)
class Reading:
    """What a figure says about the base quarter, its sd, and how many quarters it was moved."""

    figure: Figure
    value: float
    sd: float
    moved: float


def read_flow(figures: Iterable[Figure], base: int, growth: float, reach: float) -> list[Reading]:
    """Return readings of amounts over periods; a filed quarter makes longer ones redundant."""
    periods = [figure for figure in figures if span_in_quarters(figure.start, figure.end) >= 1]
    exact = [figure for figure in periods if _span(figure) == 1 and _covers(figure, base)]
    filed = [figure for figure in exact if figure.grade == "A" or figure.basis == "filing"]
    if filed:
        chosen = filed
    else:
        chosen = _nearest(
            periods, lambda figure: 0.0 if _covers(figure, base) else _distance(figure, base), reach
        )
    return [_split(figure, base, growth) for figure in chosen]


def read_stock(figures: Iterable[Figure], day: int, growth: float, reach: float) -> list[Reading]:
    """Return readings of amounts at a quarter's end; half a quarter off counts as there."""
    chosen = _nearest(figures, lambda figure: _off(figure, day), reach)
    return [_move(figure, day, growth) for figure in chosen]


def read_dated(figures: Iterable[Figure], base: int) -> list[Reading]:
    """Return one reading of amounts dated to a day: the sum of those that fall in the quarter.

    Where amounts are known of other quarters and none of this one, it is nothing, to 2 % of the
    nearest: rounds that are announced are announced, and a quarter without one had none.
    """
    dated = [figure for figure in figures if _span_is_a_day(figure)]
    inside = [figure for figure in dated if quarter_of(figure.end) == base]
    if inside:
        largest = max(inside, key=lambda figure: (figure.value, figure.id))
        sd = math.sqrt(sum(figure.sd**2 for figure in inside))
        return [Reading(largest, sum(figure.value for figure in inside), sd, 0.0)]
    if not dated:
        return []
    nearest = min(dated, key=lambda figure: (abs(quarter_of(figure.end) - base), figure.id))
    return [Reading(nearest, 0.0, max(NONE_SD * nearest.value, LEAST_SD), 0.0)]


def _span_is_a_day(figure: Figure) -> bool:
    """Return whether a figure is dated to a day, not to a period."""
    return figure.start == figure.end


def read_rate(figures: Iterable[Figure], base: int, growth: float, reach: float) -> list[Reading]:
    """Return one reading of annual run rates: a quarter of their level in the quarter."""
    return [
        Reading(one.figure, one.value / RATES_A_YEAR, one.sd / RATES_A_YEAR, one.moved)
        for one in read_level(figures, base, growth, reach)
    ]


def read_growth(
    figures: Iterable[Figure], levels: Iterable[Figure], base: int, growth: float
) -> list[Reading]:
    """Return readings of growth over a year: the amount of the year before, grown.

    ``levels`` are amounts of the same thing; those whose period holds the quarter one year before
    are used, split along `growth` when they are longer than a quarter.
    """
    rates = [figure for figure in figures if _covers(figure, base) and _span(figure) == 1]
    before = [one for one in read_flow(levels, base - RATE_QUARTERS, growth, 0.0) if one.value > 0]
    return [_grown(rate, one) for rate in rates for one in before[:1]]


def _grown(rate: Figure, before: Reading) -> Reading:
    """Return an amount grown by a rate; the sds of both add up."""
    factor = 1.0 + rate.value
    value = before.value * factor
    relative = math.hypot(before.sd / before.value, rate.sd / max(factor, 1e-6))
    return Reading(rate, value, relative * value, before.moved)


def read_level(figures: Iterable[Figure], base: int, growth: float, reach: float) -> list[Reading]:
    """Return one reading of dated levels: their log-linear path averaged over the quarter."""
    points = sorted(
        (figure for figure in figures if figure.value > 0), key=lambda f: (f.end, f.grade, f.id)
    )
    if not points:
        return []
    middle = _middle(base)
    nearest = min(points, key=lambda figure: (abs((figure.end - middle).days), figure.grade))
    moved = abs((nearest.end - middle).days) / DAYS_IN_QUARTER
    if moved > reach:
        return []
    days = (first_day(base), middle, last_day(base))
    start, centre, end = (_on_path(points, day, growth) for day in days)
    value = (start + 4 * centre + end) / 6
    relative = nearest.sd / nearest.value
    return [_reading(nearest, value, relative, moved, growth, centre_off=0.0)]


def read_share(figures: Iterable[Figure], base: int, reach: float) -> list[Reading]:
    """Return readings of shares and ratios, moved without growth."""
    chosen = _nearest(
        figures, lambda figure: 0.0 if _covers(figure, base) else _distance(figure, base), reach
    )
    readings = []
    for figure in chosen:
        moved = 0.0 if _covers(figure, base) else _distance(figure, base)
        widened = MOVED_SD_ELSE * math.sqrt(moved) * max(abs(figure.value), 0.1)
        sd = math.hypot(max(figure.sd, 0.005), widened)
        readings.append(Reading(figure, figure.value, sd, moved))
    return readings


def _span(figure: Figure) -> int:
    """Return the quarters that a figure's period lasts, at least one."""
    return max(span_in_quarters(figure.start, figure.end), 1)


def _covers(figure: Figure, base: int) -> bool:
    """Return whether the base quarter lies in a figure's period."""
    first = first_quarter(figure.start, figure.end)
    return first <= base < first + _span(figure)


def _distance(figure: Figure, base: int) -> float:
    """Return the quarters between the middle of a figure's period and the base quarter."""
    return abs(base - (first_quarter(figure.start, figure.end) + (_span(figure) - 1) / 2))


def _off(figure: Figure, day: int) -> float:
    """Return the quarters between a point in time and a quarter's end; 0 when near."""
    quarters = abs((figure.end - last_day(day)).days) / DAYS_IN_QUARTER
    return 0.0 if quarters <= NEAR else quarters


def _nearest(
    figures: Iterable[Figure], distance: Callable[[Figure], float], reach: float
) -> list[Figure]:
    """Return the nearest figures within reach; an outcome near by comes before guidance."""
    listed = list(figures)
    outcomes = [figure for figure in listed if figure.basis != "guidance"]
    for candidates, far in ((outcomes, min(reach, NEAR_OUTCOME)), (listed, reach)):
        within = [figure for figure in candidates if distance(figure) <= far]
        if within:
            least = min(distance(figure) for figure in within)
            return [figure for figure in within if distance(figure) <= least + 1e-9]
    return []


def _split(figure: Figure, base: int, growth: float) -> Reading:
    """Return the base quarter's part of a period's amount along its growth path."""
    span, offset = _span(figure), base - first_quarter(figure.start, figure.end)
    weights = [math.exp(growth * quarter) for quarter in range(span)]
    share = math.exp(growth * offset) / sum(weights)
    centre = sum(k * weight for k, weight in enumerate(weights)) / sum(weights)
    relative = figure.sd / abs(figure.value) if figure.value else 0.0
    if span == 1 and offset == 0:
        return Reading(figure, figure.value, figure.sd, 0.0)
    moved = abs(offset - (span - 1) / 2)
    return _reading(figure, figure.value * share, relative, moved, growth, offset - centre)


def _move(figure: Figure, day: int, growth: float) -> Reading:
    """Return a stock moved along its growth path to a quarter's end."""
    moved = _off(figure, day)
    if moved == 0:
        return Reading(figure, figure.value, figure.sd, 0.0)
    offset = (last_day(day) - figure.end).days / DAYS_IN_QUARTER
    relative = figure.sd / abs(figure.value) if figure.value else 0.0
    return _reading(
        figure, figure.value * math.exp(growth * offset), relative, moved, growth, offset
    )


def _reading(
    figure: Figure, value: float, relative: float, moved: float, growth: float, centre_off: float
) -> Reading:
    """Return a reading with the sd of the figure, of moving it and of its growth together."""
    per_root = MOVED_SD.get(figure.metric.split("_")[0], MOVED_SD_ELSE)
    doubt = max(GROWTH_SD_LEAST, GROWTH_SD_SHARE * abs(growth)) * abs(centre_off)
    wide = math.sqrt(relative**2 + (per_root**2) * moved + doubt**2)
    return Reading(
        figure, value, max(wide * abs(value), 0.5 * figure.sd if not value else 0), moved
    )


def _middle(base: int) -> dt.date:
    """Return the middle day of a quarter."""
    return first_day(base) + dt.timedelta(days=45)


def _on_path(points: list[Figure], day: dt.date, growth: float) -> float:
    """Return the log-linear path of run rates at a day, `growth` a quarter beyond its ends."""
    before = [point for point in points if point.end <= day]
    after = [point for point in points if point.end > day]
    if before and after:
        left, right = before[-1], after[0]
        weight = (day - left.end).days / (right.end - left.end).days
        return math.exp((1 - weight) * math.log(left.value) + weight * math.log(right.value))
    edge = before[-1] if before else after[0]
    return edge.value * math.exp(growth * (day - edge.end).days / DAYS_IN_QUARTER)
