"""Debt: parts and bullets, what is left, what it costs."""

from __future__ import annotations

import numpy as np
import pytest

from cardhouse.engine.debts import bullets_due, debt_after, maturing, missed, rates_after
from cardhouse.engine.moment import Moment
from cardhouse.model.vocabulary import ContractKind as K
from cardhouse.model.world import Debt, Pool, World
from strategies import hand_made, moment_of


def debtor() -> World:
    """Return a firm with 10 repaid bit by bit over 20 quarters and 6 due in quarter 3."""
    return hand_made(
        [(K.SALE, "users", "line", 1.0), (K.INTEREST, "firm", "bank", 0.32)],
        lines={"line": "firm"},
        pools=[Pool("bank", "debt", rate=0.03)],
        debts=[
            Debt("firm", "bank", 10.0, 0.01, 20.0),
            Debt("firm", "bank", 6.0, 0.03, 3.0, bullet=True),
        ],
    )


def at(quarter: int, debt: float) -> Moment:
    return moment_of(debtor(), quarter=quarter, state={"debt": np.array([[[debt]]])})


def test_parts_and_bullets_fall_due_once() -> None:
    debt, due = 16.0, []
    for quarter in range(1, 6):
        due.append(float(maturing(at(quarter, debt))[0, 0, 0]))
        debt -= due[-1]
    left = 10.0
    expected = []
    for quarter in range(1, 6):
        expected.append(left / 20.0 + (6.0 if quarter == 3 else 0.0))
        left *= 0.95
    assert due == pytest.approx(expected)
    assert debt == pytest.approx(left)
    assert bullets_due(at(1, 1.0).chain, 3).sum() == 6.0
    assert bullets_due(at(1, 1.0).chain, 99).sum() == 0.0


def test_interest_paid_in_row_0_rules_the_rate() -> None:
    assert at(1, 16.0).chain.debt_rate[0, 0] == pytest.approx(0.32 / 16.0)


def test_the_dead_owe_no_maturities() -> None:
    now = moment_of(debtor(), quarter=3, state={"alive": np.array([[False]])})
    assert maturing(now).sum() == pytest.approx(16.0 / 20.0)
    gone = moment_of(
        debtor(), quarter=3, state={"alive": np.array([[False]]), "debt": np.zeros((1, 1, 1))}
    )
    assert maturing(gone).sum() == 0.0


def test_debt_rolled_keeps_its_rate_and_new_debt_pays_the_pools() -> None:
    now = at(1, 16.0)
    due = maturing(now)
    drawn = due + 4.0
    debt = debt_after(now, due, drawn)
    assert debt[0, 0, 0] == pytest.approx(20.0)
    assert rates_after(now, due, drawn, debt)[0, 0, 0] == pytest.approx(
        (16.0 * 0.02 + 4.0 * 0.03) / 20.0
    )


def test_the_shift_moves_new_debt_only() -> None:
    now = moment_of(debtor(), drivers={"interest_shift": np.full(13, 0.01)})
    due = maturing(now)
    debt = debt_after(now, due, due)
    expected = ((16.0 - 0.5) * 0.02 + 0.5 * 0.03) / 16.0
    assert rates_after(now, due, due, debt)[0, 0, 0] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("quarter", "share", "found"), [(3, 0.999, True), (3, 1.0, False), (2, 0.5, False)]
)
def test_a_bullet_not_paid_in_full_is_missed(quarter: int, share: float, found: bool) -> None:
    assert missed(at(quarter, 16.0), np.array([[[share]]]))[0, 0] == found
