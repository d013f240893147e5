"""Every number of a run leads to a formula, and every input of a formula to a number or facts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from typer.testing import CliRunner

from cardhouse.accounts import open_accounts
from cardhouse.cli.app import app
from cardhouse.errors import InputError
from cardhouse.report.summary_text import own_facts_sentence
from cardhouse.studies.answer_sources import (
    Formula,
    explain_answer,
    explain_in,
    formula_of,
    is_answer,
    load_formulas,
    look_up,
    numbers_in,
)
from cardhouse.studies.claim_table import load_claims
from cardhouse.studies.draw_numbers import Drawing
from cardhouse.studies.run import run_study
from cardhouse.studies.schemas import published_schemas

THEMSELVES = ("manifest", "facts", "quarters")
"""Parts whose numbers are settings or facts."""

OWN = Path(__file__).with_name("own_facts.csv")


@cache
def document(scenario: str = "") -> Mapping[str, Any]:
    scenarios = (scenario,) if scenario else ()
    return run_study(economy="ai", base="2025Q2", scenarios=scenarios).document


@cache
def with_draws() -> Mapping[str, Any]:
    """Return a run on own facts, with intervals and probabilities as draws would give them."""
    numbers = ("value", "low", "median", "high", "mean", "mc_error")
    figure = {**dict.fromkeys(numbers, 0.5), "draws": 20}
    shares = {
        "probability": 1.0,
        "probability_error": 0.05,
        "draws": 20,
        "verdicts": {"holds": 1.0},
    }
    claim = {**shares, "by_definition": {"share of people who pay": shares}}
    drawn = {
        "draws": 20,
        "seed": 0,
        "interval": 0.8,
        "runs": 2,
        "accounts_residual_max": 1e-16,
        "figures": {"ledger.subsidy_usd_bn": figure},
        "claims": {row.id: claim for row in load_claims()},
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("cardhouse.studies.run.uncertainty", lambda *_: drawn)
        return run_study(
            economy="ai", base="2026Q1", quarters=1, drawing=Drawing(20), extra_facts=[OWN]
        ).document


def keys_of(found: Mapping[str, Any]) -> list[tuple[str, ...]]:
    return [path for path, _ in numbers_in(found) if path[0] not in (*THEMSELVES, "baseline")]


@pytest.mark.parametrize("scenario", ["", "capital-freeze"])
def test_every_number_has_a_formula(scenario: str) -> None:
    keys = keys_of(document(scenario))
    assert len(keys) > 3000
    assert [".".join(key) for key in keys if formula_of(key) is None] == []


def test_every_formula_is_of_use() -> None:
    keys = [*keys_of(document("capital-freeze")), *keys_of(with_draws())]
    used = {formula_of(key)[0].key for key in keys}  # type: ignore[index]
    assert [one.key for one in load_formulas() if one.key not in used] == []


def test_every_key_is_found_again() -> None:
    found = document()
    for key in keys_of(found):
        assert look_up(found, ".".join(key))[0] == key


def test_every_input_leads_on() -> None:
    found = document("capital-freeze")
    accounts = open_accounts("ai", base="2025Q2")
    kinds = {row["id"]: row["kind"] for row in found["entities"]}
    seen = 0
    for key in keys_of(found):
        formula, names = formula_of(key)  # type: ignore[misc]
        for told in formula.inputs:
            asked = told.removesuffix("?").format(*names)
            if "*" in asked:
                assert explain_in(found, ".".join(key))["payments"]
            elif is_answer(asked):
                if not told.endswith("?"):
                    look_up(found, asked)
            elif kinds.get(names[0]) in ("firm", "division", "parent") and not (
                kinds[names[0]] == "division" and asked.startswith("cash:")
            ):
                accounts.reader.read(asked, asked)
                seen += 1
    assert seen > 50


def test_own_facts_are_told_apart() -> None:
    idle, used = with_draws()["accounts"]["own_facts"]  # by their keys
    assert (used["what"], used["observed"], used["is_used"]) == ("OpenAI revenue", 7.5, True)
    assert 5.0 < used["balanced"] < 7.5
    assert used["in_sd"] < -1.0
    assert (idle["what"], idle["is_used"]) == ("openai gpu price, 2026-03", False)
    told = own_facts_sentence(with_draws())
    assert told.startswith("Your figures: OpenAI revenue 7.5, in the accounts ")
    assert told.endswith("; 1 of 2 the accounts do not ask for.")
    assert own_facts_sentence(document()) == ""


def test_users_receipts_end_in_payments_and_their_facts() -> None:
    found = document()
    sales = [row for row in found["flows"] if row["kind"] == "sale"]
    receipts = found["ledger"]["users_receipts_usd_bn"]
    assert sum(row["amount"][0] * row["ai_share"] for row in sales) == pytest.approx(receipts)
    told = explain_in(found, "ledger.users_pay_per_dollar_of_cost.with_programs")["payments"]
    assert len(told) == 8
    assert [one["usd_bn"] for one in told] == sorted((one["usd_bn"] for one in told), reverse=True)
    for one in told:
        assert look_up(found, one["payment"])[0][0] == "flows"
        assert set(one["facts"]) <= set(found["facts"])
        assert one["facts"]


@pytest.mark.parametrize(
    ("key", "inputs"),
    [
        (
            "ledger.users_pay_per_dollar_of_cost.cash",
            lambda receipts, cost: receipts / cost,
        ),
        ("entities.nvidia.operating_result", None),
        (
            "ledger.subsidy_by_firm.openai.subsidy",
            lambda cost, receipts: max(0.0, cost - receipts),
        ),
        (
            "ledger.subsidy_by_firm.openai.cash_part",
            lambda subsidy, noncash: subsidy - noncash,
        ),
        ("ledger.revenue_needed_usd_bn", lambda capex, margin: capex / (1 - margin)),
        ("fragility.commitments.openai.times_cash", lambda owed, cash: owed / cash),
    ],
)
def test_the_formula_holds_on_its_inputs(key: str, inputs: Any) -> None:
    found = explain_answer(key, economy="ai", base="2025Q2")
    values = [one["value"] for one in found["inputs"]]
    if inputs is None:
        revenue, full_cost = values
        interest = [
            result - sold + cost
            for result, sold, cost in zip(found["value"], revenue, full_cost, strict=True)
        ]
        assert min(interest) >= -1e-9
        assert max(interest) < 0.5
        return
    assert found["value"] == pytest.approx(inputs(*values), rel=1e-9)


def test_names_with_dots_and_claims_with_facts() -> None:
    found = document()
    assert look_up(found, "trace.nvidia.microsoft.other_business")[1] == pytest.approx(
        found["trace"]["nvidia"]["microsoft.other_business"]
    )
    figure = found["claims"][0]["figures"][0]
    key = f"claims.{found['claims'][0]['id']}.figures.{figure['name']}.value"
    assert explain_answer(key, economy="ai", base="2025Q2")["facts"] == figure["facts"]


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("trace.nvidai.venture", "'trace' has no 'nvidai'. Did you mean 'nvidia'"),
        ("trace.nvidia", "is no single number. Ask for one of"),
        ("entities.nvidia.name", "is no single number"),
        ("ledger.", "is no single number. Ask for one of users_pay"),
        ("fragility.defaults.cursor.owed", "'fragility.defaults' has no 'cursor'"),
    ],
)
def test_a_wrong_key_is_mended(key: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        explain_answer(key, economy="ai", base="2025Q2")
    assert said in str(caught.value)


def test_two_stars_stand_for_any_number_of_names() -> None:
    form = Formula("ledger.**.subsidy", "", "", ())
    assert form.match(("ledger", "subsidy")) == ()
    assert form.match(("ledger", "ai", "by_tier", "labs", "subsidy")) == ()
    assert form.match(("ledger", "ai", "cash")) is None


def test_the_command_tells_the_same_as_words_and_as_json() -> None:
    asked = ["facts", "why", "fragility.defaults.cursor.owed", "--base", "2025Q2"]
    asked += ["--scenario", "capital-freeze"]
    words = CliRunner().invoke(app, asked)
    assert words.exit_code == 0, words.stderr
    found = json.loads(CliRunner().invoke(app, [*asked, "--json"]).stdout)
    jsonschema.Draft202012Validator(published_schemas()["answer"]).validate(found)
    assert f"{found['value']:,.4g} USD bn" in words.stdout


def test_no_scenario_changes_the_accounts() -> None:
    asked = ["facts", "why", "openai.revenue", "--scenario", "capital-freeze"]
    done = CliRunner().invoke(app, asked)
    assert done.exit_code == 2
    assert "which no scenario changes" in " ".join(done.stderr.split())


@pytest.mark.parametrize(
    ("key", "first"),
    [("tiers.clouds.revenue", "entities."), ("ledger.subsidy_usd_bn", "ledger.subsidy_by_firm.")],
)
def test_a_sum_leads_on_to_its_largest_rows(key: str, first: str) -> None:
    """Each row it leads to is a number of its own, and the largest comes first."""
    (rows,) = (one["largest"] for one in explain_in(document(), key)["inputs"] if one["rows"])
    assert rows
    assert all(one["key"].startswith(first) for one in rows)
    told = [explain_in(document(), one["key"])["value"] for one in rows]
    assert told == [one["value"] for one in rows]
    sizes = [abs(one[0] if isinstance(one, list) else one) for one in told]
    assert sizes == sorted(sizes, reverse=True)
