"""Episodes: runs above the critical values, dated, long ones told from short ones."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardhouse.analysis.episodes import date_episodes, minimum_duration
from cardhouse.analysis.explosive_critical import CriticalValues
from cardhouse.analysis.explosive_roots import ExplosiveRoots
from cardhouse.errors import InputError

LENGTH, WINDOW = 60, 20


def roots(bsadf: list[float], lag: int = 0) -> ExplosiveRoots:
    values = np.array(bsadf)
    ends = WINDOW + lag + np.arange(values.size)
    top = float(values.max())
    return ExplosiveRoots(
        top, top, top, values, values, ends, np.zeros_like(ends), LENGTH, WINDOW, lag
    )


def critical(length: int = LENGTH, window: int = WINDOW) -> CriticalValues:
    """Return critical values that rise by level, and along the series from 1 to 2."""
    three = np.array([1.0, 2.0, 3.0])
    rows = np.linspace(1, 2, length - window) + np.array([[-0.5], [0.0], [0.5]])
    levels = (0.90, 0.95, 0.99)
    return CriticalValues(
        levels, three, three, three, rows, {}, "monte_carlo", length, window, 100, 0, {}
    )


def test_by_hand() -> None:
    bsadf = [0.0] * 40
    bsadf[3:5] = [1.5, 1.2]
    bsadf[10:16] = [1.4, 1.9, 5.0, 2.0, 2.0, 1.7]
    bsadf[33:] = [2.1] * 7
    found = date_episodes(roots(bsadf), critical(), until=0.95)
    assert [(one.start, one.peak, one.end) for one in found] == [
        (23, 23, 24), (30, 32, 35), (53, 53, 59),
    ]  # fmt: skip
    assert minimum_duration(LENGTH) == 5  # ln 60 = 4.09
    assert [one.lasts for one in found] == [False, True, True]
    assert [one.ongoing for one in found] == [False, False, True]
    assert [one.duration for one in found] == [2, 6, 7]
    assert found[1].peak_statistic == 5.0


@given(st.lists(st.floats(-1, 4), min_size=40, max_size=40))
def test_with_one_level_episodes_are_exactly_the_points_above(bsadf: list[float]) -> None:
    found = roots(bsadf)
    values = critical()
    inside = {
        point
        for one in date_episodes(found, values, until=0.95)
        for point in range(one.start, one.end + 1)
    }
    assert inside == set(found.ends[found.bsadf > values.bsadf[1]].tolist())


@given(st.lists(st.floats(-1, 4), min_size=40, max_size=40))
def test_a_stricter_level_dates_no_more(bsadf: list[float]) -> None:
    found = roots(bsadf)
    lengths = [
        sum(one.duration for one in date_episodes(found, critical(), level=level, until=level))
        for level in (0.90, 0.95, 0.99)
    ]
    assert lengths == sorted(lengths, reverse=True)


def test_a_dip_between_the_two_values_does_not_end_an_episode() -> None:
    bsadf = [0.0] * 40
    bsadf[9:20] = [1.0, 2.0, 2.0, 1.0, 2.0, 1.1, 1.1, 0.2, 1.2, 2.0, 1.2]
    found = date_episodes(roots(bsadf), critical())
    assert [(one.start, one.end, one.lasts) for one in found] == [(30, 35, True), (38, 39, False)]


@given(st.lists(st.floats(-1, 4), min_size=40, max_size=40))
def test_a_lower_end_only_joins_and_prolongs(bsadf: list[float]) -> None:
    plain = date_episodes(roots(bsadf), critical(), until=0.95)
    joined = date_episodes(roots(bsadf), critical())
    assert len(joined) <= len(plain)
    assert all(
        any(one.start <= inner.start <= inner.end <= one.end for one in joined) for inner in plain
    )


def test_with_lags_an_end_is_judged_by_the_observations_up_to_it() -> None:
    found = date_episodes(roots([5.0] * 39, lag=1), critical())
    assert [(one.start, one.end) for one in found] == [(21, 59)]


@pytest.mark.parametrize(
    ("values", "level", "words"),
    [
        (critical(length=61), 0.95, "are for 61 values"),
        (critical(window=21), 0.95, "window 21"),
        (critical(), 0.5, "level is 0.5"),
    ],
)
def test_critical_values_of_something_else_are_refused(
    values: CriticalValues, level: float, words: str
) -> None:
    with pytest.raises(InputError, match=words):
        date_episodes(roots([0.0] * 40), values, level=level)
