"""Settlement of a quarter: thresholds, what default sets off, who loses what, who steps in."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from cardhouse.engine.chain import compile_chain
from cardhouse.engine.drivers import neutral
from cardhouse.engine.links import KIND
from cardhouse.engine.moment import Moment
from cardhouse.engine.resolution import CAUSES, OUTCOMES, Positions, Settled, settle
from cardhouse.engine.simulate import Trajectory, simulate
from cardhouse.model.vocabulary import ContractKind as K
from cardhouse.model.world import Contract, Debt, Firm, Plant, Pool, Round, Stake, World
from strategies import Recipe, hand_made, moment_of

FIRMS = ("buyer", "vendor", "maker")
POOLS = (
    Pool("secured", "debt", seniority=1),
    Pool("bonds", "debt", seniority=2),
    Pool("junior", "debt", seniority=3),
)


def three_firms(*debts: Debt, **firm: Any) -> World:
    """Return three firms that may pay wages and each other; what is due is written by a test."""
    rows = [(K.SALE, "users", f"line_{name}", 1.0) for name in FIRMS]
    rows += [(K.COST, f"line_{name}", "labour", 0.0) for name in FIRMS]
    rows += [(K.INPUT, f"line_{one}", f"line_{other}", 0.0)
             for one in FIRMS for other in FIRMS if one != other]  # fmt: skip
    rows.append((K.EQUITY, "buyer", "vendor", 0.0))
    firms = [Firm(name, 0.0, **firm) for name in FIRMS]
    lines = {f"line_{name}": name for name in FIRMS}
    return hand_made(rows, lines=lines, firms=firms, pools=POOLS, debts=debts)


def with_firm(world: World, name: str, **terms: Any) -> World:
    """Return the world with other terms of one firm."""
    firms = tuple(replace(one, **terms) if one.id == name else one for one in world.firms)
    return replace(world, firms=firms)


def with_contracts(world: World, *contracts: Contract) -> World:
    return replace(world, contracts=(*world.contracts, *contracts))


class Bills:
    """Bills of a quarter, written by name."""

    def __init__(self, now: Moment) -> None:
        self.now = now
        self.due = now.chain.links.empty(1)
        self.worth = np.zeros_like(now.state.plant_worth)
        self.payables = np.zeros_like(now.state.payables)

    def node(self, name: str) -> int:
        return self.now.chain.node_ids.index(name)

    def link(self, kind: str, payer: str, payee: str) -> int:
        """Return the first link of a kind between two; of loans that is the oldest."""
        links = self.now.chain.links
        ends = (links.payer == self.node(payer)) & (links.payee == self.node(payee))
        return int(np.flatnonzero(ends & (links.kind == KIND[kind]))[0])

    def owe(self, kind: str, payer: str, payee: str, amount: float) -> Bills:
        self.due[0, self.link(kind, payer, payee)] = amount
        return self

    def settle(self) -> Settled:
        """Settle, and see that money only moved: what is owed later is no part of what is due."""
        state, links = self.now.state, self.now.chain.links
        later = np.maximum(0.0, state.loans - self.due[:, links.of("repayment")])
        found = settle(self.now, self.due, Positions(later, self.worth, self.payables))
        moved = links.received(found.paid) - links.paid(found.paid)
        np.testing.assert_allclose(found.cash, state.cash + moved, rtol=1e-12, atol=1e-12)
        assert (found.paid >= 0.0).all()
        return found


def bills(world: World, cash: tuple[float, ...], **more: Any) -> Bills:
    parameters = {"default_costs": 0.0, **more.pop("parameters", {})}
    state = {"cash": np.array([cash]), **more.pop("state", {})}
    return Bills(moment_of(world, parameters=parameters, state=state, **more))


def paid(found: Settled, bill: Bills, kind: str, payer: str, payee: str) -> float:
    return float(found.flows[0, KIND[kind], bill.node(payer), bill.node(payee)])


def in_arrears(found: Settled, bill: Bills, payer: str, payee: str) -> float:
    first = bill.now.chain.links.of("arrears").start
    return float(found.arrears[0, bill.link("arrears", payer, payee) - first])


def outcomes(found: Settled) -> list[str]:
    return [OUTCOMES[number] for number in found.outcome[0]]


def causes(found: Settled) -> list[str]:
    return [CAUSES[number] for number in found.cause[0]]


def removed(firm: int, quarter: int = 1, firms: int = 3, quarters: int = 12) -> np.ndarray:
    """Return the driver that forces one firm into default."""
    out = np.zeros((quarters + 1, firms), dtype=bool)
    out[quarter, firm] = True
    return out


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


def run(
    world: World, quarters: int = 6, parameters: dict[str, float] | None = None, **drivers: Any
) -> Trajectory:
    """Return a run in which no money came from nowhere."""
    chain = compile_chain(world)
    found = simulate(chain, replace(neutral(chain, quarters), **drivers), parameters=parameters)
    assert found.money_residual < 1e-12
    return found


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
