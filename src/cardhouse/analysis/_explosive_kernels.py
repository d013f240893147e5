"""The loops of the explosive-root tests, compiled; `explosive_roots` is the door to them.

The regression of every window is, with the paper's letters,
``dy_t = a + b y_(t-1) + sum_i c_i dy_(t-i) + e_t``, and its statistic is b over its standard error.
By Frisch and Waugh the lagged differences are swept out first; what is left are three moments, of
the level (xx), of level and difference (xd) and of the difference (dd), each about its mean, and
``t^2 = df xd^2 / (xx dd - xd^2)`` with the sign of xd. Windows are compared by the signed square.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cardhouse.compiling import kernel

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

NOTHING = -np.inf
"""Stands for a window without a statistic: its level or its difference does not vary."""

FLAT = 1e-13
"""Share of a moment from which a moment about the mean, or swept of others, is rounding alone."""

EXACT = 1e-26
"""Share of the differences' variation from which residuals are rounding alone."""


@kernel
def signed_square(moments: FloatArray, count: int, floor: float) -> float:
    """Return the signed square of a window's statistic; its raw moments are used up.

    Parameters
    ----------
    moments
        Sums and sums of products of (1, lagged differences, level, difference), lower triangle.
    count
        Observations in the window.
    floor
        Least share of the difference's variation that residuals are taken to have: sums of
        products cannot tell less from rounding.
    """
    size = moments.shape[0]
    for pivot in range(size - 2):
        if moments[pivot, pivot] <= 0.0:
            return NOTHING
        for row in range(pivot + 1, size):
            share = moments[row, pivot] / moments[pivot, pivot]
            for column in range(pivot + 1, row + 1):
                whole = abs(moments[row, column])
                moments[row, column] -= share * moments[column, pivot]
                if row == column and moments[row, column] <= FLAT * whole:
                    moments[row, column] = 0.0
    xx, xd = moments[size - 2, size - 2], moments[size - 1, size - 2]
    dd = moments[size - 1, size - 1]
    if xx <= 0.0 or dd <= 0.0:
        return NOTHING
    residual = max(xx * dd - xd * xd, floor * xx * dd)
    return (count - size + 1) * xd * abs(xd) / residual


@kernel
def add_observation(moments: FloatArray, row: FloatArray) -> None:
    """Add an observation's products to the moments, lower triangle."""
    for first in range(row.size):
        for second in range(first + 1):
            moments[first, second] += row[first] * row[second]


@kernel
def clear(moments: FloatArray) -> None:
    """Set moments to nothing (a loop compiles much faster than the assignment of an array)."""
    for row in range(moments.shape[0]):
        for column in range(moments.shape[1]):
            moments[row, column] = 0.0


@kernel
def copy(moments: FloatArray, into: FloatArray) -> None:
    """Write moments into others."""
    for row in range(moments.shape[0]):
        for column in range(moments.shape[1]):
            into[row, column] = moments[row, column]


@kernel
def best_windows(rows: FloatArray, min_window: int, starts: IntArray) -> None:
    """Find, for every end, the start of the window with the largest statistic.

    Windows grow backwards from their end, level about its value there: no large sum is taken from
    another, so a calm stretch before a boom of a thousand times its size is not lost in rounding.

    Parameters
    ----------
    rows
        (1, lagged differences, level, difference) of each observation, (observation, column).
    min_window
        Observations of the shortest window.
    starts
        Written: first observation of the best window that ends at each observation from
        ``min_window - 1`` on, (end,); -1 where no window has a statistic.
    """
    observations, size = rows.shape
    raw, used, row = np.empty((size, size)), np.empty((size, size)), np.empty(size)
    for end in range(min_window - 1, observations):
        clear(raw)
        best, at = NOTHING, -1
        for start in range(end, -1, -1):
            for column in range(size):
                row[column] = rows[start, column]
            row[size - 2] -= rows[end, size - 2]
            add_observation(raw, row)
            count = end - start + 1
            if count >= min_window:
                copy(raw, used)
                square = signed_square(used, count, FLAT)
                if square >= best and square > NOTHING:
                    best, at = square, start
        starts[end - min_window + 1] = at


@kernel
def direct_statistics(
    rows: FloatArray, starts: IntArray, min_window: int, statistics: FloatArray
) -> None:
    """Compute the statistics of given windows from sums about the window's own means.

    Parameters
    ----------
    rows, min_window
        As in `best_windows`.
    starts
        First observation of each window, (end,); -1 for none.
    statistics
        Written: each window's statistic, (end,); minus infinity where there is none, infinity
        where residuals are nil and the level explains growth.
    """
    size = rows.shape[1]
    means, slopes, moments = np.empty(size), np.empty(size), np.empty((size, size))
    for at in range(starts.size):
        statistics[at] = NOTHING
        if starts[at] >= 0:
            window = rows[starts[at] : at + min_window]
            level = window[-1, size - 2]
            for column in range(size):
                means[column] = 0.0
            means[size - 2] = level
            sum_products(window, means, moments)
            if signed_square(moments, window.shape[0], FLAT) > NOTHING:
                for column in range(1, size):
                    means[column] = level_mean(window[:, column], means[column])
                sum_products(window, means, moments)
                statistics[at] = statistic_of(window, means, moments, slopes)


@kernel
def level_mean(values: FloatArray, near: float) -> float:
    """Return the mean of values, summed about a value near them."""
    total = 0.0
    for value in values:
        total += value - near
    return near + total / values.size


@kernel
def sum_products(window: FloatArray, means: FloatArray, moments: FloatArray) -> None:
    """Write sums of products of a window's columns about given values."""
    row = np.empty(means.size)
    clear(moments)
    for one in range(window.shape[0]):
        for column in range(1, row.size):
            row[column] = window[one, column] - means[column]
        row[0] = 1.0
        add_observation(moments, row)


@kernel
def statistic_of(
    window: FloatArray, means: FloatArray, moments: FloatArray, slopes: FloatArray
) -> float:
    """Return a window's statistic, residuals taken one by one; moments about means are used up."""
    size = means.size
    signed_square(moments, window.shape[0], EXACT)
    solve_swept(moments, slopes)
    residual, whole = 0.0, 0.0
    for one in range(window.shape[0]):
        miss = window[one, size - 1] - means[size - 1]
        whole += miss * miss
        for column in range(1, size - 1):
            miss -= slopes[column] * (window[one, column] - means[column])
        residual += miss * miss
    slope, xx = slopes[size - 2], moments[size - 2, size - 2]
    if residual <= EXACT * whole:
        return np.inf if slope > 0.0 else NOTHING
    return slope * np.sqrt(xx * (window.shape[0] - size + 1) / residual)


@kernel
def solve_swept(moments: FloatArray, slopes: FloatArray) -> None:
    """Write the slopes of the difference on the columns before it, after the sweep."""
    size = moments.shape[0]
    for row in range(size - 2, 0, -1):
        left = moments[size - 1, row]
        for later in range(row + 1, size - 1):
            left -= moments[later, row] * slopes[later]
        slopes[row] = left / moments[row, row]


@kernel
def statistics_of_many(
    many: FloatArray, min_window: int, full: FloatArray, forward: FloatArray, backward: FloatArray
) -> None:
    """Compute the statistics of many series at lag 0, as `best_windows` does it, in few operations.

    Parameters
    ----------
    many
        The series, (series, time).
    min_window
        Observations of the shortest window.
    full, forward, backward
        Written: ADF (series,), SADF (series,) and BSADF (series, end); minus infinity where no
        window has a statistic.
    """
    for one in range(many.shape[0]):
        largest, whole = NOTHING, NOTHING
        for end in range(min_window, many.shape[1]):
            best, whole = squares_to_end(many[one], end, min_window)
            backward[one, end - min_window] = root(best)
            largest = max(largest, whole)
        forward[one], full[one] = root(largest), root(whole)


@kernel
def squares_to_end(values: FloatArray, end: int, min_window: int) -> tuple[float, float]:
    """Return the signed squares of an end's best window and of its longest."""
    near = values[end - 1]
    level, step, xx, xd, dd = 0.0, 0.0, 0.0, 0.0, 0.0
    best, square = NOTHING, NOTHING
    for count in range(1, end + 1):
        at = end - count
        x, d = values[at] - near, values[at + 1] - values[at]
        level, step = level + x, step + d
        xx, xd, dd = xx + x * x, xd + x * d, dd + d * d
        if count >= min_window:
            a = count * xx - level * level
            b = count * xd - level * step
            c = count * dd - step * step
            residual = a * c - b * b
            square = NOTHING
            if residual > FLAT * a * c:
                square = (count - 2.0) * b * abs(b) / residual
                best = max(best, square)
    return best, square


@kernel
def statistics_of_walks(
    walks: FloatArray, min_window: int, full: FloatArray, forward: FloatArray, backward: FloatArray
) -> None:
    """Compute what `statistics_of_many` does for random walks from 0, in half the time.

    Sums over a window are differences of sums from the start. That keeps its digits where no part
    of a series dwarfs another, as in walks of steps of one size, and lets the windows of an end be
    worked on side by side.
    """
    length = walks.shape[1]
    sums, squares = np.zeros((5, length)), np.empty(length - min_window)
    sizes = np.arange(length - 1, 0, -1).astype(np.float64)
    for walk in range(walks.shape[0]):
        sum_from_start(walks[walk], sums)
        largest, square = NOTHING, NOTHING
        for end in range(min_window, length):
            windows = squares[: end - min_window + 1]
            squares_between(sums, end, sizes[length - 1 - end :], windows)
            square = windows[0]
            largest = max(largest, square)
            backward[walk, end - min_window] = root(largest_of(windows))
        forward[walk], full[walk] = root(largest), root(square)


@kernel
def sum_from_start(walk: FloatArray, sums: FloatArray) -> None:
    """Write sums of level, step and their products before each time, (sum, time)."""
    for time in range(walk.size - 1):
        level, step = walk[time], walk[time + 1] - walk[time]
        sums[0, time + 1] = sums[0, time] + level
        sums[1, time + 1] = sums[1, time] + step
        sums[2, time + 1] = sums[2, time] + level * level
        sums[3, time + 1] = sums[3, time] + level * step
        sums[4, time + 1] = sums[4, time] + step * step


@kernel
def squares_between(sums: FloatArray, end: int, sizes: FloatArray, squares: FloatArray) -> None:
    """Write the signed squares of all windows to one end, by their start."""
    levels, steps, xx, xd, dd = sums[0], sums[1], sums[2], sums[3], sums[4]
    for start in range(squares.size):
        size = sizes[start]
        level, step = levels[end] - levels[start], steps[end] - steps[start]
        a = size * (xx[end] - xx[start]) - level * level
        b = size * (xd[end] - xd[start]) - level * step
        c = size * (dd[end] - dd[start]) - step * step
        squares[start] = (size - 2.0) * b * abs(b) / (a * c - b * b)


@kernel
def largest_of(values: FloatArray) -> float:
    """Return the largest of some values."""
    largest = values[0]
    for value in values:
        largest = max(largest, value)
    return largest


@kernel
def root(square: float) -> float:
    """Return the number whose signed square is given."""
    return np.sign(square) * np.sqrt(abs(square))
