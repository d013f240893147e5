"""The subsidy ledger on invented economies: parts add up, sources add up, nothing twice."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cardhouse.analysis.books import Books
from cardhouse.analysis.cash_gaps import gaps_by_source
from cardhouse.analysis.ledger import Ledger, sources_of_money, subsidy_ledger
from cardhouse.analysis.parts import LineCosts, Mask
from cardhouse.engine.chain import KIND, compile_chain
from cardhouse.engine.drivers import neutral
from cardhouse.engine.simulate import simulate
from cardhouse.model.vocabulary import ContractKind as K
from cardhouse.model.world import Contract, World
from strategies import Recipe, recipes

QUARTERS = 6


@lru_cache(maxsize=64)
def books_of(recipe: Recipe) -> Books:
    chain = compile_chain(recipe.world())
    return Books(simulate(chain, neutral(chain, QUARTERS)))


def ledger_of(books: Books, part: Mask | None = None) -> Ledger:
    return subsidy_ledger(books, LineCosts(books), part)


def scale(books: Books) -> float:
    return float(np.abs(books.received).sum(axis=(1, 2)).max())


def odd_lines(books: Books) -> Mask:
    return np.arange(len(books.chain.line_ids)) % 2 == 1


every_part = st.sampled_from(["whole", "odd lines"])


def drawn(recipe: Recipe, part: str) -> tuple[Books, Ledger]:
    books = books_of(recipe)
    return books, ledger_of(books, None if part == "whole" else odd_lines(books))


@given(recipes(), every_part)
def test_the_cash_part_splits_exactly_over_its_sources(recipe: Recipe, part: str) -> None:
    books, ledger = drawn(recipe, part)
    assert (ledger.by_source >= 0).all()
    gap = np.abs(ledger.by_source.sum(axis=2) - ledger.cash_part)
    assert gap.max() <= 1e-12 * scale(books)


@given(recipes(), every_part)
def test_a_subsidy_is_cost_that_customers_did_not_pay(recipe: Recipe, part: str) -> None:
    books, ledger = drawn(recipe, part)
    short = np.maximum(0.0, ledger.full_cost - ledger.receipts)
    np.testing.assert_allclose(ledger.subsidy, short, rtol=0, atol=1e-12 * scale(books))
    np.testing.assert_allclose(
        ledger.cash_part + ledger.noncash_part, ledger.subsidy, rtol=0, atol=1e-12 * scale(books)
    )
    assert (ledger.cash_part >= 0).all()
    assert (ledger.noncash_part >= 0).all()


@given(recipes())
def test_sources_pay_for_every_use_of_money_that_no_customer_paid(recipe: Recipe) -> None:
    """Cash part + capex + repayments + all other uses = the money that the split divides."""
    books = books_of(recipe)
    ledger = ledger_of(books)
    cash_cost = books.per_firm(books.line_cost) + books.programs + books.interest
    _, money = sources_of_money(books, cash_cost, np.zeros_like(cash_cost))
    uses = books.paid_of((K.CAPEX, K.REPAYMENT, K.TAX, K.PAYOUT, K.EQUITY, "arrears"))
    uses = uses + books.paid_of(("default_costs",)) + np.maximum(books.change_in_cash, 0.0)
    uses = uses + ledger.cash_part
    subsidised = ledger.cash_part > 1e-12 * scale(books)
    gap = np.abs(money.sum(axis=2) - uses)[subsidised]
    assert gap.max(initial=0.0) <= 1e-9 * scale(books)


@given(recipes())
@settings(max_examples=20)
def test_parts_cover_the_whole_once(recipe: Recipe) -> None:
    books = books_of(recipe)
    odd = odd_lines(books)
    parts = [ledger_of(books, mask) for mask in (odd, ~odd)]
    whole = ledger_of(books)
    for name in ("revenue", "receipts", "full_cost"):
        both = sum(getattr(one, name) for one in parts)
        np.testing.assert_allclose(both, getattr(whole, name), rtol=1e-9, atol=1e-12 * scale(books))


@given(recipes())
@settings(max_examples=20)
def test_a_part_and_the_rest_are_the_whole_once(recipe: Recipe) -> None:
    """What a part's subsidy exceeds the whole's by is what the rest earned, and nothing else."""
    books = books_of(recipe)
    odd = odd_lines(books)
    part, rest, whole = ledger_of(books, odd), ledger_of(books, ~odd), ledger_of(books)
    small = 1e-9 * scale(books)
    gaps = [one.full_cost - one.receipts for one in (part, rest, whole)]
    np.testing.assert_allclose(gaps[0] + gaps[1], gaps[2], rtol=0, atol=small)
    earned = np.maximum(0.0, -gaps[0]) + np.maximum(0.0, -gaps[1])
    over = part.subsidy + rest.subsidy - np.maximum(0.0, gaps[2])
    assert (over >= -small).all()
    assert (over <= earned + small).all()
    assert (part.subsidy <= part.full_cost + small).all()


@given(recipes(), every_part)
@settings(max_examples=20)
def test_no_source_gives_more_than_it_gave(recipe: Recipe, part: str) -> None:
    """New money covers several uses, and all of them together once: no dollar stands twice."""
    books, ledger = drawn(recipe, part)
    for at, giver in enumerate(ledger.sources):
        if giver in books.chain.firm_ids or giver in _pools(books):
            node = books.chain.node_ids.index(giver)
            kinds = [KIND[K.EQUITY], KIND[K.DEBT_DRAWN]]
            for quarter in range(books.rows):
                given_ = books.flows(quarter)[kinds][:, node, : books.firms].sum(axis=0)
                gap = ledger.by_source[quarter, :, at] - given_
                assert gap.max() <= 1e-9 * scale(books)


def _pools(books: Books) -> set[str]:
    return {books.chain.node_ids[node] for node in books.chain.pool_nodes}


@given(recipes(), every_part)
@settings(max_examples=20)
def test_the_gap_with_its_plant_is_covered_by_its_sources(recipe: Recipe, part: str) -> None:
    """Cash costs and capex beyond receipts split over sources, where anybody gave money."""
    books = books_of(recipe)
    mask = np.ones(len(books.chain.line_ids), bool) if part == "whole" else odd_lines(books)
    costs, ledger = LineCosts(books), ledger_of(books, mask)
    gaps = gaps_by_source(books, costs, mask, ledger)
    spent = books.per_firm((costs.cash_cost + books.capex) * mask)
    want = np.maximum(0.0, spent - ledger.receipts)
    total = gaps.sum(axis=2)
    assert (gaps >= 0.0).all()
    same = np.abs(total - want) <= 1e-9 * scale(books)
    assert (same | (total == 0.0)).all()


@given(recipes())
@settings(max_examples=20)
def test_row_0_is_the_accounts(recipe: Recipe) -> None:
    world = recipe.world()
    ledger = ledger_of(books_of(recipe))
    for number, firm in enumerate(world.firms):
        assert ledger.receipts[0, number] == pytest.approx(_received(world, firm.id), rel=1e-12)
        assert ledger.full_cost[0, number] == pytest.approx(_cost(world, firm.id), rel=1e-12)


def _received(world: World, firm: str) -> float:
    kinds = (K.SALE, K.INPUT, K.PROGRAM, K.CAPEX, K.REVENUE_SHARE)
    sold = [one for one in world.contracts if one.kind in kinds]
    return sum(one.amount for one in sold if world.purse_of(one.payee) == firm)


def _cost(world: World, firm: str) -> float:
    kinds = (K.INPUT, K.COST, K.PROGRAM, K.REVENUE_SHARE, K.INTEREST)
    bought = [one for one in world.contracts if one.kind in kinds]
    spent = sum(one.amount for one in bought if world.purse_of(one.payer) == firm)
    worn = [line.plant.depreciation for line in world.lines if line.plant]
    owners = [world.purse_of(line.id) for line in world.lines if line.plant]
    return spent + sum(one for one, owner in zip(worn, owners, strict=True) if owner == firm)


@given(recipes(stationary=True))
@settings(max_examples=20)
def test_scale_does_not_matter(recipe: Recipe) -> None:
    small, large = books_of(recipe), books_of(replace(recipe, scale=recipe.scale * 1024.0))
    np.testing.assert_allclose(
        ledger_of(large).by_source, 1024.0 * ledger_of(small).by_source, rtol=1e-9,
        atol=1e-9 * scale(large),
    )  # fmt: skip


def test_cumulated_adds_quarter_to_quarter() -> None:
    ledger = ledger_of(books_of(Recipe(firms=5, stationary=False, seed=4)))
    whole = ledger.cumulated()
    np.testing.assert_allclose(whole.subsidy[-1], ledger.subsidy.sum(axis=0), rtol=1e-12)
    np.testing.assert_allclose(whole.by_source.sum(axis=2), whole.cash_part, atol=1e-12)
    assert whole.sources == ledger.sources


def test_customers_who_fail_leave_bills_that_count_as_a_subsidy() -> None:
    """Where somebody fails, its unpaid bills carry part of somebody's cost."""
    books = books_of(Recipe(firms=8, stationary=False, seed=0))
    assert books.trajectory.of_record("failed").any()
    ledger = ledger_of(books)
    unpaid = ledger.by_source[:, :, ledger.sources.index("unpaid_bills")]
    assert unpaid.sum() > 0


def worked() -> World:
    """One firm: revenue 3, labour 8, depreciation 1; 4 from venture, 2 of its own cash."""
    world = Recipe(firms=1, plant=False, debt=False, free_use=False, seed=1).world()
    fixed = (
        Contract(K.SALE, "payers", "line0", 3.0),
        Contract(K.COST, "line0", "labour", 8.0),
        Contract(K.EQUITY, "venture", "firm0", 4.0),
        Contract(K.TAX, "firm0", "tax", 1.0),
    )
    return replace(world, contracts=fixed)


def test_a_case_worked_by_hand() -> None:
    chain = compile_chain(worked())
    ledger = ledger_of(Books(simulate(chain, neutral(chain, 1))))
    split = dict(zip(ledger.sources, ledger.by_source[0, 0], strict=True))
    assert ledger.subsidy[0, 0] == pytest.approx(5.0)
    assert split["venture"] == pytest.approx(5.0 * 4.0 / 6.0)
    assert split["cash"] == pytest.approx(5.0 * 2.0 / 6.0)
