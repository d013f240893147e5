"""Draws answered one by one: the same whoever counts them, wide where facts are unsure."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from jsonschema import Draft202012Validator

from cardhouse.accounts import Accounts, economy_facts, open_accounts
from cardhouse.analysis.claims import Figure, within
from cardhouse.errors import InputError
from cardhouse.facts import Fact, FactTable
from cardhouse.studies import claim_judges, uncertainty
from cardhouse.studies.answer_sources import formula_of, look_up, numbers_in
from cardhouse.studies.claim_evidence import Evidence
from cardhouse.studies.claim_table import Claim, load_claims
from cardhouse.studies.document_ledger import use_cost_of
from cardhouse.studies.draw_bench import Drawn, Job, Source, Task, jobs_of
from cardhouse.studies.draw_numbers import Drawing, asked_for
from cardhouse.studies.draw_pool import work
from cardhouse.studies.drawn_answers import answers_of, base_view
from cardhouse.studies.drawn_claims import docket_of
from cardhouse.studies.drawn_facts import drawn_values
from cardhouse.studies.drawn_trace import asked_of
from cardhouse.studies.frames import open_economy, run_world
from cardhouse.studies.outputs import tables
from cardhouse.studies.run import run_study
from cardhouse.studies.schemas import published_schemas
from cardhouse.studies.simulation import Chains
from cardhouse.studies.uncertainty import Wanted
from cardhouse.studies.views import View

BASE = "2025Q2"
QUICK = ("users_below_cost", "accelerator_price", "not_covered_by_users", "price_to_book")
PAYS = "ledger.users_pay_per_dollar_of_cost.with_programs"
UNIT_KEYS = ("trace_bounds.", "trace_ai_bounds.", "round_trips.")
"""Keys that the document tells otherwise: a range as two numbers, loops not at all."""

Row = dict[str, Any]


@cache
def accounts() -> Accounts:
    return open_accounts("ai", base=BASE)


@cache
def mode() -> View:
    return base_view(accounts().world)


@cache
def played() -> View:
    return View.of(Chains.of(accounts().world), None, 2)


@cache
def plain() -> Row:
    return run_study(economy="ai", base=BASE, quarters=2).document


@cache
def with_draws() -> Row:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(uncertainty, "RUNS", 1)
        drawing = Drawing(20, seed=2)
        return run_study(economy="ai", base=BASE, quarters=2, drawing=drawing).document


def claims(*names: str) -> list[Claim]:
    return [row for row in load_claims() if row.id in names]


@cache
def task(seed: int = 0) -> Task:
    docket = docket_of(claims(*QUICK), evidence(), evidence())
    asked = asked_of(mode())
    keys = tuple(answers_of(mode(), asked))
    return Task(Source("ai", BASE), seed, asked, docket, {}, keys, ())


def jobs(draws: int, size: int = 1, seed: int = 0) -> list[Job]:
    return list(jobs_of(accounts(), draws, seed, 0, size))


def answered(draws: int, size: int = 1, seed: int = 0, processes: int = 1) -> list[Drawn]:
    return work(task(seed), jobs(draws, size, seed), processes)


def alike(one: Drawn, other: Drawn) -> bool:
    """Tell whether two draws are the same to the last bit."""
    same = np.array_equal(one.figures, other.figures, equal_nan=True)
    return same and replace(one, figures=other.figures) == other


@cache
def evidence() -> Evidence:
    world = accounts().world
    facts = economy_facts("ai").known_at(dt.date.fromisoformat(world.as_of))
    return Evidence(mode(), facts)


def drawn(draws: int = 20, seed: int = 0, table: list[Claim] | None = None) -> Row:
    wanted = Wanted(Source("ai", BASE), Drawing(draws, seed))
    return uncertainty.uncertainty(
        wanted, evidence(), [], claims(*QUICK) if table is None else table
    )


@cache
def found() -> Row:
    return drawn()


class TestDraws:
    def test_are_the_same_in_one_process_and_in_two(self) -> None:
        alone, beside = answered(4), answered(4, size=2, processes=2)
        assert [one.number for one in beside] == [0, 1, 2, 3]
        assert all(alike(one, other) for one, other in zip(alone, beside, strict=True))

    def test_the_first_of_many_are_the_draws_of_few(self) -> None:
        few, many = answered(2), answered(3, size=3)
        assert all(alike(one, other) for one, other in zip(few, many, strict=False))

    def test_another_seed_draws_otherwise(self) -> None:
        at = task().keys.index(PAYS)
        assert answered(1)[0].figures[at] != answered(1, seed=7)[0].figures[at]

    def test_progress_is_told(self) -> None:
        told: list[float] = []
        work(task(), jobs(3), progress=told.append)
        assert told == pytest.approx([1 / 3, 2 / 3, 1.0])

    def test_every_identity_holds_in_every_draw(self) -> None:
        assert 0.0 < found()["accounts_residual_max"] < 1e-9


class TestAnswers:
    def test_the_accounts_own_answers_are_those_of_the_document(self) -> None:
        document = plain()
        told = answers_of(mode(), asked_of(mode()))
        seen = 0
        for key, value in told.items():
            if not key.startswith(UNIT_KEYS):
                assert look_up(document, key)[1] == pytest.approx(value, rel=1e-6, abs=1e-9), key
                seen += 1
        assert seen > 1000
        ends = told["trace_bounds.nvidia.venture.least"], told["trace_bounds.nvidia.venture.most"]
        assert ends == pytest.approx(document["trace_bounds"]["nvidia"]["venture"])

    def test_a_loop_carries_no_more_than_runs_through_its_firms(self) -> None:
        told = answers_of(mode(), asked_of(mode()))
        loops = {
            key.split(".")[3]: amount
            for key, amount in told.items()
            if key.startswith("round_trips.base.loops.")
        }
        assert "microsoft>openai" in loops
        for name, amount in loops.items():
            for firm in name.removesuffix(">trade").split(">"):
                assert amount <= told[f"round_trips.base.by_seller.{firm}.usd_bn"] + 1e-9

    def test_shares_in_a_draw_add_to_one_and_lie_within_their_bounds(self) -> None:
        figures = dict(zip(task().keys, answered(1)[0].figures.tolist(), strict=True))
        sources = {
            key.removeprefix("trace.nvidia."): share
            for key, share in figures.items()
            if key.startswith("trace.nvidia.")
        }
        assert sum(sources.values()) == pytest.approx(1.0)
        bounded = [name for name in sources if f"trace_bounds.nvidia.{name}.least" in figures]
        assert len(bounded) > 5
        for name in bounded:
            least, most = (
                figures[f"trace_bounds.nvidia.{name}.{end}"] for end in ("least", "most")
            )
            assert least - 1e-12 <= sources[name] <= most + 1e-12


class TestIntervals:
    def test_hold_the_accounts_own_figures_mostly(self) -> None:
        figures = found()["figures"].values()
        held = [
            one["low"] - 2 * one["mc_error"] - 1e-9
            <= one["value"]
            <= one["high"] + 2 * one["mc_error"] + 1e-9
            for one in figures
        ]
        assert np.mean(held) > 0.8

    def test_ends_are_in_order(self) -> None:
        for one in found()["figures"].values():
            assert one["low"] <= one["median"] <= one["high"]
            assert one["mc_error"] >= 0.0

    def test_widen_when_the_facts_are_less_sure(self) -> None:
        def spread(times: float) -> float:
            solution = accounts().solution
            problem = solution.problem
            wide = replace(problem, observed_sd=times * problem.observed_sd)
            moved = replace(accounts(), solution=replace(solution, problem=wide))
            pays = [
                use_cost_of(base_view(world)).paid_per_dollar("with_programs")[0]
                for world in moved.draws(25, seed=3)
            ]
            return float(np.std(np.array(pays, dtype=float)))

        assert spread(0.1) < 0.9 * spread(1.0)
        assert spread(1.0) < 0.9 * spread(4.0)


class TestProbabilities:
    def test_are_the_shares_of_draws_in_which_a_claim_holds(self) -> None:
        assert set(found()["claims"]) == set(QUICK)
        for one in found()["claims"].values():
            assert sum(one["verdicts"].values()) == pytest.approx(1.0)
            assert one["probability"] == one["verdicts"].get("holds", 0.0)
            assert 0.0 < one["probability_error"] < 0.15

    def test_a_claim_holds_no_oftener_than_by_each_definition(self) -> None:
        asked = [one for one in found()["claims"].values() if one["by_definition"]]
        assert len(asked) > 2
        for one in asked:
            for ruling in one["by_definition"].values():
                assert sum(ruling["verdicts"].values()) == pytest.approx(1.0)
                assert one["probability"] <= ruling["probability"]

    def test_a_claim_on_facts_alone_moves_with_the_facts(self) -> None:
        verdicts = found()["claims"]["price_to_book"]["verdicts"]
        assert len(verdicts) > 1

    def test_a_claim_that_looks_at_later_quarters_gets_a_run(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def later(_: Claim, on: Evidence) -> Any:
            return within([Figure("it", float(on.view.books.revenue[2].sum()), "USD bn")], 0, 1e9)

        monkeypatch.setitem(claim_judges.JUDGES, "later", later)
        row = replace(claims("not_covered_by_users")[0], id="late", judge="later")
        whole = Evidence(played(), None)
        docket = docket_of([row, *claims(*QUICK)], Evidence(mode(), None), whole)
        assert [one.id for one in docket.slow] == ["late"]
        assert docket.horizon == 2

    def test_the_shipped_claims_without_a_scenario_need_the_base_quarter_alone(self) -> None:
        whole = replace(evidence(), view=played())
        quick = [row for row in load_claims() if not row.scenario]
        found = docket_of(quick, evidence(), whole)
        assert {row.id for row in found.slow} <= {"picks_and_shovels"}
        assert {row.id for row in (*found.quick, *found.slow)} == {row.id for row in quick}

    def test_an_undetermined_claim_has_none(self) -> None:
        told = uncertainty.with_probabilities(
            [{"id": "a", "verdict": "undetermined", "probability": None}],
            {
                "a": {
                    "probability": 1.0,
                    "probability_error": 0.1,
                    "draws": 20,
                    "verdicts": {},
                    "by_definition": {},
                }
            },
        )
        assert told == [{"id": "a", "verdict": "undetermined", "probability": None}]


def priced(low: float | None = None, high: float | None = None, grade: str = "B") -> Fact:
    day = dt.date(2025, 6, 30)
    return Fact(
        "0123456789", "somebody", "chips", "price", "", "", "usd", day, day, 100.0, low, high,
        "reported", grade, "2025-07-01", day, "stated", "a paper", "https://example.com", "",
    )  # fmt: skip


class TestFacts:
    @pytest.mark.parametrize(
        ("fact", "sd"), [(priced(), 5.0), (priced(80.0, 131.2), 20.0), (priced(grade="A"), 0.5)]
    )
    def test_are_drawn_within_their_range_or_grade(self, fact: Fact, sd: float) -> None:
        values = [drawn_values([fact], 0, number)[fact.id] for number in range(600)]
        assert np.std(values) == pytest.approx(sd, rel=0.1)
        assert np.mean(values) == pytest.approx(100.0, abs=4 * sd / np.sqrt(600))

    def test_do_not_depend_on_what_else_is_drawn(self) -> None:
        other = replace(priced(), id="9999999999")
        alone, beside = drawn_values([other], 1, 2), drawn_values([priced(), other], 1, 2)
        assert beside[other.id] == alone[other.id]
        assert beside[priced().id] != beside[other.id]

    def test_take_their_place_in_the_table(self) -> None:
        table = FactTable([priced(), replace(priced(), id="9999999999", entity="other")])
        moved = table.with_values({priced().id: 7.0})
        assert moved.by_id[priced().id].value == 7.0
        assert [one.value for one in moved.find("somebody", "price")] == [7.0]
        assert sorted(one.number for one in moved) == [7.0, 100.0]
        assert [one.value for one in table] == [100.0, 100.0]
        assert moved.digest != table.digest


class TestKept:
    @pytest.fixture
    def folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        monkeypatch.setenv("CARDHOUSE_CACHE", str(tmp_path))
        return tmp_path / "worlds" / "draws"

    @pytest.fixture
    def counted(self, monkeypatch: pytest.MonkeyPatch) -> list[int]:
        """Return a list that grows by a seed whenever draws are answered, here by ones."""
        seen: list[int] = []
        one = answered(1)[0]

        def pretend(asked: Task, draws: int, *_: object) -> list[Drawn]:
            seen.append(asked.seed)
            return [replace(one, figures=np.ones(len(asked.keys)))] * draws

        monkeypatch.setattr(uncertainty, "jobs_of", lambda _, draws, *__: draws)
        monkeypatch.setattr(uncertainty, "work", pretend)
        monkeypatch.setattr(Source, "open", lambda _: accounts())
        return seen

    def test_the_same_question_is_answered_at_once(self, folder: Path, counted: list[int]) -> None:
        assert drawn() == drawn()
        assert len(counted) == 1
        assert len(list(folder.glob("*.json"))) == 1

    @pytest.mark.usefixtures("folder")
    @pytest.mark.parametrize("other", [{"draws": 21}, {"seed": 1}])
    def test_another_question_is_another_answer(
        self, counted: list[int], other: dict[str, int]
    ) -> None:
        drawn()
        drawn(**other)
        assert len(counted) == 2

    def test_a_broken_file_is_made_again(self, folder: Path, counted: list[int]) -> None:
        first = drawn()
        next(folder.glob("*.json")).write_text("{", encoding="utf-8")
        assert drawn() == first
        assert len(counted) == 2


class TestDocument:
    @pytest.fixture
    def document(self) -> Row:
        return with_draws()

    def test_is_valid_and_every_number_has_a_formula(self, document: Row) -> None:
        Draft202012Validator(published_schemas()["run"]).validate(document)
        told = [path for path, _ in numbers_in({name: document[name] for name in
                                                ("uncertainty", "claims")})]  # fmt: skip
        assert len(told) > 1000
        assert [path for path in told if formula_of(path) is None] == []

    def test_claims_have_probabilities_and_shares(self, document: Row) -> None:
        for claim in document["claims"]:
            assert claim["probability"] == claim["verdict_shares"].get("holds", 0.0)
            for ruling in claim["by_definition"]:
                assert ruling["probability"] == ruling["verdict_shares"].get("holds", 0.0)
        draws = {claim["id"]: claim["probability_draws"] for claim in document["claims"]}
        assert draws["house_of_cards"] == 1
        assert draws["price_to_book"] == 20

    def test_intervals_stand_in_a_table_of_their_own(self, document: Row) -> None:
        columns, rows = tables(document)["intervals"]
        assert len(rows) == len(document["uncertainty"]["figures"])
        pays = next(row for row in rows if row[0] == PAYS)
        assert dict(zip(columns, pays, strict=True))["draws"] == 20
        assert "intervals" not in tables(plain())

    def test_the_manifest_knows_number_and_seed(self, document: Row) -> None:
        assert "uncertainty" not in plain()
        assert {claim["probability"] for claim in plain()["claims"]} == {None}
        assert (document["manifest"]["seed"], document["manifest"]["draws"]) == (2, 20)
        assert document["manifest"]["digest"] != plain()["manifest"]["digest"]


class TestNumbers:
    @pytest.mark.parametrize(
        ("draws", "seed", "said"),
        [(-1, None, "20 to 10,000"), (19, None, "20 to"), (10**6, None, "20 to"),
         (20, -1, "from 0 on"), (0, 3, "nothing is drawn")],
    )  # fmt: skip
    def test_that_cannot_be_are_refused(self, draws: int, seed: int | None, said: str) -> None:
        with pytest.raises(InputError, match=said):
            asked_for(draws, seed)

    def test_none_is_none(self) -> None:
        assert asked_for(0) is None
        assert asked_for(20, 3, 2) == Drawing(20, 3, 2)


class TestNotebook:
    def test_a_changed_world_has_no_posterior(self) -> None:
        world = open_economy("ai", base=BASE)
        first, *others = world.contracts
        changed = replace(world, contracts=(replace(first, amount=1.5 * first.amount), *others))
        with pytest.raises(InputError, match="no posterior to draw from"):
            run_world(changed, draws=20)

    def test_intervals_are_a_frame(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def answers(*_: object) -> Row:
            return {**found(), "claims": {}}

        monkeypatch.setattr("cardhouse.studies.run.uncertainty", answers)
        monkeypatch.setattr("cardhouse.studies.run.judge_claims", lambda *_, **__: [])
        run = run_world(open_economy("ai", base=BASE), quarters=1, draws=20)
        frame = run.intervals("trace.nvidia.")
        assert frame.index.str.startswith("trace.nvidia.").all()
        assert (frame["low"] <= frame["high"]).all()

    def test_without_draws_there_are_none(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("cardhouse.studies.run.judge_claims", lambda *_, **__: [])
        run = run_world(open_economy("ai", base=BASE), quarters=1)
        with pytest.raises(InputError, match="draws=500"):
            run.intervals()

    def test_facts_as_a_table_cannot_be_drawn(self) -> None:
        world = open_economy("ai", base=BASE)
        with pytest.raises(InputError, match="extra_facts"):
            run_world(world, draws=20, facts=FactTable([priced()]))
