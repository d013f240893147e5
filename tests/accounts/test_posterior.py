"""Draws, influence and what the rest of the facts say of each: against brute force."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cardhouse.accounts import open_accounts
from cardhouse.accounts.balance import Problem, balance
from cardhouse.accounts.draws import draw
from cardhouse.accounts.influence import influence, left_out
from cardhouse.accounts.solving import Solution

PROBLEM = Problem(
    prior=np.array([10.0, 6.0, 4.5, 2.0]),
    prior_sd=np.array([3.0, 2.0, 2.0, 1.0]),
    observe=np.array([[1.0, 0, 0, 0], [0, 1.0, 0, 0], [0, 1.0, 1.0, 0]]),
    observed=np.array([11.0, 5.0, 10.5]),
    observed_sd=np.array([0.5, 1.0, 0.8]),
    identities=np.array([[1.0, -1.0, -1.0, 0.0], [0.0, 1.0, 0.0, -3.0]]),
    totals=np.zeros(2),
    signed=np.ones(4, dtype=bool),
)
SOLUTION = Solution(balance(PROBLEM), PROBLEM, 1)


def without(row: int) -> Problem:
    kept = [number for number in range(3) if number != row]
    return replace(
        PROBLEM,
        observe=PROBLEM.observe[kept],
        observed=PROBLEM.observed[kept],
        observed_sd=PROBLEM.observed_sd[kept],
    )


class TestInfluence:
    @pytest.mark.parametrize("row", range(3))
    def test_is_what_the_headline_loses_without_the_fact(self, row: int) -> None:
        headline = np.array([0.0, 0.0, 1.0, 2.0])
        gone = balance(without(row))
        lost = headline @ (SOLUTION.balanced.values - gone.values)
        assert influence(SOLUTION, headline)[row] == pytest.approx(lost, rel=1e-9)

    @pytest.mark.parametrize("row", range(3))
    def test_the_rest_speaks_of_a_fact_left_out(self, row: int) -> None:
        gone = balance(without(row))
        found = left_out(SOLUTION)
        value = PROBLEM.observe[row] @ gone.values
        spread = PROBLEM.observe[row] @ gone.covariance @ PROBLEM.observe[row]
        assert found.value[row] == pytest.approx(value, rel=1e-9)
        assert found.sd[row] == pytest.approx(np.hypot(np.sqrt(spread), PROBLEM.observed_sd[row]))


class TestDraws:
    def test_reproduce_values_and_covariance(self) -> None:
        drawn = np.array(list(draw(PROBLEM, 4000, seed=1)))
        error = SOLUTION.balanced.sd / np.sqrt(4000)
        assert (np.abs(drawn.mean(axis=0) - SOLUTION.balanced.values) < 4 * error).all()
        assert np.cov(drawn.T) == pytest.approx(SOLUTION.balanced.covariance, rel=0.1, abs=0.01)

    def test_satisfy_identities_and_signs(self) -> None:
        tight = replace(PROBLEM, prior=np.array([1.0, 0.2, 0.8, 0.05]), observed=np.zeros(3))
        for values in draw(tight, 200, seed=2):
            assert np.abs(tight.identities @ values).max() <= 1e-9 * np.abs(values).sum()
            assert values.min() >= 0

    def test_a_draw_depends_on_seed_and_number_alone(self) -> None:
        few = list(draw(PROBLEM, 3, seed=7))
        many = list(draw(PROBLEM, 5, seed=7))
        assert all((a == b).all() for a, b in zip(few, many, strict=False))
        assert (few[0] != next(draw(PROBLEM, 1, seed=8))).any()

    def test_a_draw_in_the_middle_is_the_same_draw(self) -> None:
        many = list(draw(PROBLEM, 5, seed=7))
        later = list(draw(PROBLEM, 2, seed=7, first=3))
        assert all((a == b).all() for a, b in zip(many[3:], later, strict=True))


class TestShippedEconomy:
    def test_drawn_worlds_balance_and_differ(self) -> None:
        accounts = open_accounts("ai", base="2025Q2")
        worlds = list(accounts.draws(3, seed=5))
        cash = [world.firms[0].cash for world in worlds]
        assert len(set(cash)) == 3
        assert max(world.residual for world in worlds) < 1e-9
        problem = accounts.solution.problem
        for values in draw(problem, 3, seed=5):
            size = np.abs(problem.identities) @ np.abs(values)
            assert (np.abs(problem.identities @ values) <= 1e-9 * size).all()

    def test_the_fact_with_most_influence_moves_the_headline_as_said(self) -> None:
        accounts = open_accounts("ai", base="2025Q2")
        moved = accounts.influence("revenue(aws_ai)")
        fact = next(iter(moved))
        problem = accounts.solution.problem
        kept = [n for n, one in enumerate(accounts.observations) if one.figure.id != fact]
        kept += range(len(accounts.observations), len(problem.observed))
        gone = balance(
            replace(
                problem,
                observe=problem.observe[kept],
                observed=problem.observed[kept],
                observed_sd=problem.observed_sd[kept],
            )
        )
        headline = accounts.reader.read("revenue(aws_ai)", "test")
        lost = headline @ (accounts.solution.balanced.values - gone.values)
        assert moved[fact] == pytest.approx(lost, rel=0.05)
