"""Defaults, losses and the other signs of fragility on invented economies."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest
from hypothesis import given, settings

from cardhouse.analysis.books import Books
from cardhouse.analysis.failures import Failure, failures, links_from
from cardhouse.analysis.fragility import (
    commitments,
    loss_making,
    profit_shares,
    repayments_due,
    runway,
    users_spending,
)
from cardhouse.engine.chain import KIND, compile_chain
from cardhouse.engine.drivers import neutral
from cardhouse.engine.simulate import simulate
from strategies import Recipe, recipes

QUARTERS = 8
CRISIS = Recipe(firms=8, seed=0, stationary=False)


@lru_cache(maxsize=64)
def books_of(recipe: Recipe) -> Books:
    chain = compile_chain(recipe.world())
    return Books(simulate(chain, neutral(chain, QUARTERS)))


def failed(recipe: Recipe) -> tuple[Books, list[Failure]]:
    books = books_of(recipe)
    return books, failures(books, np.zeros((books.rows, books.firms), dtype=bool))


class TestFailures:
    @given(recipes(stationary=False))
    def test_losses_are_what_was_owed_and_not_paid(self, recipe: Recipe) -> None:
        books, found = failed(recipe)
        for one in found:
            assert 0 <= one.paid <= one.owed * (1 + 1e-12)
            assert sum(one.losses.values()) == pytest.approx(one.owed - one.paid, rel=1e-9)
            assert one.firm not in one.losses
        assert len(found) == int(books.trajectory.of_record("failed").sum())

    @given(recipes(stationary=False))
    @settings(max_examples=15)
    def test_come_in_order_and_each_firm_once(self, recipe: Recipe) -> None:
        _, found = failed(recipe)
        quarters = [one.quarter for one in found]
        assert quarters == sorted(quarters)
        assert len({one.firm for one in found}) == len(found)

    def test_say_why_in_words(self) -> None:
        _, found = failed(CRISIS)
        assert found
        for one in found:
            assert one.cause.startswith("It could pay ")
            assert "% of its bills" in one.cause

    def test_of_a_removed_firm_are_the_scenarios(self) -> None:
        chain = compile_chain(Recipe(firms=4, seed=1).world())
        drivers = neutral(chain, 2)
        drivers.removed[1, 2] = True
        found = failures(Books(simulate(chain, drivers)), drivers.removed)
        assert [(one.firm, one.cause) for one in found] == [(2, "The scenario removes it.")]

    def test_a_customer_in_default_is_named(self) -> None:
        books, found = failed(CRISIS)
        unpaid = books.trajectory.of_record("unpaid")
        told = [one for one in found if "Left unpaid by Firm" in one.cause]
        owed = [one for one in found if unpaid[one.quarter, :, one.firm].max() >= 0.005]
        assert [one.firm for one in told] == [one.firm for one in owed]


class TestLinks:
    @given(recipes(stationary=False))
    @settings(max_examples=20)
    def test_start_with_the_holders_of_the_first(self, recipe: Recipe) -> None:
        _, found = failed(recipe)
        quarter_of = {one.firm: one.quarter for one in found}
        for one in found:
            links = links_from(one, found)
            first = [link for link in links if link.failed == one.firm]
            assert {link.holder: link.loss for link in first} == dict(one.losses)
            for link in links:
                assert link.fails is None or link.fails == quarter_of[link.holder]
                assert link.fails is None or link.fails >= quarter_of[link.failed]

    def test_follow_a_holder_that_fails_later(self) -> None:
        chain = [
            Failure(0, 1, 5.0, 1.0, {1: 3.0, 9: 1.0}, {}, ""),
            Failure(1, 2, 4.0, 2.0, {0: 0.5, 2: 1.5}, {}, ""),
            Failure(2, 1, 4.0, 2.0, {9: 2.0}, {}, ""),
        ]
        found = [(link.failed, link.holder, link.fails) for link in links_from(chain[0], chain)]
        assert found == [(0, 1, 2), (0, 9, None), (1, 2, None), (1, 0, None)]

    def test_end_in_a_ring(self) -> None:
        ring = [
            Failure(0, 1, 2.0, 1.0, {1: 1.0}, {}, ""),
            Failure(1, 1, 2.0, 1.0, {0: 1.0}, {}, ""),
        ]
        found = [(link.failed, link.holder, link.fails) for link in links_from(ring[0], ring)]
        assert found == [(0, 1, 1), (1, 0, 1)]


class TestDebt:
    @given(recipes())
    @settings(max_examples=20)
    def test_all_of_it_falls_due_in_the_end(self, recipe: Recipe) -> None:
        chain = compile_chain(recipe.world())
        due, left = repayments_due(chain, 40)
        assert (due >= 0).all()
        assert due.sum() + left == pytest.approx(chain.debt.sum(), rel=1e-9, abs=1e-300)

    def test_the_first_quarter_is_what_the_laws_bill(self) -> None:
        books = books_of(Recipe(firms=6, seed=2))
        due, _ = repayments_due(books.chain, 4)
        assert due[0] == pytest.approx(books.paid[1, KIND["repayment"]].sum(), rel=1e-12)


class TestRunway:
    def test_is_cash_over_burn_for_those_who_burn(self) -> None:
        books = books_of(CRISIS)
        for firm, quarters in enumerate(runway(books)):
            kept = books.flows(0)[:, :, firm].sum() - books.flows(0)[:, firm].sum()
            new = sum(books.received[0, KIND[kind], firm] for kind in ("equity", "debt_drawn"))
            paid_out = books.paid[0, KIND["payout"], firm]
            burn = -(kept - new + paid_out)
            if burn > 1e-12:
                assert quarters == pytest.approx(books.cash[0, firm] / burn, rel=1e-9)
            else:
                assert quarters is None


class TestShares:
    def test_nobody_earns_nothing_to_share(self) -> None:
        shares, index = profit_shares(np.array([-1.0, 0.0]))
        assert shares.tolist() == [0.0, 0.0]
        assert index is None

    def test_an_empty_chain_has_no_loss_makers(self) -> None:
        found = loss_making(np.zeros(2), np.zeros(2), np.zeros(2))
        assert (found.firms, found.revenue, found.users_spending) == (None, None, None)

    def test_users_spending_is_what_segments_pay(self) -> None:
        books = books_of(CRISIS)
        sold = [one.amount for one in books.chain.world.contracts if one.kind == "sale"]
        every = np.ones(len(books.chain.line_ids), dtype=bool)
        assert users_spending(books, 0, every).sum() == pytest.approx(sum(sold))
        assert not users_spending(books, 0, ~every).any()


def test_commitments_stand_beside_cash() -> None:
    world = Recipe(firms=3, seed=1).world()
    first = next(one for one in world.contracts if one.kind == "input")
    bound = replace(first, committed=7.0)
    contracts = tuple(bound if one is first else one for one in world.contracts)
    chain = compile_chain(replace(world, contracts=contracts))
    found = commitments(Books(simulate(chain, neutral(chain, 1))))
    payer = chain.firm_ids.index(world.purse_of(first.payer))
    assert found.committed[payer] == 7.0
    assert found.committed.sum() == 7.0
    assert found.to_cash[payer] == pytest.approx(7.0 / found.cash[payer])
