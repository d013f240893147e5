"""Cost of an accelerator's hour: laws on any inputs, closed forms, and where there is no answer."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardhouse.analysis import accelerators as hours
from cardhouse.analysis.accelerators import Accelerator, capital_recovery, cost_per_hour

RANGES = {
    "price": (5e3, 1e5), "server_share": (0.0, 2.0), "site_per_kw": (0.0, 3e4),
    "power_kw": (0.2, 3.0), "pue": (1.0, 2.0), "power_price": (0.01, 0.3), "other": (0.0, 1.0),
    "life": (1.0, 12.0), "site_life": (5.0, 40.0), "rate": (0.0, 0.4), "utilisation": (0.1, 1.0),
}  # fmt: skip
machines = st.builds(Accelerator, **{name: st.floats(*ends) for name, ends in RANGES.items()})
rents = st.floats(0.05, 30.0)
PLAIN = Accelerator(30_000, 0.5, 10_000, 1.5, 1.2, 0.08, 0.05, 5, 20, 0.08, 0.8)


class TestLaws:
    @given(machines)
    def test_parts_are_positive_and_scale_with_the_hours_that_are_not_sold(
        self, one: Accelerator
    ) -> None:
        cost = cost_per_hour(one)
        assert min(cost.accelerator, cost.server, cost.site, cost.power, cost.other) >= 0
        whole = cost_per_hour(replace(one, utilisation=1.0))
        assert cost.total * one.utilisation == pytest.approx(whole.total)

    @given(machines, st.sampled_from(sorted(RANGES)), st.floats(1.01, 3.0))
    def test_cost_is_monotone_in_each_input(
        self, one: Accelerator, name: str, factor: float
    ) -> None:
        more = replace(one, **{name: getattr(one, name) * factor})
        change = cost_per_hour(more).total - cost_per_hour(one).total
        sign = -1.0 if name in hours.FAVOURS_COST else 1.0
        assert sign * change >= -1e-12

    @given(st.lists(machines, min_size=2, max_size=2), st.floats(0.0, 1.0))
    def test_no_mixture_of_inputs_lies_outside_the_extremes(
        self, pair: list[Accelerator], weight: float
    ) -> None:
        ends = {name: tuple(sorted(getattr(one, name) for one in pair)) for name in hours.INPUTS}
        inside = Accelerator(
            **{name: low + weight * (high - low) for name, (low, high) in ends.items()}
        )
        least, most = (hours.extreme_cost(ends, dearest=end) for end in (False, True))
        assert least * (1 - 1e-9) <= cost_per_hour(inside).total <= most * (1 + 1e-9)

    @given(machines, st.floats(0.1, 10.0))
    def test_money_scales_with_money(self, one: Accelerator, factor: float) -> None:
        names = ("price", "site_per_kw", "power_price", "other")
        scaled = replace(one, **{name: factor * getattr(one, name) for name in names})
        assert cost_per_hour(scaled).total == pytest.approx(factor * cost_per_hour(one).total)

    @given(machines, rents)
    def test_a_breakeven_put_back_gives_the_rent(self, one: Accelerator, rent: float) -> None:
        for name, find in (
            ("price", hours.breakeven_price),
            ("life", hours.breakeven_life),
            ("utilisation", hours.breakeven_utilisation),
            ("rate", hours.rate_earned),
        ):
            found = find(one, rent)
            if found is not None and (name, found) != ("rate", hours.MOST_RATE):
                at = cost_per_hour(replace(one, **{name: found})).total
                assert at == pytest.approx(rent, rel=1e-6)

    @given(machines, rents)
    def test_no_breakeven_means_that_nothing_helps(self, one: Accelerator, rent: float) -> None:
        if hours.breakeven_price(one, rent) is None:
            assert cost_per_hour(replace(one, price=1e-9)).total >= rent * (1 - 1e-9)
        if hours.breakeven_life(one, rent) is None:
            assert cost_per_hour(replace(one, life=1e7)).total >= rent * (1 - 1e-6)
        if hours.breakeven_utilisation(one, rent) is None:
            assert cost_per_hour(replace(one, utilisation=1.0)).total > rent
        if hours.rate_earned(one, rent) is None:
            assert cost_per_hour(replace(one, rate=0.0)).total > rent

    @given(machines, rents)
    def test_all_breakevens_say_the_same_about_a_rent(self, one: Accelerator, rent: float) -> None:
        cost = cost_per_hour(one).total
        if abs(rent - cost) < 1e-6 * cost:
            return
        pays = rent > cost
        price, life = hours.breakeven_price(one, rent), hours.breakeven_life(one, rent)
        sold, rate = hours.breakeven_utilisation(one, rent), hours.rate_earned(one, rent)
        assert (price is not None and price > one.price) == pays
        assert (life is not None and life < one.life) == pays
        assert (sold is not None and sold < one.utilisation) == pays
        assert (rate is not None and rate >= one.rate) == pays

    @given(machines, rents)
    def test_without_interest_one_life_of_all_is_the_payback(
        self, one: Accelerator, rent: float
    ) -> None:
        years = hours.payback_years(one, rent)
        if years is None:
            assert cost_per_hour(one).power + cost_per_hour(one).other >= rent
        else:
            free = replace(one, rate=0.0, life=years, site_life=years)
            assert cost_per_hour(free).total == pytest.approx(rent)


class TestCapitalRecovery:
    @given(st.floats(0.0, 0.5), st.integers(1, 40))
    def test_payments_are_worth_what_was_paid(self, rate: float, years: int) -> None:
        worth = (1.0 + rate) ** -np.arange(1.0, years + 1.0)
        assert capital_recovery(rate, years) * worth.sum() == pytest.approx(1.0)

    @given(st.floats(0.5, 40.0))
    def test_no_interest_is_the_limit_of_little(self, years: float) -> None:
        assert capital_recovery(1e-10, years) == pytest.approx(capital_recovery(0.0, years))

    @pytest.mark.parametrize(
        ("rate", "years", "factor"),
        # textbook tables of A/P factors
        [(0.10, 10, 0.16275), (0.08, 5, 0.25046), (0.12, 3, 0.41635), (0.0, 4, 0.25)],
    )
    def test_textbook_tables(self, rate: float, years: int, factor: float) -> None:
        assert capital_recovery(rate, years) == pytest.approx(factor, abs=5e-6)


class TestByHand:
    def test_the_specification_s_formula_with_one_life(self) -> None:
        one = replace(PLAIN, site_per_kw=0.0)
        factor = 0.08 / (1 - 1.08**-5)
        bracket = 30_000 * 1.5 * factor / 8760 + 1.5 * 1.2 * 0.08 + 0.05
        assert cost_per_hour(one).total == pytest.approx(bracket / 0.8)

    def test_a_site_of_its_own_life(self) -> None:
        site = 10_000 * 1.5 * (0.08 / (1 - 1.08**-20)) / 8760 / 0.8
        assert cost_per_hour(PLAIN).site == pytest.approx(site)

    def test_breakevens_without_interest(self) -> None:
        one = Accelerator(17_520, 1.0, 0.0, 1.0, 1.0, 0.1, 0.1, 4, 10, 0.0, 1.0)
        assert cost_per_hour(one).total == pytest.approx(1.0 + 0.2)
        assert hours.breakeven_price(one, 2.2) == pytest.approx(35_040)
        assert hours.breakeven_life(one, 2.2) == pytest.approx(2.0)
        assert hours.breakeven_utilisation(one, 2.4) == pytest.approx(0.5)
        assert hours.payback_years(one, 2.2) == pytest.approx(2.0)
        assert hours.rate_earned(one, 1.2 + 1e-9) == pytest.approx(0.0, abs=1e-6)

    def test_where_there_is_none(self) -> None:
        one = replace(PLAIN, other=3.0)
        assert hours.breakeven_price(one, 3.0) is None
        assert hours.breakeven_life(one, 3.0) is None
        assert hours.breakeven_utilisation(one, 3.0) is None
        assert hours.rate_earned(one, 3.0) is None
        assert hours.payback_years(one, 3.0) is None

    def test_interest_eats_a_rent_that_would_do_without(self) -> None:
        rent = cost_per_hour(replace(PLAIN, life=1e6)).total - 0.01
        assert hours.breakeven_life(PLAIN, rent) is None
        assert hours.breakeven_life(replace(PLAIN, rate=0.0), rent) is not None

    def test_tokens(self) -> None:
        assert hours.tokens_per_second_needed(2.0, 5.0) == pytest.approx(2.0 / 5.0 * 1e6 / 3600)
        needed = hours.tokens_per_second_needed(2.0, 5.0)
        assert hours.cost_per_million_tokens(2.0, needed) == pytest.approx(5.0)
