"""Growth stated at one quarter, at another: it fades onward and stays as it is backward."""

from __future__ import annotations

import math

import numpy as np
import pytest

from cardhouse.accounts.growth import aged, fading, log_growth
from cardhouse.engine.demand import driver_log_growth

TERMS = {"growth": 0.3, "growth_end": 0.02, "half_life": 6.0}


def test_a_half_life_onward_half_of_the_gap_is_left() -> None:
    assert aged(TERMS, 6)["growth"] == pytest.approx(0.02 + 0.14)
    assert aged(TERMS, 0) == TERMS


def test_backward_nothing_is_known_of_a_faster_past() -> None:
    assert aged(TERMS, -5)["growth"] == 0.3
    assert log_growth(TERMS, -5) == pytest.approx(-1.5)
    assert fading(-5) == 1.0


def test_terms_without_growth_stay() -> None:
    assert aged({"pays": 0.0}, 9) == {"pays": 0.0}


@pytest.mark.parametrize("quarters", [1, 4, 17])
def test_the_path_is_the_one_that_the_engine_s_drivers_take(quarters: int) -> None:
    """Opening later and simulating from earlier tell the same story of a driver."""
    engine = driver_log_growth(np.array(0.3), np.array(0.02), np.array(6.0), float(quarters))
    assert log_growth(TERMS, quarters) == pytest.approx(float(engine), rel=1e-12)
    rest = driver_log_growth(
        np.array(aged(TERMS, quarters)["growth"]), np.array(0.02), np.array(6.0), 5.0
    )
    whole = driver_log_growth(np.array(0.3), np.array(0.02), np.array(6.0), quarters + 5.0)
    assert float(rest) + log_growth(TERMS, quarters) == pytest.approx(float(whole), rel=1e-12)
    assert math.isfinite(float(rest))
