"""Judges that set today beside the turn of the century: market gauges, and ratios of the chains."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from cardhouse.analysis import claims
from cardhouse.analysis.books import Books
from cardhouse.analysis.claims import Figure, Finding
from cardhouse.analysis.definitions import by_definition
from cardhouse.analysis.fragility import runway
from cardhouse.analysis.ledger import subsidy_ledger
from cardhouse.analysis.parts import LineCosts, ai_lines
from cardhouse.engine.collapse import base_only
from cardhouse.facts import Fact, FactTable
from cardhouse.studies.claim_evidence import Evidence
from cardhouse.studies.claim_table import Claim
from cardhouse.studies.fact_choice import (
    Term,
    chosen_each,
    facts_of,
    is_year,
    read_term,
    told_when,
)

TABLE = Path(__file__).with_name("ratio_pairs.csv")
BUILDERS = ("amazon", "microsoft", "alphabet", "meta", "oracle")

Told = Figure | None


def figures_above(row: Claim, evidence: Evidence) -> Finding:
    """Judge whether each first fact of a pair stands above the second.

    Pairs of other gauges, shown beside, are told as evidence and decide nothing.
    """
    pairs = _pairs(evidence, row.facts)
    judged = by_definition({one[0].name: claims.above([one]) for one in pairs})
    beside = claims.above(_pairs(evidence, row.shown))
    return replace(
        judged,
        supports=judged.supports + beside.supports,
        opposes=judged.opposes + beside.opposes,
    )


def _pairs(evidence: Evidence, cell: str) -> list[tuple[Figure, Figure]]:
    found = chosen_each(evidence.facts, cell)
    pairs = zip(found[::2], found[1::2], strict=False)
    return [(now[0], then[0]) for now, then in pairs if now and then]


@dataclass(frozen=True)
class Pair:
    """A row of ``ratio_pairs.csv``: one ratio then and now, and which way is the more extreme."""

    id: str
    words: str
    extreme: str
    then: str
    now: str
    note: str


@cache
def load_pairs(table: Path = TABLE) -> tuple[Pair, ...]:
    """Return the pairs in the order of the table."""
    with table.open(encoding="utf-8", newline="") as file:
        return tuple(Pair(**row) for row in csv.DictReader(file))


def like_then(row: Claim, evidence: Evidence) -> Finding:
    """Judge whether ratios stand at least as extreme as then: most of them, some, fewer."""
    told = [(pair, *_both(pair, evidence)) for pair in load_pairs()]
    known = [(pair, then, now) for pair, then, now in told if then and now]
    return claims.as_extreme(
        [(pair.words, pair.extreme == "higher", then, now) for pair, then, now in known], row.low
    )


def _both(pair: Pair, evidence: Evidence) -> tuple[Told, Told]:
    """Return a ratio then and now: the latest known on the run's day, as gauges take it.

    What is counted in the accounts is of the base quarter, and its date says so.
    """
    then, now = _value(pair.then, evidence), _value(pair.now, evidence)
    shares = any(one is not None and one.unit == "share" for one in (then, now))
    named = [
        one and replace(one, name=f"{pair.words}, {words}", unit="share" if shares else one.unit)
        for one, words in ((then, "then"), (now, "now"))
    ]
    return named[0], named[1]


def _value(cell: str, evidence: Evidence) -> Told:
    """Return a ratio of sums of facts or of named figures; None where a part is missing."""
    sums: list[Figure] = []
    for half in cell.split(" / "):
        parts = [_part(part.strip(), evidence) for part in half.split(" + ")]
        known = [part for part in parts if part is not None]
        if len(known) < len(parts):
            return None
        sums.append(_added(known))
    if len(sums) == 1:
        return sums[0]
    top, bottom = sums
    below = _number(bottom)
    if below <= 0.0:
        return None
    facts = tuple(dict.fromkeys(top.facts + bottom.facts))
    return Figure("", _number(top) / below, "ratio", facts, top.when)


def _number(figure: Figure) -> float:
    return figure.value if isinstance(figure.value, float) else 0.0


def _added(parts: Sequence[Figure]) -> Figure:
    if len(parts) == 1:
        return parts[0]
    facts = tuple(dict.fromkeys(fact for part in parts for fact in part.facts))
    return Figure("", sum(map(_number, parts)), parts[0].unit, facts, parts[0].when)


def _part(cell: str, evidence: Evidence) -> Told:
    if cell.startswith("!"):
        name, _, argument = cell[1:].partition(":")
        return NAMED[name](evidence, argument)
    return _fact(evidence.facts, read_term(cell))


def _fact(facts: FactTable | None, term: Term) -> Told:
    """Return the newest fact of a term."""
    told = [] if facts is None else facts_of(facts, replace(term, every=True))
    newest = max(told, key=lambda one: (one.period_end, one.period_start), default=None)
    return None if newest is None else _figure(newest, term.factor)


def _figure(fact: Fact, factor: float = 1.0) -> Figure:
    unit = "share" if fact.unit == "share" else "ratio" if fact.unit == "ratio" else fact.unit
    return Figure("", fact.number * factor, unit, (fact.id,), told_when(fact))


def _venture_share(evidence: Evidence, _: str) -> Told:
    """Return AI in the world's venture money, in the newest quarter with both figures."""
    if evidence.facts is None:
        return None
    parts = (
        Term("vc_ai", ("vc_global",), every=True),
        Term("vc_total", ("vc_global",), every=True),
    )
    ai, all_ = (
        {(one.period_start, one.period_end): one for one in facts_of(evidence.facts, term)}
        for term in parts
    )
    both = [span for span in ai.keys() & all_.keys() if _is_quarter(span)]
    if not both:
        return None
    span = max(both, key=lambda one: one[1])
    share = ai[span].number / all_[span].number
    return Figure("", share, "share", (ai[span].id, all_[span].id), told_when(ai[span]))


def _is_quarter(span: tuple[dt.date, dt.date]) -> bool:
    return 80 <= (span[1] - span[0]).days <= 100


USERS_OF_PLANT = ("apps", "labs")
"""The firms that stand for the dotcoms, counted in the same way in all rows."""


def _profitable(evidence: Evidence, _: str) -> Told:
    """Return the share of apps and labs, members one by one, whose AI business makes a profit."""
    books = _first_books(evidence)
    chain = books.chain
    ledger = subsidy_ledger(books, LineCosts(books), ai_lines(chain))
    sold, made = ledger.revenue[0], (ledger.revenue - ledger.full_cost)[0]
    told = [
        bool(made[at] > 0)
        for at, name in enumerate(chain.firm_ids)
        if chain.world.entity(name).tier in USERS_OF_PLANT and (sold[at] or made[at])
    ]
    if not told:
        return None
    facts = evidence.facts_on(*evidence.view.chain.line_ids)
    return Figure("", sum(told) / len(told), "share", facts, evidence.world.base)


def _first_books(evidence: Evidence) -> Books:
    """Return the books of the base quarter with the members of populations as single firms."""
    whole = evidence.view.trajectory if evidence.view.whole is None else evidence.view.whole
    return Books(base_only(whole))


def _short_of_cash(evidence: Evidence, _: str) -> Told:
    """Return the share of apps and labs, members one by one, with cash for less than a year."""
    left = runways(evidence, USERS_OF_PLANT)
    if not left:
        return None
    short = sum(1 for one, _sales in left if one is not None and one < 4.0)
    facts = evidence.facts_on(*evidence.view.chain.firm_ids)
    return Figure("", short / len(left), "share", facts, evidence.world.base)


def runways(evidence: Evidence, tiers: Sequence[str]) -> list[tuple[float | None, float]]:
    """Return quarters of cash without new money, and sales, of each firm; members one by one."""
    books = _first_books(evidence)
    left = runway(books)
    return [
        (left[at], float(books.revenue[0, at]))
        for at, name in enumerate(books.chain.firm_ids)
        if books.chain.world.entity(name).tier in tiers
    ]


def _carriers_capex(evidence: Evidence, _: str) -> Told:
    """Return carriers' capex of 2000 over the sales that capex and its ratio of 2003 imply."""
    names = ("capex", "capex", "capex_to_revenue")
    days = ("2000-12-31", "2003-12-31", "2003-12-31")
    found = [
        _fact(evidence.facts, Term(name, ("telecom_sector",), day=day))
        for name, day in zip(names, days, strict=True)
    ]
    told = [one for one in found if one is not None]
    if len(told) < len(found):
        return None
    spent, later, ratio = (_number(one) for one in told)
    facts = tuple(fact for one in told for fact in one.facts)
    return Figure("", spent * ratio / later, "ratio", facts, told[0].when)


def _builders_capex(evidence: Evidence, _: str) -> Told:
    """Return the builders' capex over their groups' sales, in their newest quarters."""
    spent = [_fact(evidence.facts, Term("capex", (one,), "_")) for one in BUILDERS]
    sold = [_fact(evidence.facts, Term("revenue", (one,), "_")) for one in BUILDERS]
    pairs = [(a, b) for a, b in zip(spent, sold, strict=True) if a and b and a.when == b.when]
    if not pairs:
        return None
    top, bottom = (sum(_number(pair[side]) for pair in pairs) for side in (0, 1))
    facts = tuple(fact for pair in pairs for one in pair for fact in one.facts)
    return Figure("", top / bottom, "ratio", facts, pairs[0][0].when)


def _renters_debt(evidence: Evidence, _: str) -> Told:
    """Return debt over four quarters' sales of clouds that rent out AI plant and nothing else."""
    view = evidence.view
    ai = ai_lines(view.chain)
    renters = [
        unit.firm
        for unit in evidence.view.units
        if unit.is_firm
        and unit.entity.tier == "clouds"
        and len(unit.lines)
        and ai[unit.lines].all()
    ]
    renters = [firm for firm in renters if view.books.revenue[0, firm] > 0]
    sold = 4.0 * float(view.books.revenue[0, renters].sum())
    owed = float(view.books.debt[0, renters].sum())
    ids = [view.chain.firm_ids[firm] for firm in renters]
    facts = evidence.facts_on(*ids)
    return Figure("", owed / sold, "ratio", facts, evidence.world.base) if sold > 0 else None


def _years(facts: FactTable | None, entity: str, until: dt.date = dt.date.max) -> list[Fact]:
    """Return the sales of whole years that ended by a day, in order of time."""
    told = [] if facts is None else facts_of(facts, Term("revenue", (entity,), "_", every=True))
    return [one for one in told if one.period_end <= until and is_year(one)]


def _year_sales(evidence: Evidence, entity: str) -> Told:
    years = _years(evidence.facts, entity)
    return _figure(years[-1]) if years else None


def _year_growth(evidence: Evidence, argument: str) -> Told:
    """Return how a firm's sales grew in its last year, or in the year that is told."""
    entity, _, year = argument.partition(":")
    last_end = dt.date(int(year), 12, 31) if year else dt.date.max
    years = _years(evidence.facts, entity, last_end)
    if len(years) < 2:
        return None
    before, last = years[-2:]
    growth = last.number / before.number - 1.0
    return Figure("", growth, "share", (last.id, before.id), told_when(last))


NAMED: dict[str, Callable[[Evidence, str], Told]] = {
    "venture_share": _venture_share,
    "profitable": _profitable,
    "short_of_cash": _short_of_cash,
    "carriers_capex": _carriers_capex,
    "builders_capex": _builders_capex,
    "renters_debt": _renters_debt,
    "year_sales": _year_sales,
    "year_growth": _year_growth,
}
"""Figures that the table calls by name with ``!``."""
