"""Figures of the mirror out of the facts: what a cell of ``mirror.csv`` asks for, by quarters.

A cell is written in the terms of `fact_choice`: sums by `` + ``, one ratio by `` / ``, ``1 - ``
before it for a share that is told by its opposite, ``!name`` for a figure of its own rule. Amounts
of a period become amounts a year, so that months, quarters and years stand on one scale.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence

from cardhouse.analysis.mirror import (
    Point,
    Reading,
    a_year,
    added,
    closing_quarter,
    complement,
    divided,
    last_day,
    one_each,
    quarters_of,
    scaled,
)
from cardhouse.facts import Fact, FactTable, load_dictionaries
from cardhouse.studies.fact_choice import Term, facts_of, read_term

OPPOSITE = "1 - "
AMOUNTS = ("flow", "event", "count")
"""Natures of metrics whose figure of a period is an amount of it."""
GRADES = {"A": 2.0, "B": 1.0, "C": 0.0}


def points_of(cell: str, facts: FactTable) -> list[Point]:
    """Return what a cell asks for, in order of time, quarters as running numbers.

    Parameters
    ----------
    cell
        A cell of ``then`` or ``now``; empty asks for nothing.
    facts
        What is known.
    """
    if not cell:
        return []
    if cell.startswith("!"):
        return NAMED[cell[1:]](facts)
    if cell.startswith(OPPOSITE):
        return complement(points_of(cell.removeprefix(OPPOSITE), facts))
    sums = [_sum(half, facts) for half in cell.split(" / ")]
    return sums[0] if len(sums) == 1 else divided(*sums)


def _sum(half: str, facts: FactTable) -> list[Point]:
    return added([term_points(read_term(one), facts) for one in half.split(" + ")])


def term_points(term: Term, facts: FactTable) -> list[Point]:
    """Return the figures of one term, forecasts and flows to a named party left out."""
    every = Term(term.metric, term.entities, term.item, term.factor, term.day, every=True)
    told = [_reading(one) for one in facts_of(facts, every) if not one.counterparty]
    return one_each([one for one in told if one is not None])


def _reading(fact: Fact) -> Reading | None:
    """Return a fact as a reading; None for an amount of less than a quarter.

    Positions, and ratios of a day or a month, stand at the end of their quarter.
    """
    span = quarters_of(fact.period_start, fact.period_end)
    if _is_amount(fact):
        factor = a_year(1.0, fact.period_start, fact.period_end)
        return None if span is None else _placed(fact, span, factor)
    if span is None or _is_position(fact):
        closing = closing_quarter(fact.period_end)
        span = (closing, closing)
    return _placed(fact, span, 1.0)


def _is_amount(fact: Fact) -> bool:
    """Tell whether a figure is an amount of its period, and not a count at or up to its end."""
    nature = load_dictionaries().metrics[fact.metric].nature
    of_a_period = fact.period_start < fact.period_end
    return of_a_period and nature in AMOUNTS and not fact.metric.endswith("_cumulative")


def _is_position(fact: Fact) -> bool:
    """Tell whether a figure of a period stands at its end."""
    nature = load_dictionaries().metrics[fact.metric].nature
    return nature in ("stock", "contract") or fact.metric.endswith("_cumulative")


def _placed(fact: Fact, span: tuple[int, int], factor: float) -> Reading:
    """Return a reading; of several for its quarters that nearest to their end comes first."""
    low, high = (one * factor if isinstance(one, float) else None for one in (fact.low, fact.high))
    away = abs((fact.period_end - last_day(span[1])).days)
    rank = (-float(away), GRADES[fact.grade], float(fact.known_from.toordinal()))
    period = (fact.period_start, fact.period_end)
    return Reading(*span, fact.number * factor, low, high, fact.id, rank, period)


def _single(facts: FactTable, text: str) -> Fact | None:
    """Return the one fact that a term asks for."""
    found = facts_of(facts, read_term(text))
    return found[-1] if found else None


def _carriers_capex(facts: FactTable) -> list[Point]:
    """Return carriers' spending over the sales that spending and ratio of 2003 imply."""
    spent = term_points(Term("capex", ("telecom_sector",)), facts)
    later = _single(facts, "capex@telecom_sector#2003")
    ratio = _single(facts, "capex_to_revenue@telecom_sector#2003")
    if later is None or ratio is None:
        return []
    used = (later.id, ratio.id)
    implied = scaled(spent, ratio.number / a_year(later.number, *_days(later)))
    return [_with_facts(one, used) for one in implied]


def _days(fact: Fact) -> tuple[dt.date, dt.date]:
    return fact.period_start, fact.period_end


def _failed_dotcoms(facts: FactTable) -> list[Point]:
    """Return internet companies shut down so far, of those with formal funding."""
    whole = _single(facts, "funded_companies@dotcom_sector")
    if whole is None:
        return []
    shut = term_points(Term("failures_cumulative", ("dotcom_sector",)), facts)
    return [_with_facts(one, (whole.id,)) for one in scaled(shut, 1 / whole.number)]


def _with_facts(point: Point, more: Sequence[str]) -> Point:
    ids = tuple(dict.fromkeys((*point.facts, *more)))
    return Point(point.first, point.last, point.value, point.low, point.high, ids)


NAMED: dict[str, Callable[[FactTable], list[Point]]] = {
    "carriers_capex": _carriers_capex,
    "failed_dotcoms": _failed_dotcoms,
}
"""Figures that the table calls by name with ``!``."""
