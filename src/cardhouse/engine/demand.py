"""Final demand: drivers grow, prices bend, custom of the dead moves on."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr, ndtri

from cardhouse.engine.arrays import Array, Chain
from cardhouse.engine.moment import Moment
from cardhouse.engine.sums import group_sum, grown, ratio


def driver_log_growth(
    growth: Array, growth_end: Array, half_life: Array, quarter: float | Array
) -> Array:
    """Return ln G after `quarter` quarters of growth that decays from growth to growth_end.

    Integral of ``g_inf + (g_0 - g_inf) 2^(-t/H)``, with H finite or infinite. Several quarters are
    a column (quarter, 1).
    """
    endless = np.isinf(half_life)
    life = np.where(endless, 1.0, half_life)
    decayed = life / np.log(2.0) * -np.expm1(-quarter / life * np.log(2.0))
    reach = np.where(endless, quarter, decayed)
    return np.asarray(growth_end * quarter + (growth - growth_end) * reach)


def next_log_growth(now: Moment) -> Array:
    """Return ln G (path, sale) of this quarter: last quarter's plus the driver's step."""
    step = _trend(now.chain, now.quarter) - _trend(now.chain, now.quarter - 1)
    return np.asarray(now.state.log_growth + step * now.drivers.demand_growth[now.quarter])


def _trend(chain: Chain, quarter: float) -> Array:
    """Return ln G of every link on its own trend (sale,)."""
    sales = chain.sales
    return driver_log_growth(sales.growth, sales.growth_end, sales.half_life, quarter)


def wanted_size(now: Moment, log_growth: Array) -> Array:
    """Return demand at base prices (path, sale): growth up to its ceiling, times the level."""
    size = base_size(now.chain, log_growth, now.drivers.demand_ceiling[now.quarter])
    return np.asarray(size * now.demand_level)


def base_size(chain: Chain, log_growth: Array, lever: Array) -> Array:
    """Return demand at base prices before its level: growth up to the ceiling, which a lever moves.

    ``log_growth`` and ``lever`` have sales as their last axis.
    """
    size = _ceiled(grown(log_growth), np.minimum(lever, chain.sales.ceiling))
    return np.asarray(chain.sales.volume * size)


def final_demand(now: Moment, size: Array, charged: Array) -> Array:
    """Return volumes wanted by final demand (path, sale) at the prices of the quarter.

    A segment buys a basket in each market; ``size`` (path, sale) is demand at base prices. The
    value shares of its sellers follow ``share_j (p_j/P)^(1 - s)`` and add to 1, so volumes follow
    the power -s. Free use answers to no price.
    """
    sales = now.chain.sales
    price, alive = charged[:, sales.line], now.line_alive[:, sales.line]
    basket_price = _basket_price(now, size * alive, price)
    response = _price_response(now.chain, basket_price / now.drivers.willingness[now.quarter])
    share = (price / basket_price) ** -now.parameters["switching"]
    wanted = np.where(sales.pays > 0, size * response * share, size)
    return _moved_from_the_dead(now, wanted, alive)


def _ceiled(growth: Array, ceiling: Array) -> Array:
    """Return logistic growth towards `ceiling`; unchanged where the ceiling is infinite.

    With growth ``exp(r t)`` this is ``M / (1 + (M - 1) exp(-r t))``.
    """
    capped = np.isfinite(ceiling)
    top = np.where(capped, np.maximum(ceiling, 1.0), 1.0)
    logistic = top / (1.0 + (top - 1.0) / np.maximum(growth, 1e-300))
    return np.asarray(np.where(capped, logistic, growth))


def _basket_price(now: Moment, size: Array, price: Array) -> Array:
    """Return the price index of the basket each link belongs to (path, sale)."""
    basket = now.chain.sales.basket
    baskets = int(basket.max(initial=-1)) + 1
    total = group_sum(size, basket, baskets)[:, basket]
    share = ratio(size, total)
    power = 1.0 - now.parameters["switching"]
    geometric = np.abs(power) < 1e-9
    safe = np.where(geometric, 1.0, power)
    logs = np.exp(group_sum(share * np.log(price), basket, baskets)[:, basket])
    sums = group_sum(share * price**safe, basket, baskets)[:, basket]
    ces = np.where(sums > 0, sums, 1.0) ** (1.0 / safe)
    return np.asarray(np.where(total > 0, np.where(geometric, logs, ces), price))


def _price_response(chain: Chain, price: Array) -> Array:
    """Return demand relative to its level at the base price: elastic, or willingness to pay.

    Willingness is lognormal, so ``D(P)/D(1)`` needs only the base conversion and the spread.
    """
    sales = chain.sales
    elastic = price**-sales.elasticity
    conversion = np.where(sales.conversion > 0, sales.conversion, 0.5)
    paying = ndtr(-np.log(price) / sales.spread - ndtri(1.0 - conversion)) / conversion
    return np.asarray(np.where(sales.conversion > 0, paying, elastic))


def _moved_from_the_dead(now: Moment, wanted: Array, alive: Array) -> Array:
    """Move the share `substitution` of dead sellers' custom to the survivors of their market.

    Survivors get it by what the basket buys from them, or by their volume where it buys from
    none; own use of a dead parent is gone.
    """
    sales = now.chain.sales
    baskets = int(sales.basket.max(initial=-1)) + 1
    kept = wanted * alive
    if now.state.alive.all():
        return kept
    orphaned = group_sum((wanted - kept) * (1.0 - sales.own_use), sales.basket, baskets)
    served = group_sum(kept, sales.basket, baskets)[:, sales.basket]
    size = np.where(served > 0, kept, now.state.volume[:, sales.line] * alive)
    total = group_sum(size, sales.basket, baskets)
    moved = (now.level("substitution", "substitution") * ratio(orphaned, total))[:, sales.basket]
    return np.asarray(kept + moved * size)


def paid_final(chain: Chain, demand: Array) -> Array:
    """Return the part of final demand (path, sale) that somebody pays for (path, 1)."""
    return np.asarray((demand * (chain.sales.pays > 0)).sum(axis=1, keepdims=True))


def expected_final_demand(chain: Chain, quarters: int) -> Array:
    """Return paid final demand at base prices that trends alone imply (quarter,), row 0 first."""
    sales = chain.sales
    paying = np.where(sales.pays > 0, sales.volume, 0.0)
    sizes = [_ceiled(grown(_trend(chain, at)), sales.ceiling) for at in range(quarters + 1)]
    return np.array([(paying * size).sum() for size in sizes])
