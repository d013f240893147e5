"""Compiling a world: coefficients per unit, positions, terms, rivals."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from cardhouse.engine.arrays import (
    ARREARS,
    EVERYTHING,
    NO_CLAIM,
    SECURED,
    SUBORDINATED,
    TRADE,
    WAGES_AND_TAX,
)
from cardhouse.engine.chain import Chain, compile_chain
from cardhouse.engine.chain_links import class_of_node
from cardhouse.engine.chain_purses import read_condition
from cardhouse.engine.links import KIND
from cardhouse.engine.names import Names
from cardhouse.engine.state import opening_state
from cardhouse.model.vocabulary import ContractKind as K
from cardhouse.model.vocabulary import EntityKind as E
from cardhouse.model.world import Contract, Debt, Entity, Firm, Plant, Pool, World
from strategies import hand_made


def lab(**firm: Any) -> World:
    """Return a lab with a division, two lines, a cloud, a bank and a fund."""
    rows = [
        (K.SALE, "users", "chat", 8.0),
        (K.SALE, "guests", "chat", 0.0, {"pays": 0.0, "volume": 2.0}),
        (K.SALE, "users", "api", 4.0),
        (K.INPUT, "chat", "compute", 5.0, {"essential": 0.9}),
        (K.INPUT, "api", "compute", 1.0),
        (K.PROGRAM, "lab", "compute", 2.0),
        (K.COST, "chat", "labour", 3.0),
        (K.COST, "api", "energy", 1.0, {"fixed": 1.0}),
        (K.REVENUE_SHARE, "chat", "cloud", 1.6),
        (K.EQUITY, "fund", "lab", 2.0),
        (K.DEBT_DRAWN, "bank", "lab", 1.0),
        (K.INTEREST, "lab", "bank", 0.3),
        (K.REPAYMENT, "lab", "bank", 0.5),
        (K.TAX, "cloud", "tax", 2.4),
        (K.OTHER_CASH, "other_business", "lab", 9.0),
    ]
    world = hand_made(
        rows,
        lines={"chat": "lab", "api": "lab", "compute": "cloud"},
        firms=[Firm("lab", 6.0, **firm), Firm("cloud", 1.0)],
        pools=[Pool("bank", "debt", rate=0.02, maturity_quarters=12.0), Pool("fund", "equity")],
        debts=[Debt("lab", "bank", 10.0, 0.01, 40.0)],
    )
    entities = [replace(e, parent="unit") if e.id == "api" else e for e in world.entities]
    entities.append(Entity("unit", "Unit", E.DIVISION, "firms", "", "lab"))
    return replace(world, entities=tuple(entities))


def test_volumes_count_free_use_and_intensities_are_per_unit_of_it() -> None:
    chain = compile_chain(lab())
    assert chain.volume.tolist() == [10.0, 4.0, 8.0]
    assert chain.intensity[:, 2].tolist() == [0.5, 0.25, 0.0]
    assert chain.variable_cost[0, chain.accounts["labour"]] == pytest.approx(0.3)
    assert chain.fixed_cost[1, chain.accounts["energy"]] == 1.0
    assert chain.essential[:, 2].tolist() == [0.9, 1.0, 0.0]


def test_a_divisions_line_is_paid_for_by_the_firm() -> None:
    chain = compile_chain(lab())
    assert chain.firm_of_line.tolist() == [0, 0, 1]
    assert chain.flows[KIND["input"], 0, 1] == 6.0
    state = opening_state(chain, 1)
    assert state.revenue[0].tolist() == pytest.approx([12.0, 8.0 + 1.6])
    spent = 6.0 + 3.0 + 1.0 + 2.0 + 1.6
    assert state.profit[0].tolist() == pytest.approx([12.0 - spent, 9.6])


def test_burn_leaves_out_financing_and_what_closes_the_books() -> None:
    purses = compile_chain(lab()).purses
    assert purses.burn[0] == pytest.approx(6.0 + 3.0 + 1.0 + 2.0 + 1.6 + 0.3 - 12.0)
    assert purses.runway[0] == pytest.approx(6.0 / 1.9)
    assert purses.runway[1] == 2.0, "no burn: the shortest runway"
    given = compile_chain(lab(runway_target_quarters=5.0, cash_per_capex=1.5)).purses
    assert (given.runway[0], given.cash_per_capex[0]) == (5.0, 1.5)


def test_tax_is_a_rate_on_the_result_of_row_0() -> None:
    rate = compile_chain(lab()).purses.tax_rate
    assert rate[1] == pytest.approx(2.4 / 9.6)
    assert rate[0] == 0.0


def test_what_was_paid_in_row_0_rules_rates_and_lives() -> None:
    chain = compile_chain(lab())
    loans = chain.loans
    assert chain.debt.tolist() == [[10.0, 0.0], [0.0, 0.0]]
    assert loans.rate[0] == pytest.approx(0.03)
    assert loans.life[0] == pytest.approx(20.0)
    new = loans.new_of[0, 0]
    assert (loans.amount[new], loans.rate[new]) == (0.0, 0.02)
    assert loans.life[new] == 12.0, "for new debt, the pool's"
    assert loans.new_of[1].tolist() == [-1, -1], "no access, no debt"


def with_loans(*debts: Debt, interest: float = 0.0, repaid: float = 0.0) -> Chain:
    """Return a firm with two lines and loans from a bank, which row 0 served."""
    served = [(K.INTEREST, "firm", "bank", interest), (K.REPAYMENT, "firm", "bank", repaid)]
    world = hand_made(
        [(K.SALE, "users", "line", 1.0), (K.SALE, "users", "hall", 1.0), *served],
        lines={"line": "firm", "hall": "firm"},
        terms_of_lines={"hall": {"plant": Plant(gross=24.0, net=12.5, depreciation=1.0)}},
        pools=[Pool("bank", "debt", rate=0.02, maturity_quarters=12.0)],
        debts=debts,
    )
    return compile_chain(world)


def test_rates_and_lives_of_several_loans_are_scaled_to_what_was_paid() -> None:
    debts = (
        Debt("firm", "bank", 10.0, 0.01, 40.0),
        Debt("firm", "bank", 8.0, 0.02, 16.0),
        Debt("firm", "bank", 6.0, 0.03, 5.0, bullet=True),
    )
    chain = with_loans(*debts, interest=0.66, repaid=1.0)
    loans, links = chain.loans, chain.links
    dearer, faster = 0.66 / (0.1 + 0.16 + 0.18), 1.0 / (0.25 + 0.5)
    assert loans.rate.tolist() == pytest.approx([0.01 * dearer, 0.02 * dearer, 0.03 * dearer, 0.02])
    lives = loans.life[[0, 1, 3]].tolist()
    assert lives == pytest.approx([40.0 / faster, 16.0 / faster, 12.0])
    assert loans.bullet.tolist() == [0, 0, 5, 0]
    assert loans.is_new.tolist() == [False, False, False, True]
    for kind, expected in (
        ("interest", [0.1 * dearer, 0.16 * dearer, 0.18 * dearer, 0.0]),
        ("repayment", [0.25 * faster, 0.5 * faster, 0.0, 0.0]),
    ):
        at = links.of(kind)
        assert chain.opening[at].tolist() == pytest.approx(expected)
        assert links.loan[at].tolist() == [0, 1, 2, 3]


def test_loans_that_row_0_did_not_serve_keep_their_terms() -> None:
    loans = with_loans(Debt("firm", "bank", 10.0, 0.01, 40.0)).loans
    assert loans.rate.tolist() == [0.01, 0.02]
    assert loans.life.tolist() == [40.0, 12.0]


def test_interest_on_loans_without_a_rate_is_shared_by_amount() -> None:
    debts = (Debt("firm", "bank", 6.0, 0.0, 40.0), Debt("firm", "bank", 2.0, 0.0, 20.0))
    chain = with_loans(*debts, interest=0.16)
    assert chain.loans.rate.tolist() == pytest.approx([0.02, 0.02, 0.02])


def test_no_loan_lives_less_than_a_quarter() -> None:
    chain = with_loans(Debt("firm", "bank", 10.0, 0.01, 4.0), repaid=50.0)
    assert chain.loans.life.tolist() == [1.0, 12.0]


def test_a_loan_has_a_class_and_a_collateral_of_its_own() -> None:
    debts = (
        Debt("firm", "bank", 1.0, 0.01, 40.0),
        Debt("firm", "bank", 1.0, 0.01, 40.0, seniority=1, collateral="hall"),
        Debt("firm", "bank", 1.0, 0.01, 40.0, seniority=3),
    )
    chain = with_loans(*debts)
    loans, links = chain.loans, chain.links
    classes = [TRADE, SECURED, SUBORDINATED, TRADE]
    assert loans.seniority.tolist() == classes
    assert loans.collateral.tolist() == [EVERYTHING, 1, EVERYTHING, EVERYTHING]
    for kind in ("interest", "repayment"):
        assert links.seniority[links.of(kind)].tolist() == classes
    assert links.seniority[links.of("debt_drawn")].tolist() == [NO_CLAIM] * 4


def test_debt_is_what_its_loans_add_up_to() -> None:
    debts = (Debt("firm", "bank", 1.0, 0.01, 40.0), Debt("firm", "bank", 2.0, 0.01, 3.0, True))
    chain = with_loans(*debts)
    assert chain.debt.tolist() == [[3.0]]
    two = np.array([[1.0, 2.0, 4.0], [0.0, 0.5, 0.0]])
    assert chain.debt_by_pool(two).tolist() == [[[7.0]], [[0.5]]]


def test_new_debt_may_arise_wherever_a_firm_may_ask_or_owes_already() -> None:
    pools = [Pool(name, "debt") for name in ("asked", "owed", "drawn", "line", "none")]
    rows = [(K.SALE, "users", "line_", 1.0), (K.DEBT_DRAWN, "drawn", "firm", 0.5)]
    world = hand_made(
        rows,
        lines={"line_": "firm"},
        firms=[Firm("firm", 1.0, access=("asked", "fund"))],
        pools=[*pools, Pool("fund", "equity")],
        debts=[Debt("firm", "owed", 3.0, 0.01, 20.0)],
    )
    line = Contract(K.CREDIT_LINE, "line", "firm", 0.0, {"quarters": 4.0}, committed=2.0)
    chain = compile_chain(replace(world, contracts=(*world.contracts, line)))
    new = chain.loans.new_of[0]
    assert (new >= 0).tolist() == [True, True, True, True, False, False]
    assert chain.loans.pool[new[:4]].tolist() == [0, 1, 2, 3]
    assert chain.loans.is_new[new[:4]].all()
    drawn = chain.opening[chain.links.of("debt_drawn")]
    assert drawn[new[2]] == drawn.sum() == 0.5, "what row 0 drew is new debt"
    lines = chain.credit_lines
    assert (lines.pool.tolist(), lines.firm.tolist()) == ([3], [0])
    assert (lines.limit.tolist(), lines.last.tolist()) == ([2.0], [4.0])


def test_supply_is_what_was_given() -> None:
    assert compile_chain(lab()).pools.supply.tolist() == [1.0, 2.0]


def test_revenue_shares_are_per_paid_dollar() -> None:
    assert compile_chain(lab()).revenue_share[0].tolist() == [0.0, pytest.approx(0.2)]


def test_creditors_have_classes() -> None:
    pools = [Pool(name, "debt", seniority=n) for name, n in (("a", 1), ("b", 2), ("c", 3))]
    rows = [(K.SALE, "users", "line", 1.0), (K.COST, "line", "labour", 0.1)]
    rows += [(K.COST, "line", "energy", 0.1), (K.PROGRAM, "firm", "desk", 0.1)]
    world = hand_made(
        rows,
        lines={"line": "firm", "desk": "bureau"},
        firms=[Firm("firm", 1.0, access=("a", "b", "c"))],
        pools=pools,
    )
    chain = compile_chain(world)
    assert chain.loans.seniority.tolist() == [SECURED, TRADE, SUBORDINATED]
    classes = dict(zip(chain.node_ids, class_of_node(Names.of(world)).tolist(), strict=True))
    assert classes["labour"] == classes["tax"] == WAGES_AND_TAX
    assert classes["firm"] == classes["energy"] == TRADE
    assert SECURED < ARREARS < TRADE
    links = chain.links
    for kind in ("interest", "repayment"):
        assert links.seniority[links.of(kind)].tolist() == [SECURED, TRADE, SUBORDINATED]
    assert links.seniority[links.of("cost")].tolist() == [WAGES_AND_TAX, TRADE]
    assert links.seniority[links.of("program")].tolist() == [TRADE]
    assert set(links.seniority[links.of("tax")].tolist()) == {WAGES_AND_TAX}
    assert set(links.seniority[links.of("arrears")].tolist()) == {ARREARS}
    unclaimed = ("sale", "payout", "equity", "default_costs", "debt_drawn", "liquidation")
    assert all((links.seniority[links.of(kind)] == NO_CLAIM).all() for kind in unclaimed)


def test_baskets_reach_the_other_sellers_of_their_market() -> None:
    rows = [
        (K.SALE, "users", "a", 1.0, {"growth": 0.1}),
        (K.SALE, "users", "b", 2.0),
        (K.SALE, "firms", "c", 3.0, {"elasticity": 2.0}),
        (K.SALE, "home", "c", 0.0, {"pays": 0.0, "own_use": 1.0, "volume": 1.0}),
        (K.SALE, "users", "else", 9.0),
    ]
    names = ("a", "b", "c", "else")
    markets = dict.fromkeys("abc", "m")
    chain = compile_chain(hand_made(rows, lines={n: f"firm_{n}" for n in names}, markets=markets))
    sales, node = chain.sales, chain.node_ids.index
    assert sales.basket[:5].tolist() == [0, 0, 1, 2, 3]
    assert (sales.volume[5:] == 0).all()
    extra = sorted(zip(sales.segment[5:].tolist(), sales.line[5:].tolist(), strict=True))
    users, firms = node("users"), node("firms")
    assert extra == sorted([(users, 2), (firms, 0), (firms, 1)])
    assert sales.elasticity[5:][sales.segment[5:] == firms].tolist() == [2.0, 2.0]


@pytest.mark.parametrize(
    ("text", "measure", "at_least", "bound"),
    [
        ("revenue >= 1.5", "revenue", True, 1.5),
        (" growth<=-0.05 ", "growth", False, -0.05),
        ("cash >= 3", "cash", True, 3.0),
    ],
)
def test_conditions_that_can_be_tested(
    text: str, measure: str, at_least: bool, bound: float
) -> None:
    found = read_condition(text)
    assert found is not None
    assert (found.measure, found.at_least, found.bound) == (measure, at_least, bound)


@pytest.mark.parametrize("text", ["", "revenue", "users >= 3", "revenue > 3", "when it is built"])
def test_words_are_no_condition(text: str) -> None:
    assert read_condition(text) is None


def test_order_of_rows_is_the_order_of_axes() -> None:
    chain = compile_chain(lab())
    assert chain.line_ids == ("chat", "api", "compute")
    assert chain.node_ids[:4] == ("lab", "cloud", "users", "guests")
    assert [chain.node_ids[node] for node in chain.pool_nodes] == ["bank", "fund"]
    assert np.array_equal(chain.flows.sum(axis=0)[2, :2], [12.0, 0.0])
