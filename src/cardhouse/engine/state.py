"""What moves: the state of every path at the end of a quarter, and the opening state."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cardhouse.engine.chain import HISTORY, Array, Chain

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
    paid_final: Array  # (path, 1): paid final demand in volume
    normal_volume: Array  # (path, line): Qn of the last quarter
    log_growth: Array  # (path, sale): ln G of demand drivers
    log_intensity: Array  # (path, 1): cumulated levers on input use
    capacity: Array  # (path, line)
    pipeline: Array  # (path, lead, line): capacity that enters service in 1, 2 ... quarters
    gross_plant: Array  # (path, line): historical cost
    net_plant: Array  # (path, line)
    plan: Array  # (path, line): capex planned last quarter
    expected_growth: Array  # (path, line): g
    program_index: Array  # (path, firm): budget relative to row 0
    revenue: Array  # (path, firm)
    revenue_history: Array  # (path, quarter back, firm): newest first
    profit: Array  # (path, firm): operating result of the last quarter, before stock pay
    cash: Array  # (path, firm)
    debt: Array  # (path, firm, pool)
    debt_rate: Array  # (path, firm, pool)
    arrears: Array  # (path, firm, node)
    stakes: Array  # (path, firm, firm): strategic stakes at cost
    stress: Array  # (path, firm): x
    alive: NDArray[np.bool_]  # (path, firm)
    confidence: Array  # (path, 1)

    @property
    def paths(self) -> int:
        """Return the number of paths."""
        return int(self.cash.shape[0])


def opening_state(chain: Chain, paths: int, parameters: Parameters) -> State:
    """Return the state at the end of row 0, the accounts, for `paths` equal paths."""
    sales, plants, purses = chain.sales, chain.plants, chain.purses
    lines, firms, nodes, _ = chain.shape

    def spread(values: Array) -> Array:
        return np.broadcast_to(values, (paths, *values.shape)).copy()

    free = np.zeros(lines)
    np.add.at(free, sales.line, np.where(sales.pays > 0, 0.0, sales.volume))
    capacity = chain.volume / plants.utilisation
    revenue = opening_revenue(chain)
    back = np.arange(HISTORY)[:, None]
    growth = np.where(plants.owned, chain.opening_growth, 0.0)
    history = chain.volume * (1.0 + growth) ** -back
    firm_growth = opening_firm_growth(chain)
    revenue_history = revenue * (1.0 + firm_growth) ** -back
    return State(
        price=np.ones((paths, lines)),
        charged=np.ones((paths, lines)),
        volume=spread(chain.volume),
        volume_history=spread(history),
        paid_volume=spread(chain.volume - free),
        paid_final=np.full((paths, 1), sales.volume[sales.pays > 0].sum()),
        normal_volume=spread(chain.volume),
        log_growth=np.zeros((paths, len(sales.line))),
        log_intensity=np.zeros((paths, 1)),
        capacity=spread(np.where(plants.owned, capacity, np.inf)),
        pipeline=spread(_opening_pipeline(chain)),
        gross_plant=spread(plants.gross),
        net_plant=spread(plants.net),
        plan=spread(plants.plan),
        expected_growth=spread(implied_expected_growth(chain)),
        program_index=np.ones((paths, firms)),
        revenue=spread(revenue),
        revenue_history=spread(revenue_history),
        profit=spread(opening_operating_profit(chain)),
        cash=spread(purses.cash),
        debt=spread(chain.debt),
        debt_rate=spread(chain.debt_rate),
        arrears=np.zeros((paths, firms, nodes)),
        stakes=np.zeros((paths, firms, firms)),
        stress=np.zeros((paths, firms)),
        alive=np.ones((paths, firms), dtype=bool),
        confidence=np.ones((paths, 1)),
    )


def opening_revenue(chain: Chain) -> Array:
    """Return each firm's receipts from its lines' sales and revenue shares at row 0 (firm,)."""
    revenue = np.zeros(len(chain.firm_ids))
    line_revenue = chain.sales_by_line.sum(axis=0)
    np.add.at(revenue, chain.firm_of_line, line_revenue)
    return np.asarray(revenue + (line_revenue[:, None] * chain.revenue_share).sum(axis=0))


def opening_firm_growth(chain: Chain) -> Array:
    """Return firms' opening growth a quarter, weighted by the revenue of their lines (firm,)."""
    growth = np.zeros(len(chain.firm_ids))
    weight = np.zeros(len(chain.firm_ids))
    line_revenue = chain.sales_by_line.sum(axis=0)
    np.add.at(growth, chain.firm_of_line, line_revenue * chain.opening_growth)
    np.add.at(weight, chain.firm_of_line, line_revenue)
    return np.asarray(np.where(weight > 0, growth / np.where(weight > 0, weight, 1.0), 0.0))


def opening_operating_profit(chain: Chain) -> Array:
    """Return revenue less cash costs, programs and depreciation of the lines at row 0 (firm,)."""
    _, firms, _, _ = chain.shape
    out = opening_revenue(chain)
    line_revenue = chain.sales_by_line.sum(axis=0)
    cost = (chain.intensity.sum(axis=1) + chain.variable_cost.sum(axis=1)) * chain.volume
    cost += chain.fixed_cost.sum(axis=1) + chain.plants.depreciation
    cost += line_revenue * chain.revenue_share.sum(axis=1)
    spent = np.zeros(firms)
    np.add.at(spent, chain.firm_of_line, cost)
    return np.asarray(
        out - spent - chain.program_line.sum(axis=1) - chain.program_outside.sum(axis=1)
    )


def implied_expected_growth(chain: Chain) -> Array:
    """Return the growth that opening capex implies, solved with order speed 1 (line,).

    ``1 + g* = [u (K + pipeline + I0) / Q]^(1/lead)`` with ``I0 = (capex - replacement)/kappa``;
    zero for lines without plant.
    """
    plants = chain.plants
    safe = np.where(chain.volume > 0, chain.volume, 1.0)
    capacity = chain.volume / plants.utilisation
    replacement = plants.gross / plants.life
    ordered = (plants.plan - replacement) / plants.capital_intensity
    ratio = plants.utilisation * (capacity + plants.under_way + ordered) / safe
    growth = np.maximum(ratio, 1e-6) ** (1.0 / np.maximum(plants.lead, 1)) - 1.0
    return np.asarray(np.where(plants.owned & (chain.volume > 0), growth, 0.0))


def _opening_pipeline(chain: Chain) -> Array:
    """Spread orders under way evenly over the lead time (lead, line)."""
    plants = chain.plants
    longest = int(plants.lead.max(initial=1))
    slots = np.arange(longest)[:, None] < plants.lead
    return np.asarray(np.where(slots, plants.under_way / plants.lead, 0.0))
