"""A line over time on its own axes: years below, values beside, spans and levels marked."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from cardhouse.report._marks import Mark, line, path, rect, svg, text

WIDTH, HEIGHT = 640.0, 220.0
LEFT, RIGHT, TOP, BOTTOM = 50.0, 12.0, 12.0, 24.0
STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
MOST_TICKS = 6


@dataclass(frozen=True)
class Line:
    """One line: its style and its values by time, years as decimal numbers."""

    css: str
    times: Sequence[float]
    values: Sequence[float]


@dataclass(frozen=True)
class Band:
    """What lies between two lines: its style and its ends by time."""

    css: str
    times: Sequence[float]
    lows: Sequence[float]
    highs: Sequence[float]


@dataclass(frozen=True)
class Axes:
    """What times and values an area of the drawing shows."""

    first: float
    last: float
    low: float
    high: float

    def x(self, time: float) -> float:
        """Return the place of a time."""
        share = (time - self.first) / ((self.last - self.first) or 1.0)
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        """Return the place of a value."""
        share = (value - self.low) / ((self.high - self.low) or 1.0)
        return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)


def chart(
    lines: Sequence[Line],
    label: str,
    *,
    spans: Iterable[tuple[float, float]] = (),
    year: float | None = None,
    dots: bool = False,
    bands: Sequence[Band] = (),
) -> Markup:
    """Return a chart of lines.

    Parameters
    ----------
    lines
        At least one, each with a value or more.
    label
        What it shows, in one sentence.
    spans
        Times from and to that are shaded.
    year
        A time to mark by an upright line.
    dots
        Whether each value of the first line is marked.
    bands
        What is filled behind the lines, the widest first.
    """
    ends = [Line("", one.times, side) for one in bands for side in (one.lows, one.highs)]
    axes = _axes([*lines, *ends])
    marks = [
        *(_span(axes, first, last) for first, last in spans),
        *(path(_area(axes, one), one.css) for one in bands),
        *_value_axis(axes),
        *_time_axis(axes),
        *(_upright(axes, year) if year is not None and axes.first <= year <= axes.last else []),
        *(path(_route(axes, one), one.css) for one in lines),
        *(_dots(axes, lines[0]) if dots else []),
    ]
    return svg((WIDTH, HEIGHT), marks, css="series", label=label)


def time_of(day: dt.date) -> float:
    """Return a day as a decimal year.

    Examples
    --------
    >>> time_of(dt.date(2000, 1, 1))
    2000.0
    """
    start = dt.date(day.year, 1, 1)
    return day.year + (day - start).days / (dt.date(day.year, 12, 31) - start).days


def ticks(low: float, high: float, most: int = MOST_TICKS) -> list[float]:
    """Return round numbers within bounds, evenly spaced.

    Examples
    --------
    >>> ticks(0.0, 47.0), ticks(1990.0, 2026.0)
    ([0.0, 10.0, 20.0, 30.0, 40.0], [1990.0, 2000.0, 2010.0, 2020.0])
    """
    rough = (high - low) / most or 1.0
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(one * power for one in STEPS if one * power >= rough * (1 - 1e-9))
    first = math.ceil(low / step - 1e-9)
    return [step * at for at in range(first, math.floor(high / step + 1e-9) + 1)]


def _axes(lines: Sequence[Line]) -> Axes:
    times = [time for one in lines for time in one.times]
    values = [value for one in lines for value in one.values]
    low, high = min(*values, 0.0), max(*values, 0.0)
    return Axes(min(times), max(times), low, high)


def _route(axes: Axes, one: Line) -> str:
    points = zip(one.times, one.values, strict=True)
    return "M" + "L".join(f"{axes.x(time):.1f} {axes.y(value):.1f}" for time, value in points)


def _area(axes: Axes, one: Band) -> str:
    """Return a way along the lower ends and back along the upper ones."""
    there = zip(one.times, one.lows, strict=True)
    back = zip(reversed(one.times), reversed(one.highs), strict=True)
    points = [f"{axes.x(time):.1f} {axes.y(value):.1f}" for time, value in (*there, *back)]
    return "M" + "L".join(points) + "Z"


def _span(axes: Axes, first: float, last: float) -> Mark:
    left = axes.x(first)
    return rect(left, TOP, max(axes.x(last) - left, 2.0), HEIGHT - TOP - BOTTOM, "episode")


def _value_axis(axes: Axes) -> Iterable[Mark]:
    for value in ticks(axes.low, axes.high):
        place = axes.y(value)
        yield line((LEFT, place), (WIDTH - RIGHT, place), "grid")
        yield text(LEFT - 6, place + 4, f"{value:g}", "end")


def _time_axis(axes: Axes) -> Iterable[Mark]:
    years = [year for year in ticks(axes.first, axes.last) if year == round(year)]
    for year in years or [axes.first]:
        yield text(axes.x(year), HEIGHT - 6, f"{year:.0f}", "middle")


def _upright(axes: Axes, year: float) -> list[Mark]:
    place = axes.x(year)
    return [
        line((place, TOP), (place, HEIGHT - BOTTOM), "then"),
        text(place + 4, TOP + 10, f"{year:.0f}", "start"),
    ]


def _dots(axes: Axes, one: Line) -> Iterable[Mark]:
    for time, value in zip(one.times, one.values, strict=True):
        title = f"{time:.1f}: {value:g}"
        yield rect(axes.x(time) - 1.5, axes.y(value) - 1.5, 3, 3, "dot", title)
