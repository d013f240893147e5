"""Bills: what is owed to whom, by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from cardhouse.engine.bills import Invoices, Spending, Terms, fixed_costs, write_invoices
from cardhouse.engine.contracts import rents
from cardhouse.engine.debts import maturing
from cardhouse.engine.discretion import everything
from cardhouse.engine.links import KIND
from cardhouse.engine.moment import Moment
from cardhouse.engine.volumes import Deliveries
from cardhouse.model.vocabulary import ContractKind as K
from cardhouse.model.world import Contract, Debt, Firm, Plant, Pool, World
from strategies import hand_made, moment_of

PLANT = Plant(gross=24.0, net=12.5, depreciation=1.0)


def economy(*more: tuple, **firm: Any) -> World:
    """Return a firm that sells 10, buys 2, pays labour 3, buys plant and owes 8 at 1 %."""
    rows = [
        (K.SALE, "users", "line", 10.0),
        (K.SALE, "guests", "line", 0.0, {"pays": 0.0, "volume": 2.0}),
        (K.SALE, "others", "maker", 1.0),
        (K.INPUT, "line", "maker", 2.0),
        (K.COST, "line", "labour", 3.0),
        (K.COST, "line", "energy", 0.6, {"fixed": 1.0}),
        (K.CAPEX, "line", "maker", 0.75),
        (K.CAPEX, "line", "energy", 0.25),
        (K.INTEREST, "firm", "bank", 0.08),
        (K.REPAYMENT, "firm", "bank", 0.4),
        (K.TAX, "firm", "tax", 0.664),
        (K.PAYOUT, "firm", "shareholders", 1.0),
        *more,
    ]
    return hand_made(
        rows,
        lines={"line": "firm", "maker": "seller"},
        terms_of_lines={"line": {"plant": PLANT}},
        firms=[Firm("firm", 5.0, **firm)],
        pools=[Pool("bank", "debt", rate=0.01)],
        debts=[Debt("firm", "bank", 8.0, 0.01, 20.0)],
    )


def billed(
    now: Moment,
    *,
    charged: tuple = (1.0, 1.0),
    delivered: float = 1.0,
    backed: float = 0.0,
    **changes: Any,
) -> Invoices:
    chain = now.chain
    volume = now.state.volume
    deliveries = Deliveries(
        final=chain.sales.volume[None] * now.line_alive[:, chain.sales.line],
        inputs=chain.intensity[None] * volume[:, :, None],
        programs=np.zeros((1, 2, 2)),
        orders=np.array([[[0.0, 0.75 * delivered], [0.0, 0.0]]]),
        backed=np.full((1, len(chain.buy_backs.cap)), backed),
        volume=volume,
        unserved=np.zeros((1, 1)),
        explosive=np.zeros((1, 1), dtype=bool),
    )
    index = 0.75 * charged[1] + 0.25
    terms = Terms(
        charged=np.array([charged]),
        plan=np.array([[index, 0.0]]),
        programs=np.ones((1, 2)),
        fixed=fixed_costs(chain, now.state),
        worn=np.array([[1.0, 0.0]]),
        demand_index=np.ones((1, 1)),
        maturing=maturing(now),
        rents=rents(chain, now.state, now.quarter),
    )
    spending = changes.pop("spending", everything(now))
    return write_invoices(now, deliveries, replace(terms, **changes), spending)


def paid(now: Moment, invoices: Invoices, kind: str, payer: str, payee: str) -> float:
    names = now.chain.node_ids
    return float(invoices.flows[0, KIND[kind], names.index(payer), names.index(payee)])


def test_row_0_bills_what_row_0_paid() -> None:
    now = moment_of(economy())
    found = billed(now)
    np.testing.assert_allclose(found.flows[0], now.chain.flows, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(found.due[0], now.chain.opening, rtol=1e-12, atol=1e-15)
    np.testing.assert_array_equal(found.bought, found.due)


def test_prices_raise_bills_and_free_use_pays_nothing() -> None:
    now = moment_of(economy())
    found = billed(now, charged=(1.5, 2.0))
    assert paid(now, found, "sale", "users", "firm") == pytest.approx(15.0)
    assert paid(now, found, "sale", "guests", "firm") == 0.0
    assert paid(now, found, "input", "firm", "seller") == pytest.approx(4.0)
    assert paid(now, found, "capex", "firm", "seller") == pytest.approx(1.5)
    assert paid(now, found, "capex", "firm", "energy") == pytest.approx(0.25)
    assert found.line_revenue[0].tolist() == pytest.approx([15.0, 2.0 + 4.0 + 1.5])


def test_what_cannot_be_delivered_is_not_bought_from_others_either() -> None:
    now = moment_of(economy())
    found = billed(now, delivered=0.5)
    assert found.capex[0, 0] == pytest.approx(0.5)
    assert paid(now, found, "capex", "firm", "energy") == pytest.approx(0.125)


def test_tax_is_a_share_of_the_result_after_interest() -> None:
    now = moment_of(economy())
    profit = 10.0 - 2.0 - 3.0 - 0.6 - 1.0
    assert billed(now).profit[0, 0] == pytest.approx(profit)
    assert now.chain.purses.tax_rate[0] == pytest.approx(0.664 / (profit - 0.08))
    worn = np.array([[9.0, 0.0]])
    assert paid(now, billed(now, worn=worn), "tax", "firm", "tax") == 0.0


@pytest.mark.parametrize(
    ("cash", "floor", "expected"),
    [(5.0, 0.0, 1.0), (0.0, 0.0, 1.0), (0.0, 3.0, 0.0), (0.0, 1.756, 0.75)],
)
def test_payouts_stop_at_the_floor(cash: float, floor: float, expected: float) -> None:
    now = moment_of(economy(cash_floor=floor), state={"cash": np.array([[cash, 0.0]])})
    left = 10.0 - 2.0 - 3.0 - 0.6 - 1.0 - 0.08 - 0.664
    found = paid(now, billed(now), "payout", "firm", "shareholders")
    assert found == pytest.approx(min(1.0, max(0.0, cash + left - floor)), abs=1e-9)
    assert found == pytest.approx(expected, abs=0.2)


def test_payouts_follow_their_own_trend() -> None:
    now = moment_of(economy(payout_growth=0.02), quarter=3)
    assert paid(now, billed(now), "payout", "firm", "shareholders") == pytest.approx(np.exp(0.06))


@pytest.mark.parametrize("index", [0.5, 1.0, 1.5])
def test_other_business_swings_with_demand_and_its_lever(index: float) -> None:
    world = economy(
        (K.OTHER_BUSINESS, "other_business", "firm", 2.0), other_growth=0.01, other_beta=0.4
    )
    now = moment_of(world, quarter=2, drivers={"other_business": np.full((13, 2), 0.5)})
    found = billed(now, demand_index=np.array([[index]]))
    expected = 2.0 * np.exp(0.02) * (1.0 + 0.4 * (index - 1.0)) * 0.5
    assert paid(now, found, "other_business", "other_business", "firm") == pytest.approx(expected)


def test_other_business_that_costs_is_a_bill_that_no_lever_cuts() -> None:
    world = economy((K.OTHER_BUSINESS, "firm", "other_business", 2.0))
    now = moment_of(world, drivers={"other_business": np.zeros((13, 2))})
    assert paid(now, billed(now), "other_business", "firm", "other_business") == 2.0


def test_fixed_cost_moves_with_capacity_only() -> None:
    now = moment_of(economy(), state={"capacity": np.array([[18.0, 0.0]])})
    assert paid(now, billed(now), "cost", "firm", "energy") == pytest.approx(0.6 * 18.0 / 15.0)


def test_revenue_shares_go_to_the_living() -> None:
    world = economy((K.REVENUE_SHARE, "line", "seller", 1.0))
    now = moment_of(world)
    found = billed(now, charged=(2.0, 1.0))
    assert paid(now, found, "revenue_share", "firm", "seller") == pytest.approx(2.0)
    assert found.revenue[0].tolist() == pytest.approx([20.0, 1.0 + 2.0 + 0.75 + 2.0])
    dead = moment_of(world, state={"alive": np.array([[True, False]])})
    assert paid(dead, billed(dead), "revenue_share", "firm", "seller") == 0.0


def test_a_rent_is_a_cost_of_its_line_and_a_bill_of_its_firm() -> None:
    bare, now = moment_of(economy()), moment_of(economy((K.LEASE, "line", "energy", 0.7)))
    found = billed(now)
    assert paid(now, found, "lease", "firm", "energy") == 0.7
    assert billed(bare).profit[0, 0] - found.profit[0, 0] == pytest.approx(0.7)


def test_each_loan_is_billed_for_itself() -> None:
    world = economy()
    bullet = Debt("firm", "bank", 4.0, 0.03, 1.0, bullet=True)
    now = moment_of(replace(world, debts=(*world.debts, bullet)))
    links, found = now.chain.links, billed(now)
    scale = 0.08 / (8.0 * 0.01 + 4.0 * 0.03)
    interest, repaid = (found.due[0, links.of(kind)] for kind in ("interest", "repayment"))
    assert interest.tolist() == pytest.approx([0.08 * scale, 0.12 * scale, 0.0])
    assert repaid.tolist() == pytest.approx([0.4, 4.0, 0.0])
    assert found.paid_in("repayment")[0].tolist() == pytest.approx([4.4, 0.0])


def test_what_is_bought_on_credit_is_a_cost_now_and_a_bill_later() -> None:
    world = economy()
    terms = {"credit_share": 0.25, "credit_quarters": 2.0}
    lent = tuple(
        replace(one, terms=terms) if one.kind is K.INPUT else one for one in world.contracts
    )
    before = moment_of(world)
    owed = np.array([[[0.1], [0.0]]])
    now = moment_of(replace(world, contracts=lent), state={"payables": owed})
    found, usual = billed(now, charged=(1.0, 2.0)), billed(before, charged=(1.0, 2.0))
    assert paid(now, found, "input", "firm", "seller") == pytest.approx(0.75 * 4.0 + 0.1)
    assert found.payables[0, :, 0].tolist() == pytest.approx([0.0, 0.25 * 4.0])
    np.testing.assert_array_equal(found.revenue, usual.revenue)
    np.testing.assert_array_equal(found.profit, usual.profit)
    assert usual.owed[0, 0] - found.owed[0, 0] == pytest.approx(0.25 * 4.0 - 0.1)


def test_what_is_not_due_yet_can_be_paid_out() -> None:
    world = economy(cash_floor=5.2)
    lent = tuple(
        replace(one, terms={"credit_share": 1.0}) if one.kind is K.INPUT else one
        for one in world.contracts
    )
    state = {"payables": np.zeros((1, 1, 1)), "cash": np.array([[3.0, 0.0]])}
    now = moment_of(replace(world, contracts=lent), state=state)
    left = 10.0 - 3.0 - 0.6 - 1.0 - 0.08 - 0.664
    assert 3.0 + left - 5.2 > 1.0
    assert paid(now, billed(now), "payout", "firm", "shareholders") == pytest.approx(1.0)
    short = moment_of(world, state={"cash": np.array([[3.0, 0.0]])})
    found = paid(short, billed(short), "payout", "firm", "shareholders")
    assert found == pytest.approx(3.0 + left - 2.0 - 5.2)


def test_a_shortfall_is_revenue_of_its_seller_and_a_cost_of_its_buyer() -> None:
    world = economy()
    committed = tuple(
        replace(one, committed=60.0) if one.kind is K.INPUT else one for one in world.contracts
    )
    bare, now = moment_of(world), moment_of(replace(world, contracts=committed))
    found, usual = billed(now), billed(bare)
    assert paid(now, found, "shortfall", "firm", "seller") == pytest.approx(60.0 / 20.0 - 2.0)
    assert (found.revenue - usual.revenue)[0].tolist() == pytest.approx([0.0, 1.0])
    assert (found.profit - usual.profit)[0].tolist() == pytest.approx([-1.0, 1.0])
    assert (found.line_revenue - usual.line_revenue)[0].tolist() == pytest.approx([0.0, 1.0])


def test_a_buyer_of_last_resort_pays_the_price_of_the_quarter() -> None:
    world = economy()
    back = Contract(K.BUY_BACK, "seller", "line", 0.0, committed=9.0)
    now = moment_of(replace(world, contracts=(*world.contracts, back)))
    found = billed(now, charged=(1.5, 1.0), backed=2.0)
    assert paid(now, found, "buy_back", "seller", "firm") == pytest.approx(3.0)
    assert found.line_revenue[0, 0] == pytest.approx(15.0 + 3.0)
    assert found.backed[0].tolist() == [2.0]
    usual = billed(now, charged=(1.5, 1.0))
    assert (found.profit - usual.profit)[0].tolist() == pytest.approx([3.0, -3.0])


def test_bills_of_a_line_are_those_of_its_buyers() -> None:
    now = moment_of(economy())
    found, node = billed(now), now.chain.node_ids.index
    assert found.by_line[0].sum(axis=0).tolist() == pytest.approx(found.line_revenue[0].tolist())
    assert found.by_line[0, node("users")].tolist() == [10.0, 0.0]
    assert found.by_line[0, node("firm")].tolist() == pytest.approx([0.0, 2.0 + 0.75])


def test_arrears_are_billed_again_once() -> None:
    before = moment_of(economy())
    links = before.chain.links
    at = links.of("arrears")
    mine = (links.payer[at] == 0) & (links.payee[at] == 1)
    assert mine.sum() == 1
    now = moment_of(economy(), state={"arrears": 0.3 * mine[None]})
    found = billed(now)
    assert paid(now, found, "arrears", "firm", "seller") == 0.3
    assert found.owed[0, 0] - billed(before).owed[0, 0] == pytest.approx(0.3)
    assert found.expected[0, 1] - billed(before).expected[0, 1] == pytest.approx(0.3)


def test_spending_at_will_is_cut_by_shares() -> None:
    now = moment_of(economy())
    half = np.full((1, 2), 0.5)
    whole = np.ones((1, 2))
    kept = np.ones((1, now.chain.links.nodes))
    found = billed(now, spending=Spending(capex=whole, programs=whole, payout=half, kept=kept))
    assert paid(now, found, "payout", "firm", "shareholders") == pytest.approx(0.5)
