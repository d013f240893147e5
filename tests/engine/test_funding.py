"""Funding: needs by hand, triage by rank, rounds that pay and rounds that do not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cardhouse.engine.arrays import KIND
from cardhouse.engine.bills import Invoices
from cardhouse.engine.funding import (
    Funding,
    Needs,
    needs,
    pool_supply,
    raise_funds,
    revenue_growth,
)
from cardhouse.engine.moment import Moment
from cardhouse.model.vocabulary import ContractKind as K
from cardhouse.model.world import Debt, Firm, Plant, Pool, Round, World
from strategies import hand_made, moment_of

TWO = ("one", "two")
HOT, COLD = 1.2, 1.01


def market(
    *,
    supply: float = 4.0,
    instrument: str = "equity",
    venture: bool = True,
    rounds: tuple[Round, ...] = (),
    cash: tuple[float, float] = (1.0, 1.0),
    access: tuple[str, ...] = ("pool",),
    **pool: Any,
) -> World:
    """Return two firms that sell 2 each and ask one pool."""
    rows = [(K.SALE, "users", f"line_{name}", 2.0) for name in TWO]
    firms = [
        Firm(name, amount, access=access, venture_funded=venture, runway_target_quarters=4.0,
             cash_per_capex=0.0)
        for name, amount in zip(TWO, cash, strict=True)
    ]  # fmt: skip
    return hand_made(
        rows,
        lines={f"line_{name}": name for name in TWO},
        firms=firms,
        pools=[Pool("pool", instrument, base_supply=supply, **pool)],
        rounds=rounds,
    )


def history(*growth: float) -> np.ndarray:
    return np.array([[[2.0 * rate**-back for rate in growth] for back in range(5)]])


def looking_like(profit: tuple[float, float], growth: tuple[float, float]) -> dict[str, Any]:
    return {
        "profit": np.array([profit]),
        "revenue": np.array([[2.0, 2.0]]),
        "revenue_history": history(*growth),
    }


def invoices(now: Moment, *owed: float, **more: Any) -> Invoices:
    """Return invoices in which the firms owe labour and expect nothing."""
    lines, firms, nodes, _ = now.chain.shape
    flows = np.zeros((1, len(now.chain.flows), nodes, nodes))
    flows[0, KIND["cost"], : len(owed), now.chain.accounts["labour"]] = owed
    by_line = {name: np.zeros((1, lines)) for name in ("capex", "line_revenue")}
    by_firm = {name: np.zeros((1, firms)) for name in ("profit", "revenue", "programs")}
    parts = {"flows": flows, "by_line": np.zeros((1, nodes, lines)), **by_line, **by_firm}
    return Invoices(**{**parts, **more})


def raised(now: Moment, *wanted: float, bills: tuple[float, ...] = (), **asks: Any) -> Funding:
    want = np.array([wanted])
    usual = {"wanted": want, "essential": want, "maturing": np.zeros_like(now.state.debt)}
    return raise_funds(now, Needs(**{**usual, **asks}), invoices(now, *bills))


# --- needs --------------------------------------------------------------------------------------


def test_needs_by_hand() -> None:
    now = moment_of(market(venture=False))
    billed = invoices(now, 3.0, 0.5, capex=np.array([[0.4, 0.0]]), programs=np.array([[1.0, 0.0]]))
    billed.flows[0, KIND["sale"], now.chain.node_ids.index("users"), :2] = 1.0
    found = needs(now, billed, np.zeros((1, 2, 1)))
    burn = 2.0
    wanted = 4.0 * burn + 3.0 - 1.0 - 1.0
    essential = 0.35 * 4.0 * burn + 3.0 - 1.0 - 1.0 - 0.4 - 0.65
    assert found.wanted[0].tolist() == pytest.approx([wanted, 0.0])
    assert found.essential[0].tolist() == pytest.approx([essential, 0.0])


def test_maturing_debt_is_part_of_the_bill_but_not_of_the_burn() -> None:
    now = moment_of(market(venture=False))
    found = needs(now, invoices(now, 3.0, 3.0), np.array([[[3.0], [0.0]]]))
    assert found.wanted[0].tolist() == pytest.approx([3.0 - 1.0, 4.0 * 3.0 + 3.0 - 1.0])


@pytest.mark.parametrize(("cash", "asked"), [(4.1, 0.0), (3.9, 8.0), (0.5, 8.0), (0.0, 8.0)])
def test_who_lives_on_venture_money_comes_to_market_late_and_for_a_whole_runway(
    cash: float, asked: float
) -> None:
    now = moment_of(market(cash=(cash, 99.0)))
    found = needs(now, invoices(now, 2.0, 2.0), np.zeros((1, 2, 1)))
    assert found.wanted[0].tolist() == pytest.approx([asked, 0.0])


def test_a_gap_is_asked_for_even_above_the_trigger() -> None:
    now = moment_of(market(cash=(1.0, 1.0)))
    found = needs(now, invoices(now, 3.0, 0.0), np.array([[[3.0], [0.0]]]))
    assert found.wanted[0, 0] == pytest.approx(2.0)


# --- equity -------------------------------------------------------------------------------------


def test_equity_serves_the_better_first_in_full() -> None:
    now = moment_of(market(), state=looking_like((0.2, 0.2), (HOT, COLD)))
    found = raised(now, 3.0, 3.0)
    assert found.equity.sum(axis=1)[0].tolist() == pytest.approx([3.0, 1.0])
    assert found.raised[0].tolist() == pytest.approx([3.0, 1.0])


def test_rank_is_growth_and_half_the_margin() -> None:
    state = looking_like((-0.4, 0.4), (1.1, 1.1))
    assert raised(moment_of(market(), state=state), 3.0, 3.0).raised[0].tolist() == [1.0, 3.0]
    state = looking_like((-0.4, 0.4), (1.35, 1.1))
    assert raised(moment_of(market(), state=state), 3.0, 3.0).raised[0].tolist() == [3.0, 1.0]


def test_equals_share() -> None:
    now = moment_of(market(), state=looking_like((0.2, 0.2), (1.1, 1.1 * (1 + 1e-15))))
    assert raised(now, 6.0, 2.0).raised[0].tolist() == pytest.approx([3.0, 1.0])


@pytest.mark.parametrize(
    ("profit", "growth", "served"),
    [(-0.2, 1.04, 0.0), (-0.2, 1.06, 2.0), (0.0, 0.8, 2.0), (0.2, 0.8, 2.0)],
)
def test_loss_makers_must_clear_the_hurdle(profit: float, growth: float, served: float) -> None:
    now = moment_of(market(), state=looking_like((profit, 0.1), (growth, 1.0)))
    assert raised(now, 2.0, 0.0).raised[0, 0] == pytest.approx(served)


def test_growth_is_that_of_four_quarters() -> None:
    now = moment_of(market(), state=looking_like((0.0, 0.0), (1.2, 0.9)))
    assert revenue_growth(now)[0].tolist() == pytest.approx([0.2, -0.1])
    dead = moment_of(market(), state={"revenue_history": np.zeros((1, 5, 2))})
    assert revenue_growth(dead)[0].tolist() == [0.0, 0.0]


def test_a_shut_market_serves_those_that_earn() -> None:
    state = looking_like((0.2, -0.2), (1.1, 1.1))
    shut = moment_of(market(), state=state, drivers={"open_to_new_names": np.zeros(13)})
    assert raised(shut, 1.0, 1.0).raised[0].tolist() == [1.0, 0.0]
    window = np.ones((13, 2))
    window[:, 0] = 0.25
    tier = moment_of(market(), state=state, drivers={"window": window})
    assert raised(tier, 1.0, 1.0).raised[0].tolist() == [0.25, 1.0]


def test_nobody_asks_a_pool_it_has_no_access_to() -> None:
    now = moment_of(market(access=()), state=looking_like((0.2, 0.2), (HOT, HOT)))
    assert raised(now, 3.0, 3.0).raised.sum() == 0.0


@pytest.mark.parametrize(("confidence", "lever"), [(1.0, 1.0), (0.5, 1.0), (1.2, 0.3)])
def test_supply_follows_trend_lever_and_mood(confidence: float, lever: float) -> None:
    now = moment_of(
        market(supply=2.0, growth=0.1, half_life=float("inf")),
        quarter=3,
        drivers={"pool_supply": np.full((13, 1), lever)},
        state={"confidence": np.array([[confidence]])},
    )
    assert pool_supply(now)[0, 0] == pytest.approx(2.0 * np.exp(0.3) * lever * confidence**1.5)


# --- debt ---------------------------------------------------------------------------------------


def lending(state: dict[str, Any], **pool: Any) -> Moment:
    terms: dict[str, Any] = {"asset_leverage": 0.5, "income_leverage": 2.0, **pool}
    return moment_of(market(instrument="debt", venture=False, **terms), state=state)


def test_a_short_pool_lends_pro_rata() -> None:
    now = lending({}, asset_leverage=np.inf, income_leverage=np.inf)
    assert raised(now, 6.0, 2.0).debt[0, :, 0].tolist() == pytest.approx([3.0, 1.0])


@pytest.mark.parametrize(
    ("worth", "profit", "debt", "room"),
    [
        (10.0, 9.0, 0.0, 5.0),  # half of collateral
        (10.0, 0.25, 0.0, 2.0),  # twice a year's earnings
        (10.0, 9.0, 4.0, 1.0),
        (10.0, 9.0, 7.0, 0.0),
        (10.0, -9.0, 0.0, 0.0),
    ],
)
def test_room_is_the_less_of_assets_and_income(
    worth: float, profit: float, debt: float, room: float
) -> None:
    state = {
        "plant_worth": np.array([[worth, 0.0]]),
        "profit": np.array([[profit, 0.0]]),
        "debt": np.array([[[debt], [0.0]]]),
    }
    now = lending(state, supply=99.0)
    assert raised(now, 50.0, 0.0).debt[0, 0, 0] == pytest.approx(room)


def test_depreciation_counts_as_income() -> None:
    state = {
        "plant_worth": np.array([[99.0, 0.0]]),
        "profit": np.array([[-1.0, 0.0]]),
        "worn": np.array([[1.5, 0.0]]),
    }
    assert raised(lending(state, supply=99.0), 50.0, 0.0).debt[0, 0, 0] == pytest.approx(4.0)


def test_several_pools_do_not_lend_on_one_collateral_twice() -> None:
    rows = [(K.SALE, "users", "line", 2.0)]
    pools = [
        Pool(name, "debt", base_supply=9.0, asset_leverage=0.5, income_leverage=np.inf)
        for name in ("first", "second")
    ]
    world = hand_made(
        rows,
        lines={"line": "firm"},
        firms=[Firm("firm", 1.0, access=("first", "second"), other_assets=10.0)],
        pools=pools,
    )
    found = raised(moment_of(world), 8.0)
    assert found.debt[0, 0].tolist() == pytest.approx([2.5, 2.5])


def test_what_matures_is_asked_of_its_own_pool_first() -> None:
    state = {"debt": np.array([[[3.0], [0.0]]])}
    now = lending(state, supply=4.0, asset_leverage=np.inf, income_leverage=np.inf)
    found = raised(now, 0.0, 6.0, maturing=np.array([[[3.0], [0.0]]]))
    assert found.debt[0, :, 0].tolist() == pytest.approx([3.0, 1.0])


def test_a_lender_may_stop() -> None:
    state = {"debt": np.array([[[3.0], [0.0]]])}
    now = lending(state, supply=4.0)
    assert raised(now, 3.0, 0.0, maturing=np.array([[[3.0], [0.0]]])).debt.sum() == 0.0


def test_firms_that_do_not_live_on_venture_money_borrow_before_they_sell_shares() -> None:
    rows = [(K.SALE, "users", "line", 2.0)]
    pools = [
        Pool("bank", "debt", base_supply=1.0, asset_leverage=np.inf, income_leverage=np.inf),
        Pool("fund", "equity", base_supply=9.0),
    ]
    for venture, debt, equity in ((False, 1.0, 2.0), (True, 0.0, 3.0)):
        firm = Firm("firm", 1.0, access=("bank", "fund"), venture_funded=venture)
        now = moment_of(hand_made(rows, lines={"line": "firm"}, firms=[firm], pools=pools))
        found = raised(now, 3.0)
        assert found.debt.sum() == pytest.approx(debt)
        assert found.equity.sum() == pytest.approx(equity)


# --- signed rounds and strategic money ----------------------------------------------------------


def signed(*rounds: Round, quarter: int = 2, **options: Any) -> Funding:
    state = options.pop("state", {})
    drivers = options.pop("drivers", {})
    world = market(rounds=rounds, access=(), **options)
    now = moment_of(world, quarter=quarter, drivers=drivers, state=state)
    return raised(now, 9.0, 9.0)


def test_a_signed_round_pays_at_its_date_and_no_other() -> None:
    deal = Round("deal", "pool", "one", 3.0, 2)
    assert signed(deal).raised[0].tolist() == [3.0, 0.0]
    assert signed(deal, quarter=1).raised.sum() == 0.0
    assert signed(deal, quarter=3).raised.sum() == 0.0


def test_a_signed_round_comes_before_pools_are_asked() -> None:
    world = market(rounds=(Round("deal", "pool", "one", 3.0, 1),))
    now = moment_of(world, state=looking_like((0.1, 0.1), (HOT, HOT)))
    assert raised(now, 4.0, 0.0).raised[0, 0] == pytest.approx(3.0 + 1.0)


@pytest.mark.parametrize(("lever", "paid"), [(0.0, 0.0), (0.4, 1.2), (3.0, 3.0)])
def test_a_line_can_be_refused(lever: float, paid: float) -> None:
    drivers = {"pool_supply": np.full((13, 1), lever)}
    found = signed(Round("deal", "pool", "one", 3.0, 2), drivers=drivers)
    assert found.raised[0, 0] == pytest.approx(paid)


@pytest.mark.parametrize(
    ("probability", "lever", "paid"),
    [(0.3, np.nan, 0.9), (0.3, 0.0, 0.0), (0.3, 1.0, 3.0), (0.8, 0.0, 2.4), (1.0, 0.0, 3.0)],
)
def test_a_letter_of_intent_pays_its_odds_or_what_the_lever_says(
    probability: float, lever: float, paid: float
) -> None:
    found = signed(
        Round("letter", "pool", "one", 3.0, 2, probability),
        drivers={"letters_paid": np.full(13, lever)},
    )
    assert found.raised[0, 0] == pytest.approx(paid)


@pytest.mark.parametrize(
    ("condition", "paid"),
    [
        ("revenue >= 1.9", 3.0),
        ("revenue >= 2.1", 0.0),
        ("growth <= 0.05", 3.0),
        ("cash>=1.5", 0.0),
        ("stress <= 0.5", 3.0),
        ("confidence >= 1.2", 0.0),
        ("when the site is built", 3.0),
    ],
)
def test_a_round_pays_only_if_its_condition_holds(condition: str, paid: float) -> None:
    found = signed(
        Round("deal", "pool", "one", 3.0, 2, 1.0, condition),
        state=looking_like((0.1, 0.1), (COLD, COLD)),
    )
    assert found.raised[0, 0] == pytest.approx(paid)


def test_the_dead_neither_pay_nor_get_a_round() -> None:
    deals = (Round("a", "pool", "one", 3.0, 2), Round("b", "one", "two", 3.0, 2))
    found = signed(*deals, state={"alive": np.array([[False, True]])}, cash=(9.0, 9.0))
    assert found.raised.sum() == 0.0


@pytest.mark.parametrize(("cash", "given"), [(9.0, 3.0), (2.0, 2.0), (0.0, 0.0)])
def test_a_firm_gives_what_it_signed_for_out_of_its_cash(cash: float, given: float) -> None:
    found = signed(Round("deal", "one", "two", 3.0, 2), cash=(cash, 1.0))
    assert found.equity[0, 0, 1] == pytest.approx(given)


def investor_world(share: float = 0.5, floor: float = 1.0) -> World:
    rows = [(K.SALE, "users", f"line_{name}", 2.0) for name in TWO]
    firms = [
        Firm("one", 9.0, strategic_share=share, cash_floor=floor),
        Firm("two", 1.0, access=("one",)),
    ]
    return hand_made(rows, lines={f"line_{name}": name for name in TWO}, firms=firms)


@pytest.mark.parametrize(
    ("asked", "bills", "lever", "given"),
    [
        (50.0, 2.0, 1.0, 0.5 * (9.0 - 1.0 - 2.0)),
        (50.0, 2.0, 0.5, 0.25 * (9.0 - 1.0 - 2.0)),
        (1.0, 2.0, 1.0, 1.0),
        (50.0, 8.5, 1.0, 0.0),
    ],
)
def test_strategic_money_is_a_share_of_the_surplus_after_own_bills(
    asked: float, bills: float, lever: float, given: float
) -> None:
    now = moment_of(investor_world(), drivers={"strategic_supply": np.full((13, 2), lever)})
    found = raised(now, 0.0, asked, bills=(bills, 0.0))
    assert found.equity[0, 0, 1] == pytest.approx(given)


# --- stress -------------------------------------------------------------------------------------


def test_stress_is_a_smoothed_share_of_essential_money_not_raised() -> None:
    now = moment_of(
        market(supply=1.0),
        state={**looking_like((0.1, 0.1), (HOT, COLD)), "stress": np.array([[0.4, 0.2]])},
    )
    found = raised(now, 4.0, 4.0, essential=np.array([[2.0, 0.0]]))
    assert found.stress[0].tolist() == pytest.approx([0.5 * 0.4 + 0.5 * 0.5, 0.1])
    assert found.unmet[0, 0] == pytest.approx(0.5)


def test_debt_and_plant_of_row_0_give_the_room_of_quarter_1() -> None:
    plant = Plant(gross=24.0, net=12.5, depreciation=1.0)
    world = hand_made(
        [(K.SALE, "users", "line", 9.0), (K.COST, "line", "labour", 1.0)],
        lines={"line": "firm"},
        terms_of_lines={"line": {"plant": plant}},
        firms=[Firm("firm", 1.0, access=("bank",))],
        pools=[Pool("bank", "debt", base_supply=99.0, asset_leverage=0.8)],
        debts=[Debt("firm", "bank", 4.0, 0.01, 20.0)],
    )
    assert raised(moment_of(world), 50.0).raised[0, 0] == pytest.approx(0.8 * 12.5 - 4.0)
