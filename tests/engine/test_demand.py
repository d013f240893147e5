"""Final demand: closed forms of drivers, prices and moved custom."""

from __future__ import annotations

from math import erf, exp, log, sqrt
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

from cardhouse.engine.chain import compile_chain
from cardhouse.engine.demand import (
    driver_log_growth,
    expected_final_demand,
    final_demand,
    next_log_growth,
    paid_final,
    wanted_size,
)
from cardhouse.engine.moment import Moment
from cardhouse.model.vocabulary import ContractKind as K
from cardhouse.model.world import World
from strategies import hand_made, moment_of

INF = float("inf")


def sellers(*shares: float, **terms: float) -> World:
    """Return a market in which one segment buys from several firms."""
    rows = [(K.SALE, "users", f"line{i}", share, terms) for i, share in enumerate(shares)]
    lines = {f"line{i}": f"firm{i}" for i in range(len(shares))}
    return hand_made(rows, lines=lines, markets=dict.fromkeys(lines, "market"))


def demand_at(now: Moment, *prices: float) -> np.ndarray:
    size = wanted_size(now, np.zeros_like(now.state.log_growth))
    return final_demand(now, size, np.array([prices]))[0]


# --- drivers ------------------------------------------------------------------------------------


@given(st.floats(-0.2, 0.6), st.floats(-0.05, 0.05), st.floats(0.5, 40.0), st.integers(1, 40))
def test_growth_is_the_integral_of_a_decaying_rate(
    first: float, last: float, half_life: float, quarter: int
) -> None:
    def rate(t: float) -> float:
        return last + (first - last) * 2.0 ** (-t / half_life)

    integral, _ = quad(rate, 0.0, quarter)
    found = driver_log_growth(np.array(first), np.array(last), np.array(half_life), quarter)
    assert found == pytest.approx(integral, abs=1e-9)


def test_growth_that_never_decays() -> None:
    found = driver_log_growth(np.array(0.1), np.array(0.01), np.array(INF), 12)
    assert found == pytest.approx(1.2)


def test_steps_of_a_driver_add_up_to_its_curve() -> None:
    world = sellers(1.0, growth=0.3, growth_end=0.02, half_life=5.0)
    total = 0.0
    for quarter in range(1, 9):
        now = moment_of(world, quarter=quarter)
        total += next_log_growth(now)[0, 0]
    curve = driver_log_growth(np.array(0.3), np.array(0.02), np.array(5.0), 8)
    assert total == pytest.approx(float(curve), rel=1e-12)


def test_the_lever_on_growth_scales_each_step() -> None:
    world = sellers(1.0, growth=0.2, half_life=INF)
    half = moment_of(world, drivers={"demand_growth": np.full((13, 1), 0.5)})
    assert next_log_growth(half)[0, 0] == pytest.approx(0.1)


@pytest.mark.parametrize("quarter", [1, 5, 30])
def test_a_ceiling_makes_growth_logistic(quarter: int) -> None:
    ceiling, rate = 4.0, 0.2
    now = moment_of(sellers(2.0, growth=rate, half_life=INF, ceiling=ceiling))
    size = wanted_size(now, np.array([[rate * quarter]]))[0, 0]
    assert size == pytest.approx(2.0 * ceiling / (1.0 + (ceiling - 1.0) * exp(-rate * quarter)))
    assert size < 2.0 * ceiling


def test_of_two_ceilings_the_lower_holds() -> None:
    lever = {"demand_ceiling": np.full((13, 1), 2.0)}
    now = moment_of(sellers(1.0, ceiling=9.0), drivers=lever)
    assert wanted_size(now, np.array([[500.0]]))[0, 0] == pytest.approx(2.0)


def test_expected_demand_is_the_trend_of_paid_use() -> None:
    rows = [
        (K.SALE, "users", "line", 2.0, {"growth": 0.1, "half_life": INF}),
        (K.SALE, "guests", "line", 0.0, {"pays": 0.0, "volume": 5.0, "growth": 0.5}),
    ]
    chain = compile_chain(hand_made(rows, lines={"line": "firm"}))
    expected = [2.0 * exp(0.1 * quarter) for quarter in range(4)]
    np.testing.assert_allclose(expected_final_demand(chain, 3), expected)
    assert paid_final(chain, np.array([[3.0, 7.0]]))[0, 0] == 3.0


# --- prices -------------------------------------------------------------------------------------


@pytest.mark.parametrize("elasticity", [0.0, 0.5, 1.0, 2.5])
@pytest.mark.parametrize("price", [0.25, 1.0, 3.0])
def test_elastic_demand_is_exact(elasticity: float, price: float) -> None:
    now = moment_of(sellers(2.0, elasticity=elasticity))
    assert demand_at(now, price)[0] == pytest.approx(2.0 * price**-elasticity, rel=1e-12)


@given(st.floats(0.001, 0.9), st.floats(0.3, 3.0), st.floats(0.05, 20.0))
def test_willingness_is_the_share_that_still_pays(
    conversion: float, spread: float, price: float
) -> None:
    now = moment_of(sellers(1.0, conversion=conversion, spread=spread))
    threshold = NormalDist().inv_cdf(1.0 - conversion) + log(price) / spread
    paying = 0.5 * (1.0 - erf(threshold / sqrt(2.0)))
    assert demand_at(now, price)[0] == pytest.approx(paying / conversion, rel=1e-6)


def test_willingness_at_the_base_price_is_the_base() -> None:
    now = moment_of(sellers(1.7, conversion=0.05, spread=1.0))
    assert demand_at(now, 1.0)[0] == pytest.approx(1.7, rel=1e-12)


def test_what_users_would_pay_moves_like_a_price_in_reverse() -> None:
    for terms in ({"elasticity": 1.3}, {"conversion": 0.05}):
        world = sellers(1.0, **terms)
        willing = moment_of(world, drivers={"willingness": np.full((13, 1), 2.0)})
        assert demand_at(willing, 2.0)[0] == pytest.approx(1.0)


def test_free_use_answers_to_no_price() -> None:
    rows = [(K.SALE, "guests", "line", 0.0, {"pays": 0.0, "volume": 2.0})]
    now = moment_of(hand_made(rows, lines={"line": "firm"}))
    assert demand_at(now, 7.0)[0] == 2.0


@given(
    st.lists(st.floats(0.1, 5.0), min_size=2, max_size=5),
    st.floats(1.0, 4.0),
    st.floats(0.0, 3.0),
    st.integers(0, 2**16),
)
def test_value_shares_follow_relative_prices_and_add_to_one(
    shares: list[float], switching: float, elasticity: float, seed: int
) -> None:
    prices = np.random.default_rng(seed).uniform(0.3, 3.0, len(shares))
    world = sellers(*shares, elasticity=elasticity)
    now = moment_of(world, parameters={"switching": switching})
    value = demand_at(now, *prices) * prices
    weight = np.array(shares) / sum(shares)
    if abs(switching - 1.0) > 1e-9:
        index = (weight @ prices ** (1.0 - switching)) ** (1.0 / (1.0 - switching))
    else:
        index = exp(weight @ np.log(prices))
    expected = weight * (prices / index) ** (1.0 - switching)
    assert expected.sum() == pytest.approx(1.0 if switching > 1 else expected.sum())
    total = sum(shares) * index ** (1.0 - elasticity)
    np.testing.assert_allclose(value, total * expected, rtol=1e-6)


# --- custom of the dead -------------------------------------------------------------------------


def after_deaths(world: World, *alive: bool, substitution: float = 0.7) -> np.ndarray:
    now = moment_of(
        world, state={"alive": np.array([alive])}, parameters={"substitution": substitution}
    )
    return demand_at(now, *[1.0] * len(now.chain.line_ids))


def test_custom_of_the_dead_moves_to_survivors_as_they_stand() -> None:
    found = after_deaths(sellers(5.0, 3.0, 1.0), False, True, True)
    np.testing.assert_allclose(found, [0.0, 3.0 + 0.7 * 5.0 * 0.75, 1.0 + 0.7 * 5.0 * 0.25])


def test_custom_without_survivors_is_lost() -> None:
    np.testing.assert_array_equal(after_deaths(sellers(5.0, 3.0), False, False), [0.0, 0.0])


def test_custom_moves_to_rivals_that_the_segment_did_not_buy_from() -> None:
    rows = [(K.SALE, "mine", "line0", 2.0), (K.SALE, "yours", "line1", 6.0)]
    lines = {"line0": "firm0", "line1": "firm1"}
    world = hand_made(rows, lines=lines, markets=dict.fromkeys(lines, "market"))
    now = moment_of(world, state={"alive": np.array([[False, True]])})
    sales = now.chain.sales
    found = demand_at(now, 1.0, 1.0)
    mine = sales.segment == now.chain.node_ids.index("mine")
    assert found[mine & (sales.line == 1)].sum() == pytest.approx(0.7 * 2.0)
    assert found[~mine & (sales.line == 1)].sum() == pytest.approx(6.0)


def test_own_use_dies_with_its_firm() -> None:
    rows = [
        (K.SALE, "home", "line0", 0.0, {"pays": 0.0, "own_use": 1.0, "volume": 4.0}),
        (K.SALE, "users", "line1", 1.0),
    ]
    lines = {"line0": "firm0", "line1": "firm1"}
    world = hand_made(rows, lines=lines, markets=dict.fromkeys(lines, "market"))
    found = after_deaths(world, False, True, substitution=1.0)
    assert found.sum() == pytest.approx(1.0)
