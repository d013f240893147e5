"""Volumes: what is ordered from whom, what capacity allows, what stays unserved.

One non-negative linear system per path, ``Q = d + A'Q + programs + orders``: cycles are allowed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cardhouse.engine.chain import Array, Chain, Index
from cardhouse.engine.demand import substitution_share
from cardhouse.engine.drivers import Drivers
from cardhouse.engine.state import Parameters, State
from cardhouse.engine.sums import group_sum, ratio
from cardhouse.errors import EconomyError


@dataclass(frozen=True)
class Wants:
    """What buyers want from sellers, in volume: final demand, programs and orders for plant."""

    final: Array  # (path, sale)
    intensity: Array  # (path, buyer line, seller line)
    lost_output: Array  # (path, line): share of output lost for want of any seller of an input
    programs: Array  # (path, firm, line)
    orders: Array  # (path, buyer line, seller line)


@dataclass(frozen=True)
class Deliveries:
    """What was delivered, in volume."""

    final: Array  # (path, sale)
    inputs: Array  # (path, buyer line, seller line)
    programs: Array  # (path, firm, line)
    orders: Array  # (path, buyer line, seller line)
    volume: Array  # (path, line)
    unmet: Array  # (path, 1): unserved share of what was asked of capacity owners


def input_intensity(chain: Chain, drivers: Drivers, state: State, quarter: int) -> Array:
    """Return units bought per unit sold (path, buyer, seller): own growth, levers, dead apart."""
    grown = chain.intensity * np.exp(chain.intensity_growth * quarter)
    return np.asarray(grown * np.exp(state.log_intensity + drivers.input_use[quarter])[:, :, None])


def redirect(
    chain: Chain, wants: Array, buyer_firm: Index, state: State, substitution: Array
) -> Array:
    """Move `substitution` of what was bought from dead sellers to survivors of their market.

    ``wants`` (path, buyer, seller line). Survivors get it by their last volumes; a firm never
    buys from itself. What finds no survivor is lost.
    """
    alive = state.alive[:, chain.firm_of_line]
    kept = wants * alive[:, None, :]
    if alive.all():
        return np.asarray(kept)
    markets = len(chain.market_ids)
    same_firm = buyer_firm[:, None] == chain.firm_of_line
    weight = (state.volume * alive)[:, None, :] * ~same_firm
    market = chain.market_of_line
    total = _by_market(weight, market, markets)
    orphaned = _by_market(wants - kept, market, markets)
    share = substitution[:, :, None]
    return np.asarray(kept + share * orphaned[:, :, market] * ratio(weight, total[:, :, market]))


def _by_market(values: Array, market: Index, markets: int) -> Array:
    """Sum (path, buyer, seller) over sellers of one market: (path, buyer, market)."""
    moved = group_sum(np.swapaxes(values, 1, 2), market, markets)
    return np.swapaxes(moved, 1, 2)


def want_inputs(
    chain: Chain, drivers: Drivers, parameters: Parameters, state: State, intensity: Array, quarter: int
) -> tuple[Array, Array]:
    """Return intensities after the dead have gone, and the output lost for want of any seller."""
    share = substitution_share(drivers, parameters, quarter)
    moved = redirect(chain, intensity, chain.firm_of_line, state, share)
    markets = len(chain.market_ids)
    before = _by_market(intensity, chain.market_of_line, markets)
    after = _by_market(moved, chain.market_of_line, markets)
    nobody = (before > 0) & (after <= 0)
    return moved, np.asarray((nobody * chain.essential).max(axis=2, initial=0.0))


def deliver(chain: Chain, parameters: Parameters, state: State, wants: Wants) -> Deliveries:
    """Return deliveries: volumes solved with cycles, rationed by capacity, offered on once."""
    final = wants.final * (1.0 - wants.lost_output[:, chain.sales.line])
    outside = _outside_demand(chain, final, wants)
    volume = _solve(wants.intensity, outside)
    asked = Deliveries(
        final=final,
        inputs=wants.intensity * volume[:, :, None],
        programs=wants.programs,
        orders=wants.orders,
        volume=volume,
        unmet=np.zeros((state.paths, 1)),
    )
    limit = np.where(chain.plants.owned, parameters["overload"] * state.capacity, np.inf)
    return _rationed(chain, asked, limit)


def _outside_demand(chain: Chain, final: Array, wants: Wants) -> Array:
    lines = len(chain.line_ids)
    demand = group_sum(final, chain.sales.line, lines)
    return np.asarray(demand + wants.programs.sum(axis=1) + wants.orders.sum(axis=1))


def _solve(intensity: Array, outside: Array) -> Array:
    """Solve (I - A') Q = outside for each path."""
    identity = np.eye(intensity.shape[-1])
    system = identity - np.swapaxes(intensity, 1, 2)
    solved = np.linalg.solve(system, outside[:, :, None])[:, :, 0]
    return np.asarray(np.maximum(solved, 0.0))


def _rationed(chain: Chain, asked: Deliveries, limit: Array) -> Deliveries:
    """Cut orders beyond the limit pro rata and offer the rest once to spare capacity."""
    over = asked.volume > limit
    if not over.any():
        return asked
    fill = np.where(over, ratio(limit, asked.volume, 1.0), 1.0)
    owners = chain.plants.owned
    spare = np.where(owners & ~over, limit - asked.volume, 0.0)
    markets = len(chain.market_ids)
    market = chain.market_of_line
    excess = group_sum(asked.volume * (1.0 - fill), market, markets)
    room = group_sum(spare, market, markets)
    taken = np.minimum(1.0, ratio(room, excess))
    offer = (taken[:, market] * ratio(spare, room[:, market]))[:, None, :]

    def placed(values: Array, buyers: Index) -> Array:
        cut = values * (1.0 - fill)[:, None, :]
        other = buyers[:, None] != chain.firm_of_line
        moved = _by_market(cut, market, markets)[:, :, market] * offer * other
        return np.asarray(values - cut + moved)

    firms = np.arange(len(chain.firm_ids))
    final = _final_placed(chain, asked.final, fill, offer[:, 0])
    inputs = placed(asked.inputs, chain.firm_of_line)
    programs = placed(asked.programs, firms)
    orders = placed(asked.orders, chain.firm_of_line)
    volume = group_sum(final, chain.sales.line, len(chain.line_ids))
    volume = volume + inputs.sum(axis=1) + programs.sum(axis=1) + orders.sum(axis=1)
    want = np.where(owners, asked.volume, 0.0).sum(axis=1)
    got = np.where(owners, volume, 0.0).sum(axis=1)
    unmet = np.maximum(0.0, 1.0 - ratio(got, want, 1.0))[:, None]
    return _short_of_inputs(chain, asked, Deliveries(final, inputs, programs, orders, volume, unmet))


def _final_placed(chain: Chain, final: Array, fill: Array, offer: Array) -> Array:
    """Ration final demand; paying custom moves within its basket, unpaid use is only cut."""
    sales = chain.sales
    cut = final * (1.0 - fill[:, sales.line])
    baskets = int(sales.basket.max(initial=-1)) + 1
    movable = group_sum(cut * (sales.pays > 0), sales.basket, baskets)[:, sales.basket]
    moved = movable * offer[:, sales.line] * (sales.pays > 0)
    return np.asarray(final - cut + moved)


def _short_of_inputs(chain: Chain, asked: Deliveries, got: Deliveries) -> Deliveries:
    """Cut the final sales of buyers whose essential inputs were not delivered, once."""
    markets = len(chain.market_ids)
    market = chain.market_of_line
    wanted = _by_market(asked.inputs, market, markets)
    served = _by_market(got.inputs, market, markets)
    missing = np.maximum(0.0, 1.0 - ratio(served, wanted, 1.0)) * chain.essential
    kept = 1.0 - missing.max(axis=2, initial=0.0)
    final = got.final * kept[:, chain.sales.line]
    lost = group_sum(got.final - final, chain.sales.line, len(chain.line_ids))
    volume = np.maximum(got.volume - lost, 0.0)
    return Deliveries(final, got.inputs, got.programs, got.orders, volume, got.unmet)


def check_viable(chain: Chain, drivers: Drivers) -> None:
    """Refuse an economy in which a unit of output needs more than a unit of itself.

    Raises
    ------
    EconomyError
        When the spectral radius of the input matrix reaches 1 within the horizon.
    """
    levers = np.cumsum(drivers.input_use)
    for quarter in range(drivers.quarters + 1):
        grown = chain.intensity * np.exp(chain.intensity_growth * quarter + levers[quarter])
        radius = float(np.abs(np.linalg.eigvals(grown)).max(initial=0.0))
        if radius >= 1.0:
            raise EconomyError(
                f"{chain.world.economy}: from quarter t+{quarter} the lines need more inputs than "
                f"they produce (spectral radius {radius:.3f}, expected below 1). Lower the inputs "
                "of lines that buy from each other, or the growth of input use."
            )
