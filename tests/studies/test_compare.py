"""Runs side by side: their numbers, in whatever order, and no difference where there is none."""

from __future__ import annotations

import copy
import csv
import itertools
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from cardhouse.errors import InputError, ScenarioError
from cardhouse.model.scenario import Event, Scenario, Shock
from cardhouse.model.world import World
from cardhouse.studies.answer_sources import formula_of, look_up
from cardhouse.studies.compare import compare_documents, compare_studies
from cardhouse.studies.compare_figures import differ, failure_counts
from cardhouse.studies.compare_frames import Comparison, compare_runs
from cardhouse.studies.compare_outputs import write_comparison
from cardhouse.studies.document import build_document
from cardhouse.studies.frames import open_economy, run_world
from cardhouse.studies.run import run_study
from cardhouse.studies.schemas import published_schemas
from cardhouse.studies.simulation import Chains
from cardhouse.studies.views import View

Document = dict[str, Any]
QUARTERS = 5
OWN = Path(__file__).with_name("own_facts.csv")
MOVED = {
    "still": Scenario("still", "Still", "Nothing moves.", "A test."),
    "less": Scenario(
        "less", "Less", "Less is wanted.", "A test.", {"demand_level": 0.7, "capex_plan": 0.8}
    ),
    "later": Scenario(
        "later", "Later", "Less, later.", "A test.", {"capex_plan": 0.8},
        (Shock("demand_level", 0.5, 2, 3), Shock("demand_level", 0.9, 4, 5, "ramp"),
         Shock("bond_supply", 0.5, 3, None, "pulse")),
        (Event("default", "firm1", 2),),
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def views(world: World) -> dict[str, View]:
    chains = Chains.of(world)
    return {name: View.of(chains, one, QUARTERS) for name, one in MOVED.items()}


@pytest.fixture(scope="module")
def documents(views: dict[str, View]) -> dict[str, Document]:
    return {name: build_document(view, MOVED[name]) for name, view in views.items()}


@pytest.fixture(scope="module")
def both(documents: dict[str, Document]) -> Document:
    return compare_documents([documents["still"], documents["later"]])


def row(found: Document, name: str) -> Document:
    return next(one for one in found["inputs"] if one["input"] == name)


class TestProperties:
    @pytest.mark.parametrize("name", MOVED)
    def test_a_run_against_itself_differs_in_nothing(
        self, name: str, documents: dict[str, Document]
    ) -> None:
        found = compare_documents([documents[name], copy.deepcopy(documents[name])])
        assert not any(one["differs"] for one in (*found["inputs"], *found["outcomes"]))
        assert not any(one["differs"] for one in found["payers"]["sources"])
        assert all(one["quarters"][0] == one["quarters"][1] for one in found["defaults"])
        assert "nothing differs" in found["sentence"]

    @pytest.mark.parametrize("order", list(itertools.permutations(MOVED)))
    def test_order_only_permutes_columns(
        self, order: tuple[str, ...], documents: dict[str, Document]
    ) -> None:
        usual = compare_documents([documents[name] for name in MOVED])
        found = compare_documents([documents[name] for name in order])
        places = [list(MOVED).index(name) for name in order]

        def same(part: str, key: str, values: str) -> None:
            before = {one[key]: one[values] for one in usual[part]}
            after = {one[key]: one[values] for one in found[part]}
            assert after == {name: [one[at] for at in places] for name, one in before.items()}

        same("inputs", "input", "moves")
        same("defaults", "entity", "quarters")
        keys = [(one["figure"], one["how"]) for one in usual["outcomes"]]
        assert [(one["figure"], one["how"]) for one in found["outcomes"]] == keys
        for one, other in zip(usual["outcomes"], found["outcomes"], strict=True):
            assert other["values"] == [one["values"][at] for at in places]
            assert other["differs"] == one["differs"]

    def test_each_figure_is_the_run_s(self, documents: dict[str, Document]) -> None:
        chosen = [documents["still"], documents["less"]]
        told = [
            one for one in compare_documents(chosen)["outcomes"] if "failures" not in one["figure"]
        ]
        assert len({one["group"] for one in told}) >= 6
        for one in told:
            for document, value in zip(chosen, one["values"], strict=True):
                series = look_up(document, one["figure"])[1]
                assert value == (series[-1] if one["how"] == "last" else sum(series[1:]))

    def test_each_figure_has_a_formula(self, both: Document) -> None:
        """What is compared can be asked for: ``cardhouse facts why KEY``."""
        keys = [one["figure"] for one in both["outcomes"] if "failures" not in one["figure"]]
        assert all(formula_of(tuple(key.split("."))) for key in keys)

    @pytest.mark.parametrize("name", MOVED)
    def test_creditors_lose_what_the_books_say(
        self, name: str, views: dict[str, View], documents: dict[str, Document]
    ) -> None:
        lost = views[name].trajectory.of_record("lost")[1:].sum()
        assert failure_counts(documents[name])["lost"] == pytest.approx(lost, rel=1e-9, abs=1e-12)


class TestWhatIsTold:
    def test_moves_have_their_dates_in_words(self, both: Document) -> None:
        level = row(both, "demand_level")
        assert level["differs"]
        assert level["moves"][0] == []
        base = both["columns"][0]["base_quarter"]
        assert [one["words"] for one in level["moves"][1]] == [
            f"0.5 from t+2 ({quarter(base, 2)}) to t+3 ({quarter(base, 3)})",
            f"moving to 0.9 from t+4 ({quarter(base, 4)}) to t+5 ({quarter(base, 5)})",
        ]
        assert [one["words"] for one in row(both, "bond_supply")["moves"][1]] == [
            f"0.5 in t+3 ({quarter(base, 3)})"
        ]
        assert [one["words"] for one in row(both, "capex_plan")["moves"][1]] == [
            "0.8 for the whole run"
        ]

    def test_what_moves_alike_does_not_differ(self, documents: dict[str, Document]) -> None:
        found = compare_documents([documents["less"], documents["later"]])
        assert not row(found, "capex_plan")["differs"]
        assert row(found, "demand_level")["differs"]

    def test_events_are_inputs_and_failures_outcomes(self, both: Document) -> None:
        assert row(both, "default firm1")["moves"][0] == []
        assert row(both, "default firm1")["moves"][1][0]["from"] == 2
        failed = {one["entity"]: one["quarters"] for one in both["defaults"]}
        assert failed["firm1"][1] == [quarter(both["columns"][1]["base_quarter"], 2)]

    def test_the_sentence_names_seller_dollars_users_and_failures(self, both: Document) -> None:
        for words in ("B (Later) against A (Still)", "over the run", "in dollars", "users pay"):
            assert words in both["sentence"]
        assert "fail" in both["sentence"]

    def test_is_a_valid_document(self, documents: dict[str, Document]) -> None:
        found = compare_documents(list(documents.values()))
        json.dumps(found, allow_nan=False)
        jsonschema.validate(found, published_schemas()["compare"])


def quarter(base: str, number: int) -> str:
    year, part = divmod(int(base[:4]) * 4 + int(base[5]) - 1 + number, 4)
    return f"{year}Q{part + 1}"


class TestOddities:
    @pytest.mark.parametrize("count", [0, 1, 4])
    def test_two_or_three_stand_side_by_side(
        self, count: int, documents: dict[str, Document]
    ) -> None:
        with pytest.raises(InputError, match=f"two or three scenarios, and {count} w"):
            compare_documents([documents["still"]] * count)

    def test_lengths_and_economies_must_agree(self, documents: dict[str, Document]) -> None:
        short = {**documents["still"], "quarters": documents["still"]["quarters"][:-1]}
        with pytest.raises(InputError, match="different numbers of quarters: 5, 4"):
            compare_documents([documents["still"], short])
        manifest = {**documents["still"]["manifest"], "economy": "other"}
        with pytest.raises(InputError, match="different economies"):
            compare_documents([documents["still"], {**documents["still"], "manifest": manifest}])

    @pytest.mark.parametrize(
        ("values", "expected"),
        [([1.0, 1.0], False), ([0.0, 0.0], False), ([0.0, 1e-30], True), ([None, 0.0], True)],
    )
    def test_rounding_is_no_difference(self, values: list[float | None], expected: bool) -> None:
        assert differ(values) is expected

    def test_bad_names_and_numbers_are_refused_before_anything_runs(self) -> None:
        with pytest.raises(ScenarioError, match="Did you mean 'baseline'"):
            compare_studies(["baselin", "price-war"], economy="ai", bases=["2025Q2"])
        with pytest.raises(InputError, match="--base is given 3 times for 2 scenarios"):
            compare_studies(["baseline", "baseline"], economy="ai", bases=["2025Q2"] * 3)
        with pytest.raises(InputError, match="1 to 400"):
            compare_studies(["baseline", "baseline"], economy="ai", quarters=0)


@pytest.fixture(scope="module")
def found(world: World) -> Comparison:
    runs = [run_world(world, MOVED[name], quarters=QUARTERS) for name in ("still", "less")]
    return compare_runs(*runs)


class TestFrames:
    def test_tell_the_same(self, found: Comparison) -> None:
        frame = found.outcomes()
        assert frame.columns.tolist() == ["A still", "B less"]
        assert frame.to_numpy().tolist() == [one["values"] for one in found.document["outcomes"]]
        assert len(found.outcomes(differing=True)) == sum(
            one["differs"] for one in found.document["outcomes"]
        )
        assert found.inputs().loc["demand_level"].tolist() == ["", "0.7 for the whole run"]

    def test_are_read_in_a_notebook(self, found: Comparison) -> None:
        assert repr(found).startswith("Comparison(A still, B less): B (Less) against A (Still)")
        assert "<table" in found._repr_html_()


def test_files_hold_the_whole(both: Document, tmp_path: Path) -> None:
    written = write_comparison(both, tmp_path / "made")
    assert [one.name for one in written] == [
        "comparison.json", "defaults.csv", "inputs.csv", "outcomes.csv"
    ]  # fmt: skip
    assert json.loads(written[0].read_text(encoding="utf-8")) == both
    with written[3].open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(both["outcomes"])
    assert [float(one["A_still"]) for one in rows] == [one["values"][0] for one in both["outcomes"]]


class TestShipped:
    def test_numbers_are_those_of_a_run(self) -> None:
        """From two base quarters at once, with a lever moved in both."""
        bases, settings = ["2025Q2", "2026Q1"], {"bond_supply": 0.5}
        names = ["baseline", "credit-crunch"]
        found = compare_studies(names, economy="ai", bases=bases, settings=settings, quarters=3)
        runs = [
            run_study(economy="ai", base=base, scenarios=[name], settings=settings, quarters=3)
            for name, base in zip(names, bases, strict=True)
        ]
        assert found == compare_documents([one.document for one in runs])
        assert [one["base_quarter"] for one in found["columns"]] == bases
        assert [one["digest"] for one in found["columns"]] == [
            one.document["manifest"]["digest"] for one in runs
        ]
        assert row(found, "base_quarter")["differs"]
        assert row(found, "bond_supply")["moves"][0] != row(found, "bond_supply")["moves"][1]
        for column, one in enumerate(runs):
            view = one.view
            assert view is not None
            lost = view.trajectory.of_record("lost")[1:].sum()
            told = next(r for r in found["outcomes"] if r["figure"] == "failures.lost")
            assert told["values"][column] == pytest.approx(lost, rel=1e-9, abs=1e-12)

    def test_own_figures_may_stand_in_one_column(self, tmp_path: Path) -> None:
        wrong = tmp_path / "wrong.csv"
        wrong.write_text(OWN.read_text("utf-8").replace("7.5,7,8", "750,740,760"), "utf-8")
        found = compare_studies(
            ["baseline"] * 3, economy="ai", own_facts={1: [OWN], 2: [wrong]}, quarters=1
        )
        runs = [
            run_study(economy="ai", scenarios=["baseline"], extra_facts=own, quarters=1)
            for own in ([], [OWN], [wrong])
        ]
        assert found == compare_documents([one.document for one in runs])
        jsonschema.validate(found, published_schemas()["compare"])
        assert [one["own_facts"] for one in found["columns"]] == [0, 2, 2]
        assert len({one["digest"] for one in found["columns"]}) == 3
        told = row(found, "own_facts")
        assert told["differs"]
        assert told["moves"][0] == []
        assert {"words": "OpenAI revenue 7.5 usd_bn"} in told["moves"][1]
        assert "B (Baseline, with 2 figures of your own) against A (Baseline" in found["sentence"]
        assert found["warnings"] == [
            sentence for one in runs[1:] for sentence in one.document["warnings"]
        ]
        far = [one for one in found["warnings"] if "sd away" in one]
        assert ["wrong.csv:2" in one for one in far] == [True]

    def test_frames_know_own_figures_too(self) -> None:
        runs = [
            run_world(open_economy("ai", facts=own), quarters=1, extra_facts=own)
            for own in ([], [OWN])
        ]
        assert compare_runs(*runs).inputs().loc["own_facts", "A baseline"] == ""
        told = run_study(economy="ai", extra_facts=[OWN], quarters=1).document
        assert runs[1].document == told
