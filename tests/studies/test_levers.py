"""The lever table: complete, in words, and translated rightly for the engine."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardhouse.errors import ScenarioError
from cardhouse.model.parameters import PARAMETERS
from cardhouse.model.scenario import Lever
from cardhouse.studies.levers import (
    PARAMETER_CHANNELS,
    check_value,
    describe_range,
    driver_values,
    find_lever,
    is_automatic,
    is_switch,
    lever_rows,
    load_levers,
    parse_selector,
    parse_settings,
)

LEVERS = list(load_levers().values())
PROMISED = [
    "venture_supply",
    "public_equity_supply",
    "bond_supply",
    "private_credit_supply",
    "parent_supply",
    "strategic_supply",
    "vendor_finance",
    "cloud_finance",
    "new_names_open",
    "interest_shift",
    "demand_level",
    "demand_growth",
    "demand_ceiling",
    "ai_demand_growth",
    "model_demand",
    "compute_demand",
    "willingness",
    "user_price",
    "api_price",
    "compute_price",
    "accelerator_price",
    "margin_stance",
    "user_margin_stance",
    "api_margin_stance",
    "compute_margin_stance",
    "token_efficiency",
    "usage_per_user",
    "accelerator_life",
    "performance_growth",
    "capex_plan",
    "owner_capex_plan",
    "training_budget",
    "letters_paid",
    "commitments_enforced",
    "substitution",
    "recovery",
    "default_costs",
]


class TestTable:
    def test_holds_what_the_product_promises(self) -> None:
        assert sorted(load_levers()) == sorted(PROMISED)

    @pytest.mark.parametrize("lever", LEVERS, ids=lambda lever: lever.id)
    def test_rows_are_complete(self, lever: Lever) -> None:
        assert lever.kind in ("factor", "level")
        assert lever.low < lever.high
        assert lever.words
        assert len(lever.words) <= 90
        assert lever.words.count(".") == 0
        assert lever.group
        assert lever.channel

    @pytest.mark.parametrize("lever", LEVERS, ids=lambda lever: lever.id)
    def test_factors_are_neutral_at_one_within_their_range(self, lever: Lever) -> None:
        if lever.kind == "factor":
            assert lever.default == 1.0
            assert lever.low <= 1.0 <= lever.high
            assert lever.unit == "factor"

    def test_no_two_levers_move_the_same_thing(self) -> None:
        targets = [(lever.channel, lever.selector) for lever in LEVERS]
        assert len(set(targets)) == len(targets)

    def test_parameters_have_one_default(self) -> None:
        defaults = {one.name: one.default for one in PARAMETERS}
        for name in PARAMETER_CHANNELS:
            assert load_levers()[name].default == defaults[name]

    def test_selectors_name_an_attribute_and_its_labels(self) -> None:
        assert parse_selector(load_levers()["bond_supply"]) == ("label", frozenset({"bonds"}))
        assert parse_selector(load_levers()["user_price"])[1] == {"subscription", "app"}
        assert parse_selector(load_levers()["interest_shift"]) == ("", frozenset())


class TestValues:
    @pytest.mark.parametrize("lever", LEVERS, ids=lambda lever: lever.id)
    def test_default_and_bounds_are_taken(self, lever: Lever) -> None:
        for value in (lever.default, lever.low, lever.high):
            assert check_value(lever, value) == value

    @pytest.mark.parametrize("lever", LEVERS, ids=lambda lever: lever.id)
    @pytest.mark.parametrize("value", [math.nan, math.inf, True, "1", None, 10**400, -1e9])
    def test_nonsense_is_refused_with_the_range(self, lever: Lever, value: object) -> None:
        with pytest.raises(ScenarioError) as refusal:
            check_value(lever, value, "here")
        assert str(refusal.value).startswith(f"here: {lever.id} is ")
        assert describe_range(lever) in str(refusal.value)

    @given(st.sampled_from(LEVERS), st.floats(allow_nan=False, allow_infinity=False))
    def test_taken_means_in_range_or_default(self, lever: Lever, value: float) -> None:
        try:
            taken = check_value(lever, value)
        except ScenarioError:
            half = is_switch(lever) and value not in (0, 1)
            assert half or not lever.low <= value <= lever.high
        else:
            assert taken == lever.default or lever.low <= taken <= lever.high

    def test_a_switch_is_never_half_on(self) -> None:
        with pytest.raises(ScenarioError, match="use 0 or 1"):
            check_value(load_levers()["new_names_open"], 0.5)


class TestNames:
    def test_a_slip_is_mended(self) -> None:
        with pytest.raises(ScenarioError, match="Did you mean 'venture_supply'"):
            find_lever("venture_suply")

    def test_removing_is_no_number(self) -> None:
        with pytest.raises(ScenarioError, match="event: default"):
            find_lever("remove")

    def test_a_slip_of_remove_is_mended(self) -> None:
        with pytest.raises(ScenarioError, match="Did you mean 'remove'"):
            find_lever("remov")

    def test_every_lever_has_a_row_in_the_list(self) -> None:
        rows = lever_rows()
        assert [row["id"] for row in rows] == [*load_levers(), "remove"]
        assert {frozenset(row) for row in rows} == {frozenset(rows[0])}


class TestSettings:
    def test_are_read(self) -> None:
        assert parse_settings(["capex_plan=0.5", " bond_supply = 1e-1 "]) == {
            "capex_plan": 0.5,
            "bond_supply": 0.1,
        }

    def test_firms_are_removed_by_name(self) -> None:
        assert parse_settings(["remove=openai, xai,openai"]) == {"remove": ("openai", "xai")}

    @pytest.mark.parametrize(
        ("texts", "expected"),
        [
            (["remove="], "remove is ''"),
            (["remove=openai,,xai"], "use ids of firms, such as openai,xai"),
            (["remove=openai", "remove=xai"], "remove is set twice"),
            (["capex_plan"], "write LEVER=VALUE"),
            (["=3"], "write LEVER=VALUE"),
            (["capex_plan="], "is '', which is not a finite number"),
            (["capex_plan=much"], "is 'much', which is not a finite number"),
            (["capex_plan=nan"], "not a finite number"),
            (["capex_plan=1=2"], "is '1=2'"),
            (["capex_plan=4"], "use 0 to 3"),
            (["capex_plans=1"], "Did you mean 'capex_plan'"),
            (["capex_plan=1", "capex_plan=2"], "capex_plan is set twice"),
        ],
    )
    def test_that_are_wrong_are_explained(self, texts: list[str], expected: str) -> None:
        with pytest.raises(ScenarioError) as refusal:
            parse_settings(texts)
        assert str(refusal.value).startswith("--set ")
        assert expected in str(refusal.value)


class TestDrivers:
    @pytest.mark.parametrize("lever", LEVERS, ids=lambda lever: lever.id)
    def test_default_is_neutral(self, lever: Lever) -> None:
        path = np.full(5, lever.default)
        neutral = {
            "demand_ceiling": np.inf,
            **dict.fromkeys(PARAMETER_CHANNELS, np.nan),
        }.get(lever.channel, np.nan if is_automatic(lever) else lever.default)
        np.testing.assert_array_equal(driver_values(lever, path), np.full(5, neutral))

    def test_yearly_rates_become_rates_a_quarter(self) -> None:
        rate = driver_values(load_levers()["usage_per_user"], np.array([0.0, 1.0]))
        np.testing.assert_allclose((1 + rate) ** 4 - 1, [0.0, 1.0], rtol=1e-12)

    def test_points_a_year_become_a_rate_a_quarter(self) -> None:
        shift = driver_values(load_levers()["interest_shift"], np.array([0.0, 2.0]))
        np.testing.assert_allclose(shift, [0.0, 0.005])

    def test_the_path_itself_is_left_alone(self) -> None:
        path = np.array([1.0, 0.4])
        driver_values(load_levers()["bond_supply"], path)[1] = 9.0
        assert path[1] == 0.4
