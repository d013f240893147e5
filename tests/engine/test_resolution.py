"""Settlement of a quarter: thresholds, what default sets off, who loses what."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cardhouse.engine.chain import compile_chain
from cardhouse.engine.drivers import neutral
from cardhouse.engine.links import KIND
from cardhouse.engine.resolution import Settled
from cardhouse.engine.simulate import simulate
from cardhouse.model.vocabulary import ContractKind as K
from cardhouse.model.vocabulary import EntityKind
from cardhouse.model.world import (
    Contract,
    Debt,
    Entity,
    Firm,
    Line,
    Plant,
    Pool,
    Round,
    World,
)
from settling import (
    FIRMS,
    POOLS,
    bills,
    causes,
    in_arrears,
    outcomes,
    paid,
    removed,
    run,
    three_firms,
    with_contracts,
)
from strategies import Recipe, hand_made

# --- who is in default --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cash", "fails", "arrear"),
    [(10.0, False, 0.0), (9.9, False, 0.1), (9.8, False, 0.2), (9.79, True, 0.0)],
)
def test_the_threshold_tells_an_arrear_from_a_default(
    cash: float, fails: bool, arrear: float
) -> None:
    bill = bills(three_firms(), (cash, 0.0, 0.0)).owe("input", "buyer", "vendor", 10.0)
    found = bill.settle()
    assert found.failed[0].tolist() == [fails, False, False]
    assert in_arrears(found, bill, "buyer", "vendor") == pytest.approx(arrear)
    assert found.arrears.sum() == pytest.approx(arrear)
    assert found.paid_share[0, 0] == pytest.approx(min(1.0, cash / 10.0))
    assert found.cash[0].tolist() == pytest.approx([0.0, min(cash, 10.0), 0.0])
    assert found.unpaid[0, 0, 1] == pytest.approx(10.0 - cash if fails else 0.0)


def test_arrears_are_senior_to_trade_and_junior_to_wages() -> None:
    bill = bills(three_firms(), (5.0, 0.0, 0.0))
    bill.owe("arrears", "buyer", "vendor", 1.0).owe("cost", "buyer", "labour", 3.0)
    bill.owe("input", "buyer", "maker", 4.0)
    found = bill.settle()
    assert paid(found, bill, "cost", "buyer", "labour") == pytest.approx(3.0)
    assert paid(found, bill, "arrears", "buyer", "vendor") == pytest.approx(1.0)
    assert paid(found, bill, "input", "buyer", "maker") == pytest.approx(1.0)


def test_each_path_has_its_own_threshold() -> None:
    rows = [(K.SALE, "users", "line", 4.5), (K.COST, "line", "labour", 10.0)]
    world = hand_made(rows, lines={"line": "firm"}, firms=[Firm("firm", 5.0)])
    chain = compile_chain(world)
    thresholds = [0.9, 0.96]
    found = simulate(
        chain, neutral(chain, 1), parameters={"default_threshold": thresholds}, paths=2
    )
    paid = [0.95, 0.95 * 0.9]  # a default burns a tenth
    assert found.records[1].paid_share[:, 0].tolist() == pytest.approx(paid)
    assert found.records[1].failed[:, 0].tolist() == [False, True]
    assert found.states[1].arrears.sum(axis=1).tolist() == pytest.approx([0.5, 0.0])


def test_a_missed_maturity_is_a_default_however_small() -> None:
    debt = Debt("buyer", "bonds", 1.0, 0.0, 1.0, bullet=True)
    for cash, fails in ((100.0, False), (99.9, True)):
        bill = bills(three_firms(debt), (cash, 0.0, 0.0))
        bill.owe("repayment", "buyer", "bonds", 1.0).owe("input", "buyer", "vendor", 99.0)
        assert bill.settle().failed[0, 0] == fails


def test_a_removed_firm_fails_though_it_could_pay() -> None:
    bill = bills(three_firms(), (9.0, 0.0, 0.0), drivers={"removed": removed(0)})
    found = bill.owe("input", "buyer", "vendor", 4.0).settle()
    assert found.failed[0].tolist() == [True, False, False]
    assert paid(found, bill, "input", "buyer", "vendor") == 4.0, "invoices of the quarter stand"
    assert paid(found, bill, "payout", "buyer", "shareholders") == pytest.approx(5.0)
    assert found.cash[0].tolist() == pytest.approx([0.0, 4.0, 0.0])


def test_failure_travels_within_the_quarter() -> None:
    bill = bills(three_firms(), (1.0, 0.5, 9.0))
    bill.owe("input", "buyer", "vendor", 10.0).owe("input", "vendor", "maker", 4.0)
    bill.owe("cost", "maker", "labour", 9.5)
    found = bill.settle()
    assert found.failed[0].tolist() == [True, True, False]
    assert found.cash[0].tolist() == pytest.approx([0.0, 0.0, 1.0])


def test_the_dead_neither_pay_nor_fail_again() -> None:
    bill = bills(three_firms(), (0.0, 0.0, 0.0), state={"alive": np.array([[False, True, True]])})
    assert not bill.settle().failed.any()


# --- what default sets off ----------------------------------------------------------------------


def test_debt_falls_due_plant_is_sold_and_holders_lose() -> None:
    debts = [Debt("buyer", "bonds", 10.0, 0.01, 20.0)]
    bill = bills(three_firms(*debts), (1.0, 0.0, 0.0), parameters={"fire_sale": 0.0})
    bill.worth[0, 0, 0] = 20.0
    found = bill.owe("input", "buyer", "vendor", 6.0).settle()
    assert paid(found, bill, "liquidation", "other_business", "buyer") == pytest.approx(6.0)
    share = (1.0 + 0.3 * 20.0) / 16.0
    assert paid(found, bill, "repayment", "buyer", "bonds") == pytest.approx(10.0 * share)
    assert paid(found, bill, "input", "buyer", "vendor") == pytest.approx(6.0 * share)
    assert found.unpaid[0, 0, bill.node("bonds")] == pytest.approx(10.0 * (1.0 - share))
    assert found.unpaid[0, 0, bill.node("vendor")] == pytest.approx(6.0 * (1.0 - share))
    assert found.owed[0, 0] == pytest.approx(16.0)
    assert found.unpaid.sum() == pytest.approx(16.0 - 7.0)


def test_default_costs_come_off_the_top_and_are_booked() -> None:
    bill = bills(three_firms(), (5.0, 0.0, 0.0), parameters={"default_costs": 0.2})
    found = bill.owe("cost", "buyer", "labour", 10.0).settle()
    assert paid(found, bill, "default_costs", "buyer", "default_costs") == pytest.approx(1.0)
    assert paid(found, bill, "cost", "buyer", "labour") == pytest.approx(4.0)


@pytest.mark.parametrize("dumped", [1, 2])
def test_the_more_is_sold_at_once_the_less_it_brings(dumped: int) -> None:
    bill = bills(three_firms(), (0.0, 0.0, 0.0))
    bill.worth[0, 0] = [10.0, 10.0, 20.0]
    for name in FIRMS[:dumped]:
        bill.owe("cost", name, "labour", 50.0)
    found = bill.settle()
    recovery = 0.3 * np.exp(-0.5 * dumped / 4.0)
    assert paid(found, bill, "cost", "buyer", "labour") == pytest.approx(10.0 * recovery)


def test_classes_of_creditors_by_hand() -> None:
    """Wages 2, secured 6 on collateral of 4, bonds 3, trade 3, junior 5; there is 1 and plant."""
    debts = [Debt("buyer", name, amount, 0.0, 20.0)
             for name, amount in (("secured", 6.0), ("bonds", 3.0), ("junior", 5.0))]  # fmt: skip
    for plant, expected in (
        (4.0 / 0.3, {"labour": 2.0, "secured": 3.0, "bonds": 0.0, "vendor": 0.0, "junior": 0.0}),
        (30.0, {"labour": 2.0, "secured": 6.0, "bonds": 1.0, "vendor": 1.0, "junior": 0.0}),
        (90.0, {"labour": 2.0, "secured": 6.0, "bonds": 3.0, "vendor": 3.0, "junior": 5.0}),
    ):
        bill = bills(three_firms(*debts), (1.0, 0.0, 0.0), parameters={"fire_sale": 0.0})
        bill.worth[0, 0, 0] = plant
        bill.owe("cost", "buyer", "labour", 2.0).owe("input", "buyer", "vendor", 3.0)
        found = bill.settle()
        assert found.failed[0, 0]
        got = found.flows[0, :, 0].sum(axis=0)
        for name, amount in expected.items():
            assert got[bill.node(name)] == pytest.approx(amount), (plant, name)


def test_secured_claims_beyond_collateral_rank_with_trade() -> None:
    debts = [Debt("buyer", "secured", 10.0, 0.0, 20.0)]
    bill = bills(three_firms(*debts), (6.0, 0.0, 0.0), parameters={"fire_sale": 0.0})
    bill.worth[0, 0, 0] = 4.0 / 0.3
    found = bill.owe("input", "buyer", "vendor", 12.0).settle()
    share = 6.0 / (6.0 + 12.0)
    assert paid(found, bill, "repayment", "buyer", "secured") == pytest.approx(4.0 + 6.0 * share)
    assert paid(found, bill, "input", "buyer", "vendor") == pytest.approx(12.0 * share)


def test_other_assets_are_sold_with_the_firm() -> None:
    world = three_firms(other_assets=10.0)
    bill = bills(world, (0.0, 0.0, 0.0), parameters={"fire_sale": 0.0})
    found = bill.owe("cost", "buyer", "labour", 20.0).settle()
    assert paid(found, bill, "cost", "buyer", "labour") == pytest.approx(3.0)


# --- rank and collateral --------------------------------------------------------------------------


def mortgaged() -> World:
    """Return a buyer with a mine and a mill, and four loans; the mine secures the first two."""
    debts = (
        Debt("buyer", "secured", 6.0, 0.0, 20.0, collateral="line_buyer"),
        Debt("buyer", "junior", 4.0, 0.0, 20.0, seniority=1, collateral="line_buyer"),
        Debt("buyer", "secured", 10.0, 0.0, 20.0),
        Debt("buyer", "junior", 5.0, 0.0, 20.0),
    )
    world = three_firms(*debts)
    mill = Entity("mill", "Mill", EntityKind.LINE, "firms", "mill", "buyer")
    lines = (*world.lines, Line("mill", "api"))
    return replace(world, entities=(*world.entities, mill), lines=lines)


def repaid(found: Settled) -> list[float]:
    """Return what is repaid on each loan of row 0."""
    links = found.links
    return found.paid[0, links.of("repayment")].tolist()[: len(POOLS) + 1]


@pytest.mark.parametrize(
    ("cash", "mine", "loans", "trade"),
    [
        # The mine brings 6 of 10, the mill 3 of 10. Wages and what is covered take 11 of 12: one
        # is left for the rest of all three loans (2.4, 1.6, 7) and trade (3).
        (3.0, 20.0, (3.6 + 2.4 / 14.0, 2.4 + 1.6 / 14.0, 3.0 + 7.0 / 14.0, 0.0), 3.0 / 14.0),
        # With 17 more the 14 are paid in full, and 4 of the 5 of junior debt.
        (20.0, 20.0, (6.0, 4.0, 10.0, 4.0), 3.0),
        # The mine brings 15: the 5 that its own loans leave secure the third, beside the mill's 3.
        (3.0, 50.0, (6.0, 4.0, 8.0 + 0.2 * 2.0, 0.0), 0.2 * 3.0),
        # After wages 7 is left of the 9 that collateral covers: pro rata, and nothing for others.
        (0.0, 20.0, (3.6 * 7.0 / 9.0, 2.4 * 7.0 / 9.0, 3.0 * 7.0 / 9.0, 0.0), 0.0),
    ],
)
def test_loans_rank_by_their_collateral_and_their_rest_with_trade(
    cash: float, mine: float, loans: tuple[float, ...], trade: float
) -> None:
    forced = {"removed": removed(0)}
    still = {"fire_sale": 0.0, "recovery": 0.3}
    bill = bills(mortgaged(), (cash, 0.0, 0.0), drivers=forced, parameters=still)
    bill.worth[0, 0] = [mine, 0.0, 0.0, 10.0]
    bill.owe("cost", "buyer", "labour", 2.0).owe("input", "buyer", "vendor", 3.0)
    found = bill.settle()
    assert paid(found, bill, "cost", "buyer", "labour") == pytest.approx(2.0)
    assert repaid(found) == pytest.approx(loans)
    assert paid(found, bill, "input", "buyer", "vendor") == pytest.approx(trade)
    assert found.loans.sum() == 0.0
    unpaid = 2.0 + 25.0 + 3.0 - 2.0 - sum(loans) - trade
    assert found.unpaid.sum() == pytest.approx(unpaid)


@pytest.mark.parametrize(
    ("pool", "seniority", "share"),
    [("junior", 0, 0.0), ("junior", 2, 0.5), ("junior", 1, 1.0), ("secured", 3, 0.0)],
)
def test_a_loan_may_rank_otherwise_than_its_pool(pool: str, seniority: int, share: float) -> None:
    """A loan of 4 and its interest of 1 stand beside trade of 5, and plant brings 5."""
    debt = Debt("buyer", pool, 4.0, 0.25, 20.0, seniority=seniority)
    still = {"fire_sale": 0.0, "recovery": 0.5}
    bill = bills(three_firms(debt), (0.0, 0.0, 0.0), parameters=still)
    bill.worth[0, 0, 0] = 10.0
    bill.owe("interest", "buyer", pool, 1.0).owe("input", "buyer", "vendor", 5.0)
    found = bill.settle()
    assert paid(found, bill, "repayment", "buyer", pool) == pytest.approx(4.0 * share)
    assert paid(found, bill, "interest", "buyer", pool) == pytest.approx(share)
    assert paid(found, bill, "input", "buyer", "vendor") == pytest.approx(5.0 * (1.0 - share))


def test_what_two_sell_at_once_covers_less_of_a_loan() -> None:
    debt = Debt("buyer", "secured", 10.0, 0.0, 20.0, collateral="line_buyer")
    for others, dumped in ((0.0, 0.25), (50.0, 0.75)):
        bill = bills(three_firms(debt), (0.0, 0.0, 0.0), parameters={"fire_sale": 0.8})
        bill.worth[0, 0] = [10.0, 20.0, 10.0]
        bill.owe("cost", "buyer", "labour", 1.0).owe("cost", "vendor", "labour", others)
        found = bill.settle()
        brought = 3.0 * np.exp(-0.8 * dumped)
        assert paid(found, bill, "liquidation", "other_business", "buyer") == pytest.approx(brought)
        assert repaid(found)[0] == pytest.approx(brought - 1.0)


# --- what liquidation calls in --------------------------------------------------------------------


def test_a_suppliers_credit_is_called_in() -> None:
    terms = {"credit_share": 0.5, "credit_quarters": 2.0}
    pair = "line_buyer", "line_vendor"
    world = three_firms()
    rows = [replace(one, terms=terms) if (one.payer, one.payee) == pair else one
            for one in world.contracts]  # fmt: skip
    bill = bills(replace(world, contracts=tuple(rows)), (5.0, 0.0, 0.0))
    bill.payables[0, :, 0] = [3.0, 1.0]  # due in one quarter, and in two
    found = bill.owe("input", "buyer", "vendor", 6.0).settle()
    assert found.owed[0, 0] == pytest.approx(6.0 + 3.0 + 1.0)
    assert paid(found, bill, "input", "buyer", "vendor") == pytest.approx(5.0)
    assert found.unpaid[0, 0, bill.node("vendor")] == pytest.approx(5.0)


@pytest.mark.parametrize(("last", "claimed"), [(1.0, 0.0), (3.0, 2.0), (5.0, 4.0), (np.inf, 4.0)])
def test_a_lessor_claims_what_is_left_of_its_lease_but_at_most_a_year(
    last: float, claimed: float
) -> None:
    lease = Contract(K.LEASE, "line_buyer", "energy", 2.0, {"quarters": last})
    bill = bills(with_contracts(three_firms(), lease), (5.0, 0.0, 0.0))
    bill.owe("cost", "buyer", "labour", 4.0).owe("lease", "buyer", "energy", 2.0)
    found = bill.settle()
    assert found.owed[0, 0] == pytest.approx(4.0 + 2.0 * (1.0 + claimed))
    assert paid(found, bill, "cost", "buyer", "labour") == pytest.approx(4.0)
    assert paid(found, bill, "lease", "buyer", "energy") == pytest.approx(1.0)


def test_nothing_is_called_in_of_who_can_pay() -> None:
    lease = Contract(K.LEASE, "line_buyer", "energy", 2.0)
    debt = Debt("buyer", "bonds", 10.0, 0.0, 20.0)
    bill = bills(with_contracts(three_firms(debt), lease), (5.0, 0.0, 0.0))
    found = bill.owe("cost", "buyer", "labour", 5.0).settle()
    assert found.owed[0, 0] == pytest.approx(5.0)
    assert found.loans[0, 0] == 10.0
    assert outcomes(found) == ["", "", ""]


# --- cause and round ------------------------------------------------------------------------------


def test_each_default_has_its_cause() -> None:
    debt = Debt("vendor", "bonds", 0.1, 0.0, 1.0, bullet=True)
    bill = bills(three_firms(debt), (9.0, 9.95, 9.0), drivers={"removed": removed(2)})
    bill.owe("cost", "buyer", "labour", 10.0).owe("cost", "vendor", "labour", 9.9)
    found = bill.owe("repayment", "vendor", "bonds", 0.1).settle()
    expected = ["paid too little", "missed a maturity", "forced by the scenario"]
    assert causes(found) == expected
    assert outcomes(found) == ["liquidated"] * 3
    assert found.round[0].tolist() == [1, 1, 1]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1), (1, 2, 0)])
def test_who_fails_by_anothers_failure_fails_in_a_later_round(order: tuple[int, ...]) -> None:
    """Each pays nearly all it owes until its own debt, called in, dilutes the next in the chain.

    The first pays 9.79 of 10, then 9.79 of 10.2. The second has 0.1 and gets 9.60 instead of 9.79
    of its debtor: 9.70 of 10, then of 10.5. The third has 0.2 and gets 9.23 instead of 9.70.
    """
    first, second, third = (FIRMS[number] for number in order)
    debts = Debt(first, "bonds", 0.2, 0.0, 20.0), Debt(second, "bonds", 0.5, 0.0, 20.0)
    cash = dict(zip((first, second, third), (9.79, 0.1, 0.2), strict=True))
    bill = bills(three_firms(*debts), tuple(cash[name] for name in FIRMS))
    bill.owe("input", first, second, 10.0).owe("input", second, third, 10.0)
    found = bill.owe("cost", third, "labour", 10.0).settle()
    rounds = dict(zip(FIRMS, found.round[0].tolist(), strict=True))
    assert [rounds[name] for name in (first, second, third)] == [1, 2, 3]
    assert causes(found) == ["paid too little"] * 3
    got = 9.79 * 10.0 / 10.2
    assert paid(found, bill, "input", first, second) == pytest.approx(got)
    got = (0.1 + got) * 10.0 / 10.5
    assert paid(found, bill, "input", second, third) == pytest.approx(got)
    assert paid(found, bill, "cost", third, "labour") == pytest.approx(0.2 + got)


def test_who_does_not_fail_has_neither_cause_nor_round() -> None:
    found = bills(three_firms(), (9.9, 0.0, 0.0)).owe("cost", "buyer", "labour", 10.0).settle()
    assert causes(found) == outcomes(found) == ["", "", ""]
    assert found.round.sum() == 0


# --- owners come last ---------------------------------------------------------------------------


def test_payouts_come_out_of_what_is_left_and_never_cause_a_default() -> None:
    bill = bills(three_firms(), (5.0, 0.0, 0.0))
    bill.owe("cost", "buyer", "labour", 4.0).owe("payout", "buyer", "shareholders", 3.0)
    found = bill.settle()
    assert not found.failed.any()
    assert paid(found, bill, "payout", "buyer", "shareholders") == pytest.approx(1.0)
    assert found.arrears.sum() == 0.0


def test_money_given_moved_before_bills_were_settled() -> None:
    bill = bills(three_firms(), (5.0, 0.0, 0.0))
    bill.owe("equity", "buyer", "vendor", 3.0).owe("cost", "vendor", "labour", 3.0)
    bill.owe("cost", "buyer", "labour", 4.0)
    found = bill.settle()
    assert found.failed[0].tolist() == [True, False, False]
    assert paid(found, bill, "equity", "buyer", "vendor") == 3.0
    assert paid(found, bill, "cost", "buyer", "labour") == pytest.approx(2.0)
    assert found.unpaid[0, 0, bill.node("labour")] == pytest.approx(2.0)


@pytest.mark.parametrize("seed", range(6))
def test_more_cash_pays_no_less_of_what_was_owed(seed: int) -> None:
    rng = np.random.default_rng(seed)
    cash = rng.uniform(0.0, 3.0, 3)
    shares = []
    for extra in (0.0, 0.5, 2.0):
        bill = bills(
            three_firms(),
            tuple(cash + np.array([extra, 0.0, 0.0])),
            parameters={"default_costs": 0.1},
        )
        amounts = np.random.default_rng(seed + 100).uniform(0.0, 4.0, (3, 3))
        for payer, name in enumerate(FIRMS):
            for payee, other in enumerate(FIRMS):
                if payer != payee:
                    bill.owe("input", name, other, float(amounts[payer, payee]))
        shares.append(bill.settle().paid_share[0])
    assert (np.diff(shares, axis=0) >= -1e-12).all()


# --- in the course of a run ---------------------------------------------------------------------


def vendor_loop() -> World:
    """Return a vendor that funds its own customer, which spends all of it on the vendor."""
    rows = [
        (K.SALE, "users", "lab_line", 1.0),
        (K.INPUT, "lab_line", "chips", 2.0),
        (K.SALE, "others", "chips", 3.0),
        (K.COST, "chips", "labour", 3.0),
        (K.EQUITY, "vendor", "lab", 1.0),
    ]
    rounds = [Round(f"q{q}", "vendor", "lab", 1.0, q) for q in range(1, 4)]
    return hand_made(
        rows,
        lines={"lab_line": "lab", "chips": "vendor"},
        firms=[Firm("lab", 0.0), Firm("vendor", 20.0)],
        rounds=rounds,
    )


def test_a_vendor_keeps_its_customer_alive_as_long_as_it_pays() -> None:
    found = run(vendor_loop())
    assert found.default_quarters().tolist() == [4, -1]
    flows = found.of_record("flows")[1:4, :, 1, 0].sum(axis=1)
    np.testing.assert_allclose(flows, 1.0)
    assert found.states[-1].stakes.sum() == 0.0, "the stake died with the lab"
    assert found.states[3].stakes[0, 1, 0] == pytest.approx(3.0)
    lost = found.records[4].unpaid[0, 0, 1]
    assert 0.0 < lost <= 2.0


def test_two_lines_live_on_one_purse() -> None:
    rows = [
        (K.SALE, "users", "good", 5.0), (K.COST, "good", "labour", 3.0),
        (K.SALE, "users", "bad", 1.0), (K.COST, "bad", "labour", 2.5),
    ]  # fmt: skip
    firms = [Firm("firm", 0.5)]
    together = run(hand_made(rows, lines={"good": "firm", "bad": "firm"}, firms=firms))
    assert together.states[-1].alive.all()
    assert together.states[-1].cash[0, 0] == pytest.approx(0.5 + 6 * 0.5)
    firms = [Firm("one", 0.5), Firm("two", 0.5)]
    apart = run(hand_made(rows, lines={"good": "one", "bad": "two"}, firms=firms))
    assert apart.default_quarters().tolist() == [-1, 1]


def test_after_a_removal_custom_moves_and_purchases_vanish() -> None:
    rows = [
        (K.SALE, "users", "a", 4.0), (K.SALE, "users", "b", 4.0), (K.SALE, "others", "parts", 1.0),
        (K.INPUT, "a", "parts", 2.0), (K.COST, "parts", "labour", 0.5),
        (K.COST, "b", "labour", 1.0),
    ]  # fmt: skip
    lines = {"a": "one", "b": "two", "parts": "maker"}
    world = hand_made(rows, lines=lines, markets={"a": "m", "b": "m"})
    found = run(world, removed=removed(0, quarter=2, quarters=6))
    assert found.default_quarters().tolist() == [2, -1, -1]
    volume = found.of_state("volume")
    assert volume[1].tolist() == pytest.approx([4.0, 4.0, 3.0])
    assert found.records[2].revenue[0].tolist() == pytest.approx([4.0, 4.0, 3.0])
    price = found.of_state("charged")[3]
    assert found.records[3].by_line[0, 3, 1] == pytest.approx((4.0 + 0.7 * 4.0) * price[1])
    assert volume[3].tolist() == pytest.approx([0.0, 4.0 + 0.7 * 4.0, 1.0])


def test_plant_and_debt_of_the_failed_are_gone() -> None:
    plant = Plant(gross=24.0, net=12.5, depreciation=1.0)
    rows = [(K.SALE, "users", "line", 4.0), (K.COST, "line", "labour", 9.0)]
    world = hand_made(
        rows,
        lines={"line": "firm"},
        terms_of_lines={"line": {"plant": plant}},
        firms=[Firm("firm", 1.0)],
        pools=[Pool("bank", "debt")],
        debts=[Debt("firm", "bank", 8.0, 0.0, 20.0)],
    )
    found = run(world)
    assert found.default_quarters()[0] == 1
    sold = found.records[1].flows[0, KIND["liquidation"]].sum()
    assert sold == pytest.approx(0.3 * np.exp(-0.5) * (12.5 - 1.0))
    last = found.states[1]
    assert last.loans.sum() == last.net_plant.sum() == last.capacity.sum() == 0.0


def test_losses_by_holder_add_up_to_what_was_owed_and_not_paid() -> None:
    found = run(Recipe(firms=6, seed=4, stationary=False, extras=True).world(), quarters=10)
    assert found.of_record("failed").any()
    for record in found.records[1:]:
        for firm in np.flatnonzero(record.failed[0]):
            flows = record.flows[0][:, firm]
            to_owners = flows[[KIND[k] for k in ("payout", "equity", "default_costs")]].sum()
            lost = record.owed[0, firm] - (flows.sum() - to_owners)
            assert record.unpaid[0, firm].sum() == pytest.approx(lost, rel=1e-9, abs=1e-12)
