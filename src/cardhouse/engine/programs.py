"""Programs (training, research, marketing): budgets that follow means and bend under stress."""

from __future__ import annotations

import numpy as np

from cardhouse.engine.chain import Array, Chain
from cardhouse.engine.state import Parameters, State
from cardhouse.engine.sums import ratio

CASH_WEIGHT = 1.0 / 8.0  # a dollar of cash counts as two years of an eighth a quarter
STEP = (0.75, 1.25)


def means(revenue: Array, cash: Array) -> Array:
    """Return what a firm has to plan with: a quarter's revenue and an eighth of its cash."""
    return np.asarray(revenue + CASH_WEIGHT * cash)


def next_program_index(
    parameters: Parameters, state: State, opening_means: Array, chain: Chain
) -> Array:
    """Return budgets relative to row 0 (path, firm), before any cut for want of money."""
    wanted = ratio(means(state.revenue, state.cash), opening_means, 1.0)
    change = 1.0 + parameters["program_speed"] * (ratio(wanted, state.program_index, 1.0) - 1.0)
    index = state.program_index * np.clip(change, *STEP)
    has_program = chain.program_line.sum(axis=1) + chain.program_outside.sum(axis=1) > 0
    return np.asarray(np.where(has_program, index, 1.0))


def stressed(parameters: Parameters, stress: Array) -> Array:
    """Return the share of a budget that is spent under stress x: 1 at x = 0, the floor at 1."""
    return np.asarray(1.0 - stress * (1.0 - parameters["program_floor"]))
