"""What draws say of a figure: an interval, its middle, and how far the draws themselves may err.

The error of an end is Woodruff's: the ranks between which the true quantile lies with one standard
error, read back as values. It shrinks with the root of the number of draws and says nothing about
the facts.

References
----------
R. S. Woodruff (1952), "Confidence intervals for medians and other position measures", Journal of
the American Statistical Association 47.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cardhouse.engine.arrays import Array

INSIDE = 0.8
"""The share of the draws that an interval holds."""


@dataclass(frozen=True)
class Intervals:
    """What draws say of some figures; every array is (figure,), in the figure's unit.

    ``low`` and ``high`` leave the same share of the draws outside; ``mc_error`` is the larger of
    the standard errors of these two ends.
    """

    low: Array
    median: Array
    high: Array
    mean: Array
    mc_error: Array


def intervals(drawn: Array, inside: float = INSIDE) -> Intervals:
    """Return what draws say of each figure.

    Parameters
    ----------
    drawn
        Values (draw, figure), finite, at least one draw.
    inside
        The share of the draws that the interval holds, above 0 and below 1.

    Examples
    --------
    >>> import numpy as np
    >>> found = intervals(np.arange(101.0)[:, None])
    >>> [round(float(end[0]), 6) for end in (found.low, found.median, found.high)]
    [10.0, 50.0, 90.0]
    """
    tail = (1.0 - inside) / 2.0
    low, median, high = np.quantile(drawn, [tail, 0.5, 1.0 - tail], axis=0)
    error = np.maximum(quantile_error(drawn, tail), quantile_error(drawn, 1.0 - tail))
    return Intervals(low, median, high, drawn.mean(axis=0), error)


def quantile_error(drawn: Array, at: float) -> Array:
    """Return the Monte Carlo standard error of a quantile of each figure (figure,).

    ``drawn`` is (draw, figure), ``at`` the quantile, between 0 and 1.
    """
    step = np.sqrt(at * (1.0 - at) / len(drawn))
    ends = np.quantile(drawn, np.clip([at - step, at + step], 0.0, 1.0), axis=0)
    return np.asarray((ends[1] - ends[0]) / 2.0)


def share_error(found: int, of: int) -> float:
    """Return the Monte Carlo standard error of a share of draws, `found` of so many.

    It is the sd of the share given what was found and nothing else (Laplace's rule), so that "in
    every draw" is not taken for certainty.

    Examples
    --------
    >>> round(share_error(250, 500), 4), round(share_error(500, 500), 4), share_error(40, 40) > 0
    (0.0223, 0.002, True)
    """
    hits, misses = found + 1.0, of - found + 1.0
    return float(np.sqrt(hits * misses / ((of + 2.0) ** 2 * (of + 3.0))))
