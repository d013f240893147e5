"""Balancing conflicting figures: hand-solved systems, active signs, contradictions by name."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardhouse.accounts import Problem, balance
from cardhouse.errors import AccountsError

NO_TOTALS = np.zeros(0)


def problem(
    *,
    prior: list[float],
    prior_sd: list[float],
    observe: list[list[float]] | None = None,
    observed: list[float] | None = None,
    observed_sd: list[float] | None = None,
    identities: list[list[float]] | None = None,
    totals: list[float] | None = None,
    signed: bool = True,
    names: tuple[str, ...] = (),
) -> Problem:
    n = len(prior)
    return Problem(
        prior=np.array(prior),
        prior_sd=np.array(prior_sd),
        observe=np.array(observe or np.zeros((0, n))),
        observed=np.array(observed or []),
        observed_sd=np.array(observed_sd or []),
        identities=np.array(identities or np.zeros((0, n))),
        totals=np.array(totals or []),
        signed=np.full(n, signed),
        identity_names=names,
    )


class TestKnownAnswers:
    def test_a_gap_is_shared_by_variance(self) -> None:
        """y1 + y2 = 10 from 4 (sd 1) and 3 (sd 2): the gap of 3 goes 1 to 4."""
        found = balance(
            problem(prior=[4.0, 3.0], prior_sd=[1.0, 2.0], identities=[[1.0, 1.0]], totals=[10.0])
        )
        assert found.values == pytest.approx([4.6, 5.4], abs=1e-12)

    def test_two_sources_of_one_figure_meet_by_precision(self) -> None:
        """Prior 10 (sd 2) and a fact 13 (sd 1): (10/4 + 13)/(1/4 + 1) = 12.4, sd sqrt(.8)."""
        found = balance(
            problem(
                prior=[10.0], prior_sd=[2.0], observe=[[1.0]], observed=[13.0], observed_sd=[1.0]
            )
        )
        assert found.values == pytest.approx([12.4], abs=1e-12)
        assert found.sd == pytest.approx([np.sqrt(0.8)], abs=1e-12)

    def test_stone_s_formula_on_three_accounts(self) -> None:
        """Stone, Champernowne and Meade (1942): y = x - V A' (A V A')^-1 (A x - b)."""
        x = np.array([100.0, 60.0, 45.0, 20.0])
        sd = np.array([2.0, 5.0, 3.0, 1.0])
        a = np.array([[1.0, -1.0, -1.0, 0.0], [0.0, 1.0, 0.0, -3.0]])
        v = np.diag(sd**2)
        gain = v @ a.T @ np.linalg.inv(a @ v @ a.T)
        found = balance(
            problem(
                prior=x.tolist(), prior_sd=sd.tolist(), identities=a.tolist(), totals=[0.0, 0.0]
            )
        )
        assert found.values == pytest.approx(x - gain @ (a @ x), rel=1e-12)
        assert found.covariance == pytest.approx(v - gain @ a @ v, abs=1e-10)

    def test_two_rows_by_two_columns(self) -> None:
        """[[1, 2], [3, 4]]: row 1 lacks 2, each column 1, so each cell of row 1 gets 1."""
        margins = [[1.0, 1, 0, 0], [0.0, 0, 1, 1], [1.0, 0, 1, 0], [0.0, 1, 0, 1]]
        found = balance(
            problem(
                prior=[1.0, 2.0, 3.0, 4.0],
                prior_sd=[1.0] * 4,
                identities=margins,
                totals=[5.0, 7.0, 5.0, 7.0],
            )
        )
        assert found.values == pytest.approx([2.0, 3.0, 3.0, 4.0], abs=1e-12)

    def test_three_rows_by_three_columns(self) -> None:
        """All 3: row 2 and column 1 lack 3 each; a cell moves by row/3 + column/3 - all/9."""
        cells = np.arange(9).reshape(3, 3)
        margins = np.zeros((6, 9))
        for at in range(3):
            margins[at, cells[at]] = margins[3 + at, cells[:, at]] = 1.0
        found = balance(
            problem(
                prior=[3.0] * 9,
                prior_sd=[2.0] * 9,
                identities=margins.tolist(),
                totals=[9.0, 12.0, 9.0, 12.0, 9.0, 9.0],
            )
        )
        thirds = np.array([[11.0, 8, 8], [14.0, 11, 11], [11.0, 8, 8]])
        assert found.values.reshape(3, 3) == pytest.approx(thirds / 3, abs=1e-12)

    def test_a_ratio_moves_both_of_its_ends(self) -> None:
        """3 (sd 1) is a quarter of 8 (sd 2), sd^2 .75: off by 1 of 1 + .25 + .75, so by halves."""
        found = balance(
            problem(
                prior=[3.0, 8.0],
                prior_sd=[1.0, 2.0],
                observe=[[1.0, -0.25]],
                observed=[0.0],
                observed_sd=[np.sqrt(0.75)],
            )
        )
        assert found.values == pytest.approx([2.5, 8.5], abs=1e-12)

    def test_a_sign_that_binds_holds_a_flow_at_zero(self) -> None:
        """y1 - y2 = 5 from 1 and 1 (sd 1) would give 3.5 and -1.5: y2 stays at 0 and y1 is 5."""
        found = balance(
            problem(prior=[1.0, 1.0], prior_sd=[1.0, 1.0], identities=[[1.0, -1.0]], totals=[5.0])
        )
        assert found.values == pytest.approx([5.0, 0.0], abs=1e-12)
        assert found.active.tolist() == [False, True]

    def test_a_flow_that_may_run_either_way_may_be_negative(self) -> None:
        found = balance(
            problem(
                prior=[1.0, 1.0],
                prior_sd=[1.0, 1.0],
                identities=[[1.0, -1.0]],
                totals=[5.0],
                signed=False,
            )
        )
        assert found.values == pytest.approx([3.5, -1.5], abs=1e-12)


class TestContradictions:
    def test_the_clash_is_named_and_nothing_else(self) -> None:
        with pytest.raises(AccountsError, match="sales add up; sales are nine") as caught:
            balance(
                problem(
                    prior=[1.0, 1.0, 1.0],
                    prior_sd=[1.0, 1.0, 1.0],
                    identities=[[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
                    totals=[7.0, 9.0, 1.0],
                    names=("sales add up", "sales are nine", "cash"),
                )
            )
        assert "cash" not in str(caught.value)

    def test_a_sum_of_flows_cannot_be_negative(self) -> None:
        with pytest.raises(AccountsError, match="not negative: costs"):
            balance(
                problem(
                    prior=[1.0, 1.0],
                    prior_sd=[1.0, 1.0],
                    identities=[[1.0, 1.0]],
                    totals=[-1.0],
                    names=("costs",),
                )
            )

    @pytest.mark.parametrize("sd", [0.0, -1.0, float("nan"), float("inf")])
    def test_a_standard_deviation_is_positive(self, sd: float) -> None:
        with pytest.raises(AccountsError, match="standard deviation above zero"):
            balance(problem(prior=[1.0], prior_sd=[sd]))

    def test_a_figure_is_finite(self) -> None:
        with pytest.raises(AccountsError, match="finite number"):
            balance(problem(prior=[float("nan")], prior_sd=[1.0]))


@given(seed=st.integers(0, 2**16), size=st.integers(2, 30), scale=st.sampled_from([1e-6, 1.0, 1e6]))
def test_identities_hold_and_draws_obey_them(seed: int, size: int, scale: float) -> None:
    """Whatever the figures: identities to 1e-9 of their terms, signs kept, draws on the plane."""
    rng = np.random.default_rng(seed)
    truth = rng.uniform(0.1, 10.0, size) * scale
    identities = rng.integers(-1, 2, (size // 2, size)).astype(float)
    found = balance(
        problem(
            prior=(truth * rng.uniform(0.5, 1.5, size)).tolist(),
            prior_sd=(truth * 0.5).tolist(),
            observe=np.eye(size)[:1].tolist(),
            observed=[truth[0]],
            observed_sd=[0.01 * truth[0]],
            identities=identities.tolist(),
            totals=(identities @ truth).tolist(),
        )
    )
    assert found.residual < 1e-9
    assert (found.values >= 0).all()
    draw = found.values + found.factor @ rng.normal(size=found.factor.shape[1])
    size_of_terms = np.abs(identities) @ np.abs(draw) + np.abs(identities @ truth)
    gap = np.abs(identities @ draw - identities @ truth)
    assert (gap <= 1e-9 * np.maximum(size_of_terms, scale)).all()


@given(seed=st.integers(0, 2**16))
def test_units_do_not_matter(seed: int) -> None:
    """Thousands or millions of dollars: the balanced figures scale with their unit."""
    rng = np.random.default_rng(seed)
    prior, sd = rng.uniform(1, 5, 4), rng.uniform(0.1, 1, 4)
    rows, totals = [[1.0, -1.0, -1.0, 0.0]], [0.3]
    one = balance(
        problem(prior=prior.tolist(), prior_sd=sd.tolist(), identities=rows, totals=totals)
    )
    thousand = balance(
        problem(
            prior=(1e3 * prior).tolist(),
            prior_sd=(1e3 * sd).tolist(),
            identities=rows,
            totals=[300.0],
        )
    )
    assert thousand.values == pytest.approx(1e3 * one.values, rel=1e-10)
