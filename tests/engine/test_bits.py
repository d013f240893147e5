"""Exponentials, logarithms and normal tails of the compiled engine, beside those of scipy."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtr

from cardhouse.engine.kernel import bits


@numba.njit(error_model="numpy")
def worked_out(kind: int, values: Any, exponent: float, out: Any) -> None:
    for p in range(out.size):
        if kind == 0:
            out[p] = bits.exponential(values[p])
        elif kind == 1:
            out[p] = bits.logarithm(values[p])
        elif kind == 2:
            out[p] = bits.normal_share(values[p])
        else:
            out[p] = bits.power(values[p], exponent)


def answers(kind: int, values: Any, exponent: float = 1.0) -> Any:
    given_ = np.asarray(values, dtype=float)
    out = np.empty_like(given_)
    worked_out(kind, given_, exponent, out)
    return out


def away(found: Any, exact: Any) -> float:
    """Return the largest distance in units of the last place."""
    return float(np.max(np.abs(found - exact) / np.spacing(np.abs(exact.astype(float)))))


@given(st.integers(0, 2**32 - 1))
def test_exponentials_and_logarithms_are_within_a_unit_in_the_last_place(seed: int) -> None:
    rng = np.random.default_rng(seed)
    powers = np.concatenate([rng.uniform(-700.0, 700.0, 500), rng.normal(0.0, 0.1, 500)])
    assert away(answers(0, powers), np.exp(powers.astype(np.longdouble))) < 1.0
    values = np.exp(powers)
    assert away(answers(1, values), np.log(values.astype(np.longdouble))) < 1.0


@given(st.lists(st.floats(-37.0, 37.0), min_size=1))
def test_shares_of_a_normal_are_those_of_scipy(values: list[float]) -> None:
    np.testing.assert_allclose(answers(2, values), ndtr(values), rtol=2e-13, atol=0.0)


@given(st.lists(st.floats(0.0, 1e6), min_size=1), st.floats(0.0, 6.0))
def test_powers_are_those_of_numpy(values: list[float], exponent: float) -> None:
    expected = np.power(values, exponent)
    np.testing.assert_allclose(answers(3, values, exponent), expected, rtol=1e-13, atol=1e-300)


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        (0, -np.inf, 0.0), (0, np.inf, np.inf), (0, np.nan, np.nan), (0, 0.0, 1.0),
        (0, 800.0, np.inf),
        (1, 0.0, -np.inf), (1, np.inf, np.inf), (1, np.nan, np.nan), (1, -1.0, np.nan),
        (1, 1.0, 0.0),
        (2, -np.inf, 0.0), (2, np.inf, 1.0), (2, np.nan, np.nan),
    ],
)  # fmt: skip
def test_ends_of_the_line(kind: int, value: float, expected: float) -> None:
    np.testing.assert_equal(answers(kind, [value])[0], expected)


def test_half_of_a_normal_lies_below_nothing() -> None:
    np.testing.assert_allclose(answers(2, [0.0, -0.0]), 0.5, rtol=4e-15)


def test_the_smallest_numbers_have_logarithms() -> None:
    np.testing.assert_allclose(answers(1, [5e-324, 1e-310]), np.log([5e-324, 1e-310]), rtol=1e-15)
