"""Equity from pools: each tier has a window of its own, and in it the better are served first.

Who finances small apps does not finance large labs. What a pool has on offer is split over tiers
as it gave in row 0; signed rounds of a quarter come out of it; a part of what one tier leaves is
offered to the others. A pool whose row 0 tells no tier serves all from one purse.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cardhouse.engine.arrays import Array, Mask
from cardhouse.engine.moment import Moment
from cardhouse.engine.sums import covered, group_sum, ratio, shares

MARGIN_WEIGHT = 0.5
MARGIN_BOUNDS = (-2.0, 1.0)
SAME_RANK = 1e-9  # scores nearer than this are one rank: rounding must not decide who is served


@dataclass(frozen=True)
class Offers:
    """Money that equity pools have on offer: to each tier, and to anybody."""

    by_tier: Array  # (path, tier, pool)
    common: Array  # (path, pool)

    def less(self, now: Moment, given: Array) -> Offers:
        """Return what is left when firms were given ``given`` (path, firm, pool) in turn."""
        tiers = self.by_tier.shape[1]
        spent = group_sum(given, now.chain.purses.tier, tiers)
        beyond = np.maximum(0.0, spent - self.by_tier).sum(axis=1)
        left = np.maximum(0.0, self.by_tier - spent)
        return Offers(left, np.maximum(0.0, self.common - beyond))


def equity_offers(now: Moment, supply: Array, signed: Array) -> Offers:
    """Return what pools offer this quarter beside what they have signed for.

    ``supply`` is (path, pool), ``signed`` (path, node, firm).
    """
    pools = now.chain.pools
    windows = (supply * pools.is_equity)[:, None, :] * pools.windows.T
    offers = Offers(windows[:, :-1], windows[:, -1])
    return offers.less(now, np.swapaxes(signed[:, now.chain.pool_nodes], 1, 2))


def serve(now: Moment, offers: Offers, asks: Array) -> Array:
    """Serve asks (path, firm) by rank until pools are empty: (path, firm, pool).

    A loss-maker is served only above the growth hurdle. Rank is growth + half the margin of the
    last quarter; equal ranks share, so no order of names matters. First a tier's own window, then
    what is offered to anybody: the common purse and a part of what tiers leave.
    """
    tier = now.chain.purses.tier
    asks = asks * _eligible(now)
    own = offers.by_tier[:, tier]
    first = _ranked(now, _spread(now, asks, own), own, tier[:, None] == tier)
    left = np.maximum(0.0, asks - first.sum(axis=2))
    after = offers.less(now, first)
    spilt = now.parameters["tier_spillover"] * after.by_tier.sum(axis=1)
    shared = (after.common + spilt)[:, None, :]
    everybody = np.ones((len(tier), len(tier)), dtype=bool)
    return first + _ranked(now, _spread(now, left, shared), shared, everybody)


def earns(now: Moment) -> Mask:
    """Tell who made no loss last quarter, rounding apart (path, firm)."""
    return np.asarray(now.state.profit >= -SAME_RANK * now.state.revenue)


def _eligible(now: Moment) -> Mask:
    """Tell whom equity serves at all: who earns, or grows above the hurdle (path, firm)."""
    return np.asarray(earns(now) | (now.revenue_growth >= now.parameters["growth_hurdle"]))


def _spread(now: Moment, asks: Array, supply: Array) -> Array:
    """Spread asks (path, firm) over the pools a firm may ask, by their supply to it."""
    may = now.chain.purses.access[:, now.chain.pool_nodes] & now.chain.pools.is_equity
    return np.asarray(asks[:, :, None] * shares(may * supply, axis=2))


def _ranked(now: Moment, wanted: Array, supply: Array, rivals: Mask) -> Array:
    """Return what is served of ``wanted`` (path, firm, pool) among rivals (firm, firm).

    Only firms that ask on some path are looked at: of many, few do.
    """
    state, out = now.state, np.zeros_like(wanted)
    asks = np.flatnonzero(wanted.any(axis=(0, 2)))
    margin = np.clip(ratio(state.profit, state.revenue), *MARGIN_BOUNDS)
    score = (now.revenue_growth + MARGIN_WEIGHT * margin)[:, asks]
    lead = score[:, :, None] - score[:, None, :]
    supply, rivals = np.broadcast_to(supply, out.shape)[:, asks], rivals[np.ix_(asks, asks)]
    wanted = wanted[:, asks]
    ahead = _weighted(rivals & (lead > SAME_RANK), wanted)
    level = _weighted(rivals & (np.abs(lead) <= SAME_RANK), wanted)
    left = np.maximum(0.0, supply - ahead)
    out[:, asks] = wanted * covered(left, level)
    return out


def _weighted(chosen: Mask, wanted: Array) -> Array:
    """Return what others chosen by each firm want of each pool (path, firm, pool).

    ``chosen`` is (path, other, firm). The others are added one by one, so that those who want
    nothing change no bit.
    """
    return np.asarray((chosen[:, :, :, None] * wanted[:, :, None, :]).sum(axis=1))
