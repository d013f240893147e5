"""The loops of `absorbing`, compiled, one chain at a time; `exit_shares` is their oracle.

The elimination is the same, sum for sum, without a subtraction; see `absorbing` for its paper.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cardhouse.compiling import kernel

FloatArray = NDArray[np.float64]


@kernel
def rows_to_one(moves: FloatArray, exits: FloatArray) -> None:
    """Scale the rows of one chain so that each adds to 1; nobody moves to itself."""
    nodes, ends = exits.shape
    for node in range(nodes):
        moves[node, node] = 0.0
        total = moves[node].sum() + exits[node].sum()
        if total > 0.0:
            for other in range(nodes):
                moves[node, other] /= total
            for end in range(ends):
                exits[node, end] /= total


@kernel
def take_out(moves: FloatArray, exits: FloatArray, node: int, pivot: float) -> None:
    """Take one node out of a chain of those up to it: what feeds it goes on as it does."""
    ends = exits.shape[1]
    for feeding in range(node):
        weight = moves[feeding, node]
        if weight == 0.0:
            continue
        if pivot == 0.0:
            exits[feeding, ends - 1] += weight
            continue
        for other in range(node):
            moves[feeding, other] += weight / pivot * moves[node, other]
        for end in range(ends):
            exits[feeding, end] += weight / pivot * exits[node, end]


@kernel
def leave(moves: FloatArray, exits: FloatArray, out: FloatArray) -> None:
    """Write through which exit what starts at each node leaves, (node, exit), for one chain.

    Parameters
    ----------
    moves, exits
        (node, node) and (node, exit), any scale per row; both are used up. The last exit stands
        for what never leaves and is empty at first.
    out
        The answer; rows add to 1.
    """
    nodes, ends = exits.shape
    rows_to_one(moves, exits)
    for node in range(nodes - 1, -1, -1):
        moves[node, node] = moves[node, :node].sum() + exits[node].sum()
        take_out(moves, exits, node, moves[node, node])
    for node in range(nodes):
        pivot = moves[node, node]
        for end in range(ends):
            out[node, end] = exits[node, end] / pivot if pivot > 0.0 else 0.0
        if pivot == 0.0:
            out[node, ends - 1] = 1.0
            continue
        for before in range(node):
            for end in range(ends):
                out[node, end] += moves[node, before] / pivot * out[before, end]
