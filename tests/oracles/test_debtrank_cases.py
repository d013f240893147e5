"""DebtRank of networks worked out elsewhere and by hand, and by a thousand plain rounds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cardhouse.analysis.debtrank import (
    DebtRanks,
    leverage_of,
    linear_limit,
    rank_firms,
    relative_losses,
    spectral_radius,
)

KNOWN = json.loads(Path(__file__).with_name("debtrank_cases.json").read_text("utf-8"))
every_case = pytest.mark.parametrize("case", KNOWN["failures"], ids=lambda case: case["name"])
every_linear = pytest.mark.parametrize("case", KNOWN["linear"], ids=lambda case: case["name"])
both_rules = pytest.mark.parametrize("rule", ["differential", "single_hit"])


def solve(case: dict[str, Any], rule: str) -> DebtRanks:
    return rank_firms(case["exposures"], case["equity"], case["weights"], rule)


@every_case
@both_rules
def test_losses_are_those_worked_out(case: dict[str, Any], rule: str) -> None:
    found = solve(case, rule)
    assert found.rule == rule
    np.testing.assert_allclose(found.losses, case[rule]["losses"], rtol=0, atol=1e-12)


@every_case
@both_rules
def test_ranks_are_those_worked_out(case: dict[str, Any], rule: str) -> None:
    np.testing.assert_allclose(solve(case, rule).ranks, case[rule]["ranks"], rtol=0, atol=1e-10)


@every_case
@both_rules
def test_ranks_are_the_weighted_losses_of_the_others(case: dict[str, Any], rule: str) -> None:
    weights = np.asarray(case["weights"], dtype=float)
    losses = np.asarray(case[rule]["losses"])
    for firm, rank in enumerate(case[rule]["ranks"]):
        others = np.arange(weights.size) != firm
        lost = (losses[firm] * weights)[others].sum() / weights.sum()
        assert rank == pytest.approx(lost, abs=1e-10)


@every_case
def test_a_thousand_plain_rounds_agree(case: dict[str, Any]) -> None:
    leverage = leverage_of(case["exposures"], case["equity"])
    for firm, expected in enumerate(case["differential"]["losses"]):
        before, losses = np.zeros(leverage.shape[0]), np.eye(leverage.shape[0])[firm]
        for _ in range(1000):
            before, losses = losses, np.minimum(1.0, losses + leverage @ (losses - before))
        np.testing.assert_allclose(losses, expected, rtol=0, atol=1e-12)


@every_linear
def test_the_linear_limit_is_the_one_solved(case: dict[str, Any]) -> None:
    found = linear_limit(case["leverage"], case["shock"])
    np.testing.assert_allclose(found, case["losses"], rtol=0, atol=1e-12)


@every_linear
def test_the_spectral_radius_is_the_one_worked_out(case: dict[str, Any]) -> None:
    assert spectral_radius(case["leverage"]) == pytest.approx(case["spectral_radius"], abs=1e-10)


@every_linear
@pytest.mark.parametrize("equity", [1.0, 40.0])
def test_while_nobody_is_wiped_out_the_rule_ends_there(case: dict[str, Any], equity: float) -> None:
    exposures = equity * np.asarray(case["leverage"])
    found = relative_losses(exposures, np.full(3, equity), case["shock"])
    np.testing.assert_allclose(found, case["losses"], rtol=0, atol=1e-12)
