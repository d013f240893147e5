"""The table of claims, and its judges on invented economies and facts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from cardhouse.analysis.claims import UNDETERMINED
from cardhouse.facts import Fact, FactTable
from cardhouse.model.vocabulary import ContractKind as K
from cardhouse.model.world import World
from cardhouse.studies.claim_judges import JUDGES
from cardhouse.studies.claim_table import Claim, load_claims
from cardhouse.studies.claims import judge_claims
from cardhouse.studies.fact_choice import chosen, read_wishes
from cardhouse.studies.lever_paths import BASELINE
from cardhouse.studies.run import Study
from cardhouse.studies.scenario_files import list_scenarios
from cardhouse.studies.schemas import VERDICTS
from strategies import Recipe

ROWS = load_claims()


def fact(metric: str, value: float, **changes: Any) -> Fact:
    day = dt.date(2025, 6, 30)
    cells = {
        "id": f"id_{metric}_{value:g}", "entity": "somebody", "tier": "users", "metric": metric,
        "item": "", "counterparty": "", "unit": "usd", "period_start": day, "period_end": day,
        "value": value, "low": None, "high": None, "basis": "filing", "grade": "A",
        "published": "2025-07-01", "known_from": dt.date(2025, 7, 1), "known_from_basis": "stated",
        "source": "a filing", "url": "https://example.com", "note": "",
    }  # fmt: skip
    return Fact(**{**cells, **changes})


def claim(judge: str, **changes: Any) -> Claim:
    empty = Claim(
        "it", "invented", "It is so.", "When it is.", judge, (), (), "", "", 0.0, 1.0, "", 0
    )
    return replace(empty, **changes)


@pytest.fixture
def judged() -> Callable[..., dict[str, Any]]:
    def judge(row: Claim, world: World | None = None, facts: FactTable | None = None):  # type: ignore[no-untyped-def]
        on = Recipe(firms=6, seed=2, stationary=False).world() if world is None else world
        return judge_claims(Study(on, BASELINE, 4).baseline, facts, [row])[0]

    return judge


class TestTable:
    def test_each_claim_stands_once_with_words_and_a_known_judge(self) -> None:
        assert len({row.id for row in ROWS}) == len(ROWS)
        for row in ROWS:
            assert row.judge in JUDGES
            assert row.claim.endswith(".")
            assert "holds if" in row.definition

    def test_every_judge_is_used(self) -> None:
        assert {row.judge for row in ROWS} == set(JUDGES)

    def test_facts_are_asked_for_in_the_way_that_is_read(self) -> None:
        for row in ROWS:
            assert len(read_wishes(row.facts)) == row.facts.count("=")
            assert len(read_wishes(row.shown)) == row.shown.count("=")

    def test_scenarios_are_shipped(self) -> None:
        shipped = {one.id for one in list_scenarios()}
        named = {row.scenario for row in ROWS if row.scenario}
        assert named
        assert named <= shipped

    def test_another_economy_is_not_judged_by_it(self) -> None:
        world = Recipe(firms=2).world()
        assert judge_claims(Study(world, BASELINE, 2).baseline, None) == []


class TestWishes:
    def test_nonsense_is_refused(self) -> None:
        with pytest.raises(ValueError, match="not written as"):
            read_wishes("price per month")

    def test_the_newest_fact_of_each_item_is_taken(self) -> None:
        later = {"period_start": dt.date(2025, 9, 30), "period_end": dt.date(2025, 9, 30)}
        facts = FactTable([
            fact("price", 10.0, item="pro"), fact("price", 12.0, item="pro", **later),
            fact("price", 20.0, item="max"), fact("cost", 1.0),
        ])  # fmt: skip
        found = {one.name: one.value for one in chosen(facts, "a month = price")}
        assert found == {"a month, somebody pro": 12.0, "a month, somebody max": 20.0}

    def test_of_one_entity_on_one_day_times_a_factor(self) -> None:
        facts = FactTable([
            fact("price", 10.0, unit="usd_per_month"),
            fact("price", 99.0, entity="other", unit="usd_per_month"),
        ])  # fmt: skip
        found = chosen(facts, "a year = price@somebody*12#2025-06-30")
        assert [(one.name, one.value, one.unit) for one in found] == [
            ("a year", 120.0, "USD a year")
        ]
        assert found[0].facts == ("id_price_10",)
        assert chosen(facts, "a year = price@somebody#2025-06-29") == []

    def test_without_facts_nothing_is_found(self) -> None:
        assert chosen(None, "a year = price") == []


class TestVintage:
    def test_facts_published_later_are_not_used(self, judged: Callable[..., Any]) -> None:
        facts = FactTable([fact("price", 0.5)])
        row = claim("figures_within", facts="it = price")
        early = replace(Recipe(firms=2).world(), as_of="2025-06-30")
        assert judged(row, facts=facts)["verdict"] == "holds"
        assert judged(row, early, facts)["verdict"] == UNDETERMINED


class TestPairs:
    def test_of_facts_are_held_against_each_other(self, judged: Callable[..., Any]) -> None:
        facts = FactTable([
            fact("now", 5.3), fact("then", 5.1), fact("other_now", 2.0), fact("other_then", 3.0),
        ])  # fmt: skip
        one = "a = now; b = then"
        told = judged(claim("figures_above", facts=one), facts=facts)
        assert (told["verdict"], told["for"]) == ("holds", ["a: 5.3; b: 5.1."])
        both = judged(
            claim("figures_above", facts=f"{one}; c = other_now; d = other_then"), facts=facts
        )
        assert both["verdict"] == "in_part"
        lost = judged(claim("figures_above", facts="a = now; b = never_said"), facts=facts)
        assert lost["verdict"] == UNDETERMINED


class TestJudges:
    @pytest.mark.parametrize("name", sorted(JUDGES))
    def test_each_gives_a_verdict_on_any_economy(
        self, judged: Callable[..., Any], name: str
    ) -> None:
        row = claim(
            name,
            tiers=("tier0",),
            products=("api",),
            scenario="venture-drought",
            quarters=8,
            low=0.1,
        )
        told = judged(row)
        assert told["verdict"] in VERDICTS
        assert told["probability"] is None

    def test_a_payer_of_the_accounts_is_counted(self, judged: Callable[..., Any]) -> None:
        world = Recipe(firms=2, seed=1).world()
        first = next(one for one in world.contracts if one.kind is K.SALE and one.amount)
        counted = replace(first, terms={**first.terms, "people_mn": 40.0 * first.amount})
        contracts = tuple(counted if one is first else one for one in world.contracts)
        told = judged(
            claim("paid_within", low=50.0, high=150.0), replace(world, contracts=contracts)
        )
        assert [one["value"] for one in told["figures"]] == [pytest.approx(100.0)]
        assert told["verdict"] == "holds"

    def test_margins_follow_the_accounts(self, judged: Callable[..., Any]) -> None:
        world = Recipe(firms=3, seed=1, plant=False).world()
        row = claim("margins_negative", tiers=("tier0",))
        assert judged(row, world)["verdict"] == "does_not_hold"
        dear = tuple(
            replace(one, amount=9.0 * one.amount) if one.payee == "labour" else one
            for one in world.contracts
        )
        assert judged(row, replace(world, contracts=dear))["verdict"] == "holds"

    def test_a_scenario_that_kills_nobody_takes_nothing(self, judged: Callable[..., Any]) -> None:
        row = claim("firms_lost", scenario="baseline", quarters=6, low=0.1)
        assert judged(row)["verdict"] == "does_not_hold"

    def test_facts_on_the_flows_are_cited(self, judged: Callable[..., Any]) -> None:
        world = Recipe(firms=3, seed=1).world()
        sourced = tuple(
            replace(one, facts=(f"fact{at}",)) for at, one in enumerate(world.contracts)
        )
        told = judged(claim("margins_thin", tiers=("tier0",)), replace(world, contracts=sourced))
        assert told["facts"]
        assert {one for figure in told["figures"] for one in figure["facts"]} == set(told["facts"])
