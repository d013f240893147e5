"""Funding: who asks whom for money, who is served, and how short of it a firm is left.

Asked before settlement on invoice value and planned burn (before cuts). Signed rounds pay first;
maturing debt is asked back from its pool; then pools are asked, equity by rank, debt pro rata
within its limits; last the strategic investors, from the surplus of their own purse.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cardhouse.engine.bills import due_to, owed_by
from cardhouse.engine.chain import KIND, Array, Chain
from cardhouse.engine.demand import driver_log_growth
from cardhouse.engine.drivers import Drivers
from cardhouse.engine.plans import capex_price
from cardhouse.engine.state import Parameters, State
from cardhouse.engine.sums import group_sum, ratio

MARGIN_WEIGHT = 0.5
MARGIN_BOUNDS = (-2.0, 1.0)


@dataclass(frozen=True)
class Needs:
    """What firms want and what they cannot do without (path, firm)."""

    wanted: Array
    essential: Array
    maturing: Array  # (path, firm, pool)


@dataclass(frozen=True)
class Funding:
    """Money raised in the quarter and the stress that is left."""

    equity: Array  # (path, node, firm): by investor
    debt: Array  # (path, pool, firm)
    stress: Array  # (path, firm)

    @property
    def raised(self) -> Array:
        """Return new equity and debt drawn (path, firm)."""
        return np.asarray(self.equity.sum(axis=1) + self.debt.sum(axis=1))


def needs(
    chain: Chain, parameters: Parameters, state: State, invoices: Array, capex: Array, programs: Array
) -> Needs:
    """Return wanted and essential new money from invoices (path, kind, node, node)."""
    firms, purses = len(chain.firm_ids), chain.purses
    payout = invoices[:, KIND["payout"], :firms].sum(axis=2)
    bills = owed_by(invoices, firms) - payout
    receipts = due_to(invoices, firms)
    by_firm = group_sum(capex, chain.firm_of_line, firms)
    maturing = (state.debt / chain.debt_maturity) * state.alive[:, :, None]
    burn = np.maximum(0.0, bills - maturing.sum(axis=2) - receipts)
    buffer = np.maximum(purses.runway * burn, purses.cash_per_capex * by_firm)
    gap = bills - state.cash - receipts
    wanted = np.maximum(buffer, purses.floor) + gap
    low = state.cash < parameters["round_trigger"] * purses.runway * burn
    round_size = np.maximum(purses.runway * burn, gap)
    wanted = np.where(purses.venture_funded, np.where(low, round_size, 0.0), wanted)
    at_will = by_firm + programs * (1.0 - parameters["program_floor"])
    safety = np.maximum(parameters["essential_burn"] * purses.runway * burn, purses.floor)
    alive = state.alive
    return Needs(
        wanted=np.where(alive, np.maximum(wanted, 0.0), 0.0),
        essential=np.where(alive, np.maximum(safety + gap - at_will, 0.0), 0.0),
        maturing=maturing,
    )


def raise_funds(
    chain: Chain,
    drivers: Drivers,
    parameters: Parameters,
    state: State,
    asks: Needs,
    invoices: Array,
    profit: Array,
    charged: Array,
    quarter: int,
) -> Funding:
    """Return who gives what to whom this quarter, and the stress that remains."""
    signed = _signed_rounds(chain, drivers, state, quarter)
    supply = pool_supply(chain, drivers, parameters, state, quarter)
    window = _open_window(drivers, state, profit, quarter)
    room = _debt_room(chain, state, invoices, profit, charged, asks.maturing)
    rolled = _served(np.swapaxes(asks.maturing, 1, 2) * window[:, None, :], supply, room)
    supply = np.maximum(0.0, supply - rolled.sum(axis=2))
    room = np.maximum(0.0, room - rolled)
    left = np.maximum(0.0, asks.wanted - signed.sum(axis=1) - rolled.sum(axis=1))
    firms_first = chain.purses.venture_funded
    first = _equity(chain, parameters, state, supply, left * firms_first * window, profit)
    left = np.maximum(0.0, left - first.sum(axis=1))
    drawn = _served(_spread(chain, left * window, supply, equity=False), supply, room)
    left = np.maximum(0.0, left - drawn.sum(axis=1))
    supply = np.maximum(0.0, supply - first.sum(axis=2))
    late = _equity(chain, parameters, state, supply, left * ~firms_first * window, profit)
    left = np.maximum(0.0, left - late.sum(axis=1))
    strategic = _strategic(chain, drivers, state, invoices, signed, left, quarter)
    equity = signed + strategic
    equity[:, chain.pool_nodes] += first + late
    raised = equity.sum(axis=1) + rolled.sum(axis=1) + drawn.sum(axis=1)
    stress = _stress(parameters, state, asks.essential, raised)
    return Funding(equity=equity, debt=rolled + drawn, stress=stress)


def pool_supply(
    chain: Chain, drivers: Drivers, parameters: Parameters, state: State, quarter: int
) -> Array:
    """Return what each pool will give this quarter (path, pool)."""
    pools = chain.pools
    trend = driver_log_growth(pools.growth, np.zeros_like(pools.growth), pools.half_life, quarter)
    mood = state.confidence ** parameters["supply_exponent"]
    return np.asarray(pools.supply * np.exp(trend) * drivers.pool_supply[quarter] * mood)


def _signed_rounds(chain: Chain, drivers: Drivers, state: State, quarter: int) -> Array:
    """Return signed rounds due this quarter (path, investor node, firm).

    A letter of intent (probability below one half) pays the share that the lever or its
    probability says; pools' levers scale their signed rounds too: a line can be refused.
    """
    _, firms, nodes, _ = chain.shape
    out = np.zeros((state.paths, nodes, firms))
    letters = drivers.letters_paid[quarter]
    pool_of = {int(node): number for number, node in enumerate(chain.pool_nodes)}
    for item in chain.rounds:
        if item.quarter != quarter:
            continue
        letter = item.probability < 0.5 and not np.isnan(letters)
        share = float(letters) if letter else item.probability
        if item.investor in pool_of:
            share *= min(1.0, float(drivers.pool_supply[quarter, pool_of[item.investor]]))
        alive = state.alive[:, item.firm]
        if item.investor < firms:
            share *= float(drivers.strategic_supply[quarter, item.investor])
            alive = alive & state.alive[:, item.investor]
        out[:, item.investor, item.firm] += item.amount * share * alive
    return out


def _open_window(drivers: Drivers, state: State, profit: Array, quarter: int) -> Array:
    """Return 1 where a firm may ask pools: all, or only those that earn money (path, firm)."""
    is_open = drivers.open_to_new_names[quarter]
    return np.where(profit > 0, 1.0, is_open) * state.alive


def _debt_room(
    chain: Chain, state: State, invoices: Array, profit: Array, charged: Array, maturing: Array
) -> Array:
    """Return how much each pool would still lend to each firm (path, pool, firm).

    The smaller of a share of collateral (net plant at today's price of plant) and a multiple of
    a year's EBITDA, less debt after this quarter's amortisation; an infinite multiple is no test.
    """
    firms = len(chain.firm_ids)
    worth = state.net_plant * np.minimum(1.0, capex_price(chain, charged))
    collateral = group_sum(worth, chain.firm_of_line, firms) + chain.purses.other_assets
    worn = group_sum(
        state.gross_plant * ratio(chain.plants.depreciation, chain.plants.gross),
        chain.firm_of_line,
        firms,
    )
    income = np.maximum(0.0, 4.0 * (profit + worn))
    owed = (state.debt - maturing).sum(axis=2)
    pools = chain.pools
    by_assets = _limit(pools.asset_leverage, collateral)
    by_income = _limit(pools.income_leverage, income)
    return np.asarray(np.maximum(0.0, np.minimum(by_assets, by_income) - owed[:, None, :]))


def _limit(multiple: Array, base: Array) -> Array:
    """Return multiple x base (path, pool, firm); an infinite multiple is no limit."""
    endless = np.isinf(multiple)[:, None]
    finite = np.where(np.isinf(multiple), 0.0, multiple)[:, None]
    return np.where(endless, np.inf, finite * base[:, None, :])


def _spread(chain: Chain, asks: Array, supply: Array, *, equity: bool) -> Array:
    """Spread asks (path, firm) over the pools of one kind a firm may ask, by their supply."""
    kind = chain.pools.is_equity if equity else ~chain.pools.is_equity
    may = chain.purses.access[:, chain.pool_nodes].T & kind[:, None]
    weight = may * supply[:, :, None]
    return np.asarray(asks[:, None, :] * _shares(weight))


def _shares(weight: Array) -> Array:
    """Return weights (path, giver, firm) as shares over givers; zero where nobody may give."""
    total = np.broadcast_to(weight.sum(axis=1, keepdims=True), weight.shape)
    return ratio(weight, total)


def _served(asks: Array, supply: Array, room: Array) -> Array:
    """Serve asks (path, pool, firm) within room, pro rata when a pool runs short."""
    within = np.minimum(asks, room)
    total = within.sum(axis=2)
    share = np.minimum(1.0, ratio(supply, total, 1.0))
    return np.asarray(within * share[:, :, None])


def _equity(
    chain: Chain, parameters: Parameters, state: State, supply: Array, asks: Array, profit: Array
) -> Array:
    """Serve equity asks by rank until pools are empty (path, pool, firm).

    A loss-maker is served only above the growth hurdle. Rank is growth + half the margin; equal
    ranks share, so no order of names matters.
    """
    newest, oldest = state.revenue_history[:, 0], state.revenue_history[:, -1]
    growth = ratio(newest, oldest, 1.0) ** (1.0 / (state.revenue_history.shape[1] - 1)) - 1.0
    margin = np.clip(ratio(profit, state.revenue), *MARGIN_BOUNDS)
    eligible = (profit >= 0) | (growth >= parameters["growth_hurdle"])
    score = growth + MARGIN_WEIGHT * margin
    wanted = _spread(chain, asks * eligible, supply, equity=True)
    better = (score[:, None, :] > score[:, :, None])[:, None]
    equal = (score[:, None, :] == score[:, :, None])[:, None]
    ahead = (wanted[:, :, None, :] * better).sum(axis=-1)
    level = (wanted[:, :, None, :] * equal).sum(axis=-1)
    left = np.maximum(0.0, supply[:, :, None] - ahead)
    return np.asarray(wanted * np.minimum(1.0, ratio(left, level, 1.0)))


def _strategic(
    chain: Chain,
    drivers: Drivers,
    state: State,
    invoices: Array,
    signed: Array,
    asks: Array,
    quarter: int,
) -> Array:
    """Return money from strategic investors (path, node, firm), from surplus after own bills."""
    firms, purses = len(chain.firm_ids), chain.purses
    promised = signed[:, :firms].sum(axis=2)
    own_bills = owed_by(invoices, firms) + promised
    surplus = np.maximum(0.0, state.cash - purses.floor - own_bills)
    limit = purses.strategic_share * drivers.strategic_supply[quarter] * surplus * state.alive
    may = purses.access[:, :firms].T & ~np.eye(firms, dtype=bool)
    weight = may * limit[:, :, None]
    wanted = asks[:, None, :] * _shares(weight)
    out = np.zeros_like(signed)
    out[:, :firms] = _served(wanted, limit, np.full_like(wanted, np.inf))
    return out


def _stress(parameters: Parameters, state: State, essential: Array, raised: Array) -> Array:
    """Return x: last quarter's stress blended with the share of essential money not raised."""
    short = np.clip(ratio(essential - raised, essential), 0.0, 1.0)
    memory = parameters["stress_memory"]
    return np.asarray(np.where(state.alive, memory * state.stress + (1.0 - memory) * short, 0.0))


def spend_at_will(
    chain: Chain,
    parameters: Parameters,
    state: State,
    invoices: Array,
    raised: Array,
    paid_to_others: Array,
    capex: Array,
    programs: Array,
) -> tuple[Array, Array, Array]:
    """Return the shares of payout, capex and programs that go ahead (path, firm).

    Short of 1.05 x bills, a firm cuts payouts first, then new orders, then programs to the floor.
    """
    firms = len(chain.firm_ids)
    bills = owed_by(invoices, firms) + paid_to_others
    means = state.cash + raised + due_to(invoices, firms)
    short = np.maximum(0.0, parameters["payment_margin"] * bills - means)
    payout = invoices[:, KIND["payout"], :firms].sum(axis=2)
    orders = group_sum(capex, chain.firm_of_line, firms)
    loose = programs * (1.0 - parameters["program_floor"])
    cut_payout = np.minimum(payout, short)
    cut_orders = np.minimum(orders, short - cut_payout)
    cut_programs = np.minimum(loose, short - cut_payout - cut_orders)
    return (
        1.0 - ratio(cut_payout, payout),
        1.0 - ratio(cut_orders, orders),
        1.0 - ratio(cut_programs, programs),
    )

