"""Prices: what a unit costs, and how a seller's price follows it.

Service cost covers inputs, outside cost, depreciation and the share phi of fixed cost; programs
and interest are not passed through. Full cost adds both. All per PAID unit: use that is free
loads its cost on those who pay; use by the seller's own parent carries its own share.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cardhouse.engine import contracts
from cardhouse.engine.arrays import Array, Chain
from cardhouse.engine.moment import Moment
from cardhouse.engine.state import State
from cardhouse.engine.sums import group_sum, ratio

UTILISATION_CLIP = (0.4, 1.8)
SLOWEST_RETREAT = 0.9  # share of last quarter's normal volume below which Qn does not fall
LOWEST_PRICE = 1e-6
LEAST_KEPT = 0.01  # of revenue, after what is shared; a line that gave all away would have no price


@dataclass(frozen=True)
class UnitCosts:
    """Costs per paid unit: variable, service and full, each (path, line)."""

    variable: Array
    service: Array
    full: Array
    normal_volume: Array


def unit_costs(
    chain: Chain,
    state: State,
    intensity: Array,
    depreciation: Array,
    fixed: Array,
    quarter: int = 0,
) -> UnitCosts:
    """Return unit costs at last quarter's volumes and input prices.

    ``intensity`` (path, buyer, seller), ``depreciation`` and ``fixed`` (path, line) are those of
    the coming quarter, the last two in USD bn; rents are fixed cost.
    """
    inputs = (intensity * state.charged[:, None, :]).sum(axis=-1)
    variable = inputs + chain.variable_cost.sum(axis=1)
    normal = _normal_volume(chain, state)
    standing = depreciation + chain.pass_through * fixed
    served = np.maximum(state.volume - state.own_volume, 0.0)
    per_paid = np.maximum(ratio(served, state.paid_volume, 1.0), 1.0)
    kept = np.maximum(1.0 - revenue_given(chain, state, quarter), LEAST_KEPT)
    service = (variable + ratio(standing, normal)) * per_paid / kept
    unpassed = (1.0 - chain.pass_through) * fixed * ratio(served, state.volume, 1.0)
    burden = _programs_and_interest(chain, state) + unpassed
    full = service + ratio(burden, state.paid_volume) / kept
    return UnitCosts(variable * per_paid / kept, service, full, normal)


def next_prices(now: Moment, costs: UnitCosts, opening_service_cost: Array) -> Array:
    """Return law-driven prices (path, line) of the quarter, before a lever's factor.

    A price moves towards its target by a share of the gap, at most a step, and is pulled towards
    its market's mean. A seller whose price does not follow cost keeps it: scarcity sets it.
    """
    price, step = now.state.price, now.parameters["price_step"]
    target = _target(now, costs, opening_service_cost)
    move = 1.0 + now.parameters["price_speed"] * (target / price - 1.0)
    moved = price * np.clip(move, 1.0 - step, 1.0 + step)
    pulled = np.maximum(_pulled_to_market(now, moved), LOWEST_PRICE)
    return np.asarray(np.where(now.chain.price_follows_cost > 0, pulled, price))


def _target(now: Moment, costs: UnitCosts, opening_service_cost: Array) -> Array:
    """Return target prices: cost with the opening margin, tightness, stress and stance."""
    chain, state, stance = now.chain, now.state, now.drivers.margin_stance[now.quarter]
    cost_index = ratio(costs.service, opening_service_cost, 1.0)
    used = ratio(state.volume, state.capacity * chain.plants.utilisation, 1.0)
    tightness = 1.0 + now.parameters["price_utilisation"] * (used - 1.0)
    target = cost_index * np.clip(tightness, *UTILISATION_CLIP)
    below_full_cost = np.maximum(costs.full - target, 0.0)
    stress = state.stress[:, chain.firm_of_line]
    target = target + np.maximum(stress, np.maximum(stance, 0.0)) * below_full_cost
    war = np.maximum(-stance, 0.0)
    return np.asarray(target + war * np.minimum(costs.variable - target, 0.0))


def _normal_volume(chain: Chain, state: State) -> Array:
    """Return Qn: target use of capacity for owners, else recent volume that retreats slowly."""
    owners = state.capacity * chain.plants.utilisation
    others = np.maximum(state.volume, SLOWEST_RETREAT * state.normal_volume)
    return np.asarray(np.where(chain.plants.owned, owners, others))


def revenue_given(chain: Chain, state: State, quarter: int) -> Array:
    """Return the share of revenue that each line owes to firms that are alive (path, line)."""
    rates = contracts.share_rates(chain, state, quarter)
    return group_sum(rates, chain.shares.line, len(chain.line_ids))


def _programs_and_interest(chain: Chain, state: State) -> Array:
    """Return each line's share, by revenue, of its firm's programs and interest (path, line)."""
    budget = chain.program_line.sum(axis=1) + chain.program_outside.sum(axis=1)
    firms = len(chain.firm_ids)
    interest = group_sum(state.loans * state.loan_rate, chain.loans.firm, firms)
    burden = budget * state.program_index + interest
    value = state.paid_volume * state.charged
    total = group_sum(value, chain.firm_of_line, firms)
    share = ratio(value, total[:, chain.firm_of_line])
    return np.asarray(burden[:, chain.firm_of_line] * share)


def _pulled_to_market(now: Moment, price: Array) -> Array:
    """Pull each price towards its market's volume-weighted geometric mean."""
    chain = now.chain
    weight = now.state.volume * now.line_alive * chain.price_follows_cost
    markets, market = len(chain.market_ids), chain.market_of_line
    total = group_sum(weight, market, markets)
    logs = np.log(np.maximum(price, LOWEST_PRICE))
    mean = ratio(group_sum(weight * logs, market, markets), total)[:, market]
    pull = np.where(total[:, market] > 0, now.parameters["price_pull"], 0.0)
    return np.asarray(np.exp((1.0 - pull) * logs + pull * mean))
