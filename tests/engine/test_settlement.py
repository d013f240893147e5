"""Clearing on generated networks: the laws, path by path, and inputs nobody should give."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy import sparse

from cardhouse.engine.settlement import ClassPayments, clear, clear_classes, clear_links
from cardhouse.errors import InputError


@dataclass(frozen=True)
class Economy:
    """A block of paths: owed (path, class, purse, payee), resources and cost rates."""

    owed: np.ndarray
    resources: np.ndarray
    cost_rate: np.ndarray
    forced: np.ndarray
    default_below: float

    def solve(self, **options: Any) -> ClassPayments:
        given_ = {
            "in_default": self.forced,
            "default_below": self.default_below,
            **options,
        }
        return clear_classes(self.owed, self.resources, self.cost_rate, **given_)

    @property
    def scale(self) -> float:
        return float(max(self.owed.max(initial=0.0), self.resources.max(initial=0.0), 1e-300))


@st.composite
def economies(draw: st.DrawFn, plain: bool = False) -> Economy:
    """Layered, dense, closed and empty networks in units from a trillionth to a trillion."""
    paths, classes = draw(st.integers(1, 3)), draw(st.integers(1, 4))
    purses, others = draw(st.integers(1, 7)), draw(st.integers(0, 3))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    shape = (paths, classes, purses, purses + others)
    present = rng.random(shape) < draw(st.sampled_from([0.0, 0.15, 0.5, 0.95]))
    owed = np.where(present, rng.random(shape), 0.0)
    if draw(st.booleans()):
        owed *= 10.0 ** rng.uniform(-3, 3, (paths, classes, purses, 1))
    owed[..., np.arange(purses), np.arange(purses)] = 0.0
    poor = rng.random((paths, purses)) < draw(st.sampled_from([0.0, 0.5, 1.0]))
    resources = (
        np.where(poor, 0.01, 1.0)
        * rng.random((paths, purses))
        * draw(st.sampled_from([0.0, 1.0, 5.0]))
    )
    unit = draw(st.sampled_from([1e-12, 1.0, 1e12]))
    rate = 0.0 if plain else draw(st.sampled_from([0.0, 0.1, 0.6, 1.0]))
    forced = rng.random((paths, purses)) < (0.0 if plain else draw(st.sampled_from([0.0, 0.3])))
    below = 1.0 if plain else draw(st.sampled_from([1.0, 0.98, 0.5]))
    costs = rate * rng.random((paths, purses))
    return Economy(unit * owed, unit * resources, costs, forced, below)


def inflow(economy: Economy, paid: ClassPayments) -> np.ndarray:
    purses = economy.resources.shape[1]
    return paid.payments[..., :purses].sum(axis=(1, 2))


def plain_rounds(economy: Economy, rounds: int = 3000) -> np.ndarray:
    """Pay what you have, again and again from above: total paid, (path, purse)."""
    purses = economy.resources.shape[1]
    due = economy.owed.sum(axis=-1)
    total, senior = due.sum(axis=1), np.cumsum(due, axis=1) - due
    paid = total.copy()
    for _ in range(rounds):
        by_class = np.clip(paid[:, None] - senior, 0.0, due)
        ratio = np.divide(by_class, due, out=np.zeros_like(due), where=due > 0.0)
        received = (ratio[..., None] * economy.owed[..., :purses]).sum(axis=(1, 2))
        means = economy.resources + received
        bad = economy.forced | (means < economy.default_below * total * (1 - 1e-12))
        budget = np.where(bad, (1.0 - economy.cost_rate) * means, means)
        paid = np.where(budget >= total * (1 - 1e-12), total, budget)
    return paid


# --- laws ------------------------------------------------------------------------------------


@given(economies(), st.booleans())
def test_money_is_conserved_and_nobody_is_overdrawn(economy: Economy, greatest: bool) -> None:
    paid = economy.solve(greatest=greatest)
    means = economy.resources + inflow(economy, paid)
    left = means - paid.payments.sum(axis=(1, 3)) - paid.default_costs
    assert left.min(initial=0.0) >= -1e-11 * economy.scale
    fell_short = paid.paid_ratio < 1.0
    np.testing.assert_allclose(left[fell_short], 0.0, atol=1e-11 * economy.scale)
    np.testing.assert_allclose(
        paid.default_costs, np.where(paid.defaulted, economy.cost_rate * means, 0.0), rtol=1e-9,
        atol=1e-12 * economy.scale,
    )  # fmt: skip


@given(economies(), st.booleans())
def test_payments_solve_the_fixed_point(economy: Economy, greatest: bool) -> None:
    paid = economy.solve(greatest=greatest)
    total = economy.owed.sum(axis=(1, 3))
    means = economy.resources + inflow(economy, paid)
    near = 1e-11 * economy.scale
    expected_bad = economy.forced | (means < economy.default_below * total - near)
    maybe_bad = economy.forced | (means < economy.default_below * total + near)
    assert (paid.defaulted >= expected_bad).all()
    assert (paid.defaulted <= maybe_bad).all()
    budget = means - paid.default_costs
    np.testing.assert_allclose(
        paid.payments.sum(axis=(1, 3)), np.minimum(budget, total), rtol=0, atol=near
    )


@given(economies(), st.booleans())
def test_senior_classes_are_paid_first_and_pro_rata_within(
    economy: Economy, greatest: bool
) -> None:
    paid = economy.solve(greatest=greatest)
    assert (paid.payments >= 0.0).all()
    assert (paid.payments <= economy.owed).all()
    due = economy.owed.sum(axis=-1)
    for junior in range(1, due.shape[1]):
        served = (paid.class_ratio[:, junior] > 0.0) & (due[:, junior] > 0.0)
        above = np.where(due[:, :junior] > 0.0, paid.class_ratio[:, :junior], 1.0).min(axis=1)
        assert (above[served] >= 1.0 - 1e-9).all()
    np.testing.assert_array_equal(paid.payments, economy.owed * paid.class_ratio[..., None])


@given(economies())
def test_the_answer_from_above_is_the_greatest(economy: Economy) -> None:
    """Plain rounds descend to the greatest from above: they can never end below the answer."""
    above = plain_rounds(economy)
    paid = economy.solve().payments.sum(axis=(1, 3))
    assert (paid <= above + 1e-9 * economy.scale).all()
    total = economy.owed.sum(axis=(1, 3))
    further = plain_rounds(economy, 6000)
    settled = np.abs(above - further).max(axis=1) <= 1e-13 * economy.scale
    np.testing.assert_allclose(
        paid[settled], above[settled], rtol=0, atol=1e-9 * max(float(total.max()), 1e-300)
    )


@given(economies())
def test_the_least_payments_are_no_greater(economy: Economy) -> None:
    least, greatest = economy.solve(greatest=False), economy.solve()
    assert (least.payments <= greatest.payments + 1e-11 * economy.scale).all()
    assert (least.defaulted >= greatest.defaulted).all()


@given(economies(), st.integers(0, 6), st.floats(0.01, 10.0))
def test_more_resources_lower_no_payment(economy: Economy, purse: int, more: float) -> None:
    before = economy.solve()
    richer = economy.resources.copy()
    richer[:, purse % richer.shape[1]] += more * economy.scale
    after = clear_classes(
        economy.owed, richer, economy.cost_rate, in_default=economy.forced,
        default_below=economy.default_below,
    )  # fmt: skip
    slack = 1e-11 * economy.scale
    assert (after.payments.sum(axis=1) >= before.payments.sum(axis=1) - slack).all()


@given(economies(plain=True))
def test_net_worth_is_conserved_without_costs(economy: Economy) -> None:
    paid = economy.solve()
    purses = economy.resources.shape[1]
    out = paid.payments[..., purses:].sum(axis=(1, 2, 3))
    left = (economy.resources + inflow(economy, paid) - paid.payments.sum(axis=(1, 3))).sum(axis=1)
    np.testing.assert_allclose(
        left, economy.resources.sum(axis=1) - out, atol=1e-10 * economy.scale
    )
    assert not paid.default_costs.any()


@given(economies(), st.sampled_from([1e-9, 1e-3, 1e3, 1e9]))
def test_scaling_money_scales_payments(economy: Economy, factor: float) -> None:
    scaled = clear_classes(
        factor * economy.owed, factor * economy.resources, economy.cost_rate,
        in_default=economy.forced, default_below=economy.default_below,
    )  # fmt: skip
    plain, slack = factor * economy.solve().payments, 1e-12 * factor * economy.scale
    np.testing.assert_allclose(scaled.payments, plain, rtol=1e-9, atol=slack)


@given(economies(), st.randoms(use_true_random=False), st.booleans())
def test_reordering_purses_reorders_payments(economy: Economy, rng: Any, greatest: bool) -> None:
    purses, payees = economy.owed.shape[2:]
    order = np.array(rng.sample(range(purses), purses))
    columns = np.concatenate([order, np.arange(purses, payees)])
    moved = clear_classes(
        economy.owed[:, :, order][..., columns],
        economy.resources[:, order],
        economy.cost_rate[:, order],
        in_default=economy.forced[:, order],
        default_below=economy.default_below,
        greatest=greatest,
    )
    plain = economy.solve(greatest=greatest).payments[:, :, order][..., columns]
    np.testing.assert_allclose(moved.payments, plain, rtol=1e-9, atol=1e-9 * economy.scale)


@given(economies(), st.booleans())
def test_a_paths_bits_are_its_own(economy: Economy, greatest: bool) -> None:
    together = economy.solve(greatest=greatest)
    for path in range(economy.resources.shape[0]):
        one = slice(path, path + 1)
        alone = clear_classes(
            economy.owed[one], economy.resources[one], economy.cost_rate[one],
            in_default=economy.forced[one], default_below=economy.default_below,
            greatest=greatest,
        )  # fmt: skip
        for name in vars(alone):
            np.testing.assert_array_equal(getattr(alone, name)[0], getattr(together, name)[path])


@pytest.mark.parametrize(("classes", "purses", "payees"), [(2, 1, 4), (3, 2, 2), (4, 40, 60)])
def test_a_paths_bits_are_its_own_in_large_blocks(classes: int, purses: int, payees: int) -> None:
    rng = np.random.default_rng(purses)
    shape = (130, classes, purses, payees)
    owed = rng.random(shape) * (rng.random(shape) < 0.3)
    resources = rng.random(shape[::2]) * 0.4 * owed.sum(axis=(1, 3)).mean()
    block = clear_classes(owed, resources, 0.05)
    assert block.defaulted.sum() > 0
    backwards = clear_classes(owed[::-1], resources[::-1], 0.05)
    np.testing.assert_array_equal(backwards.payments[::-1], block.payments)
    for path in (0, 64, 129):
        alone = clear_classes(owed[path : path + 1], resources[path : path + 1], 0.05)
        np.testing.assert_array_equal(alone.payments[0], block.payments[path])
        np.testing.assert_array_equal(alone.sweeps[0], block.sweeps[path])


# --- known answers ---------------------------------------------------------------------------


@pytest.mark.parametrize("leak", [1e-3, 1e-6, 1e-9, 1e-11])
@pytest.mark.parametrize("greatest", [True, False])
def test_a_nearly_closed_ring_is_solved_exactly(leak: float, greatest: bool) -> None:
    """Two purses owe each other 1; one also owes `leak` outside and has half of that.

    Half of the leak is paid, so the one pays 0.5 of all it owes.
    """
    owed = np.zeros((1, 1, 2, 3))
    owed[0, 0, 0, 1], owed[0, 0, 0, 2], owed[0, 0, 1, 0] = 1.0, leak, 1.0
    paid = clear_classes(owed, [[leak / 2, 0.0]], greatest=greatest)
    assert paid.paid_ratio[0, 0] == pytest.approx(0.5, rel=1e-11)
    assert paid.payments[0, 0, 0, 2] == pytest.approx(leak / 2, rel=1e-11)
    assert paid.sweeps[0] < 50


def test_a_long_nearly_closed_ring_with_classes() -> None:
    """Sixty purses owe each other round a ring, behind a senior bill of a thousandth.

    Fifty-nine have just what their bill takes, one has half: whatever came round to it would go
    to its bill and never on, so the ring drains until nothing comes round at all.
    """
    n, senior, junior = 60, 1e-3, 1.0
    owed = np.zeros((1, 2, n, n + 1))
    owed[0, 0, :, n] = senior
    owed[0, 1, np.arange(n), (np.arange(n) + 1) % n] = junior
    resources = np.full((1, n), senior)
    resources[0, 7] = senior / 2
    paid = clear_classes(owed, resources)
    ring = paid.payments[0, 1, np.arange(n), (np.arange(n) + 1) % n]
    np.testing.assert_allclose(paid.payments[0, 0, :, n].sum(), resources.sum(), rtol=1e-12)
    np.testing.assert_allclose(ring[7], 0.0, atol=1e-15)
    np.testing.assert_allclose(paid.class_ratio[0, 0, 7], 0.5)
    np.testing.assert_array_equal(np.delete(paid.class_ratio[0, 0], 7), 1.0)
    np.testing.assert_allclose(ring, 0.0, atol=1e-15)
    assert paid.sweeps[0] < 200


def test_default_costs_come_before_the_first_class() -> None:
    owed = np.zeros((1, 2, 1, 3))
    owed[0, 0, 0, 1], owed[0, 1, 0, 2] = 4.0, 8.0
    paid = clear_classes(owed, [[10.0]], 0.1)
    np.testing.assert_allclose(paid.payments[0, :, 0], [[0, 4, 0], [0, 0, 5]])
    np.testing.assert_allclose(paid.default_costs, [[1.0]])


def test_a_small_gap_is_an_arrear_without_costs() -> None:
    owed = np.zeros((2, 1, 1, 2))
    owed[:, 0, 0, 1] = 100.0
    paid = clear_classes(owed, [[98.5], [97.0]], 0.1, default_below=0.98)
    np.testing.assert_allclose(paid.payments.sum(axis=(1, 2, 3)), [98.5, 0.9 * 97.0])
    np.testing.assert_array_equal(paid.defaulted.ravel(), [False, True])


def test_a_purse_in_default_stays_there_though_it_could_pay() -> None:
    owed = np.zeros((1, 1, 1, 2))
    owed[0, 0, 0, 1] = 5.0
    paid = clear_classes(owed, [[100.0]], 0.1, in_default=[True])
    assert paid.payments.sum() == 5.0
    assert paid.default_costs.sum() == pytest.approx(10.0)
    assert paid.defaulted.all()


def test_nobody_short_takes_no_sweep_and_pays_the_very_amounts() -> None:
    rng = np.random.default_rng(4)
    owed = rng.random((5, 3, 6, 8))
    paid = clear_classes(owed, np.full((5, 6), 1e3), 0.2)
    np.testing.assert_array_equal(paid.payments, owed)
    assert not paid.sweeps.any()
    assert not paid.default_costs.any()


@pytest.mark.parametrize("resources", [0.0, 3.0])
def test_nothing_owed_means_nothing_paid(resources: float) -> None:
    paid = clear_classes(np.zeros((2, 3, 4, 5)), np.full((2, 4), resources), 0.5)
    assert not paid.payments.any()
    assert not paid.defaulted.any()
    np.testing.assert_array_equal(paid.paid_ratio, 1.0)


def test_two_hundred_firms_many_paths_agree_with_each_alone() -> None:
    rng = np.random.default_rng(200)
    n = 200
    owed = rng.random((n, n)) * (rng.random((n, n)) < 0.05)
    np.fill_diagonal(owed, 0.0)
    assets, outside = 1.5 * rng.random((6, n)), 2.0 * rng.random(n)
    block = clear(owed, assets, outside, alpha=0.9, beta=0.8)
    assert block.defaulted.any(axis=1).all()
    dense = np.zeros((6, 1, n, n + 1))
    dense[:, 0, :, :n], dense[:, 0, :, n] = owed, outside
    for path in (0, 5):
        alone = clear(sparse.csr_matrix(owed), assets[path], outside, alpha=0.9, beta=0.8)
        np.testing.assert_array_equal(alone.payments, block.payments[path])
        lost = assets[path].sum() - block.external[path].sum() - block.default_costs[path].sum()
        kept = np.maximum(block.equity[path], 0.0).sum()
        assert lost == pytest.approx(kept, rel=1e-10)
    without = clear(owed, assets, outside)
    same = clear_classes(dense, assets)
    np.testing.assert_allclose(without.payments, same.payments.sum(axis=(1, 3)), rtol=1e-11)


@given(economies())
def test_claims_one_by_one_are_cleared_as_in_one_table(economy: Economy) -> None:
    """The engine's sparse door gives what the dense one does, claims split in two included."""
    table = economy.solve()
    rank, payer, payee = np.nonzero(economy.owed.any(axis=0))
    owed = economy.owed[:, rank, payer, payee]
    found = clear_links(
        np.concatenate([0.25 * owed, 0.75 * owed], axis=1),
        np.tile(rank, 2),
        np.tile(payer, 2),
        np.tile(payee, 2),
        economy.resources,
        economy.cost_rate,
        in_default=economy.forced,
        default_below=np.full_like(economy.cost_rate, economy.default_below),
    )
    near = {"rtol": 0, "atol": 1e-9}
    classes = economy.owed.shape[1]
    np.testing.assert_allclose(found.class_ratio[:, :classes], table.class_ratio, **near)
    np.testing.assert_allclose(found.paid_ratio, table.paid_ratio, **near)
    costs = 1e-9 * economy.scale
    np.testing.assert_allclose(found.default_costs, table.default_costs, rtol=0, atol=costs)


# --- the public door -------------------------------------------------------------------------


@given(economies(plain=True), st.sampled_from([0.0, 0.4, 1.0]), st.sampled_from([0.3, 1.0]))
def test_classes_of_the_public_kernel(economy: Economy, alpha: float, beta: float) -> None:
    """Elsinger's classes: the same as the engine's kernel, fed by hand; costs are booked."""
    purses = economy.resources.shape[1]
    inside = economy.owed[0, :, :, :purses]
    outside = economy.owed[0, :, :, purses:].sum(axis=-1)
    whole, classes = inside.sum(axis=0), list(inside)
    cleared = clear(whole, economy.resources, outside, alpha=alpha, beta=beta, seniority=classes)
    assert cleared.class_payments.shape == (len(economy.resources), *outside.shape)
    np.testing.assert_allclose(
        cleared.payments, cleared.class_payments.sum(axis=1), rtol=0, atol=1e-11 * economy.scale
    )
    left = economy.resources.sum(axis=1) - cleared.external.sum(axis=1)
    kept = np.maximum(cleared.equity, 0.0).sum(axis=1) + cleared.default_costs.sum(axis=1)
    np.testing.assert_allclose(left, kept, rtol=0, atol=1e-10 * economy.scale)
    if alpha == beta == 1.0:
        kernel = economy.owed[:1].repeat(len(economy.resources), axis=0)
        by_hand = clear_classes(kernel, economy.resources)
        np.testing.assert_allclose(
            cleared.class_payments, by_hand.payments.sum(axis=3), rtol=0, atol=1e-10 * economy.scale
        )


def test_seniority_of_external_creditors() -> None:
    """Firm 0 owes 6 to firm 1 and 6 outside and has 8."""
    owed, assets, outside = [[0, 6.0], [0, 0]], [8.0, 0.0], [6.0, 0.0]
    pari = clear(owed, assets, outside)
    senior = clear(owed, assets, outside, external="senior")
    junior = clear(owed, assets, [[0, 0], [6.0, 0]], seniority=[owed, np.zeros((2, 2))])
    assert pari.interfirm.tolist() == [4.0, 0.0]
    assert senior.interfirm.tolist() == [2.0, 0.0]
    assert senior.class_payments.tolist() == [[6.0, 0.0], [2.0, 0.0]]
    assert junior.interfirm.tolist() == [6.0, 0.0]
    assert junior.external.tolist() == [2.0, 0.0]


@example(alpha=0.0, beta=0.0)
@given(st.floats(0, 1), st.floats(0, 1))
def test_default_costs_are_what_alpha_and_beta_burn(alpha: float, beta: float) -> None:
    cleared = clear([[0, 10.0], [10.0, 0]], [1.0, 0.5], [4.0, 4.0], alpha=alpha, beta=beta)
    assert cleared.defaulted.all()
    received = cleared.interfirm[::-1]
    np.testing.assert_allclose(
        cleared.default_costs,
        (1 - alpha) * np.array([1.0, 0.5]) + (1 - beta) * received,
        atol=1e-12,
    )
    np.testing.assert_allclose(
        cleared.payments, np.array([1.0, 0.5]) + received - cleared.default_costs, atol=1e-12
    )


GOOD = {"liabilities": [[0, 1.0], [2.0, 0]], "external_assets": [1.0, 1.0]}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"liabilities": [[0, 1.0]]}, "as many rows as columns"),
        ({"liabilities": []}, "as many rows as columns"),
        ({"liabilities": [[0, -1.0], [0, 0]]}, r"liabilities\[0, 1\] is -1"),
        ({"liabilities": [[0, float("nan")], [0, 0]]}, r"liabilities\[0, 1\] is nan"),
        ({"liabilities": [[0, "much"], [0, 0]]}, "liabilities is not an array of numbers"),
        ({"liabilities": [[1.0, 1.0], [0, 0]]}, "owes itself"),
        ({"liabilities": sparse.csr_array([[0, -1.0], [0, 0]])}, "liabilities.* is -1"),
        ({"external_assets": [1.0]}, r"external_assets has shape \(1,\)"),
        ({"external_assets": 1.0}, "external_assets has shape"),
        ({"external_assets": np.zeros((0, 2))}, "one path is the least"),
        ({"external_assets": [1.0, float("inf")]}, r"external_assets\[1\] is inf"),
        ({"external_liabilities": [1.0]}, "external_liabilities has shape"),
        ({"external_liabilities": [-1.0, 0]}, r"external_liabilities\[0\] is -1"),
        ({"alpha": 1.5}, "alpha is 1.5"),
        ({"beta": -0.1}, "beta is -0.1"),
        ({"alpha": [0.5, 0.5]}, "alpha has shape"),
        ({"external": "seniour"}, "Did you mean 'senior'"),
        ({"seniority": []}, "seniority is empty"),
        ({"seniority": [[[0, 1.0], [1.0, 0]]]}, "do not add up"),
        ({"seniority": [[[0, 1.0, 0]] * 3]}, r"seniority\[0\]"),
    ],
)
def test_wrong_inputs_say_what_is_wrong(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        clear(**{**GOOD, **changes})


@pytest.mark.parametrize(
    ("owed", "resources", "options", "words"),
    [
        (np.zeros((1, 1, 2)), np.zeros((1, 2)), {}, "owed has shape"),
        (np.zeros((1, 1, 2, 1)), np.zeros((1, 2)), {}, "owed has shape"),
        (np.zeros((1, 1, 2, 3)), np.zeros((2, 2)), {}, "owed has shape"),
        (-np.ones((1, 1, 2, 3)), np.zeros((1, 2)), {}, r"owed\[0, 0, 0, 0\] is -1"),
        (np.ones((1, 1, 2, 3)), [[0.0, np.nan]], {}, r"resources\[0, 1\] is nan"),
        (np.ones((1, 1, 2, 3)), np.zeros((1, 2)), {"cost_rate": 1.1}, "cost_rate is 1.1"),
        (np.ones((1, 1, 2, 3)), np.zeros((1, 2)), {"cost_rate": [0.1] * 3}, "cost_rate has shape"),
        (np.ones((1, 1, 2, 3)), np.zeros((1, 2)), {"in_default": [True] * 3}, "in_default has"),
        (np.ones((1, 1, 2, 3)), np.zeros((1, 2)), {"default_below": 2.0}, "default_below is 2"),
    ],
)
def test_wrong_blocks_say_what_is_wrong(
    owed: Any, resources: Any, options: dict[str, Any], words: str
) -> None:
    with pytest.raises(InputError, match=words):
        clear_classes(owed, resources, **options)


def test_a_clearing_says_how_it_ended() -> None:
    text = repr(clear([[0, 2.0], [0, 0]], [1.0, 0.0], alpha=0.5))
    assert text == "Clearing(2 firms x 1 paths: 1 defaults, 0.5 paid, 0.5 lost to default costs)"
