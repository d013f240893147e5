"""Firms as whole groups: published figures of the base quarter, else the accounts.

The accounts hold the AI business of a group, divisions as filed, and what all its other business
brings in as cash. What a group earns as a whole is published; where it is not, its lines and the
cash of its other business stand for it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cardhouse.facts import Fact
from cardhouse.studies.claim_evidence import Evidence
from cardhouse.studies.claim_table import Claim
from cardhouse.studies.fact_choice import QUARTER, facts_of, nearest, read_wishes
from cardhouse.studies.views import PARENT

SHORTEST, LONGEST = 80, 100
"""Days of a quarter, as firms cut their years."""


@dataclass(frozen=True)
class Result:
    """What a business sold and made in the base quarter, USD bn, and the facts that it rests on."""

    name: str
    revenue: float
    profit: float
    facts: tuple[str, ...]


def unit_results(evidence: Evidence) -> dict[str, Result]:
    """Return operating results of divisions and firms' lines, use by their own parents left out."""
    found = {}
    for unit in evidence.view.units:
        if unit.kind == PARENT or not len(unit.lines):
            continue
        one = evidence.business(unit.entity.name, unit.lines, unit.entity.id)
        interest = float(evidence.view.costs.interest[0, unit.lines].sum())
        profit = one.revenue - one.full + interest
        found[unit.entity.id] = Result(one.name, one.revenue, profit, one.facts)
    return found


def group_results(row: Claim, evidence: Evidence) -> dict[str, Result]:
    """Return each firm's operating result and sales as a whole group.

    Published ones of the quarter nearest to the base quarter, not more than one away; else its
    lines without use by itself, and the cash of its other business.
    """
    profits, sales = (_published(row, evidence, at) for at in (0, 1))
    return {
        name: _group(name, firm, evidence, profits, sales)
        for firm, name in enumerate(evidence.view.chain.firm_ids)
    }


def _group(
    name: str, firm: int, evidence: Evidence, profits: dict[str, Fact], sales: dict[str, Fact]
) -> Result:
    words = evidence.world.by_id[name].name
    if name in profits:
        facts = [profits[name], *([sales[name]] if name in sales else [])]
        sold = sales[name].number if name in sales else _sold(firm, evidence)
        return Result(words, sold, profits[name].number, tuple(one.id for one in facts))
    lines = np.flatnonzero(evidence.view.chain.firm_of_line == firm)
    one = evidence.business(words, lines, name)
    interest = float(evidence.view.costs.interest[0, lines].sum())
    other = float(evidence.view.chain.purses.other_business[firm])
    return Result(words, one.revenue, one.revenue - one.full + interest + other, one.facts)


def _sold(firm: int, evidence: Evidence) -> float:
    return float(evidence.view.books.revenue[0, firm])


def _published(row: Claim, evidence: Evidence, wish: int) -> dict[str, Fact]:
    """Return the fact of a wish nearest to the base quarter, by entity; quarters alone count."""
    wishes = read_wishes(row.facts)
    if evidence.facts is None or wish >= len(wishes):
        return {}
    by_entity: dict[str, list[Fact]] = {}
    for one in facts_of(evidence.facts, wishes[wish].terms[0]):
        if SHORTEST <= (one.period_end - one.period_start).days <= LONGEST:
            by_entity.setdefault(one.entity, []).append(one)
    chosen = {name: nearest(told, evidence.middle) for name, told in by_entity.items()}
    return {
        name: one
        for name, one in chosen.items()
        if one is not None and one.period_end >= evidence.middle - QUARTER
    }
