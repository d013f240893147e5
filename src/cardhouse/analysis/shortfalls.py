"""How far a course falls behind what it would have been: its worst quarter, the whole, the last.

"It falls when capital stops" is no sentence about the last quarter of a run: some courses are back
by then, others fall on. So the worst quarter is judged, wherever it lies, and the stretch as a
whole and its end stand beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cardhouse.analysis.claims import FAILS, HOLDS, IN_PART, MOST, UNDETERMINED, Figure, Finding


@dataclass(frozen=True)
class Course:
    """An amount by quarter under a scenario, and the same without it; one unit, same quarters."""

    what: str
    moved: Sequence[float]
    usual: Sequence[float]
    quarters: Sequence[str]

    def lost(self) -> list[float]:
        """Return the share that is gone by quarter, 0 where there is more or nothing to lose."""
        return [gone(*pair) for pair in zip(self.moved, self.usual, strict=True)]


def gone(moved: float, usual: float) -> float:
    """Return the share of an amount that a scenario takes, in [0, 1].

    Examples
    --------
    >>> gone(3.0, 4.0), gone(5.0, 4.0), gone(1.0, 0.0)
    (0.25, 0.0, 0.0)
    """
    return min(1.0, max(0.0, 1.0 - moved / usual)) if usual > 0 else 0.0


def lost_at_worst(course: Course, some: float) -> Finding:
    """Judge "it falls" by the worst quarter: more than half gone, at least `some`, less.

    Examples
    --------
    >>> course = Course("Sales", (4.0, 3.0, 3.0), (4.0, 5.0, 4.0), ("Q1", "Q2", "Q3"))
    >>> [(one.value, one.when) for one in lost_at_worst(course, 0.1).figures[::2]]
    [(0.4, 'Q2, simulated'), (0.25, 'Q3, simulated')]
    """
    lost = course.lost()
    if not lost:
        return Finding(UNDETERMINED)
    at = max(range(len(lost)), key=lost.__getitem__)
    stretch = f"{course.quarters[0]} to {course.quarters[-1]}"
    words = (
        f"{course.what}: {lost[at]:.1%} gone in {course.quarters[at]}, the worst of {stretch} "
        f"({lost[-1]:.1%} at its end); {distances(lost[at], some)}."
    )
    figures = (
        Figure(f"{course.what}, gone in the worst quarter", lost[at], "share", (),
               f"{course.quarters[at]}, simulated"),
        Figure(f"{course.what}, gone over the whole stretch",
               gone(sum(course.moved), sum(course.usual)), "share", (), f"{stretch}, simulated"),
        Figure(f"{course.what}, gone in the last quarter", lost[-1], "share", (),
               f"{course.quarters[-1]}, simulated"),
    )  # fmt: skip
    speaks_for = lost[at] >= some
    return Finding(
        graded(lost[at], some),
        figures,
        (words,) if speaks_for else (),
        () if speaks_for else (words,),
    )


def graded(lost: float, some: float) -> str:
    """Return the verdict for a share lost: more than half, at least `some`, less."""
    return HOLDS if lost > MOST else IN_PART if lost >= some else FAILS


def distances(lost: float, some: float) -> str:
    """Return how far a share lost is from both thresholds, in points.

    Examples
    --------
    >>> distances(0.096, 0.1)
    '0.4 points short of 10%, 40 points short of 50%'
    """
    return f"{_distance(lost, some)}, {_distance(lost, MOST)}"


def _distance(lost: float, limit: float) -> str:
    points = 100.0 * abs(lost - limit)
    digits = f"{points:.0f}" if points >= 1 else f"{points:.1g}"
    side = "short of" if lost < limit else "above"
    return f"{digits} point{'' if digits == '1' else 's'} {side} {limit:.0%}"
