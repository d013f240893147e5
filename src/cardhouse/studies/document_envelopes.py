"""The document's back-of-envelopes: published ones, and the same arithmetic on these accounts."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np

from cardhouse.analysis.cost_of_service import service_costs
from cardhouse.analysis.investment import Envelope
from cardhouse.analysis.parts import ai_lines
from cardhouse.analysis.use_cost import UseCost, plant_sellers
from cardhouse.engine.chain import Index
from cardhouse.facts import Fact, FactTable
from cardhouse.studies.views import View

Row = dict[str, Any]

PUBLISHED = {
    "check_sequoia_2023": "Cahn, Sequoia: the $200 bn question (2023)",
    "check_sequoia_2024": "Cahn, Sequoia: the $600 bn question (2024)",
}
"""Published envelopes by the entity of their facts."""

TERMS_FROM = "check_sequoia_2023"
"""Whose facts hold the multiplier and the margin that the later edition kept."""


def envelope_rows(view: View, use: UseCost, facts: FactTable | None) -> list[Row]:
    """Return the envelopes: published, ours on published terms, ours on the accounts' terms.

    Parameters
    ----------
    view, use
        The run, and what AI use costs and brings in.
    facts
        The facts that hold the published ones; none: ours on the accounts' terms alone.
    """
    published = [] if facts is None else _published(facts, view.chain.world.as_of)
    ours = _ours(view, use)
    if ours is None:
        return published
    rows = [_told("accounts", "These accounts, all terms their own", ours, [])]
    if published:
        terms = published[-1]
        on_terms = Envelope(ours.run_rate, terms["multiplier"], terms["gross_margin"], ours.revenue)
        words = "These accounts, on the published multiplier and margin"
        rows.insert(0, _told("accounts_on_published_terms", words, on_terms, []))
    return [*published, *rows]


def _told(name: str, words: str, one: Envelope, facts: list[str]) -> Row:
    return {
        "id": name,
        "name": words,
        "published": bool(facts),
        "run_rate_usd_bn": one.run_rate,
        "multiplier": one.multiplier,
        "gross_margin": one.gross_margin,
        "spend_usd_bn": one.spend,
        "revenue_needed_usd_bn": one.needed,
        "revenue_usd_bn": one.revenue,
        "hole_usd_bn": one.hole,
        "facts": facts,
    }


def _published(facts: FactTable, as_of: str) -> list[Row]:
    """Return the published envelopes known by a day, recomputed from their published inputs.

    The revenue that they take as given is what their hole leaves of the revenue they require.
    """
    known = dt.date.fromisoformat(as_of)
    rows = []
    for entity, words in PUBLISHED.items():
        wanted = {
            "run_rate": (entity, "input_nvidia_dc_run_rate"),
            "multiplier": (TERMS_FROM, "input_dc_cost_multiple"),
            "gross_margin": (TERMS_FROM, "input_end_user_gross_margin"),
            "needed": (entity, "result_required_revenue"),
            "hole": (entity, "result_gap"),
        }
        found = {name: _newest(facts, *one, known) for name, one in wanted.items()}
        if all(found.values()):
            rows.append(_recomputed(entity, words, {k: f for k, f in found.items() if f}))
    return rows


def _recomputed(entity: str, words: str, found: dict[str, Fact]) -> Row:
    value = {name: fact.number for name, fact in found.items()}
    terms = (value["run_rate"], value["multiplier"], value["gross_margin"])
    one = Envelope(*terms, value["needed"] - value["hole"])
    return _told(entity, words, one, [fact.id for fact in found.values()])


def _newest(facts: FactTable, entity: str, metric: str, known: dt.date) -> Fact | None:
    told = [one for one in facts.find(entity, metric) if one.known_from <= known]
    return max(told, key=lambda one: one.period_end, default=None)


def _ours(view: View, use: UseCost) -> Envelope | None:
    """Return the arithmetic on the accounts, a quarter taken four times; None without plant.

    Accelerators are what sellers of AI plant sell, to buyers outside the chain too. The multiplier
    is all AI capex over the part of it that these sellers get. The margin is that of AI lines
    without plant of their own that sell to final users.
    """
    chain = view.chain
    sellers = plant_sellers(chain) & ai_lines(chain)
    sold = float(view.books.line_revenue[0, sellers].sum())
    capex, to_sellers = _capex(view, np.flatnonzero(sellers))
    margin = _margin(view)
    if sold <= 0.0 or to_sellers <= 0.0 or margin is None or margin >= 1.0:
        return None
    return Envelope(4.0 * sold, capex / to_sellers, margin, 4.0 * float(use.receipts[0]))


def _capex(view: View, sellers: Index) -> tuple[float, float]:
    """Return AI capex of the base quarter, and what sellers of AI plant get of it."""
    ai = view.books.capex[0] * ai_lines(view.chain)
    return float(ai.sum()), float((ai[:, None] * view.chain.plants.from_line)[:, sellers].sum())


def _margin(view: View) -> float | None:
    """Return the gross margin of end users' suppliers: AI lines that own no plant and sell none."""
    chain = view.chain
    to_users = view.trajectory.records[0].by_line[view.books.path][view.books.firms :].sum(axis=0)
    counts = ai_lines(chain) & ~plant_sellers(chain) & ~chain.plants.owned & (to_users > 0)
    revenue = float(view.books.line_revenue[0, counts].sum())
    if revenue <= 0.0:
        return None
    direct = float(service_costs(view.books, view.costs).direct[counts].sum())
    return 1.0 - direct / revenue
