"""DebtRank on generated networks: the laws, plain rounds, a linear programme, bad inputs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.optimize import linprog

from cardhouse.analysis import debtrank
from cardhouse.analysis.debtrank import (
    added_loss,
    leverage_of,
    linear_limit,
    rank_firms,
    relative_losses,
    spectral_radius,
)
from cardhouse.errors import InputError

both_rules = pytest.mark.parametrize("rule", ["differential", "single_hit"])


@dataclass(frozen=True)
class Banks:
    """Who holds what against whom, with what equity, and two shocks, the second nowhere less."""

    exposures: np.ndarray
    equity: np.ndarray
    shock: np.ndarray
    larger: np.ndarray

    @property
    def leverage(self) -> np.ndarray:
        return self.exposures / self.equity[:, None]

    def losses(self, rule: str = "differential") -> np.ndarray:
        return relative_losses(self.exposures, self.equity, self.shock, rule)


@st.composite
def banks(draw: st.DrawFn) -> Banks:
    """Networks thin and thick, with and without circles, far below and far above the threshold."""
    n = draw(st.integers(1, 9))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    exposures = rng.random((n, n)) * (rng.random((n, n)) < draw(st.sampled_from([0.1, 0.4, 0.9])))
    np.fill_diagonal(exposures, 0.0)
    if draw(st.booleans()):
        exposures = np.triu(exposures)
    equity = draw(st.sampled_from([0.1, 1.0, 3.0, 30.0])) * (0.1 + rng.random(n))
    hit = rng.random(n) < draw(st.sampled_from([0.2, 0.6]))
    shock = hit * draw(st.sampled_from([rng.random(n), np.ones(n)]))
    return Banks(exposures, equity, shock, np.minimum(1.0, shock + rng.random(n)))


def plain_rounds(leverage: np.ndarray, shock: np.ndarray, rounds: int) -> np.ndarray:
    before, losses = np.zeros_like(shock), shock
    for _ in range(rounds):
        before, losses = losses, np.minimum(1.0, losses + leverage @ (losses - before))
    return losses


# --- laws ------------------------------------------------------------------------------------


@given(banks())
@both_rules
def test_losses_are_shares_and_at_least_the_shock(rule: str, made: Banks) -> None:
    losses = made.losses(rule)
    assert losses.shape == made.shock.shape
    assert (losses >= made.shock).all()
    assert (losses <= 1.0).all()


@given(banks())
@both_rules
def test_without_a_shock_nothing_is_lost(rule: str, made: Banks) -> None:
    calm = np.zeros_like(made.shock)
    np.testing.assert_array_equal(
        relative_losses(made.exposures, made.equity, calm, rule), np.zeros_like(calm)
    )


@given(banks())
def test_a_larger_shock_lowers_no_loss(made: Banks) -> None:
    more = relative_losses(made.exposures, made.equity, made.larger)
    assert (more >= made.losses() - 1e-9).all()


@given(banks())
def test_more_equity_raises_no_loss(made: Banks) -> None:
    safer = relative_losses(made.exposures, 1.5 * made.equity, made.shock)
    assert (safer <= made.losses() + 1e-9).all()


@given(banks(), st.randoms(use_true_random=False))
@both_rules
def test_reordering_firms_reorders_losses(rule: str, made: Banks, rng: Any) -> None:
    n = made.equity.size
    order = np.array(rng.sample(range(n), n))
    moved = relative_losses(
        made.exposures[np.ix_(order, order)], made.equity[order], made.shock[order], rule
    )
    np.testing.assert_allclose(moved, made.losses(rule)[order], rtol=0, atol=1e-9)


@given(banks(), st.sampled_from([1e-9, 1e-3, 1e3, 1e9]))
@both_rules
def test_the_unit_of_money_has_no_bearing(rule: str, made: Banks, unit: float) -> None:
    scaled = relative_losses(unit * made.exposures, unit * made.equity, made.shock, rule)
    np.testing.assert_allclose(scaled, made.losses(rule), rtol=0, atol=1e-9)


@given(banks())
def test_losses_solve_their_equation(made: Banks) -> None:
    losses = made.losses()
    again = np.minimum(1.0, made.shock + made.leverage @ losses)
    np.testing.assert_allclose(losses, again, rtol=0, atol=1e-10)


@given(banks())
def test_plain_rounds_come_near_from_below(made: Banks) -> None:
    losses = made.losses()
    rounds = plain_rounds(made.leverage, made.shock, 3000)
    assert (rounds <= losses + 1e-9).all()
    if spectral_radius(made.leverage) < 0.98:
        np.testing.assert_allclose(losses, rounds, rtol=0, atol=1e-9)


@given(banks())
def test_a_single_hit_never_loses_more(made: Banks) -> None:
    assert (made.losses("single_hit") <= made.losses() + 1e-9).all()


@given(banks())
@both_rules
def test_loss_reaches_holders_of_holders_and_nobody_else(rule: str, made: Banks) -> None:
    graph = nx.from_numpy_array(made.exposures.T, create_using=nx.DiGraph)
    hit = set(np.flatnonzero(made.shock).tolist())
    reached = hit.union(*(nx.descendants(graph, firm) for firm in hit))
    assert set(np.flatnonzero(made.losses(rule)).tolist()) == reached


@given(banks())
def test_a_linear_programme_loses_as_much(made: Banks) -> None:
    """The most that those reached can lose within 1 and within shock plus what is passed on."""
    losses = made.losses()
    reached, alive = np.flatnonzero(losses), np.flatnonzero(losses < 1.0)
    assume(reached.size)
    assume(not alive.size or spectral_radius(made.leverage[np.ix_(alive, alive)]) < 0.99)
    best = linprog(
        -np.ones(reached.size),
        A_ub=np.eye(reached.size) - made.leverage[np.ix_(reached, reached)],
        b_ub=made.shock[reached],
        bounds=(0.0, 1.0),
    )
    assert losses[reached].sum() == pytest.approx(-best.fun, abs=1e-5)


@given(banks())
def test_while_nobody_is_wiped_out_losses_are_linear(made: Banks) -> None:
    assume(spectral_radius(made.leverage) < 0.99)
    small = made.shock * 1e-6
    losses = relative_losses(made.exposures, made.equity, small)
    assume(losses.max() < 1.0)
    found = linear_limit(made.leverage, small)
    np.testing.assert_allclose(losses, found, rtol=1e-7, atol=1e-15)


@given(banks())
@both_rules
def test_cases_beside_one_another_do_not_meet(rule: str, made: Banks) -> None:
    both = np.stack([made.shock, made.larger])
    found = relative_losses(made.exposures, made.equity, both, rule)
    for case, shock in zip(found, both, strict=True):
        alone = relative_losses(made.exposures, made.equity, shock, rule)
        np.testing.assert_allclose(case, alone, rtol=0, atol=1e-12)


@given(banks())
def test_a_wrong_guess_changes_nothing(made: Banks) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(debtrank, "SWEEPS", 0)
        found = made.losses()
    np.testing.assert_allclose(found, made.losses(), rtol=0, atol=1e-9)


@given(banks())
def test_freeing_firm_by_firm_agrees_with_the_guess(made: Banks) -> None:
    hit, holds = made.shock[None] > 0.0, made.leverage > 0.0
    (reached,) = debtrank._reached(holds, hit)
    found = debtrank._from_above(made.leverage, made.shock, reached)
    np.testing.assert_allclose(found, made.losses(), rtol=0, atol=1e-9)


# --- ranks -----------------------------------------------------------------------------------


@given(banks())
@both_rules
def test_ranks_are_shares_of_weight(rule: str, made: Banks) -> None:
    found = rank_firms(made.exposures, made.equity, made.equity, rule)
    own = made.equity / made.equity.sum()
    assert (found.ranks >= -1e-15).all()
    assert (found.ranks <= 1.0 - own + 1e-12).all()
    np.testing.assert_array_equal(found.losses.diagonal(), 1.0)
    for firm, shock in enumerate(np.eye(own.size)):
        alone = relative_losses(made.exposures, made.equity, shock, rule)
        np.testing.assert_allclose(found.losses[firm], alone, rtol=0, atol=1e-12)


@given(banks(), st.sampled_from([1e-300, 1e-3, 1e3, 1e300]))
def test_the_unit_of_weights_has_no_bearing(made: Banks, unit: float) -> None:
    plain = rank_firms(made.exposures, made.equity, made.equity)
    scaled = rank_firms(made.exposures, made.equity, unit * made.equity)
    np.testing.assert_allclose(scaled.ranks, plain.ranks, rtol=0, atol=1e-12)


def test_a_chain_of_holders_loses_the_product_of_its_leverages() -> None:
    exposures = np.diag([0.5, 0.25, 0.8], k=-1)
    for rule in ("differential", "single_hit"):
        losses = relative_losses(exposures, np.ones(4), [1, 0, 0, 0], rule)
        np.testing.assert_allclose(losses, [1.0, 0.5, 0.125, 0.1], rtol=1e-15)
        assert added_loss(losses, [1, 0, 0, 0], np.ones(4)) == pytest.approx(0.725 / 4)


# --- known traps -----------------------------------------------------------------------------


def test_a_single_hit_can_lose_less_from_a_larger_shock() -> None:
    """Who is hit a little at once passes on that little and not the large loss that follows."""
    chain, equity = np.diag([1.0, 1.0], k=-1), np.ones(3)
    alone = relative_losses(chain, equity, [1.0, 0.0, 0.0], "single_hit")
    grazed = relative_losses(chain, equity, [1.0, 0.01, 0.0], "single_hit")
    assert alone.tolist() == [1.0, 1.0, 1.0]
    assert grazed.tolist() == [1.0, 1.0, 0.01]
    assert relative_losses(chain, equity, [1.0, 0.01, 0.0]).tolist() == [1.0, 1.0, 1.0]


@pytest.mark.parametrize("firms", [2, 3, 40])
@pytest.mark.parametrize("shock", [1e-15, 1e-6, 0.5])
def test_a_ring_that_loses_nothing_on_its_way_is_wiped_out_by_any_shock(
    firms: int, shock: float
) -> None:
    """Plain rounds would need as many as the shock is small."""
    ring = np.roll(np.eye(firms), 1, axis=1)
    hit = shock * np.eye(firms)[0]
    np.testing.assert_array_equal(relative_losses(ring, np.ones(firms), hit), 1.0)
    assert spectral_radius(ring) == pytest.approx(1.0)
    with pytest.raises(InputError, match="spectral radius"):
        linear_limit(ring, hit)


@pytest.mark.parametrize("leak", [1e-3, 1e-6, 1e-9])
def test_a_ring_that_hardly_leaks_ends_where_its_sum_does(leak: float) -> None:
    """Two firms hold 1 - leak against each other: a = s / (1 - (1 - leak)^2)."""
    ring = (1.0 - leak) * np.array([[0.0, 1.0], [1.0, 0.0]])
    kept = 1.0 - leak
    first = leak / ((1.0 - kept) * (1.0 + kept))
    losses = relative_losses(ring, np.ones(2), [leak, 0.0])
    np.testing.assert_allclose(losses, [first, kept * first], rtol=1e-6)


def test_firms_no_shock_reaches_keep_everything_beside_an_explosive_ring() -> None:
    exposures = np.zeros((4, 4))
    exposures[0, 1] = exposures[1, 0] = 5.0
    exposures[3, 2] = 0.5
    losses = relative_losses(exposures, np.ones(4), [0, 0, 1, 0])
    assert losses.tolist() == [0.0, 0.0, 1.0, 0.5]


def test_one_firm_alone_loses_its_shock() -> None:
    assert relative_losses([[0.0]], [1.0], [0.3]).tolist() == [0.3]
    assert rank_firms([[0.0]], [1.0], [2.0]).ranks.tolist() == [0.0]
    assert spectral_radius([[0.0]]) == 0.0


def test_no_cases_give_no_losses() -> None:
    for rule in ("differential", "single_hit"):
        found = relative_losses(np.zeros((3, 3)), np.ones(3), np.zeros((0, 3)), rule)
        assert found.shape == (0, 3)


@given(banks())
def test_the_spectral_radius_is_that_of_the_whole_matrix(made: Banks) -> None:
    plain = np.abs(np.linalg.eigvals(made.leverage)).max()
    # a matrix without circles has no eigenvalue but 0, which the plain way blurs
    assert spectral_radius(made.leverage) == pytest.approx(plain, rel=1e-6, abs=0.1)


# --- bad inputs ------------------------------------------------------------------------------

SQUARE = [[0.0, 1.0], [1.0, 0.0]]


@pytest.mark.parametrize(
    ("exposures", "equity", "shocks", "sentence"),
    [
        ([[0, 1, 0], [1, 0, 0]], [1, 1], [0, 1], r"exposures has shape \(2, 3\); expected as many"),
        ([], [], [], r"exposures has shape \(0,\); expected as many rows as columns"),
        (np.zeros((0, 0)), [], [], r"exposures has shape \(0, 0\)"),
        ([[0, -1], [1, 0]], [1, 1], [0, 1], r"exposures\[0, 1\] is -1; expected a finite number"),
        ([[0, np.nan], [1, 0]], [1, 1], [0, 1], r"exposures\[0, 1\] is nan; expected a finite"),
        ([[0, np.inf], [1, 0]], [1, 1], [0, 1], r"exposures\[0, 1\] is inf; expected a finite"),
        ([[0, 1e308], [1e308, 0]], [1, 1], [0, 1], r"exposures adds up to more than a number"),
        ([[2, 1], [1, 0]], [1, 1], [0, 1], r"exposures\[0, 0\] is 2; expected 0: no firm deals"),
        ([["a", 1], [1, 0]], [1, 1], [0, 1], r"exposures is not an array of numbers"),
        ([[0, 10**400], [1, 0]], [1, 1], [0, 1], r"exposures is not an array of numbers"),
        (SQUARE, [1, -3], [0, 1], r"equity\[1\] is -3; expected a finite number, not negative"),
        (SQUARE, [1, 0], [0, 1], r"equity\[1\] is 0; expected more: a firm without equity"),
        (SQUARE, [1, 1e-320], [0, 1], r"equity\[1\] is 9\.99989e-321; that is too little"),
        (SQUARE, [1, np.nan], [0, 1], r"equity\[1\] is nan; expected a finite number"),
        (SQUARE, [1, 1, 1], [0, 1], r"equity has shape \(3,\); expected \(2,\)"),
        (SQUARE, 1.0, [0, 1], r"equity has shape \(\); expected \(2,\)"),
        (SQUARE, [1, 1], [0, 1.5], r"shocks\[1\] is 1\.5; a share lies between 0 and 1"),
        (SQUARE, [1, 1], [0, -0.5], r"shocks\[1\] is -0\.5; expected a finite number"),
        (SQUARE, [1, 1], [[0, 0], [0, np.nan]], r"shocks\[1, 1\] is nan; expected a finite"),
        (SQUARE, [1, 1], [0, 0, 1], r"shocks has shape \(3,\); expected \(2,\) or \(cases, 2\)"),
        (SQUARE, [1, 1], 0.5, r"shocks has shape \(\); expected \(2,\) or \(cases, 2\)"),
    ],
)
@both_rules
def test_bad_input_gets_a_sentence(
    rule: str, exposures: Any, equity: Any, shocks: Any, sentence: str
) -> None:
    with pytest.raises(InputError, match=sentence):
        relative_losses(exposures, equity, shocks, rule)


def test_an_unknown_rule_gets_a_hint() -> None:
    with pytest.raises(InputError, match=r"rule is 'single-hit'.* Did you mean 'single_hit'\?"):
        rank_firms(SQUARE, [1, 1], [1, 1], "single-hit")


@pytest.mark.parametrize(
    ("weights", "sentence"),
    [
        ([0, 0], r"weights are all 0; at least one firm has to count"),
        ([1, -1], r"weights\[1\] is -1; expected a finite number"),
        ([1, np.nan], r"weights\[1\] is nan"),
        ([1, 1, 1], r"weights has shape \(3,\); expected \(2,\)"),
        (1.0, r"weights has shape \(\); expected \(2,\)"),
    ],
)
def test_bad_weights_get_a_sentence(weights: Any, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        rank_firms(SQUARE, [1, 1], weights)


def test_losses_and_shocks_have_one_shape() -> None:
    with pytest.raises(InputError, match=r"losses has shape \(1, 2\); expected that of shocks"):
        added_loss([[1.0, 1.0]], [1.0, 0.0], [1, 1])
    with pytest.raises(InputError, match=r"shape \(\); expected \(firm,\) or \(cases, firm\)"):
        added_loss(1.0, 1.0, [1, 1])


def test_inputs_are_left_as_they_were() -> None:
    exposures, equity, shocks = np.array(SQUARE), np.full(2, 4.0), np.array([[1.0, 0.0]])
    kept = [array.copy() for array in (exposures, equity, shocks)]
    for rule in ("differential", "single_hit"):
        relative_losses(exposures, equity, shocks, rule)
    linear_limit(exposures / 4.0, shocks)
    leverage_of(exposures, equity)
    for now, before in zip((exposures, equity, shocks), kept, strict=True):
        np.testing.assert_array_equal(now, before)
