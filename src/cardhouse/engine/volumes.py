"""Volumes: what is ordered from whom, what capacity allows, what stays unserved.

One non-negative linear system per path, ``Q = d + A'Q + programs + orders``: cycles are allowed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cardhouse.engine.arrays import Array, Chain, Index, Mask
from cardhouse.engine.drivers import Drivers
from cardhouse.engine.moment import Moment
from cardhouse.engine.sums import group_sum, grown, ratio
from cardhouse.errors import EconomyError

STILL = 1e-12  # a round that moves no served share by more than this has settled
HIGHEST_VOLUME = 1e15  # multiple of row 0; beyond it a path is explosive, not large
OVER = 1.0 + 1e-9


@dataclass(frozen=True)
class Wants:
    """What buyers want from sellers, in volume: final demand, inputs, programs, plant."""

    final: Array  # (path, sale)
    intensity: Array  # (path, buyer line, seller line)
    programs: Array  # (path, firm, line)
    orders: Array  # (path, buyer line, seller line)

    def scaled(self, chain: Chain, share: Array) -> Wants:
        """Return the wants of which sellers serve only `share` (path, line)."""
        return Wants(
            final=self.final * share[:, chain.sales.line],
            intensity=self.intensity * share[:, None, :],
            programs=self.programs * share[:, None, :],
            orders=self.orders * share[:, None, :],
        )


@dataclass(frozen=True)
class Deliveries:
    """What was delivered, in volume."""

    final: Array  # (path, sale)
    inputs: Array  # (path, buyer line, seller line)
    programs: Array  # (path, firm, line)
    orders: Array  # (path, buyer line, seller line)
    volume: Array  # (path, line)
    unserved: Array  # (path, 1): share of what was asked of capacity owners
    explosive: Mask  # (path, 1)


def input_intensity(now: Moment) -> Array:
    """Return units bought per unit sold (path, buyer, seller): own growth and levers."""
    chain = now.chain
    lever = now.state.log_intensity + now.drivers.input_use[now.quarter]
    return np.asarray(
        chain.intensity * grown(chain.intensity_growth * now.quarter + lever[:, :, None])
    )


def redirect(now: Moment, wants: Array, buyer_firm: Index) -> Array:
    """Move `substitution` of what was bought from dead sellers to survivors of their market.

    ``wants`` (path, buyer, seller line). Survivors get it by their last volumes; a firm never
    buys from itself. What finds no survivor is lost.
    """
    chain, alive = now.chain, now.line_alive
    kept = wants * alive[:, None, :]
    if now.state.alive.all():
        return kept
    market = chain.market_of_line
    others = buyer_firm[:, None] != chain.firm_of_line
    weight = (now.state.volume * alive)[:, None, :] * others
    orphaned = by_market(chain, wants - kept)[:, :, market]
    share = now.level("substitution", "substitution")[:, :, None]
    total = by_market(chain, weight)[:, :, market]
    return np.asarray(kept + share * orphaned * ratio(weight, total))


def by_market(chain: Chain, values: Array) -> Array:
    """Sum (path, buyer, seller line) over the sellers of each market: (path, buyer, market)."""
    out = np.zeros((*values.shape[:2], len(chain.market_ids)))
    for line, market in enumerate(chain.market_of_line.tolist()):
        out[:, :, market] += values[:, :, line]
    return out


def output_possible(now: Moment, before: Array, after: Array) -> Array:
    """Return the share of its output that a line can still make (path, line).

    It loses the essential share of an input of which no seller survives; ``before`` and ``after``
    are intensities (path, buyer, seller) without and with the deaths.
    """
    if now.state.alive.all():
        return np.ones_like(now.state.volume)
    asked, found = by_market(now.chain, before), by_market(now.chain, after)
    nobody = (asked > 0) & (found <= 0)
    return np.asarray(1.0 - (nobody * now.chain.essential).max(axis=2, initial=0.0))


def deliver(now: Moment, wants: Wants, possible: Array) -> Deliveries:
    """Return deliveries: volumes solved with cycles, rationed by capacity, offered on once.

    ``possible`` (path, line) is the share of its output that a line can make at all.
    """
    chain = now.chain
    limited = wants.scaled(chain, possible)
    volume, explosive = _solve(chain, limited)
    limit = np.where(chain.plants.owned, now.parameters["overload"] * now.state.capacity, np.inf)
    over = (volume > limit * OVER).any(axis=1)
    served, after = limited, volume
    if over.any():
        served, after, burst = _rationed(chain, limited, volume, limit)
        explosive = explosive | burst
    asked = _orders_received(chain, wants, volume)
    owners = chain.plants.owned
    got = np.where(owners, after, 0.0).sum(axis=1, keepdims=True)
    wanted = np.where(owners, asked, 0.0).sum(axis=1, keepdims=True)
    return Deliveries(
        final=served.final,
        inputs=served.intensity * after[:, :, None],
        programs=served.programs,
        orders=served.orders,
        volume=after,
        unserved=np.maximum(0.0, 1.0 - ratio(got, wanted, 1.0)),
        explosive=explosive,
    )


def _orders_received(chain: Chain, wants: Wants, volume: Array) -> Array:
    """Return what is ordered from each line by buyers that make `volume` (path, line)."""
    return np.asarray(_outside(chain, wants) + (wants.intensity * volume[:, :, None]).sum(axis=1))


def _outside(chain: Chain, wants: Wants) -> Array:
    """Return what is wanted of each line whatever its buyers sell (path, line)."""
    final = group_sum(wants.final, chain.sales.line, len(chain.line_ids))
    return np.asarray(final + wants.programs.sum(axis=1) + wants.orders.sum(axis=1))


def _solve(chain: Chain, wants: Wants) -> tuple[Array, Mask]:
    """Solve (I - A') Q = outside for each path; explosive where no such volumes exist."""
    outside = _outside(chain, wants)
    system = np.eye(outside.shape[1]) - np.swapaxes(wants.intensity, 1, 2)
    most = HIGHEST_VOLUME * max(float(chain.volume.sum()), 1e-300)
    try:
        solved = np.linalg.solve(system, outside[:, :, None])[:, :, 0]
    except np.linalg.LinAlgError:
        solved = np.stack([_solve_one(*one) for one in zip(system, outside, strict=True)])
    tolerance = 1e-9 * np.abs(solved).max(axis=1, keepdims=True, initial=0.0)
    sound = (solved >= -tolerance) & (solved <= most)
    explosive = ~sound.all(axis=1, keepdims=True)
    return np.where(explosive, 0.0, np.maximum(solved, 0.0)), explosive


def _solve_one(system: Array, outside: Array) -> Array:
    """Solve one path; NaN where its system is singular."""
    try:
        return np.asarray(np.linalg.solve(system, outside))
    except np.linalg.LinAlgError:
        return np.full_like(outside, np.nan)


def _rationed(chain: Chain, wants: Wants, volume: Array, limit: Array) -> tuple[Wants, Array, Mask]:
    """Cut what exceeds the limit pro rata, offer it once to spare capacity, and solve again.

    Buyers short of essential inputs make less. Offers may push a seller over its limit; that is
    cut without a further offer, which can push nobody else over.
    """
    fill = np.minimum(1.0, ratio(limit, volume, 1.0))
    moved = _offered_on(chain, wants, volume, fill, limit)
    shares = _served_shares(chain, wants, moved, fill)
    cut = _with_needs(chain, moved.scaled(chain, shares.further), shares)
    after, explosive = _solve(chain, cut)
    again = np.minimum(1.0, ratio(limit, after, 1.0))
    last = cut.scaled(chain, np.where(after > limit * OVER, again, 1.0))
    after, still = _solve(chain, last)
    over = np.asarray((volume > limit * OVER).any(axis=1))
    return (
        _where(over, last, wants),
        np.where(over[:, None], after, volume),
        (explosive | still) & over[:, None],
    )


def _where(mask: Mask, chosen: Wants, other: Wants) -> Wants:
    """Return the wants of one of two, path by path."""
    flat, deep = mask[:, None], mask[:, None, None]
    return Wants(
        final=np.where(flat, chosen.final, other.final),
        intensity=np.where(deep, chosen.intensity, other.intensity),
        programs=np.where(deep, chosen.programs, other.programs),
        orders=np.where(deep, chosen.orders, other.orders),
    )


def _offered_on(chain: Chain, wants: Wants, volume: Array, fill: Array, limit: Array) -> Wants:
    """Return wants after the excess was cut and offered to spare plant of the same market."""
    spare = np.where(chain.plants.owned, np.maximum(limit - volume, 0.0), 0.0)
    market, markets = chain.market_of_line, len(chain.market_ids)
    excess = group_sum(volume * (1.0 - fill), market, markets)
    room = group_sum(spare, market, markets)
    taken = np.minimum(1.0, ratio(room, excess))
    offer = taken[:, market] * ratio(spare, room[:, market])

    def placed(values: Array, buyers: Index) -> Array:
        """Cut what sellers cannot fill; move it to others, never to the buyer's own firm."""
        cut = values * (1.0 - fill)[:, None, :]
        others = buyers[:, None] != chain.firm_of_line
        return values - cut + by_market(chain, cut)[:, :, market] * offer[:, None, :] * others

    firms = np.arange(len(chain.firm_ids))
    return Wants(
        final=_final_placed(chain, wants.final, fill, offer),
        intensity=placed(wants.intensity, chain.firm_of_line),
        programs=placed(wants.programs, firms),
        orders=placed(wants.orders, chain.firm_of_line),
    )


def _final_placed(chain: Chain, final: Array, fill: Array, offer: Array) -> Array:
    """Ration final demand; what is cut moves within its basket, own use never."""
    sales = chain.sales
    baskets = int(sales.basket.max(initial=-1)) + 1
    cut = final * (1.0 - fill[:, sales.line])
    movable = group_sum(cut * (1.0 - sales.own_use), sales.basket, baskets)[:, sales.basket]
    return np.asarray(final - cut + movable * offer[:, sales.line] * (1.0 - sales.own_use))


@dataclass(frozen=True)
class _Shares:
    """How much of what is ordered gets served, after offers.

    ``served`` (path, line): by each seller; ``further`` the part of it that is no matter of
    capacity; ``found`` (path, buyer, market): of each buyer's inputs.
    """

    served: Array
    further: Array
    found: Array


def _served_shares(chain: Chain, wants: Wants, moved: Wants, fill: Array) -> _Shares:
    """Return served shares: a line sells what capacity or its scarcest essential input allows.

    Want of an input runs on to the buyer's own buyers; the search from above ends with the
    greatest shares, each path on its own.
    """
    asked = by_market(chain, wants.intensity)
    further = np.ones_like(fill)
    found = np.ones_like(asked)
    open_paths = np.arange(len(fill))
    for _ in range(len(chain.line_ids) + 1):
        got = by_market(chain, moved.intensity[open_paths] * further[open_paths, None, :])
        found[open_paths] = np.minimum(1.0, ratio(got, asked[open_paths], 1.0))
        missing = (1.0 - found[open_paths]) * chain.essential
        makes = 1.0 - missing.max(axis=2, initial=0.0)
        new = np.minimum(1.0, ratio(makes, fill[open_paths], 1.0))
        change = np.abs(new - further[open_paths]).max(axis=1, initial=0.0)
        further[open_paths] = np.minimum(further[open_paths], new)
        open_paths = open_paths[change > STILL]
        if not open_paths.size:
            break
    return _Shares(served=fill * further, further=further, found=found)


def _with_needs(chain: Chain, cut: Wants, shares: _Shares) -> Wants:
    """Return wants whose inputs per unit fit the output: a line that makes less needs less."""
    per_output = 1.0 / np.where(shares.served > 0, shares.served, 1.0)
    per_found = 1.0 / np.where(shares.found > 0, shares.found, 1.0)
    scale = np.minimum(per_output[:, :, None], per_found)[:, :, chain.market_of_line]
    return Wants(cut.final, cut.intensity * scale, cut.programs, cut.orders)


def check_viable(chain: Chain, drivers: Drivers) -> None:
    """Refuse an economy in which a unit of output needs more than a unit of itself.

    Raises
    ------
    EconomyError
        When the spectral radius of the input matrix reaches 1 within the horizon.
    """
    worst = np.zeros_like(chain.intensity)
    for quarter in range(drivers.quarters + 1):
        worst = np.maximum(worst, _intensity_at(chain, drivers, quarter))
    if _radius(worst) < 1.0:  # it grows with every entry, so no single quarter is worse
        return
    for quarter in range(drivers.quarters + 1):
        radius = _radius(_intensity_at(chain, drivers, quarter))
        if radius >= 1.0:
            raise EconomyError(
                f"{chain.world.economy}: from quarter t+{quarter} the lines need more inputs than "
                f"they produce (spectral radius {radius:.3f}, expected below 1). Lower the inputs "
                "of lines that buy from each other, or the growth of input use."
            )


def _intensity_at(chain: Chain, drivers: Drivers, quarter: int) -> Array:
    """Return units bought per unit sold in one quarter (buyer, seller)."""
    lever = drivers.input_use[1 : quarter + 1].sum()
    return np.asarray(chain.intensity * grown(chain.intensity_growth * quarter + lever))


def _radius(intensity: Array) -> float:
    """Return the spectral radius; a bound on it where that is below 1."""
    bound = min(intensity.sum(axis=0).max(initial=0.0), intensity.sum(axis=1).max(initial=0.0))
    if bound < 1.0:
        return float(bound)
    return float(np.abs(np.linalg.eigvals(intensity)).max(initial=0.0))
