"""Plant: what is replaced, what is planned, what is ordered, what enters service."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cardhouse.engine.chain import Array, Chain
from cardhouse.engine.drivers import Drivers
from cardhouse.engine.state import Parameters, State
from cardhouse.engine.sums import ratio


@dataclass(frozen=True)
class CapexPlan:
    """Capex planned for the quarter (path, line), what replacement takes, and unit costs."""

    plan: Array
    replacement: Array
    unit_cost: Array  # USD of growth capex per unit of capacity
    expected_growth: Array


def plant_life(chain: Chain, drivers: Drivers, quarter: int) -> Array:
    """Return plant life in quarters (line,): the lever's where it is set."""
    lever = drivers.plant_life[quarter]
    return np.asarray(np.where(np.isnan(lever), chain.plants.life, lever))


def depreciation(chain: Chain, drivers: Drivers, state: State, quarter: int) -> Array:
    """Return straight-line depreciation on historical cost (path, line), at most the net plant."""
    plants = chain.plants
    opening_rate = ratio(plants.depreciation, plants.gross)
    rate = opening_rate * plants.life / plant_life(chain, drivers, quarter)
    return np.asarray(np.minimum(state.gross_plant * rate, state.net_plant))


def capex_price(chain: Chain, charged: Array) -> Array:
    """Return the price index of each line's mix of plant (path, line)."""
    outside = chain.plants.from_outside.sum(axis=1)
    inside = (chain.plants.from_line * charged[:, None, :]).sum(axis=-1)
    return np.asarray(np.where(chain.plants.plan > 0, inside + outside, 1.0))


def next_capex(
    chain: Chain, drivers: Drivers, parameters: Parameters, state: State, charged: Array, quarter: int
) -> CapexPlan:
    """Return the capex that each capacity owner plans: momentum, blended with the order law."""
    plants = chain.plants
    price = capex_price(chain, charged)
    life = plant_life(chain, drivers, quarter)
    replacement = state.gross_plant / life * price
    cheaper = np.exp(-parameters["performance_growth"] * _performance_clock(drivers, quarter))
    unit_cost = plants.capital_intensity * cheaper * price
    growth = _learned_growth(chain, parameters, state)
    have = state.capacity + state.pipeline.sum(axis=1)
    want = state.volume * (1.0 + growth) ** plants.lead / plants.utilisation
    with np.errstate(invalid="ignore"):
        gap = np.where(plants.owned, want - have, 0.0)
    law = np.maximum(0.0, parameters["order_speed"] * gap * unit_cost + replacement)
    fade = 2.0 ** (-quarter / parameters["plan_half_life"])
    momentum = 1.0 + plants.plan_growth * fade * np.minimum(1.0, state.confidence)
    weight = parameters["plan_momentum"]
    plan = weight * state.plan * momentum + (1.0 - weight) * law
    plan = plan * (1.0 - state.stress[:, chain.firm_of_line])
    low, high = 1.0 - parameters["plan_cut"], 1.0 + parameters["plan_rise"]
    stepped = np.clip(plan, low * state.plan, np.maximum(high * state.plan, replacement))
    return CapexPlan(np.where(plants.owned, stepped, 0.0), replacement, unit_cost, growth)


def _performance_clock(drivers: Drivers, quarter: int) -> float:
    """Return quarters of performance growth so far, each weighted by its lever."""
    return float(drivers.performance_growth[1 : quarter + 1].sum())


def _learned_growth(chain: Chain, parameters: Parameters, state: State) -> Array:
    """Return expected growth: g <- (1 - theta) g + theta x realised four-quarter rate."""
    newest, oldest = state.volume_history[:, 0], state.volume_history[:, -1]
    back = state.volume_history.shape[1] - 1
    realised = ratio(newest, oldest, 1.0) ** (1.0 / back) - 1.0
    theta = parameters["growth_learning"]
    learned = (1.0 - theta) * state.expected_growth + theta * realised
    return np.asarray(np.where(chain.plants.owned, learned, 0.0))


@dataclass(frozen=True)
class PlantMoves:
    """Plant at the end of the quarter."""

    capacity: Array
    pipeline: Array
    gross: Array
    net: Array


def move_plant(
    chain: Chain,
    drivers: Drivers,
    state: State,
    plan: CapexPlan,
    capex: Array,
    worn: Array,
    quarter: int,
) -> PlantMoves:
    """Return plant after the quarter's capex (path, line): wear, replacement, deliveries.

    Capex replaces first; what is over becomes capacity after the lead time. Skipped replacement
    lets capacity wear. Gross plant retires one life-th a quarter at historical cost.
    """
    plants = chain.plants
    life = plant_life(chain, drivers, quarter)
    replaced = np.minimum(1.0, ratio(capex, plan.replacement, 1.0))
    with np.errstate(invalid="ignore"):
        wear = np.where(plants.owned, state.capacity / life * (1.0 - replaced), 0.0)
    growth = np.maximum(0.0, capex - plan.replacement)
    ordered = np.where(plants.owned, ratio(growth, plan.unit_cost), 0.0)
    pipeline = np.zeros_like(state.pipeline)
    pipeline[:, :-1] = state.pipeline[:, 1:]
    slot = plants.lead - 1
    columns = np.arange(len(chain.line_ids))
    pipeline[:, slot, columns] += ordered
    retired = state.gross_plant / life
    return PlantMoves(
        capacity=state.capacity - wear + state.pipeline[:, 0],
        pipeline=pipeline,
        gross=state.gross_plant - np.where(plants.owned, retired, 0.0) + capex,
        net=state.net_plant - worn + capex,
    )
