"""Whether prices fell: over all that is on file, and lately; and whether they stand below cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cardhouse.analysis.claims import (
    FAILS,
    HOLDS,
    IN_PART,
    MOST,
    UNDETERMINED,
    Figure,
    Finding,
    sides,
)

UNCHANGED = 0.02
"""Changes of up to this share count as none."""


@dataclass(frozen=True)
class Point:
    """A price on a day: the day's number, the date in words, the price, who says so."""

    day: int
    when: str
    price: float
    fact: str = ""


@dataclass(frozen=True)
class Course:
    """Prices of one thing in order of time, and what it costs by some counts (with their day)."""

    words: str
    unit: str
    points: tuple[Point, ...]
    costs: tuple[tuple[int, Figure], ...] = ()

    @property
    def change(self) -> float:
        """Return the change from the first price to the last, relative to the first."""
        return self.points[-1].price / self.points[0].price - 1.0

    @property
    def told(self) -> str:
        """Return the prices with their dates as a sentence."""
        prices = ", ".join(f"{one.price:,.4g} ({one.when})" for one in self.points)
        return f"{self.words}: {prices} {self.unit}."


def lately(courses: Sequence[Course], since: int) -> list[Course]:
    """Return the last change of each course that has a price on `since` or later."""
    return [
        Course(one.words, one.unit, one.points[-2:], one.costs)
        for one in courses
        if one.points and one.points[-1].day >= since
    ]


def fell(courses: Sequence[Course], words: str = "change") -> Finding:
    """Judge "prices fall": most courses end below their start, some, none.

    Those with fewer than two prices say nothing.

    Examples
    --------
    >>> prices = [Point(0, "2023", 3.0), Point(700, "2025", 1.7), Point(1000, "2026", 2.4)]
    >>> hours = [Course("An hour", "USD", tuple(prices))]
    >>> fell(hours).verdict, fell(lately(hours, 900)).verdict
    ('holds', 'does_not_hold')
    """
    known = [one for one in courses if len(one.points) > 1]
    down = sum(1 for one in known if one.change < -UNCHANGED)
    verdict = HOLDS if down > MOST * len(known) else IN_PART if down else FAILS
    figures = tuple(
        Figure(
            f"{words}: {one.words}",
            one.change,
            "share",
            tuple(point.fact for point in one.points if point.fact),
            one.points[-1].when,
        )
        for one in known
    )
    told = sides((one.change < -UNCHANGED, one.told) for one in known)
    return Finding(verdict if known else UNDETERMINED, figures, *told)


def priced_below_cost(courses: Sequence[Course]) -> Finding:
    """Judge "prices stand below cost": in most comparisons with a cost, in some, in none.

    The price nearest in time to a cost is held against it.

    Examples
    --------
    >>> cost = Figure("cost of owning", 1.3, "USD an hour")
    >>> hour = Course("An hour", "USD", (Point(0, "2025", 1.7),), ((0, cost),))
    >>> priced_below_cost([hour]).verdict
    'does_not_hold'
    """
    told = [
        (one, _nearest(one, day), figure.value, figure)
        for one in courses
        for day, figure in one.costs
        if one.points and isinstance(figure.value, float)
    ]
    below = sum(1 for _, point, cost, _ in told if point.price < cost)
    verdict = HOLDS if below > MOST * len(told) else IN_PART if below else FAILS
    texts = sides(
        (point.price < cost, _beside(one, point, figure)) for one, point, cost, figure in told
    )
    figures = tuple(dict.fromkeys(figure for _, _, _, figure in told))
    return Finding(verdict if told else UNDETERMINED, figures, *texts)


def _beside(course: Course, point: Point, cost: Figure) -> str:
    """Return a price beside a cost as a sentence."""
    price = f"{course.words}: {point.price:,.4g} ({point.when})"
    return f"{price} against a {cost.called} of {cost.value:,.4g} {course.unit}."


def _nearest(course: Course, day: int) -> Point:
    return min(course.points, key=lambda one: abs(one.day - day))
