"""The judges that ``claims.csv`` names: they gather figures, `analysis.claims` decides."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from cardhouse.analysis import claims
from cardhouse.analysis.claims import Business, Figure, Finding, Outcome
from cardhouse.analysis.parts import ai_lines
from cardhouse.analysis.use_cost import use_cost
from cardhouse.engine.chain import Array
from cardhouse.model.vocabulary import ContractKind as Kind
from cardhouse.studies.claim_evidence import SHOWN_FACTS, Evidence
from cardhouse.studies.claim_judges_prices import tariffs_cover
from cardhouse.studies.claim_table import Claim
from cardhouse.studies.fact_choice import chosen, chosen_each
from cardhouse.studies.views import Unit, View

USE_MEASURES = {
    "with_programs": "of cost, training and research included",
    "without_programs": "of cost, training and research apart",
    "cash": "of cost, counted in cash",
    "sold_use": "of cost, use by the sellers' own parents apart",
}
"""How the measures of `cardhouse.analysis.use_cost` are called in a sentence."""


def figures_within(row: Claim, evidence: Evidence) -> Finding:
    """Judge whether facts lie in a range."""
    return claims.within(chosen(evidence.facts, row.facts), row.low, row.high)


def paid_within(row: Claim, evidence: Evidence) -> Finding:
    """Judge whether what people pay in a year lies in a range: by facts, and by the accounts."""
    figures = [*chosen(evidence.facts, row.facts), *_payers(evidence)]
    return claims.within(figures, row.low, row.high)


def _payers(evidence: Evidence) -> list[Figure]:
    """Return what a payer pays in a year where a sale of the accounts counts its payers."""
    by_id = evidence.world.by_id
    return [
        Figure(
            f"average payer of {by_id[one.payee].name}",
            4.0 * one.amount * 1e3 / one.terms["people_mn"],  # USD bn a quarter over millions
            "USD a year",
            one.facts[:SHOWN_FACTS],
        )
        for one in evidence.world.contracts_of(Kind.SALE)
        if one.terms.get("people_mn")
    ]


def sold_below_cost(row: Claim, evidence: Evidence) -> Finding:
    """Judge whether the lines of some products sell below cost."""
    by_id, ids = evidence.world.by_id, evidence.view.chain.line_ids
    sellers = [evidence.business(by_id[ids[at]].name, np.array([at])) for at in evidence.lines(row)]
    return claims.below_cost(sellers)


def margins_negative(row: Claim, evidence: Evidence) -> Finding:
    """Judge whether the units of some tiers lose on what they sell."""
    return claims.negative_margins(
        [
            evidence.business(unit.entity.name, unit.lines, unit.entity.id)
            for unit in evidence.units(row)
        ]
    )


def margins_thin(row: Claim, evidence: Evidence) -> Finding:
    """Judge whether the units of some tiers have thin operating margins."""
    sellers = [_operating(unit, evidence) for unit in evidence.units(row)]
    return claims.thin_margins(sellers, row.high if np.isfinite(row.high) else row.low)


def _operating(unit: Unit, evidence: Evidence) -> Business:
    """Return a unit with all costs but interest as what its sales cost."""
    whole = evidence.business(unit.entity.name, unit.lines, unit.entity.id)
    interest = float(evidence.view.costs.interest[0, unit.lines].sum())
    return Business(whole.name, whole.revenue, whole.full - interest, whole.full, whole.facts)


def rounds_in_gap(row: Claim, evidence: Evidence) -> Finding:
    """Judge how much of the cash that customers did not pay came from new equity."""
    ledger, chain = evidence.view.ledger, evidence.view.chain
    amounts = ledger.by_source[0, evidence.firms(row)].sum(axis=0)
    by_id = evidence.world.by_id
    equity = {pool.id for pool in evidence.world.pools if pool.instrument == "equity"}
    investors = equity | set(chain.firm_ids)
    named = {
        source: by_id[source].name if source in by_id else source.replace("_", " ")
        for source in ledger.sources
    }
    paid = {
        source: float(one) for source, one in zip(ledger.sources, amounts, strict=True) if one > 0
    }
    return claims.gap_filled(
        {named[source]: one for source, one in paid.items()},
        {named[source]: one for source, one in paid.items() if source in investors},
        row.low,
    )


def profit_taken(row: Claim, evidence: Evidence) -> Finding:
    """Judge whether firms of some tiers take the operating profit of AI business."""
    chain, by_id = evidence.view.chain, evidence.world.by_id
    results = evidence.view.ai_operating_result[0]
    profits = {
        by_id[name].name: float(one) for name, one in zip(chain.firm_ids, results, strict=True)
    }
    return claims.takes_profit(
        profits, [by_id[chain.firm_ids[firm]].name for firm in evidence.firms(row)]
    )


def loss_makers(_: Claim, evidence: Evidence) -> Finding:
    """Judge whether most AI business loses money."""
    found = evidence.view.loss_making["ai"]
    return claims.mostly(
        {
            "number of firms": found.firms,
            "sales": found.revenue,
            "what users spend": found.users_spending,
        }
    )


def users_short(_: Claim, evidence: Evidence) -> Finding:
    """Judge whether users pay less than a dollar per dollar of cost."""
    cost = use_cost(evidence.view.books, evidence.view.costs)
    return claims.not_covered(
        {words: cost.paid_per_dollar(name)[0] for name, words in USE_MEASURES.items()}
    )


def firms_lost(row: Claim, evidence: Evidence) -> Finding:
    """Judge how many firms of some tiers a scenario kills."""
    moved, still = evidence.runs(row)
    firms = evidence.firms(row)
    if not firms:
        return claims.lost_without([], row.low)
    dead, revenue, names = _dead(moved, firms, row.quarters)
    dead_anyway, _, _ = _dead(still, firms, row.quarters)
    return claims.lost_without(
        [
            Outcome("Firms", float(dead.mean()), float(dead_anyway.mean()), names),
            Outcome("Their sales today", _share(revenue, dead), _share(revenue, dead_anyway)),
        ],
        row.low,
    )


def _dead(view: View, firms: Sequence[int], quarters: int) -> tuple[Array, Array, tuple[str, ...]]:
    """Return who fails within some quarters (firm,), what they sell today, and names.

    The members of a population count one by one; of those that fail their number is told.
    """
    chain = view.chain
    dead: list[Array] = []
    revenue: list[Array] = []
    names: list[str] = []
    for firm in firms:
        entity = chain.world.entity(chain.firm_ids[firm])
        found = view.fates.get(entity.id)
        if found is None:
            gone = 1.0 - view.trajectory.of_state("alive")[quarters, firm : firm + 1]
            dead.append(gone)
            revenue.append(view.books.revenue[0, firm : firm + 1])
            names += [entity.name] * bool(gone.any())
        else:
            gone = 1.0 - found.alive[quarters]
            dead.append(gone)
            revenue.append(found.revenue[0])
            if gone.any():
                names.append(f"{gone.sum():.0f} of {len(gone)} in {entity.name}")
    return np.concatenate(dead), np.concatenate(revenue), tuple(names)


def _share(weight: Array, of: Array) -> float:
    total = float(weight.sum())
    return float((weight * of).sum()) / total if total > 0 else 0.0


def chain_lost(row: Claim, evidence: Evidence) -> Finding:
    """Judge how much of the chain a scenario takes: firms, AI sales, AI capital spending."""
    moved, still = evidence.runs(row)
    firms = range(len(evidence.view.chain.firm_ids))
    dead, _, names = _dead(moved, firms, row.quarters)
    dead_anyway, _, _ = _dead(still, firms, row.quarters)
    ai = ai_lines(evidence.view.chain)
    outcomes = [Outcome("Firms", float(dead.mean()), float(dead_anyway.mean()), names)]
    for words, record in (("AI sales", "line_revenue"), ("AI capital spending", "capex")):
        left, usual = (
            run.trajectory.of_record(record)[row.quarters, ai].sum() for run in (moved, still)
        )
        gone = max(0.0, 1.0 - float(left / usual)) if usual > 0 else 0.0
        outcomes.append(Outcome(f"{words} after {row.quarters} quarters", gone, 0.0))
    return claims.lost_without(outcomes, row.low)


def figures_above(row: Claim, evidence: Evidence) -> Finding:
    """Judge whether each first fact of a pair stands above the second."""
    found = chosen_each(evidence.facts, row.facts)
    pairs = zip(found[::2], found[1::2], strict=False)
    return claims.above([(now[0], then[0]) for now, then in pairs if now and then])


JUDGES: dict[str, Callable[[Claim, Evidence], Finding]] = {
    judge.__name__: judge
    for judge in (
        figures_within,
        paid_within,
        sold_below_cost,
        margins_negative,
        margins_thin,
        rounds_in_gap,
        profit_taken,
        loss_makers,
        users_short,
        firms_lost,
        chain_lost,
        figures_above,
        tariffs_cover,
    )
}
"""The judges by the name that the table uses."""
