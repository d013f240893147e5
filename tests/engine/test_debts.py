"""Debt: parts and bullets, what is left, what it costs, loan by loan."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from cardhouse.engine.chain import compile_chain
from cardhouse.engine.debts import loans_after, maturing, missed, rates_after, rolled_into
from cardhouse.engine.drivers import neutral
from cardhouse.engine.moment import Moment
from cardhouse.engine.simulate import simulate
from cardhouse.model.vocabulary import ContractKind as K
from cardhouse.model.world import Debt, Firm, Pool, World
from strategies import hand_made, moment_of

OPENING = (10.0, 6.0, 0.0)
"""What the debtor owes: in parts, as a bullet, and anew."""


def debtor(**firm: Any) -> World:
    """Return a firm with 10 repaid bit by bit over 20 quarters and 6 due in quarter 3."""
    return hand_made(
        [(K.SALE, "users", "line", 1.0), (K.INTEREST, "firm", "bank", 0.32)],
        lines={"line": "firm"},
        firms=[Firm("firm", **{"cash": 0.0, **firm})],
        pools=[Pool("bank", "debt", rate=0.03)],
        debts=[
            Debt("firm", "bank", 10.0, 0.01, 20.0),
            Debt("firm", "bank", 6.0, 0.03, 3.0, bullet=True),
        ],
    )


def at(quarter: int, loans: tuple[float, ...] = OPENING, **options: Any) -> Moment:
    state = {"loans": np.array([loans]), **options.pop("state", {})}
    return moment_of(debtor(), quarter=quarter, state=state, **options)


def one_bit_by_bit() -> tuple[list[float], float]:
    """Return what falls due of 10 at a twentieth a quarter in five quarters, and what is left."""
    left, due = 10.0, []
    for _ in range(5):
        due.append(left / 20.0)
        left *= 0.95
    return due, left


def test_parts_and_bullets_fall_due_once() -> None:
    loans, due = np.array([OPENING]), []
    for quarter in range(1, 6):
        due.append(maturing(at(quarter, tuple(loans[0])))[0])
        loans = loans - due[-1]
    expected, left = one_bit_by_bit()
    found = np.array(due)
    assert found[:, 0].tolist() == pytest.approx(expected)
    assert found[:, 1].tolist() == [0.0, 0.0, 6.0, 0.0, 0.0]
    assert found[:, 2].tolist() == [0.0] * 5
    assert loans[0].tolist() == pytest.approx([left, 0.0, 0.0])
    assert maturing(at(3))[0, 1] == 6.0
    assert maturing(at(99))[0, 1] == 0.0


def test_interest_paid_in_row_0_rules_the_rates() -> None:
    loans = at(1).chain.loans
    scale = 0.32 / (10.0 * 0.01 + 6.0 * 0.03)
    assert loans.rate.tolist() == pytest.approx([0.01 * scale, 0.03 * scale, 0.03])
    assert (loans.amount * loans.rate).sum() == pytest.approx(0.32)


def test_the_dead_owe_no_maturities() -> None:
    dead = {"alive": np.array([[False]])}
    assert maturing(at(3, (0.0, 0.0, 0.0), state=dead)).sum() == 0.0
    assert not missed(at(3, state=dead), np.zeros((1, 3))).any()
    chain = compile_chain(debtor(cash=99.0))
    drivers = neutral(chain, 5)
    removed = drivers.removed.copy()
    removed[2] = True
    found = simulate(chain, replace(drivers, removed=removed))
    assert found.of_state("loans")[2:].sum() == 0.0
    assert found.of_record("claims")[3:, chain.links.of("repayment")].sum() == 0.0


def test_debt_rolled_keeps_its_rate_and_new_debt_pays_the_pools() -> None:
    now = at(1)
    due = maturing(now)
    drawn = rolled_into(now.chain, due) + np.array([[0.0, 0.0, 4.0]])
    loans = loans_after(now, due, drawn)
    rates = rates_after(now, due, drawn, loans)
    assert loans[0].tolist() == pytest.approx([10.0, 6.0, 4.0])
    assert rates[0, :2].tolist() == pytest.approx(now.chain.loans.rate[:2].tolist())
    assert (loans * rates).sum() / 20.0 == pytest.approx((16.0 * 0.02 + 4.0 * 0.03) / 20.0)


def test_the_shift_moves_new_debt_only() -> None:
    now = at(1, drivers={"interest_shift": np.full(13, 0.01)})
    due = maturing(now)
    drawn = rolled_into(now.chain, due)
    loans = loans_after(now, due, drawn)
    rates = rates_after(now, due, drawn, loans)
    expected = ((16.0 - 0.5) * 0.02 + 0.5 * 0.03) / 16.0
    assert (loans * rates).sum() / 16.0 == pytest.approx(expected)
    own = now.chain.loans.rate
    assert rates[0].tolist() == pytest.approx([own[0] + 0.05 * 0.01, own[1], 0.0])


def test_no_shift_makes_a_rate_negative() -> None:
    now = at(1, drivers={"interest_shift": np.full(13, -0.5)})
    due = maturing(now)
    drawn = rolled_into(now.chain, due)
    rates = rates_after(now, due, drawn, loans_after(now, due, drawn))
    assert rates[0, 0] == pytest.approx(0.95 * now.chain.loans.rate[0])


def test_a_bullet_rolled_over_becomes_new_debt_of_its_pool() -> None:
    now = at(3)
    due = maturing(now)
    drawn = rolled_into(now.chain, due)
    assert drawn[0].tolist() == pytest.approx([0.5, 0.0, 6.0])
    loans = loans_after(now, due, drawn)
    assert loans[0].tolist() == pytest.approx([10.0, 0.0, 6.0])
    rates = rates_after(now, due, drawn, loans)
    assert rates[0, 2] == pytest.approx(0.03), "it costs what its pool asks of new debt"
    assert rates[0, 1] == 0.0
    after = at(4, tuple(loans[0]))
    assert maturing(after)[0, 2] == pytest.approx(6.0 / 20.0), "and is repaid as its pool asks"


def test_a_bullet_rolled_in_part_leaves_only_that_part() -> None:
    now = at(3)
    due = maturing(now)
    loans = loans_after(now, due, rolled_into(now.chain, 0.25 * due))
    assert loans[0].tolist() == pytest.approx([10.0 - 0.375, 0.0, 1.5])


@pytest.mark.parametrize(
    ("quarter", "share", "found"), [(3, 0.999, True), (3, 1.0, False), (2, 0.5, False)]
)
def test_a_bullet_not_paid_in_full_is_missed(quarter: int, share: float, found: bool) -> None:
    assert missed(at(quarter), np.array([[1.0, share, 1.0]]))[0, 0] == found


def test_a_part_not_paid_in_full_is_no_missed_maturity() -> None:
    assert not missed(at(3), np.array([[0.5, 1.0, 0.5]])).any()


def test_a_bullet_that_is_repaid_already_cannot_be_missed() -> None:
    assert not missed(at(3, (10.0, 0.0, 0.0)), np.zeros((1, 3))).any()
