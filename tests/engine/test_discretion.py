"""What a firm short of money cuts, in which order, and what it never cuts."""

from __future__ import annotations

import numpy as np
import pytest

from cardhouse.engine.arrays import KIND
from cardhouse.engine.bills import Invoices
from cardhouse.engine.discretion import everything, within_means
from cardhouse.engine.funding import Funding
from cardhouse.engine.moment import Moment
from cardhouse.model.vocabulary import ContractKind as K
from cardhouse.model.world import Firm
from strategies import hand_made, moment_of


def billed(wages: float = 4.0) -> tuple[Moment, Invoices]:
    """Return a firm with cash 1 that owes wages, payouts 1, plant 2 and programs 3."""
    rows = [(K.SALE, "users", "line", 2.0), (K.SALE, "users", "other", 1.0)]
    world = hand_made(rows, lines={"line": "firm", "other": "vendor"}, firms=[Firm("firm", 1.0)])
    now = moment_of(world, parameters={"payment_margin": 1.0})
    accounts, nodes = now.chain.accounts, len(now.chain.node_ids)
    flows = np.zeros((1, len(KIND), nodes, nodes))
    for kind, account, amount in (
        ("cost", "labour", wages),
        ("payout", "shareholders", 1.0),
        ("capex", "energy", 2.0),
        ("program", "labour", 3.0),
    ):
        flows[0, KIND[kind], 0, accounts[account]] = amount
    nothing = np.zeros((1, 2))
    invoices = Invoices(
        flows=flows,
        by_line=np.zeros((1, nodes, 2)),
        capex=np.array([[2.0, 0.0]]),
        profit=nothing,
        revenue=nothing,
        line_revenue=nothing,
        programs=np.array([[3.0, 0.0]]),
    )
    return now, invoices


def money(now: Moment, amount: float, given: float = 0.0) -> Funding:
    nodes = len(now.chain.node_ids)
    equity = np.zeros((1, nodes, 2))
    equity[0, -1, 0], equity[0, 0, 1] = amount, given
    nothing = np.zeros((1, 2))
    return Funding(equity, np.zeros((1, 2, 0)), stress=nothing, unmet=nothing[:, :1])


@pytest.mark.parametrize(
    ("raised", "payout", "capex", "programs"),
    [
        (9.0, 1.0, 1.0, 1.0),
        (8.5, 0.5, 1.0, 1.0),
        (7.0, 0.0, 0.5, 1.0),
        (6.0, 0.0, 0.0, 1.0),
        (5.0, 0.0, 0.0, 2.0 / 3.0),
        (1.0, 0.0, 0.0, 0.35),
    ],
)
def test_payouts_are_cut_first_then_orders_then_programs_to_their_floor(
    raised: float, payout: float, capex: float, programs: float
) -> None:
    now, invoices = billed()
    found = within_means(now, invoices, money(now, raised))
    assert found.payout[0, 0] == pytest.approx(payout)
    assert found.capex[0, 0] == pytest.approx(capex)
    assert found.programs[0, 0] == pytest.approx(programs)
    assert found.capex[0, 1] == found.payout[0, 1] == 1.0


def test_a_margin_over_bills_is_kept() -> None:
    now, invoices = billed()
    now = moment_of(now.chain.world, parameters={"payment_margin": 1.05})
    found = within_means(now, invoices, money(now, 9.0))
    assert found.payout[0, 0] == pytest.approx(1.0 - 0.05 * 10.0)


def test_receipts_count_and_money_given_to_others_does_not() -> None:
    now, invoices = billed()
    invoices.flows[0, KIND["sale"], now.chain.node_ids.index("users"), 0] = 8.5
    assert within_means(now, invoices, money(now, 0.0)).payout[0, 0] == pytest.approx(0.5)
    found = within_means(now, invoices, money(now, 0.0, given=0.25))
    assert found.payout[0, 0] == pytest.approx(0.25)


def test_programs_under_stress_are_not_cut_below_the_floor_of_their_budget() -> None:
    now, invoices = billed()
    stressed = moment_of(now.chain.world, state={"stress": np.array([[1.0, 0.0]])})
    found = within_means(stressed, invoices, money(now, 0.0))
    assert found.programs[0, 0] == pytest.approx(1.0)


def test_everything_is_everything() -> None:
    now, _ = billed()
    assert {1.0} == {float(part.min()) for part in vars(everything(now)).values()}
