"""What standing contracts ask for: shares of revenue, rents, minima, buy-backs, credit."""

from __future__ import annotations

import numpy as np

from cardhouse.engine.arrays import Array, Chain
from cardhouse.engine.moment import Moment
from cardhouse.engine.state import State
from cardhouse.engine.sums import column_sum, covered, group_sum, ratio


def share_rates(chain: Chain, state: State, quarter: int) -> Array:
    """Return the share of its line's revenue that each contract takes (path, share).

    A share ends with its receiver, after its last quarter, and once its cap is paid.
    """
    shares = chain.shares
    runs = (quarter <= shares.last) & (state.shares_paid < shares.cap)
    return np.asarray(shares.share * runs * state.alive[:, shares.firm])


def shares_owed(now: Moment, line_revenue: Array) -> Array:
    """Return what lines owe of their revenue (path, share): at most what the cap leaves."""
    shares = now.chain.shares
    owed = share_rates(now.chain, now.state, now.quarter) * line_revenue[:, shares.line]
    left = np.where(np.isinf(shares.cap), np.inf, shares.cap - now.state.shares_paid)
    return np.minimum(owed, np.maximum(left, 0.0))


def rents(chain: Chain, state: State, quarter: int) -> Array:
    """Return rents of operating leases (path, lease).

    A rent is fixed until its lease ends; a renewed one moves with the capacity of its line.
    """
    leases = chain.leases
    size = ratio(state.capacity, chain.plants.capacity, 1.0)[:, leases.line]
    alive = state.alive[:, chain.firm_of_line[leases.line]]
    return np.asarray(leases.rent * np.where(quarter <= leases.last, 1.0, size) * alive)


def rents_by_line(chain: Chain, state: State, quarter: int) -> Array:
    """Return rents of operating leases by line (path, line)."""
    return group_sum(rents(chain, state, quarter), chain.leases.line, len(chain.line_ids))


def minimum_purchases(now: Moment) -> Array:
    """Return what buyers must buy or pay for under what binds them (path, binding), USD bn.

    A commitment asks for its minimum of the quarter; a letter of intent for the share of it that
    letters pay. Where less use must be noticed, what was bought in the quarters of notice binds.
    With the death of either side it lapses.
    """
    chain, state, bindings = now.chain, now.state, now.chain.bindings
    if not bindings.count:
        return np.zeros((state.paths, 0))
    asked = np.zeros(bindings.count)
    if now.quarter < len(bindings.minimum):
        letters = now.drivers.letters_paid[now.quarter]
        honoured = 0.0 if np.isnan(letters) else letters
        asked = bindings.minimum[now.quarter] + honoured * bindings.letters[now.quarter]
    back = np.arange(state.bought.shape[1])[:, None] < bindings.notice
    noticed = np.where(back, state.bought, 0.0).max(axis=1, initial=0.0)
    sellers = chain.firm_of_line[bindings.seller]
    both = state.alive[:, bindings.buyer] & state.alive[:, sellers]
    return np.maximum(asked, noticed) * both


def shortfalls(now: Moment, purchases: Array, volume: Array, charged: Array) -> Array:
    """Return what buyers owe for use they did not take (path, binding), USD bn.

    ``purchases`` (path, binding) is what they are billed for, ``volume`` and ``charged``
    (path, line) what sellers deliver and at what price. Of what is short a supplier can collect the
    take-or-pay share, as far as commitments are enforced, and no more than it had capacity to
    deliver: nobody owes for what was not there.
    """
    chain, bindings = now.chain, now.chain.bindings
    short = np.maximum(0.0, minimum_purchases(now) - purchases)
    enforced = now.level("commitments_enforced", "commitments_enforced")
    owed = short * bindings.take_or_pay * enforced
    most = now.parameters["overload"] * now.state.capacity
    spare = np.where(chain.plants.owned, np.maximum(0.0, most - volume) * charged, np.inf)
    asked = group_sum(owed, bindings.seller, len(chain.line_ids))
    share = np.where(asked > spare, ratio(np.where(asked > spare, spare, 0.0), asked), 1.0)
    return np.asarray(owed * share[:, bindings.seller])


def towards_commitments(now: Moment, spent: Array) -> Array:
    """Return program spending (path, firm, line) moved to where the firm is committed.

    What a firm spends in one market goes first to sellers it must buy from, up to what its other
    purchases leave of their minimum; only the rest keeps its mix. The total stays.
    """
    chain, bindings = now.chain, now.chain.bindings
    if not bindings.count:
        return spent
    enforced = now.level("commitments_enforced", "commitments_enforced")
    due = minimum_purchases(now) * bindings.take_or_pay * enforced
    left = np.maximum(0.0, due - now.state.bound_inputs)
    wanted = np.zeros_like(spent)
    np.add.at(wanted.transpose(1, 2, 0), (bindings.buyer, bindings.seller), left.T)
    market, markets = chain.market_of_line, len(chain.market_ids)
    lines = np.flatnonzero(np.isin(market, market[bindings.seller]))
    theirs, out = market[lines], spent.copy()
    total = column_sum(spent[:, :, lines], theirs, markets)
    asked = column_sum(wanted[:, :, lines], theirs, markets)
    first = wanted[:, :, lines] * covered(total, asked, 0.0)[:, :, theirs]
    out[:, :, lines] *= (1.0 - covered(asked, total, 0.0))[:, :, theirs]
    out[:, :, lines] += first
    return out


def committed_ahead(now: Moment) -> tuple[Array, Array]:
    """Return what sellers sell under commitments now, and will after their lead (path, line).

    In volume at the price charged last quarter. Commitments are added buyer by buyer: one buyer's
    excess does not fill another's minimum. What a buyer takes beyond its minimum of the quarter is
    no commitment: it grows as the rest does. A floor is no ceiling.
    """
    chain, state, bindings = now.chain, now.state, now.chain.bindings
    lines = len(chain.line_ids)
    if not bindings.count:
        nothing = np.zeros((state.paths, lines))
        return nothing, nothing
    lead = np.rint(chain.plants.mean_lead).astype(np.int64)[bindings.seller]
    rows = len(bindings.minimum)
    at = np.minimum(now.quarter + lead, rows - 1)
    ahead = np.where(now.quarter + lead < rows, bindings.minimum[at, np.arange(len(at))], 0.0)
    sellers = chain.firm_of_line[bindings.seller]
    lives = state.alive[:, bindings.buyer] & state.alive[:, sellers]
    enforced = now.level("commitments_enforced", "commitments_enforced")
    promised = ahead * bindings.take_or_pay * enforced * lives
    price = state.charged[:, bindings.seller]
    bought = state.bought[:, 0] * lives
    today = bindings.minimum[now.quarter] if now.quarter < rows else np.zeros(bindings.count)
    asked = today * bindings.take_or_pay * enforced
    under = np.where(promised > 0, np.minimum(bought, asked), 0.0) / price
    wanted = np.maximum(under, promised / price)
    return group_sum(under, bindings.seller, lines), group_sum(wanted, bindings.seller, lines)


def backed_volumes(now: Moment, charged: Array) -> Array:
    """Return the capacity that buyers of last resort must take (path, buy-back), in volume.

    It is what the seller's target use of capacity left unsold last quarter, within what the cap
    leaves at today's price.
    """
    chain, state, backs = now.chain, now.state, now.chain.buy_backs
    target = state.capacity * chain.plants.utilisation
    own = group_sum(state.backed_volume, backs.seller, len(chain.line_ids))
    unsold = np.maximum(0.0, target - (state.volume - own))[:, backs.seller]
    sharing = group_sum(np.ones_like(state.backed_volume), backs.seller, len(chain.line_ids))
    unsold = unsold / np.maximum(sharing[:, backs.seller], 1.0)
    left = np.maximum(0.0, backs.cap - state.bought_back) / charged[:, backs.seller]
    sellers = chain.firm_of_line[backs.seller]
    runs = (now.quarter <= backs.last) & state.alive[:, backs.buyer] & state.alive[:, sellers]
    return np.asarray(np.minimum(unsold, left) * runs)


def due_after_credit(now: Moment, bought: Array) -> tuple[Array, Array]:
    """Return what credit changes of what is due this quarter, and payables after it.

    ``bought`` (path, credit) are all purchases on the link of each credit; the change is what falls
    due of older purchases less what of these is paid later. Payables are (path, slot, credit).
    Those of a dead buyer were called in by its default; those to a dead supplier lapse.
    """
    chain, state, credit = now.chain, now.state, now.chain.credit
    links = chain.links
    both = state.alive[:, links.payer[credit.link]] & state.alive[:, links.payee[credit.link]]
    slots = np.arange(state.payables.shape[1])[:, None]
    later = np.zeros_like(state.payables)
    later[:, :-1] = state.payables[:, 1:]
    later = later + np.where(slots == credit.quarters - 1, (credit.share * bought)[:, None], 0.0)
    change = state.payables[:, 0] * both - credit.share * bought
    return change, later * both[:, None]
