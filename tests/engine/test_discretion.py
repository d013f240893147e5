"""What a firm short of money cuts, in which order, and what it never cuts."""

from __future__ import annotations

import numpy as np
import pytest

from cardhouse.engine.bills import Invoices
from cardhouse.engine.discretion import everything, within_means
from cardhouse.engine.funding import Funding
from cardhouse.engine.moment import Moment
from cardhouse.model.vocabulary import ContractKind as K
from cardhouse.model.world import Firm, Plant, Pool
from strategies import hand_made, moment_of

FREE = Plant(gross=0.0, net=0.0, depreciation=0.0)


def billed(wages: float = 4.0, leased: float = 0.0) -> tuple[Moment, Invoices]:
    """Return a firm with cash 1 that owes wages, payouts 1, plant 2 and programs 3.

    A share of the plant may be ``leased``.
    """
    rows = [
        (K.SALE, "users", "line", 2.0),
        (K.SALE, "users", "other", 1.0),
        (K.COST, "line", "labour", 0.0),
        (K.CAPEX, "line", "energy", 0.0, {"leased": leased}),
        (K.PROGRAM, "firm", "labour", 0.0),
    ]
    world = hand_made(
        rows,
        lines={"line": "firm", "other": "vendor"},
        terms_of_lines={"line": {"plant": FREE}},
        firms=[Firm("firm", 1.0, access=("lessor",) if leased else ())],
        pools=[Pool("lessor", "lease")] if leased else [],
    )
    now = moment_of(world, parameters={"payment_margin": 1.0})
    links = now.chain.links
    due = links.empty(1)
    for group, amount in (
        ("cost", wages),
        ("capex_outside", 2.0),
        ("program_outside", 3.0),
    ):
        due[0, links.of(group)] = amount
    due[0, links.of("payout")] = [1.0, 0.0]
    nothing = np.zeros((1, 2))
    invoices = Invoices(
        links=links,
        due=due,
        bought=due.copy(),
        payables=np.zeros_like(now.state.payables),
        capex=np.array([[2.0, 0.0]]),
        capex_due=np.array([[2.0, 0.0]]),
        profit=nothing,
        revenue=nothing,
        programs=np.array([[3.0, 0.0]]),
        in_kind=nothing,
        backed=np.zeros((1, 0)),
    )
    return now, invoices


def money(now: Moment, amount: float, given: float = 0.0, leased: float = 0.0) -> Funding:
    """Return money raised by the firm, given by it to the other, and the share that is leased."""
    _, firms, nodes, pools = now.chain.shape
    loans = now.chain.loans
    equity = np.zeros((1, nodes, firms))
    equity[0, -1, 0], equity[0, 0, 1] = amount, given
    nothing = np.zeros((1, firms))
    return Funding(
        equity=equity,
        kept=np.ones((1, nodes)),
        drawn=np.zeros((1, len(loans.amount))),
        leased=np.full((1, firms, pools), leased),
        line_drawn=np.zeros((1, 0)),
        stress=nothing,
        unmet=nothing[:, :1],
        firm_of_loan=loans.firm,
    )


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
    invoices.due[0, now.chain.links.of("sale")] = [8.5, 0.0]
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


@pytest.mark.parametrize(
    ("raised", "payout", "capex"),
    [(8.5, 1.0, 1.0), (8.0, 0.5, 1.0), (7.0, 0.0, 2.0 / 3.0), (6.0, 0.0, 0.0)],
)
def test_what_lessors_pay_for_is_neither_a_bill_nor_saved_by_a_cut(
    raised: float, payout: float, capex: float
) -> None:
    """Half of plant of 2 may be leased, and half of that is: 1.5 is left to pay."""
    now, invoices = billed(leased=0.5)
    found = within_means(now, invoices, money(now, raised, leased=0.5))
    assert found.payout[0, 0] == pytest.approx(payout)
    assert found.capex[0, 0] == pytest.approx(capex)


def test_plant_that_is_leased_in_full_is_not_cut() -> None:
    now, invoices = billed(leased=1.0)
    found = within_means(now, invoices, money(now, 6.0, leased=1.0))
    assert (found.payout[0, 0], found.capex[0, 0]) == (0.0, 1.0)
    assert found.programs[0, 0] == pytest.approx(1.0)
