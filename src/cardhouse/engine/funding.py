"""Funding: who asks whom for money, who is served, and how short of it a firm is left.

Asked before settlement on invoice value and planned burn (before cuts). Signed rounds pay first;
maturing debt is asked back from its pool; then pools are asked, equity by rank, debt pro rata
within its limits; last the strategic investors, from the surplus of their own purse.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cardhouse.engine.arrays import Array, Mask, SignedRound
from cardhouse.engine.bills import Invoices
from cardhouse.engine.demand import driver_log_growth
from cardhouse.engine.moment import Moment
from cardhouse.engine.programs import loose_share
from cardhouse.engine.sums import group_sum, grown, ratio, shares

MARGIN_WEIGHT = 0.5
MARGIN_BOUNDS = (-2.0, 1.0)
NO_LIMIT = 1e6  # multiples of collateral or income from which on lenders test nothing
SAME_RANK = 1e-9  # scores nearer than this are one rank: rounding must not decide who is served


@dataclass(frozen=True)
class Needs:
    """What firms want and what they cannot do without (path, firm)."""

    wanted: Array
    essential: Array
    maturing: Array  # (path, firm, pool)


@dataclass(frozen=True)
class Funding:
    """Money raised in the quarter, and how it falls short."""

    equity: Array  # (path, node, firm): by investor
    debt: Array  # (path, firm, pool)
    stress: Array  # (path, firm)
    unmet: Array  # (path, 1): share of essential money that nobody gave

    @property
    def raised(self) -> Array:
        """Return new equity and debt drawn (path, firm)."""
        return np.asarray(self.equity.sum(axis=1) + self.debt.sum(axis=2))


def needs(now: Moment, invoices: Invoices, maturing: Array) -> Needs:
    """Return wanted and essential new money.

    ``R = max(tau burn, kappa_c capex, floor) + bills - cash - receipts``, and with the essential
    share of the runway and without what is spent at will ``Re``. Who lives on venture money comes
    to market only when cash is low, and then asks for a whole runway.
    """
    state, purses, parameters = now.state, now.chain.purses, now.parameters
    firms = len(now.chain.firm_ids)
    bills = invoices.owed(firms) - invoices.paid_in("payout", firms)
    receipts = invoices.due(firms)
    capex = group_sum(invoices.capex, now.chain.firm_of_line, firms)
    runway = purses.runway * np.maximum(0.0, bills - maturing.sum(axis=2) - receipts)
    gap = bills - state.cash - receipts
    buffer = np.maximum(runway, purses.cash_per_capex * capex)
    wanted = np.maximum(buffer, purses.floor) + gap
    low = state.cash < parameters["round_trigger"] * runway
    in_rounds = np.where(low, np.maximum(runway, gap), gap)
    wanted = np.where(purses.venture_funded, in_rounds, wanted)
    safety = np.maximum(parameters["essential_burn"] * runway, purses.floor)
    essential = safety + gap - capex - invoices.programs * loose_share(now)
    return Needs(
        wanted=np.maximum(wanted, 0.0) * state.alive,
        essential=np.maximum(essential, 0.0) * state.alive,
        maturing=maturing,
    )


def raise_funds(now: Moment, asks: Needs, invoices: Invoices) -> Funding:
    """Return who gives what to whom this quarter, and the stress that remains."""
    chain = now.chain
    signed = _signed_rounds(now, invoices)
    heard = _open_window(now)
    supply, room = pool_supply(now), _debt_room(now, asks.maturing)
    rolled = _lent(asks.maturing * heard[:, :, None], supply, room)
    supply = np.maximum(0.0, supply - rolled.sum(axis=1))
    room = np.maximum(0.0, room - rolled.sum(axis=2, keepdims=True))
    left = _less(asks.wanted, signed.sum(axis=1) + rolled.sum(axis=2))
    first = _equity(now, supply, left * chain.purses.venture_funded * heard)
    left = _less(left, first.sum(axis=2))
    drawn = _lent(_spread(now, left * heard, supply, equity=False), supply, room)
    left = _less(left, drawn.sum(axis=2))
    supply = np.maximum(0.0, supply - first.sum(axis=1))
    late = _equity(now, supply, left * ~chain.purses.venture_funded * heard)
    left = _less(left, late.sum(axis=2))
    equity = signed + _strategic(now, invoices, signed, left)
    equity[:, chain.pool_nodes] += np.swapaxes(first + late, 1, 2)
    raised = equity.sum(axis=1) + (rolled + drawn).sum(axis=2)
    return Funding(
        equity=equity,
        debt=rolled + drawn,
        stress=_stress(now, asks.essential, raised),
        unmet=_unmet(asks.essential, raised),
    )


def _less(asks: Array, given: Array) -> Array:
    """Return what is still asked for; rounding leaves nothing below zero."""
    return np.maximum(0.0, asks - given)


def pool_supply(now: Moment) -> Array:
    """Return what each pool will give this quarter (path, pool)."""
    pools = now.chain.pools
    ends = np.zeros_like(pools.growth)
    trend = grown(driver_log_growth(pools.growth, ends, pools.half_life, now.quarter))
    mood = now.state.confidence ** now.parameters["supply_exponent"]
    return np.asarray(pools.supply * trend * now.drivers.pool_supply[now.quarter] * mood)


def _signed_rounds(now: Moment, invoices: Invoices) -> Array:
    """Return signed rounds due this quarter (path, investor node, firm).

    A firm pays what it signed for out of cash that its own bills leave; pools pay in full.
    """
    _, firms, nodes, _ = now.chain.shape
    out = np.zeros((now.state.paths, nodes, firms))
    for item in now.chain.rounds:
        if item.quarter == now.quarter:
            out[:, item.investor, item.firm] += item.amount * _share_paid(now, item)
    promised = out[:, :firms].sum(axis=2)
    bills = np.maximum(0.0, invoices.owed(firms) - invoices.due(firms))
    able = np.maximum(0.0, now.state.cash - bills)
    out[:, :firms] *= np.minimum(1.0, ratio(able, promised, 1.0))[:, :, None]
    return out


def _share_paid(now: Moment, item: SignedRound) -> Array:
    """Return the share of a signed round that is paid at its date (path,).

    A letter of intent (probability below one half) pays the share that the lever or its
    probability says. The investor's lever scales it, too: a line can be refused.
    """
    state, drivers, firms = now.state, now.drivers, len(now.chain.firm_ids)
    letters = drivers.letters_paid[now.quarter]
    is_letter = item.probability < 0.5 and not np.isnan(letters)
    share = float(letters) if is_letter else item.probability
    pays = state.alive[:, item.firm] & _condition_holds(now, item)
    if item.investor < firms:
        lever = drivers.strategic_supply[now.quarter, item.investor]
        pays = pays & state.alive[:, item.investor]
    else:
        pool = int(np.flatnonzero(now.chain.pool_nodes == item.investor)[0])
        lever = drivers.pool_supply[now.quarter, pool]
    return np.asarray(share * min(1.0, float(lever)) * pays)


def _condition_holds(now: Moment, item: SignedRound) -> Mask:
    """Tell whether the firm's last quarter meets the round's condition (path,)."""
    if item.condition is None:
        return np.ones(now.state.paths, dtype=bool)
    measures = {
        "revenue": now.state.revenue[:, item.firm],
        "growth": revenue_growth(now)[:, item.firm],
        "cash": now.state.cash[:, item.firm],
        "stress": now.state.stress[:, item.firm],
        "confidence": now.state.confidence[:, 0],
    }
    value, bound = measures[item.condition.measure], item.condition.bound
    return np.asarray(value >= bound if item.condition.at_least else value <= bound)


def revenue_growth(now: Moment) -> Array:
    """Return firms' growth of revenue a quarter over the last four quarters (path, firm)."""
    history = now.state.revenue_history
    return np.asarray(
        ratio(history[:, 0], history[:, -1], 1.0) ** (1.0 / (history.shape[1] - 1)) - 1.0
    )


def _earns(now: Moment) -> Mask:
    """Tell who made no loss last quarter, rounding apart (path, firm)."""
    return np.asarray(now.state.profit >= -SAME_RANK * now.state.revenue)


def _open_window(now: Moment) -> Array:
    """Return the share of each firm's asks that pools hear (path, firm).

    Those that lose money may find the market for new names shut.
    """
    names = now.drivers.open_to_new_names[now.quarter]
    heard = np.where(_earns(now), 1.0, names) * now.drivers.window[now.quarter]
    return np.asarray(heard * now.state.alive)


def _debt_room(now: Moment, maturing: Array) -> Array:
    """Return how much each pool would still lend to each firm (path, firm, pool).

    The smaller of a share of collateral (plant at today's price, other assets) and a multiple of
    a year's EBITDA, less debt after what matures now; a multiple without end is no test.
    """
    chain, state = now.chain, now.state
    plant = group_sum(state.plant_worth, chain.firm_of_line, len(chain.firm_ids))
    collateral = plant + chain.purses.other_assets * state.alive
    income = np.maximum(0.0, 4.0 * (state.profit + state.worn))
    owed = (state.debt - maturing).sum(axis=2, keepdims=True)
    by_assets = _limit(chain.pools.asset_leverage, collateral)
    by_income = _limit(chain.pools.income_leverage, income)
    return np.asarray(np.maximum(0.0, np.minimum(by_assets, by_income) - owed))


def _limit(multiple: Array, base: Array) -> Array:
    """Return multiple x base (path, firm, pool); a multiple without end is no limit."""
    endless = multiple >= NO_LIMIT
    finite = np.where(endless, 0.0, multiple)
    return np.where(endless, np.inf, finite * base[:, :, None])


def _spread(now: Moment, asks: Array, supply: Array, *, equity: bool) -> Array:
    """Spread asks (path, firm) over the pools of one kind a firm may ask, by their supply."""
    chain = now.chain
    may = chain.purses.access[:, chain.pool_nodes] & (chain.pools.is_equity == equity)
    return np.asarray(asks[:, :, None] * shares(may * supply[:, None, :], axis=2))


def _lent(asks: Array, supply: Array, room: Array) -> Array:
    """Serve asks (path, firm, pool) within room, pro rata when a pool runs short.

    What several pools lend together stays within what the most generous would.
    """
    within = np.minimum(asks, room)
    most = room.max(axis=2, initial=0.0)
    within = within * np.minimum(1.0, _finite_ratio(most, within.sum(axis=2)))[:, :, None]
    total = within.sum(axis=1)
    return np.asarray(within * np.minimum(1.0, ratio(supply, total, 1.0))[:, None, :])


def _finite_ratio(top: Array, bottom: Array) -> Array:
    """Return top / bottom, and 1 where there is no limit or nothing is asked."""
    return ratio(np.where(np.isinf(top), bottom, top), bottom, 1.0)


def _equity(now: Moment, supply: Array, asks: Array) -> Array:
    """Serve equity asks by rank until pools are empty (path, firm, pool).

    A loss-maker is served only above the growth hurdle. Rank is growth + half the margin of the
    last quarter; equal ranks share, so no order of names matters.
    """
    state, growth = now.state, revenue_growth(now)
    margin = np.clip(ratio(state.profit, state.revenue), *MARGIN_BOUNDS)
    eligible = _earns(now) | (growth >= now.parameters["growth_hurdle"])
    score = growth + MARGIN_WEIGHT * margin
    wanted = _spread(now, asks * eligible, supply, equity=True)
    lead = score[:, None, :] - score[:, :, None]
    ahead = _weighted(lead > SAME_RANK, wanted)
    level = _weighted(np.abs(lead) <= SAME_RANK, wanted)
    left = np.maximum(0.0, supply[:, None, :] - ahead)
    return np.asarray(wanted * np.minimum(1.0, ratio(left, level, 1.0)))


def _weighted(chosen: Mask, wanted: Array) -> Array:
    """Return what others chosen by each firm want of each pool (path, firm, pool)."""
    out = np.zeros_like(wanted)
    for pool in range(wanted.shape[2]):
        out[:, :, pool] = (chosen * wanted[:, None, :, pool]).sum(axis=2)
    return out


def _strategic(now: Moment, invoices: Invoices, signed: Array, asks: Array) -> Array:
    """Return money from strategic investors (path, node, firm), from surplus after own bills."""
    chain, state, purses = now.chain, now.state, now.chain.purses
    firms = len(chain.firm_ids)
    promised = signed[:, :firms].sum(axis=2)
    surplus = np.maximum(0.0, state.cash - purses.floor - invoices.owed(firms) - promised)
    lever = now.drivers.strategic_supply[now.quarter]
    limit = np.minimum(purses.strategic_share * lever, 1.0) * surplus * state.alive
    may = purses.access[:, :firms] & ~np.eye(firms, dtype=bool)
    wanted = asks[:, :, None] * shares(may * limit[:, None, :], axis=2)
    total = wanted.sum(axis=1)
    given = wanted * np.minimum(1.0, ratio(limit, total, 1.0))[:, None, :]
    out = np.zeros_like(signed)
    out[:, :firms] = np.swapaxes(given, 1, 2)
    return out


def _stress(now: Moment, essential: Array, raised: Array) -> Array:
    """Return x: last quarter's stress blended with the share of essential money not raised."""
    short = np.clip(ratio(essential - raised, essential), 0.0, 1.0)
    memory = now.parameters["stress_memory"]
    return np.asarray((memory * now.state.stress + (1.0 - memory) * short) * now.state.alive)


def _unmet(essential: Array, raised: Array) -> Array:
    """Return the share of all firms' essential money that nobody gave (path, 1)."""
    missing = np.maximum(0.0, essential - raised).sum(axis=1, keepdims=True)
    return ratio(missing, essential.sum(axis=1, keepdims=True))
