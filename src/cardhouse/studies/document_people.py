"""The document's people: what each user and payer brings in and costs in a year, and who pays."""

from __future__ import annotations

import csv
import datetime as dt
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from cardhouse.analysis.books import Books
from cardhouse.analysis.cost_of_service import ServiceCosts, service_costs, use_by
from cardhouse.analysis.ledger import subsidy_ledger
from cardhouse.analysis.parts import LineCosts, Mask, ai_lines
from cardhouse.analysis.people import Counted, counted, people_on, per_person_year, share_of
from cardhouse.analysis.use_cost import plant_sellers
from cardhouse.engine.chain import Index
from cardhouse.engine.collapse import base_only
from cardhouse.facts import Fact, FactTable
from cardhouse.model.vocabulary import ContractKind as Kind
from cardhouse.studies.scenario_times import quarter_number
from cardhouse.studies.views import View, named

TABLE = Path(__file__).with_name("people.csv")
NOT_IN_CASH = "not_in_cash"
FAR_DAYS = 183
"""A count from farther away than this is called far."""
WIDE = 1.3
"""A count whose most is more than this times its least is called uncertain."""

Row = dict[str, Any]


@dataclass(frozen=True)
class Group:
    """A row of ``people.csv``: people of some segments who use some lines, and who counts them."""

    id: str
    lines: tuple[str, ...]
    segments: tuple[str, ...]
    words: str
    users: str
    payers: str
    note: str


@cache
def load_groups(table: Path = TABLE) -> tuple[Group, ...]:
    """Return the groups in the order of the table."""
    with table.open(encoding="utf-8", newline="") as file:
        return tuple(
            Group(
                row["id"],
                tuple(filter(None, row["lines"].split("|"))),
                tuple(filter(None, row["segments"].split("|"))),
                *(row[name] for name in ("words", "users", "payers", "note")),
            )
            for row in csv.DictReader(file)
        )


def people_rows(view: View, facts: FactTable | None) -> list[Row]:
    """Return a row for each group whose lines the economy has and whose people are counted.

    Parameters
    ----------
    view
        The run; only its base quarter is looked at.
    facts
        The facts that count people; none: only what the accounts count.
    """
    base = _base_only(view)
    layers = service_costs(base.books, base.costs)
    rows = (_row(group, base, layers, facts) for group in load_groups())
    return [row for row in rows if row is not None]


def _base_only(view: View) -> View:
    """Return the view of the base quarter alone."""
    return View(base_only(view.trajectory), view.drivers)


def _row(group: Group, view: View, layers: ServiceCosts, facts: FactTable | None) -> Row | None:
    lines = _lines(group, view)
    use = use_by(view.books, lines, group.segments)
    users, payers = _people(group.users, view, facts), _payers(group, view, facts)
    if not (users or payers) or not use.paid.any():
        return None
    revenue = float(use.paid.sum())
    service = float((layers.direct * use.share).sum())
    full = float((layers.full * use.share).sum())
    paid = float((layers.direct * use.paid_share).sum())
    gap = max(0.0, full - revenue)
    by_source = _gap_by_source(view, lines, gap)
    row: Row = {
        "id": group.id,
        "name": group.words,
        "lines": [view.chain.line_ids[at] for at in lines],
        "segments": list(group.segments),
        "users": _told(users),
        "payers": _told(payers),
        "revenue_usd_bn": revenue,
        "service_usd_bn": service,
        "full_cost_usd_bn": full,
        "per_user_year": None,
        "per_payer_year": None,
        "free_user_year": None,
        "gap_by_source_per_person_year": {},
        "uncertain": _doubts(group, users, payers, view, facts),
    }
    if users:
        row["per_user_year"] = _year(users, revenue, service, full)
    if payers:
        row["per_payer_year"] = _year(payers, revenue, paid, full)
    if users and payers and users.value > payers.value:
        row["free_user_year"] = {
            "service": per_person_year(service - paid, users.value - payers.value)
        }
    people = users or payers
    if people:
        row["gap_by_source_per_person_year"] = {
            name: per_person_year(amount, people.value) for name, amount in by_source.items()
        }
    return row


def _lines(group: Group, view: View) -> Index:
    """Return the group's lines; where none is named, all AI lines that do not sell plant."""
    ids = view.chain.line_ids
    if group.lines:
        return np.array([at for at, one in enumerate(ids) if one in group.lines], dtype=np.int64)
    return np.flatnonzero(ai_lines(view.chain) & ~plant_sellers(view.chain))


def _year(people: Counted, revenue: float, service: float, full: float) -> Row:
    """Return a person's year, and the range of its revenue that the count alone leaves."""
    amounts = {"revenue": revenue, "service": service, "full_cost": full, "gap": full - revenue}
    return {
        **{name: per_person_year(one, people.value) for name, one in amounts.items()},
        "revenue_low": per_person_year(revenue, people.high),
        "revenue_high": per_person_year(revenue, people.low),
    }


def _gap_by_source(view: View, lines: Index, gap: float) -> dict[str, float]:
    """Return who covers a gap: as the sources cover the lines' own gap in the ledger (USD bn)."""
    mask: Mask = np.isin(np.arange(len(view.chain.line_ids)), lines)
    ledger = subsidy_ledger(Books(view.trajectory), LineCosts(view.books), mask)
    whole = float(ledger.subsidy[0].sum())
    if whole <= 0 or gap <= 0:
        return {}
    parts = named(ledger.sources, ledger.by_source[0].sum(axis=0))
    parts |= named([NOT_IN_CASH], ledger.noncash_part[:1].sum(axis=1))
    return {name: gap * amount / whole for name, amount in parts.items()}


def _payers(group: Group, view: View, facts: FactTable | None) -> Counted | None:
    """Return the payers: as the accounts balanced them with price and revenue, else by facts."""
    world = view.chain.world
    balanced = [
        sale.terms["people_mn"]
        for sale in world.contracts_of(Kind.SALE)
        if sale.payee in group.lines and sale.payer in group.segments and "people_mn" in sale.terms
    ]
    told = _people(group.payers, view, facts)
    if len(balanced) != 1 or balanced[0] <= 0:
        return told
    if told is None:
        return Counted(0, balanced[0], balanced[0], balanced[0])
    return replace(
        told,
        value=balanced[0],
        low=balanced[0] * told.low / told.value,
        high=balanced[0] * told.high / told.value,
    )


def _people(wish: str, view: View, facts: FactTable | None) -> Counted | None:
    """Return people on the last day of the base quarter; "a x b" is a share b of people a."""
    if not wish or facts is None:
        return None
    world = view.chain.world
    known = dt.date.fromisoformat(world.as_of)
    parts = [_counts(one.strip(), known, facts) for one in wish.split(" x ")]
    if not all(parts):
        return None
    day = last_day(world.base).toordinal()
    found = [people_on(day, part) for part in parts]
    return found[0] if len(found) == 1 else share_of(*found)


def last_day(quarter: str) -> dt.date:
    """Return the last day of a quarter.

    Examples
    --------
    >>> last_day("2025Q2").isoformat()
    '2025-06-30'
    """
    year, part = divmod(quarter_number(quarter) + 1, 4)
    return dt.date(year, 3 * part + 1, 1) - dt.timedelta(days=1)


def _counts(wish: str, known: dt.date, facts: FactTable) -> list[Counted]:
    """Return the counts of ``metric@entity`` known by a day; what lies ahead of it is none."""
    metric, _, entity = wish.partition("@")
    return [
        _counted(one)
        for one in facts.find(entity, metric)
        if max(one.known_from, one.period_end) <= known and isinstance(one.value, float)
    ]


def _counted(fact: Fact) -> Counted:
    low, high = (one if isinstance(one, float) else None for one in (fact.low, fact.high))
    return counted(fact.period_end.toordinal(), fact.number, low, high, fact.grade, fact.id)


def _told(people: Counted | None) -> Row | None:
    if people is None:
        return None
    return {
        "value": people.value,
        "low": people.low,
        "high": people.high,
        "facts": list(people.facts),
    }


def _doubts(
    group: Group, users: Counted | None, payers: Counted | None, view: View, facts: FactTable | None
) -> str:
    """Return in words what is uncertain about a row."""
    told = [group.note] if group.note else []
    for name, one in (("users", users), ("payers", payers)):
        if one is None:
            told.append(f"{name} are not counted")
            continue
        if one.high > WIDE * one.low:
            told.append(f"{name} between {_millions(one.low)} and {_millions(one.high)} million")
        told += _far(name, one, view, facts)
    return "; ".join(told)


def _millions(people: float) -> str:
    return f"{people:,.0f}" if people >= 100.0 else f"{people:.3g}"


def _far(name: str, one: Counted, view: View, facts: FactTable | None) -> list[str]:
    """Say when people were counted, where that is far from the quarter."""
    day = last_day(view.chain.world.base)
    if facts is None or not one.facts:
        return []
    days = [facts.by_id[fact].period_end for fact in one.facts]
    nearest = min(days, key=lambda other: abs((other - day).days))
    far = abs((nearest - day).days) > FAR_DAYS
    return [f"{name} counted on {nearest.isoformat()}"] if far else []
