"""What a table says beside what is known, statement by statement, whoever the source is."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from cardhouse.facts.schema import Fact
from cardhouse.facts.table import FactTable

SAME_PERIOD, SAME_DAY = dt.timedelta(days=7), dt.timedelta(days=3)
"""Periods whose ends lie no further apart are the same, by the calendar or the fiscal year; and
days of a position, as the last one of a month may be one without trade."""
ALIKE = 0.005
"""Figures this near to each other agree."""

Says = Literal["known", "changes", "agrees", "differs", "new"]
SAYS: tuple[Says, ...] = ("changes", "differs", "new", "agrees", "known")
"""In the order of how much they matter."""


@dataclass(frozen=True)
class Statement:
    """A fact of a table, and what is known of the same thing and time.

    Attributes
    ----------
    says
        ``known``: the same row is known; ``changes``: its source said otherwise before; ``agrees``
        or ``differs``: other sources speak of it; ``new``: nobody does.
    before
        The row of the same source; None where there is none.
    beside
        What other sources say, nearest figure first.
    """

    fact: Fact
    says: Says
    before: Fact | None
    beside: tuple[Fact, ...]

    @property
    def distance(self) -> float | None:
        """Return the figure over that of before, or of the nearest other source, less 1."""
        other = self.before or (self.beside[0] if self.beside else None)
        if other is None or isinstance(self.fact.value, dt.date):
            return None
        return _distance(self.fact, other)


def statements(known: FactTable, table: Iterable[Fact]) -> list[Statement]:
    """Return each fact of a table beside what is known, what matters most first."""
    found = [_statement(known, fact) for fact in table]
    return sorted(found, key=lambda one: (SAYS.index(one.says), one.fact.key))


def _statement(known: FactTable, fact: Fact) -> Statement:
    before = known.by_key.get(fact.key)
    beside = tuple(sorted(_others(known, fact), key=lambda one: (_away(fact, one), one.key)))
    if before is not None:
        says: Says = "known" if figures(before) == figures(fact) else "changes"
    elif not beside:
        says = "new"
    else:
        says = "agrees" if any(_agrees(fact, one) for one in beside) else "differs"
    return Statement(fact, says, before, beside)


def figures(fact: Fact) -> tuple[object, ...]:
    """Return what a row says, without when it was fetched and where it is kept."""
    return (fact.value, fact.low, fact.high, fact.unit, fact.basis, fact.grade)


def _others(known: FactTable, fact: Fact) -> Sequence[Fact]:
    near = SAME_DAY if fact.period_start == fact.period_end else SAME_PERIOD
    return [
        one
        for one in known.find(fact.entity, fact.metric, fact.item, fact.counterparty)
        if one.key != fact.key
        and one.unit == fact.unit
        and abs(one.period_end - fact.period_end) <= near
        and abs(one.period_start - fact.period_start) <= near
    ]


def _agrees(fact: Fact, other: Fact) -> bool:
    """Tell whether two figures are alike, or one lies in the other's range."""
    if isinstance(fact.value, dt.date) or isinstance(other.value, dt.date):
        return fact.value == other.value
    low, high = other.low, other.high
    if isinstance(low, float) and isinstance(high, float) and low <= fact.value <= high:
        return True
    return math.isclose(fact.value, other.value, rel_tol=ALIKE)


def _away(fact: Fact, other: Fact) -> float:
    if isinstance(fact.value, dt.date) or isinstance(other.value, dt.date):
        return 0.0 if fact.value == other.value else math.inf
    return abs(fact.value - other.value)


def _distance(fact: Fact, other: Fact) -> float | None:
    if isinstance(other.value, dt.date) or other.value == 0:
        return None
    return fact.number / other.value - 1.0
