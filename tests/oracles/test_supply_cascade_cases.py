"""Supply cascades worked by hand, and what goes wrong when the two channels feed each other."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cardhouse.analysis.supply_cascade import (
    SupplyNetwork,
    cascade,
    read_supply_network,
    systemic_importance,
)

KNOWN = json.loads(Path(__file__).with_name("supply_cascade_cases.json").read_text("utf-8"))
CASES = {case["name"]: case for case in KNOWN["cases"]}
every_case = pytest.mark.parametrize("case", KNOWN["cases"], ids=lambda case: case["name"])


def network_of(case: dict[str, Any]) -> SupplyNetwork:
    names = sorted(set(case["types"]))
    essential = np.ones((len(case["types"]), len(names)), dtype=bool)
    for buyer, needed in case.get("essential", {}).items():
        essential[case["firms"].index(buyer)] = [name in needed for name in names]
    type_of = [names.index(name) for name in case["types"]]
    return read_supply_network(case["flows"], type_of, case["final_sales"], essential)


@every_case
@pytest.mark.parametrize("channel", ["supply", "demand", "level"])
def test_levels_are_those_worked_by_hand(case: dict[str, Any], channel: str) -> None:
    found = getattr(cascade(network_of(case), case["initial"]), channel)
    np.testing.assert_allclose(found, case[channel], rtol=0, atol=1e-12)


@every_case
def test_the_lower_level_counts(case: dict[str, Any]) -> None:
    np.testing.assert_array_equal(case["level"], np.minimum(case["supply"], case["demand"]))


@pytest.mark.parametrize("case", KNOWN["importance"], ids=lambda case: case["name"])
@pytest.mark.parametrize("sales", ["final", "total"])
def test_importance_is_the_one_worked_by_hand(case: dict[str, Any], sales: str) -> None:
    found = systemic_importance(network_of(case), sales)
    np.testing.assert_allclose(found, case[sales], rtol=0, atol=1e-12)


def test_channels_in_one_recursion_would_take_everybody_down() -> None:
    case = CASES["two_suppliers_of_one_type"]
    first, second, lab = 0.0, 1.0, 1.0
    for _ in range(200):
        second, lab = min(second, lab), min(lab, 0.6 * first + 0.4 * second)
    assert max(second, lab) < 1e-12
    assert case["level"][1:] == [1, 0.4]
