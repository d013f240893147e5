"""The second model in JAX: one compiled scan over quarters, all paths at once, double precision.

Arrays keep their shapes, so all paths are cleared until the last has settled, and arrears of firms
to each other are matrices. Arrays are (path, firm) unless said.
"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from fragile_model import LAWS, Economy

jax.config.update("jax_enable_x64", True)
FIELDS = (
    "elasticity", "variable", "fixed", "pass_through", "tax_rate", "cash", "floor", "runway",
    "debt", "line", "rate", "life", "supply", "income_leverage", "closes_below",
)  # fmt: skip


class State(NamedTuple):
    """All paths at the end of a quarter."""

    price: jax.Array
    volume: jax.Array
    normal: jax.Array
    revenue: jax.Array
    profit: jax.Array
    cash: jax.Array
    debt: jax.Array
    drawn: jax.Array
    stress: jax.Array
    alive: jax.Array
    confidence: jax.Array  # (path, 1)
    final_value: jax.Array  # (path, 1)
    late_outside: jax.Array
    late: jax.Array  # (path, from, to)


class Sourcing(NamedTuple):
    """Who buys from whom: as ever from the living, the rest from survivors of the market."""

    inputs: jax.Array  # (firm, firm)
    alive: jax.Array
    weight: jax.Array
    elsewhere: tuple[jax.Array, ...]  # by market


def ratio(top, bottom):
    """Return top / bottom, and 0 where bottom is not positive."""
    return jnp.where(bottom > 0, top / jnp.where(bottom > 0, bottom, 1.0), 0.0)


def by_market(markets, values):
    """Return for each firm the sum over its market."""
    wide = values.shape[:1]
    sums = [values[:, at].sum(axis=1, keepdims=True) for at in markets]
    parts = [
        jnp.broadcast_to(one, (*wide, at.stop - at.start))
        for one, at in zip(sums, markets, strict=True)
    ]
    return jnp.concatenate(parts, axis=1)


def sourcing_of(markets, inputs, state):
    """Return who buys from whom after the last quarter."""
    dead = 1.0 - state.alive
    weight = ratio(state.volume, by_market(markets, state.volume))
    elsewhere = tuple(dead[:, at] @ inputs[:, at].T for at in markets)
    return Sourcing(inputs, state.alive, weight, elsewhere)


def per_unit(markets, sourcing, price):
    """Return what inputs of a unit cost at some prices."""
    out = (price * sourcing.alive) @ sourcing.inputs.T
    for at, units in zip(markets, sourcing.elsewhere, strict=True):
        out += units * (sourcing.weight[:, at] * price[:, at]).sum(axis=1, keepdims=True)
    return out


def orders(markets, sourcing, made):
    """Return what all order from each firm when they make so much."""
    found = [
        (units * made).sum(axis=1, keepdims=True) * sourcing.weight[:, at]
        for at, units in zip(markets, sourcing.elsewhere, strict=True)
    ]
    return (made @ sourcing.inputs) * sourcing.alive + jnp.concatenate(found, axis=1)


def volumes(markets, sourcing, demand):
    """Return what is made, market after market down the chain."""
    parts = []
    for at, units in zip(markets, sourcing.elsewhere, strict=True):
        part = demand[:, at]
        if parts:
            before = jnp.concatenate(parts, axis=1)
            bought = before @ sourcing.inputs[: at.start, at]
            moved = (units[:, : at.start] * before).sum(axis=1, keepdims=True)
            part += bought * sourcing.alive[:, at] + sourcing.weight[:, at] * moved
        parts.append(part)
    return jnp.concatenate(parts, axis=1)


def new_prices(markets, e, state, inputs, normal):
    """Move prices towards cost, and towards the mean of the market."""
    service = inputs + e["variable"] + ratio(e["pass_through"] * e["fixed"], normal)
    burden = e["rate"] * state.debt + (1.0 - e["pass_through"]) * e["fixed"]
    full = service + ratio(burden, state.volume)
    target = service / e["opening_cost"]
    target += state.stress * jnp.maximum(full - target, 0.0)
    move = 1.0 + LAWS.price_speed * (target / state.price - 1.0)
    moved = state.price * jnp.clip(move, 1.0 - LAWS.price_step, 1.0 + LAWS.price_step)
    logs = jnp.log(jnp.maximum(moved, LAWS.lowest_price))
    total = by_market(markets, state.volume)
    mean = ratio(by_market(markets, state.volume * logs), total)
    pull = jnp.where(total > 0, LAWS.price_pull, 0.0)
    return jnp.maximum(jnp.exp((1.0 - pull) * logs + pull * mean), LAWS.lowest_price)


def final_demand(markets, e, state, size, price):
    """Split what users want over sellers; some of the custom of the dead moves to survivors."""
    power = 1.0 - LAWS.switching
    living = size * state.alive
    total = by_market(markets, living)
    index = by_market(markets, ratio(living, total) * price**power)
    basket = jnp.where(total > 0, jnp.where(index > 0, index, 1.0) ** (1.0 / power), price)
    wanted = size * basket ** -e["elasticity"] * (price / basket) ** -LAWS.switching
    kept = wanted * state.alive
    orphaned = by_market(markets, wanted - kept)
    return kept + LAWS.substitution * ratio(orphaned, by_market(markets, kept)) * kept


def lend(e, state, owed, expected):
    """Return what firms borrow, what of it on lines, and the essential money that they need."""
    due = state.debt / e["life"]
    runway = e["runway"] * jnp.maximum(0.0, owed - due - expected)
    gap = owed - state.cash - expected
    wanted = jnp.maximum(0.0, jnp.maximum(runway, e["floor"]) + gap) * state.alive
    safety = jnp.maximum(LAWS.essential_burn * runway, e["floor"])
    essential = jnp.maximum(0.0, safety + gap) * state.alive
    is_open = state.confidence >= e["closes_below"]
    supply = e["supply"] * state.confidence**LAWS.supply_exponent * is_open
    most = e["income_leverage"] * jnp.maximum(0.0, 4.0 * state.profit)
    room = jnp.maximum(0.0, most - (state.debt - due))
    rolled = jnp.minimum(due * state.alive, room)
    rolled *= jnp.minimum(1.0, ratio(supply, rolled.sum(axis=1, keepdims=True)))
    left = jnp.maximum(0.0, wanted - rolled)
    from_line = jnp.minimum(left, (e["line"] - state.drawn) * state.alive * is_open)
    left = jnp.maximum(0.0, left - from_line)
    supply = jnp.maximum(0.0, supply - rolled.sum(axis=1, keepdims=True))
    covers = state.profit >= LAWS.cover_limit * e["rate"] * state.debt
    room = jnp.where(covers, jnp.maximum(0.0, room - rolled - from_line), 0.0)
    new = jnp.minimum(left, room)
    new *= jnp.minimum(1.0, ratio(supply, new.sum(axis=1, keepdims=True)))
    return rolled + from_line + new, from_line, essential


def clear(resources, dues, inflow, failed):
    """Pay classes in order, pro rata within each, until nothing moves; return shares and rest."""
    due = sum(dues)
    enough = due * (1.0 - LAWS.rounding)

    def once(found):
        ratios, _, failed, short, _ = found
        means = resources + inflow(ratios[1], ratios[2])
        failed = failed | (means < LAWS.default_threshold * enough)
        budget = jnp.where(failed, (1.0 - LAWS.default_costs) * means, means)
        short = short | (budget < enough)
        after, before = [], 0.0
        for own in dues:
            share = jnp.clip((budget - before) / jnp.where(own > 0, own, 1.0), 0.0, 1.0)
            after.append(jnp.where(short & (own > 0), share, 1.0))
            before = before + own
        after = jnp.stack(after)
        moves = jnp.abs(after - ratios).max() > 1e-15
        left = jnp.where(failed, 0.0, jnp.maximum(0.0, budget - due))
        return after, left, failed, short, moves

    start = jnp.ones((3, *due.shape)), due, failed, jnp.zeros_like(failed), jnp.array(True)
    return jax.lax.while_loop(lambda found: found[-1], once, start)[:3]


def settle(resources, dues, inflow, debt):
    """Clear until nobody new fails; return shares, cash, and who failed."""

    def again(found):
        _, _, failed, _ = found
        first, second, third = dues
        shares, left, now = clear(resources, (first, second, third + debt * failed), inflow, failed)
        return shares, left, now, (now & ~failed).any()

    nobody = jnp.zeros(debt.shape, dtype=bool)
    start = jnp.ones((3, *debt.shape)), debt, nobody, jnp.array(True)
    return jax.lax.while_loop(lambda found: found[-1], again, start)[:3]


def run_quarter(markets, e, state, drivers):
    """Return the state after a quarter, and what is kept of it."""
    sizes, shock, trend = drivers
    sourcing = sourcing_of(markets, e["inputs"], state)
    normal = jnp.maximum(state.volume, LAWS.retreat * state.normal)
    price = new_prices(markets, e, state, per_unit(markets, sourcing, state.price), normal)
    demand = final_demand(markets, e, state, sizes * shock, price)
    volume = volumes(markets, sourcing, demand)
    inputs = per_unit(markets, sourcing, price) * volume
    revenue = price * volume
    other, fixed = e["variable"] * volume, e["fixed"] * state.alive
    profit = revenue - inputs - other - fixed
    interest, due = e["rate"] * state.debt, state.debt / e["life"]
    first = other + e["tax_rate"] * jnp.maximum(0.0, profit - interest)
    outside = fixed + interest + due
    second = state.late_outside + state.late.sum(axis=2)
    owed = first + second + outside + inputs
    expected = revenue + state.late.sum(axis=1)
    borrowed, from_line, essential = lend(e, state, owed, expected)
    debt = jnp.maximum(0.0, state.debt - due) + borrowed

    def inflow(late, trade):
        received = price * orders(markets, sourcing, volume * trade)
        return received + jnp.einsum("pij,pi->pj", state.late, late)

    resources = state.cash + price * demand + borrowed
    shares, cash, failed = settle(resources, (first, second, outside + inputs), inflow, debt)
    alive = state.alive & ~failed
    gaps = jnp.where(shares < 1.0 - LAWS.rounding, 1.0 - shares, 0.0) * ~failed
    late_outside = gaps[0] * first + gaps[1] * state.late_outside + gaps[2] * outside
    units = sourcing.inputs * state.alive[:, None, :] + jnp.concatenate(
        [
            units[:, :, None] * sourcing.weight[:, None, at]
            for at, units in zip(markets, sourcing.elsewhere, strict=True)
        ],
        axis=2,
    )
    late = (gaps[2] * volume)[:, :, None] * price[:, None, :] * units
    late = (late + gaps[1][:, :, None] * state.late) * alive[:, None, :]
    missing = jnp.maximum(0.0, essential - borrowed)
    memory = LAWS.stress_memory
    stress = memory * state.stress + (1.0 - memory) * jnp.minimum(ratio(missing, essential), 1.0)
    final_value = (price * demand).sum(axis=1, keepdims=True)
    asked = jnp.maximum(essential, borrowed).sum(axis=1, keepdims=True)
    unmet = ratio(missing.sum(axis=1, keepdims=True), asked)
    confidence = new_confidence(state, trend, failed, final_value, unmet)
    after = State(
        price, volume * alive, normal * alive, revenue * alive, profit * alive, cash, debt * alive,
        state.drawn + from_line, stress * alive, alive, confidence, final_value, late_outside, late,
    )  # fmt: skip
    return after, (after.cash, after.revenue, failed)


def new_confidence(state, trend, failed, final_value, unmet):
    """Return the confidence of lenders, (path, 1)."""
    growth = jnp.where(state.final_value > 0, ratio(final_value, state.final_value), 1.0)
    revenue = state.revenue.sum(axis=1, keepdims=True)
    lost = ratio((state.revenue * failed).sum(axis=1, keepdims=True), revenue)
    c = state.confidence + LAWS.confidence_return * (1.0 - state.confidence)
    c += LAWS.confidence_growth * (growth - trend) - LAWS.confidence_default * lost
    return jnp.clip(c - LAWS.confidence_unmet * unmet, 0.0, LAWS.most_confidence)


@partial(jax.jit, static_argnames="ends")
def _paths(ends, e, sizes, shocks, trends):
    """Return cash, revenue and failures after each quarter."""
    markets = [slice(*pair) for pair in ends]
    paths, firms = shocks.shape[1:]

    def wide(values):
        return jnp.broadcast_to(values, (paths, firms))

    nothing, opening = jnp.zeros((paths, firms)), wide(e["opening"])
    start = State(
        price=jnp.ones((paths, firms)),
        volume=opening,
        normal=opening,
        revenue=opening,
        profit=wide(e["opening_profit"]),
        cash=wide(e["cash"]),
        debt=wide(e["debt"]),
        drawn=nothing,
        stress=nothing,
        alive=jnp.ones((paths, firms), dtype=bool),
        confidence=jnp.ones((paths, 1)),
        final_value=jnp.full((paths, 1), sizes[0].sum()),
        late_outside=nothing,
        late=jnp.zeros((paths, firms, firms)),
    )
    drivers = sizes[1:], shocks[1:], trends
    return jax.lax.scan(partial(run_quarter, markets, e), start, drivers)[1]


def run(economy: Economy, shocks: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return cash, revenue and failures, each (quarter, path, firm)."""
    opening, inputs = economy.volume, economy.inputs
    cost = inputs.sum(axis=1) + economy.variable
    cost = cost + economy.pass_through * economy.fixed / opening
    e = {name: jnp.asarray(getattr(economy, name)) for name in FIELDS}
    e |= {"inputs": inputs, "opening": opening, "opening_profit": economy.profit}
    sizes = economy.sizes(len(shocks) - 1)
    total = sizes.sum(axis=1)
    ends = tuple((at.start, at.stop) for at in economy.markets)
    trends = total[1:] / total[:-1]
    found = _paths(ends, e | {"opening_cost": cost}, sizes, shocks, trends)
    wide = (1, *shocks.shape[1:])
    first = economy.cash, opening, np.zeros(economy.firms, dtype=bool)
    return tuple(
        np.concatenate([np.broadcast_to(before, wide), np.asarray(after)])
        for before, after in zip(first, found, strict=True)
    )
