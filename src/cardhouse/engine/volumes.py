"""Volumes: what is ordered from whom, what capacity allows, what stays unserved.

One non-negative linear system per path, ``Q = d + A'Q + programs + orders``: cycles are allowed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from cardhouse.engine.arrays import Array, Chain, Index, Mask
from cardhouse.engine.drivers import Drivers
from cardhouse.engine.moment import Moment
from cardhouse.engine.per_chain import PerChain
from cardhouse.engine.sums import column_sum, covered, group_sum, grown, ratio
from cardhouse.errors import EconomyError

SWEEPS = 64
SETTLED = 1e-15  # a sweep that moves no volume by more than this, relative to the largest
STILL = 1e-12  # a round that moves no served share by more than this has settled
HIGHEST_VOLUME = 1e15  # multiple of row 0; beyond it a path is explosive, not large
OVER = 1.0 + 1e-9


@dataclass(frozen=True)
class Wants:
    """What buyers want from sellers, in volume."""

    final: Array  # (path, sale)
    intensity: Array  # (path, buyer line, seller line)
    programs: Array  # (path, firm, line)
    orders: Array  # (path, buyer line, seller line)
    backed: Array  # (path, buy-back)

    def scaled(self, chain: Chain, share: Array) -> Wants:
        """Return the wants of which sellers serve only `share` (path, line)."""
        return Wants(
            final=self.final * share[:, chain.sales.line],
            intensity=self.intensity * share[:, None, :],
            programs=self.programs * share[:, None, :],
            orders=self.orders * share[:, None, :],
            backed=self.backed * share[:, chain.buy_backs.seller],
        )


@dataclass(frozen=True)
class Deliveries:
    """What was delivered, in volume."""

    final: Array  # (path, sale)
    inputs: Array  # (path, buyer line, seller line)
    programs: Array  # (path, firm, line)
    orders: Array  # (path, buyer line, seller line)
    backed: Array  # (path, buy-back)
    volume: Array  # (path, line)
    unserved: Array  # (path, 1): share of what was asked of capacity owners
    explosive: Mask  # (path, 1)


def input_intensity(now: Moment) -> Array:
    """Return units bought per unit sold (path, buyer, seller): own growth and levers."""
    found = _intensity_at(now.chain, now.drivers, now.quarter)
    return np.broadcast_to(found, (now.state.paths, *found.shape))


def redirect(now: Moment, wants: Array, buyer_firm: Index, *, needed: bool = False) -> Array:
    """Move what was bought from dead sellers to survivors of their market.

    ``wants`` (path, buyer, seller line). Survivors get `substitution` of it by their last volumes,
    and all of it where it is ``needed``: who makes as much as before cannot do with less of an
    input. A firm never buys from itself. What finds no survivor is lost.
    """
    chain, alive = now.chain, now.line_alive
    kept = wants * alive[:, None, :]
    if now.state.alive.all():
        return kept
    dead = np.flatnonzero(~alive.all(axis=0))
    market, markets = chain.market_of_line, len(chain.market_ids)
    orphaned = column_sum(wants[:, :, dead] - kept[:, :, dead], market[dead], markets)
    buyers = np.flatnonzero(orphaned.any(axis=(0, 2)))
    lines = np.flatnonzero(np.asarray(orphaned.any(axis=(0, 1)))[market])
    if not buyers.size:
        return kept
    others = buyer_firm[buyers, None] != chain.firm_of_line[lines]
    weight = (now.state.volume * alive)[:, None, lines] * others
    share = 1.0 if needed else now.level("substitution", "substitution")[:, :, None]
    total = column_sum(weight, market[lines], markets)[:, :, market[lines]]
    moved = share * orphaned[:, buyers][:, :, market[lines]] * ratio(weight, total)
    kept[:, buyers[:, None], lines] += moved
    return kept


def by_market(chain: Chain, values: Array) -> Array:
    """Sum (path, buyer, seller line) over the sellers of each market: (path, buyer, market)."""
    order = np.argsort(chain.market_of_line, kind="stable")
    starts = np.searchsorted(chain.market_of_line[order], np.arange(len(chain.market_ids)))
    return np.add.reduceat(values[:, :, order], starts, axis=2)


def output_possible(now: Moment, intensity: Array) -> Array:
    """Return the share of its output that a line can still make (path, line).

    It loses the essential share of an input of which no seller survives. A firm that sells the
    input itself is its own survivor: it makes what it used to buy.
    """
    chain = now.chain
    if now.state.alive.all():
        return np.ones_like(now.state.volume)
    living = group_sum(now.line_alive, chain.market_of_line, len(chain.market_ids))
    nobody = (by_market(chain, intensity) > 0) & (living <= 0)[:, None, :]
    return np.asarray(1.0 - (nobody * chain.essential).max(axis=2, initial=0.0))


def deliver(now: Moment, wants: Wants, possible: Array) -> Deliveries:
    """Return deliveries: volumes solved with cycles, rationed by capacity, offered on once.

    ``possible`` (path, line) is the share of its output that a line can make at all.
    """
    chain = now.chain
    served = wants
    if (possible < 1.0).any():
        served = _fitted(chain, wants, wants.scaled(chain, possible), possible)
    volume, explosive = _solve(chain, served)
    limit = np.where(chain.plants.owned, now.parameters["overload"] * now.state.capacity, np.inf)
    after = volume
    if (volume > limit * OVER).any():
        served, after, burst = _rationed(chain, served, volume, limit)
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
        backed=served.backed,
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
    backed = group_sum(wants.backed, chain.buy_backs.seller, len(chain.line_ids))
    return np.asarray(final + backed + wants.programs.sum(axis=1) + wants.orders.sum(axis=1))


def _solve(chain: Chain, wants: Wants) -> tuple[Array, Mask]:
    """Solve (I - A') Q = outside for each path; explosive where no such volumes exist.

    Order by order down the chain, which ends exactly where nobody buys in a circle; where circles
    make it slow, by elimination. Neither calls a BLAS, whose sums may change with its threads.
    """
    outside = _outside(chain, wants)
    with np.errstate(over="ignore", invalid="ignore"):
        volume, slow = _swept(wants.intensity, outside)
        for path in slow.tolist():
            volume[path] = _eliminated(wants.intensity[path], outside[path])
    most = HIGHEST_VOLUME * max(float(chain.volume.sum()), 1e-300)
    sound = np.asarray(((volume >= 0.0) & (volume <= most)).all(axis=1, keepdims=True))
    return np.where(sound, volume, 0.0), ~sound


def _swept(intensity: Array, outside: Array) -> tuple[Array, Index]:
    """Add up orders of orders; return volumes, and the paths on which that has not settled."""
    volume, paths = outside.copy(), np.arange(len(outside))
    part, base, now = intensity, outside, outside
    for _ in range(SWEEPS):
        after = base + np.einsum("pij,pi->pj", part, now)
        settled = np.abs(after - now).max(axis=1, initial=0.0) <= SETTLED * after.max(axis=1)
        volume[paths] = after
        now = after
        if settled.any():
            go = ~settled
            paths, part, base, now = paths[go], part[go], base[go], now[go]
        if not paths.size:
            break
    return volume, paths


def _eliminated(intensity: Array, outside: Array) -> Array:
    """Return volumes of one path by elimination; NaN where a unit needs a unit of itself.

    The matrix has no positive entry off its diagonal, so pivots stay positive exactly as long as
    volumes exist.
    """
    count = len(outside)
    system, volume = np.eye(count) - intensity.T, outside.copy()
    for k in range(count):
        if not system[k, k] > 0.0:
            return np.full_like(outside, np.nan)
        factor = system[k + 1 :, k] / system[k, k]
        system[k + 1 :, k + 1 :] -= factor[:, None] * system[k, k + 1 :]
        volume[k + 1 :] -= factor * volume[k]
    for k in reversed(range(count)):
        known = (system[k, k + 1 :] * volume[k + 1 :]).sum()
        volume[k] = (volume[k] - known) / system[k, k]
    return volume


def _rationed(chain: Chain, wants: Wants, volume: Array, limit: Array) -> tuple[Wants, Array, Mask]:
    """Cut what exceeds the limit pro rata, offer it once to spare capacity, and solve again.

    Buyers short of essential inputs make less. Offers may push a seller over its limit; that is
    cut without a further offer, which can push nobody else over.
    """
    fill = covered(limit, volume)
    moved = _offered_on(chain, wants, volume, fill, limit)
    cut = _fitted(chain, wants, moved, fill)
    after, explosive = _solve(chain, cut)
    again = covered(limit, after)
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
    if mask.all():
        return chosen
    flat, deep = mask[:, None], mask[:, None, None]
    return Wants(
        final=np.where(flat, chosen.final, other.final),
        intensity=np.where(deep, chosen.intensity, other.intensity),
        programs=np.where(deep, chosen.programs, other.programs),
        orders=np.where(deep, chosen.orders, other.orders),
        backed=np.where(flat, chosen.backed, other.backed),
    )


def _offered_on(chain: Chain, wants: Wants, volume: Array, fill: Array, limit: Array) -> Wants:
    """Return wants after the excess was cut and offered to spare plant of the same market."""
    spare = np.where(chain.plants.owned, np.maximum(limit - volume, 0.0), 0.0)
    market, markets = chain.market_of_line, len(chain.market_ids)
    excess = group_sum(volume * (1.0 - fill), market, markets)
    room = group_sum(spare, market, markets)
    taken = covered(room, excess, 0.0)
    offer = taken[:, market] * ratio(spare, room[:, market])
    lines = np.flatnonzero(np.asarray((excess > 0.0).any(axis=0))[market])

    def placed(values: Array, buyers: Index) -> Array:
        """Cut what sellers cannot fill; move it to others, never to the buyer's own firm."""
        cut = values[:, :, lines] * (1.0 - fill)[:, None, lines]
        others = buyers[:, None] != chain.firm_of_line[lines]
        asked = column_sum(cut, market[lines], markets)[:, :, market[lines]]
        out = values.copy()
        out[:, :, lines] += asked * offer[:, None, lines] * others - cut
        return out

    firms = np.arange(len(chain.firm_ids))
    return Wants(
        final=_final_placed(chain, wants.final, fill, offer),
        intensity=placed(wants.intensity, chain.firm_of_line),
        programs=placed(wants.programs, firms),
        orders=placed(wants.orders, chain.firm_of_line),
        backed=wants.backed * fill[:, chain.buy_backs.seller],
    )


def _final_placed(chain: Chain, final: Array, fill: Array, offer: Array) -> Array:
    """Ration final demand; what is cut moves within its basket, own use never."""
    sales = chain.sales
    baskets = int(sales.basket.max(initial=-1)) + 1
    cut = final * (1.0 - fill[:, sales.line])
    movable = group_sum(cut * (1.0 - sales.own_use), sales.basket, baskets)[:, sales.basket]
    return np.asarray(final - cut + movable * offer[:, sales.line] * (1.0 - sales.own_use))


def _fitted(chain: Chain, wants: Wants, moved: Wants, fill: Array) -> Wants:
    """Return what gets served when sellers fill only `fill` (path, line) of their orders.

    ``moved`` is what is left of `wants` and has been offered elsewhere. A buyer makes what its
    scarcest essential input allows, so its own buyers get less, and it needs less of the rest.
    """
    further, found = _further_cuts(chain, wants, moved, fill)
    made = fill * further
    per_output = 1.0 / np.where(made > 0, made, 1.0)
    per_found = 1.0 / np.where(found > 0, found, 1.0)
    needs = np.minimum(per_output[:, :, None], per_found)[:, :, chain.market_of_line]
    cut = moved.scaled(chain, further)
    return replace(cut, intensity=cut.intensity * needs)


def _further_cuts(chain: Chain, wants: Wants, moved: Wants, fill: Array) -> tuple[Array, Array]:
    """Return what want of inputs cuts beyond `fill`, and the share of inputs that buyers find.

    A line sells what its orders filled or its scarcest essential input allow, whichever is less;
    (path, line) and (path, buyer, market). The search from above ends with the greatest shares,
    each path on its own.
    """
    asked = by_market(chain, wants.intensity)
    further, found = np.ones_like(fill), np.ones_like(asked)
    paths = np.arange(len(fill))
    for _ in range(len(chain.line_ids) + 1):
        got = by_market(chain, moved.intensity[paths] * further[paths, None, :])
        found[paths] = covered(got, asked[paths])
        makes = 1.0 - ((1.0 - found[paths]) * chain.essential).max(axis=2, initial=0.0)
        new = np.minimum(further[paths], ratio(makes, fill[paths], 1.0))
        change = np.abs(new - further[paths]).max(axis=1, initial=0.0)
        further[paths] = new
        paths = paths[change > STILL]
        if not paths.size:
            break
    return further, found


def check_viable(chain: Chain, drivers: Drivers) -> None:
    """Refuse an economy in which a unit of output needs more than a unit of itself.

    Raises
    ------
    EconomyError
        When the spectral radius of the input matrix reaches 1 within the horizon.
    """
    ring = _rings.of(chain)
    if not ring.size:
        return  # what goes round nowhere needs nothing of itself
    worst = np.zeros((ring.size, ring.size))
    for quarter in range(drivers.quarters + 1):
        worst = np.maximum(worst, _intensity_at(chain, drivers, quarter, ring))
    if _radius(worst) < 1.0:  # it grows with every entry, so no single quarter is worse
        return
    for quarter in range(drivers.quarters + 1):
        radius = _radius(_intensity_at(chain, drivers, quarter, ring))
        if radius >= 1.0:
            raise EconomyError(
                f"{chain.world.economy}: from quarter t+{quarter} the lines need more inputs than "
                f"they produce (spectral radius {radius:.3f}, expected below 1). Lower the inputs "
                "of lines that buy from each other, or the growth of input use."
            )


def in_rings(intensity: Array) -> Index:
    """Return the lines that may buy from themselves round a ring: nobody else moves the radius.

    Examples
    --------
    >>> chain = np.array([[0.0, 0.5, 0.0], [0.0, 0.0, 0.5], [0.0, 0.0, 0.0]])
    >>> in_rings(chain).tolist(), in_rings(chain + chain.T).tolist()
    ([], [0, 1, 2])
    """
    kept = np.arange(len(intensity))
    buys = intensity != 0.0
    while kept.size:
        inside = buys[np.ix_(kept, kept)]
        both = inside.any(axis=0) & inside.any(axis=1)
        if both.all():
            break
        kept = kept[both]
    return kept


_rings: PerChain[Index] = PerChain(lambda chain: in_rings(chain.intensity))


def _intensity_at(
    chain: Chain, drivers: Drivers, quarter: int, lines: Index | None = None
) -> Array:
    """Return units bought per unit sold in one quarter (buyer, seller), among some lines or all.

    Levers are rates of growth: what a buyer needs per unit, what is needed of a seller per use.
    """
    at = np.arange(len(chain.intensity)) if lines is None else lines
    among = np.ix_(at, at)
    of_buyer = drivers.input_use[1 : quarter + 1, at].sum(axis=0)
    of_seller = drivers.use_as_input[1 : quarter + 1, at].sum(axis=0)
    now = chain.intensity[among]
    buyer, seller = np.nonzero(now)
    growth = chain.intensity_growth[among][buyer, seller] * quarter
    now[buyer, seller] *= grown(growth + (of_buyer[buyer] + of_seller[seller]))
    return now


def _radius(intensity: Array) -> float:
    """Return the spectral radius; a bound on it where that is below 1.

    Lines that nobody buys from, or that buy nothing, are in no circle: they add nothing to it.
    """
    core = intensity
    while core.size:
        bound = min(core.sum(axis=0).max(), core.sum(axis=1).max())
        if bound < 1.0:
            return float(bound)
        in_circle = core.any(axis=0) & core.any(axis=1)
        if in_circle.all():
            return float(np.abs(np.linalg.eigvals(core)).max())
        core = core[np.ix_(in_circle, in_circle)]
    return 0.0
