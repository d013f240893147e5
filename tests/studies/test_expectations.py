"""What a scenario's author expects, held against two runs."""

from __future__ import annotations

from typing import Any

import pytest

from cardhouse.studies.expectations import unmet_expectations
from cardhouse.studies.scenario_files import Expectation


def run(revenue: list[float | None], capex: list[float]) -> dict[str, Any]:
    return {
        "quarters": ["2025Q2", "2025Q3"],
        "entities": [{"id": "nvidia", "revenue": revenue}],
        "tiers": [{"tier": "labs", "capex": capex}],
    }


def expect(direction: str, at: int = 1, **who: str) -> list[Expectation]:
    return [Expectation(who.get("entity", ""), who.get("tier", ""), who["figure"], direction, at)]


USUAL = run([10.0, 12.0], [3.0, 3.0])


@pytest.mark.parametrize(
    ("revenue", "direction"), [(11.0, "down"), (13.0, "up"), (12.0, "same"), (None, "down")]
)
def test_a_direction_that_came_is_met(revenue: float | None, direction: str) -> None:
    found = run([10.0, revenue], [3.0, 3.0])
    for named in ("down", "up", "same"):
        unmet = unmet_expectations(found, USUAL, expect(named, entity="nvidia", figure="revenue"))
        assert (unmet == []) == (named == direction)


def test_a_tier_is_asked_too() -> None:
    found = run([10.0, 12.0], [3.0, 2.0])
    assert unmet_expectations(found, USUAL, expect("up", tier="labs", figure="capex")) == [
        "capex of tier labs at t+1 is 2 against 3 in the baseline; expected up."
    ]


def test_what_is_not_there_is_said() -> None:
    assert unmet_expectations(USUAL, USUAL, expect("up", entity="amd", figure="revenue")) == [
        "amd has no revenue at t+1."
    ]


def test_what_comes_after_the_run_is_left_out() -> None:
    assert unmet_expectations(USUAL, USUAL, expect("up", 2, tier="labs", figure="capex")) == []
