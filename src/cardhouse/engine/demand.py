"""Final demand: drivers grow, prices bend, custom of the dead moves on."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr, ndtri

from cardhouse.engine.chain import Array, Chain
from cardhouse.engine.drivers import Drivers
from cardhouse.engine.state import Parameters, State
from cardhouse.engine.sums import group_sum, ratio


def driver_log_growth(growth: Array, growth_end: Array, half_life: Array, quarter: float) -> Array:
    """Return ln G after `quarter` quarters of growth that decays from growth to growth_end.

    Integral of ``g_inf + (g_0 - g_inf) 2^(-t/H)``, with H finite or infinite.
    """
    endless = np.isinf(half_life)
    life = np.where(endless, 1.0, half_life)
    decayed = life / np.log(2.0) * -np.expm1(-quarter / life * np.log(2.0))
    reach = np.where(endless, quarter, decayed)
    return np.asarray(growth_end * quarter + (growth - growth_end) * reach)


def next_log_growth(chain: Chain, drivers: Drivers, state: State, quarter: int) -> Array:
    """Return ln G (path, sale) of this quarter: last quarter's plus the driver's step."""
    sales = chain.sales
    curve = [
        driver_log_growth(sales.growth, sales.growth_end, sales.half_life, float(at))
        for at in (quarter - 1, quarter)
    ]
    return np.asarray(state.log_growth + (curve[1] - curve[0]) * drivers.demand_growth[quarter])


def final_demand(
    chain: Chain,
    drivers: Drivers,
    parameters: Parameters,
    state: State,
    log_growth: Array,
    charged: Array,
    quarter: int,
) -> Array:
    """Return volumes wanted by final demand (path, sale) at the prices of the quarter."""
    sales = chain.sales
    level = drivers.demand_level[quarter]
    size = sales.volume * _ceiled(np.exp(log_growth), drivers.demand_ceiling[quarter]) * level
    price = charged[:, sales.line]
    alive = state.alive[:, chain.firm_of_line[sales.line]]
    basket_price = _basket_price(chain, parameters, size * alive, price)
    response = _price_response(chain, basket_price, drivers.willingness[quarter])
    share = (price / basket_price) ** -parameters["switching"]
    wanted = np.where(sales.pays > 0, size * response * share, size)
    return _moved_from_the_dead(chain, drivers, parameters, wanted, alive, quarter)


def _ceiled(growth: Array, ceiling: Array) -> Array:
    """Return logistic growth towards `ceiling`; unchanged where the ceiling is infinite."""
    capped = np.isfinite(ceiling)
    top = np.where(capped, np.maximum(ceiling, 1.0), 1.0)
    logistic = top / (1.0 + (top - 1.0) / np.maximum(growth, 1e-300))
    return np.asarray(np.where(capped, logistic, growth))


def _basket_price(chain: Chain, parameters: Parameters, size: Array, price: Array) -> Array:
    """Return the price index of the basket each link belongs to (path, sale)."""
    basket = chain.sales.basket
    baskets = int(basket.max(initial=-1)) + 1
    total = group_sum(size, basket, baskets)[:, basket]
    share = ratio(size, total)
    power = 1.0 - parameters["switching"]
    geometric = np.abs(power) < 1e-9
    safe = np.where(geometric, 1.0, power)
    logs = np.exp(group_sum(share * np.log(price), basket, baskets)[:, basket])
    sums = group_sum(share * price**safe, basket, baskets)[:, basket]
    ces = np.where(sums > 0, sums, 1.0) ** (1.0 / safe)
    return np.asarray(np.where(total > 0, np.where(geometric, logs, ces), price))


def _price_response(chain: Chain, price: Array, willingness: Array) -> Array:
    """Return demand relative to its level at the base price: elastic, or willingness to pay."""
    sales = chain.sales
    elastic = (price / willingness) ** -sales.elasticity
    conversion = np.where(sales.conversion > 0, sales.conversion, 0.5)
    threshold = ndtri(1.0 - conversion)
    paying = ndtr(-(np.log(price / willingness) / sales.spread + threshold)) / conversion
    return np.asarray(np.where(sales.conversion > 0, paying, elastic))


def _moved_from_the_dead(
    chain: Chain, drivers: Drivers, parameters: Parameters, wanted: Array, alive: Array, quarter: int
) -> Array:
    """Move the share `substitution` of dead sellers' custom to survivors of the same basket."""
    basket = chain.sales.basket
    baskets = int(basket.max(initial=-1)) + 1
    kept = np.where(alive, wanted, 0.0)
    orphaned = group_sum(wanted - kept, basket, baskets)[:, basket]
    survivors = group_sum(kept, basket, baskets)[:, basket]
    share = substitution_share(drivers, parameters, quarter)
    return np.asarray(kept + share * orphaned * ratio(kept, survivors))


def substitution_share(drivers: Drivers, parameters: Parameters, quarter: int) -> Array:
    """Return the share of a dead seller's custom that moves on: the lever's, or the parameter."""
    lever = drivers.substitution[quarter]
    return parameters["substitution"] if np.isnan(lever) else np.full((1, 1), lever)


def expected_final_growth(chain: Chain, quarters: int) -> Array:
    """Return the growth rate of paid final demand that drivers alone imply: (quarters + 1,)."""
    sales = chain.sales
    paying = np.where(sales.pays > 0, sales.volume, 0.0)
    totals = np.array(
        [
            (
                paying
                * np.exp(driver_log_growth(sales.growth, sales.growth_end, sales.half_life, at))
            ).sum()
            for at in np.arange(quarters + 1, dtype=float)
        ]
    )
    growth = np.zeros(quarters + 1)
    if quarters and totals[0] > 0:
        growth[1:] = totals[1:] / totals[:-1] - 1.0
    return growth
