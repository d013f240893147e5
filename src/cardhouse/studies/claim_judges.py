"""The judges that ``claims.csv`` names: they gather figures, `analysis.claims` decides."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from cardhouse.analysis import claims
from cardhouse.analysis.claims import FAILS, HOLDS, IN_PART, Figure, Finding, Outcome
from cardhouse.analysis.definitions import by_definition
from cardhouse.analysis.parts import ai_lines
from cardhouse.analysis.shortfalls import Course, distances, lost_at_worst
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
    named = _named_alone(moved, still, firms, row.quarters)
    lost = claims.lost_without(
        [
            Outcome("Firms", float(dead.mean()), float(dead_anyway.mean()), names,
                    _counted(moved, firms)),
            Outcome("Their sales today", _share(revenue, dead), _share(revenue, dead_anyway)),
        ],
        row.low,
    )  # fmt: skip
    return _over(row, evidence, lost if named is None else _with_named(row, lost, named))


def _with_named(row: Claim, found: Finding, named: Outcome) -> Finding:
    """Return a finding that shows the firms without assumed ones beside it, and judges nothing."""
    beside = claims.lost_without([named], row.low)
    supports, opposes = claims.sides(
        [
            (
                named.lost - named.lost_anyway >= row.low,
                f"{named.what}: {named.lost:.0%} lost, {named.note}.",
            )
        ]
    )
    return replace(
        found,
        figures=(*found.figures, *beside.figures),
        supports=found.supports + supports,
        opposes=found.opposes + opposes,
    )


ASSUMED = "assumed small firms"
"""What members of populations are called: how many they are, and their sizes, are assumptions."""


def _assumed(view: View, firms: Sequence[int]) -> dict[str, int]:
    """Return how many of some firms are members of populations, by the population's name."""
    chain = view.chain
    ids = [chain.firm_ids[firm] for firm in firms]
    return {
        chain.world.entity(name).name: len(view.fates[name].members)
        for name in ids
        if name in view.fates
    }


def _counted(view: View, firms: Sequence[int]) -> str:
    """Return how many firms are counted, and how many of them are assumed."""
    assumed = _assumed(view, firms)
    told = sum(assumed.values())
    whole = told + len(firms) - len(assumed)
    if not told:
        return f"of {whole} firms"
    return f"of {whole} firms {told} are {ASSUMED} ({', '.join(assumed)})"


def _named_alone(moved: View, still: View, firms: Sequence[int], quarters: int) -> Outcome | None:
    """Return what becomes of the firms that are no members of populations.

    None where there are no such firms, or no others.
    """
    alone = [one for one in firms if moved.chain.firm_ids[one] not in moved.fates]
    if len(alone) in (0, len(firms)):
        return None
    dead, _, names = _dead(moved, alone, quarters)
    anyway, _, _ = _dead(still, alone, quarters)
    note = f"{dead.sum():.0f} of {len(alone)} firms"
    what = f"Firms without the {ASSUMED}"
    return Outcome(what, float(dead.mean()), float(anyway.mean()), names, note)


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


AI_MEASURES = {"AI sales": "line_revenue", "AI capital spending": "capex"}


def chain_lost(row: Claim, evidence: Evidence) -> Finding:
    """Judge how much of the chain a scenario takes: firms, AI sales, AI capital spending.

    Firms that have failed by the end of the run count, since they stay failed and may fail late.
    Sales and spending are judged in their worst quarter: the last one may show the recovery.
    """
    moved, still = evidence.runs(row)
    found = _firms_gone(row, evidence, moved, still)
    names = [later(evidence.world.base, at) for at in range(1, row.quarters + 1)]
    ai = ai_lines(evidence.view.chain)
    for words, record in AI_MEASURES.items():
        left, usual = (
            run.trajectory.of_record(record)[1 : row.quarters + 1, ai].sum(axis=1)
            for run in (moved, still)
        )
        course = Course(words, left.tolist(), usual.tolist(), names)
        found[f"{words}, worst quarter"] = lost_at_worst(course, row.low)
    judged = by_definition(found)
    facts = evidence.flow_facts(Kind.EQUITY) + evidence.flow_facts(Kind.DEBT_DRAWN)
    raised = float(evidence.view.books.raised[0].sum())
    shown = Figure("new money raised in the base quarter", raised, "USD bn a quarter", facts)
    return replace(judged, figures=(*judged.figures, shown))


def _firms_gone(row: Claim, evidence: Evidence, moved: View, still: View) -> dict[str, Finding]:
    """Judge what share of firms a scenario takes, with and without those that are assumed."""
    firms = range(len(evidence.view.chain.firm_ids))
    dead, _, names = _dead(moved, firms, row.quarters)
    anyway, _, _ = _dead(still, firms, row.quarters)
    whole = Outcome(
        "Firms", float(dead.mean()), float(anyway.mean()), names, _counted(moved, firms)
    )
    named = _named_alone(moved, still, firms, row.quarters)
    outcomes = {"firms": whole}
    if named is not None:
        outcomes = {f"firms, {ASSUMED} among them": whole, f"firms without the {ASSUMED}": named}
    return {
        words: _over(row, evidence, claims.lost_without([_with_distance(one, row)], row.low))
        for words, one in outcomes.items()
    }


def _with_distance(one: Outcome, row: Claim) -> Outcome:
    """Return an outcome that says how far it is from the thresholds."""
    return replace(one, note=f"{one.note}; {distances(one.lost - one.lost_anyway, row.low)}")


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
