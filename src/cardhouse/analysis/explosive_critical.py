"""Critical values of the explosive-root tests, simulated: random walks, or a wild bootstrap.

Draws are keyed on the seed and the number of a block of replications, so that neither threads nor
the number of replications asked for change the one that a replication gets.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cardhouse.analysis.explosive_roots import (
    ExplosiveRoots,
    checked_series,
    checked_window,
    whole_number,
)
from cardhouse.errors import InputError

FloatArray = NDArray[np.float64]
Method = Literal["monte_carlo", "wild_bootstrap"]

LEVELS = (0.90, 0.95, 0.99)
"""Levels of the critical values: the share of replications below them."""
BLOCK = 64
"""Replications that share one stream of random numbers."""
FEWEST, MOST = 100, 1_000_000
MOST_VALUES = 100_000_000
"""Statistics kept at once (0.8 GB): replications times end points."""


@dataclass(frozen=True)
class CriticalValues:
    """Critical values at the levels 90, 95 and 99 %, with their Monte Carlo errors.

    Attributes
    ----------
    levels
        Share of replications below the values, (level,).
    adf, sadf, gsadf
        Critical values, (level,).
    bsadf
        Critical values by end point, (level, end).
    standard_errors
        Of ``adf``, ``sadf`` and ``gsadf`` through the number of replications, (level,) each.
    method
        ``monte_carlo`` (Gaussian random walks) or ``wild_bootstrap`` (steps of a given series with
        random signs and sizes, which keeps calm and wild times where they were).
    length, min_window, replications, seed
        What was simulated.
    draws
        Statistics of the replications, sorted, (replication,) each.
    """

    levels: tuple[float, ...]
    adf: FloatArray
    sadf: FloatArray
    gsadf: FloatArray
    bsadf: FloatArray = field(repr=False)
    standard_errors: dict[str, FloatArray] = field(repr=False)
    method: Method
    length: int
    min_window: int
    replications: int
    seed: int
    draws: dict[str, FloatArray] = field(repr=False)

    def p_values(self, found: ExplosiveRoots) -> dict[str, float]:
        """Return the share of replications at least as large as each statistic of a series."""
        return {
            name: (1 + int((draws >= getattr(found, name)).sum())) / (1 + self.replications)
            for name, draws in self.draws.items()
        }


def gsadf_critical_values(
    length: int,
    *,
    min_window: int | None = None,
    replications: int = 2000,
    seed: int = 0,
    series: ArrayLike | None = None,
) -> CriticalValues:
    """Simulate critical values of `gsadf` at lag 0 under no explosive root.

    Parameters
    ----------
    length
        Values of the series that is tested.
    min_window
        Regression observations of the shortest window; default the rule, as in `gsadf`.
    replications
        Series simulated, 100 to 1,000,000. Errors shrink with their square root: 2,000 leave
        about 0.03 at the 95 % level.
    seed
        The same seed gives the same values, on any number of threads.
    series
        The series itself, for a wild bootstrap: its steps, each times a standard normal number,
        so that changing volatility is not taken for an explosive root. Without it, Gaussian
        random walks without drift.

    Returns
    -------
    CriticalValues
        ``.adf .sadf .gsadf`` by level and ``.bsadf`` by level and end point.

    Raises
    ------
    InputError
        When an argument is out of its domain, or the series is not one of that length.

    References
    ----------
    Phillips, P. C. B., Shi, S. and Yu, J. (2015), International Economic Review 56(4).
    Harvey, D. I., Leybourne, S. J., Sollis, R. and Taylor, A. M. R. (2016), "Tests for explosive
    financial bubbles in the presence of non-stationary volatility", Journal of Empirical
    Finance 38.

    Examples
    --------
    >>> values = gsadf_critical_values(60, replications=500, seed=1)
    >>> bool(1.6 < values.gsadf[1] < 2.2), values.bsadf.shape
    (True, (3, 46))
    """
    length = whole_number("length", length, 6, MOST)
    steps = None if series is None else _steps(series, length)
    min_window = checked_window(min_window, length, lag=0)
    replications = whole_number("replications", replications, FEWEST, MOST)
    seed = whole_number("seed", seed, 0, 2**63 - 1)
    _check_memory(length, min_window, replications)
    statistics = _simulate(length, min_window, replications, seed, steps)
    *three, backward = statistics
    draws = dict(zip(("adf", "sadf", "gsadf"), map(np.sort, three), strict=True))
    found = {name: np.quantile(one, LEVELS) for name, one in draws.items()}
    return CriticalValues(
        levels=LEVELS,
        **found,
        bsadf=np.quantile(backward, LEVELS, axis=0),
        standard_errors={name: _errors(one) for name, one in draws.items()},
        method="monte_carlo" if steps is None else "wild_bootstrap",
        length=length,
        min_window=min_window,
        replications=replications,
        seed=seed,
        draws=draws,
    )


def _simulate(
    length: int, min_window: int, replications: int, seed: int, steps: FloatArray | None
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return ADF, SADF, GSADF (replication,) and BSADF (replication, end)."""
    from cardhouse.analysis import _explosive_kernels as kernels

    compute = kernels.statistics_of_walks if steps is None else kernels.statistics_of_many
    full, forward = np.empty(replications), np.empty(replications)
    backward = np.empty((replications, length - min_window))

    def work(block: slice) -> None:
        walks = _walks(length, block, seed, steps)
        compute(walks, min_window, full[block], forward[block], backward[block])

    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        list(pool.map(work, _blocks(replications)))
    if not np.isfinite(backward).all():
        raise InputError(
            "the series stands still for as long as the shortest window, so a bootstrap of it has "
            "windows without a statistic. Choose a longer min_window."
        )
    return full, forward, backward.max(axis=1), backward


def _blocks(replications: int) -> Iterator[slice]:
    for first in range(0, replications, BLOCK):
        yield slice(first, min(first + BLOCK, replications))


def _walks(length: int, block: slice, seed: int, steps: FloatArray | None) -> FloatArray:
    """Return the random walks of a block, (replication, time), each from 0."""
    stream = np.random.Philox(key=[seed, block.start // BLOCK])
    shocks = np.random.Generator(stream).standard_normal((block.stop - block.start, length - 1))
    if steps is not None:
        shocks *= steps
    walks = np.zeros((len(shocks), length))
    np.cumsum(shocks, axis=1, out=walks[:, 1:])
    return walks


def _errors(draws: FloatArray) -> FloatArray:
    """Return standard errors of quantiles from the order statistics around them, (level,)."""
    ranks = np.array(LEVELS)
    spread = np.sqrt(ranks * (1 - ranks) / draws.size)
    above = np.quantile(draws, np.minimum(ranks + spread, 1.0))
    below = np.quantile(draws, ranks - spread)
    return np.asarray((above - below) / 2)


def _steps(series: ArrayLike, length: int) -> FloatArray:
    """Return a series' steps in units of their size; raises InputError when it does not fit."""
    values = checked_series(series)
    if values.size != length:
        raise InputError(
            f"length is {length}, but the series has {values.size} values. Pass length=len(series)."
        )
    steps = np.diff(values)
    return np.asarray(steps / math.sqrt(float(steps @ steps) / steps.size))


def _check_memory(length: int, min_window: int, replications: int) -> None:
    most = MOST_VALUES // (length - min_window)
    if replications > most:
        raise InputError(
            f"replications is {replications}; with {length - min_window} end points at most {most} "
            "fit into memory. Ask for fewer."
        )
