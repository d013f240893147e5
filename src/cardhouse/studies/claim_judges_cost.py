"""Judges of what sellers keep: by the accounts in layers of cost, and by published margins."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from cardhouse.analysis import claims
from cardhouse.analysis.claims import FAILS, HOLDS, IN_PART, UNDETERMINED, Business, Figure, Finding
from cardhouse.analysis.definitions import by_definition
from cardhouse.analysis.parts import ai_lines
from cardhouse.model.vocabulary import ContractKind as Kind
from cardhouse.studies.claim_evidence import SHOWN_FACTS, Evidence
from cardhouse.studies.claim_gross_margins import gross_margins, with_evidence
from cardhouse.studies.claim_table import Claim
from cardhouse.studies.document_people import FAR_DAYS, last_day, people_rows
from cardhouse.studies.fact_choice import chosen, chosen_by_label
from cardhouse.studies.views import DIVISION, Unit

MODELS = "api"
"""The product that wrappers buy."""

COST_WORDS = {
    "service": "cost of serving all use, free use included",
    "paid": "cost of serving those who pay",
    "full": "with staff, training and research",
}
"""The layers of cost by which a price is judged where some use is free."""
ALL_PAID_WORDS = {"service": "inference alone", "full": COST_WORDS["full"]}
"""The same where all use is paid for."""


def figures_within(row: Claim, evidence: Evidence) -> Finding:
    """Judge whether facts lie in a range, label by label."""
    found = chosen_by_label(evidence.facts, row.facts)
    return by_definition(
        {label: claims.within(figures, row.low, row.high) for label, figures in found.items()}
    )


def paid_within(row: Claim, evidence: Evidence) -> Finding:
    """Judge whether what people pay in a year lies in a range: by facts, and by the accounts."""
    found = chosen_by_label(evidence.facts, row.facts)
    for label, figures in _paid_a_year(evidence).items():
        found.setdefault(label, []).extend(figures)
    return by_definition({label: _paid(figures, row) for label, figures in found.items()})


def _paid(figures: Sequence[Figure], row: Claim) -> Finding:
    """Judge amounts by the range, and shares of people by whether they are most."""
    shares = [(one, one.value) for one in figures if one.unit == "share"]
    if not shares:
        return claims.within(figures, row.low, row.high)
    told = [(one, value) for one, value in shares if isinstance(value, float)]
    most = all(value > claims.MOST for _, value in told)
    sides = claims.sides(
        (value > claims.MOST, f"{one.called}: {value:.0%}.") for one, value in told
    )
    return Finding(HOLDS if most else FAILS, tuple(figures), *sides)


def _paid_a_year(evidence: Evidence) -> dict[str, list[Figure]]:
    """Return what payers and users pay in a year by the accounts, where somebody counts them."""
    rows = people_rows(evidence.view, evidence.facts)
    told = {line for row in rows if row["payers"] for line in row["lines"]}
    payers = _per_year(rows, "payer", evidence)
    users = _per_year([row for row in rows if row["segments"]], "user", evidence)
    payers += [one for line, one in _counted_sales(evidence) if line not in told]
    return {
        name: figures
        for name, figures in {"average payer": payers, "average user": users}.items()
        if figures
    }


def _per_year(rows: Sequence[dict[str, Any]], who: str, evidence: Evidence) -> list[Figure]:
    """Return what a person pays in a year, by group; only where people were counted near."""
    found = []
    for row in rows:
        if not row[f"{who}s"]:
            continue
        facts = tuple(row[f"{who}s"]["facts"])
        when = _counted_when(facts, evidence)
        if when:
            paid = row[f"per_{who}_year"]["revenue"]
            found.append(Figure(f"average {who}, {row['name']}", paid, "USD a year", facts, when))
    return found


def _counted_when(facts: Sequence[str], evidence: Evidence) -> str:
    """Return the base quarter and when people were counted, nothing where that is far from it."""
    day = last_day(evidence.world.base)
    known = {} if evidence.facts is None else evidence.facts.by_id
    counts: dict[str, list[dt.date]] = {}
    for one in facts:
        if one in known:
            counts.setdefault(known[one].metric, []).append(known[one].period_end)
    if not counts:
        return evidence.world.base
    nearest = [min(days, key=lambda one: abs(one - day)) for days in counts.values()]
    farthest = max(nearest, key=lambda one: abs(one - day))
    far = abs((farthest - day).days) > FAR_DAYS
    return "" if far else f"{evidence.world.base}, people counted {farthest:%Y-%m}"


def _counted_sales(evidence: Evidence) -> list[tuple[str, Figure]]:
    """Return what a payer pays in a year where a sale of the accounts counts its payers."""
    by_id = evidence.world.by_id
    return [
        (
            one.payee,
            Figure(
                f"average payer of {by_id[one.payee].name}",
                4.0 * one.amount * 1e3 / one.terms["people_mn"],  # USD bn a quarter over millions
                "USD a year",
                one.facts[:SHOWN_FACTS],
                evidence.world.base,
            ),
        )
        for one in evidence.world.contracts_of(Kind.SALE)
        if one.terms.get("people_mn")
    ]


def sold_below_cost(row: Claim, evidence: Evidence) -> Finding:
    """Judge whether the lines of some products sell below cost, layer by layer and as published."""
    by_id, ids = evidence.world.by_id, evidence.view.chain.line_ids
    sellers = [evidence.business(by_id[ids[at]].name, np.array([at])) for at in evidence.lines(row)]
    layers = COST_WORDS if _has_free_use(sellers) else ALL_PAID_WORDS
    found = {words: claims.below_cost(sellers, name) for name, words in layers.items()}
    judged = by_definition(found | _published_by_year(row, evidence))
    return with_evidence(judged, gross_margins(row, evidence)) if layers is COST_WORDS else judged


def _has_free_use(sellers: Sequence[Business]) -> bool:
    return any(one.service > one.paid * (1.0 + 1e-9) for one in sellers)


def margins_negative(row: Claim, evidence: Evidence) -> Finding:
    """Judge whether the units of some tiers lose on what they sell: by accounts and as told."""
    sellers = [
        evidence.business(unit.entity.name, unit.lines, unit.entity.id)
        for unit in evidence.units(row)
    ]
    with_all = [Business(one.name, one.revenue, one.full, one.full, one.facts) for one in sellers]
    found = {
        "direct cost, in the accounts": claims.negative_margins(sellers),
        "with staff and research": claims.negative_margins(with_all, "after all costs"),
    }
    judged = by_definition(found | _published_by_year(row, evidence))
    return replace(judged, figures=judged.figures + _paid_up_the_chain(evidence, sellers, row))


def _paid_up_the_chain(
    evidence: Evidence, sellers: Sequence[Business], row: Claim
) -> tuple[Figure, ...]:
    """Return what these units pay other firms' models, and its share in those firms' sales."""
    world = evidence.world
    ours = {world.purse_of(unit.entity.id) for unit in evidence.units(row)}
    lines = {line.id for line in world.lines if line.product == MODELS}
    bought = [
        one
        for one in world.contracts_of(Kind.INPUT)
        if one.payee in lines and world.purse_of(one.payer) in ours
    ]
    if not bought or not sellers:
        return ()
    makers = dict.fromkeys(world.purse_of(one.payee) for one in bought)  # in order: sums keep bits
    ids = evidence.view.chain.firm_ids
    sold = sum(float(evidence.view.books.revenue[0, ids.index(one)]) for one in makers)
    paid: dict[str, float] = {}
    for one in bought:
        paid[one.payer] = paid.get(one.payer, 0.0) + one.amount
    facts = tuple(dict.fromkeys(fact for one in bought for fact in one.facts[:1]))[:SHOWN_FACTS]
    told = [
        Figure(f"paid to the labs' models by {world.by_id[name].name}", amount, "USD bn a quarter")
        for name, amount in paid.items()
    ]
    whole = sum(paid.values()) / sold if sold > 0 else None
    return (Figure("share of them all in the labs' sales", whole, "share", facts), *told)


def _published_by_year(row: Claim, evidence: Evidence) -> dict[str, Finding]:
    """Return what published margins say, year by year: negative if most are, in part if some."""
    by_year: dict[str, list[Figure]] = {}
    known = {} if evidence.facts is None else evidence.facts.by_id
    for one in chosen(evidence.facts, row.facts):
        if all(known[fact].basis != "guidance" for fact in one.facts):
            by_year.setdefault(one.when[:4], []).append(one)
    return {
        f"margins published for {year}": _negative(figures)
        for year, figures in sorted(by_year.items())
    }


def _negative(figures: Sequence[Figure]) -> Finding:
    told = [(one, one.value) for one in figures if isinstance(one.value, float)]
    below = [one for one, value in told if value < 0]
    verdict = HOLDS if len(below) > claims.MOST * len(told) else IN_PART if below else FAILS
    sides = claims.sides((value < 0, f"{one.called}: {value:.0%}.") for one, value in told)
    return Finding(verdict if told else UNDETERMINED, tuple(figures), *sides)


def margins_thin(row: Claim, evidence: Evidence) -> Finding:
    """Judge whether the units of some tiers have thin operating margins.

    All business of all; the divisions that larger firms file; AI business alone; those who do
    nothing but AI.
    """
    thin = row.high if np.isfinite(row.high) else row.low
    units = evidence.units(row)
    ai = ai_lines(evidence.view.chain)
    parts = [(unit, unit.lines[ai[unit.lines]]) for unit in units]
    pure = [unit for unit, lines in parts if len(lines) == len(unit.lines)]
    divisions = [unit for unit in units if unit.kind == DIVISION]
    groups = {
        "all business": [_operating(one, one.lines, evidence) for one in units],
        "divisions of larger firms, as filed": [
            _operating(one, one.lines, evidence) for one in divisions
        ],
        "AI business alone": [_operating(one, part, evidence) for one, part in parts if len(part)],
        "those who rent out accelerators and nothing else": [
            _operating(one, one.lines, evidence) for one in pure
        ],
    }
    found = {
        words: claims.thin_margins(sellers, thin, words)
        for words, sellers in groups.items()
        if sellers
    }
    return by_definition(found)


def _operating(unit: Unit, lines: Any, evidence: Evidence) -> Business:
    """Return a unit's lines with all costs but interest as what their sales cost."""
    whole = evidence.business(unit.entity.name, lines, unit.entity.id)
    interest = float(evidence.view.costs.interest[0, lines].sum())
    return Business(whole.name, whole.revenue, whole.full - interest, whole.full, whole.facts)
