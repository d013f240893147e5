"""Sums of a figure over time from reports of different length, no day counted twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Span:
    """An amount over days `first` to `last`, both included, and the fact that says so."""

    first: int
    last: int
    amount: float
    fact: str = ""

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
