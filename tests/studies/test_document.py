"""The result document: it obeys its schema, adds up, and says the same as the accounts."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import lru_cache
from typing import Any

import jsonschema
import numpy as np
import pytest
from hypothesis import given, settings

from cardhouse.analysis.rules import OWN_MONEY, PRO_RATA, RULES
from cardhouse.engine.chain import compile_chain
from cardhouse.model.scenario import Event, Scenario
from cardhouse.model.vocabulary import ContractKind as K
from cardhouse.model.vocabulary import EntityKind as E
from cardhouse.model.world import Contract, Entity, World
from cardhouse.studies.document_ledger import NOT_IN_CASH
from cardhouse.studies.extracts import flow_matrix, opening_document
from cardhouse.studies.lever_paths import BASELINE
from cardhouse.studies.run import Study
from cardhouse.studies.schemas import published_schemas
from cardhouse.studies.traces import Traced
from strategies import Recipe, recipes

SCHEMAS = published_schemas()
QUARTERS = 6
Document = dict[str, Any]


def valid(document: Document, kind: str = "run") -> None:
    jsonschema.validate(
        document, SCHEMAS[kind], format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    )


def study_of(world: World, scenario: Scenario = BASELINE, quarters: int = QUARTERS) -> Study:
    return Study(world, scenario, quarters)


@lru_cache(maxsize=64)
def document_of(recipe: Recipe) -> Document:
    return study_of(recipe.world()).document


def divided() -> World:
    """firm0 becomes a parent: line0 and line3 move into a division, line6 stays its own."""
    world = Recipe(firms=8, seed=3, stationary=False).world()
    parents = {"line0": "unit", "line3": "unit", "line6": "firm0"}
    entities = [replace(one, parent=parents.get(one.id, one.parent)) for one in world.entities]
    entities = [one for one in entities if one.id not in ("firm3", "firm6")]
    entities.append(Entity("unit", "Unit", E.DIVISION, "tier1", parent="firm0"))
    firms = tuple(one for one in world.firms if one.id not in ("firm3", "firm6"))
    moved = {"firm3": "firm0", "firm6": "firm0"}
    contracts = [
        replace(one, payer=moved.get(one.payer, one.payer), payee=moved.get(one.payee, one.payee))
        for one in world.contracts
    ]
    divided_world = replace(
        world,
        entities=tuple(entities),
        firms=firms,
        debts=tuple(replace(one, firm=moved.get(one.firm, one.firm)) for one in world.debts),
    )
    kept = [one for one in contracts if _between_two(divided_world, one)]
    return replace(divided_world, contracts=tuple(kept))


def _between_two(world: World, contract: Contract) -> bool:
    return world.purse_of(contract.payer) != world.purse_of(contract.payee)


@pytest.fixture(scope="module")
def parent() -> Document:
    return study_of(divided()).document


def rows_by_id(document: Document) -> dict[str, Document]:
    return {row["id"]: row for row in document["entities"]}


class TestSchema:
    @given(recipes())
    @settings(max_examples=15)
    def test_is_obeyed_by_any_economy(self, recipe: Recipe) -> None:
        document = document_of(recipe)
        valid(document)
        json.dumps(document, allow_nan=False)

    def test_is_obeyed_with_a_scenario_beside_the_baseline(self, world: World) -> None:
        moved = Scenario("x", "X", "W.", "R.", {"venture_supply": 0.2}, (), ())
        document = study_of(world, moved).document
        valid(document)
        assert document["baseline"]["entities"]

    def test_is_obeyed_by_divisions(self, parent: Document) -> None:
        valid(parent)

    @given(recipes())
    @settings(max_examples=10)
    def test_of_extracts_is_obeyed(self, recipe: Recipe) -> None:
        document = document_of(recipe)
        valid(opening_document(document), "accounts")


class TestEntities:
    @given(recipes())
    @settings(max_examples=15)
    def test_tiers_count_every_firm_once(self, recipe: Recipe) -> None:
        document = document_of(recipe)
        firms = [row for row in document["entities"] if row["kind"] == "firm"]
        for name in ("revenue", "full_cost", "operating_result", "capex", "raised", "cash_result"):
            in_tiers = np.sum([tier[name] for tier in document["tiers"]], axis=0)
            in_rows = np.sum([row[name] for row in firms], axis=0)
            np.testing.assert_allclose(in_tiers, in_rows, rtol=1e-9, atol=1e-9 * recipe.scale)

    def test_a_parent_names_what_it_includes(self, parent: Document) -> None:
        rows = rows_by_id(parent)
        assert rows["firm0"]["kind"] == "parent"
        assert rows["firm0"]["includes"] == ["unit", "line6"]
        assert {rows[name]["kind"] for name in ("unit", "line6")} == {"division"}
        assert rows["unit"]["parent"] == "firm0"
        assert rows["unit"]["cash"] == []

    def test_a_parent_is_the_sum_of_its_parts(self, parent: Document) -> None:
        rows = rows_by_id(parent)
        for name in ("revenue", "capex", "full_cost", "operating_result"):
            parts = np.sum([rows[part][name] for part in rows["firm0"]["includes"]], axis=0)
            np.testing.assert_allclose(parts, rows["firm0"][name], rtol=1e-9)

    def test_a_division_counts_in_its_own_tier_and_nothing_twice(self, parent: Document) -> None:
        rows = rows_by_id(parent)
        tiers = {tier["tier"]: np.array(tier["revenue"]) for tier in parent["tiers"]}
        homes: dict[str, Any] = {name: np.zeros(QUARTERS + 1) for name in tiers}
        for row in parent["entities"]:
            if row["kind"] in ("firm", "division"):
                homes[row["tier"]] += np.array(row["revenue"])
        for name, total in tiers.items():
            np.testing.assert_allclose(total, homes[name], rtol=1e-9, atol=1e-12)
        assert rows["unit"]["tier"] == "tier1"
        assert rows["firm0"]["tier"] == "tier0"

    def test_tiers_stand_in_the_order_of_the_world(self, parent: Document) -> None:
        named = [tier["tier"] for tier in parent["tiers"]]
        assert named == ["users", "tier0", "tier1", "tier2", "capital"]

    def test_a_firm_that_fails_says_when_and_is_gone(self) -> None:
        failing = Scenario("x", "X", "W.", "R.", {}, (), (Event("default", "firm1", 2),))
        document = study_of(Recipe(firms=4, seed=1).world(), failing).document
        row = rows_by_id(document)["firm1"]
        assert row["default_quarter"] == document["quarters"][2] == "2025Q4"
        assert row["status"][:4] == ["active", "active", "in_default", "gone"]
        assert row["cash"][2] == row["debt"][3] == 0.0
        assert row["price"][3] is None

    def test_money_that_comes_from_outside_the_lines_has_a_row(self, world: World) -> None:
        row = rows_by_id(study_of(world).document)["firm0.other_business"]
        assert (row["kind"], row["spending"][0]) == ("outside", pytest.approx(0.3))


class TestFlows:
    @given(recipes())
    @settings(max_examples=15)
    def test_row_0_is_the_contracts(self, recipe: Recipe) -> None:
        document = document_of(recipe)
        for kind in K:
            written = sum(one.amount for one in recipe.world().contracts if one.kind is kind)
            shown = sum(one["amount"][0] for one in document["flows"] if one["kind"] == kind)
            assert shown == pytest.approx(written, rel=1e-9, abs=1e-12 * recipe.scale)

    @given(recipes())
    @settings(max_examples=10)
    def test_the_matrix_of_layers_adds_to_nothing_by_row(self, recipe: Recipe) -> None:
        matrix = flow_matrix(document_of(recipe))
        for row in matrix["rows"]:
            largest = max(abs(one) for one in row["net"])
            assert abs(sum(row["net"])) <= 1e-9 * largest

    def test_a_division_buys_and_sells_under_its_own_name(self, parent: Document) -> None:
        world = divided()
        sold = sum(
            one.amount for one in world.contracts if one.payee in ("line0", "line3") and one.amount
        )
        shown = sum(one["amount"][0] for one in parent["flows"] if one["payee"] == "unit")
        assert shown == pytest.approx(sold)
        assert not [one for one in parent["flows"] if one["payer"].startswith("line0")]

    def test_no_row_is_empty(self, parent: Document) -> None:
        assert all(any(one["amount"]) for one in parent["flows"])

    def test_estimated_flows_are_marked(self) -> None:
        world = Recipe(firms=3, seed=1).world()
        guessed = tuple(replace(one, estimated=one.kind is K.COST) for one in world.contracts)
        document = study_of(replace(world, contracts=guessed)).document
        marked = {one["kind"] for one in document["flows"] if one["estimated"]}
        assert marked == {"cost"}
        total = sum(one.amount for one in world.contracts)
        cost = sum(one.amount for one in world.contracts if one.kind is K.COST)
        share = document["accounts"]["estimated_share_of_flows"]
        assert share == pytest.approx(cost / total)


class TestLedger:
    @given(recipes())
    @settings(max_examples=15)
    def test_sources_add_up_to_the_subsidy(self, recipe: Recipe) -> None:
        ledger = document_of(recipe)["ledger"]
        for part in (ledger, ledger["ai"]):
            total = sum(part["subsidy_by_source"].values())
            assert total == pytest.approx(part["subsidy_usd_bn"], rel=1e-9, abs=1e-9 * recipe.scale)
            firms = sum(one["subsidy"] for one in part["subsidy_by_firm"])
            assert firms == pytest.approx(part["subsidy_usd_bn"], rel=1e-9, abs=1e-9 * recipe.scale)
            tiers = sum(part["subsidy_by_tier"].values())
            assert tiers == pytest.approx(part["subsidy_usd_bn"], rel=1e-9, abs=1e-9 * recipe.scale)

    @given(recipes())
    @settings(max_examples=15)
    def test_a_firms_cash_part_is_split_over_its_sources(self, recipe: Recipe) -> None:
        for one in document_of(recipe)["ledger"]["subsidy_by_firm"]:
            split = sum(one["by_source"].values())
            assert split == pytest.approx(one["cash_part"], rel=1e-9, abs=1e-9 * recipe.scale)

    @given(recipes())
    @settings(max_examples=10)
    def test_the_base_quarter_opens_the_series(self, recipe: Recipe) -> None:
        document = document_of(recipe)
        series, base = document["ledger_by_quarter"], document["ledger"]
        assert series["subsidy"][0] == pytest.approx(base["subsidy_usd_bn"])
        assert series["cumulated"]["subsidy"][-1] == pytest.approx(sum(series["subsidy"]))
        pays = series["users_pay_per_dollar_of_cost"]["with_programs"][0]
        assert pays == base["users_pay_per_dollar_of_cost"]["with_programs"]
        assert set(base["subsidy_by_source"]) <= {*series["by_source"], NOT_IN_CASH}


class TestTrace:
    @given(recipes())
    @settings(max_examples=15)
    def test_adds_to_one_for_every_seller(self, recipe: Recipe) -> None:
        document = document_of(recipe)
        assert set(document["trace"]) == set(document["trace_receipts_usd_bn"])
        for shares in document["trace"].values():
            assert sum(shares.values()) == pytest.approx(1.0, abs=1e-9)

    @given(recipes())
    @settings(max_examples=10)
    def test_shares_lie_within_their_bounds(self, recipe: Recipe) -> None:
        document = document_of(recipe)
        for sink, bounds in document["trace_bounds"].items():
            for source, (least, most) in bounds.items():
                assert 0 <= least <= document["trace"][sink][source] <= most <= 1 + 1e-9

    @given(recipes())
    @settings(max_examples=10)
    def test_opens_its_series_with_the_base_quarter(self, recipe: Recipe) -> None:
        document = document_of(recipe)
        for sink, shares in document["trace"].items():
            series = document["trace_by_quarter"][sink]
            first = {source: values[0] for source, values in series.items() if values[0]}
            assert {name: first[name] for name in shares} == pytest.approx(shares)

    def test_knows_firms_divisions_and_lines_that_sell(self, parent: Document) -> None:
        assert {"firm0", "unit", "line6", "line0", "line3", "firm1"} <= set(parent["trace"])

    def test_of_a_firm_is_the_mean_of_its_lines_by_receipts(self, parent: Document) -> None:
        receipts, trace = parent["trace_receipts_usd_bn"], parent["trace"]
        for source, share in trace["unit"].items():
            parts = sum(receipts[one] * trace[one].get(source, 0.0) for one in ("line0", "line3"))
            assert parts == pytest.approx(share * receipts["unit"], rel=1e-9)

    def test_of_the_ai_part_is_told_apart(self) -> None:
        world = divided()
        lines = tuple(replace(one, is_ai=one.id != "line3") for one in world.lines)
        document = study_of(replace(world, lines=lines)).document
        assert set(document["trace_ai"]) == {"firm0", "unit"}
        assert document["trace_ai"]["unit"] == pytest.approx(document["trace"]["line0"])

    def test_no_firm_is_a_source(self, world: World) -> None:
        document = study_of(world).document
        firms = {row["id"] for row in document["entities"] if row["kind"] in ("firm", "parent")}
        sources = {source for shares in document["trace"].values() for source in shares}
        assert sources.isdisjoint(firms)
        assert "firm0.other_business" in sources


class TestTraceInFull:
    @given(recipes())
    @settings(max_examples=10)
    def test_cumulated_shares_weigh_each_dollar_once(self, recipe: Recipe) -> None:
        study = study_of(recipe.world())
        document, traced = study.document, Traced(study.view)
        shares, receipts = traced.shares
        for at, sink in enumerate(traced.sinks):
            found = document["trace_cumulated"].get(sink.id)
            total = receipts[:, at].sum()
            assert (found is None) == (total <= 0)
            if found is None:
                continue
            assert sum(found.values()) == pytest.approx(1.0, abs=1e-9)
            assert document["trace_receipts_cumulated_usd_bn"][sink.id] == pytest.approx(total)
            for source, share in found.items():
                column = traced.payers.sources.index(source)
                dollars = (shares[:, at, column] * receipts[:, at]).sum()
                assert share * total == pytest.approx(dollars, rel=1e-9)

    @given(recipes())
    @settings(max_examples=10)
    def test_purses_and_ends_add_to_one(self, recipe: Recipe) -> None:
        document = document_of(recipe)
        for part in ("trace_purse", "trace_from", "trace_from_cumulated"):
            for shares in document[part].values():
                assert sum(shares.values()) == pytest.approx(1.0, abs=0.01)
        assert set(document["trace_from"]) == set(document["trace_from_usd_bn"])

    @given(recipes())
    @settings(max_examples=10)
    def test_every_seller_is_told_under_every_rule(self, recipe: Recipe) -> None:
        document = document_of(recipe)
        assert set(document["trace_rules"]) == set(document["trace"])
        for seller, rules in document["trace_rules"].items():
            assert set(rules) == set(RULES) - {PRO_RATA}
            for shares in rules.values():
                assert sum(shares.values()) == pytest.approx(1.0, abs=0.01)
            own = rules[OWN_MONEY].get(OWN_MONEY, 0.0) * document["trace_receipts_usd_bn"][seller]
            told = document["trace_round_trip_usd_bn"][seller]
            assert own == pytest.approx(told, rel=1e-6, abs=2e-4 * told + 1e-3 * recipe.scale)

    def test_shares_of_revenue_of_ai_lines_are_ai_receipts(self) -> None:
        """firm1 sells nothing of AI itself and receives a share of what an AI line sells."""
        world = Recipe(firms=4, seed=1, stationary=False, extras=True).world()
        taken = next(one for one in world.contracts if one.kind is K.REVENUE_SHARE)
        payer = taken.payer
        lines = tuple(replace(one, is_ai=one.id == payer) for one in world.lines)
        view = study_of(replace(world, lines=lines)).view
        traced = Traced(view)
        at = [one.id for one in traced.sinks].index(taken.payee)
        assert traced.paid_ai.all[0, :, at].sum() == pytest.approx(taken.amount)

    def test_round_trips_of_all_quarters_hold_those_of_the_first(self) -> None:
        document = document_of(Recipe(firms=6, seed=3, stationary=False))
        base, all_ = (document["round_trips"][name] for name in ("base", "cumulated"))
        assert base["loops"]
        assert sum(one["usd_bn"] for one in all_["loops"]) > sum(
            one["usd_bn"] for one in base["loops"]
        )
        firms = {row["id"] for row in document["entities"]}
        for loop in base["loops"]:
            assert set(loop["entities"]) <= firms
            assert len(loop["names"]) == len(loop["legs"]) == len(loop["entities"])

    def test_promises_are_told_beside_what_was_paid(self, world: World) -> None:
        bound = replace(
            world,
            contracts=tuple(
                replace(one, committed=5.0) if number == 0 else one
                for number, one in enumerate(
                    sorted(world.contracts, key=lambda one: one.kind is not K.INPUT)
                )
            ),
        )
        document = study_of(bound).document
        valid(document)
        told = next(one for one in document["committed"]["promises"] if one["kind"] == "input")
        assert told["promised"] == 5.0
        payer = document["committed"]["by_payer"][told["payer"]]
        assert payer["firm"] >= 5.0
        assert payer["paid"] >= told["paid"]


class TestFragility:
    def test_losses_travel_link_by_link(self) -> None:
        document = document_of(Recipe(firms=8, seed=0, stationary=False))
        fragility = document["fragility"]
        failed = {one["entity"]: one["quarter"] for one in fragility["defaults"]}
        assert failed
        for one in fragility["defaults"]:
            assert sum(one["loss_by_holder"].values()) == pytest.approx(one["owed"] - one["paid"])
            for reached in one["travels"]:
                assert failed[reached] >= one["quarter"]
        links = fragility["loss_links"]
        assert sum(link["loss"] for link in links) == pytest.approx(
            sum(fragility["loss_by_tier"].values())
        )

    def test_debt_falls_due_by_year_in_full(self) -> None:
        document = document_of(Recipe(firms=5, seed=2))
        chain = compile_chain(Recipe(firms=5, seed=2).world())
        rows = document["fragility"]["maturities"]
        assert rows[0]["year"] == 2025
        assert sum(row["amount"] for row in rows) == pytest.approx(chain.debt.sum())

    def test_without_debt_nothing_falls_due(self) -> None:
        assert document_of(Recipe(firms=3, debt=False))["fragility"]["maturities"] == []

    def test_shares_are_of_all_firms(self) -> None:
        document = document_of(Recipe(firms=6, seed=2))
        fragility = document["fragility"]
        assert sum(fragility["profit_share"].values()) == pytest.approx(1.0)
        losers = [
            row for row in document["entities"]
            if row["kind"] == "firm" and row["revenue"][0] < row["full_cost"][0]
        ]  # fmt: skip
        assert fragility["loss_making_share"]["firms"] == pytest.approx(len(losers) / 6)


class TestBaseline:
    def test_stands_beside_a_scenario_that_moves_something(self, world: World) -> None:
        moved = Scenario("x", "X", "W.", "R.", {"capex_plan": 0.5}, (), ())
        beside = study_of(world, moved).document["baseline"]
        alone = study_of(world).document
        assert beside["entities"] == alone["entities"]
        assert beside["flows"] == alone["flows"]
        assert alone["baseline"] is None
