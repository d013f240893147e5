"""Rules of spending on generated payments: shares, dollars kept, bounds, cases worked by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardhouse.analysis.rules import (
    CAPITAL,
    CAPITAL_FIRST,
    CASH_FIRST,
    CURRENT,
    INCOME_FIRST,
    OWN_MONEY,
    POCKETS,
    PRO_RATA,
    RULES,
    RuleTrace,
    check_rule,
    trace_by_rule,
)
from cardhouse.analysis.tracing import source_bounds, trace_shares
from cardhouse.errors import InputError
from payments import Payments, payments

every_rule = pytest.mark.parametrize("rule", RULES)


def by_account(made: Payments, seed: int) -> np.ndarray:
    """Return the payments, each split at random between the accounts of both sides."""
    parts = np.random.default_rng(seed).dirichlet([0.5] * 4, made.flows.shape)
    return np.moveaxis(parts * made.flows[..., None], -1, 0).reshape(2, 2, *made.flows.shape)


def received(flows: np.ndarray, trace: RuleTrace) -> tuple[np.ndarray, np.ndarray]:
    """Return what came in by source, and untraced, in dollars."""
    by_payer = flows.sum(axis=1)
    return (
        np.einsum("aij,ais->js", by_payer, trace.mix),
        np.einsum("aij,ai->j", by_payer, trace.mix_untraced),
    )


@every_rule
@given(made=payments(), seed=st.integers(0, 2**16))
def test_shares_are_shares(rule: str, made: Payments, seed: int) -> None:
    trace = trace_by_rule(by_account(made, seed), made.source_of, made.opening, rule)
    for shares, lost in (
        (trace.mix, trace.mix_untraced),
        (trace.purse, trace.purse_untraced),
        (trace.kept, trace.kept_untraced),
    ):
        purses = shares[..., made.source_of < 0, :]
        assert (shares >= 0.0).all()
        assert (lost >= 0.0).all()
        total = purses.sum(axis=-1) + lost[..., made.source_of < 0]
        np.testing.assert_allclose(total, 1.0, rtol=0, atol=1e-9)


@every_rule
@given(made=payments(), seed=st.integers(0, 2**16))
def test_every_source_gets_its_dollars_back(rule: str, made: Payments, seed: int) -> None:
    """What a purse had and got of a source it paid or kept, whichever pocket it lay in."""
    flows = by_account(made, seed)
    trace = trace_by_rule(flows, made.source_of, made.opening, rule)
    got, lost = received(flows, trace)
    got = got + made.opening
    spent = np.einsum("aij,ais->is", flows.sum(axis=1), trace.mix)
    left = got.sum(axis=1) + lost - flows.sum(axis=(0, 1, 3))
    purses = made.source_of < 0
    used = spent + left[:, None] * trace.kept
    np.testing.assert_allclose(used[purses], got[purses], rtol=0, atol=1e-9)


@every_rule
@given(made=payments(), seed=st.integers(0, 2**16))
def test_with_own_money_as_a_source_shares_lie_within_the_bounds(
    rule: str, made: Payments, seed: int
) -> None:
    flows = by_account(made, seed)
    for purse in np.flatnonzero((made.source_of < 0) & (made.flows.sum(axis=0) > 1e-9)):
        own = made.source_of.copy()
        own[purse] = made.sources
        opening = np.column_stack([made.opening, np.zeros(len(own))])
        trace = trace_by_rule(flows, own, opening, rule)
        got, lost = received(flows, trace)
        shares = got[purse] / made.flows[:, purse].sum()
        least, most = source_bounds(made.flows, made.source_of, int(purse), made.opening)
        assert lost[purse] <= 1e-9
        assert (least[: shares.size] - 1e-9 <= shares).all()
        assert (shares <= most[: shares.size] + 1e-9).all()


@given(made=payments(), seed=st.integers(0, 2**16))
def test_pro_rata_is_the_plain_trace(made: Payments, seed: int) -> None:
    trace = trace_by_rule(by_account(made, seed), made.source_of, made.opening, PRO_RATA)
    plain = trace_shares(made.flows, made.source_of, made.opening)
    purses = made.source_of < 0
    for account in (CURRENT, CAPITAL):
        np.testing.assert_allclose(
            trace.mix[account, purses], plain.mix[purses], rtol=0, atol=1e-12
        )
    np.testing.assert_allclose(trace.kept[purses], plain.mix[purses], rtol=0, atol=1e-12)


@given(made=payments(with_cash=False), seed=st.integers(0, 2**16))
def test_without_cash_from_before_its_turn_does_not_matter(made: Payments, seed: int) -> None:
    flows = by_account(made, seed)
    plain = trace_by_rule(flows, made.source_of, made.opening, PRO_RATA)
    for rule in (INCOME_FIRST, CASH_FIRST):
        other = trace_by_rule(flows, made.source_of, made.opening, rule)
        pays = flows.sum(axis=(1, 3)) > 0.0
        np.testing.assert_allclose(other.mix[pays], plain.mix[pays], rtol=0, atol=1e-9)


@every_rule
@given(made=payments(), seed=st.integers(0, 2**16), factor=st.sampled_from([1e-9, 1e3, 1e12]))
def test_scaling_money_keeps_shares(rule: str, made: Payments, seed: int, factor: float) -> None:
    flows = by_account(made, seed)
    plain = trace_by_rule(flows, made.source_of, made.opening, rule)
    scaled = trace_by_rule(factor * flows, made.source_of, factor * made.opening, rule)
    pays = flows.sum(axis=(1, 3)) > 1e-9
    np.testing.assert_allclose(scaled.mix[pays], plain.mix[pays], rtol=0, atol=1e-8)


@every_rule
@given(made=payments(), seed=st.integers(0, 2**16), rng=st.randoms(use_true_random=False))
def test_reordering_reorders(rule: str, made: Payments, seed: int, rng: Any) -> None:
    flows, n = by_account(made, seed), len(made.source_of)
    order = np.array(rng.sample(range(n), n))
    plain = trace_by_rule(flows, made.source_of, made.opening, rule)
    moved = trace_by_rule(
        flows[:, :, order][..., order], made.source_of[order], made.opening[order], rule
    )
    pays = flows.sum(axis=(1, 3)) > 1e-9
    same = pays[:, order]
    np.testing.assert_allclose(moved.mix[same], plain.mix[:, order][same], rtol=0, atol=1e-8)


# --- worked by hand: users 0, funds 1, a cloud 2, its supplier of plant 3, its staff 4 ---------


@pytest.fixture
def cloud() -> tuple[np.ndarray, np.ndarray]:
    """The cloud held 30 of users, sells for 60, borrows 20; it pays 40 for plant, 50 to staff."""
    flows, opening = np.zeros((2, 2, 5, 5)), np.zeros((5, 3))
    flows[CURRENT, CURRENT, 0, 2] = 60.0
    flows[CAPITAL, CAPITAL, 1, 2] = 20.0
    flows[CAPITAL, CURRENT, 2, 3] = 40.0
    flows[CURRENT, CURRENT, 2, 4] = 50.0
    opening[2, 2] = 30.0
    return flows, opening


CLOUD = np.array([0, 1, -1, -1, -1])


@pytest.mark.parametrize(
    ("rule", "plant", "staff", "kept"),
    [
        # 110 in all: 60 users, 20 funds, 30 of before
        (PRO_RATA, [60 / 110, 20 / 110, 30 / 110], [60 / 110, 20 / 110, 30 / 110], None),
        # bills 90: 80 of the quarter's 60 + 20, then 10 of before
        (INCOME_FIRST, [60 / 90, 20 / 90, 10 / 90], [60 / 90, 20 / 90, 10 / 90], [0, 0, 1]),
        # 30 of before, then 60 of the quarter's 80; 20 of those are left
        (CASH_FIRST, [45 / 90, 15 / 90, 30 / 90], [45 / 90, 15 / 90, 30 / 90], [0.75, 0.25, 0]),
        # staff 50 from sales; plant 20 from the loan and 20 from the 10 of sales left and the 30
        (CAPITAL_FIRST, [5 / 40, 20 / 40, 15 / 40], [1, 0, 0], [0.25, 0, 0.75]),
    ],
)
def test_the_cloud_by_hand(
    cloud: tuple[np.ndarray, np.ndarray],
    rule: str,
    plant: list[float],
    staff: list[float],
    kept: Any,
) -> None:
    flows, opening = cloud
    trace = trace_by_rule(flows, CLOUD, opening, rule)
    np.testing.assert_allclose(trace.mix[CAPITAL, 2], plant, atol=1e-15)
    np.testing.assert_allclose(trace.mix[CURRENT, 2], staff, atol=1e-15)
    np.testing.assert_allclose(trace.kept[2], plant if kept is None else kept, atol=1e-15)
    np.testing.assert_allclose(trace.purse[2], [60 / 110, 20 / 110, 30 / 110], atol=1e-15)


def test_what_is_paid_outside_and_comes_from_outside_counts_as_bill_and_income() -> None:
    """The same cloud with its staff, and a part of its sales, outside the network."""
    flows, opening = np.zeros((2, 2, 4, 4)), np.zeros((4, 3))
    flows[CURRENT, CURRENT, 0, 2] = 45.0
    flows[CAPITAL, CAPITAL, 1, 2] = 20.0
    flows[CAPITAL, CURRENT, 2, 3] = 40.0
    opening[2, 2] = 30.0
    fresh, spent = np.zeros((2, 4, 3)), np.zeros((2, 4))
    fresh[CURRENT, 2, 0], spent[CURRENT, 2] = 15.0, 50.0
    for rule, plant in (
        (INCOME_FIRST, [60 / 90, 20 / 90, 10 / 90]),
        (CAPITAL_FIRST, [1 / 8, 1 / 2, 3 / 8]),
    ):
        trace = trace_by_rule(flows, CLOUD[:4], opening, rule, fresh, spent)
        np.testing.assert_allclose(trace.mix[CAPITAL, 2], plant, atol=1e-15)


def test_new_money_of_a_vendor_pays_for_the_vendors_plant_under_capital_first() -> None:
    """Vendor 2 gives lab 3 20 of equity; the lab sells for 30 and buys plant of 20 and pays wages.

    Under capital first the vendor's money comes back whole; pro rata two fifths of it do.
    """
    flows = np.zeros((2, 2, 5, 5))
    flows[CURRENT, CURRENT, 0, 3] = 30.0
    flows[CAPITAL, CAPITAL, 2, 3] = 20.0
    flows[CAPITAL, CURRENT, 3, 2] = 20.0
    flows[CURRENT, CURRENT, 3, 4] = 30.0
    owner = np.array([0, -1, 1, -1, -1])
    for rule, own in ((PRO_RATA, 0.4), (OWN_MONEY, 0.4), (CAPITAL_FIRST, 1.0)):
        trace = trace_by_rule(flows, owner, np.zeros((5, 2)), rule)
        assert trace.mix[CAPITAL, 3, 1] == pytest.approx(own, abs=1e-15)


def test_an_unknown_rule_is_mended() -> None:
    with pytest.raises(InputError, match="Did you mean 'income_first'"):
        check_rule("income-first")
    assert set(POCKETS) == set(RULES)
