"""What the shipped economy must say: sentences a domain person would sign."""

from __future__ import annotations

import numpy as np
import pytest

from cardhouse.accounts import open_world
from cardhouse.studies.run import StudyResult, run_study

QUARTERS = 12


@pytest.fixture(scope="module")
def baseline() -> StudyResult:
    return run_study(economy="ai", base="2025Q2", quarters=QUARTERS)


@pytest.fixture(scope="module")
def frozen() -> StudyResult:
    return run_study(economy="ai", base="2025Q2", quarters=QUARTERS, scenarios=["capital-freeze"])


def test_row_0_is_the_accounts(baseline: StudyResult) -> None:
    world = open_world("ai", base="2025Q2")
    total = sum(contract.amount for contract in world.contracts)
    flows = sum(flow["amount"][0] for flow in baseline.document["flows"])
    assert flows == pytest.approx(total, rel=1e-12)
    rows = {one["id"]: one for one in baseline.document["entities"]}
    for firm in world.firms:
        assert rows[firm.id]["cash"][0] == pytest.approx(firm.cash, rel=1e-12)


def test_residuals_are_rounding(baseline: StudyResult, frozen: StudyResult) -> None:
    for found in (baseline, frozen):
        checks = found.document["checks"]
        assert checks["money_residual_max"] < 1e-9
        assert checks["accounts_residual_max"] < 1e-9


def test_openai_lives_beyond_2026_in_the_baseline(baseline: StudyResult) -> None:
    row = next(one for one in baseline.document["entities"] if one["id"] == "openai")
    last = baseline.document["quarters"].index("2026Q4")
    assert row["default_quarter"] is None
    assert min(row["cash"][: last + 1]) > 0


def test_a_freeze_brings_the_first_default_among_the_weakest_purses(frozen: StudyResult) -> None:
    """First to fall is a firm that loses money and whose cash lasts less than most."""
    defaults = frozen.document["fragility"]["defaults"]
    assert defaults
    first = min(defaults, key=lambda one: frozen.document["quarters"].index(one["quarter"]))
    row = next(one for one in frozen.document["entities"] if one["id"] == first["entity"])
    assert row["operating_result"][0] < 0
    purses = [one for one in frozen.document["entities"] if one["kind"] in ("firm", "parent")]
    cash = np.median([one["cash"][0] for one in purses])
    assert row["cash"][0] < cash


def test_the_loss_travels_to_named_holders(frozen: StudyResult) -> None:
    first = frozen.document["fragility"]["defaults"][0]
    names = {one["id"] for one in frozen.document["entities"]}
    assert first["loss_by_holder"]
    assert set(first["loss_by_holder"]) <= names
    assert sum(first["loss_by_holder"].values()) == pytest.approx(
        first["owed"] - first["paid"], rel=1e-6
    )


def test_the_trace_of_the_last_seller_adds_to_one(baseline: StudyResult) -> None:
    assert sum(baseline.document["trace"]["nvidia"].values()) == pytest.approx(1.0, abs=1e-9)


def test_old_cash_pays_most_under_cash_first_and_least_under_income_first(
    baseline: StudyResult,
) -> None:
    pro_rata = baseline.document["trace"]["nvidia"]["cash_earned_before"]
    rules = baseline.document["trace_rules"]["nvidia"]
    income, cash = (rules[rule]["cash_earned_before"] for rule in ("income_first", "cash_first"))
    assert income < pro_rata < cash
    least, most = baseline.document["trace_bounds"]["nvidia"]["cash_earned_before"]
    assert least <= income + 1e-3
    assert cash <= most + 1e-3


def test_equity_of_a_cloud_in_its_lab_comes_back_as_rent(baseline: StudyResult) -> None:
    loops = baseline.document["round_trips"]["base"]["loops"]
    financial = {tuple(loop["entities"]): loop for loop in loops if loop["financial"]}
    assert ("microsoft", "openai") in financial
    first, second = financial["microsoft", "openai"]["legs"]
    assert set(first["kinds"]) == {"equity"}
    assert set(second["kinds"]) <= {"input", "program", "revenue_share"}
