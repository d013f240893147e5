"""Judges of whose money it is: who fills gaps, who takes profit, who earns cash."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from cardhouse.analysis import claims
from cardhouse.analysis.cash_gaps import gaps_by_source
from cardhouse.analysis.claims import FAILS, HOLDS, IN_PART, UNDETERMINED, Figure, Finding
from cardhouse.analysis.definitions import by_definition
from cardhouse.analysis.fragility import LossMaking, loss_making, users_spending
from cardhouse.analysis.parts import ai_lines
from cardhouse.analysis.use_cost import plant_sellers, use_cost
from cardhouse.engine.chain import Array
from cardhouse.model.vocabulary import ContractKind as Kind
from cardhouse.studies.claim_evidence import Evidence
from cardhouse.studies.claim_groups import Result, group_results, unit_results
from cardhouse.studies.claim_table import Claim

USE_MEASURES = {
    "with_programs": "of cost, training and research included",
    "without_programs": "of cost, training and research apart",
    "cash": "of cost, counted in cash",
    "sold_use": "of cost, use by the sellers' own parents apart",
}
"""How the measures of `cardhouse.analysis.use_cost` are called in a sentence."""


def rounds_in_gap(row: Claim, evidence: Evidence) -> Finding:
    """Judge how much of the cash that customers did not pay came from new equity.

    Of the firms in the claim's tiers, and of all AI business, capital spending included.
    """
    ledger = evidence.view.ledger
    firms = evidence.firms(row)
    some = ledger.by_source[0, firms].sum(axis=0)
    everyone = _ai_gaps(evidence).sum(axis=0)
    ids = [evidence.view.chain.firm_ids[firm] for firm in firms]
    equity = evidence.flow_facts(Kind.EQUITY, payees=ids)
    narrow = _filled(row, evidence, ledger.sources, some, "")
    wide = _filled(row, evidence, ledger.sources, everyone, " (all AI business)")
    cited = Figure("new equity of the quarter", _new_equity(evidence, firms), "USD bn", equity)
    narrow = Finding(narrow.verdict, (*narrow.figures, cited), narrow.supports, narrow.opposes)
    return by_definition({"apps and labs": narrow, "all AI business, with its plant": wide})


def _ai_gaps(evidence: Evidence) -> Array:
    """Return who covered the AI business's lack of cash in the base quarter (firm, source)."""
    view = evidence.view
    part = ai_lines(view.chain)
    return np.asarray(gaps_by_source(view.books, view.costs, part, view.ai_ledger)[0])


def _new_equity(evidence: Evidence, firms: Sequence[int]) -> float:
    return float(evidence.view.books.received_of((Kind.EQUITY,))[0, list(firms)].sum())


def _filled(
    row: Claim, evidence: Evidence, sources: Sequence[str], amounts: Array, of: str
) -> Finding:
    """Return how much of a gap new equity paid, from pools of equity and from firms."""
    equity = {pool.id for pool in evidence.world.pools if pool.instrument == "equity"}
    investors = equity | set(evidence.view.chain.firm_ids)
    paid = {name: float(one) for name, one in zip(sources, amounts, strict=True) if one > 0}
    named = {name: _source_words(name, evidence) for name in paid}
    return claims.gap_filled(
        {named[name]: one for name, one in paid.items()},
        {named[name]: one for name, one in paid.items() if name in investors},
        row.low,
        of,
    )


SOURCE_WORDS = {
    "other_lines": "the firms' other lines",
    "cash": "cash held before",
    "unpaid_bills": "bills left unpaid",
}
"""How sources of a ledger that are no entity are called in a sentence."""


def _source_words(name: str, evidence: Evidence) -> str:
    by_id = evidence.world.by_id
    if name in by_id:
        return by_id[name].name
    return SOURCE_WORDS.get(name, name.replace("_", " "))


GROUPS = "whole groups, operating income as published"
DIVISIONS = "divisions as filed and lines in the accounts, own use left out"
IN_ACCOUNTS = "business in the accounts, own use at cost"
AI_ALONE = "AI business alone"


def profit_taken(row: Claim, evidence: Evidence) -> Finding:
    """Judge whether firms of some tiers take the operating profit, by perimeter.

    Of AI business; of divisions as filed and lines, without own use; of whole groups.
    """
    ids = evidence.view.chain.firm_ids
    takers = {ids[firm] for firm in evidence.firms(row)}
    perimeters = {
        AI_ALONE: _ai_results(evidence),
        DIVISIONS: unit_results(evidence),
        GROUPS: group_results(row, evidence),
    }
    found = {
        words: claims.takes_profit(
            {one.name: one.profit for one in results.values()},
            [one.name for name, one in results.items() if evidence.world.purse_of(name) in takers],
            words,
            {one.name: one.facts for one in results.values()},
        )
        for words, results in perimeters.items()
    }
    judged = by_definition(found)
    supports, opposes = claims.sides(_ranges(judged))
    return replace(judged, supports=supports + judged.supports, opposes=opposes + judged.opposes)


def _ranges(judged: Finding) -> list[tuple[bool, str]]:
    """Return what the largest taker, and the claim's firms together, take by perimeter."""
    shares: dict[str, dict[str, float]] = {}
    for one in judged.figures:
        for perimeter in (AI_ALONE, DIVISIONS, GROUPS):
            who = one.name.removeprefix(claims.PROFIT_OF).removesuffix(f", {perimeter}")
            if one.name == f"{claims.PROFIT_OF}{who}, {perimeter}" and isinstance(one.value, float):
                shares.setdefault(who, {})[perimeter] = one.value
    together = shares.pop(claims.TOGETHER, {})
    first = max(shares, key=lambda who: shares[who].get(AI_ALONE, 0.0), default="")
    told = [claims.range_of_shares(shares[first], first)] if len(shares.get(first, {})) > 1 else []
    if len(together) > 1:
        told.append(claims.range_of_shares(together, "All that the claim speaks of"))
    return told


def _ai_results(evidence: Evidence) -> dict[str, Result]:
    """Return firms' operating results of AI business as the accounts have them."""
    view, by_id = evidence.view, evidence.world.by_id
    return {
        name: Result(
            by_id[name].name,
            float(view.ai_ledger.revenue[0, firm]),
            float(view.ai_operating_result[0, firm]),
            evidence.facts_on(name, *_lines_of(evidence, firm)),
        )
        for firm, name in enumerate(view.chain.firm_ids)
    }


def _lines_of(evidence: Evidence, firm: int) -> list[str]:
    chain = evidence.view.chain
    return [chain.line_ids[at] for at in np.flatnonzero(chain.firm_of_line == firm)]


def loss_makers(row: Claim, evidence: Evidence) -> Finding:
    """Judge whether most of it loses money: AI business, business in the accounts, groups."""
    view = evidence.view
    facts = evidence.facts_on(*view.chain.firm_ids, *view.chain.line_ids)
    groups = list(group_results(row, evidence).values())
    users = ~plant_sellers(view.chain)
    whole = loss_making(
        np.array([one.profit for one in groups]),
        np.array([one.revenue for one in groups]),
        users_spending(view.books, 0, users),
    )
    found = {
        AI_ALONE: (view.loss_making["ai"], facts),
        IN_ACCOUNTS: (view.loss_making["whole"], facts),
        GROUPS: (whole, tuple(dict.fromkeys(one for group in groups for one in group.facts[:2]))),
    }
    return by_definition(
        {words: claims.mostly(_shares(one, words), told) for words, (one, told) in found.items()}
    )


def _shares(found: LossMaking, words: str) -> dict[str, float | None]:
    return {
        f"number of firms, {words}": found.firms,
        f"sales, {words}": found.revenue,
        f"what users spend, {words}": found.users_spending,
    }


def users_short(row: Claim, evidence: Evidence) -> Finding:
    """Judge whether users pay less than their use costs, and whether investors pay the rest."""
    view = evidence.view
    cost = use_cost(view.books, view.costs)
    short = claims.not_covered(
        {words: cost.paid_per_dollar(name)[0] for name, words in USE_MEASURES.items()},
        evidence.flow_facts(Kind.SALE),
    )
    return by_definition(
        {
            "users do not pay the cost": short,
            "investors pay most of the rest": _others(row, evidence),
        }
    )


def _others(row: Claim, evidence: Evidence) -> Finding:
    """Judge whether outside investors and lenders pay most of the AI business's lack of cash."""
    by_source = _ai_gaps(evidence).sum(axis=0)
    sources = evidence.view.ai_ledger.sources
    pools = {pool.id for pool in evidence.world.pools}
    gap = float(by_source.sum())
    if gap <= 0.0:
        return Finding(UNDETERMINED)
    given = {name: float(one) for name, one in zip(sources, by_source, strict=True) if one > 0}
    outside = sum(one for name, one in given.items() if name in pools) / gap
    some = row.low if np.isfinite(row.low) else claims.MOST
    verdict = HOLDS if outside > claims.MOST else IN_PART if outside >= some else FAILS
    lacks = f"of the {gap:.2f} bn that AI business lacks in cash came from"
    told = [
        (name in pools, f"{one:.2f} {lacks} {_source_words(name, evidence)}.")
        for name, one in sorted(given.items(), key=lambda one: -one[1])
    ]
    figures = (
        Figure("cash that AI business lacks, plant included", gap, "USD bn a quarter"),
        Figure("paid by outside investors and lenders", outside, "share"),
    )
    return Finding(verdict, figures, *claims.sides(told))
