"""The document's people, prices and envelopes: on invented economies and at the thesis's date."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from cardhouse.accounts import economy_facts, open_world
from cardhouse.analysis.cost_of_service import service_costs, use_by
from cardhouse.model.vocabulary import ContractKind as K
from cardhouse.model.world import World
from cardhouse.studies.document_envelopes import envelope_rows
from cardhouse.studies.document_ledger import use_cost_of
from cardhouse.studies.document_people import last_day, load_groups, people_rows
from cardhouse.studies.document_prices import price_rows
from cardhouse.studies.simulation import Chains
from cardhouse.studies.views import View
from strategies import Recipe, recipes

CASES = Path(__file__).parents[1] / "oracles" / "ai_economics_arithmetic.json"


def view_of(world: World) -> View:
    return View.of(Chains.of(world), None, 0)


@cache
def thesis() -> View:
    return view_of(open_world("ai", base="2025Q2"))


def by_id(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {row["id"]: row for row in rows}


class TestCosts:
    @given(recipes())
    @settings(max_examples=20)
    def test_layers_hold_one_another(self, recipe: Recipe) -> None:
        view = view_of(recipe.world())
        layers = service_costs(view.books, view.costs)
        small = 1e-12 * np.abs(layers.full).max()
        assert (layers.direct >= -small).all()
        assert (layers.service >= layers.direct - small).all()
        assert (layers.full >= layers.service - small).all()

    @given(recipes())
    @settings(max_examples=20)
    def test_all_segments_together_use_what_is_made_for_them_once(self, recipe: Recipe) -> None:
        view = view_of(recipe.world())
        lines = np.arange(len(view.chain.line_ids))
        whole = use_by(view.books, lines, ())
        buyers = {view.chain.node_ids[node] for node in view.chain.sales.segment}
        each = [use_by(view.books, lines, (one,)) for one in buyers]
        for name in ("paid", "free", "share"):
            total = sum(getattr(one, name) for one in each)
            np.testing.assert_allclose(total, getattr(whole, name), rtol=1e-9, atol=1e-12)
        assert (whole.share <= 1.0 + 1e-9).all()


class TestPeople:
    def test_a_person_year_is_revenue_and_cost_over_people(self) -> None:
        for row in people_rows(thesis(), economy_facts("ai")):
            for who, year in (("users", "per_user_year"), ("payers", "per_payer_year")):
                if row[who] is None:
                    assert row[year] is None
                    continue
                people, told = row[who], row[year]
                assert people["low"] <= people["value"] <= people["high"]
                paid = 4e3 * row["revenue_usd_bn"] / people["value"]
                assert told["revenue"] == pytest.approx(paid)
                assert told["gap"] == pytest.approx(told["full_cost"] - told["revenue"])
                assert told["revenue_low"] <= told["revenue"] <= told["revenue_high"]

    def test_the_gap_splits_over_its_sources(self) -> None:
        for row in people_rows(thesis(), economy_facts("ai")):
            year = row["per_user_year"] or row["per_payer_year"]
            parts = row["gap_by_source_per_person_year"]
            assert sum(parts.values()) == pytest.approx(max(0.0, year["gap"]), abs=1e-9)

    def test_users_of_chatgpt_by_hand(self) -> None:
        """About 640 million a week and 26 million payers, at some 240 dollars a year."""
        row = by_id(people_rows(thesis(), economy_facts("ai")))["chatgpt_consumers"]
        assert 500.0 < row["users"]["value"] < 700.0
        assert 20.0 < row["payers"]["value"] < 35.0
        assert 200.0 < row["per_payer_year"]["revenue"] < 270.0
        assert row["per_user_year"]["revenue"] < 20.0
        assert row["per_user_year"]["service"] > row["per_user_year"]["revenue"]
        assert row["per_payer_year"]["service"] < row["per_payer_year"]["revenue"]

    def test_every_group_of_the_table_is_counted(self) -> None:
        rows = people_rows(thesis(), economy_facts("ai"))
        assert [row["id"] for row in rows] == [group.id for group in load_groups()]
        assert all(row["uncertain"] for row in rows)

    def test_without_facts_only_what_the_accounts_count(self) -> None:
        assert [row["id"] for row in people_rows(thesis(), None)] == ["chatgpt_consumers"]
        invented = view_of(Recipe(firms=3, seed=1).world())
        assert people_rows(invented, None) == []

    @pytest.mark.parametrize(
        ("quarter", "day"), [("2025Q2", "2025-06-30"), ("2025Q4", "2025-12-31")]
    )
    def test_quarters_end(self, quarter: str, day: str) -> None:
        assert last_day(quarter).isoformat() == day


class TestPrices:
    def test_today_is_the_base_quarter(self) -> None:
        view = thesis()
        sold = {
            f"{sale.payer}_{sale.payee}": sale
            for sale in view.chain.world.contracts_of(K.SALE)
            if sale.terms.get("conversion")
        }
        rows = by_id(price_rows(view)["segments"])
        assert set(rows) == set(sold)
        for name, row in rows.items():
            assert row["today"]["revenue"] == pytest.approx(sold[name].amount)
            assert row["today"]["price"] == sold[name].terms["annual_price"]
            assert row["best"]["revenue"] >= row["today"]["revenue"]

    @given(recipes())
    @settings(max_examples=15)
    def test_on_any_economy_nothing_beats_the_best(self, recipe: Recipe) -> None:
        told = price_rows(view_of(_willing(recipe.world())))
        assert told["segments"]
        for row in told["segments"]:
            best, today, kept = row["best"], row["today"], row["most_kept"]
            assert best["revenue"] >= max(today["revenue"], kept["revenue"]) * (1 - 1e-9)
            over = [one["revenue"] - one["cost_of_service"] for one in (kept, today, best)]
            assert over[0] >= max(over) - 1e-9 * abs(best["revenue"])
            assert best["price_low"] <= best["price"] <= best["price_high"]

    def test_elastic_demand_is_told_by_its_elasticity(self) -> None:
        world = Recipe(firms=4, seed=1).world()
        rows = price_rows(view_of(world))["elastic"]
        for row in rows:
            words = {True: "rise", False: "fall"}[row["elasticity"] < 1.0]
            same = row["elasticity"] == 1.0
            assert row["takings"].startswith("are the same" if same else words)


def _willing(world: World) -> World:
    """Return a world whose paid sales all follow willingness to pay."""
    terms = {"conversion": 0.05, "annual_price": 100.0, "spread": 0.8}
    return replace(
        world,
        contracts=tuple(
            replace(one, terms={**one.terms, **terms}) if one.kind is K.SALE and one.amount else one
            for one in world.contracts
        ),
    )


class TestEnvelopes:
    @pytest.mark.parametrize("at", [0, 1])
    def test_the_published_ones_come_out_to_the_digit(self, at: int) -> None:
        case = json.loads(CASES.read_text("utf-8"))["cases"][at]
        row = envelope_rows(thesis(), use_cost_of(thesis()), economy_facts("ai"))[at]
        given_, expected = case["inputs"], case["expected"]
        assert row["run_rate_usd_bn"] == given_["nvidia_run_rate_bn"]
        assert row["multiplier"] == given_["datacenter_multiplier"]
        assert row["gross_margin"] == given_["end_user_gross_margin"]
        assert row["spend_usd_bn"] == expected["datacenter_spend_bn"]
        assert row["revenue_needed_usd_bn"] == expected["revenue_required_bn"]
        assert row["hole_usd_bn"] == case["published"]["hole_bn"]
        assert row["revenue_usd_bn"] == case["implied"]["ai_revenue_assumed_bn"]
        assert len(row["facts"]) == 5

    def test_ours_stand_beside_on_both_terms(self) -> None:
        view, use = thesis(), use_cost_of(thesis())
        rows = by_id(envelope_rows(view, use, economy_facts("ai")))
        ours, on_terms = rows["accounts"], rows["accounts_on_published_terms"]
        assert on_terms["multiplier"] == 2.0
        assert on_terms["gross_margin"] == 0.5
        for row in (ours, on_terms):
            assert row["revenue_usd_bn"] == pytest.approx(4.0 * float(use.receipts[0]))
            needed = row["spend_usd_bn"] / (1.0 - row["gross_margin"])
            assert row["revenue_needed_usd_bn"] == pytest.approx(needed)
        assert ours["spend_usd_bn"] / ours["multiplier"] == pytest.approx(ours["run_rate_usd_bn"])

    def test_an_economy_without_plant_has_none(self) -> None:
        view = view_of(Recipe(firms=3, plant=False, seed=1).world())
        assert envelope_rows(view, use_cost_of(view), None) == []
