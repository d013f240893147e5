"""Prices: unit costs by hand, targets, clips and pulls."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from cardhouse.engine.bills import fixed_costs
from cardhouse.engine.chain import compile_chain
from cardhouse.engine.contracts import rents_by_line
from cardhouse.engine.drivers import neutral
from cardhouse.engine.moment import Moment
from cardhouse.engine.prices import UnitCosts, next_prices, unit_costs
from cardhouse.engine.simulate import simulate
from cardhouse.engine.volumes import input_intensity
from cardhouse.model.vocabulary import ContractKind as K
from cardhouse.model.world import Firm, Plant, World
from strategies import hand_made, moment_of

STILL = {"price_pull": 0.0, "price_utilisation": 0.0}


def costs_of(now: Moment, worn: Any = None) -> UnitCosts:
    worn = now.chain.plants.depreciation if worn is None else worn
    fixed = fixed_costs(now.chain, now.state) + rents_by_line(now.chain, now.state, now.quarter)
    return unit_costs(now.chain, now.state, input_intensity(now), worn, fixed, now.quarter)


def one_seller(*more: tuple, **terms: Any) -> World:
    """Return a line that sells 10, pays labour 4 per 10 and buys 2 from a supplier."""
    rows = [
        (K.SALE, "users", "line", 10.0),
        (K.SALE, "others", "supplier", 3.0),
        (K.INPUT, "line", "supplier", 2.0),
        (K.COST, "line", "labour", 4.0),
        *more,
    ]
    lines = {"line": "firm", "supplier": "maker"}
    given = {"line": terms, "supplier": {"price_follows_cost": False}}
    return hand_made(rows, lines=lines, terms_of_lines=given, firms=[Firm("firm", 50.0)])


def prices_of(now: Moment, costs: UnitCosts | None = None) -> np.ndarray:
    opening = costs_of(moment_of(now.chain.world)).service
    return next_prices(now, costs or costs_of(now), opening)[0]


# --- unit costs ---------------------------------------------------------------------------------


def test_variable_cost_is_inputs_at_last_prices_and_outside_cost() -> None:
    charged = np.array([[1.0, 1.5]])
    costs = costs_of(moment_of(one_seller(), state={"charged": charged}))
    assert costs.variable[0, 0] == pytest.approx(0.2 * 1.5 + 0.4)
    assert costs.service[0, 0] == costs.variable[0, 0]


def test_use_per_unit_grows_with_its_own_rate_and_the_lever() -> None:
    world = one_seller()
    grown = replace(world.contracts[2], terms={"intensity_growth": 0.1})
    world = replace(world, contracts=(*world.contracts[:2], grown, *world.contracts[3:]))
    lines = np.ones((13, len(world.lines)))
    levers = {"input_use": 0.05 * lines, "use_as_input": -0.02 * lines}
    now = moment_of(world, quarter=3, drivers=levers)
    assert input_intensity(now)[0, 0, 1] == pytest.approx(0.2 * np.exp(3 * (0.1 + 0.05 - 0.02)))


def test_fixed_cost_is_passed_on_by_a_share_and_the_rest_is_in_full_cost() -> None:
    world = one_seller((K.COST, "line", "energy", 1.0, {"fixed": 1.0}), fixed_pass_through=0.25)
    costs = costs_of(moment_of(world))
    assert costs.service[0, 0] == pytest.approx(0.6 + 0.25 * 0.1)
    assert costs.full[0, 0] == pytest.approx(0.6 + 0.1)


def test_programs_and_interest_are_in_full_cost_only() -> None:
    world = one_seller((K.PROGRAM, "firm", "labour", 2.0))
    now = moment_of(world, state={"program_index": np.array([[1.5, 1.0]])})
    costs = costs_of(now)
    assert costs.service[0, 0] == pytest.approx(0.6)
    assert costs.full[0, 0] == pytest.approx(0.6 + 0.3)


def test_free_use_loads_its_cost_on_those_who_pay() -> None:
    free = (K.SALE, "guests", "line", 0.0, {"pays": 0.0, "volume": 5.0})
    costs = costs_of(moment_of(one_seller(free)))
    assert costs.variable[0, 0] == pytest.approx((2.0 + 4.0) / 10.0)


def test_own_use_carries_its_own_share_of_cost_and_depreciation() -> None:
    plant = Plant(gross=72.0, net=36.0, depreciation=3.0)
    own = (K.SALE, "home", "line", 0.0, {"pays": 0.0, "own_use": 1.0, "volume": 5.0})
    costs = costs_of(moment_of(one_seller(own, plant=plant)))
    assert costs.service[0, 0] == pytest.approx((2.0 + 4.0 + 3.0) / 15.0)


def test_a_revenue_share_raises_the_price_that_covers_cost() -> None:
    share = (K.REVENUE_SHARE, "line", "maker", 2.0)
    costs = costs_of(moment_of(one_seller(share)))
    assert costs.service[0, 0] == pytest.approx(0.6 / 0.8)


def test_a_share_that_has_ended_raises_no_price() -> None:
    world = one_seller((K.REVENUE_SHARE, "line", "maker", 2.0, {"quarters": 3.0}))
    service = [costs_of(moment_of(world, quarter=quarter)).service[0, 0] for quarter in (3, 4)]
    assert service == pytest.approx([0.6 / 0.8, 0.6])


def test_rent_is_a_fixed_cost() -> None:
    world = one_seller((K.LEASE, "line", "energy", 1.0), fixed_pass_through=0.25)
    costs = costs_of(moment_of(world))
    assert costs.variable[0, 0] == pytest.approx(0.6)
    assert costs.service[0, 0] == pytest.approx(0.6 + 0.25 * 0.1)
    assert costs.full[0, 0] == pytest.approx(0.6 + 0.1)


def test_standing_cost_is_spread_over_normal_volume() -> None:
    plant = Plant(gross=72.0, net=36.0, depreciation=3.0, target_utilisation=0.8)
    idle = {"volume": np.array([[5.0, 5.0]]), "paid_volume": np.array([[5.0, 5.0]])}
    owner = costs_of(moment_of(one_seller(plant=plant), state=idle))
    assert owner.service[0, 0] == pytest.approx(0.6 + 3.0 / 10.0)
    lessee = costs_of(moment_of(one_seller(), state=idle))
    assert lessee.normal_volume[0, 0] == pytest.approx(9.0)


# --- prices -------------------------------------------------------------------------------------


def test_at_rest_prices_stay() -> None:
    np.testing.assert_allclose(prices_of(moment_of(one_seller())), [1.0, 1.0], rtol=1e-15)


def test_a_price_converges_to_cost_plus_its_opening_margin_step_by_step() -> None:
    chain = compile_chain(one_seller())
    drivers = neutral(chain, 80)
    dear = drivers.price.copy()
    dear[1:, 1] = 3.0
    run = simulate(chain, replace(drivers, price=dear), parameters=STILL)
    price = run.of_state("price")[:, 0]
    assert price[-1] == pytest.approx((0.2 * 3.0 + 0.4) / 0.6, rel=1e-6)
    steps = price[1:] / price[:-1]
    assert steps.max() <= 1.06 + 1e-12
    assert (steps >= 1.0 - 1e-12).all()
    assert steps[1] == pytest.approx(1.06)
    assert steps[0] == pytest.approx(1.0), "input prices of the quarter before count"


def test_within_the_clip_a_share_of_the_gap_is_closed() -> None:
    now = moment_of(one_seller(), state={"charged": np.array([[1.0, 1.2]])}, parameters=STILL)
    target = (0.2 * 1.2 + 0.4) / 0.6
    assert prices_of(now)[0] == pytest.approx(1.0 + 0.25 * (target - 1.0))


def test_a_scarce_sellers_price_does_not_follow_cost() -> None:
    state = {"price": np.array([[1.0, 1.7]]), "volume": np.array([[90.0, 90.0]])}
    assert prices_of(moment_of(one_seller(), state=state))[1] == 1.7


@pytest.mark.parametrize(("used", "clipped"), [(1.5, 1.15), (0.5, 0.85), (20.0, 1.8)])
def test_tight_capacity_raises_the_target(used: float, clipped: float) -> None:
    plant = Plant(gross=0.0, net=0.0, depreciation=0.0, target_utilisation=0.8)
    now = moment_of(
        one_seller(plant=plant),
        state=dict.fromkeys(("volume", "paid_volume"), np.array([[10.0 * used, 5.0]])),
        parameters={"price_pull": 0.0, "price_speed": 1.0, "price_step": 1.0},
    )
    assert prices_of(now)[0] == pytest.approx(clipped)


def test_under_stress_the_target_moves_to_full_cost() -> None:
    world = one_seller((K.PROGRAM, "firm", "labour", 8.0))
    fast = {"price_pull": 0.0, "price_speed": 1.0, "price_step": 1.0}
    now = moment_of(world, state={"stress": np.array([[0.5, 0.0]])}, parameters=fast)
    full = 0.6 + 0.8
    assert prices_of(now)[0] == pytest.approx(1.0 + 0.5 * (full - 1.0))


@pytest.mark.parametrize(("stance", "price"), [(-1.0, 0.6), (-0.5, 0.8), (0.0, 1.0), (1.0, 1.4)])
def test_a_stance_sells_between_variable_and_full_cost(stance: float, price: float) -> None:
    world = one_seller((K.PROGRAM, "firm", "labour", 8.0))
    fast = {"price_pull": 0.0, "price_speed": 1.0, "price_step": 1.0}
    now = moment_of(world, parameters=fast, drivers={"margin_stance": np.full((13, 2), stance)})
    assert prices_of(now)[0] == pytest.approx(price)


def test_prices_are_pulled_to_the_geometric_mean_of_their_market() -> None:
    rows = [(K.SALE, "users", name, size) for name, size in (("a", 3.0), ("b", 1.0), ("c", 9.0))]
    rows += [(K.COST, name, "labour", 0.5) for name in "abc"]
    lines = {"a": "one", "b": "two", "c": "three"}
    world = hand_made(rows, lines=lines, markets={"a": "m", "b": "m", "c": "m"})
    now = moment_of(
        world,
        state={"price": np.array([[2.0, 1.0, 5.0]]), "alive": np.array([[True, True, False]])},
        parameters={"price_speed": 0.0, "price_pull": 0.1},
    )
    mean = 2.0 ** (3.0 / 4.0)
    found = prices_of(now)
    np.testing.assert_allclose(found[:2], [2.0**0.9 * mean**0.1, mean**0.1], rtol=1e-12)
