"""The document's fragility: who fails and who loses by it, debt by year, profit and loss shares."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from cardhouse.analysis.failures import Failure, failures, links_from
from cardhouse.analysis.fragility import (
    commitments,
    profit_shares,
    repayments_due,
    runway,
)
from cardhouse.engine.resolution import OUTCOMES
from cardhouse.studies.document_journal import cascade_rows
from cardhouse.studies.scenario_times import later
from cardhouse.studies.views import View, named

Row = dict[str, Any]

WALL_QUARTERS = 40
"""How far ahead opening debt is listed by year; what falls due after that stands in one row."""


def fragility_row(view: View) -> Row:
    """Return the fragility of a run."""
    found = failures(view.books, view.drivers.removed)
    shares, index = profit_shares(view.operating_result[0])
    ai_shares, ai_index = profit_shares(view.ai_operating_result[0])
    firms = view.chain.firm_ids
    return {
        "defaults": [_default(view, one, found) for one in found],
        "cascade": cascade_rows(view),
        "loss_links": _loss_links(view, found),
        "loss_by_tier": _loss_by_tier(view, found),
        "maturities": maturities(view),
        "profit_share": named(firms, shares),
        "profit_herfindahl": index,
        "profit_share_ai": named(firms, ai_shares),
        "profit_herfindahl_ai": ai_index,
        "loss_making_share": dataclasses.asdict(view.loss_making["whole"]),
        "loss_making_share_ai": dataclasses.asdict(view.loss_making["ai"]),
        "runway_quarters": dict(zip(firms, runway(view.books), strict=True)),
        "commitments": _commitments(view),
    }


def _default(view: View, one: Failure, all_: list[Failure]) -> Row:
    entity = view.chain.world.entity(view.chain.firm_ids[one.firm])
    return {
        "entity": entity.id,
        "name": entity.name,
        "quarter": view.quarters[one.quarter],
        "owed": one.owed,
        "paid": one.paid,
        "loss_by_holder": _by_name(view, one.losses),
        "stakes_lost": _by_name(view, one.stakes),
        "cause": one.cause,
        "outcome": OUTCOMES[
            view.trajectory.records[one.quarter].outcome[view.books.path, one.firm]
        ],
        "travels": _travels(view, one, all_),
    }


def _by_name(view: View, amounts: Any) -> dict[str, float]:
    return {view.chain.node_ids[node]: float(amount) for node, amount in amounts.items()}


def _travels(view: View, first: Failure, all_: list[Failure]) -> list[str]:
    """Return the firms that fail at or after a failure whose loss reached them, nearest first."""
    reached = [link.holder for link in links_from(first, all_) if link.fails is not None]
    return [view.chain.firm_ids[firm] for firm in dict.fromkeys(reached) if firm != first.firm]


def _loss_links(view: View, found: list[Failure]) -> list[Row]:
    """Return every loss once: whose failure, who loses, how much, when the holder fails too."""
    nodes = view.chain.node_ids
    return [
        {
            "failed": nodes[link.failed],
            "holder": nodes[link.holder],
            "quarter": view.quarters[one.quarter],
            "loss": link.loss,
            "holder_fails": None if link.fails is None else view.quarters[link.fails],
        }
        for one in found
        for link in links_from(one, found)
        if link.failed == one.firm
    ]


def _loss_by_tier(view: View, found: list[Failure]) -> dict[str, float]:
    """Return what each tier was left without in all; outside accounts stand as ``outside``."""
    losses: dict[str, float] = {}
    for one in found:
        for node, amount in one.losses.items():
            tier = view.chain.world.entity(view.chain.node_ids[node]).tier or "outside"
            losses[tier] = losses.get(tier, 0.0) + amount
    return losses


def maturities(view: View) -> list[Row]:
    """Return what opening debt falls due by year; the last row holds all that is later."""
    due, left = repayments_due(view.chain, WALL_QUARTERS)
    base = view.chain.world.base
    years: dict[int, float] = {}
    for number, amount in enumerate(due.tolist(), start=1):
        year = int(later(base, number)[:4])
        years[year] = years.get(year, 0.0) + amount
    rows: list[Row] = [{"year": year, "amount": amount} for year, amount in years.items()]
    if left > 0:
        rows.append({"year": max(years) + 1, "amount": left, "and_later": True})
    return rows if due.any() else []


def _commitments(view: View) -> dict[str, Row]:
    """Return signed commitments to pay of those who have any, beside their cash."""
    found = commitments(view.books)
    return {
        view.chain.firm_ids[at]: {
            "committed": float(found.committed[at]),
            "cash": float(found.cash[at]),
            "times_cash": float(found.to_cash[at]) if found.cash[at] > 0 else None,
        }
        for at in np.flatnonzero(found.committed > 0)
    }
