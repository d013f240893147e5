"""`cardhouse trace` on a small real run: every option, JSON by its schema, words that fit."""

from __future__ import annotations

import io
import json
import sys
from dataclasses import replace
from types import ModuleType
from typing import Any

import jsonschema
import pytest
from rich.console import Console
from rich.table import Table
from typer.testing import CliRunner

from cardhouse.cli.app import app
from cardhouse.cli.trace_tables import names_of, promise_table, tables_of
from cardhouse.model.world import Round
from cardhouse.studies.lever_paths import BASELINE
from cardhouse.studies.run import Study, StudyResult
from cardhouse.studies.schemas import published_schemas
from strategies import Recipe

SCHEMAS = published_schemas()


@pytest.fixture(scope="module")
def result() -> StudyResult:
    """An economy in which venture money, a supplier's stakes and a letter of intent occur."""
    world = Recipe(firms=6, seed=3, stationary=False, extras=True, idle=1).world()
    lines = tuple(replace(one, is_ai=one.id != "line0") for one in world.lines)
    letter = Round("letter", "firm2", "firm1", 0.5, 2, probability=0.3)
    return Study(replace(world, rounds=(letter,), lines=lines), BASELINE, 3).result()


@pytest.fixture(autouse=True)
def run(monkeypatch: pytest.MonkeyPatch, result: StudyResult) -> None:
    study = ModuleType("cardhouse.studies.run")
    study.run_study = lambda **_: result  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "cardhouse.studies.run", study)


def call(*words: str) -> Any:
    return CliRunner().invoke(app, ["trace", *words], env={"COLUMNS": "80"})


def printed(*words: str) -> dict[str, Any]:
    """Return what a trace prints as JSON, checked against its schema; its words fit a screen."""
    plain = call(*words)
    assert plain.exit_code == 0, plain.stderr
    assert max(map(len, plain.stdout.splitlines())) <= 80
    done = call(*words, "--json")
    found: dict[str, Any] = json.loads(done.stdout)
    jsonschema.Draft202012Validator(SCHEMAS[found["schema"].split("/")[1]]).validate(found)
    return found


def shares(answer: dict[str, Any]) -> dict[str, float]:
    return {part["who"]: part["share"] for part in answer["parts"]}


class TestBackwards:
    def test_says_what_the_document_holds(self, result: StudyResult) -> None:
        document, answer = result.document, printed("firm1")
        assert shares(answer) == pytest.approx(document["trace"]["firm1"])
        assert answer["round_trip_usd_bn"] == pytest.approx(
            document["trace_round_trip_usd_bn"]["firm1"], abs=1e-12
        )
        for part in answer["parts"]:
            if part["who"] in document["trace_bounds"]["firm1"]:
                told = document["trace_bounds"]["firm1"][part["who"]]
                assert [part["least"], part["most"]] == pytest.approx(told)

    def test_of_all_quarters(self, result: StudyResult) -> None:
        answer = printed("firm1", "--cumulated")
        assert shares(answer) == pytest.approx(result.document["trace_cumulated"]["firm1"])
        assert answer["period"] == "2025Q2 to 2026Q1"

    def test_of_one_quarter(self, result: StudyResult) -> None:
        answer = printed("firm1", "--quarter", "2025Q4")
        series = result.document["trace_by_quarter"]["firm1"]
        for source, share in shares(answer).items():
            assert share == pytest.approx(series[source][2])
        assert all(
            part["least"] is None or part["least"] <= part["share"] for part in answer["parts"]
        )

    @pytest.mark.parametrize("rule", ["own_money", "income_first", "cash_first", "capital_first"])
    def test_under_a_rule(self, result: StudyResult, rule: str) -> None:
        answer = printed("firm1", "--rule", rule)
        assert sum(shares(answer).values()) == pytest.approx(1.0)
        told = result.document["trace_rules"]["firm1"][rule]
        assert {name: shares(answer)[name] for name in told} == pytest.approx(told)
        assert sum(shares(printed("firm1", "--rule", rule, "--cumulated")).values()) == (
            pytest.approx(1.0)
        )

    def test_own_money_lies_within_its_bounds(self) -> None:
        for name in ("firm0", "firm1", "firm2", "firm3"):
            for part in printed(name, "--rule", "own_money")["parts"]:
                if part["least"] is not None:
                    assert part["least"] - 1e-9 <= part["share"] <= part["most"] + 1e-9

    def test_of_a_purse(self, result: StudyResult) -> None:
        answer = printed("firm1", "--purse")
        assert shares(answer) == pytest.approx(result.document["trace_purse"]["firm1"])
        row = next(one for one in result.document["entities"] if one["id"] == "firm1")
        paid = sum(
            flow["amount"][0] for flow in result.document["flows"] if flow["payer"] == "firm1"
        )
        assert answer["usd_bn"] == pytest.approx(row["cash"][0] + paid, rel=1e-6)
        over = printed("firm1", "--purse", "--cumulated")
        paid = sum(
            sum(flow["amount"]) for flow in result.document["flows"] if flow["payer"] == "firm1"
        )
        assert over["usd_bn"] == pytest.approx(row["cash"][-1] + paid, rel=1e-6)

    def test_of_ai_sales(self, result: StudyResult) -> None:
        mixed = next(iter(result.document["trace_ai"]))
        assert shares(printed(mixed, "--ai")) == pytest.approx(result.document["trace_ai"][mixed])
        over = printed(mixed, "--ai", "--cumulated")
        assert shares(over) == pytest.approx(result.document["trace_ai_cumulated"][mixed])


class TestForwards:
    def test_adds_to_one_and_names_ends(self, result: StudyResult) -> None:
        answer = printed("payers", "--from")
        sums: dict[str, float] = {}
        for part in answer["parts"]:
            sums[part["sink"]] = sums.get(part["sink"], 0.0) + part["share"]
        assert sum(sums.values()) == pytest.approx(1.0)
        assert sums == pytest.approx(result.document["trace_from"]["payers"], abs=1e-3)
        assert "labour" in sums

    def test_over_quarters_and_under_a_rule(self, result: StudyResult) -> None:
        answer = printed("payers", "--from", "--cumulated")
        assert answer["usd_bn"] == pytest.approx(
            result.document["trace_from_cumulated_usd_bn"]["payers"]
        )
        other = printed("payers", "--from", "--cumulated", "--rule", "income_first")
        assert sum(shares_by_end(other)) == pytest.approx(1.0)
        assert printed("firm1", "--from", "--quarter", "2025Q3")["period"] == "2025Q3"


def shares_by_end(answer: dict[str, Any]) -> list[float]:
    return [part["share"] for part in answer["parts"]]


class TestLoops:
    def test_are_chains_of_firms(self, result: StudyResult) -> None:
        answer = printed("--loops")
        assert answer["loops"] == result.document["round_trips"]["base"]["loops"]
        words = call("--loops").stdout
        names = answer["loops"][0]["names"]
        assert " -> ".join([*names, names[0]]) in " ".join(words.split())
        assert printed("--loops", "--cumulated")["period"] == "2025Q2 to 2026Q1"
        assert printed("--loops", "--quarter", "2025Q3")["period"] == "2025Q3"

    def test_of_one_firm_are_those_it_takes_part_in(self) -> None:
        answer = printed("firm1", "--loops")
        assert all("firm1" in loop["entities"] for loop in answer["loops"])
        assert set(answer["by_seller"]) <= {"firm1"}

    def test_of_a_firm_in_none_say_so(self, result: StudyResult) -> None:
        active = set(printed("--loops")["by_seller"])
        alone = next(one.id for one in result.world.firms if one.id not in active)
        assert "There is none." in call(alone, "--loops").stdout


class TestCommitted:
    def test_lists_promises(self) -> None:
        answer = printed("--committed")
        told = {one["id"]: one for one in answer["promises"]}
        assert told["letter"]["expected"] == pytest.approx(0.15)
        assert told["letter"]["strength"] == "letter"
        assert "letter 30 %" in call("--committed").stdout
        own = [one["id"] for one in printed("firm2", "--committed")["promises"]]
        assert "letter" in own
        assert set(own) < set(told)

    def test_odds_of_what_is_signed_on_conditions_are_told(self) -> None:
        """Ten promised: sure, by a letter, or on conditions that may fail."""
        one = {
            "payer": "a",
            "payee": "b",
            "kind": "equity",
            "paid": 0.0,
            "promised": 10.0,
            "to": "",
        }
        told = [("firm", 1.0), ("letter", 0.3), ("firm", 0.5)]
        rows = [{**one, "strength": how, "probability": odds} for how, odds in told]
        _, shown, _ = promise_table({"sentence": "", "note": "", "promises": rows}, {})
        assert isinstance(shown, Table)
        (sure,) = (list(column.cells) for column in shown.columns if column.header == "how sure")
        assert sure == ["firm", "letter 30 %", "on terms 50 %"]

    def test_loops_mark_what_is_only_meant(self) -> None:
        legs = [leg for loop in printed("--committed", "--loops")["loops"] for leg in loop["legs"]]
        meant = [leg for leg in legs if any(one["strength"] == "letter" for one in leg["parts"])]
        assert {(leg["payer"], leg["payee"]) for leg in meant} >= {("firm2", "firm1")}
        assert "(letter of intent)" in " ".join(call("--committed", "--loops").stdout.split())


class TestWrongInput:
    @pytest.mark.parametrize(
        ("words", "expected"),
        [
            (("frim1",), "Did you mean 'firm1'"),
            (("payer", "--from"), "Did you mean 'payers'"),
            (("frim1", "--purse"), "Did you mean 'firm1'"),
            (("line1", "--purse"), "in the purse of 'firm1'"),
            (("frim1", "--loops"), "Did you mean 'firm1'"),
            (("payers", "--loops"), "only firms take part"),
            (("frim1", "--committed"), "Did you mean 'firm1'"),
            (("firm1", "--quarter", "2025Q9"), "It goes from 2025Q2 to 2026Q1"),
            (("firm1", "--quarter", "2025Q3", "--cumulated"), "cannot go together"),
            (("firm1", "--rule", "income-first"), "Did you mean 'income_first'"),
            (("firm1", "--from", "--rule", "own_money"), "cannot go together"),
            (("firm1", "--purse", "--rule", "own_money"), "cannot go together"),
            (("firm1", "--purse", "--ai"), "cannot go together"),
            (("firm1", "--from", "--ai"), "cannot go together"),
            (("firm1", "--from", "--purse"), "cannot go together"),
            (("firm1", "--loops", "--rule", "cash_first"), "cannot go together"),
            (("firm1", "--committed", "--cumulated"), "cannot go together"),
            (("--cumulated",), "needs an ENTITY"),
            (("line0", "--ai"), "sells nothing of the chain's own business"),
        ],
    )
    def test_is_one_sentence_and_exit_2(self, words: tuple[str, ...], expected: str) -> None:
        done = call(*words)
        assert (done.exit_code, done.stdout) == (2, "")
        assert expected in " ".join(done.stderr.split())
        assert "bug" not in done.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("firm1",),
        ("venture", "--from"),
        ("--loops",),
        ("--committed",),
        ("--committed", "--loops"),
    ],
)
def test_warnings_of_the_run_are_told_and_stand_in_the_answer(
    words: tuple[str, ...], result: StudyResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert printed(*words)["warnings"] == []
    monkeypatch.setitem(result.document, "warnings", ["mine.csv:2: far off."])
    assert printed(*words)["warnings"] == ["mine.csv:2: far off."]
    assert call(*words).stderr == "warning: mine.csv:2: far off.\n"


def test_buyers_of_unknown_means_are_marked_where_they_pay() -> None:
    """Names alone carry the mark, and its meaning stands once below the table."""
    people = [
        {"id": "people", "name": "People", "buys": "use"},
        {"id": "others", "name": "Others", "buys": "plant"},
    ]
    names = names_of(people)
    part = {"usd_bn": 1.0, "least": None, "most": None}

    def told(*who: str) -> str:
        parts = [{**part, "who": one, "share": 1.0 / len(who)} for one in who]
        words = {"schema": "cardhouse/trace/1", "direction": "to", "sentence": "It.", "note": "So."}
        answer = {**words, "parts": parts}
        console = Console(file=io.StringIO(), width=80)
        for one in tables_of(answer, names):
            console.print(one)
        return console.file.getvalue()  # type: ignore[attr-defined]

    assert "Others*" in told("people", "others")
    assert told("people", "others").count("own money comes from is unknown") == 1
    assert "unknown" not in told("people")
