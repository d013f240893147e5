"""The judge of prices over time: whether they came down, and below what it costs."""

from __future__ import annotations

import csv
import datetime as dt
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from cardhouse.analysis import claims
from cardhouse.analysis.claims import Figure, Finding
from cardhouse.analysis.definitions import by_definition
from cardhouse.analysis.price_courses import Course, Point, fell, lately, priced_below_cost
from cardhouse.facts import Fact, FactTable
from cardhouse.studies.claim_evidence import Evidence
from cardhouse.studies.claim_table import Claim
from cardhouse.studies.fact_choice import facts_of, read_term, read_wishes, told_when

TABLE = Path(__file__).with_name("price_series.csv")
LATELY_DAYS = 400
"""A last change is of late when its price is of the year before the day of knowledge."""


@dataclass(frozen=True)
class Series:
    """A row of ``price_series.csv``: the facts that are one price over time, and its costs."""

    id: str
    of: str
    words: str
    unit: str
    terms: str
    costs: str
    note: str


@cache
def load_series(table: Path = TABLE) -> tuple[Series, ...]:
    """Return the series in the order of the table."""
    with table.open(encoding="utf-8", newline="") as file:
        return tuple(Series(**row) for row in csv.DictReader(file))


def prices_fell(row: Claim, evidence: Evidence) -> Finding:
    """Judge whether prices fell, kind by kind: on file, lately, and below what it costs."""
    known = dt.date.fromisoformat(evidence.world.as_of).toordinal()
    found: dict[str, Finding] = {}
    for kind, courses in _courses(evidence.facts).items():
        found[f"{kind}, since the first price on file"] = fell(courses, "change on file")
        last = lately(courses, known - LATELY_DAYS)
        found[f"{kind}, in the last change of a year"] = fell(last, "last change")
        found[f"{kind}, below cost"] = priced_below_cost(courses)
    found["models, below cost"] = _api(row, evidence)
    return by_definition(found)


def _courses(facts: FactTable | None) -> dict[str, list[Course]]:
    """Return the prices over time by what they are prices of."""
    found: dict[str, list[Course]] = {}
    for series in () if facts is None else load_series():
        found.setdefault(series.of, []).append(_course(series, facts))
    return found


def _course(series: Series, facts: FactTable | None) -> Course:
    if facts is None:
        return Course(series.words, series.unit, ())
    told = [one for part in series.terms.split(";") for one in facts_of(facts, read_term(part))]
    told.sort(key=lambda one: (one.period_end, one.period_start))
    points = tuple(map(_point, told))
    costs = tuple(
        (
            one.period_end.toordinal(),
            Figure(wish.label, one.number, series.unit, (one.id,), told_when(one)),
        )
        for wish in read_wishes(series.costs)
        for one in facts_of(facts, wish.terms[0])
    )
    return Course(series.words, series.unit, points, costs)


def _point(one: Fact) -> Point:
    return Point(one.period_end.toordinal(), told_when(one), one.number, one.id)


def _api(row: Claim, evidence: Evidence) -> Finding:
    """Judge the lines of the claim's products by the direct cost in the accounts."""
    by_id, ids = evidence.world.by_id, evidence.view.chain.line_ids
    sellers = [evidence.business(by_id[ids[at]].name, np.array([at])) for at in evidence.lines(row)]
    return claims.below_cost(sellers)
