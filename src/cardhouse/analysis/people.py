"""How many people stand behind a flow on a day, and what each brings in and costs in a year."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from cardhouse.errors import InputError

WANDER = 0.1
"""Sd of the log of a count for each root of a quarter between its date and the day asked for."""

RANGE = 1.28
"""A range is read as 80 %: so many sd to each side."""

GRADE_SD = {"A": 0.005, "B": 0.05, "C": 0.2}
"""Relative sd of a count without a range, by grade."""

DAYS = 91.3125


@dataclass(frozen=True)
class Counted:
    """A number of people on a day, in millions: as told, least and most, and who says so."""

    day: int
    value: float
    low: float
    high: float
    facts: tuple[str, ...] = ()


def counted(
    day: int, value: float, low: float | None, high: float | None, grade: str, fact: str
) -> Counted:
    """Return a fact as a count: with its own range, else that of its grade.

    Examples
    --------
    >>> told = counted(0, 35.0, None, None, "B", "x")
    >>> round(told.low, 1), round(told.high, 1)
    (32.8, 37.3)
    """
    reach = math.exp(RANGE * GRADE_SD[grade])
    ends = (value / reach if low is None else low, value * reach if high is None else high)
    return Counted(day, value, min(value, *ends), max(value, *ends), (fact,))


def people_on(day: int, told: Sequence[Counted]) -> Counted:
    """Return the people on a day: log-linear between the counts around it, else the nearest.

    Parameters
    ----------
    day
        A day's number, on the scale of the counts' days.
    told
        Counts of one thing, each above 0, at least one. Of two on one day the later in order holds.

    Returns
    -------
    Counted
        Its range takes in the distance to the nearest count: `WANDER` for each root of a quarter.

    Raises
    ------
    InputError
        Without a count, or with one that is not above 0.

    Examples
    --------
    >>> told = [Counted(0, 100.0, 100.0, 100.0), Counted(100, 400.0, 400.0, 400.0)]
    >>> round(people_on(50, told).value)
    200
    """
    if not told or min(one.low for one in told) <= 0.0:
        raise InputError("people are counted by at least one number above 0.")
    by_day = sorted({one.day: one for one in told}.values(), key=lambda one: one.day)
    before = [one for one in by_day if one.day <= day]
    after = [one for one in by_day if one.day >= day]
    if before and after:
        return _between(day, before[-1], after[0])
    return _widened(day, before[-1] if before else after[0], before[-1:] or after[:1])


def _between(day: int, first: Counted, last: Counted) -> Counted:
    """Return the log-linear path between two counts at a day."""
    weight = (day - first.day) / (last.day - first.day) if last.day > first.day else 0.0
    ends = zip((first.value, first.low, first.high), (last.value, last.low, last.high), strict=True)
    value, low, high = (
        math.exp((1.0 - weight) * math.log(a) + weight * math.log(b)) for a, b in ends
    )
    facts = tuple(dict.fromkeys(first.facts + last.facts))
    nearest = min((first, last), key=lambda one: abs(one.day - day))
    return _widened(day, Counted(day, value, low, high, facts), [nearest])


def _widened(day: int, one: Counted, nearest: Sequence[Counted]) -> Counted:
    """Return a count with the range that its distance in time gives it."""
    quarters = min(abs(near.day - day) for near in nearest) / DAYS
    wander = RANGE * WANDER * math.sqrt(quarters)
    low = one.value * math.exp(-math.hypot(math.log(one.value / one.low), wander))
    high = one.value * math.exp(math.hypot(math.log(one.high / one.value), wander))
    return Counted(day, one.value, low, high, one.facts)


def share_of(people: Counted, share: Counted) -> Counted:
    """Return a share of people as people, both uncertain; their logs' ranges add in squares.

    Examples
    --------
    >>> everybody, paying = Counted(0, 1800.0, 1700.0, 1800.0), Counted(0, 0.03, 0.03, 0.03)
    >>> round(share_of(everybody, paying).value)
    54
    """
    value = people.value * share.value
    low = math.hypot(math.log(people.value / people.low), math.log(share.value / share.low))
    high = math.hypot(math.log(people.high / people.value), math.log(share.high / share.value))
    facts = tuple(dict.fromkeys(people.facts + share.facts))
    return Counted(people.day, value, value * math.exp(-low), value * math.exp(high), facts)


def per_person_year(usd_bn_a_quarter: float, people_mn: float) -> float:
    """Return a quarter's flow as USD for each person and year.

    Examples
    --------
    >>> per_person_year(1.5, 40.0)
    150.0
    """
    return 4.0 * usd_bn_a_quarter * 1e3 / people_mn
