"""Intervals from draws: against the normal distribution, order and repeated sampling."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from cardhouse.analysis.intervals import intervals, quantile_error, share_error


class TestIntervals:
    def test_of_normal_draws_are_the_normal_quantiles(self) -> None:
        drawn = np.random.default_rng(1).normal(3.0, 2.0, size=(20_000, 1))
        found = intervals(drawn)
        expected = stats.norm(3.0, 2.0).ppf([0.1, 0.5, 0.9])
        ends = np.array([found.low[0], found.median[0], found.high[0]])
        assert (np.abs(ends - expected) < 4 * found.mc_error[0]).all()
        assert found.mean[0] == pytest.approx(drawn.mean())

    @given(st.integers(1, 60), st.integers(0, 2**16), st.floats(0.05, 0.95))
    def test_are_in_order_and_move_with_the_unit(
        self, draws: int, seed: int, inside: float
    ) -> None:
        drawn = np.random.default_rng(seed).lognormal(size=(draws, 3))
        found, doubled = intervals(drawn, inside), intervals(2.0 * drawn, inside)
        assert (found.low <= found.median).all()
        assert (found.median <= found.high).all()
        assert (found.mc_error >= 0.0).all()
        for name in ("low", "median", "high", "mean", "mc_error"):
            assert getattr(doubled, name) == pytest.approx(2.0 * getattr(found, name))

    def test_a_figure_that_never_moves_has_no_width(self) -> None:
        found = intervals(np.full((50, 1), 7.0))
        assert (found.low[0], found.high[0], found.mc_error[0]) == (7.0, 7.0, 0.0)


class TestErrors:
    @pytest.mark.parametrize("at", [0.1, 0.5])
    def test_of_a_quantile_is_its_spread_over_repeated_draws(self, at: float) -> None:
        drawn = np.random.default_rng(2).normal(size=(500, 400))
        told = quantile_error(drawn, at).mean()
        assert told == pytest.approx(np.quantile(drawn, at, axis=0).std(), rel=0.1)

    def test_of_a_share_is_its_spread_over_repeated_draws(self) -> None:
        found = np.random.default_rng(3).binomial(500, 0.3, size=4000)
        assert share_error(150, 500) == pytest.approx((found / 500).std(), rel=0.05)

    def test_a_share_of_all_draws_is_not_certain(self) -> None:
        assert share_error(20, 20) == share_error(0, 20)
        assert 0.0 < share_error(500, 500) < share_error(20, 20) < share_error(10, 20)
