"""Explosive roots: every window is found, the fast sums are the regression, bad series are told."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.typing import NDArray

import cardhouse as ch
from cardhouse.analysis.explosive_roots import adf_statistic, default_window
from cardhouse.errors import InputError

Series = NDArray[np.float64]


@st.composite
def series(draw: st.DrawFn) -> Series:
    """Draw a random walk, at any distance from zero, with a boom in it or none."""
    length = draw(st.integers(20, 45))
    noise = np.random.default_rng(draw(st.integers(0, 2**32 - 1))).standard_normal(length)
    rate = draw(st.sampled_from([0.0, 0.05, 0.3]))
    first = draw(st.integers(0, length - 1))
    values = [1.0]
    for time in range(1, length):
        grows = rate if first <= time < first + 12 else 0.0
        values.append((1 + grows) * values[-1] + noise[time])
    return draw(st.sampled_from([0.0, 1e4, -1e6])) + np.array(values)


def by_brute_force(values: Series, window: int, lag: int) -> dict[int, list[float]]:
    """Return the statistics of all windows by the position of their last value, longest first."""
    return {
        end: [
            adf_statistic(values[start : end + 1], lag) for start in range(end - window - lag + 1)
        ]
        for end in range(window + lag, values.size)
    }


class TestStatistics:
    @given(values=series(), lag=st.integers(0, 2), more=st.integers(0, 3))
    def test_are_the_largest_of_all_windows_regressions(
        self, values: Series, lag: int, more: int
    ) -> None:
        window = lag + 5 + more
        found = ch.gsadf(values, min_window=window, lag=lag)
        windows = by_brute_force(values - values.mean(), window, lag)
        assert found.ends.tolist() == list(windows)
        best = [max(one) for one in windows.values()]
        forward = [one[0] for one in windows.values()]
        np.testing.assert_allclose(found.bsadf, best, rtol=1e-6, atol=1e-8)
        np.testing.assert_allclose(found.forward, forward, rtol=1e-6, atol=1e-8)
        assert found.gsadf == found.bsadf.max()
        assert found.sadf == found.forward.max()
        assert found.adf == found.forward[-1]

    @given(values=series(), lag=st.integers(0, 2))
    def test_belong_to_the_windows_they_name(self, values: Series, lag: int) -> None:
        found = ch.gsadf(values, lag=lag)
        for (first, last), statistic in (
            (found.gsadf_window, found.gsadf),
            (found.sadf_window, found.sadf),
        ):
            again = adf_statistic(values[first : last + 1] - values.mean(), lag)
            assert again == pytest.approx(statistic, rel=1e-6, abs=1e-8)

    @given(values=series(), factor=st.sampled_from([1e-6, 3.0, 1e9]), shift=st.floats(-1e3, 1e3))
    def test_do_not_change_with_unit_or_origin(
        self, values: Series, factor: float, shift: float
    ) -> None:
        plain, moved = ch.gsadf(values), ch.gsadf(factor * (values + shift))
        np.testing.assert_allclose(moved.bsadf, plain.bsadf, rtol=1e-6, atol=1e-6)

    @given(values=series())
    @example(values=np.arange(30.0) ** 2)
    def test_are_ordered(self, values: Series) -> None:
        found = ch.gsadf(values)
        assert found.adf <= found.sadf <= found.gsadf
        assert (found.forward <= found.bsadf + 1e-9).all()

    def test_a_calm_stretch_before_a_boom_keeps_its_digits(self) -> None:
        noise = np.random.default_rng(5).standard_normal(60)
        calm = 1.0 + 1e-6 * np.cumsum(noise[:40])
        values = np.concatenate([calm, calm[-1] + 1e4 * np.cumsum(1 + 0.1 * noise[40:])])
        alone = ch.gsadf(calm, min_window=8).bsadf
        np.testing.assert_allclose(ch.gsadf(values, min_window=8).bsadf[: alone.size], alone, 1e-6)

    def test_later_values_do_not_change_earlier_ones(self) -> None:
        values = 50 + np.cumsum(np.random.default_rng(2).standard_normal(90))
        whole, part = ch.gsadf(values, min_window=12), ch.gsadf(values[:60], min_window=12)
        np.testing.assert_allclose(whole.bsadf[: part.bsadf.size], part.bsadf, rtol=1e-9)

    def test_by_hand(self) -> None:
        """Levels 0, 1, 3, 6 rise by 1, 2, 3, 4.5: means 10/4 and 10.5/4, slope 11.75/21."""
        levels, steps = np.array([0.0, 1.0, 3.0, 6.0]), np.array([1.0, 2.0, 3.0, 4.5])
        x, d = levels - 2.5, steps - 2.625
        slope = (x @ d) / (x @ x)
        residual = (d - slope * x) @ (d - slope * x)
        by_hand = slope / np.sqrt(residual / 2 / (x @ x))
        found = ch.gsadf([0.0, 1.0, 3.0, 6.0, 10.5], min_window=4)
        assert found.adf == found.gsadf == pytest.approx(by_hand, rel=1e-12)
        assert x @ x == 21.0
        assert x @ d == 11.75

    def test_the_default_window_is_the_paper_s(self) -> None:
        assert [default_window(length) for length in (100, 200, 400, 1680)] == [19, 27, 40, 90]
        assert ch.gsadf(np.sqrt(np.arange(100.0))).min_window == 19


class TestBadSeries:
    @pytest.mark.parametrize(
        ("values", "words"),
        [
            ([1.0, 2.0, 4.0], "3 values, too few"),
            ([], "0 values, too few"),
            ([5.0] * 40, "does not move"),
            ([1.0, 2.0, float("nan"), 3.0, 5.0, 8.0, 1.0], "value 3 of the series is nan"),
            ([1.0, 2.0, float("inf"), 3.0, 5.0, 8.0, 1.0], "value 3 of the series is inf"),
            (["a", "b"], "not a number"),
            ([[1.0, 2.0], [3.0, 4.0]], "2 axes"),
            ([1.0] * 30 + [2.0, 1.0, 3.0], "up to value 11"),
            (list(range(40)), "up to value 12"),
            ([1.02**time for time in range(40)], "without any noise"),
            ([0.0] * 20_001, "at most 20000"),
        ],
    )
    def test_are_told_in_a_sentence(self, values: list[float], words: str) -> None:
        with pytest.raises(InputError, match=words):
            ch.gsadf(values)

    @pytest.mark.parametrize(
        ("options", "words"),
        [
            ({"min_window": 3}, "min_window is 3. Pass a whole number of at least 4"),
            ({"min_window": 60}, "has 59 observations"),
            ({"min_window": 12.5}, "min_window is 12.5"),
            ({"min_window": True}, "min_window is True"),
            ({"lag": -1}, "lag is -1"),
            ({"lag": 28}, "too few for lag 28"),
        ],
    )
    def test_unfit_options_are_told(self, options: dict[str, int], words: str) -> None:
        values = np.cumsum(np.random.default_rng(1).standard_normal(60))
        if options.get("min_window") == 60:
            words = "has 59 observations"
        with pytest.raises(InputError, match=words):
            ch.gsadf(values, **options)

    def test_a_pause_within_a_series_is_no_error(self) -> None:
        steps = np.random.default_rng(4).standard_normal(60)
        steps[30:38] = 0.0
        assert np.isfinite(ch.gsadf(np.cumsum(steps), min_window=12).bsadf).all()


def test_neither_import_nor_help_wait_for_the_compiler() -> None:
    code = (
        "import sys, cardhouse, cardhouse.cli.app\n"
        "from typer.testing import CliRunner\n"
        "done = CliRunner().invoke(cardhouse.cli.app.app, ['--help'])\n"
        "assert done.exit_code == 0\n"
        "print('numba' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert done.stdout.strip() == "False"
