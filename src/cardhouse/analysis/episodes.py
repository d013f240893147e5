"""Episodes: from a sequence of statistics to dates at which growth was explosive."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cardhouse.analysis.explosive_critical import CriticalValues
from cardhouse.analysis.explosive_roots import ExplosiveRoots
from cardhouse.errors import InputError

DURATION = 1.0
"""Factor on the logarithm of the length that an episode must last: Phillips, Shi and Yu (2015)."""


@dataclass(frozen=True)
class Episode:
    """A run of end points whose statistic lies above its critical values.

    Attributes
    ----------
    start, peak, end
        Positions in the series: first point above the critical value, largest statistic, last
        point above the value at which an episode ends.
    peak_statistic
        The largest statistic.
    lasts
        Whether it is long enough to count; shorter ones are noted, since noise makes some.
    ongoing
        Whether it reaches the end of the series.
    """

    start: int
    peak: int
    end: int
    peak_statistic: float
    lasts: bool
    ongoing: bool

    @property
    def duration(self) -> int:
        """Return how many points it spans."""
        return self.end - self.start + 1


def minimum_duration(length: int, factor: float = DURATION) -> int:
    """Return how many points an episode must last in a series of some length.

    Examples
    --------
    >>> minimum_duration(1680)
    8
    """
    return max(1, math.ceil(factor * math.log(length)))


def date_episodes(
    found: ExplosiveRoots,
    critical: CriticalValues,
    *,
    level: float = 0.95,
    until: float = 0.90,
    factor: float = DURATION,
) -> list[Episode]:
    """Date the episodes of a series: where BSADF lies above its critical values.

    An episode starts at the first point above the value of ``level`` and ends at the last one above
    the value of ``until``. With both the same this is the rule of the paper; a lower ``until``
    keeps one boom in one piece where the statistic, or the simulated value, wavers for a month.

    Parameters
    ----------
    found
        Statistics of the series.
    critical
        Critical values for a series of that length and window.
    level, until
        Two of the critical values' levels, at which an episode starts and ends.
    factor
        An episode lasts when it has at least this times the logarithm of the length in points.

    Returns
    -------
    list of Episode
        In order of time, short ones included.

    Raises
    ------
    InputError
        When the critical values are for another length or window, or lack a level.

    References
    ----------
    Phillips, P. C. B., Shi, S. and Yu, J. (2015), International Economic Review 56(4).

    Examples
    --------
    >>> import numpy as np
    >>> from cardhouse.analysis.explosive_critical import gsadf_critical_values
    >>> from cardhouse.analysis.explosive_roots import gsadf
    >>> noise = np.random.default_rng(1).standard_normal(100)
    >>> calm = 100 + np.cumsum(noise)
    >>> boom = np.concatenate([calm, calm[-1] * 1.05 ** np.arange(1, 31) + noise[:30]])
    >>> episodes = date_episodes(gsadf(boom), gsadf_critical_values(130, replications=300))
    >>> [(one.start > 95, one.ongoing) for one in episodes if one.lasts]
    [(True, True)]
    """
    begins = found.bsadf > _thresholds(found, critical, level)
    lasts = found.bsadf > _thresholds(found, critical, min(until, level))
    return [
        _episode(found, first + int(begins[first:stop].argmax()), stop, factor)
        for first, stop in _runs(lasts)
        if begins[first:stop].any()
    ]


def _episode(found: ExplosiveRoots, first: int, stop: int, factor: float) -> Episode:
    """Return the episode of the end points from one to before another."""
    statistics = found.bsadf[first:stop]
    return Episode(
        start=int(found.ends[first]),
        peak=int(found.ends[first + statistics.argmax()]),
        end=int(found.ends[stop - 1]),
        peak_statistic=float(statistics.max()),
        lasts=stop - first >= minimum_duration(found.length, factor),
        ongoing=stop == found.bsadf.size,
    )


def _thresholds(
    found: ExplosiveRoots, critical: CriticalValues, level: float
) -> NDArray[np.float64]:
    """Return the critical value of each end point, by the observations up to it."""
    if (found.length, found.min_window) != (critical.length, critical.min_window):
        raise InputError(
            f"the critical values are for {critical.length} values and window "
            f"{critical.min_window}, the series has {found.length} and window "
            f"{found.min_window}. Simulate them for this series."
        )
    if level not in critical.levels:
        raise InputError(f"level is {level}. Choose one of {critical.levels}.")
    row = critical.bsadf[critical.levels.index(level)]
    return np.asarray(row[: found.bsadf.size])


def _runs(above: NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """Yield first position and the one after the last of each run of true values."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], above.astype(np.int8), [0]])))
    yield from zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)
