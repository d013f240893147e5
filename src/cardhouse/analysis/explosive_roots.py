"""Explosive roots: whether a series, somewhere, grows faster than a random walk.

`gsadf` runs the right-tailed unit-root tests of Phillips, Shi and Yu: ADF on the whole series,
SADF with the end moving, GSADF with both ends moving, and BSADF, the sequence that dates episodes.
`adf_statistic` is one window's regression done directly, to check the fast sums by.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cardhouse.errors import InputError

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

LONGEST = 20_000
"""Values of the longest series: work grows with the square of the length."""


@dataclass(frozen=True)
class ExplosiveRoots:
    """Statistics of the explosive-root tests of one series, and how they were asked for.

    Attributes
    ----------
    adf
        t-statistic of the whole series.
    sadf
        Largest over windows that start with the series.
    gsadf
        Largest over all windows.
    bsadf
        Largest over the windows that end at each end point, (end,).
    forward
        Statistic of the window from the start of the series to each end point, (end,).
    ends
        Position in the series of each end point, (end,): the last value that its windows use.
    starts
        Position of the first value of the window behind each ``bsadf``, (end,).
    length, min_window, lag
        Values of the series, observations of the shortest window, lagged differences.
    """

    adf: float
    sadf: float
    gsadf: float
    bsadf: FloatArray = field(repr=False)
    forward: FloatArray = field(repr=False)
    ends: IntArray = field(repr=False)
    starts: IntArray = field(repr=False)
    length: int
    min_window: int
    lag: int

    @property
    def sadf_window(self) -> tuple[int, int]:
        """Return positions of the first and last value of the window behind ``sadf``."""
        return 0, int(self.ends[self.forward.argmax()])

    @property
    def gsadf_window(self) -> tuple[int, int]:
        """Return positions of the first and last value of the window behind ``gsadf``."""
        best = self.bsadf.argmax()
        return int(self.starts[best]), int(self.ends[best])


def gsadf(series: ArrayLike, *, min_window: int | None = None, lag: int = 0) -> ExplosiveRoots:
    """Test a series for explosive roots over all windows: ADF, SADF, GSADF and BSADF.

    Each window's regression is ``dy_t = a + b y_(t-1) + sum_i c_i dy_(t-i) + e_t`` and its
    statistic the t-ratio of b: large and positive where growth feeds on the level.

    Parameters
    ----------
    series
        Values in order of time, evenly spaced, (time,). Levels or logarithms: they answer
        different questions, so say which.
    min_window
        Regression observations (differences) of the shortest window; default the rule of
        Phillips, Shi and Yu, `default_window`.
    lag
        Lagged differences in the regression. More than the data ask for costs power.

    Returns
    -------
    ExplosiveRoots
        ``.adf .sadf .gsadf`` numbers and ``.bsadf`` by end point; compare them with
        `gsadf_critical_values`.

    Raises
    ------
    InputError
        When the series is too short, has a gap or does not move, or when the window or lag does
        not fit it.

    References
    ----------
    Phillips, P. C. B., Shi, S. and Yu, J. (2015), "Testing for multiple bubbles: historical
    episodes of exuberance and collapse in the S&P 500", International Economic Review 56(4).

    Examples
    --------
    >>> import numpy as np
    >>> noise = np.random.default_rng(1).standard_normal(100)
    >>> calm = 100 + np.cumsum(noise)
    >>> boom = np.concatenate([calm, calm[-1] * 1.05 ** np.arange(1, 31) + noise[:30]])
    >>> found = gsadf(boom)
    >>> found.min_window, found.gsadf > 3, gsadf(calm).gsadf < 2
    (21, True, True)
    """
    values = checked_series(series)
    lag = whole_number("lag", lag, least=0)
    min_window = checked_window(min_window, values.size, lag)
    rows = regression_rows(_scaled(values), lag)
    starts = _best_windows(rows, min_window, lag)
    backward = _statistics(rows, starts, min_window, lag)
    forward = _statistics(rows, np.zeros_like(starts), min_window, lag)
    return ExplosiveRoots(
        adf=float(forward[-1]),
        sadf=float(forward.max()),
        gsadf=float(backward.max()),
        bsadf=backward,
        forward=forward,
        ends=np.arange(starts.size) + min_window + lag,
        starts=starts,
        length=values.size,
        min_window=min_window,
        lag=lag,
    )


def adf_statistic(series: ArrayLike, lag: int = 0) -> float:
    """Return the t-ratio of the level in one window's regression, by least squares, step by step.

    The slow and readable version of what `gsadf` does for every window.

    Parameters
    ----------
    series
        The window's values, (time,): ``lag + 1`` more than its regression observations.
    lag
        Lagged differences in the regression.

    Examples
    --------
    >>> round(adf_statistic([1.0, 1.1, 1.3, 1.5, 1.9, 2.3, 2.9]), 3)
    6.534
    """
    values = np.asarray(series, dtype=np.float64)
    rows = regression_rows(values, lag)
    design, difference = rows[:, :-1], rows[:, -1]
    coefficients = np.linalg.lstsq(design, difference, rcond=None)[0]
    residuals = difference - design @ coefficients
    freedom = len(rows) - design.shape[1]
    variance = residuals @ residuals / freedom * np.linalg.inv(design.T @ design)
    return float(coefficients[-1] / math.sqrt(variance[-1, -1]))


def default_window(length: int) -> int:
    """Return the shortest window of Phillips, Shi and Yu for a series of some length.

    Examples
    --------
    >>> default_window(1680)
    90
    """
    return math.floor((0.01 + 1.8 / math.sqrt(length)) * length)


def regression_rows(values: FloatArray, lag: int) -> FloatArray:
    """Return (1, lagged differences, level before, difference) of each observation.

    Parameters
    ----------
    values
        The series, (time,).
    lag
        Lagged differences.

    Returns
    -------
    numpy.ndarray
        (observation, column), ``lag + 1`` observations fewer than values.
    """
    steps = np.diff(values)
    lagged = [steps[lag - back : steps.size - back] for back in range(1, lag + 1)]
    constant = np.ones(steps.size - lag)
    return np.column_stack([constant, *lagged, values[lag:-1], steps[lag:]])


def checked_series(series: ArrayLike) -> FloatArray:
    """Return a series as numbers; raises InputError when it is none that can be tested."""
    try:
        values = np.asarray(series, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError(
            "the series holds something that is not a number. Pass numbers in order of time."
        ) from None
    if values.ndim != 1:
        raise InputError(f"the series has {values.ndim} axes; one is needed, time.")
    if not np.isfinite(values).all():
        where = int(np.flatnonzero(~np.isfinite(values))[0]) + 1
        raise InputError(
            f"value {where} of the series is {values[where - 1]}. Every value must be a finite "
            "number: cut the series before the gap or fill it."
        )
    if values.size > LONGEST:
        raise InputError(
            f"the series has {values.size} values; at most {LONGEST} are tested. Use a lower "
            "frequency or a part of it."
        )
    if values.size and np.ptp(values) <= 1e-12 * np.abs(values).max():
        raise InputError("the series does not move, so it has no root to test.")
    return values


def checked_window(min_window: int | None, length: int, lag: int) -> int:
    """Return the shortest window, the rule's when none is given; raises InputError if unfit."""
    least, most = lag + 4, length - 1 - lag
    if most < least:
        raise InputError(
            f"the series has {length} values, too few for lag {lag}: at least "
            f"{least + 1 + lag} are needed."
        )
    if min_window is None:
        return min(max(default_window(length), least), most)
    wanted = whole_number("min_window", min_window, least=least)
    if wanted > most:
        raise InputError(
            f"min_window is {wanted}, but a series of {length} values has {most} observations "
            f"at lag {lag}. Choose one from {least} to {most}."
        )
    return wanted


def whole_number(name: str, value: object, least: int, most: int | None = None) -> int:
    """Return a whole number within bounds; raises InputError otherwise."""
    if isinstance(value, int | np.integer) and not isinstance(value, bool):
        number = int(value)
        if least <= number and (most is None or number <= most):
            return number
    wanted = f"of at least {least}" if most is None else f"from {least} to {most}"
    raise InputError(f"{name} is {value!r}. Pass a whole number {wanted}.")


def _scaled(values: FloatArray) -> FloatArray:
    """Return values in a unit near their spread, a power of two, so that no digit is lost.

    The mean stays: windows are taken about their own, which loses less than the series' would.
    """
    return np.ldexp(values, -int(np.frexp(np.ptp(values))[1]))


def _best_windows(rows: FloatArray, min_window: int, lag: int) -> IntArray:
    """Return where the best window of each end starts; raises InputError where there is none."""
    from cardhouse.analysis._explosive_kernels import best_windows

    starts = np.empty(len(rows) - min_window + 1, dtype=np.int64)
    best_windows(rows, min_window, starts)
    if (starts < 0).any():
        last = int(np.flatnonzero(starts < 0)[0]) + min_window + lag + 1
        raise InputError(
            f"up to value {last} the series stands still or grows by one and the same step, so no "
            "window that ends there has a statistic. Start later or choose a longer min_window."
        )
    return starts


def _statistics(rows: FloatArray, starts: IntArray, min_window: int, lag: int) -> FloatArray:
    """Return the statistics of windows; raises InputError where growth has no noise at all."""
    from cardhouse.analysis._explosive_kernels import direct_statistics

    found = np.empty(starts.size)
    direct_statistics(rows, starts, min_window, found)
    if np.isposinf(found).any():
        at = int(np.flatnonzero(np.isposinf(found))[0])
        raise InputError(
            f"values {starts[at] + 1} to {at + min_window + lag + 1} of the series follow a "
            "formula without any noise, so their statistic is infinite. Test measured data."
        )
    return found
