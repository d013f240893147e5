"""Debt: what matures in a quarter, what is left, what it costs."""

from __future__ import annotations

import numpy as np

from cardhouse.engine.arrays import Array, Chain, Mask
from cardhouse.engine.moment import Moment
from cardhouse.engine.sums import ratio


def bullets_due(chain: Chain, quarter: int) -> Array:
    """Return sums of row 0's debt that fall due as a whole in a quarter (firm, pool)."""
    bullets = chain.bullets
    return bullets[quarter] if quarter < len(bullets) else np.zeros_like(chain.debt)


def maturing(now: Moment) -> Array:
    """Return debt that falls due in the quarter (path, firm, pool): parts and bullets."""
    chain, state = now.chain, now.state
    left = chain.bullets[now.quarter :].sum(axis=0) * state.alive[:, :, None]
    parts = np.maximum(0.0, state.debt - left) / chain.debt_maturity
    due = parts + bullets_due(chain, now.quarter) * state.alive[:, :, None]
    return np.asarray(np.minimum(due, state.debt))


def debt_after(now: Moment, due: Array, drawn: Array) -> Array:
    """Return debt after what matured and what was drawn, before any default."""
    return np.asarray(np.maximum(0.0, now.state.debt - due) + drawn)


def rates_after(now: Moment, due: Array, drawn: Array, debt: Array) -> Array:
    """Return the average rate on debt (path, firm, pool).

    What is rolled over costs what it did at row 0, new debt the pool's rate; both with the shift.
    """
    chain, state = now.chain, now.state
    shift = now.drivers.interest_shift[now.quarter]
    rolled = np.minimum(drawn, due)
    usual = np.where(chain.debt > 0, chain.debt_rate, chain.pools.rate)
    kept = np.maximum(0.0, state.debt - due) * state.debt_rate
    new = (drawn - rolled) * np.maximum(0.0, chain.pools.rate + shift)
    return ratio(kept + rolled * np.maximum(0.0, usual + shift) + new, debt)


def missed(now: Moment, paid_share: Array) -> Mask:
    """Return the firms that missed a maturity: a bullet not paid in full (path, firm).

    ``paid_share`` (path, firm, pool) is the share paid of what is owed to each pool.
    """
    due = (bullets_due(now.chain, now.quarter) > 0) & now.state.alive[:, :, None]
    return np.asarray((due & (paid_share < 1.0 - 1e-9)).any(axis=2))
