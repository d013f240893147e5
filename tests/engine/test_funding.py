"""Funding: needs by hand, triage by rank, rounds that pay and rounds that do not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from cardhouse.engine.bills import Invoices
from cardhouse.engine.chain import compile_chain
from cardhouse.engine.drivers import neutral
from cardhouse.engine.funding import Funding, needs, pool_supply, raise_funds
from cardhouse.engine.moment import Moment
from cardhouse.engine.simulate import Trajectory, simulate
from cardhouse.engine.sums import group_sum
from cardhouse.model.vocabulary import ContractKind as K
from cardhouse.model.world import Contract, Debt, Firm, Plant, Pool, Round, World
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
    """Return invoices in which the firms owe taxes and expect nothing."""
    lines, firms, _, _ = now.chain.shape
    links = now.chain.links
    due = links.empty(1)
    due[0, links.of("tax")][: len(owed)] = owed
    by_firm = {name: np.zeros((1, firms)) for name in ("profit", "revenue", "programs", "in_kind")}
    capex = more.get("capex", np.zeros((1, lines)))
    by_firm["capex_due"] = group_sum(capex, now.chain.firm_of_line, firms)
    parts = {
        "due": due,
        "bought": due,
        "payables": np.zeros_like(now.state.payables),
        "capex": np.zeros((1, lines)),
        "backed": np.zeros_like(now.state.backed_volume),
        **by_firm,
    }
    return Invoices(links=links, **{**parts, **more})


def asking_for_the_gap(now: Moment) -> Moment:
    """Return the moment with firms that keep no runway: they want what their bills leave open."""
    purses = now.chain.purses
    nothing = np.zeros_like(purses.runway)
    purses = replace(purses, runway=nothing, cash_per_capex=nothing)
    return replace(now, chain=replace(now.chain, purses=purses))


def raised(
    now: Moment,
    *wanted: float,
    bills: tuple[float, ...] = (),
    essential: tuple[float, ...] | None = None,
    maturing: np.ndarray | None = None,
) -> Funding:
    """Return who gives what when firms want so much: by bills that exceed their cash.

    Who wants nothing has no bills but those given. What is not essential is plant.
    """
    usual = (*bills, *np.zeros(len(now.chain.firm_ids)))
    cash = now.state.cash[0]
    owed = [cash[at] + want if want else usual[at] for at, want in enumerate(wanted)]
    plant = np.subtract(wanted, wanted if essential is None else essential)
    capex = plant[now.chain.firm_of_line][None]
    due = np.zeros_like(now.state.loans) if maturing is None else maturing
    return raise_funds(asking_for_the_gap(now), invoices(now, *owed, capex=capex), due)


def lent(now: Moment, found: Funding) -> np.ndarray:
    """Return debt drawn in cash (firm, pool)."""
    return np.asarray(now.chain.debt_by_pool(found.drawn)[0])


# --- needs --------------------------------------------------------------------------------------


def test_needs_by_hand() -> None:
    now = moment_of(market(venture=False))
    billed = invoices(now, 3.0, 0.5, capex=np.array([[0.4, 0.0]]), programs=np.array([[1.0, 0.0]]))
    billed.due[0, now.chain.links.of("sale")] = 1.0
    found = needs(now, billed, np.zeros((1, 0)))
    burn = 2.0
    wanted = 4.0 * burn + 3.0 - 1.0 - 1.0
    essential = 0.35 * 4.0 * burn + 3.0 - 1.0 - 1.0 - 0.4 - 0.65
    assert found.wanted[0].tolist() == pytest.approx([wanted, 0.0])
    assert found.essential[0].tolist() == pytest.approx([essential, 0.0])


def test_maturing_debt_is_part_of_the_bill_but_not_of_the_burn() -> None:
    now = moment_of(market(venture=False, instrument="debt"))
    found = needs(now, invoices(now, 3.0, 3.0), np.array([[3.0, 0.0]]))
    assert found.wanted[0].tolist() == pytest.approx([3.0 - 1.0, 4.0 * 3.0 + 3.0 - 1.0])


@pytest.mark.parametrize(("cash", "asked"), [(4.1, 0.0), (3.9, 8.0), (0.5, 8.0), (0.0, 8.0)])
def test_who_lives_on_venture_money_comes_to_market_late_and_for_a_whole_runway(
    cash: float, asked: float
) -> None:
    now = moment_of(market(cash=(cash, 99.0)))
    found = needs(now, invoices(now, 2.0, 2.0), np.zeros((1, 0)))
    assert found.wanted[0].tolist() == pytest.approx([asked, 0.0])


def test_a_gap_is_asked_for_even_above_the_trigger() -> None:
    now = moment_of(market(cash=(1.0, 1.0), instrument="debt"))
    found = needs(now, invoices(now, 3.0, 0.0), np.array([[3.0, 0.0]]))
    assert found.wanted[0, 0] == pytest.approx(2.0)


def test_what_a_lessor_pays_for_is_no_bill() -> None:
    now = moment_of(market(venture=False))
    billed = invoices(now, 3.0, 0.5, capex=np.array([[0.4, 0.0]]))
    found = needs(now, billed, np.zeros((1, 0)), np.array([[0.3, 0.0]]))
    burn = 3.0 - 0.3
    assert found.wanted[0].tolist() == pytest.approx([4.0 * burn + burn - 1.0, 4.0 * 0.5 - 0.5])
    essential = 0.35 * 4.0 * burn + burn - 1.0 - (0.4 - 0.3)
    assert found.essential[0].tolist() == pytest.approx([essential, 0.2])


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
    assert now.revenue_growth[0].tolist() == pytest.approx([0.2, -0.1])
    dead = moment_of(market(), state={"revenue_history": np.zeros((1, 5, 2))})
    assert dead.revenue_growth[0].tolist() == [0.0, 0.0]


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
    assert lent(now, raised(now, 6.0, 2.0))[:, 0].tolist() == pytest.approx([3.0, 1.0])


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
        "plant_worth": np.array([[[worth, 0.0]]]),
        "profit": np.array([[profit, 0.0]]),
        "loans": np.array([[debt, 0.0]]),
    }
    now = lending(state, supply=99.0)
    assert lent(now, raised(now, 50.0, 0.0))[0, 0] == pytest.approx(room)


def test_depreciation_counts_as_income() -> None:
    state = {
        "plant_worth": np.array([[[99.0, 0.0]]]),
        "profit": np.array([[-1.0, 0.0]]),
        "worn": np.array([[1.5, 0.0]]),
    }
    now = lending(state, supply=99.0)
    assert lent(now, raised(now, 50.0, 0.0))[0, 0] == pytest.approx(4.0)


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
    now = moment_of(world)
    assert lent(now, raised(now, 8.0))[0].tolist() == pytest.approx([2.5, 2.5])


@pytest.mark.parametrize("instrument", ["equity", "lease"])
def test_a_pool_that_lends_no_cash_makes_no_lender_more_generous(instrument: str) -> None:
    pools = [
        Pool(name, "debt", base_supply=9.0, asset_leverage=0.5, income_leverage=np.inf)
        for name in ("first", "second")
    ]
    generous = Pool("other", instrument, asset_leverage=np.inf, income_leverage=np.inf)
    world = hand_made(
        [(K.SALE, "users", "line", 2.0)],
        lines={"line": "firm"},
        firms=[Firm("firm", 1.0, access=("first", "second"), other_assets=10.0)],
        pools=[*pools, generous],
    )
    now = moment_of(world)
    assert lent(now, raised(now, 20.0))[0].tolist() == pytest.approx([2.5, 2.5, 0.0])


def test_what_matures_is_asked_of_its_own_pool_first() -> None:
    state = {"loans": np.array([[3.0, 0.0]])}
    now = lending(state, supply=4.0, asset_leverage=np.inf, income_leverage=np.inf)
    found = raised(now, 0.0, 6.0, maturing=np.array([[3.0, 0.0]]))
    assert lent(now, found)[:, 0].tolist() == pytest.approx([3.0, 1.0])


def test_a_lender_may_stop() -> None:
    now = lending({"loans": np.array([[3.0, 0.0]])}, supply=4.0)
    assert raised(now, 3.0, 0.0, maturing=np.array([[3.0, 0.0]])).drawn.sum() == 0.0


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
        assert found.drawn.sum() == pytest.approx(debt)
        assert found.equity.sum() == pytest.approx(equity)


# --- signed rounds and strategic money ----------------------------------------------------------


def signed(*rounds: Round, quarter: int = 2, **options: Any) -> Funding:
    state = options.pop("state", {})
    drivers = options.pop("drivers", {})
    world = market(rounds=rounds, access=(), **options)
    now = moment_of(world, quarter=quarter, drivers=drivers, state=state)
    investors = {item.investor for item in rounds}
    return raised(now, *(0.0 if name in investors else 9.0 for name in TWO))


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


@pytest.mark.parametrize(
    ("of_revenue", "lever", "given"),
    [
        (np.inf, 1.0, 3.0),
        (np.finfo(float).max, 1.0, 3.0),  # times revenue it is beyond all bounds
        (0.75, 1.0, 1.5),
        (0.75, 0.5, 0.75),
        (9.0, 1.0, 3.0),
        (0.0, 1.0, 0.0),
    ],
)
def test_strategic_money_is_at_most_a_multiple_of_the_investors_revenue(
    of_revenue: float, lever: float, given: float
) -> None:
    world = investor_world()
    firms = (replace(world.firms[0], strategic_of_revenue=of_revenue), world.firms[1])
    now = moment_of(
        replace(world, firms=firms), drivers={"strategic_supply": np.full((13, 2), lever)}
    )
    found = raised(now, 0.0, 50.0, bills=(2.0, 0.0))
    assert found.equity[0, 0, 1] == pytest.approx(given)


@pytest.mark.parametrize(
    ("multiple", "gave", "given"),
    [(np.inf, 0.0, 3.0), (0.25, 0.0, 0.5), (0.25, 1.0, 1.0), (0.0, 0.0, 0.0), (9.0, 0.0, 3.0)],
)
def test_strategic_money_is_at_most_what_the_firm_buys_warrants(
    multiple: float, gave: float, given: float
) -> None:
    rows = [(K.SALE, "users", f"line_{name}", 2.0) for name in TWO]
    rows += [(K.INPUT, "line_two", "line_one", 1.0)]
    rows += [(K.EQUITY, "one", "two", gave)] if gave else []
    firms = [
        Firm("one", 9.0, strategic_share=0.5, cash_floor=1.0, strategic_of_purchases=multiple),
        Firm("two", 1.0, access=("one",)),
    ]
    now = moment_of(hand_made(rows, lines={f"line_{name}": name for name in TWO}, firms=firms))
    billed = invoices(now, 2.0, 53.0)
    billed.bought[0, now.chain.links.of("input")] = 2.0
    found = raise_funds(asking_for_the_gap(now), billed, np.zeros_like(now.state.loans))
    assert found.equity[0, 0, 1] == pytest.approx(given)


def vendor(in_step: float = 0.5, cash: float = 9.0) -> World:
    """Return a maker of chips that gives a lab money in step with what the lab buys of it."""
    rows = [
        (K.SALE, "users", "chat", 10.0),
        (K.SALE, "users", "chips", 2.0),
        (K.PROGRAM, "lab", "chips", 4.0),
        (K.EQUITY, "maker", "lab", 1.0, {"in_step": in_step}),
        (K.PROGRAM, "lab", "labour", 1.0),
    ]
    return hand_made(
        rows,
        lines={"chips": "maker", "chat": "lab"},
        firms=[Firm("maker", cash), Firm("lab", 50.0)],
    )


def test_money_in_step_is_a_share_of_what_was_bought_last_quarter() -> None:
    chain = compile_chain(vendor())
    drivers = neutral(chain, 6)
    budget = drivers.program.copy()
    budget[2:] = 0.25
    found = simulate(chain, replace(drivers, program=budget))
    bought = found.of_record("paid")[:, chain.links.of("program")].sum(axis=1)
    given = found.of_record("paid")[:, chain.links.of("equity")].sum(axis=1)
    assert bought[0] == 4.0
    assert bought[2] < 0.5 * bought[1]
    np.testing.assert_allclose(given[1:], 0.5 * bought[:-1], rtol=1e-12)
    np.testing.assert_allclose(found.of_state("stakes")[:, 0, 1], np.cumsum([0.0, *given[1:]]))


@pytest.mark.parametrize(
    ("cash", "lever", "alive", "given"),
    [
        (9.0, 1.0, True, 2.0),
        (9.0, 0.4, True, 0.8),
        (9.0, 3.0, True, 2.0),
        (1.5, 1.0, True, 1.5),
        (9.0, 1.0, False, 0.0),
    ],
)
def test_money_in_step_comes_out_of_the_investors_purse(
    cash: float, lever: float, alive: bool, given: float
) -> None:
    now = moment_of(
        vendor(cash=cash),
        drivers={"strategic_supply": np.full((13, 2), lever)},
        state={"alive": np.array([[alive, True]])},
    )
    found = raised(now, 0.0, 0.0)
    assert found.equity[0, 0, 1] == pytest.approx(given)
    assert raised(moment_of(vendor(in_step=0.0)), 0.0, 0.0).equity.sum() == 0.0


def in_kind(cash: float = 10.0, **deal: Any) -> World:
    """Return a backer whose round of 3 a lab must spend at a cloud in quarter 2."""
    terms = {"amount": 3.0, "quarter": 2, "earmark": "compute", **deal}
    return hand_made(
        [(K.SALE, "users", "chat", 4.0), (K.SALE, "users", "compute", 1.0)],
        lines={"chat": "lab", "compute": "cloud"},
        firms=[Firm("lab", 1.0), Firm("cloud", 1.0), Firm("backer", cash)],
        rounds=[Round("in kind", "backer", "lab", **terms)],
    )


@pytest.mark.parametrize(
    ("options", "paid"),
    [
        ({}, 3.0),
        ({"probability": 0.3}, 0.9),
        ({"condition": "revenue >= 5"}, 0.0),
        ({"cash": 1.25}, 1.25),
    ],
)
def test_a_round_in_kind_goes_through_the_firm_to_its_supplier(
    options: dict[str, Any], paid: float
) -> None:
    chain = compile_chain(in_kind(**options))
    found = simulate(chain, neutral(chain, 3))
    links, flows = chain.links, found.of_record("paid")
    for group in ("equity", "program"):
        at = flows[:, links.of(group)].sum(axis=1)
        assert at.tolist() == pytest.approx([0.0, 0.0, paid, 0.0]), group
    lab, cloud, backer = np.diff(found.of_state("cash"), axis=0).T
    assert lab.tolist() == pytest.approx([4.0, 4.0, 4.0])
    assert cloud.tolist() == pytest.approx([1.0, 1.0 + paid, 1.0])
    assert backer.tolist() == pytest.approx([0.0, -paid, 0.0])
    assert found.of_record("revenue")[:, 1].tolist() == pytest.approx([1.0, 1.0, 1.0 + paid, 1.0])


def test_a_firm_short_of_money_cuts_what_it_can_cut_and_not_its_round_in_kind() -> None:
    """Half a billion short, it trains for 1.5 rather than 2; the round of 4 goes to the cloud."""
    rows = [
        (K.SALE, "users", "chat", 4.0),
        (K.SALE, "users", "compute", 1.0),
        (K.COST, "chat", "labour", 2.5),
        (K.PROGRAM, "lab", "labour", 2.0),
    ]
    world = hand_made(
        rows,
        lines={"chat": "lab", "compute": "cloud"},
        firms=[Firm("lab", 0.0), Firm("cloud", 1.0), Firm("backer", 10.0)],
        rounds=[Round("in kind", "backer", "lab", 4.0, 1, earmark="compute")],
    )
    chain = compile_chain(world)
    parameters = {"payment_margin": 1.0, "program_floor": 0.0, "price_speed": 0.0}
    found = simulate(chain, neutral(chain, 1), parameters=parameters)
    paid = found.of_record("paid")[1]
    assert paid[chain.links.of("program")].tolist() == pytest.approx([4.0])
    assert paid[chain.links.of("program_outside")].tolist() == pytest.approx([1.5])
    assert found.states[1].alive.all()


# --- committed lines ----------------------------------------------------------------------------


def credit(firm: str = "one", limit: float = 2.0, **terms: float) -> Contract:
    return Contract(K.CREDIT_LINE, "pool", firm, 0.0, terms, committed=limit)


def with_lines(*lines: Contract, **options: Any) -> World:
    """Return the market of two firms with a bank that tests nothing, and committed lines."""
    usual = {"instrument": "debt", "venture": False, "supply": 9.0}
    endless = {"asset_leverage": np.inf, "income_leverage": np.inf}
    world = market(**{**usual, **endless, **options})
    return replace(world, contracts=(*world.contracts, *lines))


@pytest.mark.parametrize(
    ("asked", "supply", "from_line", "in_all"),
    [(1.5, 9.0, 1.5, 1.5), (5.0, 9.0, 2.0, 5.0), (5.0, 0.5, 2.0, 2.5), (5.0, 0.0, 2.0, 2.0)],
)
def test_a_committed_line_is_drawn_before_pools_are_asked(
    asked: float, supply: float, from_line: float, in_all: float
) -> None:
    now = moment_of(with_lines(credit(), supply=supply))
    found = raised(now, asked, 0.0)
    assert found.line_drawn[0].tolist() == pytest.approx([from_line])
    assert lent(now, found)[:, 0].tolist() == pytest.approx([in_all, 0.0])
    assert found.raised[0].tolist() == pytest.approx([in_all, 0.0])


def test_a_line_is_drawn_whatever_the_collateral_and_the_income() -> None:
    now = moment_of(with_lines(credit(), asset_leverage=0.0, income_leverage=0.0))
    assert raised(now, 5.0, 5.0).raised[0].tolist() == pytest.approx([2.0, 0.0])


def test_what_is_signed_comes_before_a_line() -> None:
    deal = Round("deal", "pool", "one", 3.0, 1)
    now = moment_of(with_lines(credit(), rounds=(deal,), supply=0.0))
    found = raised(now, 4.0, 0.0)
    assert found.line_drawn[0].tolist() == pytest.approx([1.0])


@pytest.mark.parametrize(("supply", "from_line"), [(9.0, 0.0), (2.5, 0.5), (0.0, 2.0)])
def test_what_matures_is_rolled_over_before_a_line_is_drawn(
    supply: float, from_line: float
) -> None:
    state = {"loans": np.array([[3.0, 0.0]])}
    now = moment_of(with_lines(credit(), supply=supply), state=state)
    found = raised(now, 3.0, 0.0, maturing=np.array([[3.0, 0.0]]))
    assert found.line_drawn[0].tolist() == pytest.approx([from_line])
    assert found.raised[0, 0] == pytest.approx(min(3.0, supply) + from_line)


@pytest.mark.parametrize(
    ("drawn", "quarter", "left"), [(0.0, 1, 2.0), (1.5, 2, 0.5), (2.0, 3, 0.0), (0.0, 4, 0.0)]
)
def test_a_line_is_used_up_and_ends(drawn: float, quarter: int, left: float) -> None:
    world = with_lines(credit(quarters=3.0), supply=0.0)
    now = moment_of(world, quarter=quarter, state={"line_drawn": np.array([[drawn]])})
    assert raised(now, 5.0, 0.0).raised[0, 0] == pytest.approx(left)


@pytest.mark.parametrize(("lever", "paid"), [(0.0, 0.0), (0.4, 0.8), (3.0, 2.0)])
def test_a_committed_line_can_be_refused(lever: float, paid: float) -> None:
    drivers = {"pool_supply": np.full((13, 1), lever)}
    now = moment_of(with_lines(credit(), supply=0.0), drivers=drivers)
    assert raised(now, 5.0, 0.0).line_drawn[0, 0] == pytest.approx(paid)


@pytest.mark.parametrize(("confidence", "paid"), [(0.7, 5.0), (0.6, 5.0), (0.599, 0.0)])
def test_a_pool_that_has_shut_gives_nothing_new_and_no_line(confidence: float, paid: float) -> None:
    state = {"confidence": np.array([[confidence]])}
    now = moment_of(with_lines(credit(), closes_below=0.6, supply=99.0), state=state)
    found = raised(now, 5.0, 0.0)
    assert found.raised[0, 0] == pytest.approx(paid)
    assert found.line_drawn[0, 0] == pytest.approx(min(paid, 2.0))


def test_the_dead_draw_on_no_line() -> None:
    now = moment_of(with_lines(credit()), state={"alive": np.array([[False, True]])})
    assert raised(now, 5.0, 0.0).line_drawn.sum() == 0.0


def test_lines_of_one_firm_are_drawn_by_what_is_left_of_them() -> None:
    world = with_lines(credit(limit=3.0), credit(limit=2.0), credit("two", 1.0), supply=0.0)
    now = moment_of(world, state={"line_drawn": np.array([[0.0, 1.0, 0.25]])})
    assert raised(now, 2.0, 9.0).line_drawn[0].tolist() == pytest.approx([1.5, 0.5, 0.75])


def test_a_firm_that_burns_draws_its_line_to_the_limit_and_owes_it() -> None:
    """Half a billion a quarter is burned; what keeps cash at its floor is drawn, up to 2 in all."""
    rows = [(K.SALE, "users", "line", 2.0), (K.COST, "line", "labour", 2.5)]
    bank = Pool("bank", "debt", rate=0.02, maturity_quarters=10.0, base_supply=0.0)
    world = hand_made(
        rows, lines={"line": "firm"}, firms=[Firm("firm", 9.0, cash_floor=9.0)], pools=[bank]
    )
    line = Contract(K.CREDIT_LINE, "bank", "firm", 0.0, committed=2.0)
    chain = compile_chain(replace(world, contracts=(*world.contracts, line)))
    found = simulate(chain, neutral(chain, 5))
    drawn, owed = [0.0], [0.0]
    for _ in range(5):
        drawn.append(min(0.5 + 0.12 * owed[-1], 2.0 - sum(drawn)))
        owed.append(0.9 * owed[-1] + drawn[-1])
    paid = {
        kind: found.of_record("paid")[:, chain.links.of(kind)].sum(axis=1)
        for kind in ("debt_drawn", "repayment", "interest")
    }
    assert drawn[4] < 0.5, "the limit bites"
    assert paid["debt_drawn"].tolist() == pytest.approx(drawn)
    assert found.of_state("line_drawn")[:, 0].tolist() == pytest.approx(np.cumsum(drawn).tolist())
    assert found.of_state("loans")[:, 0].tolist() == pytest.approx(owed)
    assert paid["interest"][1:].tolist() == pytest.approx([0.02 * left for left in owed[:-1]])
    assert paid["repayment"][1:].tolist() == pytest.approx([0.1 * left for left in owed[:-1]])


# --- lessors ------------------------------------------------------------------------------------


def operator(
    *, share: float = 0.5, lessors: tuple[float, ...] = (9.0,), asks: bool = True, **terms: Any
) -> World:
    """Return an operator that buys plant of 1 from a maker, part of it leased, and 1 outside."""
    rows = [
        (K.SALE, "users", "hall", 10.0),
        (K.SALE, "others", "chips", 3.0),
        (K.CAPEX, "hall", "chips", 1.0, {"leased": share}),
        (K.CAPEX, "hall", "energy", 1.0),
    ]
    usual = {"rate": 0.02, "maturity_quarters": 10.0}
    endless = {"asset_leverage": np.inf, "income_leverage": np.inf}
    pools = [
        Pool(f"lessor{number}", "lease", base_supply=supply, **{**usual, **endless, **terms})
        for number, supply in enumerate(lessors)
    ]
    access = tuple(pool.id for pool in pools) if asks else ()
    return hand_made(
        rows,
        lines={"hall": "operator", "chips": "maker"},
        terms_of_lines={"hall": {"plant": Plant(gross=48.0, net=25.0, depreciation=2.0)}},
        firms=[Firm("operator", 50.0, access=access)],
        pools=pools,
    )


def ran(world: World, quarters: int = 1) -> Trajectory:
    chain = compile_chain(world)
    return simulate(chain, neutral(chain, quarters))


def plant_paid(found: Trajectory, group: str, quarter: int = 1) -> list[float]:
    """Return what was paid for plant in one group of links."""
    return found.of_record("paid")[quarter, found.chain.links.of(group)].tolist()


def test_a_lessor_pays_the_supplier_in_its_lessees_place() -> None:
    leased, bought = ran(operator()), ran(operator(asks=False))
    bill = plant_paid(bought, "capex")[0]
    assert plant_paid(leased, "leased") == pytest.approx([0.5 * bill])
    assert plant_paid(leased, "capex") == pytest.approx([0.5 * bill])
    assert plant_paid(leased, "leased_outside") == [0.0]
    assert plant_paid(leased, "capex_outside") == pytest.approx(plant_paid(bought, "capex_outside"))
    more = leased.of_state("cash")[1] - bought.of_state("cash")[1]
    assert more.tolist() == pytest.approx([0.5 * bill, 0.0]), "the maker is paid in full"
    for name in ("net_plant", "capacity", "vintages"):
        np.testing.assert_allclose(leased.of_state(name), bought.of_state(name))
    np.testing.assert_allclose(leased.of_record("revenue"), bought.of_record("revenue"))


def test_leased_plant_is_debt_at_the_lessors_terms_and_no_cash() -> None:
    found = ran(operator(), quarters=2)
    chain = found.chain
    new = [plant_paid(found, "leased", quarter)[0] for quarter in (1, 2)]
    owed = [0.0, new[0], 0.9 * new[0] + new[1]]
    assert found.of_state("loans")[:, 0].tolist() == pytest.approx(owed)
    assert found.of_record("leased")[1:, 0].tolist() == pytest.approx(new)
    assert found.of_record("raised")[1:].sum() == 0.0
    assert plant_paid(found, "debt_drawn", 1) == [0.0]
    assert plant_paid(found, "interest", 2) == pytest.approx([0.02 * new[0]])
    assert plant_paid(found, "repayment", 2) == pytest.approx([0.1 * new[0]])
    assert chain.debt_by_pool(found.states[2].loans)[0, 0, 0] == pytest.approx(owed[2])


@pytest.mark.parametrize(
    ("supply", "share", "leased"), [(9.0, 1.0, 1.0), (0.2, 0.5, 0.2), (0.0, 0.5, 0.0)]
)
def test_a_lessor_pays_within_its_supply(supply: float, share: float, leased: float) -> None:
    found = ran(operator(lessors=(supply,), share=share))
    assert plant_paid(found, "leased") == pytest.approx([leased])
    assert plant_paid(found, "capex") == pytest.approx([1.0 - leased])
    assert found.of_state("loans")[1].tolist() == pytest.approx([leased])


def test_lessors_share_a_firms_plant_by_their_supply() -> None:
    found = ran(operator(lessors=(3.0, 1.0)))
    assert plant_paid(found, "leased") == pytest.approx([0.375, 0.125])
    assert found.of_state("loans")[1].tolist() == pytest.approx([0.375, 0.125])


def test_a_lessor_has_limits_of_its_own() -> None:
    room = ran(operator(asset_leverage=0.01))
    assert plant_paid(room, "leased") == pytest.approx([0.01 * 25.0])
    shut = moment_of(operator(closes_below=0.6), state={"confidence": np.array([[0.5]])})
    billed = invoices(shut)
    billed.bought[0, shut.chain.links.of("capex")] = 1.0
    found = raise_funds(shut, billed, np.zeros((1, 1)))
    assert found.leased.sum() == 0.0


def test_a_lessor_gives_no_cash_and_rolls_nothing_over() -> None:
    now = moment_of(operator(), state={"loans": np.array([[2.0]])})
    found = raised(now, 9.0, 0.0, maturing=np.array([[2.0]]))
    assert found.raised.sum() == 0.0


def test_orders_cut_for_want_of_money_are_not_leased_either() -> None:
    world = operator()
    poor = replace(world.firms[0], cash=0.0, cash_floor=0.0)
    wages = Contract(K.COST, "hall", "labour", 9.4)
    found = ran(replace(world, firms=(poor, *world.firms[1:]), contracts=(*world.contracts, wages)))
    own, lessor = plant_paid(found, "capex")[0], plant_paid(found, "leased")[0]
    assert 0.0 < own < 0.5
    assert lessor == pytest.approx(own)
    assert found.of_record("capex")[1, 0] == pytest.approx(2.0 * (own + lessor))


# --- cover --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cover", "income_leverage", "new"),
    [(1.0, 99.0, 0.0), (0.9, 99.0, 2.0), (0.901, 99.0, 0.0), (1.0, np.inf, 2.0)],
)
def test_who_does_not_earn_its_interest_rolls_over_but_borrows_nothing_new(
    cover: float, income_leverage: float, new: float
) -> None:
    state = {
        "profit": np.array([[0.5, 9.0]]),
        "worn": np.array([[0.4, 0.0]]),
        "loans": np.array([[10.0, 0.0]]),
        "loan_rate": np.array([[0.1, 0.0]]),
    }
    limits = {"asset_leverage": np.inf, "income_leverage": income_leverage}
    world = market(instrument="debt", venture=False, supply=99.0, **limits)
    now = moment_of(world, state=state, parameters={"cover_limit": cover})
    found = raised(now, 5.0, 1.0, maturing=np.array([[3.0, 0.0]]))
    assert lent(now, found)[:, 0].tolist() == pytest.approx([3.0 + new, 1.0])


# --- stress -------------------------------------------------------------------------------------


def test_stress_is_a_smoothed_share_of_essential_money_not_raised() -> None:
    now = moment_of(
        market(supply=1.0),
        state={**looking_like((0.1, 0.1), (HOT, COLD)), "stress": np.array([[0.4, 0.2]])},
    )
    found = raised(now, 4.0, 4.0, essential=(2.0, 0.0))
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
