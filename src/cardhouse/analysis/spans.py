"""Sums of a figure over time from reports of different length, no day counted twice.

What no report says alone may follow from two: a year less its three other quarters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True)
class Span:
    """An amount over days `first` to `last`, both included, and the facts that say so."""

    first: int
    last: int
    amount: float
    facts: tuple[str, ...] = ()

    @property
    def days(self) -> int:
        """Return its length in days."""
        return self.last - self.first + 1


def cover(spans: Sequence[Span]) -> list[Span]:
    """Return spans that do not overlap and cover the most days; of equal ones the fewer, longer.

    Examples
    --------
    >>> year = Span(1, 365, 10.0)
    >>> quarters = [Span(1, 90, 2.0), Span(91, 181, 3.0), Span(366, 455, 4.0)]
    >>> [one.amount for one in cover([*quarters, year])]
    [10.0, 4.0]
    """
    ordered = sorted(spans, key=lambda one: (one.last, one.first, one.amount))
    best: list[tuple[int, int, list[Span]]] = [(0, 0, [])]
    for number, one in enumerate(ordered):
        before = sum(1 for other in ordered[:number] if other.last < one.first)
        days, count, chosen = best[before]
        taken = (days + one.days, count - 1, [*chosen, one])
        best.append(max(best[-1], taken, key=lambda row: row[:2]))
    return best[-1][2]


def completed(spans: Sequence[Span]) -> list[Span]:
    """Return spans with those that follow by subtraction: of a long one less others within it.

    A rest is taken where it is one piece; it rests on all the reports that it is made of.

    Examples
    --------
    >>> year, autumn = Span(1, 365, 10.0), Span(274, 365, 4.0)
    >>> [(one.first, one.last, one.amount) for one in completed([year, autumn])]
    [(1, 365, 10.0), (274, 365, 4.0), (1, 273, 6.0)]
    """
    found = list(spans)
    for whole in spans:
        inside = [one for one in spans if one != whole and _within(one, whole)]
        parts = cover(inside)
        rests = _gaps(whole, parts)
        known = {(one.first, one.last) for one in found}
        if parts and len(rests) == 1 and rests[0] not in known:
            amount = whole.amount - sum(one.amount for one in parts)
            facts = tuple(fact for one in (whole, *parts) for fact in one.facts)
            found.append(Span(*rests[0], amount, facts))
    return found


def _within(one: Span, whole: Span) -> bool:
    return whole.first <= one.first and one.last <= whole.last and one.days < whole.days


def _gaps(whole: Span, parts: Sequence[Span]) -> list[tuple[int, int]]:
    """Return the days of a span that no part covers, as first and last days."""
    ends = [whole.first - 1, *(one.last for one in parts)]
    starts = [*(one.first for one in parts), whole.last + 1]
    pairs = zip(ends, starts, strict=True)
    return [(end + 1, start - 1) for end, start in pairs if start - end > 1]


def days_missing(spans: Sequence[Span]) -> int:
    """Return how many days between the first and the last of some spans none of them covers.

    Examples
    --------
    >>> days_missing([Span(1, 90, 1.0), Span(181, 270, 1.0)])
    90
    """
    ordered = sorted(spans, key=lambda one: one.first)
    return sum(max(0, later.first - one.last - 1) for one, later in pairwise(ordered))
