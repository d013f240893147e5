"""Who lives on after it could not pay: restructuring, rescues by owners, guarantees."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from cardhouse.engine.links import KIND
from cardhouse.model.vocabulary import ContractKind as K
from cardhouse.model.vocabulary import EntityKind
from cardhouse.model.world import (
    Contract,
    Debt,
    Entity,
    Firm,
    Pool,
    Stake,
    World,
)
from settling import (
    FIRMS,
    Bills,
    bills,
    causes,
    in_arrears,
    outcomes,
    paid,
    removed,
    run,
    three_firms,
    with_contracts,
    with_firm,
)
from strategies import hand_made

# --- restructuring --------------------------------------------------------------------------------


def restructured(*debts: Debt, cash: float = 5.0, **more: Any) -> Bills:
    """Return a buyer that lives on in default; it owes wages of 2 and trade of 2."""
    world = with_firm(three_firms(*debts), "buyer", on_default="restructure", other_assets=10.0)
    bill = bills(world, (cash, 0.0, 0.0), **more)
    bill.worth[0, 0, 0] = 20.0
    return bill.owe("cost", "buyer", "labour", 2.0).owe("input", "buyer", "vendor", 2.0)


def test_a_restructured_firm_keeps_its_plant_and_owes_half_of_what_it_owed() -> None:
    """Of 10 in bonds 4 are due; 3 of the 6 due to bonds and trade are there."""
    bill = restructured(Debt("buyer", "bonds", 10.0, 0.0, 20.0))
    found = bill.owe("repayment", "buyer", "bonds", 4.0).settle()
    assert outcomes(found) == ["restructured", "", ""]
    assert causes(found) == ["paid too little", "", ""]
    assert found.failed[0].tolist() == [True, False, False]
    assert paid(found, bill, "liquidation", "other_business", "buyer") == 0.0
    assert paid(found, bill, "repayment", "buyer", "bonds") == pytest.approx(2.0)
    assert paid(found, bill, "input", "buyer", "vendor") == pytest.approx(1.0)
    assert found.owed[0, 0] == pytest.approx(8.0), "nothing is called in"
    late, later = 2.0, 6.0
    assert found.loans[0, 0] == pytest.approx((late + later) / 2.0)
    assert found.unpaid[0, 0, bill.node("bonds")] == pytest.approx((late + later) / 2.0)
    assert found.unpaid[0, 0, bill.node("vendor")] == pytest.approx(1.0)
    assert found.arrears.sum() == 0.0


@pytest.mark.parametrize("haircut", [0.0, 0.3, 1.0])
def test_a_parameter_says_how_much_debt_is_given_up(haircut: float) -> None:
    still = {"restructure_haircut": haircut}
    bill = restructured(Debt("buyer", "bonds", 8.0, 0.0, 20.0), cash=3.0, parameters=still)
    found = bill.settle()
    assert found.loans[0, 0] == pytest.approx(8.0 * (1.0 - haircut))
    assert found.unpaid[0, 0, bill.node("bonds")] == pytest.approx(8.0 * haircut)


def test_owners_of_the_restructured_get_nothing() -> None:
    bill = restructured(cash=3.0)
    bill.owe("payout", "buyer", "shareholders", 1.0)
    assert paid(bill.settle(), bill, "payout", "buyer", "shareholders") == 0.0


@pytest.mark.parametrize(
    ("worth", "kept"),
    [(0.0, 4.0), (8.0, 4.0 + 0.5 * 2.4), (20.0, 4.0 + 0.5 * 6.0), (40.0, 8.0)],
)
def test_secured_debt_is_kept_as_far_as_collateral_covers_it(worth: float, kept: float) -> None:
    debt = Debt("buyer", "secured", 8.0, 0.0, 20.0, collateral="line_buyer")
    bill = restructured(debt, cash=3.0, parameters={"fire_sale": 0.0, "recovery": 0.3})
    bill.worth[0, 0, 0] = worth
    assert bill.settle().loans[0, 0] == pytest.approx(kept)


@pytest.mark.parametrize(
    ("profit", "worn", "growth", "outcome"),
    [
        (0.0, 0.0, 0.0, "restructured"),
        (-1.0, 1.0, 0.0, "restructured"),  # it earns before depreciation
        (-1.0, 0.9, 0.0, "liquidated"),
        (-1.0, 0.0, 0.051, "restructured"),
        (-1.0, 0.0, 0.049, "liquidated"),
    ],
)
def test_creditors_keep_a_firm_that_earns_or_grows(
    profit: float, worn: float, growth: float, outcome: str
) -> None:
    history = np.array([[[(1.0 + growth) ** -back, 1.0, 1.0] for back in range(5)]])
    state = {
        "profit": np.array([[profit, 1.0, 1.0]]),
        "worn": np.array([[worn, 0.0, 0.0]]),
        "revenue_history": history,
    }
    found = restructured(cash=3.0, state=state).settle()
    assert outcomes(found) == [outcome, "", ""]


def test_only_a_firm_that_may_be_is_restructured() -> None:
    bill = bills(three_firms(), (3.0, 0.0, 0.0)).owe("cost", "buyer", "labour", 4.0)
    assert outcomes(bill.settle()) == ["liquidated", "", ""]


def test_what_a_scenario_forces_into_default_is_liquidated() -> None:
    bill = restructured(cash=9.0, drivers={"removed": removed(0)}, parameters={"fire_sale": 0.0})
    found = bill.settle()
    assert outcomes(found) == ["liquidated", "", ""]
    assert paid(found, bill, "liquidation", "other_business", "buyer") == pytest.approx(9.0)


def test_who_fails_again_before_it_earned_is_liquidated() -> None:
    again = {"restructured": np.array([[True, False, False]])}
    assert outcomes(restructured(cash=3.0, state=again).settle()) == ["liquidated", "", ""]


def test_a_missed_maturity_may_be_restructured() -> None:
    bill = restructured(Debt("buyer", "bonds", 40.0, 0.0, 1.0, bullet=True), cash=43.9)
    found = bill.owe("repayment", "buyer", "bonds", 40.0).settle()
    assert causes(found) == ["missed a maturity", "", ""]
    share = 41.9 / 42.0
    assert found.loans[0, 0] == pytest.approx(0.5 * 40.0 * (1.0 - share))
    assert found.paid_share[0, 0] == pytest.approx(43.9 / 44.0)


def test_plant_that_is_kept_depresses_no_price() -> None:
    bill = restructured(cash=0.0, parameters={"fire_sale": 0.8})
    bill.worth[0, 0] = [20.0, 10.0, 10.0]
    found = bill.owe("cost", "vendor", "labour", 9.0).settle()
    assert outcomes(found) == ["restructured", "liquidated", ""]
    brought = 3.0 * np.exp(-0.8 * 0.25)
    assert paid(found, bill, "liquidation", "other_business", "vendor") == pytest.approx(brought)


def test_small_gaps_to_the_restructured_are_still_owed() -> None:
    world = with_firm(three_firms(), "buyer", on_default="restructure")
    bill = bills(world, (3.0, 0.0, 9.9)).owe("cost", "buyer", "labour", 20.0)
    found = bill.owe("input", "maker", "buyer", 10.0).settle()
    assert outcomes(found) == ["restructured", "", ""]
    assert in_arrears(found, bill, "maker", "buyer") == pytest.approx(0.1)


def growing_debtor(**firm: Any) -> World:
    """Return a lab that loses money as long as it is small; 30 fall due at once."""
    growth = {"growth": 0.1, "growth_end": 0.1}
    rows = [
        (K.SALE, "users", "line", 10.0, growth),
        (K.COST, "line", "labour", 12.0, {"fixed": 1.0}),
        (K.PROGRAM, "lab", "labour", 2.0),
    ]
    lab = Firm("lab", 20.0, access=("venture",), venture_funded=True, **firm)
    return hand_made(
        rows,
        lines={"line": "lab"},
        terms_of_lines={"line": {"opening_growth": 0.1}},
        firms=[lab],
        pools=[Pool("bonds", "debt"), Pool("venture", "equity", base_supply=5.0)],
        debts=[Debt("lab", "bonds", 30.0, 0.0, 1.0)],
    )


CALM = {"default_costs": 0.0, "confidence_default": 0.0, "confidence_unmet": 0.0}


def test_a_restructured_firm_lives_on_with_programs_at_the_floor_until_it_earns() -> None:
    found = run(growing_debtor(on_default="restructure"), parameters=CALM)
    assert found.of_record("outcome")[:, 0].tolist() == [0, 2, 0, 0, 0, 0, 0], "once"
    assert found.of_record("failed")[:, 0].sum() == 1
    assert found.states[-1].alive.all()
    assert found.of_state("restructured")[:, 0].tolist() == [False, True, True, *[False] * 4]
    assert (found.of_state("profit")[:, 0] < 0).tolist() == [True] * 3 + [False] * 4
    index, stress = found.of_state("program_index")[:, 0], found.of_state("stress")[:, 0]
    programs = found.of_record("programs")[:, 0]
    np.testing.assert_allclose(programs[2:4], 0.35 * 2.0 * index[2:4])
    np.testing.assert_allclose(programs[4:], 2.0 * index[4:] * (1.0 - 0.65 * stress[3:-1]))


def test_half_of_what_was_repaid_late_is_owed_and_paid_a_quarter_later() -> None:
    found = run(growing_debtor(on_default="restructure"), parameters=CALM)
    late = 30.0 - found.records[1].flows[0, KIND["repayment"]].sum()
    assert late > 1.0
    assert found.states[1].loans.sum() == pytest.approx(late / 2.0)
    assert found.records[1].unpaid.sum() == pytest.approx(late / 2.0)
    assert found.records[2].flows[0, KIND["repayment"]].sum() == pytest.approx(late / 2.0)
    assert found.states[2].loans.sum() == pytest.approx(0.0, abs=1e-12)


def test_who_owned_the_restructured_starts_again_from_nothing() -> None:
    found = run(growing_debtor(on_default="restructure"), parameters=CALM)
    given = found.of_record("flows")[:, KIND["equity"]].sum(axis=(1, 2))
    assert given[1] == pytest.approx(5.0)
    assert given[2] > 1.0
    stakes = found.of_state("stakes").sum(axis=(1, 2))
    assert stakes[1:3].tolist() == pytest.approx([0.0, given[2]])


def test_without_creditors_that_wait_it_dies() -> None:
    found = run(growing_debtor(), parameters=CALM)
    assert found.of_record("outcome")[:, 0].tolist() == [0, 1, 0, 0, 0, 0, 0]
    assert found.states[1].loans.sum() == 0.0
    assert not found.states[1].alive.any()


def test_what_is_left_of_a_late_bullet_still_bears_interest() -> None:
    world = growing_debtor(on_default="restructure")
    debt = Debt("lab", "bonds", 30.0, 0.02, 1.0, bullet=True)
    found = run(replace(world, debts=(debt,)), parameters=CALM)
    left = found.states[1].loans.sum()
    assert left > 1.0
    interest = found.records[2].flows[0, KIND["interest"]].sum()
    assert interest == pytest.approx(0.02 * left)


# --- rescues --------------------------------------------------------------------------------------


def weak_firm(*rescuers: str, cash: tuple[float, ...], floor: float = 0.0, **more: Any) -> Bills:
    """Return a buyer that owes 10 and is saved by its owners if they can; they owe 5 each."""
    world = with_firm(three_firms(cash_floor=floor), "buyer", rescuers=rescuers)
    bill = bills(world, cash, **more)
    for name in FIRMS:
        bill.owe("cost", name, "labour", 10.0 if name == "buyer" else 5.0)
    return bill


def test_an_owner_closes_the_whole_gap_from_half_of_its_surplus() -> None:
    bill = weak_firm("vendor", cash=(4.0, 17.0, 5.0))
    found = bill.settle()
    assert outcomes(found) == ["rescued", "", ""]
    assert not found.failed.any()
    assert causes(found) == ["", "", ""]
    assert found.round.sum() == 0
    assert paid(found, bill, "equity", "vendor", "buyer") == pytest.approx(6.0)
    assert paid(found, bill, "cost", "buyer", "labour") == pytest.approx(10.0)
    assert found.cash[0].tolist() == pytest.approx([0.0, 17.0 - 5.0 - 6.0, 0.0])
    assert found.unpaid.sum() == found.arrears.sum() == 0.0


@pytest.mark.parametrize(
    ("cash", "parameters", "floor", "gives"),
    [
        (16.9, {}, 0.0, 0.0),  # half of 11.9 is less than 6
        (17.0, {}, 0.0, 6.0),
        (17.0, {}, 0.1, 0.0),  # what is kept as a floor is no surplus
        (17.0, {"rescue_share": 0.49}, 0.0, 0.0),
        (11.0, {"rescue_share": 1.0}, 0.0, 6.0),
        (99.0, {"rescue_share": 0.0}, 0.0, 0.0),
        (17.0, {"default_costs": 0.5}, 0.0, 6.0),  # what default would burn is no gap
    ],
)
def test_half_a_rescue_is_none(
    cash: float, parameters: dict[str, float], floor: float, gives: float
) -> None:
    bill = weak_firm("vendor", cash=(4.0, cash, 5.0), floor=floor, parameters=parameters)
    found = bill.settle()
    assert outcomes(found)[0] == ("rescued" if gives else "liquidated")
    assert paid(found, bill, "equity", "vendor", "buyer") == pytest.approx(gives)
    assert found.cash[0, 1] == pytest.approx(cash - 5.0 - gives)


@pytest.mark.parametrize(
    ("cash", "given"),
    [
        ((13.0, 13.0), (3.0, 3.0)),  # each could give 4
        ((23.0, 9.0), (4.5, 1.5)),  # one offers all 6, the other 2 that it has
        ((11.0, 10.0), (0.0, 0.0)),  # 3 and 2.5 are not enough
    ],
)
def test_owners_share_a_rescue_by_what_they_offer(
    cash: tuple[float, float], given: tuple[float, float]
) -> None:
    bill = weak_firm("vendor", "maker", cash=(4.0, *cash))
    found = bill.settle()
    gave = [paid(found, bill, "equity", owner, "buyer") for owner in ("vendor", "maker")]
    assert gave == pytest.approx(given)
    assert outcomes(found)[0] == ("rescued" if sum(given) else "liquidated")


@pytest.mark.parametrize(("lever", "saves"), [(1.0, True), (0.8, True), (0.7, False), (0.0, False)])
def test_a_lever_stops_owners_from_helping(lever: float, saves: bool) -> None:
    """Half of a surplus of 16 is 8; 6 are needed."""
    supply = np.ones((13, 3))
    supply[1, 1] = lever
    bill = weak_firm("vendor", cash=(4.0, 21.0, 5.0), drivers={"strategic_supply": supply})
    assert outcomes(bill.settle())[0] == ("rescued" if saves else "liquidated")


def test_nobody_saves_what_a_scenario_forces_into_default() -> None:
    bill = weak_firm("vendor", cash=(4.0, 99.0, 5.0), drivers={"removed": removed(0)})
    found = bill.settle()
    assert causes(found)[0] == "forced by the scenario"
    assert paid(found, bill, "equity", "vendor", "buyer") == 0.0


def test_the_dead_save_nobody() -> None:
    dead = {"alive": np.array([[True, False, True]])}
    bill = weak_firm("vendor", cash=(4.0, 99.0, 5.0), state=dead)
    assert outcomes(bill.settle())[0] == "liquidated"


def test_who_is_in_default_itself_saves_nobody() -> None:
    bill = weak_firm("vendor", cash=(4.0, 99.0, 5.0), drivers={"removed": removed(1)})
    assert outcomes(bill.settle())[:2] == ["liquidated", "liquidated"]


def test_a_rescue_spares_those_whom_the_failure_would_have_pulled_down() -> None:
    bill = weak_firm("vendor", cash=(4.0, 17.0, 0.0)).owe("cost", "buyer", "labour", 0.0)
    found = bill.owe("input", "buyer", "maker", 10.0).settle()
    assert outcomes(found)[:2] == ["rescued", ""]
    assert not found.failed.any()
    assert found.cash[0].tolist() == pytest.approx([0.0, 6.0, 5.0])


def test_an_owner_may_pay_a_maturity_that_would_be_missed() -> None:
    debt = Debt("buyer", "bonds", 0.1, 0.0, 1.0, bullet=True)
    world = with_firm(three_firms(debt), "buyer", rescuers=("vendor",))
    bill = bills(world, (10.0, 1.0, 0.0)).owe("cost", "buyer", "labour", 10.0)
    found = bill.owe("repayment", "buyer", "bonds", 0.1).settle()
    assert outcomes(found)[0] == "rescued"
    assert paid(found, bill, "equity", "vendor", "buyer") == pytest.approx(0.1)
    assert paid(found, bill, "repayment", "buyer", "bonds") == pytest.approx(0.1)


def test_a_rescue_comes_before_payouts() -> None:
    bill = weak_firm("vendor", cash=(4.0, 17.0, 5.0))
    found = bill.owe("payout", "vendor", "shareholders", 9.0).settle()
    assert outcomes(found)[0] == "rescued"
    assert paid(found, bill, "payout", "vendor", "shareholders") == pytest.approx(6.0)


def owner_and_subsidiary() -> World:
    """Return an owner that earns 5 a quarter and holds a subsidiary that loses 1."""
    rows = [
        (K.SALE, "users", "sub_line", 1.0), (K.COST, "sub_line", "labour", 2.0),
        (K.SALE, "users", "own_line", 10.0), (K.COST, "own_line", "labour", 5.0),
    ]  # fmt: skip
    firms = [Firm("sub", 0.0, rescuers=("owner",)), Firm("owner", 4.0)]
    world = hand_made(rows, lines={"sub_line": "sub", "own_line": "owner"}, firms=firms)
    return replace(world, stakes=(Stake("owner", "sub", 2.0),))


def test_every_rescue_adds_to_the_stake_at_cost() -> None:
    found = run(owner_and_subsidiary())
    assert found.of_record("outcome")[1:, 0].tolist() == [3] * 6
    assert not found.of_record("failed").any()
    given = found.of_record("flows")[1:, KIND["equity"], 1, 0]
    assert given[0] == pytest.approx(1.0)
    stakes = found.of_state("stakes")[:, 1, 0]
    np.testing.assert_allclose(stakes, 2.0 + np.cumsum([0.0, *given]))
    owner = found.of_state("cash")[:, 1]
    np.testing.assert_allclose(np.diff(owner), 5.0 - given)


def test_an_owner_that_stops_helping_loses_its_stake() -> None:
    supply = np.ones((7, 2))
    supply[3:, 1] = 0.0
    found = run(owner_and_subsidiary(), strategic_supply=supply)
    assert found.of_record("outcome")[:, 0].tolist() == [0, 3, 3, 1, 0, 0, 0]
    assert found.states[2].stakes[0, 1, 0] > 3.0
    assert found.states[3].stakes.sum() == 0.0


# --- guarantees -----------------------------------------------------------------------------------


def guaranteed(creditor: str, cap: float, guarantor: str = "maker") -> Contract:
    """Return the promise to pay what the buyer leaves unpaid to a creditor."""
    return Contract(K.GUARANTEE, guarantor, creditor, 0.0, committed=cap, party="buyer")


def promised(*promises: Contract, cash: tuple[float, ...], **more: Any) -> Bills:
    """Return a buyer that owes a vendor 10, and others that promised to pay for it."""
    bill = bills(with_contracts(three_firms(), *promises), cash, **more)
    return bill.owe("input", "buyer", "vendor", 10.0)


@pytest.mark.parametrize(
    ("cap", "before", "pays"),
    [(8.0, 0.0, 6.0), (6.0, 0.0, 6.0), (5.0, 0.0, 5.0), (5.0, 3.0, 2.0), (5.0, 5.0, 0.0)],
)
def test_a_guarantor_pays_what_is_unpaid_up_to_what_is_left_of_its_cap(
    cap: float, before: float, pays: float
) -> None:
    state = {"guarantee_paid": np.array([[before]])}
    bill = promised(guaranteed("vendor", cap), cash=(4.0, 0.0, 20.0), state=state)
    found = bill.settle()
    assert found.failed[0].tolist() == [True, False, False]
    assert paid(found, bill, "guarantee", "maker", "vendor") == pytest.approx(pays)
    assert found.guarantee_paid[0].tolist() == pytest.approx([pays])
    assert found.cash[0].tolist() == pytest.approx([0.0, 4.0 + pays, 20.0 - pays])


def test_debt_that_is_called_in_is_guaranteed_too() -> None:
    debt = Debt("buyer", "bonds", 10.0, 0.0, 20.0)
    bill = bills(with_contracts(three_firms(debt), guaranteed("bonds", 9.0)), (4.0, 0.0, 20.0))
    found = bill.owe("input", "buyer", "vendor", 10.0).settle()
    assert paid(found, bill, "repayment", "buyer", "bonds") == pytest.approx(2.0)
    assert paid(found, bill, "guarantee", "maker", "bonds") == pytest.approx(8.0)
    assert found.unpaid[0, 0, bill.node("vendor")] == pytest.approx(8.0), "nobody promised that"


def test_nothing_is_asked_of_a_guarantor_while_the_debtor_lives() -> None:
    for cash in (10.0, 9.9):
        bill = promised(guaranteed("vendor", 9.0), cash=(cash, 0.0, 20.0))
        found = bill.settle()
        assert not found.failed.any()
        assert found.guarantee_paid.sum() == 0.0


def test_a_guarantor_may_fail_in_turn() -> None:
    bill = promised(guaranteed("vendor", 9.0), cash=(4.0, 0.0, 2.0))
    found = bill.owe("cost", "maker", "labour", 1.0).settle()
    assert outcomes(found) == ["liquidated", "", "liquidated"]
    assert causes(found) == ["paid too little", "", "paid too little"]
    assert found.round[0].tolist() == [1, 0, 1], "it is asked before anybody is given up"
    assert paid(found, bill, "cost", "maker", "labour") == pytest.approx(1.0)
    assert paid(found, bill, "guarantee", "maker", "vendor") == pytest.approx(1.0)
    assert found.guarantee_paid[0].tolist() == pytest.approx([1.0])
    assert found.cash[0].tolist() == pytest.approx([0.0, 5.0, 0.0])


def test_the_dead_neither_give_nor_get_what_was_guaranteed() -> None:
    for number in (1, 2):
        alive = np.array([[True, number != 1, number != 2]])
        bill = promised(guaranteed("vendor", 9.0), cash=(4.0, 0.0, 9.0), state={"alive": alive})
        assert bill.settle().guarantee_paid.sum() == 0.0


def test_a_creditor_gets_no_more_than_it_lent_from_debtor_and_guarantor() -> None:
    debt = Debt("buyer", "bonds", 10.0, 0.0, 20.0)
    world = with_firm(three_firms(debt), "buyer", on_default="restructure")
    bill = bills(with_contracts(world, guaranteed("bonds", 99.0)), (2.0, 0.0, 99.0))
    found = bill.owe("repayment", "buyer", "bonds", 10.0).settle()
    assert outcomes(found) == ["restructured", "", ""]
    got = found.paid[0, found.links.payee == bill.node("bonds")].sum()
    assert got + found.loans.sum() <= 10.0 + 1e-9


def test_a_creditor_that_a_guarantor_makes_whole_does_not_fail() -> None:
    bill = promised(guaranteed("vendor", 9.0), cash=(4.0, 0.0, 20.0))
    found = bill.owe("cost", "vendor", "labour", 10.0).settle()
    assert outcomes(found) == ["liquidated", "", ""]
    assert found.cash[0].tolist() == pytest.approx([0.0, 0.0, 14.0])


def test_two_guarantors_do_not_pay_the_same_gap_twice() -> None:
    promises = guaranteed("vendor", 9.0), guaranteed("vendor", 9.0, "helper")
    world = with_contracts(three_firms(), *promises)
    helper = Entity("helper", "Helper", EntityKind.FIRM, "firms")
    world = replace(
        world, entities=(*world.entities, helper), firms=(*world.firms, Firm("helper", 0.0))
    )
    bill = bills(world, (4.0, 0.0, 20.0, 20.0)).owe("input", "buyer", "vendor", 10.0)
    found = bill.settle()
    assert found.guarantee_paid.sum() == pytest.approx(6.0)
    assert found.cash[0, 1] == pytest.approx(10.0)


def test_a_guarantee_is_used_up_over_quarters() -> None:
    """A debtor that grows is kept alive once though it pays a fifth of its bills too little."""
    growth = {"growth": 0.1, "growth_end": 0.1}
    rows = [
        (K.SALE, "users", "shop", 4.0, growth), (K.INPUT, "shop", "parts", 5.0),
        (K.SALE, "others", "parts", 5.0), (K.COST, "parts", "labour", 4.0),
        (K.SALE, "users", "own", 10.0),
    ]  # fmt: skip
    world = hand_made(
        rows,
        lines={"shop": "debtor", "parts": "creditor", "own": "guarantor"},
        terms_of_lines={"shop": {"opening_growth": 0.1}},
        firms=[Firm("debtor", 0.0, on_default="restructure")],
    )
    deal = Contract(K.GUARANTEE, "guarantor", "creditor", 0.0, committed=2.0, party="debtor")
    found = run(with_contracts(world, deal), parameters={"default_costs": 0.0})
    assert found.of_record("outcome")[:, 0].tolist() == [0, 2, 1, 0, 0, 0, 0]
    unpaid = found.of_record("unpaid")[:, 0, 1]
    given = found.of_record("flows")[:, KIND["guarantee"], 2, 1]
    gap = np.exp(0.1)  # 5 - 4, grown by a tenth
    assert given.tolist() == pytest.approx([0.0, gap, 2.0 - gap, *[0.0] * 4])
    assert unpaid[1] == pytest.approx(0.0, abs=1e-12), "the creditor was made whole"
    assert unpaid[2] > 0.0
    np.testing.assert_allclose(found.of_state("guarantee_paid")[:, 0], np.cumsum(given))
