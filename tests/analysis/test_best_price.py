"""The price of greatest takings: against a brute-force grid, and what must always hold."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from cardhouse.analysis.best_price import (
    Service,
    Willingness,
    at_price,
    best_price,
    elastic_revenue,
    kept_price,
)
from cardhouse.errors import InputError

conversions = st.floats(1e-4, 0.95)
prices = st.floats(1.0, 1e4)
spreads = st.floats(0.1, 5.0)
people = st.builds(Willingness, conversions, prices, spreads)


def left(who: Willingness, unit_cost: float, asked: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what is left per person at each price, written out from the law of demand."""
    mu = math.log(who.price) - who.spread * float(ndtri(1.0 - who.conversion))
    return np.asarray((asked - unit_cost) * ndtr((mu - np.log(asked)) / who.spread))


class TestAgainstAGrid:
    @pytest.mark.parametrize("conversion", [0.001, 0.05, 0.4, 0.9])
    @pytest.mark.parametrize("spread", [0.3, 0.6, 1.0, 1.5, 3.0])
    @pytest.mark.parametrize("cost_share", [0.0, 0.3, 2.0])
    def test_no_price_of_a_fine_grid_does_better(
        self, conversion: float, spread: float, cost_share: float
    ) -> None:
        who = Willingness(conversion, 240.0, spread)
        cost = 240.0 * cost_share
        found = best_price(who, cost)
        around = found * np.exp(np.linspace(-6.0, 6.0, 100_001))
        amounts = left(who, cost, around[around > cost])
        best = left(who, cost, np.array([found]))[0]
        assert best >= amounts.max() * (1.0 - 1e-9)
        grid = around[around > cost][amounts.argmax()]
        assert found == pytest.approx(grid, rel=2e-3)


class TestLaws:
    @given(people, st.floats(0.0, 20.0))
    def test_the_first_order_condition_holds(self, who: Willingness, cost_share: float) -> None:
        cost = who.price * cost_share
        found = best_price(who, cost)
        step = 1e-5
        near = left(who, cost, found * np.array([1.0 - step, 1.0, 1.0 + step]))
        if near[1] > 1e-250:
            assert near[1] >= max(near[0], near[2]) * (1.0 - 1e-9)

    @given(people, st.floats(0.1, 100.0))
    def test_only_the_scale_of_money_moves_it(self, who: Willingness, scale: float) -> None:
        dearer = Willingness(who.conversion, who.price * scale, who.spread)
        assert best_price(dearer) == pytest.approx(scale * best_price(who), rel=1e-9)

    @given(people, st.floats(0.01, 5.0))
    def test_a_cost_per_payer_raises_it_above_both(self, who: Willingness, share: float) -> None:
        cost = who.price * share
        dearer = best_price(who, cost)
        assert dearer > cost
        assert dearer >= best_price(who) * (1.0 - 1e-9)

    @given(spreads, prices, conversions, conversions)
    def test_the_share_that_pays_at_it_hangs_on_the_spread_alone(
        self, spread: float, price: float, one: float, other: float
    ) -> None:
        shares = [
            who.paying(best_price(who))
            for who in (Willingness(one, price, spread), Willingness(other, 99.0, spread))
        ]
        assert shares[0] == pytest.approx(shares[1], rel=1e-7)


class TestCosts:
    service = Service(revenue=1.5, with_use=0.9, share_paid=0.2, held=0.5, programs=2.0)
    who = Willingness(0.05, 240.0, 1.0)

    def test_the_base_price_gives_the_base_quarter(self) -> None:
        today = at_price(self.who, self.service, 240.0)
        assert today.revenue == pytest.approx(1.5)
        assert today.cost_of_service == pytest.approx(0.9 + 0.2 * 1.5 + 0.5)
        assert today.full_cost == pytest.approx(3.7)
        assert not today.covers_service

    @given(st.floats(1.0, 1e4))
    def test_no_price_brings_more_than_the_best(self, price: float) -> None:
        best = at_price(self.who, self.service, best_price(self.who))
        assert at_price(self.who, self.service, price).revenue <= best.revenue * (1.0 + 1e-12)

    @given(st.floats(1.0, 1e4))
    def test_no_price_leaves_more_than_the_kept_price(self, price: float) -> None:
        def over(one: float) -> float:
            moved = at_price(self.who, self.service, one)
            return moved.revenue - moved.cost_of_service

        assert over(price) <= over(kept_price(self.who, self.service)) + 1e-12

    @given(st.floats(1.0, 1e4), st.floats(1.0, 1e4))
    def test_what_is_held_is_held(self, one: float, other: float) -> None:
        cheap = Service(1.5, 0.0, 0.0, 0.5, 2.0)
        costs = {at_price(self.who, cheap, price).full_cost for price in (one, other)}
        assert costs == {2.5}


def test_elastic_takings_have_no_greatest_price() -> None:
    asked = [0.5, 1.0, 2.0, 4.0]
    assert [elastic_revenue(one, 1.0) for one in asked] == [1.0] * 4
    rising = [elastic_revenue(one, 0.5) for one in asked]
    assert rising == sorted(rising)
    falling = [elastic_revenue(one, 2.0) for one in asked]
    assert falling == sorted(falling, reverse=True)


class TestRefusals:
    @pytest.mark.parametrize(
        ("given_", "words"),
        [
            ((0.0, 1.0, 1.0), "conversion is 0; it must lie between 0 and 1"),
            ((1.0, 1.0, 1.0), "conversion is 1"),
            ((float("nan"), 1.0, 1.0), "conversion is nan"),
            ((0.5, 0.0, 1.0), "price is 0; it must be a number above 0"),
            ((0.5, 1.0, float("inf")), "spread is inf"),
        ],
    )
    def test_what_no_lognormal_has(self, given_: tuple[float, float, float], words: str) -> None:
        with pytest.raises(InputError, match=words):
            Willingness(*given_)

    @pytest.mark.parametrize("cost", [-1.0, float("nan"), float("inf")])
    def test_a_cost_that_is_none(self, cost: float) -> None:
        with pytest.raises(InputError, match="unit_cost is"):
            best_price(Willingness(0.5, 1.0, 1.0), cost)
