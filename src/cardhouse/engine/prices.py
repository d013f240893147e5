"""Prices: what a unit costs, and how a seller's price follows it.

Service cost covers inputs, outside cost, depreciation and the share phi of fixed cost; programs
and interest are not passed through. Full cost adds both. All per PAID unit: use that is free
loads its cost on those who pay; use by the seller's own parent carries its own share.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cardhouse.engine.chain import Array, Chain
from cardhouse.engine.state import Parameters, State
from cardhouse.engine.sums import group_sum, ratio

UTILISATION_CLIP = (0.4, 1.8)
SLOWEST_RETREAT = 0.9  # share of last quarter's normal volume below which Qn does not fall
LOWEST_PRICE = 1e-6


@dataclass(frozen=True)
class UnitCosts:
    """Costs per paid unit: variable, service and full, each (path, line)."""

    variable: Array
    service: Array
    full: Array
    normal_volume: Array


def unit_costs(
    chain: Chain, state: State, intensity: Array, depreciation: Array, fixed: Array
) -> UnitCosts:
    """Return unit costs at last quarter's volumes and input prices.

    ``intensity`` (path, buyer, seller), ``depreciation`` and ``fixed`` (path, line) are USD bn a
    quarter of the coming quarter.
    """
    inputs = (intensity * state.charged[:, None, :]).sum(axis=-1)
    variable = inputs + chain.variable_cost.sum(axis=1)
    normal = _normal_volume(chain, state)
    standing = depreciation + chain.pass_through * fixed
    served = state.volume - _own_use(chain, state)
    per_paid = np.maximum(ratio(served, state.paid_volume, 1.0), 1.0)
    kept = 1.0 - chain.revenue_share.sum(axis=1)
    service = (variable + ratio(standing, normal)) * per_paid / kept
    burden = _programs_and_interest(chain, state) + (1.0 - chain.pass_through) * fixed
    full = service + ratio(burden, np.maximum(state.paid_volume, 1e-12)) / kept
    full = np.where(state.paid_volume > 0, full, service)
    return UnitCosts(variable * per_paid / kept, service, full, normal)


def next_prices(
    chain: Chain,
    parameters: Parameters,
    state: State,
    costs: UnitCosts,
    opening_service_cost: Array,
    stance: Array,
) -> Array:
    """Return law-driven prices (path, line) of the quarter, before a lever's factor."""
    target = _target(chain, parameters, state, costs, opening_service_cost, stance)
    step = parameters["price_step"]
    move = 1.0 + parameters["price_speed"] * (target / state.price - 1.0)
    price = state.price * np.clip(move, 1.0 - step, 1.0 + step)
    price = _pulled_to_market(chain, parameters, state, price)
    follows = chain.price_follows_cost > 0
    return np.asarray(np.where(follows, np.maximum(price, LOWEST_PRICE), state.price))


def _target(
    chain: Chain,
    parameters: Parameters,
    state: State,
    costs: UnitCosts,
    opening_service_cost: Array,
    stance: Array,
) -> Array:
    """Return target prices: cost with the opening margin, tightness, stress and stance."""
    cost_index = ratio(costs.service, opening_service_cost, 1.0)
    used = ratio(state.volume, state.capacity * chain.plants.utilisation, 1.0)
    used = np.where(chain.plants.owned, used, 1.0)
    tightness = np.clip(1.0 + parameters["price_utilisation"] * (used - 1.0), *UTILISATION_CLIP)
    target = cost_index * tightness
    below_cost = np.maximum(costs.full - target, 0.0)
    stress = state.stress[:, chain.firm_of_line]
    target = target + np.maximum(stress, np.maximum(stance, 0.0)) * below_cost
    war = np.maximum(-stance, 0.0)
    return np.asarray(target + war * np.minimum(costs.variable - target, 0.0))


def _normal_volume(chain: Chain, state: State) -> Array:
    """Return Qn: target use of capacity for owners, else recent volume that retreats slowly."""
    owners = state.capacity * chain.plants.utilisation
    others = np.maximum(state.volume, SLOWEST_RETREAT * state.normal_volume)
    return np.asarray(np.where(chain.plants.owned, owners, others))


def _own_use(chain: Chain, state: State) -> Array:
    """Return last quarter's use by the sellers' own parents (path, line).

    The split of unpaid volume between own use and free use keeps the shares of row 0.
    """
    sales = chain.sales
    lines = len(chain.line_ids)
    unpaid = np.where(sales.pays > 0, 0.0, sales.volume)
    own, free = np.zeros(lines), np.zeros(lines)
    np.add.at(own, sales.line, unpaid * sales.own_use)
    np.add.at(free, sales.line, unpaid * (1.0 - sales.own_use))
    return np.asarray((state.volume - state.paid_volume) * ratio(own, own + free))


def _programs_and_interest(chain: Chain, state: State) -> Array:
    """Return each line's share, by revenue, of its firm's programs and interest (path, line)."""
    budget = chain.program_line.sum(axis=1) + chain.program_outside.sum(axis=1)
    interest = (state.debt * state.debt_rate).sum(axis=-1)
    burden = budget * state.program_index + interest
    value = state.paid_volume * state.charged
    total = group_sum(value, chain.firm_of_line, len(chain.firm_ids))
    share = ratio(value, total[:, chain.firm_of_line])
    return np.asarray(burden[:, chain.firm_of_line] * share)


def _pulled_to_market(chain: Chain, parameters: Parameters, state: State, price: Array) -> Array:
    """Pull each price towards its market's volume-weighted geometric mean."""
    alive = state.alive[:, chain.firm_of_line]
    weight = state.volume * alive * chain.price_follows_cost
    markets = len(chain.market_ids)
    total = group_sum(weight, chain.market_of_line, markets)
    logs = group_sum(weight * np.log(price), chain.market_of_line, markets)
    mean = ratio(logs, total)[:, chain.market_of_line]
    has_peers = total[:, chain.market_of_line] > 0
    pull = np.where(has_peers, parameters["price_pull"], 0.0)
    return np.asarray(np.exp((1.0 - pull) * np.log(price) + pull * mean))
