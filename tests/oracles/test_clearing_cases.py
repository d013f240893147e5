"""Clearing against numbers published elsewhere, a linear programme, and the listed properties."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import sparse
from scipy.optimize import linprog

from cardhouse.engine.settlement import Clearing, clear

CASES = json.loads(Path(__file__).with_name("clearing_cases.json").read_text("utf-8"))["cases"]
every_case = pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
without_costs = pytest.mark.parametrize(
    "case",
    [case for case in CASES if case["alpha"] == case["beta"] == 1.0],
    ids=lambda case: case["name"],
)


def solve(case: dict[str, Any], **changes: Any) -> Clearing:
    given = {**case, **changes}
    return clear(
        np.asarray(given["owed"], dtype=float),
        np.asarray(given["assets"], dtype=float),
        np.asarray(given["owed_outside"], dtype=float),
        alpha=given["alpha"],
        beta=given["beta"],
        external=given["external"],
    )


def as_words(case: dict[str, Any], cleared: Clearing) -> dict[str, Any]:
    owed = np.asarray(case["owed"], dtype=float).sum(axis=1) + case["owed_outside"]
    return {
        "paid": cleared.payments,
        "paid_to_firms": cleared.interfirm,
        "equity": cleared.equity,
        "owed_in_all": owed,
        "in_default": cleared.defaulted,
    }


def owed_in_all(case: dict[str, Any]) -> np.ndarray:
    return np.asarray(case["owed"], dtype=float).sum(axis=1) + np.asarray(case["owed_outside"])


def inflow(case: dict[str, Any], cleared: Clearing) -> np.ndarray:
    owed = np.asarray(case["owed"], dtype=float)
    total = owed.sum(axis=1)
    shares = np.divide(owed, total[:, None], out=np.zeros_like(owed), where=total[:, None] > 0)
    return cleared.interfirm @ shares


@every_case
def test_payments_are_those_worked_out(case: dict[str, Any]) -> None:
    found = as_words(case, solve(case))
    assert case["expected"]
    for word, value in case["expected"].items():
        np.testing.assert_allclose(found[word], value, rtol=0, atol=2e-10, err_msg=word)


@pytest.mark.parametrize(
    "case", [case for case in CASES if "printed" in case], ids=lambda case: case["name"]
)
def test_payments_are_those_printed(case: dict[str, Any]) -> None:
    found = as_words(case, solve(case))
    for word, value in case["printed"].items():
        np.testing.assert_allclose(
            found[word], value, rtol=0, atol=case["printed_to"], err_msg=word
        )


def test_the_misprint_is_no_clearing_vector() -> None:
    case = CASES[0]
    printed = np.array([19.5455, 26.3636, 10.0])
    owed = np.asarray(case["owed"], dtype=float)
    received = printed @ (owed / owed.sum(axis=1, keepdims=True))
    paid = np.minimum(owed.sum(axis=1), np.asarray(case["assets"]) + received)
    assert abs(paid - printed).max() > 1.0


@pytest.mark.parametrize(
    "case",
    [case for case in CASES if case["alpha"] == 1.0 and case["external"] == "pari_passu"],
    ids=lambda case: case["name"],
)
def test_a_linear_programme_pays_as_much(case: dict[str, Any]) -> None:
    """Eisenberg and Noe: clearing payments maximise what is paid within means and dues."""
    owed, total = np.asarray(case["owed"], dtype=float), owed_in_all(case)
    shares = np.divide(owed, total[:, None], out=np.zeros_like(owed), where=total[:, None] > 0)
    best = linprog(
        -np.ones(total.size),
        A_ub=np.eye(total.size) - shares.T,
        b_ub=np.asarray(case["assets"], dtype=float),
        bounds=list(zip(np.zeros(total.size), total, strict=True)),
    )
    np.testing.assert_allclose(solve(case).payments, best.x, rtol=0, atol=1e-8)


@every_case
def test_payments_lie_between_nothing_and_all_that_is_owed(case: dict[str, Any]) -> None:
    payments = solve(case).payments
    assert (payments >= 0.0).all()
    assert (payments <= owed_in_all(case)).all()


@every_case
def test_payments_are_a_fixed_point(case: dict[str, Any]) -> None:
    """With limited liability and absolute priority: pay in full, or all that is left."""
    cleared, total = solve(case), owed_in_all(case)
    received, assets = inflow(case, cleared), np.asarray(case["assets"], dtype=float)
    means = np.where(
        cleared.defaulted, case["alpha"] * assets + case["beta"] * received, assets + received
    )
    np.testing.assert_allclose(cleared.payments, np.minimum(total, means), rtol=0, atol=1e-9)
    np.testing.assert_array_equal(cleared.defaulted, assets + received < total - 1e-9)
    np.testing.assert_array_equal(
        cleared.payments[cleared.equity > 0.0], total[cleared.equity > 0.0]
    )
    left = assets + received - cleared.payments - cleared.default_costs
    np.testing.assert_allclose(left[cleared.defaulted], 0.0, atol=1e-9)


@every_case
def test_more_assets_lower_no_payment(case: dict[str, Any]) -> None:
    before = solve(case).payments
    for firm in range(before.size):
        more = np.asarray(case["assets"], dtype=float)
        more[firm] += 3.0
        assert (solve(case, assets=more).payments >= before - 1e-12).all()


@every_case
def test_plain_iteration_from_above_ends_at_the_same_vector(case: dict[str, Any]) -> None:
    """From all that is owed, thousands of plain rounds of pay what you have."""
    owed, assets = np.asarray(case["owed"], dtype=float), np.asarray(case["assets"], dtype=float)
    outside, total = np.asarray(case["owed_outside"], dtype=float), owed_in_all(case)
    paid = total.copy()
    for _ in range(5000):
        left = np.maximum(paid - outside, 0.0) if case["external"] == "senior" else paid
        due = owed.sum(axis=1) if case["external"] == "senior" else total
        received = (left / due) @ owed
        short = assets + received < total
        kept = np.where(short, case["alpha"] * assets + case["beta"] * received, total)
        paid = np.minimum(kept, total)
    np.testing.assert_allclose(solve(case).payments, paid, rtol=0, atol=1e-9)


def test_default_costs_leave_two_answers_and_the_greatest_is_reported() -> None:
    """Each owes the other 1 and has 0.4; a defaulter keeps half: (1, 1) clears, and so does less.

    From below both default: p = 0.5 (0.4 + p) = 0.4.
    """
    owed, assets = [[0, 1.0], [1.0, 0]], [0.4, 0.4]
    high = clear(owed, assets, [0.2, 0.2], alpha=0.5, beta=0.5)
    np.testing.assert_allclose(high.payments, [1.2, 1.2])
    low = clear(owed, assets, [0.2, 0.2], alpha=0.5, beta=0.5, greatest=False)
    paid = 0.5 * 0.4 / (1 - 0.5 / 1.2)
    np.testing.assert_allclose(low.payments, [paid, paid])
    assert low.defaulted.all()
    assert not high.defaulted.any()


@without_costs
def test_equity_is_conserved_without_default_costs(case: dict[str, Any]) -> None:
    cleared = solve(case)
    held = np.maximum(cleared.equity, 0.0).sum()
    assert held == pytest.approx(np.sum(case["assets"]) - cleared.external.sum(), abs=1e-9)


@every_case
@pytest.mark.parametrize("factor", [1e-12, 1e-3, 7.0, 1e12])
def test_scaling_money_scales_payments(case: dict[str, Any], factor: float) -> None:
    scaled = solve(
        case,
        **{word: factor * np.asarray(case[word]) for word in ("owed", "assets", "owed_outside")},
    )
    np.testing.assert_allclose(scaled.payments, factor * solve(case).payments, rtol=1e-9)


@every_case
def test_reordering_firms_reorders_payments(case: dict[str, Any]) -> None:
    order = np.array([2, 0, 1])
    moved = solve(
        case,
        owed=np.asarray(case["owed"])[np.ix_(order, order)],
        assets=np.asarray(case["assets"])[order],
        owed_outside=np.asarray(case["owed_outside"])[order],
    )
    np.testing.assert_allclose(moved.payments, solve(case).payments[order], rtol=1e-12)


@pytest.mark.parametrize("firms", [2, 3, 50])
def test_a_ring_without_assets_clears_in_full_from_above_and_not_at_all_from_below(
    firms: int,
) -> None:
    ring = np.roll(np.eye(firms), 1, axis=1) * 5.0
    np.testing.assert_array_equal(clear(ring, np.zeros(firms)).payments, 5.0)
    np.testing.assert_array_equal(clear(ring, np.zeros(firms), greatest=False).payments, 0.0)


@every_case
def test_sparse_liabilities_and_paths_change_nothing(case: dict[str, Any]) -> None:
    plain = solve(case)
    options = {word: case[word] for word in ("alpha", "beta", "external")}
    thin = clear(
        sparse.csr_array(np.asarray(case["owed"], dtype=float)),
        np.tile(np.asarray(case["assets"], dtype=float), (4, 1)),
        case["owed_outside"],
        **options,
    )
    assert thin.payments.shape == (4, 3)
    assert thin.sweeps.shape == (4,)
    np.testing.assert_array_equal(thin.payments, np.tile(plain.payments, (4, 1)))
