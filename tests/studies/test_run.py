"""The main job on the shipped economy, from facts to one document."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import jsonschema
import pytest

from cardhouse.accounts import economy_facts
from cardhouse.errors import ScenarioError
from cardhouse.model.vocabulary import EntityKind
from cardhouse.studies.accelerator_classes import accelerator_classes
from cardhouse.studies.claim_table import load_claims
from cardhouse.studies.document import build_document
from cardhouse.studies.expectations import unmet_expectations
from cardhouse.studies.run import Study, StudyResult, run_study, scenario_on
from cardhouse.studies.scenario_files import expectations, list_scenarios, load_scenario
from cardhouse.studies.schemas import published_schemas
from cardhouse.studies.simulation import Chains
from cardhouse.studies.views import View

ECONOMY = "ai"
QUARTERS = 10
MOVED = [one.id for one in list_scenarios() if one.id != "baseline"]


@pytest.fixture(scope="module")
def baseline() -> StudyResult:
    return run_study(economy=ECONOMY, quarters=QUARTERS)


@pytest.fixture(scope="module")
def chains(baseline: StudyResult) -> Chains:
    return Chains.of(baseline.world)


@pytest.fixture(scope="module")
def run(baseline: StudyResult) -> Callable[..., StudyResult]:
    """Return the function that runs a scenario on the world of the baseline."""
    facts, classes = economy_facts(ECONOMY), accelerator_classes(ECONOMY)

    def of(scenario: str, **settings: float) -> StudyResult:
        combined = scenario_on(baseline.world, [scenario], settings)
        return Study(baseline.world, combined, QUARTERS, facts, classes).result()

    return of


@pytest.fixture(scope="module")
def frozen(run: Callable[..., StudyResult]) -> StudyResult:
    return run("capital-freeze")


def valid(document: dict[str, Any]) -> None:
    checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
    jsonschema.validate(document, published_schemas()["run"], format_checker=checker)
    json.dumps(document, allow_nan=False)


class TestBaseline:
    def test_is_a_valid_document(self, baseline: StudyResult) -> None:
        valid(baseline.document)
        assert baseline.baseline is None
        assert len(baseline.document["quarters"]) == QUARTERS + 1

    def test_money_and_accounts_close(self, baseline: StudyResult) -> None:
        checks = baseline.document["checks"]
        assert checks["money_residual_max"] <= 1e-9
        assert checks["accounts_residual_max"] <= 1e-9

    def test_moves_name_their_sources(self, baseline: StudyResult) -> None:
        moves = baseline.document["accounts"]["moves"]
        assert moves
        assert all(move["source"] for move in moves)
        assert any(move["url"].startswith("https://") for move in moves)

    def test_cited_facts_were_public_by_then(self, baseline: StudyResult) -> None:
        facts = baseline.document["facts"]
        as_of = dt.date.fromisoformat(baseline.document["manifest"]["as_of"])
        assert facts
        assert all(dt.date.fromisoformat(one["known_from"]) <= as_of for one in facts.values())

    def test_every_claim_about_it_is_judged(self, baseline: StudyResult) -> None:
        judged = {one["id"]: one for one in baseline.document["claims"]}
        assert list(judged) == [row.id for row in load_claims() if row.economy == ECONOMY]
        for one in judged.values():
            assert (one["verdict"] == "undetermined") or one["for"] or one["against"]
            assert set(one["facts"]) <= set(baseline.document["facts"])

    def test_every_firm_and_division_that_sells_is_traced(self, baseline: StudyResult) -> None:
        kinds = ("firm", "parent", "division")
        sellers = {
            row["id"]
            for row in baseline.document["entities"]
            if row["kind"] in kinds and row["revenue"][0] > 0
        }
        assert sellers <= set(baseline.document["trace"])

    def test_every_firm_has_a_row(self, baseline: StudyResult) -> None:
        rows = {row["id"] for row in baseline.document["entities"]}
        for kind in (EntityKind.FIRM, EntityKind.DIVISION, EntityKind.SEGMENT, EntityKind.POOL):
            assert {one.id for one in baseline.world.of_kind(kind)} <= rows


class TestScenario:
    def test_stands_beside_the_baseline(self, frozen: StudyResult, baseline: StudyResult) -> None:
        valid(frozen.document)
        assert frozen.baseline is not None
        beside = {row["id"]: row for row in frozen.document["baseline"]["entities"]}
        usual = {row["id"]: row for row in baseline.document["entities"]}
        assert beside == usual

    def test_leaves_the_base_quarter_and_its_claims_alone(
        self, frozen: StudyResult, baseline: StudyResult
    ) -> None:
        for part in ("ledger", "trace", "claims", "trace_bounds"):
            assert frozen.document[part] == baseline.document[part]

    def test_has_a_digest_of_its_own(self, frozen: StudyResult, baseline: StudyResult) -> None:
        one, other = frozen.document["manifest"], baseline.document["manifest"]
        assert one["digest"] != other["digest"]
        assert one["facts_digest"] == other["facts_digest"]

    @pytest.mark.parametrize("scenario", MOVED)
    def test_does_what_its_author_expects(
        self, scenario: str, chains: Chains, baseline: StudyResult
    ) -> None:
        expected = expectations(scenario, baseline.world.base)
        assert expected
        moved = load_scenario(scenario, baseline.world.base)
        found = build_document(View.of(chains, moved, QUARTERS), moved)
        assert unmet_expectations(found, baseline.document, expected) == []

    def test_settings_come_last(self, run: Callable[..., StudyResult]) -> None:
        moved = run("venture-drought", capex_plan=0.8)
        assert moved.document["manifest"]["levers"] == {"capex_plan": 0.8}

    def test_an_unknown_scenario_is_refused(self, run: Callable[..., StudyResult]) -> None:
        with pytest.raises(ScenarioError, match="Did you mean 'capital-freeze'"):
            run("capital-frieze")


def test_the_same_question_has_the_same_answer_in_another_process(baseline: StudyResult) -> None:
    code = (
        "import json; from cardhouse.studies.run import run_study; "
        f"print(json.dumps(run_study(economy='{ECONOMY}', quarters={QUARTERS}).document))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert json.loads(done.stdout) == json.loads(json.dumps(baseline.document))


class TestMembersAndJournal:
    """What is told only where it is asked for: every payment, and the firms of a population."""

    def test_a_population_is_one_row_with_its_members_fate(self, baseline: StudyResult) -> None:
        (row,) = [one for one in baseline.document["entities"] if one["kind"] == "population"]
        assert row["id"] == "other_apps"
        assert row["alive"][0] == row["members"] == 400
        assert row["members"] - row["alive"][-1] == sum(row["defaults"])
        assert 0 < sum(row["defaults"]) < 400

    def test_members_add_up_to_their_row(self, baseline: StudyResult) -> None:
        (row,) = [one for one in baseline.document["entities"] if one["kind"] == "population"]
        members = baseline.members()
        assert len(members) == 400
        for name in ("revenue", "cash"):
            for quarter in (0, QUARTERS):
                total = sum(one[name][quarter] for one in members)
                assert total == pytest.approx(row[name][quarter], rel=1e-9)
        dead = [one for one in members if not one["alive"][-1]]
        assert {one["default_quarter"] is not None for one in dead} == {True}

    def test_both_are_valid_parts_of_the_document(self, baseline: StudyResult) -> None:
        whole = {"members": baseline.members(), "journal": baseline.journal()}
        valid({**baseline.document, **whole})

    def test_the_journal_holds_every_dollar(self, baseline: StudyResult) -> None:
        rows = baseline.journal()
        assert baseline.view is not None
        paid = sum(record.paid.sum() for record in baseline.view.trajectory.records)
        assert sum(row["paid"] for row in rows) == pytest.approx(paid, rel=1e-9)
        one_by_one = baseline.journal(members=True)
        assert len(one_by_one) > 10 * len(rows)
        assert sum(row["paid"] for row in one_by_one) == pytest.approx(paid, rel=1e-6)

    def test_a_committed_payment_leads_to_its_contract_and_facts(
        self, baseline: StudyResult
    ) -> None:
        rows = [row for row in baseline.journal() if row["kind"] == "shortfall"]
        assert rows, "somebody pays for committed use that it did not take"
        for row in rows:
            assert row["force"] == "committed"
            assert row["law"] == "contracts.shortfalls"
            assert row["committed"] > 0.0
            assert row["contract"].startswith(f"{row['payer']}") or row["payer"] == "meta"
