"""Plant: what wears, what is replaced, what is planned, what is ordered, what enters service."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cardhouse.engine import contracts
from cardhouse.engine.arrays import Array, Chain
from cardhouse.engine.drivers import Drivers
from cardhouse.engine.moment import Moment
from cardhouse.engine.sums import covered, ratio

USED_UP = 1e-9  # of a life; less than this is left by rounding alone
FASTEST_MOMENTUM = 0.2  # a quarter; no plan grows faster by momentum alone


@dataclass(frozen=True)
class CapexPlan:
    """Capex planned for the quarter (path, line), what replacement takes, and unit costs."""

    plan: Array
    replacement: Array
    unit_cost: Array  # USD of growth capex per unit of capacity
    expected_growth: Array


@dataclass(frozen=True)
class Wear:
    """Plant in the quarter's course: written off, and retired."""

    by_part: Array  # (path, part, line): written off
    in_service: Array  # (path, line): at cost
    retired: Array  # (path, line): share of it that reaches the end of its life

    @property
    def worn(self) -> Array:
        """Return what is written off in all (path, line)."""
        return np.asarray(self.by_part.sum(axis=1))


def plant_life(chain: Chain, drivers: Drivers, quarter: int) -> Array:
    """Return the life of new plant in quarters (part, line): the lever's where it is set.

    The lever acts on parts that newer plant outdates; on all plant of a line that has no such part.
    """
    return plant_lives(chain, drivers.plant_life[quarter, None])[0]


def plant_lives(chain: Chain, levers: Array) -> Array:
    """Return `plant_life` for several quarters of the lever (quarter, line): with a part axis."""
    plants, lever = chain.plants, levers[:, None]
    reached = (plants.ages_fast > 0) | (plants.ages_fast.sum(axis=0) == 0)
    return np.asarray(np.where(np.isnan(lever) | ~reached, plants.life, lever))


def ages_kept(chain: Chain, drivers: Drivers) -> int:
    """Return how many vintages a run must keep until the oldest is written off, or ends."""
    plants = chain.plants
    longest = plant_lives(chain, drivers.plant_life).max(axis=0)
    opening = plants.opening_life * longest / plants.life
    return int(np.ceil(np.maximum(longest, opening).max(initial=1.0))) + 1


def wear(now: Moment) -> Wear:
    """Return straight-line depreciation on historical cost, vintage by vintage."""
    before, after = _used_up(now, now.quarter - 1), _used_up(now, now.quarter)
    share = np.minimum(after, 1.0) - np.minimum(before, 1.0)
    worn = (now.state.vintages * share).sum(axis=2)
    tick = np.where(after > before, after - before, 1.0)
    in_service = (now.state.vintages * (share / tick)).sum(axis=(1, 2))
    serves = before < 1.0 - USED_UP
    ends = serves & (after >= 1.0 - USED_UP)
    ending, serving = ((now.state.vintages * which).sum(axis=(1, 2)) for which in (ends, serves))
    return Wear(by_part=worn, in_service=in_service, retired=ratio(ending, serving))


def _used_up(now: Moment, quarter: int) -> Array:
    """Return the share of its life that each vintage of the state has behind it (part, age, line).

    A vintage of age k stood at the end of the last quarter; ``quarter`` is that one or the next.
    Life is a clock: a lever that shortens it makes the clock of all plant run faster from then
    on, and writes nothing off at once.
    """
    plants = now.chain.plants
    bought = (now.quarter - 1 - np.arange(now.state.vintages.shape[2]))[:, None]
    clock = _clock(now)
    simulated = clock[quarter][:, None] - np.moveaxis(clock[np.maximum(bought[:, 0], 0)], 0, 1)
    speed = plants.life / plants.opening_life
    opening = np.maximum(-bought, 0) / plants.opening_life[:, None]
    opening = opening + (speed * clock[quarter])[:, None]
    return np.asarray(np.where(bought > 0, simulated, opening))


def _clock(now: Moment) -> Array:
    """Return lives used up by plant bought at row 0 (quarter, part, line), at quarters' ends."""
    ticks = [1.0 / plant_life(now.chain, now.drivers, at) for at in range(1, now.quarter + 1)]
    start = np.zeros((1, *now.chain.plants.life.shape))
    return np.concatenate([start, np.cumsum(ticks, axis=0)])


def capex_price(chain: Chain, charged: Array) -> Array:
    """Return the price index of each line's mix of plant (path, line)."""
    outside = chain.plants.from_outside.sum(axis=1)
    inside = (chain.plants.from_line * charged[:, None, :]).sum(axis=-1)
    return np.asarray(np.where(chain.plants.plan > 0, inside + outside, 1.0))


def next_capex(now: Moment, charged: Array, worn: Wear) -> CapexPlan:
    """Return the capex that each capacity owner plans: momentum, blended with the order law."""
    chain, state, parameters = now.chain, now.state, now.parameters
    price = capex_price(chain, charged)
    replacement = worn.worn * price
    unit_cost = chain.plants.capital_intensity * _dollars_per_performance(now) * price
    growth = _learned_growth(now)
    law = _order_law(now, growth, unit_cost, replacement)
    weight = parameters["plan_momentum"]
    plan = weight * state.plan * (1.0 + _momentum(now)) + (1.0 - weight) * law
    plan = plan * (1.0 - state.stress[:, chain.firm_of_line])
    lowest = (1.0 - parameters["plan_cut"]) * state.plan
    highest = np.maximum((1.0 + parameters["plan_rise"]) * state.plan, replacement)
    stepped = np.clip(plan, lowest, highest)
    return CapexPlan(np.where(chain.plants.owned, stepped, 0.0), replacement, unit_cost, growth)


def _order_law(now: Moment, growth: Array, unit_cost: Array, replacement: Array) -> Array:
    """Return replacement, growth as expected, and a part of the gap to wanted capacity.

    What there is and is under way was meant for volume a lead time ahead; it must grow as volume
    does, and a gap is closed at `order_speed`: an error correction. Steady growth then reproduces
    itself at any speed. What is sold under commitments grows as they say, buyer by buyer; the rest
    as expected.
    """
    plants, state = now.chain.plants, now.state
    have = state.capacity + state.pipeline.sum(axis=1)
    under, promised = contracts.committed_ahead(now)
    free = np.maximum(0.0, state.volume - under)
    want = (free * (1.0 + growth) ** plants.mean_lead + promised) / plants.utilisation
    ordered = growth * have + now.parameters["order_speed"] * (want - have)
    return np.asarray(np.maximum(0.0, ordered * unit_cost + replacement))


def _momentum(now: Moment) -> Array:
    """Return growth of plans that goes on by itself: guidance where published, else fading."""
    plants, quarter = now.chain.plants, now.quarter
    fade = 2.0 ** (-quarter / now.parameters["plan_half_life"])
    momentum = np.minimum(plants.plan_growth, FASTEST_MOMENTUM) * fade
    if quarter <= len(plants.guidance):
        guided = plants.guidance[quarter - 1]
        momentum = np.where(np.isnan(guided), momentum, guided)
    return np.asarray(momentum * np.minimum(1.0, now.state.confidence))


def _dollars_per_performance(now: Moment) -> Array:
    """Return the cost of a unit of performance relative to row 0: exp(-eta t), lever included."""
    quarters = now.drivers.performance_growth[1 : now.quarter + 1].sum()
    return np.asarray(np.exp(-now.parameters["performance_growth"] * quarters))


def _learned_growth(now: Moment) -> Array:
    """Return expected growth: g <- (1 - theta) g + theta x realised four-quarter rate."""
    history = now.state.volume_history
    back = history.shape[1] - 1
    realised = ratio(history[:, 0], history[:, -1], 1.0) ** (1.0 / back) - 1.0
    theta = now.parameters["growth_learning"]
    learned = (1.0 - theta) * now.state.expected_growth + theta * realised
    return np.asarray(np.where(now.chain.plants.owned, learned, 0.0))


@dataclass(frozen=True)
class PlantMoves:
    """Plant at the end of the quarter."""

    capacity: Array
    pipeline: Array
    vintages: Array
    net: Array
    worth: Array


def move_plant(
    now: Moment, plan: CapexPlan, capex: Array, worn: Wear, charged: Array
) -> PlantMoves:
    """Return plant after the quarter's capex (path, line): wear, replacement, deliveries.

    Capex replaces first; what is over becomes capacity after the lead time: ordered in quarter t,
    it serves in t + lead. Where replacement is skipped, capacity goes with the plant that retires.
    """
    state, plants = now.state, now.chain.plants
    skipped = 1.0 - covered(capex, plan.replacement)
    lost = state.capacity * worn.retired * skipped
    ordered = ratio(np.maximum(0.0, capex - plan.replacement), plan.unit_cost)
    pipeline, entering = _pipeline_after(now.chain, state.pipeline, ordered)
    bought = plants.share * capex[:, None, :]
    left = 1.0 - covered(worn.by_part, state.net_plant)
    return PlantMoves(
        capacity=np.where(plants.owned, state.capacity - lost + entering, 0.0),
        pipeline=pipeline,
        vintages=np.concatenate([bought[:, :, None], state.vintages[:, :, :-1]], axis=2),
        net=np.maximum(0.0, state.net_plant - worn.by_part) + bought,
        worth=state.plant_worth * left * _revalued(now, charged) + bought,
    )


def _revalued(now: Moment, charged: Array) -> Array:
    """Return what the same plant costs against last quarter (path, part, line).

    It moves with the price of plant. Where newer plant does more per dollar, older plant that
    ages fast is worth less, by the share ``obsolescence`` of what a unit of performance fell.
    """
    chain = now.chain
    dearer = capex_price(chain, charged) / capex_price(chain, now.state.charged)
    progress = now.parameters["performance_growth"] * now.drivers.performance_growth[now.quarter]
    fall = np.exp(-now.parameters["obsolescence"] * progress)
    fast = chain.plants.ages_fast
    return np.asarray(dearer[:, None, :] * (fast * fall[:, :, None] + (1.0 - fast)))


def _pipeline_after(chain: Chain, pipeline: Array, ordered: Array) -> tuple[Array, Array]:
    """Return orders under way after the quarter, and what enters service at its end.

    An order enters service part by part: each kind of plant after its own lead time.
    """
    lead, share = chain.plants.lead, chain.plants.share
    after = np.zeros_like(pipeline)
    after[:, :-1] = pipeline[:, 1:]
    slots = np.arange(pipeline.shape[1])[:, None, None]
    after += (np.where(slots == lead - 2, share, 0.0)).sum(axis=1) * ordered[:, None]
    at_once = np.where(lead == 1, share, 0.0).sum(axis=0)
    return after, pipeline[:, 0] + at_once * ordered
