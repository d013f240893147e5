"""The judge of who earns cash: from AI business in a quarter, and as whole firms over years."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from cardhouse.analysis import claims
from cardhouse.analysis.claims import FAILS, HOLDS, IN_PART, UNDETERMINED, Figure, Finding
from cardhouse.analysis.definitions import by_definition
from cardhouse.analysis.parts import ai_lines
from cardhouse.analysis.spans import Span, completed, cover, days_missing
from cardhouse.analysis.use_cost import plant_sellers
from cardhouse.facts import Fact
from cardhouse.studies.claim_evidence import SHOWN_FACTS, Evidence
from cardhouse.studies.claim_table import Claim
from cardhouse.studies.document_people import last_day
from cardhouse.studies.fact_choice import facts_of, read_wishes

HISTORY_FROM = dt.date(2022, 12, 1)
"""Published results of periods that begin on this day or later are added up."""

LATER_DAYS = 31
"""Quarters of firms whose year ends in January end a month after those of the calendar."""

TOLD = 0.05
"""USD bn below which who earned or burned cash is not told in a sentence."""

SIGNS = {"cash_burn": -1.0}
"""Published figures that count what is lost."""


def cash_earners(row: Claim, evidence: Evidence) -> Finding:
    """Judge whether only sellers of plant earn cash: from AI in the quarter, as whole firms."""
    view, by_id = evidence.view, evidence.world.by_id
    ids = view.chain.firm_ids
    sellers = _plant_firms(evidence)
    quarter = {
        by_id[one].name: float(cash) for one, cash in zip(ids, view.ai_cash_result[0], strict=True)
    }
    takers = {by_id[ids[firm]].name for firm in sellers}
    found = {
        "AI business in the base quarter, plant paid": _earned(
            quarter, takers, row.low, "in the quarter from AI", _quarter_facts(evidence)
        )
    }
    history = _history(row, evidence)
    if history:
        totals = {name: sum(one.amount for one in spans) for name, spans in history.items()}
        facts = {
            name: tuple(dict.fromkeys(fact for one in spans for fact in one.facts))
            for name, spans in history.items()
        }
        words = "in free cash since 2023, all business"
        whole = _earned(totals, takers, row.low, words, facts)
        whole = replace(
            whole,
            figures=tuple(_spoken_of(one, history) for one in whole.figures)
            + _not_on_file(takers, history),
        )
        found["whole firms, free cash filed or told since 2023"] = whole
    judged = by_definition(found)
    run = _over_the_run(evidence)
    return Finding(
        judged.verdict, (*judged.figures, *run), judged.supports, judged.opposes,
        judged.by_definition,
    )  # fmt: skip


def _spoken_of(figure: Figure, history: Mapping[str, list[Span]]) -> Figure:
    """Return a figure with the time that its reports cover, and how many days none covers."""
    spans = next((spans for name, spans in history.items() if f" {name} " in figure.name), None)
    if spans is None:
        return figure
    first, last = (
        dt.date.fromordinal(day)
        for day in (min(one.first for one in spans), max(one.last for one in spans))
    )
    gap = days_missing(spans)
    missing = f", {gap} days not on file" if gap else ""
    return replace(figure, when=f"{first:%Y-%m} to {last:%Y-%m}{missing}")


def _not_on_file(takers: set[str], history: Mapping[str, list[Span]]) -> tuple[Figure, ...]:
    """Return the sellers of plant whose free cash nobody told."""
    absent = sorted(takers - set(history))
    words = "sellers of plant whose free cash is not on file"
    return (Figure(words, ", ".join(absent), ""),) if absent else ()


def _quarter_facts(evidence: Evidence) -> dict[str, tuple[str, ...]]:
    """Return facts on the flows of each firm and its lines."""
    chain, by_id = evidence.view.chain, evidence.world.by_id
    return {
        by_id[name].name: evidence.facts_on(
            name, *(chain.line_ids[at] for at in np.flatnonzero(chain.firm_of_line == firm))
        )[:3]
        for firm, name in enumerate(chain.firm_ids)
    }


def _plant_firms(evidence: Evidence) -> list[int]:
    """Return the firms that sell the plant of AI lines."""
    chain = evidence.view.chain
    return sorted(set(chain.firm_of_line[plant_sellers(chain) & ai_lines(chain)].tolist()))


def _earned(
    earned: Mapping[str, float],
    takers: set[str],
    some: float,
    words: str,
    facts: Mapping[str, tuple[str, ...]],
) -> Finding:
    """Return whether those who earn cash are the takers: nearly all of it, most of it, less."""
    total = sum(one for one in earned.values() if one > 0)
    if total <= 0.0 or not takers & set(earned):
        return Finding(UNDETERMINED)
    share = sum(one for name, one in earned.items() if one > 0 and name in takers) / total
    verdict = HOLDS if share >= 1.0 - some else IN_PART if share > claims.MOST else FAILS
    largest = sorted(earned.items(), key=lambda one: -abs(one[1]))
    figures = [Figure(f"share of sellers of plant in cash earned {words}", share, "share")]
    figures += [
        Figure(f"cash earned by {name} {words}", one, "USD bn", facts.get(name, ()))
        for name, one in largest
        if one
    ]
    told = [
        ((name in takers) == (one > 0), f"{name}: {abs(one):.1f} bn {_does(one)} {words}.")
        for name, one in largest
        if abs(one) >= TOLD
    ]
    return Finding(verdict, tuple(figures), *claims.sides(told))


def _does(cash: float) -> str:
    return "earned" if cash > 0 else "burned"


def _history(row: Claim, evidence: Evidence) -> dict[str, list[Span]]:
    """Return published cash results of each firm up to the base quarter, no day counted twice.

    What a long report leaves beside shorter ones counts as a report. None reaches more than a month
    beyond the base quarter, as the quarters of some firms do.
    """
    if evidence.facts is None:
        return {}
    end = last_day(evidence.world.base)
    spans: dict[str, list[Span]] = {}
    for wish in read_wishes(row.facts):
        for fact in facts_of(evidence.facts, wish.terms[0]):
            if fact.period_start >= HISTORY_FROM and not fact.item and fact.basis != "guidance":
                spans.setdefault(_name(fact, evidence), []).append(_span(fact))
    last = end.toordinal() + LATER_DAYS
    kept = {
        name: cover([one for one in completed(told) if one.last <= last])
        for name, told in spans.items()
    }
    return {name: told for name, told in kept.items() if told}


def _name(fact: Fact, evidence: Evidence) -> str:
    by_id = evidence.world.by_id
    return by_id[fact.entity].name if fact.entity in by_id else fact.entity.replace("_", " ")


def _span(fact: Fact) -> Span:
    amount = fact.number * SIGNS.get(fact.metric, 1.0)
    return Span(fact.period_start.toordinal(), fact.period_end.toordinal(), amount, (fact.id,))


def _over_the_run(evidence: Evidence) -> tuple[Figure, ...]:
    """Return the largest cash results of AI business cumulated over the run, if it has quarters."""
    view = evidence.view
    if view.books.rows < 2:
        return ()
    total = view.ai_cash_result.sum(axis=0)
    words = f"{view.quarters[0]} to {view.quarters[-1]}, simulated"
    largest = sorted(range(len(total)), key=lambda firm: -abs(float(total[firm])))[:SHOWN_FACTS]
    names = evidence.world.by_id
    return tuple(
        Figure(
            f"cash from AI of {names[view.chain.firm_ids[firm]].name}, {words}",
            float(total[firm]),
            "USD bn",
        )
        for firm in largest
    )
