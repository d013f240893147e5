"""Plant: straight lines, vintages, lead times, plans with momentum."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardhouse.engine.chain import compile_chain
from cardhouse.engine.moment import Moment
from cardhouse.engine.plans import capex_price, move_plant, next_capex, plant_life, wear
from cardhouse.engine.state import implied_expected_growth
from cardhouse.model.vocabulary import ContractKind as K
from cardhouse.model.world import Firm, Plant, PlantPart, World
from strategies import hand_made, moment_of


def owner(capex: float = 2.0, **terms: Any) -> World:
    """Return a line that sells 8 from plant of 48 and buys half of its capex from a maker."""
    plant = Plant(gross=48.0, net=25.0, depreciation=2.0, target_utilisation=0.8)
    rows = [
        (K.SALE, "users", "line", 8.0),
        (K.SALE, "others", "chips", 3.0),
        (K.CAPEX, "line", "chips", capex / 2.0),
        (K.CAPEX, "line", "energy", capex / 2.0),
    ]
    terms_ = {"line": {"plant": replace(plant, **terms)}, "chips": {"price_follows_cost": False}}
    lines = {"line": "firm", "chips": "maker"}
    return hand_made(rows, lines=lines, terms_of_lines=terms_, firms=[Firm("firm", 90.0)])


def prices(chips: float = 1.0) -> np.ndarray:
    return np.array([[1.0, chips]])


def plan_of(now: Moment, chips: float = 1.0) -> float:
    return float(next_capex(now, prices(chips), wear(now)).plan[0, 0])


def moved(now: Moment, capex: float, chips: float = 1.0) -> Moment:
    """Return the moment a quarter later, after `capex` was spent."""
    worn = wear(now)
    planned = next_capex(now, prices(chips), worn)
    after = move_plant(now, planned, np.array([[capex, 0.0]]), worn, prices(chips))
    state = replace(
        now.state,
        capacity=after.capacity,
        pipeline=after.pipeline,
        vintages=after.vintages,
        net_plant=after.net,
        plant_worth=after.worth,
        charged=prices(chips),
    )
    return replace(now, state=state, quarter=now.quarter + 1)


# --- depreciation -------------------------------------------------------------------------------


@given(st.floats(2.0, 30.0), st.floats(0.05, 1.0))
def test_opening_vintages_add_up_to_plant_as_filed(life: float, left: float) -> None:
    left = max(left, 1.0 / life)
    plant = Plant(gross=60.0, net=60.0 * left, depreciation=60.0 / life, life_quarters=24.0)
    now = moment_of(owner(**vars(plant)))
    worn = wear(now)
    assert worn.in_service[0, 0] == pytest.approx(60.0, rel=1e-9)
    assert worn.worn[0, 0] == pytest.approx(60.0 / life, rel=1e-9)
    ages = np.arange(now.state.vintages.shape[2])
    remaining = np.maximum(0.0, 1.0 - ages / life)
    assert now.state.vintages[0, 0, :, 0] @ remaining == pytest.approx(60.0 * left, rel=1e-9)


def test_plant_bought_once_is_written_off_in_equal_parts_and_then_gone() -> None:
    now = moment_of(owner(gross=0.0, net=0.0, depreciation=0.0, life_quarters=5.5), quarters=12)
    now = moved(now, 11.0)
    worn = []
    for _ in range(8):
        worn.append(wear(now).worn[0, 0])
        now = moved(now, 0.0)
    np.testing.assert_allclose(worn, [2.0] * 5 + [1.0, 0.0, 0.0], atol=1e-12)
    assert now.state.net_plant[0, 0, 0] == pytest.approx(0.0, abs=1e-12)


def test_old_plant_is_written_off_within_its_own_life() -> None:
    now = moment_of(owner(), quarters=26)
    total = 0.0
    for _ in range(26):
        total += wear(now).worn[0, 0]
        now = moved(now, 0.0)
    assert total == pytest.approx(25.0, rel=1e-9)


def test_a_shorter_life_makes_the_clock_of_all_plant_run_faster() -> None:
    short = {"plant_life": np.full((13, 2), 12.0)}
    fast = moment_of(owner(), drivers=short)
    oldest = fast.state.vintages[0, 0, 23, 0]  # half a quarter of its life is left
    assert wear(fast).worn[0, 0] == pytest.approx((48.0 - oldest / 2.0) / 12.0)
    total = 0.0
    for _ in range(12):
        total += wear(fast).worn[0, 0]
        fast = moved(fast, 0.0)
    assert total == pytest.approx(25.0, rel=1e-9)


def test_a_longer_life_keeps_its_vintages() -> None:
    now = moment_of(owner(), quarters=12, drivers={"plant_life": np.full((13, 2), 40.0)})
    assert wear(now).worn[0, 0] == pytest.approx(2.0 * 24.0 / 40.0)
    assert now.state.vintages.shape[2] >= 40


def test_plant_is_worth_what_plant_costs_today() -> None:
    now = moment_of(owner())
    after = moved(now, 4.0, chips=0.5)
    assert capex_price(now.chain, prices(0.5))[0, 0] == pytest.approx(0.75)
    assert after.state.net_plant[0, 0, 0] == pytest.approx(25.0 - 2.0 + 4.0)
    assert after.state.plant_worth[0, 0, 0] == pytest.approx((25.0 - 2.0) * 0.75 + 4.0)


# --- parts of plant -----------------------------------------------------------------------------

PARTS = (
    PlantPart("equipment", 0.6, 20.0, 3, ages_fast=True),
    PlantPart("building", 0.4, 80.0, 6),
)


def mixed(**terms: Any) -> World:
    """Return an owner with equipment of 24 and buildings of 64, both bought at a steady pace.

    A quarter wears 24/20 + 64/80 = 2. Of plant of life L that is bought so, (L + 1)/2L is left:
    12.6 and 32.4.
    """
    return owner(**{"gross": 88.0, "net": 45.0, "depreciation": 2.0, "parts": PARTS, **terms})


def test_each_kind_of_plant_wears_over_its_own_life() -> None:
    now = moment_of(mixed())
    worn = wear(now)
    assert worn.by_part[0, :, 0].tolist() == pytest.approx([1.2, 0.8])
    assert worn.worn[0, 0] == pytest.approx(2.0)
    assert worn.in_service[0, 0] == pytest.approx(88.0)
    assert now.state.net_plant[0, :, 0].tolist() == pytest.approx([12.6, 32.4])


def test_plant_that_is_replaced_by_its_mix_stands_still() -> None:
    now = moment_of(mixed(), quarters=30)
    for _ in range(30):
        assert wear(now).by_part[0, :, 0].tolist() == pytest.approx([1.2, 0.8])
        now = moved(now, 2.0)
    assert now.state.net_plant[0, :, 0].tolist() == pytest.approx([12.6, 32.4])
    assert now.state.capacity[0, 0] == pytest.approx(10.0)


@given(st.floats(0.1, 0.9), st.floats(0.5, 2.0), st.floats(0.3, 0.95))
def test_opening_vintages_add_up_part_by_part_to_plant_as_filed(
    share: float, faster: float, left: float
) -> None:
    """Gross is split by share x life; all lives are stretched alike to wear as filed."""
    parts = (replace(PARTS[0], share=share), replace(PARTS[1], share=1.0 - share))
    weight = np.array([share * 20.0, (1.0 - share) * 80.0])
    gross = 88.0 * weight / weight.sum()
    filed = (gross / [20.0, 80.0]).sum() * faster
    now = moment_of(mixed(net=88.0 * left, depreciation=filed, parts=parts))
    worn = wear(now)
    life = np.array([20.0, 80.0]) / faster
    assert worn.by_part[0, :, 0].tolist() == pytest.approx((gross / life).tolist(), rel=1e-9)
    assert worn.in_service[0, 0] == pytest.approx(88.0, rel=1e-9)
    ages = np.arange(now.state.vintages.shape[2])
    in_service = np.clip(life[:, None] - ages, 0.0, 1.0)
    remaining = np.maximum(0.0, 1.0 - ages / life[:, None])
    cost = now.state.vintages[0, :, :, 0]
    np.testing.assert_allclose((cost * in_service).sum(axis=1), gross, rtol=1e-9)
    assert (cost * remaining).sum() == pytest.approx(88.0 * left, rel=1e-9)
    by_part = (cost * remaining).sum(axis=1)
    np.testing.assert_allclose(now.state.net_plant[0, :, 0], by_part, rtol=1e-9)


def test_an_order_is_written_off_part_by_part() -> None:
    now = moment_of(mixed(gross=0.0, net=0.0, depreciation=0.0), quarters=82)
    now = moved(now, 10.0)
    assert now.state.net_plant[0, :, 0].tolist() == pytest.approx([6.0, 4.0])
    worn = []
    for _ in range(81):
        worn.append(wear(now).worn[0, 0])
        now = moved(now, 0.0)
    expected = [6.0 / 20.0 + 4.0 / 80.0] * 20 + [4.0 / 80.0] * 60 + [0.0]
    np.testing.assert_allclose(worn, expected, atol=1e-12)
    np.testing.assert_allclose(now.state.net_plant[0, :, 0], 0.0, atol=1e-12)


def test_an_order_serves_part_by_part_after_each_parts_lead_time() -> None:
    still = {"performance_growth": 0.0}
    now = moment_of(mixed(capital_intensity=4.0), parameters=still)
    serves = [now.state.capacity[0, 0]]
    now = moved(now, 2.0 + 8.0)
    assert now.state.pipeline[0, :, 0].tolist() == pytest.approx([0.0, 1.2, 0.0, 0.0, 0.8])
    for _ in range(7):
        serves.append(now.state.capacity[0, 0])
        now = moved(now, float(wear(now).worn[0, 0]))
    assert serves == pytest.approx([10.0] * 3 + [11.2] * 3 + [12.0] * 2)


def test_older_orders_are_spread_over_the_slots_that_each_part_can_still_be_in() -> None:
    world = mixed(capex=2.0 + 8.0, capital_intensity=4.0, orders_under_way=1.0)
    found = moment_of(world).state.pipeline[0, :, 0]
    older = [0.6 + 0.1, 0.1, 0.1, 0.1, 0.0]
    newest = [0.0, 2.0 * 0.6, 0.0, 0.0, 2.0 * 0.4]
    assert found.tolist() == pytest.approx(np.add(older, newest).tolist())


def test_the_lead_time_of_a_mix_is_the_mean_of_its_parts() -> None:
    chain = compile_chain(mixed(capex=2.0 + 8.0, capital_intensity=4.0))
    assert chain.plants.mean_lead[0] == pytest.approx(0.6 * 3 + 0.4 * 6)
    assert chain.plants.mean_life[0] == pytest.approx(1.0 / (0.6 / 20.0 + 0.4 / 80.0))
    growth = implied_expected_growth(chain)[0]
    assert (1.0 + growth) ** 4.2 == pytest.approx(0.8 * (10.0 + 2.0) / 8.0)


@pytest.mark.parametrize("obsolescence", [0.0, 0.5, 1.0])
def test_progress_takes_value_off_plant_that_ages_fast(obsolescence: float) -> None:
    now = moment_of(mixed(), parameters={"performance_growth": 0.04, "obsolescence": obsolescence})
    after = moved(now, 2.0).state
    fall = np.exp(-0.04 * obsolescence)
    worth = [(12.6 - 1.2) * fall + 1.2, 32.4]
    assert after.plant_worth[0, :, 0].tolist() == pytest.approx(worth)
    assert after.net_plant[0, :, 0].tolist() == pytest.approx([12.6, 32.4]), "at historical cost"
    cheaper = moved(now, 1.5, chips=0.5).state
    worth = [(12.6 - 1.2) * 0.75 * fall + 0.9, (32.4 - 0.8) * 0.75 + 0.6]
    assert cheaper.plant_worth[0, :, 0].tolist() == pytest.approx(worth)


def test_where_nothing_gets_better_nothing_is_obsolete() -> None:
    for change in ({"drivers": {"performance_growth": np.zeros(13)}},
                   {"parameters": {"performance_growth": 0.0}}):  # fmt: skip
        after = moved(moment_of(mixed(), **change), 2.0).state
        assert after.plant_worth[0, :, 0].tolist() == pytest.approx([12.6, 32.4])


def test_a_lever_on_the_life_of_plant_leaves_buildings_alone() -> None:
    short = {"plant_life": np.full((13, 2), 10.0)}
    now = moment_of(mixed(), drivers=short)
    assert plant_life(now.chain, now.drivers, 1)[:, 0].tolist() == [10.0, 80.0]
    oldest = 24.0 / 20.0  # has half of a quick quarter left
    assert wear(now).by_part[0, :, 0].tolist() == pytest.approx([(24.0 - oldest / 2.0) / 10.0, 0.8])
    total = np.zeros(2)
    for _ in range(10):
        total += wear(now).by_part[0, :, 0]
        now = moved(now, 0.0)
    assert total.tolist() == pytest.approx([12.6, 8.0 - 0.01 * sum(range(10))])


def test_the_lever_acts_on_all_plant_of_a_line_without_parts_that_age_fast() -> None:
    slow = tuple(replace(part, ages_fast=False) for part in PARTS)
    for parts, lives in ((slow, [10.0, 10.0]), ((), [10.0])):
        now = moment_of(mixed(parts=parts), drivers={"plant_life": np.full((13, 2), 10.0)})
        assert plant_life(now.chain, now.drivers, 1)[:, 0].tolist() == lives


def test_one_part_is_plant_without_parts() -> None:
    whole = (PlantPart("all", 1.0, 24.0, 3),)
    ends = []
    for parts in ((), whole):
        now = moved(moment_of(owner(parts=parts, orders_under_way=1.0)), 7.0)
        state = now.state
        ends.append([wear(now).by_part, state.capacity, state.pipeline, state.plant_worth])
    for without, one in zip(*ends, strict=True):
        np.testing.assert_array_equal(without, one)


# --- plans --------------------------------------------------------------------------------------

MOMENTUM_ONLY = {"plan_momentum": 1.0, "plan_rise": 1.0, "plan_cut": 1.0}


def test_momentum_in_closed_form() -> None:
    world = owner(plan_growth=0.16)
    plan = 2.0
    for quarter in range(1, 9):
        now = moment_of(
            world,
            quarter=quarter,
            parameters=MOMENTUM_ONLY,
            state={"plan": np.array([[plan, 0.0]])},
        )
        plan = plan_of(now)
    expected = 2.0 * np.prod([1.0 + 0.16 * 2.0 ** (-t / 8.0) for t in range(1, 9)])
    assert plan == pytest.approx(expected, rel=1e-12)


def test_momentum_has_a_cap_and_fades_with_confidence() -> None:
    fast = moment_of(owner(plan_growth=0.5), parameters=MOMENTUM_ONLY)
    assert plan_of(fast) == pytest.approx(2.0 * (1.0 + 0.2 * 2.0 ** (-1 / 8)))
    for confidence, share in ((0.5, 0.5), (1.4, 1.0)):
        now = moment_of(
            owner(plan_growth=0.1),
            parameters=MOMENTUM_ONLY,
            state={"confidence": np.array([[confidence]])},
        )
        assert plan_of(now) == pytest.approx(2.0 * (1.0 + 0.1 * 2.0 ** (-1 / 8) * share))


def test_guidance_replaces_momentum_in_its_quarters() -> None:
    world = owner(plan_growth=0.1, guidance=(0.25, -0.1))
    found = [plan_of(moment_of(world, quarter=q, parameters=MOMENTUM_ONLY)) for q in (1, 2, 3)]
    assert found[:2] == pytest.approx([2.5, 1.8])
    assert found[2] == pytest.approx(2.0 * (1.0 + 0.1 * 2.0 ** (-3 / 8)))


def test_the_order_law_grows_with_volume_and_closes_a_share_of_the_gap() -> None:
    world = owner(capital_intensity=2.0, lead_quarters=2)
    now = moment_of(
        world,
        state={
            "volume": np.array([[8.4, 4.0]]),
            "expected_growth": np.array([[0.05, 0.0]]),
            "capacity": np.array([[10.5, 0.0]]),
            "pipeline": np.array([[[0.5, 0.0]]]),
        },
        parameters={"plan_momentum": 0.0, "growth_learning": 0.0, "plan_rise": 1.0,
                    "performance_growth": 0.05},
    )  # fmt: skip
    want = 8.4 * 1.05**2 / 0.8
    law = (0.05 * 11.0 + 0.25 * (want - 11.0)) * 2.0 * np.exp(-0.05) + 2.0
    assert plan_of(now) == pytest.approx(law)


def test_too_much_capacity_stops_orders_but_not_below_zero() -> None:
    now = moment_of(
        owner(),
        state={"capacity": np.array([[900.0, 0.0]])},
        parameters={"plan_momentum": 0.0, "plan_cut": 1.0},
    )
    assert plan_of(now) == 0.0


def test_plans_fall_and_rise_in_steps() -> None:
    state = {"capacity": np.array([[900.0, 0.0]])}
    falls = moment_of(owner(), state=state, parameters={"plan_momentum": 0.0})
    assert plan_of(falls) == pytest.approx(2.0 * (1.0 - 0.35))
    state = {"capacity": np.array([[1.0, 0.0]])}
    rises = moment_of(owner(), state=state, parameters={"plan_momentum": 0.0})
    assert plan_of(rises) == pytest.approx(2.0 * 1.3)


def test_stress_cuts_plans() -> None:
    now = moment_of(
        owner(), state={"stress": np.array([[0.2, 0.0]])}, parameters={"plan_momentum": 1.0}
    )
    assert plan_of(now) == pytest.approx(2.0 * 0.8)


def test_growth_is_learned_from_four_quarters() -> None:
    history = np.array([[[8.0 * 1.1**-back, 4.0] for back in range(5)]])
    now = moment_of(
        owner(),
        state={"volume_history": history, "expected_growth": np.array([[0.02, 0.0]])},
    )
    found = next_capex(now, prices(), wear(now)).expected_growth[0]
    assert found.tolist() == pytest.approx([0.9 * 0.02 + 0.1 * 0.1, 0.0])


def test_implied_growth_solves_opening_capex() -> None:
    world = owner(capex=8.0, capital_intensity=5.0, lead_quarters=3, orders_under_way=0.5)
    chain = compile_chain(world)
    growth = implied_expected_growth(chain)[0]
    ordered = (8.0 - 2.0) / 5.0
    assert (1.0 + growth) ** 3 == pytest.approx(0.8 * (10.0 + 0.5 + ordered) / 8.0)
    opening = moment_of(world).state
    assert opening.pipeline[0, :, 0].sum() == pytest.approx(0.5 + ordered)


def test_steady_growth_reproduces_itself() -> None:
    """At order speed 1 an owner that grows steadily orders what steady growth takes."""
    growth, lead, kappa, life = 0.05, 3, 5.0, 24.0
    capacity = 10.0
    ahead = [capacity * growth * (1.0 + growth) ** quarter for quarter in range(lead)]
    first_order = ahead[-1]
    world = owner(
        capex=first_order * kappa + 2.0,
        capital_intensity=kappa,
        lead_quarters=lead,
        life_quarters=life,
        orders_under_way=0.0,
    )
    slots = np.array([[[ahead[1], 0.0], [ahead[2], 0.0]]])
    now = moment_of(
        world,
        state={
            "volume": np.array([[8.0, 4.0]]),
            "capacity": np.array([[capacity + ahead[0], 0.0]]),
            "pipeline": slots,
            "expected_growth": np.array([[growth, 0.0]]),
        },
        parameters={"plan_momentum": 0.0, "growth_learning": 0.0, "order_speed": 1.0,
                    "performance_growth": 0.0, "plan_rise": 1.0},
    )  # fmt: skip
    order = first_order * (1.0 + growth)
    assert plan_of(now) == pytest.approx(order * kappa + wear(now).worn[0, 0], rel=1e-9)


# --- what enters service ------------------------------------------------------------------------


@pytest.mark.parametrize("lead", [1, 2, 3, 6])
def test_an_order_serves_after_its_lead_time(lead: int) -> None:
    now = moment_of(
        owner(capital_intensity=4.0, lead_quarters=lead), parameters={"performance_growth": 0.0}
    )
    serves = [now.state.capacity[0, 0]]
    now = moved(now, 2.0 + 8.0)
    for _ in range(lead + 1):
        serves.append(now.state.capacity[0, 0])
        now = moved(now, float(wear(now).worn[0, 0]))
    assert serves[:lead] == pytest.approx([10.0] * lead), "quarters 1 .. lead"
    assert serves[lead] == pytest.approx(12.0), "in quarter 1 + lead"


def test_orders_get_more_capacity_as_performance_grows() -> None:
    now = moment_of(owner(capital_intensity=4.0, lead_quarters=1))
    after = moved(now, 2.0 + 8.0)
    assert after.state.capacity[0, 0] == pytest.approx(10.0 + 2.0 * np.exp(0.05))
    slow = moment_of(
        owner(capital_intensity=4.0, lead_quarters=1),
        drivers={"performance_growth": np.zeros(13)},
    )
    assert moved(slow, 10.0).state.capacity[0, 0] == pytest.approx(12.0)


def test_without_replacement_capacity_goes_with_the_plant_that_retires() -> None:
    now = moment_of(owner(), quarters=30)
    for quarter in range(1, 25):
        now = moved(now, 0.0)
        assert now.state.capacity[0, 0] == pytest.approx(10.0 * (1.0 - quarter / 24.0), abs=1e-9)
    assert now.state.net_plant.sum() == pytest.approx(0.0, abs=1e-12), "and none outlives it"


def test_young_plant_serves_on_without_replacement() -> None:
    young = owner(gross=48.0, net=48.0)
    now = moment_of(young, quarters=30)
    for _ in range(20):
        now = moved(now, 0.0)
    assert now.state.capacity[0, 0] == pytest.approx(10.0)


def test_skipped_replacement_lets_capacity_wear() -> None:
    now = moment_of(owner())
    assert moved(now, 0.0).state.capacity[0, 0] == pytest.approx(10.0 * (1.0 - 1.0 / 24.0))
    assert moved(now, 1.0).state.capacity[0, 0] == pytest.approx(10.0 * (1.0 - 0.5 / 24.0))
    assert moved(now, 2.0).state.capacity[0, 0] == pytest.approx(10.0)


def test_cheap_chips_make_replacement_cheap() -> None:
    now = moment_of(owner())
    planned = next_capex(now, prices(0.5), wear(now))
    assert planned.replacement[0, 0] == pytest.approx(2.0 * 0.75)
    assert moved(now, 1.5, chips=0.5).state.capacity[0, 0] == pytest.approx(10.0)
