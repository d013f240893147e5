"""Frames for a notebook say what the document says."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

from cardhouse.errors import InputError, ScenarioError
from cardhouse.facts import FactTable
from cardhouse.model.scenario import Event, Scenario
from cardhouse.model.world import World
from cardhouse.studies.frames import UNITS, Run, run_world
from strategies import Recipe

NO_FACTS = FactTable([])


def run(world: World, scenario: Any = (), **more: Any) -> Run:
    return run_world(world, scenario, quarters=5, facts=NO_FACTS, **more)


@pytest.fixture(scope="module")
def usual(world: World) -> Run:
    return run(world)


class TestData:
    def test_has_a_series_for_every_entity(self, usual: Run) -> None:
        data = usual.data
        for row in usual.document["entities"]:
            if row["revenue"]:
                found = data["revenue"].sel(entity=row["id"]).to_numpy()
                np.testing.assert_array_equal(found, row["revenue"])

    def test_carries_units_and_provenance(self, usual: Run) -> None:
        data = usual.data
        assert {name: one.attrs["units"] for name, one in data.data_vars.items()} == UNITS
        assert data.attrs["digest"] == usual.document["manifest"]["digest"]
        assert json.loads(data.attrs["facts"]) == {}

    def test_is_empty_where_an_entity_has_no_such_series(self, usual: Run) -> None:
        assert np.isnan(usual.data["cash"].sel(entity="payers")).all()
        assert np.isfinite(usual.data["cash"].sel(entity="firm1")).all()

    def test_can_be_written_to_any_format(self, usual: Run, tmp_path: Path) -> None:
        assert all(isinstance(one, str | int | float) for one in usual.data.attrs.values())
        usual.data.to_netcdf(tmp_path / "run.nc", engine="scipy")
        with xr.open_dataset(tmp_path / "run.nc", engine="scipy") as again:
            np.testing.assert_array_equal(again["revenue"], usual.data["revenue"])

    def test_names_facts_by_entity(self) -> None:
        world = Recipe(firms=2, seed=1).world()
        first = replace(world.contracts[0], facts=("abc",))
        sourced = run(replace(world, contracts=(first, *world.contracts[1:])))
        assert json.loads(sourced.data.attrs["facts"]) == {
            "payers": ["abc"],
            "line0": ["abc"],
            "firm0": ["abc"],
        }


class TestLedger:
    def test_sources_add_up_in_every_row(self, usual: Run) -> None:
        frame = usual.ledger()
        given = frame[[name for name in frame if name.startswith("from_")]].sum(axis=1)
        np.testing.assert_allclose(given, frame["cash_part"], atol=1e-12)

    def test_cumulates(self, usual: Run) -> None:
        last = usual.document["quarters"][-1]
        whole = usual.ledger()["subsidy"].groupby("firm", sort=False).sum()
        np.testing.assert_allclose(usual.ledger(cumulated=True).loc[last, "subsidy"], whole)

    def test_of_ai_lines_is_theirs_alone(self, usual: Run) -> None:
        np.testing.assert_allclose(usual.ledger(ai=True)["revenue"], usual.ledger()["revenue"])


class TestTrace:
    def test_adds_to_one_and_falls(self, usual: Run) -> None:
        frame = usual.trace("firm1")
        assert frame["share"].sum() == pytest.approx(1.0)
        assert frame["share"].is_monotonic_decreasing
        assert frame["usd_bn"].sum() == pytest.approx(frame.attrs["usd_bn"])

    def test_over_time_opens_with_the_base_quarter(self, usual: Run) -> None:
        first = usual.trace_over_time("firm1").iloc[0]
        shares = usual.trace("firm1")["share"]
        np.testing.assert_allclose(first[shares.index], shares)

    def test_under_a_rule_over_all_quarters(self, usual: Run) -> None:
        frame = usual.trace("firm1", rule="income_first", cumulated=True)
        assert frame["share"].sum() == pytest.approx(1.0)
        assert frame.attrs["usd_bn"] > usual.trace("firm1").attrs["usd_bn"]
        purse = usual.trace("firm1", purse=True, quarter=usual.document["quarters"][1])
        assert purse["share"].sum() == pytest.approx(1.0)

    def test_round_trips_are_listed(self, usual: Run) -> None:
        for cumulated in (False, True):
            frame = usual.round_trips(cumulated=cumulated)
            assert list(frame) == ["entities", "usd_bn", "financial"]
            assert (frame["usd_bn"] > 0).all()

    def test_of_nobody_is_refused(self, usual: Run) -> None:
        for ask in (usual.trace, usual.trace_over_time):
            with pytest.raises(InputError, match="Did you mean 'firm1'"):
                ask("frim1")


class TestDefaults:
    def test_are_listed(self, world: World) -> None:
        kill = Scenario("kill", "Kill", "W.", "R.", {}, (), (Event("default", "firm2", 2),))
        frame = run(world, kill).defaults()
        assert dict(zip(frame["entity"], frame["quarter"], strict=True))["firm2"] == "2025Q4"

    def test_of_nobody_keep_their_columns(self, usual: Run) -> None:
        assert usual.defaults().empty
        assert "loss_by_holder" in usual.defaults().columns


class TestRun:
    def test_applies_scenarios_in_order_and_levers_last(self, world: World) -> None:
        both = run(world, ["venture-drought", "baseline"], levers={"bond_supply": 0.5})
        assert both.scenario.id == "venture-drought"
        assert both.document["manifest"]["levers"] == {"bond_supply": 0.5}

    def test_refuses_a_lever_that_finds_nothing(self) -> None:
        with pytest.raises(ScenarioError, match="moves nothing in economy 'invented'"):
            run(Recipe(firms=2).world(), levers={"vendor_finance": 0.0})

    def test_refuses_quarters_that_no_run_has(self, world: World) -> None:
        with pytest.raises(InputError, match="401"):
            run_world(world, quarters=401, facts=NO_FACTS)

    def test_says_in_one_line_what_was_run(self, usual: Run) -> None:
        assert repr(usual) == "Run(invented, baseline, 2025Q2 to 2026Q3: 8 firms, 0 fail)"

    def test_shows_a_table_in_a_notebook(self, usual: Run) -> None:
        shown = usual._repr_html_()
        assert shown.count("<tr>") == 9
        assert "Firm 0" in shown

    def test_has_a_frame_of_claims(self, usual: Run) -> None:
        columns = ["claim", "verdict", "probability", "definition", "for", "against"]
        assert list(usual.claims().columns) == columns
