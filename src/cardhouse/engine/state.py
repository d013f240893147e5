"""What moves: the state of every path at the end of a quarter, and the opening state."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cardhouse.engine.arrays import HISTORY, KIND, Array, Chain, Mask
from cardhouse.engine.sums import ratio

Parameters = dict[str, Array]
"""Behavioural parameters by name, each (path, 1)."""


@dataclass(frozen=True)
class State:
    """State at the end of a quarter; leading axis path throughout."""

    price: Array  # (path, line): law-driven price, before a lever's factor
    charged: Array  # (path, line): price that buyers paid, lever included
    volume: Array  # (path, line)
    volume_history: Array  # (path, quarter back, line): newest first
    paid_volume: Array  # (path, line): volume that somebody pays for
    own_volume: Array  # (path, line): volume used by the seller's own parent
    paid_final: Array  # (path, 1): paid final demand in volume
    final_value: Array  # (path, 1): the same at the prices charged
    normal_volume: Array  # (path, line): Qn of the last quarter
    log_growth: Array  # (path, sale): ln G of demand drivers
    log_intensity: Array  # (path, 1): cumulated levers on input use
    capacity: Array  # (path, line): 0 for lines without plant, which have no limit
    pipeline: Array  # (path, slot, line): capacity that enters service in 1, 2 ... quarters
    vintages: Array  # (path, age, line): historical cost of plant by age, newest first
    net_plant: Array  # (path, line): what is left of historical cost
    plant_worth: Array  # (path, line): net plant at today's price of plant
    plan: Array  # (path, line): capex planned last quarter
    expected_growth: Array  # (path, line): g
    program_index: Array  # (path, firm): budget relative to row 0
    revenue: Array  # (path, firm)
    revenue_history: Array  # (path, quarter back, firm): newest first
    profit: Array  # (path, firm): operating result of the last quarter, before stock pay
    worn: Array  # (path, firm): depreciation of the last quarter
    cash: Array  # (path, firm)
    debt: Array  # (path, firm, pool)
    debt_rate: Array  # (path, firm, pool)
    arrears: Array  # (path, firm, node)
    stakes: Array  # (path, node, firm): equity held in firms, at cost; of pools since row 0
    stress: Array  # (path, firm): x
    alive: Mask  # (path, firm)
    confidence: Array  # (path, 1)
    explosive: Mask  # (path, 1): needs more of itself than it makes; held where it was

    @property
    def paths(self) -> int:
        """Return the number of paths."""
        return int(self.cash.shape[0])


def opening_state(chain: Chain, paths: int, ages: int = 1) -> State:
    """Return the state at the end of row 0, the accounts, for `paths` equal paths.

    ``ages`` is the number of vintages to keep, at least those of row 0.
    """
    sales, plants = chain.sales, chain.plants
    lines, firms, nodes, _ = chain.shape

    def spread(values: Array) -> Array:
        return np.broadcast_to(values, (paths, *values.shape)).copy()

    free, own = np.zeros(lines), np.zeros(lines)
    np.add.at(free, sales.line, np.where(sales.pays > 0, 0.0, sales.volume))
    np.add.at(own, sales.line, sales.volume * sales.own_use)
    back = np.arange(HISTORY)[:, None]
    revenue, worn = opening_revenue(chain), np.zeros(firms)
    np.add.at(worn, chain.firm_of_line, plants.depreciation)
    paid = np.full((paths, 1), sales.volume[sales.pays > 0].sum())
    vintages = np.zeros((max(ages, len(plants.vintages)), lines))
    vintages[: len(plants.vintages)] = plants.vintages
    return State(
        price=np.ones((paths, lines)),
        charged=np.ones((paths, lines)),
        volume=spread(chain.volume),
        volume_history=spread(chain.volume * (1.0 + chain.opening_growth) ** -back),
        paid_volume=spread(chain.volume - free),
        own_volume=spread(own),
        paid_final=paid,
        final_value=paid,
        normal_volume=spread(chain.volume),
        log_growth=np.zeros((paths, len(sales.line))),
        log_intensity=np.zeros((paths, 1)),
        capacity=spread(plants.capacity),
        pipeline=spread(_opening_pipeline(chain)),
        vintages=spread(vintages),
        net_plant=spread(plants.net),
        plant_worth=spread(plants.net),
        plan=spread(plants.plan),
        expected_growth=spread(implied_expected_growth(chain)),
        program_index=np.ones((paths, firms)),
        revenue=spread(revenue),
        revenue_history=spread(revenue * (1.0 + opening_firm_growth(chain)) ** -back),
        profit=spread(opening_operating_profit(chain)),
        worn=spread(worn),
        cash=spread(chain.purses.cash),
        debt=spread(chain.debt),
        debt_rate=spread(chain.debt_rate),
        arrears=np.zeros((paths, firms, nodes)),
        stakes=spread(chain.stakes),
        stress=np.zeros((paths, firms)),
        alive=np.ones((paths, firms), dtype=bool),
        confidence=np.ones((paths, 1)),
        explosive=np.zeros((paths, 1), dtype=bool),
    )


def opening_revenue(chain: Chain) -> Array:
    """Return each firm's receipts from its lines' sales and revenue shares at row 0 (firm,)."""
    firms = len(chain.firm_ids)
    revenue = np.zeros(firms)
    np.add.at(revenue, chain.firm_of_line, chain.sales_by_line.sum(axis=0))
    return np.asarray(revenue + chain.flows[KIND["revenue_share"], :, :firms].sum(axis=0))


def opening_firm_growth(chain: Chain) -> Array:
    """Return firms' opening growth a quarter, weighted by the revenue of their lines (firm,)."""
    growth = np.zeros(len(chain.firm_ids))
    weight = np.zeros(len(chain.firm_ids))
    line_revenue = chain.sales_by_line.sum(axis=0)
    np.add.at(growth, chain.firm_of_line, line_revenue * chain.opening_growth)
    np.add.at(weight, chain.firm_of_line, line_revenue)
    return ratio(growth, weight)


def opening_operating_profit(chain: Chain) -> Array:
    """Return revenue and other business less cash costs, programs and depreciation (firm,)."""
    firms = len(chain.firm_ids)
    costs = [KIND[name] for name in ("input", "cost", "program", "revenue_share")]
    spent = chain.flows[costs, :firms].sum(axis=(0, 2))
    np.add.at(spent, chain.firm_of_line, chain.plants.depreciation)
    return np.asarray(opening_revenue(chain) + chain.purses.other_business - spent)


def implied_expected_growth(chain: Chain) -> Array:
    """Return the growth that opening capex implies, solved with order speed 1 (line,).

    ``1 + g* = [u (K + pipeline + I0) / Q]^(1/lead)`` with ``I0 = (capex - replacement)/kappa``;
    zero for lines without plant.
    """
    plants = chain.plants
    have = plants.capacity + plants.under_way + _ordered_at_row_0(chain)
    needed = ratio(plants.utilisation * have, chain.volume, 1.0)
    growth = np.maximum(needed, 1e-6) ** (1.0 / plants.lead) - 1.0
    return np.asarray(np.where(plants.owned & (chain.volume > 0), growth, 0.0))


def _ordered_at_row_0(chain: Chain) -> Array:
    """Return the capacity that capex of row 0 added or, below replacement, took away (line,)."""
    plants = chain.plants
    replacement = plants.gross / plants.opening_life
    ordered = (plants.plan - replacement) / plants.capital_intensity
    return np.asarray(np.where(plants.owned, ordered, 0.0))


def _opening_pipeline(chain: Chain) -> Array:
    """Return capacity by quarters until it is in service (quarter ahead, line).

    What is in slot k enters service at the end of quarter k + 1. Older orders are spread evenly
    over the slots they can still be in; what row 0 ordered comes last.
    """
    lead = chain.plants.lead
    slot = np.arange(max(int(lead.max(initial=1)) - 1, 1))[:, None]
    may_hold = np.where(slot < np.maximum(lead - 2, 1), 1.0, 0.0)
    older = chain.plants.under_way * may_hold / may_hold.sum(axis=0)
    ordered = np.maximum(_ordered_at_row_0(chain), 0.0)
    return np.asarray(older + np.where(slot == np.maximum(lead - 2, 0), ordered, 0.0))
