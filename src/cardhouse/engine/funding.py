"""Funding: who asks whom for money, who is served, and how short of it a firm is left.

Asked before settlement on invoice value and planned burn (before cuts). Signed rounds pay first,
then lessors and committed lines; maturing debt is asked back from its pool; then pools are asked,
equity by rank, debt pro rata within its limits; last the strategic investors, from the surplus of
their own purse.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cardhouse.engine.arrays import Array, Index, Mask
from cardhouse.engine.bills import Invoices
from cardhouse.engine.debts import rolled_into
from cardhouse.engine.demand import driver_log_growth
from cardhouse.engine.equity import earns, equity_offers, serve
from cardhouse.engine.leasing import leasable
from cardhouse.engine.links import summed
from cardhouse.engine.moment import Moment
from cardhouse.engine.programs import loose_share
from cardhouse.engine.rounds import in_step, signed_rounds
from cardhouse.engine.sums import covered, group_sum, grown, ratio, shares

NO_LIMIT = 1e6  # multiples of collateral or income from which on lenders test nothing


@dataclass(frozen=True)
class Needs:
    """What firms want and what they cannot do without (path, firm)."""

    wanted: Array
    essential: Array


@dataclass(frozen=True)
class Funding:
    """Money raised in the quarter, and how it falls short."""

    equity: Array  # (path, node, firm): by investor
    kept: Array  # (path, node): share of what each investor had promised that it pays
    drawn: Array  # (path, loan): in cash
    leased: Array  # (path, firm, pool): share of plant that may be leased which a lessor pays for
    line_drawn: Array  # (path, credit line)
    stress: Array  # (path, firm)
    unmet: Array  # (path, 1): essential money that nobody gave, over all needed or given
    firm_of_loan: Index

    @property
    def raised(self) -> Array:
        """Return new equity and debt drawn in cash (path, firm)."""
        firms = self.equity.shape[2]
        return np.asarray(self.equity.sum(axis=1) + group_sum(self.drawn, self.firm_of_loan, firms))


def needs(now: Moment, invoices: Invoices, maturing: Array, leased: Array | float = 0.0) -> Needs:
    """Return wanted and essential new money.

    ``R = max(tau burn, kappa_c capex, floor) + bills - cash - receipts``, and with the essential
    share of the runway and without what is spent at will ``Re``. Who lives on venture money comes
    to market only when cash is low, and then asks for a whole runway. What lessors pay for
    (``leased``, path x firm) is no bill; ``maturing`` is (path, loan).
    """
    state, purses, parameters = now.state, now.chain.purses, now.parameters
    firms = len(now.chain.firm_ids)
    bills = invoices.owed - invoices.paid_in("payout") - leased
    receipts = invoices.expected
    capex = np.maximum(0.0, invoices.capex_due - leased)
    service = group_sum(maturing, now.chain.loans.firm, firms)
    runway = purses.runway * np.maximum(0.0, bills - service - receipts)
    gap = bills - state.cash - receipts
    buffer = np.maximum(runway, purses.cash_per_capex * capex)
    wanted = np.maximum(buffer, purses.floor) + gap
    low = state.cash < parameters["round_trigger"] * runway
    in_rounds = np.where(low, np.maximum(runway, gap), gap)
    wanted = np.where(purses.venture_funded, in_rounds, wanted)
    safety = np.maximum(parameters["essential_burn"] * runway, purses.floor)
    essential = safety + gap - capex - invoices.own_programs * loose_share(now)
    return Needs(
        wanted=np.maximum(wanted, 0.0) * state.alive,
        essential=np.maximum(essential, 0.0) * state.alive,
    )


def raise_funds(now: Moment, invoices: Invoices, maturing: Array) -> Funding:
    """Return who gives what to whom this quarter, and the stress that remains.

    In the order of a treasurer: what is signed and what comes in step with purchases, lessors,
    what matures back from its own pools, committed lines, then pools, last the strategic owners.
    """
    chain, firms = now.chain, len(now.chain.firm_ids)
    promised = signed_rounds(now) + in_step(now)
    kept = _promises_kept(now, invoices, promised)
    signed = promised * kept[:, :, None]
    heard = _open_window(now)
    supply = pool_supply(now)
    offers = equity_offers(now, supply, signed)
    due = chain.debt_by_pool(maturing)
    room = _debt_room(now, due)
    leased, lent = _leased(now, invoices, supply, room)
    asks = needs(now, invoices, maturing, lent.sum(axis=2))
    supply = np.maximum(0.0, supply - lent.sum(axis=1))
    room = np.maximum(0.0, room - lent.sum(axis=2)[:, :, None])
    rolled = _lent(due * heard[:, :, None] * chain.pools.is_debt, supply, room)
    left = _less(asks.wanted, signed.sum(axis=1) + rolled.sum(axis=2))
    from_lines = _line_draws(now, left)
    lines = group_sum(from_lines, chain.credit_lines.firm, firms)
    left = _less(left, lines)
    supply = np.maximum(0.0, supply - rolled.sum(axis=1))
    borrowed = rolled.sum(axis=2) + lines
    room = np.where(_covers(now), np.maximum(0.0, room - borrowed[:, :, None]), 0.0)
    first = serve(now, offers, left * chain.purses.venture_funded * heard)
    left = _less(left, first.sum(axis=2))
    new = _lent(_spread(now, left * heard, supply, chain.pools.is_debt), supply, room)
    left = _less(left, new.sum(axis=2))
    offers = offers.less(now, first)
    late = serve(now, offers, left * ~chain.purses.venture_funded * heard)
    left = _less(left, late.sum(axis=2))
    equity = signed + _strategic(now, invoices, signed, left)
    equity[:, chain.pool_nodes] += np.swapaxes(first + late, 1, 2)
    drawn = _by_loan(now, maturing, due, rolled, new, from_lines)
    raised = equity.sum(axis=1) + group_sum(drawn, chain.loans.firm, firms)
    return Funding(
        equity=equity,
        kept=kept,
        drawn=drawn,
        leased=leased,
        line_drawn=from_lines,
        stress=_stress(now, asks.essential, raised),
        unmet=_unmet(asks.essential, raised),
        firm_of_loan=chain.loans.firm,
    )


def _by_loan(
    now: Moment, maturing: Array, due: Array, rolled: Array, new: Array, from_lines: Array
) -> Array:
    """Return what is drawn on each loan in cash (path, loan)."""
    chain, loans = now.chain, now.chain.loans
    share = ratio(rolled, due)[:, loans.firm, loans.pool]
    out = rolled_into(chain, maturing * share)
    takes = np.flatnonzero(loans.is_new)
    out[:, takes] += new[:, loans.firm[takes], loans.pool[takes]]
    lines = chain.credit_lines
    for number in range(len(lines.limit)):
        out[:, loans.new_of[lines.firm[number], lines.pool[number]]] += from_lines[:, number]
    return out


def _line_draws(now: Moment, asks: Array) -> Array:
    """Return what firms draw on committed lines (path, credit line), within limit and asks.

    A line can be refused: by the lever of its pool, or because the pool has shut.
    """
    lines, state = now.chain.credit_lines, now.state
    lever = np.minimum(1.0, now.drivers.pool_supply[now.quarter, lines.pool])
    runs = (now.quarter <= lines.last) & state.alive[:, lines.firm]
    runs = runs & _pool_is_open(now)[:, lines.pool]
    left = np.maximum(0.0, lines.limit - state.line_drawn) * lever * runs
    total = group_sum(left, lines.firm, len(now.chain.firm_ids))
    share = covered(asks, total, 0.0)[:, lines.firm]
    return np.asarray(left * share)


def _leased(now: Moment, invoices: Invoices, supply: Array, room: Array) -> tuple[Array, Array]:
    """Return shares of plant that lessors pay for, and the amounts (path, firm, pool).

    Several lessors share a firm's plant by their supply, each within its supply and its room.
    """
    chain = now.chain
    firms, pools = len(chain.firm_ids), len(chain.pool_nodes)
    if not len(chain.leased.link):
        nothing = np.zeros((now.state.paths, firms, pools))
        return nothing, nothing
    place = chain.leased.firm * pools + chain.leased.pool
    most = group_sum(leasable(now, invoices.bought), place, firms * pools)
    most = most.reshape(now.state.paths, firms, pools)
    wanted = most.max(axis=2) * now.state.alive
    lent = _lent(_spread(now, wanted, supply, chain.pools.is_lease), supply, room)
    return ratio(lent, most), lent


def _less(asks: Array, given: Array) -> Array:
    """Return what is still asked for; rounding leaves nothing below zero."""
    return np.maximum(0.0, asks - given)


def pool_supply(now: Moment) -> Array:
    """Return what each pool will give this quarter (path, pool); nothing where it has shut."""
    pools = now.chain.pools
    ends = np.zeros_like(pools.growth)
    trend = grown(driver_log_growth(pools.growth, ends, pools.half_life, now.quarter))
    mood = now.state.confidence ** now.parameters["supply_exponent"]
    given = pools.supply * trend * now.pool_supply * mood
    return np.asarray(given * _pool_is_open(now))


def _pool_is_open(now: Moment) -> Mask:
    """Tell which pools give new money at the confidence of last quarter (path, pool)."""
    return np.asarray(now.state.confidence >= now.chain.pools.closes_below)


def _covers(now: Moment) -> Mask:
    """Tell which pools a firm earns enough over its interest to borrow anew from.

    (path, firm, pool); a pool that tests no income does not test its cover, either.
    """
    state, loans = now.state, now.chain.loans
    interest = group_sum(state.loans * state.loan_rate, loans.firm, len(now.chain.firm_ids))
    earned = state.profit + state.worn
    covers = earned >= now.parameters["cover_limit"] * interest
    return np.asarray(covers[:, :, None] | (now.chain.pools.income_leverage >= NO_LIMIT))


def _promises_kept(now: Moment, invoices: Invoices, promised: Array) -> Array:
    """Return the share of what each investor promised that it pays (path, node).

    Firms pay out of cash that their own bills leave; pools pay in full.
    """
    firms = len(now.chain.firm_ids)
    kept = np.ones(promised.shape[:2])
    bills = np.maximum(0.0, invoices.owed - invoices.expected)
    able = np.maximum(0.0, now.state.cash - bills)
    kept[:, :firms] = covered(able, promised[:, :firms].sum(axis=2))
    return kept


def _open_window(now: Moment) -> Array:
    """Return the share of each firm's asks that pools hear (path, firm).

    Those that lose money may find the market for new names shut.
    """
    names = now.drivers.open_to_new_names[now.quarter]
    heard = np.where(earns(now), 1.0, names) * now.drivers.window[now.quarter]
    return np.asarray(heard * now.state.alive)


def _debt_room(now: Moment, maturing: Array) -> Array:
    """Return how much each pool would still lend to each firm (path, firm, pool).

    The smaller of a share of collateral (plant at today's price, other assets) and a multiple of
    a year's EBITDA, less debt after what matures now; a multiple without end is no test.
    """
    chain, state = now.chain, now.state
    plant = group_sum(state.plant_worth.sum(axis=1), chain.firm_of_line, len(chain.firm_ids))
    collateral = plant + chain.purses.other_assets * state.alive
    income = np.maximum(0.0, 4.0 * (state.profit + state.worn))
    owed = (chain.debt_by_pool(state.loans) - maturing).sum(axis=2, keepdims=True)
    by_assets = _limit(chain.pools.asset_leverage, collateral)
    by_income = _limit(chain.pools.income_leverage, income)
    return np.asarray(np.maximum(0.0, np.minimum(by_assets, by_income) - owed))


def _limit(multiple: Array, base: Array) -> Array:
    """Return multiple x base (path, firm, pool); a multiple without end is no limit."""
    endless = multiple >= NO_LIMIT
    finite = np.where(endless, 0.0, multiple)
    return np.where(endless, np.inf, finite * base[:, :, None])


def _spread(now: Moment, asks: Array, supply: Array, kind: Mask) -> Array:
    """Spread asks (path, firm) over the debt pools or lessors a firm may ask, by their supply."""
    chain = now.chain
    may = chain.purses.access[:, chain.pool_nodes] & kind
    return np.asarray(asks[:, :, None] * shares(may * supply[:, None, :], axis=2))


def _lent(asks: Array, supply: Array, room: Array) -> Array:
    """Serve asks (path, firm, pool) within room, pro rata when a pool runs short.

    What several pools lend together stays within what the most generous of those asked would.
    """
    within = np.minimum(asks, room)
    most = np.where(asks > 0, room, 0.0).max(axis=2, initial=0.0)
    within = within * np.minimum(1.0, _finite_ratio(most, within.sum(axis=2)))[:, :, None]
    total = within.sum(axis=1)
    return np.asarray(within * covered(supply, total)[:, None, :])


def _finite_ratio(top: Array, bottom: Array) -> Array:
    """Return top / bottom, and 1 where there is no limit or nothing is asked."""
    return ratio(np.where(np.isinf(top), bottom, top), bottom, 1.0)


def _strategic(now: Moment, invoices: Invoices, signed: Array, asks: Array) -> Array:
    """Return money from strategic investors (path, node, firm), from surplus after own bills.

    An investor places at most a share of its surplus, and at most a multiple of its own revenue;
    in one firm no more than its purchases warrant.
    """
    chain, state, purses = now.chain, now.state, now.chain.purses
    firms = len(chain.firm_ids)
    promised = signed[:, :firms].sum(axis=2)
    surplus = np.maximum(0.0, state.cash - purses.floor - invoices.owed - promised)
    lever = now.drivers.strategic_supply[now.quarter]
    limit = np.minimum(purses.strategic_share * lever, 1.0) * surplus
    endless = np.isinf(purses.strategic_of_revenue)
    most = _of_revenue(now) * lever
    limit = np.where(endless, limit, np.minimum(limit, most)) * state.alive
    may = purses.access[:, :firms] & ~np.eye(firms, dtype=bool)
    most = np.minimum(limit[:, None, :], _most_in_one(now, invoices))
    wanted = np.minimum(asks[:, :, None] * shares(may * most, axis=2), most)
    total = wanted.sum(axis=1)
    given = wanted * covered(limit, total)[:, None, :]
    out = np.zeros_like(signed)
    out[:, :firms] = np.swapaxes(given, 1, 2)
    return out


def _of_revenue(now: Moment) -> Array:
    """Return each investor's limit in multiples of its revenue (path, firm); 0 where it has none.

    Nothing is multiplied where there is no limit: with revenue beyond all bounds, nothing times
    it would be no number. A limit beyond all bounds is none.
    """
    multiple, revenue = now.chain.purses.strategic_of_revenue, now.state.revenue
    limited = np.broadcast_to(np.isfinite(multiple), revenue.shape)
    with np.errstate(over="ignore"):
        return np.multiply(multiple, revenue, out=np.zeros_like(revenue), where=limited)


def _most_in_one(now: Moment, invoices: Invoices) -> Array:
    """Return the most that an investor gives one firm: (path, firm, investor firm).

    A multiple of what the firm buys from it this quarter, or what it gave it in row 0.
    """
    purses, links, firms = now.chain.purses, now.chain.links, len(now.chain.firm_ids)
    endless = np.isinf(purses.strategic_of_purchases)
    if endless.all():
        return np.full((now.state.paths, firms, firms), np.inf)
    at = np.flatnonzero((links.seller_line >= 0) & links.by_firm)
    seller = now.chain.firm_of_line[links.seller_line[at]]
    bought = summed(invoices.bought[:, at], links.payer[at] * firms + seller, firms * firms)
    multiple = np.where(endless, 0.0, purses.strategic_of_purchases)
    warranted = bought.reshape(now.state.paths, firms, firms) * multiple
    return np.where(endless, np.inf, np.maximum(warranted, purses.gave.T))


def _stress(now: Moment, essential: Array, raised: Array) -> Array:
    """Return x: last quarter's stress blended with the share of essential money not raised."""
    short = np.clip(ratio(essential - raised, essential), 0.0, 1.0)
    memory = now.parameters["stress_memory"]
    return np.asarray((memory * now.state.stress + (1.0 - memory) * short) * now.state.alive)


def _unmet(essential: Array, raised: Array) -> Array:
    """Return the essential money that nobody gave, over all that was needed or given (path, 1).

    Against essential needs alone one small firm in want would frighten the market in any quarter
    in which nobody else needed money.
    """
    missing = np.maximum(0.0, essential - raised).sum(axis=1, keepdims=True)
    return ratio(missing, np.maximum(essential, raised).sum(axis=1, keepdims=True))
