"""Absorbing chains solved without a single subtraction.

Money that wanders between purses until it leaves them is an absorbing Markov chain. Eliminating
one purse after the other with the rule of Grassmann, Taksar and Heyman uses only sums, products
and quotients of non-negative numbers, so a ring that leaks one part in a billion is solved as
exactly as one that leaks half, and a closed set shows itself as a pivot that is exactly zero.

References
----------
W. K. Grassmann, M. I. Taksar and D. P. Heyman (1985), "Regenerative analysis and steady state
distributions for Markov chains", Operations Research 33(5).
A. S. Alfa, J. Xue and Q. Ye (2002), "Accurate computation of the smallest eigenvalue of a
diagonally dominant M-matrix", Mathematics of Computation 71.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

# What stands for the exit of a closed set: visits there come out as good as infinite.
_NO_EXIT = 1e-150


def exit_shares(moves: FloatArray, exits: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return through which exit what starts at each node leaves, and what never leaves.

    Parameters
    ----------
    moves
        Weights from node to node, (node, node), not negative, any scale per row; what a node
        moves to itself has no bearing.
    exits
        Weights from node to exit, (node, exit), in the unit of ``moves``.

    Returns
    -------
    shares, lost
        Share of each exit, (node, exit), and the share that can reach no exit, (node,), because
        it sits in a closed set or at a node without any weight. Each node's row and its ``lost``
        add to 1.

    Examples
    --------
    >>> import numpy as np
    >>> shares, lost = exit_shares(np.array([[0.0, 1.0], [1.0, 0.0]]), np.array([[1.0], [0.0]]))
    >>> shares.ravel().tolist(), lost.tolist()
    ([1.0, 1.0], [0.0, 0.0])
    """
    n = moves.shape[0]
    moves, exits = _rows_to_one(moves, exits)
    reduced, leaving, pivots = _eliminate(moves, np.column_stack([exits, np.zeros(n)]))
    out = np.zeros_like(leaving)
    for k in range(n):
        if pivots[k] == 0.0:
            out[k, -1] = 1.0
            continue
        before = (reduced[k, :k, None] * out[:k]).sum(axis=0)
        out[k] = (leaving[k] + before) / pivots[k]
    return out[:, :-1], out[:, -1]


def exit_shares_of_each(moves: FloatArray, exits: FloatArray) -> FloatArray:
    """Return `exit_shares` of many small chains at once, side by side.

    Parameters
    ----------
    moves, exits
        (case, node, node) and (case, node, exit), as in `exit_shares`.

    Returns
    -------
    shares
        (case, node, exit): the last axis has one exit more, for what can reach none.

    Examples
    --------
    >>> import numpy as np
    >>> ring = np.array([[[0.0, 1.0], [1.0, 0.0]]])
    >>> exit_shares_of_each(ring, np.array([[[1.0], [0.0]]]))[0].tolist()
    [[1.0, 0.0], [1.0, 0.0]]
    """
    moves, exits = _rows_to_one(moves, exits)
    exits = np.concatenate([exits, np.zeros((*exits.shape[:2], 1))], axis=2)
    closed = np.zeros(exits.shape[:2], dtype=bool)
    pivots = np.ones(exits.shape[:2])
    for k in range(moves.shape[1] - 1, -1, -1):  # as `_eliminate`
        pivot = moves[:, k, :k].sum(axis=1) + exits[:, k].sum(axis=1)
        closed[:, k] = pivot == 0.0
        pivots[:, k] = np.where(closed[:, k], 1.0, pivot)
        feeding = moves[:, :k, k]
        exits[:, :k, -1] += feeding * closed[:, k, None]
        weight = (feeding * ~closed[:, k, None] / pivots[:, k, None])[:, :, None]
        moves[:, :k, :k] += weight * moves[:, k, None, :k]
        exits[:, :k] += weight * exits[:, k, None]
    out = np.zeros_like(exits)
    never = np.zeros(exits.shape[2])
    never[-1] = 1.0
    for k in range(moves.shape[1]):
        before = (moves[:, k, :k, None] * out[:, :k]).sum(axis=1)
        open_ = (exits[:, k] + before) / pivots[:, k, None]
        out[:, k] = np.where(closed[:, k, None], never, open_)
    return out


def exit_shares_compiled(moves: FloatArray, exits: FloatArray) -> FloatArray:
    """Return `exit_shares_of_each`, worked out in machine code: the same but for rounding.

    The first call on a machine waits for the compiler.
    """
    from cardhouse.engine._absorbing_kernels import leave

    cases, nodes, ends = exits.shape
    left = np.zeros((cases, nodes, ends + 1))
    left[:, :, :ends] = exits
    out = np.zeros_like(left)
    used_up = np.array(moves, dtype=np.float64, order="C")
    for case in range(cases):
        leave(used_up[case], left[case], out[case])
    return out


def visits(
    moves: FloatArray, exits: FloatArray, starts: FloatArray
) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Return how much passes each node in all, y = starts + moves' y, and where nothing gets out.

    Parameters
    ----------
    moves
        Shares from node to node, (node, node); with ``exits`` each row adds to 1.
    exits
        Shares that leave, (node,), given and not computed as 1 minus the rest.
    starts
        What enters at each node, (case, node), not negative.

    Returns
    -------
    visits, closed
        (case, node), and True for a node that stands for a closed set, (node,): there the answer
        is 0 where nothing enters and some enormous number where something does.
    """
    n = moves.shape[0]
    reduced, _, pivots = _eliminate(moves, exits[:, None])
    closed = pivots == 0.0
    pivots = np.where(closed, _NO_EXIT, pivots)
    waiting = starts.astype(np.float64)
    for k in range(n - 1, 0, -1):
        waiting[:, :k] += waiting[:, k, None] * (reduced[k, :k] / pivots[k])
    out = np.zeros_like(waiting)
    for k in range(n):
        passed = (out[:, :k] * reduced[:k, k]).sum(axis=1)
        out[:, k] = (waiting[:, k] + passed) / pivots[k]
    return out, closed


def stationary(moves: FloatArray) -> FloatArray:
    """Return how often each node is visited, (node,), adding to 1, when nothing ever leaves.

    ``moves`` (node, node) are weights whose rows need not add to 1; every node must lead to every
    other.

    Examples
    --------
    >>> import numpy as np
    >>> stationary(np.array([[0.0, 1.0, 1.0], [1.0, 0.0, 0.0], [1.0, 0.0, 0.0]])).tolist()
    [0.5, 0.25, 0.25]
    """
    chances = moves / moves.sum(axis=1, keepdims=True)
    reduced, _, pivots = _eliminate(chances, np.zeros((moves.shape[0], 1)))
    often = np.ones(moves.shape[0])
    for k in range(1, moves.shape[0]):
        often[k] = (often[:k] * reduced[:k, k]).sum() / pivots[k]
    return np.asarray(often / often.sum())


def _eliminate(moves: FloatArray, exits: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Take nodes out from the last to the first; return reduced moves, exits and pivots.

    Row and column k of the reduced moves hold what node k exchanges with nodes before it once
    all nodes after it are gone; the pivot is all that leaves k then. Where it is 0 nothing that
    comes to k goes on: what feeds k leaves for good, which the last exit counts.
    """
    moves, exits = moves.astype(np.float64), exits.astype(np.float64)
    pivots = np.zeros(moves.shape[0])
    for k in range(moves.shape[0] - 1, -1, -1):
        pivots[k] = moves[k, :k].sum() + exits[k].sum()
        feeding = np.flatnonzero(moves[:k, k])
        if pivots[k] == 0.0:
            exits[feeding, -1] += moves[feeding, k]
            continue
        weight = moves[feeding, k, None] / pivots[k]
        moves[feeding, :k] += weight * moves[k, :k]
        exits[feeding] += weight * exits[k]
    return moves, exits, pivots


def _rows_to_one(moves: FloatArray, exits: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return copies whose rows add to 1, so that neither overflow nor underflow threatens."""
    others = np.where(np.eye(moves.shape[-1], dtype=bool), 0.0, moves)
    total = others.sum(axis=-1) + exits.sum(axis=-1)
    scale = np.where(total > 0.0, total, 1.0)[..., None]
    return others / scale, exits / scale
