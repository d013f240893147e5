"""Programs (training, research, marketing): budgets that follow means and bend under stress."""

from __future__ import annotations

import numpy as np

from cardhouse.engine.arrays import Array, Chain
from cardhouse.engine.moment import Moment
from cardhouse.engine.sums import ratio

STEP = (0.75, 1.25)


def means(revenue: Array, cash: Array, cash_weight: Array) -> Array:
    """Return what a firm has to plan with: a quarter's revenue and a share of its cash.

    The share is ``program_cash_weight``: at an eighth a dollar of cash lasts two years.
    """
    return np.asarray(revenue + cash_weight * cash)


def next_program_index(now: Moment, opening_means: Array) -> Array:
    """Return budgets relative to row 0 (path, firm), before any cut for want of money."""
    state = now.state
    weight = now.parameters["program_cash_weight"]
    wanted = ratio(means(state.revenue, state.cash, weight), opening_means, 1.0)
    change = ratio(wanted, state.program_index, 1.0) - 1.0
    index = state.program_index * np.clip(1.0 + now.parameters["program_speed"] * change, *STEP)
    return np.asarray(np.where(opening_budget(now.chain) > 0, index, 1.0))


def opening_budget(chain: Chain) -> Array:
    """Return what firms spent on programs in row 0 (firm,)."""
    return np.asarray(chain.program_line.sum(axis=1) + chain.program_outside.sum(axis=1))


def stressed(now: Moment) -> Array:
    """Return the share of a budget that is spent under stress x: 1 at x = 0, the floor at 1.

    A restructured firm that still loses money is held at the floor by its creditors.
    """
    stress = np.where(now.state.restructured, 1.0, now.state.stress)
    return np.asarray(1.0 - stress * (1.0 - now.parameters["program_floor"]))


def loose_share(now: Moment) -> Array:
    """Return the share of what is spent under stress that can still be cut, down to the floor."""
    return np.asarray(1.0 - now.parameters["program_floor"] / stressed(now))
