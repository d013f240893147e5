"""Sums along axes that do not depend on what else is in the block.

Matrix products would hand the work to a BLAS whose order of summation may change with the number
of paths; these sums run in a fixed order, so a path's bits are its own.
"""

from __future__ import annotations

import numpy as np

from cardhouse.engine.arrays import Array, Index

STEEPEST = 300.0  # log; growth beyond it would overflow, long after it stopped meaning anything


def group_sum(values: Array, group: Index, groups: int) -> Array:
    """Sum `values` (path, item, ...) over items of one group: (path, group, ...)."""
    paths = values.shape[0]
    if values.ndim == 2:
        place = np.arange(paths)[:, None] * groups + group
        flat = np.bincount(place.ravel(), values.ravel(), minlength=paths * groups)
        return np.asarray(flat.reshape(paths, groups), dtype=float)
    out = np.zeros((paths, groups, *values.shape[2:]))
    for item, number in enumerate(group.tolist()):
        out[:, number] += values[:, item]
    return out


def column_sum(values: Array, group: Index, groups: int) -> Array:
    """Sum (path, row, column) over the columns of each group: (path, row, group).

    Columns are added one by one, so that those with nothing in them change no bit.
    """
    return np.asarray(np.swapaxes(group_sum(np.swapaxes(values, 1, 2), group, groups), 1, 2))


def ratio(top: Array, bottom: Array, empty: float = 0.0) -> Array:
    """Return top / bottom, and `empty` where bottom is not positive."""
    positive = bottom > 0
    return np.asarray(np.where(positive, top / np.where(positive, bottom, 1.0), empty))


def covered(have: Array, wanted: Array, empty: float = 1.0) -> Array:
    """Return the share of what is wanted that there is, at most 1; `empty` where nothing is."""
    return ratio(np.minimum(have, wanted), wanted, empty)


def per_unit(amounts: Array, volume: Array) -> Array:
    """Divide amounts (line, ...) by the line's volume; zero where there is no volume."""
    return ratio(amounts, np.broadcast_to(volume[:, None], amounts.shape))


def shares(weights: Array, axis: int) -> Array:
    """Return weights scaled to add to 1 along an axis; zeros where they add to nothing."""
    total = np.broadcast_to(weights.sum(axis=axis, keepdims=True), weights.shape)
    return ratio(weights, total)


def grown(log_growth: Array) -> Array:
    """Return exp of log growth, held where it would overflow."""
    return np.asarray(np.exp(np.minimum(log_growth, STEEPEST)))
