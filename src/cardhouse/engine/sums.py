"""Sums along axes that do not depend on what else is in the block.

Matrix products would hand the work to a BLAS whose order of summation may change with the number
of paths; these sums run in a fixed order, so a path's bits are its own.
"""

from __future__ import annotations

import numpy as np

from cardhouse.engine.chain import Array, Index


def group_sum(values: Array, group: Index, groups: int) -> Array:
    """Sum `values` (path, item, ...) over items of one group: (path, group, ...)."""
    out = np.zeros((values.shape[0], groups, *values.shape[2:]))
    np.add.at(out, (slice(None), group), values)
    return out


def weighted(values: Array, matrix: Array) -> Array:
    """Return sum_j matrix[..., i, j] * values[path, j]: (path, i)."""
    return np.asarray((matrix * values[:, None, :]).sum(axis=-1))


def ratio(top: Array, bottom: Array, empty: float = 0.0) -> Array:
    """Return top / bottom, and `empty` where bottom is not positive."""
    positive = bottom > 0
    return np.asarray(np.where(positive, top / np.where(positive, bottom, 1.0), empty))
