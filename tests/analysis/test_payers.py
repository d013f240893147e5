"""Who ultimately pays over time: shares add up, dollars are kept, bounds hold what they should."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest
from hypothesis import given, settings

from cardhouse.analysis.books import Books
from cardhouse.analysis.payers import (
    EARNED,
    RAISED,
    UNTRACED,
    Payers,
    operating_cash,
    payments_to_lines,
    pro_rata_shares,
    sinks_of,
    trace_payers,
)
from cardhouse.analysis.tracing import own_money
from cardhouse.engine.chain import KIND, Array, compile_chain
from cardhouse.engine.drivers import neutral
from cardhouse.engine.simulate import simulate
from strategies import Recipe, recipes

QUARTERS = 5


@lru_cache(maxsize=64)
def traced(recipe: Recipe) -> Payers:
    chain = compile_chain(recipe.world())
    return trace_payers(Books(simulate(chain, neutral(chain, QUARTERS))))


def to_firms(payers: Payers) -> Array:
    books = payers.books
    payments = payments_to_lines(books, len(payers.source_of))
    return sinks_of(books.chain.firm_of_line, payments, books.firms)


@given(recipes())
def test_shares_add_to_one_for_whoever_sells(recipe: Recipe) -> None:
    payers = traced(recipe)
    shares, receipts = payers.shares(to_firms(payers))
    sold = receipts > 0
    assert (shares >= 0).all()
    assert (shares <= 1 + 1e-12).all()
    np.testing.assert_allclose(shares.sum(axis=2)[sold], 1.0, rtol=0, atol=1e-12)


@given(recipes())
def test_what_sells_was_paid(recipe: Recipe) -> None:
    payers = traced(recipe)
    books = payers.books
    sold = books.received_of(("sale", "input", "program", "capex"))
    np.testing.assert_allclose(to_firms(payers).sum(axis=1), sold, rtol=1e-9, atol=1e-300)


@given(recipes())
def test_dollars_of_every_source_are_kept(recipe: Recipe) -> None:
    """What a purse had and got of a source is what it paid and kept of it, in every quarter."""
    payers = traced(recipe)
    books, firms = payers.books, payers.books.firms
    for quarter in range(books.rows):
        mix, flows = payers.mix[quarter], payers.flows[quarter]
        got = payers.opening[quarter][:firms] + flows[:, :firms].T @ mix
        spent = books.flows(quarter)[:, :firms].sum(axis=(0, 2))
        used = (spent + books.cash[quarter])[:, None] * mix[:firms]
        largest = max(got.max(), 1e-300)
        known = [n for n, name in enumerate(payers.sources) if name != UNTRACED]
        np.testing.assert_allclose(got[:, known], used[:, known], rtol=0, atol=1e-9 * largest)


@given(recipes())
@settings(max_examples=20)
def test_nothing_is_untraced_where_everybody_had_cash(recipe: Recipe) -> None:
    payers = traced(recipe)
    assert not payers.mix[0][:, payers.sources.index(UNTRACED)].any()


@given(recipes())
@settings(max_examples=20)
def test_cash_of_those_who_burn_was_raised(recipe: Recipe) -> None:
    payers = traced(recipe)
    books = payers.books
    burns = operating_cash(books)[0] < 0
    opening = payers.opening[0][: books.firms]
    assert not opening[burns, payers.sources.index(EARNED)].any()
    assert not opening[~burns, payers.sources.index(RAISED)].any()


@given(recipes(most=5))
@settings(max_examples=15)
def test_with_own_money_apart_shares_lie_within_their_bounds(recipe: Recipe) -> None:
    payers = traced(recipe)
    payments = to_firms(payers)[0]
    for firm in range(payers.books.firms):
        if payments[:, firm].sum() <= 0:
            continue
        every = np.arange(len(payers.sources))
        least, most = payers.bounds(firm, payments[:, firm], every)
        own = own_money(payers.flows[0], payers.source_of, firm, payers.opening[0])
        share = payments[:, firm] @ own.mix[:, :-1] / payments[:, firm].sum()
        assert (least - 1e-9 <= share).all()
        assert (share <= most + 1e-9).all()


def test_cash_remembers_where_it_came_from() -> None:
    """With no new money later, purses go on paying with what they had."""
    payers = traced(Recipe(firms=3, seed=5, debt=False))
    fresh = payers.flows[1:].sum(axis=1)
    assert fresh.any()
    share = payers.mix[-1][: payers.books.firms, payers.sources.index(EARNED)]
    first = payers.mix[0][: payers.books.firms, payers.sources.index(EARNED)]
    assert (share > 0).all()
    assert (share < first).all()


def test_money_of_an_investing_firm_is_traced_on() -> None:
    """No firm is among the sources."""
    payers = traced(Recipe(firms=6, seed=1, stationary=False))
    assert set(payers.sources).isdisjoint(payers.books.chain.firm_ids)
    assert payers.books.flows(0)[KIND["input"]].any()


def test_a_round_trip_is_the_share_of_own_money() -> None:
    payers = traced(Recipe(firms=6, seed=3, stationary=False))
    payments = to_firms(payers)[0]
    shares = [payers.own_share(firm, payments[:, firm]) for firm in range(payers.books.firms)]
    assert max(shares) > 0
    assert min(shares) >= 0
    own = own_money(payers.flows[0], payers.source_of, 0, payers.opening[0])
    assert shares[0] == pytest.approx(
        float(payments[:, 0] @ own.mix[:, -1] / payments[:, 0].sum()), rel=1e-12
    )


@given(recipes())
def test_one_seller_alone_is_traced_as_among_all(recipe: Recipe) -> None:
    """The compiled trace of one seller gives what the trace of everybody gives for it."""
    payers = traced(recipe)
    sold = to_firms(payers)
    shares, _ = payers.shares(sold)
    for firm in range(payers.books.firms):
        sources, alone = pro_rata_shares(payers.books, sold[:, :, firm])
        assert sources == payers.sources
        np.testing.assert_allclose(alone, shares[:, firm], rtol=0, atol=1e-9)
