"""The judges that ``claims.csv`` names: they gather figures, `analysis.claims` decides."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from cardhouse.analysis import claims
from cardhouse.analysis.claims import FAILS, HOLDS, IN_PART, Figure, Finding, Outcome
from cardhouse.analysis.definitions import by_definition
from cardhouse.analysis.parts import ai_lines
from cardhouse.engine.chain import Array
from cardhouse.model.vocabulary import ContractKind as Kind
from cardhouse.studies.claim_evidence import Evidence
from cardhouse.studies.claim_judges_cash import cash_earners
from cardhouse.studies.claim_judges_cost import (
    figures_within,
    margins_negative,
    margins_thin,
    paid_within,
    sold_below_cost,
)
from cardhouse.studies.claim_judges_money import (
    loss_makers,
    profit_taken,
    rounds_in_gap,
    users_short,
)
from cardhouse.studies.claim_judges_prices import prices_fell
from cardhouse.studies.claim_judges_tariffs import tariffs_cover
from cardhouse.studies.claim_judges_then import figures_above, like_then, runways
from cardhouse.studies.claim_table import Claim
from cardhouse.studies.scenario_times import later
from cardhouse.studies.views import View


def firms_lost(row: Claim, evidence: Evidence) -> Finding:
    """Judge how many firms of some tiers need new money: by a scenario, and by their cash today."""
    return by_definition(
        {
            "fail in the scenario": _fail_in_scenario(row, evidence),
            "cash does not last as long at today's burn": _run_dry(row, evidence),
        }
    )


def _run_dry(row: Claim, evidence: Evidence) -> Finding:
    """Judge how many firms' cash lasts for fewer quarters than the claim's, without new money."""
    left = runways(evidence, row.tiers)
    dry = [(quarters is not None and quarters < row.quarters, sales) for quarters, sales in left]
    if not dry:
        return claims.lost_without([], row.low)
    sold = sum(sales for _, sales in dry)
    gone = sum(sales for short, sales in dry if short)
    shares = {
        "firms": sum(short for short, _ in dry) / len(dry),
        "their sales": gone / sold if sold > 0 else 0.0,
    }
    most = max(shares.values())
    words = f"whose cash lasts less than {row.quarters} quarters at today's burn"
    told = claims.sides(
        (share >= row.low, f"Share of {name} {words}: {share:.0%}.")
        for name, share in shares.items()
    )
    ids = [evidence.view.chain.firm_ids[firm] for firm in evidence.firms(row)]
    facts = evidence.flow_facts(Kind.EQUITY, payees=ids)
    return Finding(
        HOLDS if most > claims.MOST else IN_PART if most >= row.low else FAILS,
        tuple(
            Figure(f"share of {name} {words}", share, "share", facts)
            for name, share in shares.items()
        ),
        *told,
    )


def _over(row: Claim, evidence: Evidence, finding: Finding) -> Finding:
    """Return a finding whose figures say over which quarters the scenario runs."""
    base = evidence.world.base
    span = f"{base} to {later(base, row.quarters)}, simulated"
    return replace(finding, figures=tuple(replace(one, when=span) for one in finding.figures))


def _fail_in_scenario(row: Claim, evidence: Evidence) -> Finding:
    """Judge how many firms of some tiers a scenario kills, and what they sell."""
    firms = evidence.firms(row)
    if not firms:
        return claims.lost_without([], row.low)
    moved, still = evidence.runs(row)
    dead, revenue, names = _dead(moved, firms, row.quarters)
    dead_anyway, _, _ = _dead(still, firms, row.quarters)
    lost = claims.lost_without(
        [
            Outcome("Firms", float(dead.mean()), float(dead_anyway.mean()), names),
            Outcome("Their sales today", _share(revenue, dead), _share(revenue, dead_anyway)),
        ],
        row.low,
    )
    return _over(row, evidence, lost)


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
    outcomes = {"firms": Outcome("Firms", float(dead.mean()), float(dead_anyway.mean()), names)}
    for words, record in (("AI sales", "line_revenue"), ("AI capital spending", "capex")):
        left, usual = (
            run.trajectory.of_record(record)[row.quarters, ai].sum() for run in (moved, still)
        )
        gone = max(0.0, 1.0 - float(left / usual)) if usual > 0 else 0.0
        outcomes[words] = Outcome(f"{words} after {row.quarters} quarters", gone, 0.0)
    judged = by_definition(
        {
            words: _over(row, evidence, claims.lost_without([one], row.low))
            for words, one in outcomes.items()
        }
    )
    facts = evidence.flow_facts(Kind.EQUITY) + evidence.flow_facts(Kind.DEBT_DRAWN)
    raised = float(evidence.view.books.raised[0].sum())
    shown = Figure("new money raised in the base quarter", raised, "USD bn a quarter", facts)
    return replace(judged, figures=(*judged.figures, shown))


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
        prices_fell,
        like_then,
        cash_earners,
        tariffs_cover,
    )
}
"""The judges by the name that the table uses."""
