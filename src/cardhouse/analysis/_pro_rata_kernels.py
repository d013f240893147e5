"""The pro rata trace of one seller, compiled: what `payers` does for all of them, for one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cardhouse.compiling import kernel
from cardhouse.engine._absorbing_kernels import leave

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@kernel
def come_in(
    flows: FloatArray,
    source_of: IntArray,
    held: FloatArray,
    fresh: FloatArray,
    moves: FloatArray,
    exits: FloatArray,
) -> None:
    """Write what comes into purses in a quarter: from purses (moves), of sources (exits)."""
    purses, sources = held.shape
    exits[:, sources] = 0.0
    for purse in range(purses):
        for payer in range(purses):
            moves[purse, payer] = flows[payer, purse]
        for source in range(sources):
            exits[purse, source] = held[purse, source] + fresh[purse, source]
        for giver in range(purses, flows.shape[0]):
            exits[purse, source_of[giver]] += flows[giver, purse]


@kernel
def compose(payments: FloatArray, source_of: IntArray, mix: FloatArray, out: FloatArray) -> None:
    """Add what a quarter's payments (node,) are made of, as shares of their sum, to (source,)."""
    total, purses = payments.sum(), mix.shape[0]
    if total <= 0.0:
        return
    for purse in range(purses):
        for source in range(out.size):
            out[source] += payments[purse] / total * mix[purse, source]
    for node in range(purses, payments.size):
        out[source_of[node]] += payments[node] / total


@kernel
def follow(
    flows: FloatArray,
    source_of: IntArray,
    held: FloatArray,
    fresh: FloatArray,
    cash: FloatArray,
    payments: FloatArray,
    untraced: int,
    out: FloatArray,
) -> None:
    """Write what a seller's receipts are made of, quarter by quarter.

    Parameters
    ----------
    flows
        Payer to payee, (quarter, node, node): purses first, then nodes that pay with a source.
    source_of
        The source of each node, (node,); -1 for purses.
    held
        Opening cash of purses by source, (purse, source); used up.
    fresh
        Money of sources without a node, (quarter, purse, source).
    cash
        What purses hold at the end of a quarter, (quarter, purse).
    payments
        What nodes paid the seller, (quarter, node).
    untraced
        The source that stands for money out of nowhere.
    out
        Shares, (quarter, source); they add to 1 where anything is paid.
    """
    purses, sources = held.shape
    moves = np.zeros((purses, purses))
    exits = np.zeros((purses, sources + 1))
    mix = np.zeros((purses, sources + 1))
    for quarter in range(flows.shape[0]):
        come_in(flows[quarter], source_of, held, fresh[quarter], moves, exits)
        leave(moves, exits, mix)
        for purse in range(purses):
            mix[purse, untraced] += mix[purse, sources]
            for source in range(sources):
                held[purse, source] = cash[quarter, purse] * mix[purse, source]
        compose(payments[quarter], source_of, mix, out[quarter])
