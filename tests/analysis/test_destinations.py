"""Where money ends: dollars are neither lost nor made, forwards and backwards agree."""

from __future__ import annotations

from functools import lru_cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cardhouse.analysis.books import Books
from cardhouse.analysis.destinations import (
    COMES_BACK,
    IDLE_CASH,
    PROFIT_KEPT,
    follow_money,
    follow_together,
    list_sources,
)
from cardhouse.analysis.payers import trace_payers
from cardhouse.analysis.rules import OWN_MONEY, RULES
from cardhouse.engine.chain import compile_chain
from cardhouse.engine.drivers import neutral
from cardhouse.engine.simulate import simulate
from cardhouse.errors import InputError
from strategies import Recipe, recipes

QUARTERS = 4
FOLLOWED = [rule for rule in RULES if rule != OWN_MONEY]


@lru_cache(maxsize=32)
def books_of(recipe: Recipe) -> Books:
    chain = compile_chain(recipe.world())
    return Books(simulate(chain, neutral(chain, QUARTERS)))


@given(recipes(most=6), st.sampled_from(FOLLOWED), st.sampled_from([None, QUARTERS]))
@settings(max_examples=40)
def test_what_was_paid_ends_somewhere(recipe: Recipe, rule: str, last: int | None) -> None:
    books = books_of(recipe)
    for source in list_sources(books):
        try:
            found = follow_money(books, source, rule, last=last)
        except InputError:
            continue  # it pays nothing in these quarters
        assert all(0.0 < amount <= found.dollars * (1 + 1e-9) for amount in found.ends.values())
        assert sum(found.shares.values()) == pytest.approx(1.0, abs=1e-9)


@given(recipes(stationary=True, most=6), st.sampled_from(FOLLOWED))
@settings(max_examples=20)
def test_every_dollar_at_an_end_is_somebodys(recipe: Recipe, rule: str) -> None:
    """All sources together pay the wages of the quarter: forwards says what the books say."""
    books = books_of(recipe)
    sources = [name for name in list_sources(books) if name not in books.chain.firm_ids]
    found = follow_together(books, sources, rule)
    for payee in ("labour", "shareholders"):
        paid = books.flows(0)[:, :, books.chain.node_ids.index(payee)].sum()
        told = sum(one.ends.get((payee, payee), 0.0) for one in found.values())
        assert told == pytest.approx(paid, rel=1e-9, abs=1e-300)
    kept = sum(
        amount
        for one in found.values()
        for (sink, _), amount in one.ends.items()
        if sink in (PROFIT_KEPT, IDLE_CASH)
    )
    assert kept == pytest.approx(books.cash[0].sum(), rel=1e-9)


@given(recipes(most=6), st.sampled_from(FOLLOWED))
@settings(max_examples=20)
def test_forwards_is_backwards_read_the_other_way(recipe: Recipe, rule: str) -> None:
    """What users' money pays in wages is the users' share of what those who pay wages pay with."""
    books = books_of(recipe)
    payers = trace_payers(books, rule, rows=1)
    labour, firms = books.chain.node_ids.index("labour"), books.firms
    column = payers.sources.index("payers")
    expected = books.flows(0)[:, :firms, labour].sum(axis=0) @ payers.mix[0, :firms, column]
    found = follow_money(books, "payers", rule)
    assert found.ends.get(("labour", "labour"), 0.0) == pytest.approx(expected, rel=1e-9)


def test_together_or_alone_is_the_same() -> None:
    books = books_of(Recipe(firms=5, seed=3, stationary=False))
    sources = ["payers", "venture", "lender"]
    together = follow_together(books, sources, last=QUARTERS)
    for source in sources:
        alone = follow_money(books, source, last=QUARTERS)
        assert together[source].dollars == pytest.approx(alone.dollars)
        assert together[source].ends == pytest.approx(alone.ends)


def test_what_returns_to_a_firm_comes_back() -> None:
    books = books_of(Recipe(firms=6, seed=3, stationary=False))
    back = [
        follow_money(books, name).by_sink().get(COMES_BACK, 0.0) for name in firms_that_pay(books)
    ]
    assert max(back) > 0.0
    assert max(back) < 1.0


def firms_that_pay(books: Books) -> list[str]:
    paid = books.flows(0).sum(axis=(0, 2))
    return [name for at, name in enumerate(books.chain.firm_ids) if paid[at] > 0]


def test_profit_is_kept_where_the_quarter_brought_in_cash() -> None:
    books = books_of(Recipe(firms=6, seed=1, stationary=False))
    found = follow_money(books, "payers")
    for firm, name in enumerate(books.chain.firm_ids):
        sink = PROFIT_KEPT if books.cash_result[0, firm] > 0 else IDLE_CASH
        other = IDLE_CASH if sink == PROFIT_KEPT else PROFIT_KEPT
        assert (other, name) not in found.ends
    assert any(sink == IDLE_CASH for sink, _ in found.ends)


def test_a_wrong_source_is_mended() -> None:
    books = books_of(Recipe(firms=3, seed=1))
    with pytest.raises(InputError, match="Did you mean 'payers'"):
        follow_money(books, "payrs")
    with pytest.raises(InputError, match="'sold_plant' pays nothing in these quarters"):
        follow_money(books, "sold_plant")
