"""Confidence: each term on its own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cardhouse.engine.confidence import next_confidence
from strategies import Recipe, moment_of

WORLD = Recipe(firms=3, seed=1).world()
NOBODY = np.zeros((1, 3), dtype=bool)


def confidence(
    before: float = 1.0,
    surprise: float = 0.0,
    failed: Any = NOBODY,
    unmet: float = 0.0,
    **state: Any,
) -> float:
    now = moment_of(WORLD, state={"confidence": np.array([[before]]), **state})
    return float(next_confidence(now, np.array([[surprise]]), failed, np.array([[unmet]]))[0, 0])


def test_nothing_happens() -> None:
    assert confidence() == 1.0


@pytest.mark.parametrize("before", [0.2, 0.9, 1.4])
def test_it_returns_to_one(before: float) -> None:
    assert confidence(before) == pytest.approx(before + 0.1 * (1.0 - before))


def test_growth_surprises_and_want_move_it() -> None:
    assert confidence(surprise=0.1) == pytest.approx(1.05)
    assert confidence(unmet=0.5) == pytest.approx(0.85)


def test_failure_counts_by_the_failed_share_of_living_revenue() -> None:
    revenue = np.array([[6.0, 3.0, 1.0]])
    failed = np.array([[False, False, True]])
    assert confidence(failed=failed, revenue=revenue) == pytest.approx(1.0 - 2.0 * 0.1)
    alive = np.array([[False, True, True]])
    found = confidence(failed=failed, revenue=revenue, alive=alive)
    assert found == pytest.approx(1.0 - 2.0 * 0.25)


def test_it_stays_within_bounds() -> None:
    assert confidence(surprise=-9.0) == 0.0
    assert confidence(surprise=9.0) == 1.5
