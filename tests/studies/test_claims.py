"""The table of claims, and its judges on invented economies and facts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from cardhouse.accounts import economy_facts, open_world
from cardhouse.analysis.claims import UNDETERMINED, Figure, Finding
from cardhouse.analysis.parts import ai_lines
from cardhouse.facts import Fact, FactTable, load_facts
from cardhouse.model.vocabulary import ContractKind as K
from cardhouse.model.world import World
from cardhouse.studies.accelerator_classes import accelerator_classes
from cardhouse.studies.accelerator_market import Market, price_all
from cardhouse.studies.claim_evidence import Evidence
from cardhouse.studies.claim_facts import with_then
from cardhouse.studies.claim_groups import group_results
from cardhouse.studies.claim_judges import ASSUMED, JUDGES
from cardhouse.studies.claim_judges_money import AI_ALONE, DIVISIONS, GROUPS, IN_ACCOUNTS
from cardhouse.studies.claim_judges_prices import load_series
from cardhouse.studies.claim_judges_tariffs import ESTIMATED
from cardhouse.studies.claim_judges_then import like_then, load_pairs
from cardhouse.studies.claim_shown import shown
from cardhouse.studies.claim_table import Claim, load_claims
from cardhouse.studies.claims import findings, judge_claims
from cardhouse.studies.fact_choice import (
    chosen,
    chosen_each,
    facts_of,
    read_term,
    read_wishes,
)
from cardhouse.studies.gauges import gauge_document, load_gauges
from cardhouse.studies.lever_paths import BASELINE
from cardhouse.studies.run import Study
from cardhouse.studies.scenario_files import list_scenarios
from cardhouse.studies.scenario_times import later
from cardhouse.studies.schemas import VERDICTS
from cardhouse.studies.simulation import Chains
from cardhouse.studies.views import View
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


@cache
def evidence(quarters: int = 0) -> Evidence:
    """The date of the thesis, from all facts."""
    known = economy_facts("ai")
    market = Market.of(chains().own.world, known)
    priced = price_all(accelerator_classes("ai"), market)
    return Evidence(View.of(chains(), None, quarters), with_then(known), priced)


@cache
def chains() -> Chains:
    return Chains.of(open_world("ai", base="2025Q2"))


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
            assert len(read_wishes(row.facts)) == row.facts.count(" = ")
            assert len(read_wishes(row.shown)) == row.shown.count(" = ")

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
        day = dt.date(2025, 9, 30)
        later = {"period_start": day, "period_end": day, "known_from": day}
        facts = FactTable([
            fact("price", 10.0, item="pro"), fact("price", 12.0, item="pro", **later),
            fact("price", 20.0, item="max"), fact("cost", 1.0),
        ])  # fmt: skip
        found = {one.name: one.value for one in chosen(facts, "a month = price")}
        assert found == {"a month, somebody, pro": 12.0, "a month, somebody, max": 20.0}

    def test_a_forecast_is_taken_only_by_its_day(self) -> None:
        ahead = {"period_start": dt.date(2025, 7, 1), "period_end": dt.date(2030, 12, 31)}
        facts = FactTable([fact("users", 700.0), fact("users", 2600.0, **ahead)])
        assert [one.value for one in chosen(facts, "now = users")] == [700.0]
        assert [one.value for one in chosen(facts, "then = users#2030-12-31")] == [2600.0]

    def test_of_some_entities_of_one_item_on_every_day(self) -> None:
        day = dt.date(2025, 1, 31)
        earlier = {"period_start": day, "period_end": day}
        facts = FactTable([
            fact("price", 9.0, item="pro", **earlier), fact("price", 10.0, item="pro"),
            fact("price", 20.0, item=""), fact("price", 30.0, entity="other", item="pro"),
        ])  # fmt: skip
        every = [one.value for one in chosen(facts, "a = price@somebody:pro~")]
        assert every == [9.0, 10.0]
        assert [one.value for one in chosen(facts, "a = price@somebody:_")] == [20.0]
        both = {one.value for one in chosen(facts, "a = price@somebody|other:pro")}
        assert both == {10.0, 30.0}

    def test_of_a_year_or_a_span_of_two_that_end_on_one_day(self) -> None:
        end = {"period_end": dt.date(2000, 12, 31), "known_from": dt.date(2001, 3, 1)}
        facts = FactTable([
            fact("sales", 4.0, period_start=dt.date(2000, 1, 1), **end),
            fact("sales", 1.5, period_start=dt.date(2000, 10, 1), **end),
        ])  # fmt: skip
        wishes = ("sales", "sales#2000", "sales#2000-10-01..2000-12-31")
        assert [chosen(facts, f"a = {one}")[0].value for one in wishes] == [1.5, 4.0, 1.5]
        assert [one.when for one in chosen(facts, "a = sales#2000")] == ["2000"]

    def test_a_ratio_of_sums_needs_every_part(self) -> None:
        facts = FactTable([fact("loans", 7.0), fact("more", 2.0), fact("sales", 20.0)])
        found = chosen(facts, "a = loans + more / sales")
        assert [(one.value, one.unit) for one in found] == [(0.45, "ratio")]
        assert set(found[0].facts) == {"id_loans_7", "id_more_2", "id_sales_20"}
        assert chosen(facts, "a = loans + missing / sales") == []
        with pytest.raises(ValueError, match="label = sum / sum"):
            read_wishes("a = loans + more")

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

    def test_the_nearest_to_the_base_comes_first_and_the_newest_beside_it(self) -> None:
        days = [dt.date(2025, 3, 31), dt.date(2025, 6, 30), dt.date(2025, 8, 31),
                dt.date(2026, 6, 30)]  # fmt: skip
        told = [
            fact("price", float(at), period_start=day, period_end=day, known_from=day)
            for at, day in enumerate(days)
        ]
        near = dt.date(2025, 5, 16)
        assert [one.value for one in chosen(FactTable(told), "a = price", near)] == [1.0, 3.0]
        later = FactTable(told[-1:])
        assert [one.value for one in chosen(later, "a = price", near)] == [3.0]

    def test_guidance_and_dates_are_taken_only_by_their_day(self) -> None:
        day = dt.date(2025, 6, 30)
        facts = FactTable([
            fact("margin", 0.5, basis="guidance"),
            replace(fact("passed", 1.0, unit="date"), value=day),
        ])  # fmt: skip
        assert chosen(facts, "a = margin; b = passed") == []
        found = chosen(facts, "a = margin#2025-06-30; b = passed#2025-06-30")
        assert [one.value for one in found] == [0.5, "2025-06-30"]


class TestShown:
    """A fact shown beside a claim stands on its side, where the label says which."""

    @pytest.mark.parametrize(
        ("label", "supports"),
        [("(for > 0.2)", True), ("(for < 0.2)", False), ("(for 0.1..0.4)", True), ("(for)", True)],
    )
    def test_side(self, judged: Callable[..., Any], label: str, supports: bool) -> None:
        facts = FactTable([fact("price", 0.5), fact("part", 0.3, unit="share")])
        row = claim("figures_within", facts="it = price", shown=f"a part {label} = part")
        told = judged(row, facts=facts)
        sentence = "a part (2025-06): 30%."
        assert (sentence in told["for"], sentence in told["against"]) == (supports, not supports)
        assert told["figures"][-1]["name"] == "a part"

    def test_without_a_side_it_is_only_shown(self, judged: Callable[..., Any]) -> None:
        facts = FactTable([fact("price", 0.5), fact("part", 0.3)])
        told = judged(claim("figures_within", facts="it = price", shown="a = part"), facts=facts)
        assert len(told["for"] + told["against"]) == 1


class TestTables:
    """What the tables of series and pairs ask for is on file."""

    def test_every_series_of_prices_has_two_prices_and_its_costs(self) -> None:
        facts = load_facts()
        assert len(load_series()) >= 10
        for series in load_series():
            terms = [read_term(part) for part in series.terms.split(";")]
            assert sum(len(facts_of(facts, term)) for term in terms) >= 2, series.id
            for wish in read_wishes(series.costs):
                assert facts_of(facts, wish.terms[0]), series.id

    def test_every_ratio_has_both_sides_today(self) -> None:
        found = like_then(claim("like_then", low=0.25), evidence())
        assert len(load_pairs()) >= 10
        names = {one.name for one in found.figures}
        for pair in load_pairs():
            assert {f"{pair.words}, then", f"{pair.words}, now"} <= names
        assert all(one.facts for one in found.figures[1:])

    def test_every_wish_of_a_claim_finds_a_fact(self) -> None:
        facts = load_facts()
        for row in ROWS:
            for wish, found in zip(
                read_wishes(row.facts + ";" + row.shown),
                chosen_each(facts, row.facts + ";" + row.shown),
                strict=True,
            ):
                assert found, (row.id, wish.label)


class TestDraws:
    """A posterior draw of the base quarter is judged without a run."""

    def test_all_but_two_claims_need_one_quarter_alone(self) -> None:
        at_once = findings(evidence())
        assert {row.id for row in ROWS} - set(at_once) == {
            "wrappers_need_capital",
            "house_of_cards",
        }
        longer = findings(evidence(quarters=2))
        assert {name: one.verdict for name, one in at_once.items()} == {
            name: one.verdict for name, one in longer.items()
        }

    def test_claims_on_facts_alone_do_not_move_with_the_accounts(self) -> None:
        alone = [row for row in ROWS if row.id in ("accelerator_price", "price_to_book")]
        known = evidence()
        invented = Recipe(firms=3, seed=1).world()
        other = replace(invented, economy="ai", as_of=known.world.as_of)
        view = View.of(Chains.of(other), None, 0)
        assert findings(known, alone) == findings(Evidence(view, known.facts), alone)


class TestDocument:
    def test_every_figure_has_a_name_of_its_own(self) -> None:
        known = evidence()
        rows = [row for row in ROWS if not row.scenario]
        for told in judge_claims(known.view, known.facts, rows, known.accelerators):
            names = [figure["name"] for figure in told["figures"]]
            assert len(names) == len(set(names)), told["id"]
            cited = {fact for figure in told["figures"] for fact in figure["facts"]}
            assert cited == set(told["facts"])
            assert told["facts"], told["id"]


class TestThesis:
    """What a hostile reader looks up first, at the date of the thesis."""

    def test_definitions_that_matter_are_told_apart(self) -> None:
        told = {name: dict(one.by_definition) for name, one in findings(evidence()).items()}
        assert told["labs_below_cost"]["inference alone"] == "does_not_hold"
        assert told["labs_below_cost"]["with staff, training and research"] == "holds"
        assert told["labs_below_cost"]["margins published for 2024"] == "in_part"
        assert told["labs_below_cost"]["margins published for 2025"] == "does_not_hold"
        assert told["user_price"]["share of people who pay"] == "does_not_hold"
        assert told["rounds_fill_gap"]["apps and labs"] == "holds"
        assert told["rounds_fill_gap"]["all AI business, with its plant"] == "does_not_hold"
        filed = told["clouds_thin_margin"]["divisions of larger firms, as filed"]
        assert filed == "does_not_hold"
        assert (
            told["competition_low_prices"]["accelerators, in the last change of a year"] != "holds"
        )
        whole = told["picks_and_shovels"]["whole firms, free cash filed or told since 2023"]
        assert whole == "does_not_hold"

    def test_profit_is_told_by_three_perimeters(self) -> None:
        told = findings(evidence())["chips_take_profit"]
        verdicts = [verdict for _, verdict in told.by_definition]
        assert verdicts == ["holds", "in_part", "in_part"]
        values = {one.name: one for one in told.figures}
        chips = [
            values[f"share of profit: {name}, {DIVISIONS}"].value for name in ("NVIDIA", "Broadcom")
        ]
        assert sum(chips) == pytest.approx(0.499, abs=0.002)
        assert sum("NVIDIA takes" in text for text in told.supports + told.opposes) == 1
        for perimeter in (AI_ALONE, DIVISIONS, GROUPS):
            share = values[f"share of profit: NVIDIA, {perimeter}"].value
            assert f"{share:.0%} ({perimeter})" in told.opposes[0]
        amazon = values[f"share of profit: Amazon, {GROUPS}"]
        assert "b7851bba45" in amazon.facts

    def test_groups_with_a_published_profit_make_no_loss(self) -> None:
        told = dict(findings(evidence())["mostly_loss_making"].by_definition)
        assert list(told) == [AI_ALONE, IN_ACCOUNTS, GROUPS]
        row = next(one for one in ROWS if one.id == "mostly_loss_making")
        groups = group_results(row, evidence())
        assert groups["meta"].profit == pytest.approx(20.441)
        assert groups["alphabet"].profit == pytest.approx(31.271)

    def test_free_cash_of_nvidia_has_no_hole(self) -> None:
        told = findings(evidence())["picks_and_shovels"]
        names = {one.name: one for one in told.figures}
        found = names["cash earned by NVIDIA in free cash since 2023, all business"]
        assert found.value == pytest.approx(101.324 + 26.233, abs=0.01)
        assert found.when == "2023-01 to 2025-07"
        absent = names["sellers of plant whose free cash is not on file"]
        assert absent.value == "AMD, Broadcom"
        assert not any("xAI in free cash" in name for name in names)

    def test_people_counted_long_before_or_after_are_left_out(self) -> None:
        told = findings(evidence())["user_price"]
        names = {one.name for one in told.figures}
        assert "average payer, Jasper" not in names
        assert "average user, Consumers of the sellers in the accounts" in names

    def test_an_estimate_of_what_was_paid_is_shown_and_not_judged(self) -> None:
        told = findings(evidence())["cost_in_tariffs"]
        assert not any(ESTIMATED in words for words, _ in told.by_definition)
        assert not any(ESTIMATED in text for text in told.supports + told.opposes)
        assert any(ESTIMATED in one.name for one in told.figures)

    def test_every_claim_is_told_by_definition(self) -> None:
        for name, told in findings(evidence()).items():
            assert told.by_definition, name


@cache
def house() -> tuple[Evidence, Finding]:
    known = evidence(quarters=12)
    row = next(one for one in ROWS if one.id == "house_of_cards")
    return known, JUDGES[row.judge](row, known)


class TestHouse:
    """What falls when capital stops is judged where it is worst."""

    @pytest.mark.parametrize(
        ("words", "record"), [("AI sales", "line_revenue"), ("AI capital spending", "capex")]
    )
    def test_the_worst_quarter_decides(self, words: str, record: str) -> None:
        known, found = house()
        row = next(one for one in ROWS if one.id == "house_of_cards")
        ai = ai_lines(known.view.chain)
        left, usual = (
            run.trajectory.of_record(record)[:13, ai].sum(axis=1) for run in known.runs(row)
        )
        lost = 1.0 - left / usual
        figures = named(found)
        worst = figures[f"{words}, gone in the worst quarter"]
        assert worst.value == pytest.approx(max(lost))
        assert worst.when == f"{later('2025Q2', int(lost.argmax()))}, simulated"
        assert figures[f"{words}, gone in the last quarter"].value == pytest.approx(lost[-1])

    def test_assumed_firms_are_told_and_left_out_beside_it(self) -> None:
        known, found = house()
        told = dict(found.by_definition)
        whole = f"firms, {ASSUMED} among them"
        assert {whole, f"firms without the {ASSUMED}"} < set(told)
        members = sum(len(one.members) for one in known.view.fates.values())
        firms = len(known.view.chain.firm_ids) - len(known.view.fates) + members
        words = f"of {firms} firms {members} are {ASSUMED} ("
        assert sum(words in text for text in found.supports + found.opposes) == 1

    def test_every_part_tells_how_far_it_is_from_its_threshold(self) -> None:
        found = house()[1]
        told = [one for one in found.supports + found.opposes if "points" in one]
        assert len(told) == len(found.by_definition)

    def test_a_scenario_that_moves_nothing_takes_nothing(self, judged: Callable[..., Any]) -> None:
        told = judged(claim("chain_lost", scenario="baseline", quarters=6, low=0.1))
        assert {one["verdict"] for one in told["by_definition"]} == {"does_not_hold"}


def named(found: Finding) -> dict[str, Figure]:
    return {one.name: one for one in found.figures}


class TestNow:
    """Today's side of a pair is the latest figure known, as the gauge of the same series has it."""

    @pytest.mark.parametrize("day", ["2025-08-21", "2026-10-31"])
    def test_ratios_of_the_market_are_the_gauges_latest(self, day: str) -> None:
        facts = with_then(economy_facts("ai"))
        assert facts is not None
        known = replace(evidence(), facts=facts.known_at(dt.date.fromisoformat(day)))
        figures = named(like_then(claim("like_then", low=0.25), known))
        latest = {one["id"]: one["latest"] for one in gauge_document(as_of=day)["gauges"]}
        series = {f"{one.metric}@{one.entity}": name for name, one in load_gauges().items()}
        pairs = [pair for pair in load_pairs() if pair.now in series]
        assert len(pairs) == 5
        for pair in pairs:
            now = figures[f"{pair.words}, now"]
            assert now.value == latest[series[pair.now]]["value"], pair.id
            assert now.facts == (latest[series[pair.now]]["fact"],)

    def test_no_gauge_is_told_by_two_readings_of_today(self) -> None:
        facts = with_then(economy_facts("ai"))
        assert facts is not None
        row = next(one for one in ROWS if one.id == "price_to_book")
        names = [one.name for one in shown(row, replace(evidence(), facts=facts))[0]]
        assert len(names) == len(set(names))

    def test_a_new_reading_replaces_the_old_one_wherever_the_base_lies(self) -> None:
        days = [dt.date(2025, 6, 30), dt.date(2026, 6, 30)]
        facts = FactTable([
            fact("price", float(at), period_start=day, period_end=day, known_from=day)
            for at, day in enumerate(days)
        ])  # fmt: skip
        near = dt.date(2025, 5, 16)
        assert [one.value for one in chosen(facts, "a = price!", near)] == [1.0]
        assert [one.value for one in chosen(facts, "a = price", near)] == [0.0, 1.0]


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
        assert (told["verdict"], told["for"]) == ("holds", ["a (2025-06): 5.3; b (2025-06): 5.1."])
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
