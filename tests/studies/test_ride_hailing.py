"""The example outside AI: openly made up, balanced, traced, and told without a word on AI."""

from __future__ import annotations

import io
import re
from functools import cache
from typing import Any

import jsonschema
import numpy as np
import pytest
from rich.console import Console

from cardhouse.accounts import economy_facts, open_accounts, open_world
from cardhouse.errors import InputError, ScenarioError
from cardhouse.model.vocabulary import ContractKind as Kind
from cardhouse.report.page import report_html
from cardhouse.report.summary_text import idle_sentence, summary
from cardhouse.studies.compare import compare_studies
from cardhouse.studies.matrices import balance_sheets, transactions_flow
from cardhouse.studies.overlay import overlay_document
from cardhouse.studies.run import StudyResult, run_study
from cardhouse.studies.schemas import published_schemas

ECONOMY = "ride-hailing"
FIRMS = ("big_platform", "small_platform", "drivers", "map_supplier", "car_lessor")
WORD_AI = re.compile(r"\bAI\b")
CAUTION = "every figure of this economy is made up"


@cache
def ran(scenario: str = "", quarters: int = 20) -> StudyResult:
    return run_study(economy=ECONOMY, scenarios=[scenario] if scenario else [], quarters=quarters)


def told(document: dict[str, Any]) -> str:
    console = Console(file=io.StringIO(), width=80)
    for part in summary(document):
        console.print(part)
    return console.file.getvalue()  # type: ignore[attr-defined]


class TestMadeUp:
    def test_every_fact_says_so(self) -> None:
        facts = list(economy_facts(ECONOMY))
        assert facts
        assert {fact.source for fact in facts} == {"illustrative, made for this example"}
        assert {(fact.grade, fact.basis, fact.url) for fact in facts} == {("C", "estimate", "")}

    def test_title_and_caution_say_so(self) -> None:
        about = open_world(ECONOMY).about
        assert "illustrative" in about.title
        assert CAUTION in about.caution

    def test_no_shipped_fact_is_about_it(self) -> None:
        own = {one.id for one in open_world(ECONOMY).entities if one.kind.value == "firm"}
        assert own == set(FIRMS)
        assert not own & {fact.entity for fact in economy_facts("ai")}


class TestAccounts:
    def test_each_firm_s_cash_is_what_it_had_and_got_and_paid(self) -> None:
        accounts = open_accounts(ECONOMY)
        world = accounts.world
        before = dict(
            zip(accounts.build.unknowns.names, accounts.solution.balanced.values, strict=True)
        )
        for firm in world.firms:
            got = sum(one.amount for one in world.contracts if world.purse_of(one.payee) == firm.id)
            paid = sum(
                one.amount for one in world.contracts if world.purse_of(one.payer) == firm.id
            )
            assert firm.cash == pytest.approx(
                before[f"cash_before:{firm.id}"] + got - paid, abs=1e-9
            )

    def test_debt_at_the_end_is_debt_before_and_drawn_less_repaid(self) -> None:
        accounts = open_accounts(ECONOMY)
        value = dict(
            zip(accounts.build.unknowns.names, accounts.solution.balanced.values, strict=True)
        )
        (debt,) = accounts.world.debts
        flow = {
            one.kind: one.amount
            for one in accounts.world.contracts
            if "car_loans" in (one.payer, one.payee)
        }
        moved = flow[Kind.DEBT_DRAWN] - flow[Kind.REPAYMENT]
        assert debt.amount == pytest.approx(value["aux:car_lessor_debt_before"] + moved, abs=1e-9)

    def test_facts_hardly_move_and_two_of_them_disagree(self) -> None:
        moves = {one.what: one.in_sd for one in open_world(ECONOMY).moves}
        assert max(abs(one) for one in moves.values()) < 2.0
        assert moves["Drivers' receipts"] > 0.3

    @pytest.mark.parametrize("by", ["tier", "entity"])
    def test_matrices_add_to_zero(self, by: str) -> None:
        world = open_world(ECONOMY)
        flows, sheets = transactions_flow(world, by), balance_sheets(world, by)
        assert np.abs(flows.values).max() > 0.1
        assert np.abs(sheets.values).max() > 0.1
        for sums in (flows.column_sums, flows.row_sums, sheets.column_sums):
            assert np.abs(sums).max() < 1e-9


class TestRun:
    @pytest.mark.parametrize("scenario", ["", "venture-drought"])
    def test_money_is_neither_made_nor_lost(self, scenario: str) -> None:
        checks = ran(scenario).document["checks"]
        assert checks["money_residual_max"] < 1e-9
        assert checks["accounts_residual_max"] < 1e-9

    def test_document_keeps_to_the_schema(self) -> None:
        schema = published_schemas()["run"]
        jsonschema.Draft202012Validator(schema).validate(ran("venture-drought").document)

    def test_baseline_has_no_default_and_riders_pay_less_than_the_cost(self) -> None:
        document = ran().document
        assert document["fragility"]["defaults"] == []
        assert 0.5 < document["ledger"]["users_pay_per_dollar_of_cost"]["with_programs"] < 0.98
        assert document["ledger"]["subsidy_by_source"]["venture"] > 0.2

    def test_trace_of_the_last_seller_adds_to_one_and_names_riders_and_venture(self) -> None:
        shares = ran().document["trace"]["car_lessor"]
        assert sum(shares.values()) == pytest.approx(1.0, abs=1e-9)
        assert {"riders", "venture"} <= set(shares)
        assert all(share > 0.2 for share in (shares["riders"], shares["venture"]))

    def test_has_no_claims_people_or_accelerators(self) -> None:
        document = ran().document
        assert document["claims"] == []
        assert document["accelerators"] is None
        assert not document["ledger"]["people"]

    def test_a_venture_drought_brings_platforms_down_and_lenders_to_losses(self) -> None:
        failed = ran("venture-drought").document["fragility"]["defaults"]
        assert {"big_platform", "small_platform", "car_lessor"} <= {one["entity"] for one in failed}
        assert sum(one["loss_by_holder"].get("car_loans", 0.0) for one in failed) > 0.5

    def test_compare_tells_the_drought_from_the_baseline(self) -> None:
        found = compare_studies(["baseline", "venture-drought"], economy=ECONOMY, quarters=12)
        assert "Car lessor" in found["sentence"]
        assert any(row["differs"] for row in found["outcomes"])
        jsonschema.Draft202012Validator(published_schemas()["compare"]).validate(found)


class TestWords:
    @pytest.mark.parametrize("scenario", ["", "venture-drought"])
    def test_summary_is_cautious_and_without_ai(self, scenario: str) -> None:
        text = told(ran(scenario).document)
        assert CAUTION in " ".join(text.split())
        assert "operating profit of the ride-hailing business" in " ".join(text.split())
        assert "claims" not in text
        assert WORD_AI.sub("", text, count=1) == text.replace("AI", "", 1)  # the caution alone
        assert len(WORD_AI.findall(text)) == 1

    def test_report_is_cautious_and_without_ai(self) -> None:
        page = report_html(ran("venture-drought").document)
        assert CAUTION in page
        assert "Ride-hailing, an illustrative example" in page
        assert "The ride-hailing business by tier" in page
        assert len(WORD_AI.findall(page)) == page.count("outside AI")
        assert 'href="#claims"' not in page
        assert 'id="claims"' not in page

    def test_the_shipped_ai_economy_keeps_its_words(self) -> None:
        document = {**ran().document, "manifest": {**ran().document["manifest"], "subject": "AI"}}
        assert "operating profit of the AI business" in " ".join(told(document).split())
        assert open_world("ai", base="2025Q2").about.subject == "AI"
        assert open_world("ai", base="2025Q2").about.caution == ""


class TestIdle:
    def test_a_scenario_that_moves_nothing_says_so(self) -> None:
        document = ran("accelerator-price-collapse", 4).document
        assert document["manifest"]["idle_levers"] == ["accelerator_price"]
        assert idle_sentence(document) == (
            "This scenario changes nothing in economy 'ride-hailing': accelerator_price finds "
            "nothing to move. Every figure is the baseline's."
        )
        assert "changes nothing" in report_html(document)

    def test_one_whose_levers_find_something_without_effect_says_so_too(self) -> None:
        document = ran("hyperscaler-capex-pause", 4).document
        assert document["manifest"]["idle_levers"] == []
        assert idle_sentence(document).startswith("This scenario changes nothing in economy")

    def test_one_that_moves_a_part_names_the_rest(self) -> None:
        document = ran("capital-freeze", 4).document
        assert "bond_supply" in document["manifest"]["idle_levers"]
        assert "venture_supply" not in document["manifest"]["idle_levers"]
        assert idle_sentence(document).startswith("Without effect in economy 'ride-hailing': ")

    def test_one_that_moves_all_says_nothing(self) -> None:
        assert idle_sentence(ran("venture-drought").document) == ""
        assert idle_sentence(ran().document) == ""

    def test_an_event_on_somebody_else_is_refused(self) -> None:
        with pytest.raises(ScenarioError, match="names 'openai', which this economy does not have"):
            ran("openai-fails", 4)

    def test_the_index_has_none_of_its_firms(self) -> None:
        from cardhouse.facts import load_facts
        from cardhouse.studies.gauges import FACTS

        with pytest.raises(InputError, match="none of the index's firms"):
            overlay_document(ran("venture-drought").document, load_facts(tables=FACTS))
