"""Programs: budgets follow means, and bend."""

from __future__ import annotations

import numpy as np
import pytest

from cardhouse.engine.programs import loose_share, means, next_program_index, stressed
from cardhouse.model.vocabulary import ContractKind as K
from cardhouse.model.world import Firm, World
from strategies import hand_made, moment_of


def lab() -> World:
    rows = [
        (K.SALE, "users", "line", 8.0),
        (K.SALE, "users", "other", 1.0),
        (K.PROGRAM, "lab", "labour", 4.0),
    ]
    firms = [Firm("lab", 16.0), Firm("shop", 1.0)]
    return hand_made(rows, lines={"line": "lab", "other": "shop"}, firms=firms)


@pytest.mark.parametrize(
    ("revenue", "cash", "expected"),
    [
        (8.0, 16.0, 1.0),
        (9.0, 16.0, 1.05),  # half of the gap to 1.1
        (8.0, 24.0, 1.05),
        (80.0, 16.0, 1.25),
        (0.0, 0.0, 0.75),
    ],
)
def test_budgets_go_half_of_the_way_to_what_means_allow(
    revenue: float, cash: float, expected: float
) -> None:
    state = {"revenue": np.array([[revenue, 1.0]]), "cash": np.array([[cash, 1.0]])}
    now = moment_of(lab(), state=state)
    weight = now.parameters["program_cash_weight"]
    opening = means(np.array([8.0, 1.0]), np.array([16.0, 1.0]), weight)
    found = next_program_index(now, opening)
    assert found[0, 0] == pytest.approx(expected)


@pytest.mark.parametrize("weight", [0.0, 0.125, 1.0])
def test_cash_counts_by_its_weight_beside_revenue(weight: float) -> None:
    now = moment_of(
        lab(),
        state={"cash": np.array([[12.0, 1.0]])},
        parameters={"program_cash_weight": weight, "program_speed": 1.0},
    )
    opening = means(np.array([8.0, 1.0]), np.array([16.0, 1.0]), weight)
    assert opening[0] == pytest.approx(8.0 + weight * 16.0)
    expected = (8.0 + weight * 12.0) / (8.0 + weight * 16.0)
    assert next_program_index(now, opening)[0, 0] == pytest.approx(expected)


def test_a_firm_without_programs_has_none_to_move() -> None:
    now = moment_of(lab(), state={"revenue": np.array([[8.0, 50.0]])})
    assert next_program_index(now, np.array([10.0, 1.0]))[0, 1] == 1.0


@pytest.mark.parametrize(("stress", "spent"), [(0.0, 1.0), (0.5, 0.675), (1.0, 0.35)])
def test_stress_cuts_to_the_floor(stress: float, spent: float) -> None:
    now = moment_of(lab(), state={"stress": np.array([[stress, 0.0]])})
    assert stressed(now)[0, 0] == pytest.approx(spent)
    assert spent * (1.0 - loose_share(now)[0, 0]) == pytest.approx(0.35)


def test_creditors_hold_the_restructured_at_the_floor_whatever_their_stress() -> None:
    state = {"restructured": np.array([[True, False]]), "stress": np.array([[0.2, 0.2]])}
    now = moment_of(lab(), state=state)
    assert stressed(now)[0].tolist() == pytest.approx([0.35, 1.0 - 0.2 * 0.65])
    assert loose_share(now)[0, 0] == pytest.approx(0.0)
