"""Each command parses, asks one study, and prints what a person or a program expects."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from typer.testing import CliRunner, Result

from cardhouse.cli.app import COMMANDS as COMMANDS_OF_THE_APP
from cardhouse.cli.app import app
from cardhouse.cli.facts import facts
from cardhouse.studies.draw_numbers import Drawing, usable_processors
from cardhouse.studies.schemas import published_schemas

COMMANDS = [
    "run",
    "compare",
    "ensemble",
    "accounts",
    "trace",
    "accelerators",
    "gauge",
    "scenarios",
    "levers",
    "new",
    "check",
    "schema",
    "doctor",
    "facts",
]


def call(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def printed(*words: str) -> dict[str, Any]:
    """Return the one JSON document that a command prints, checked against its schema."""
    done = call(*words)
    assert done.exit_code == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    kind = found["schema"].split("/")[1]
    jsonschema.Draft202012Validator(published_schemas()[kind]).validate(found)
    return found


def every_command() -> list[tuple[tuple[str, ...], Any]]:
    """Return the words of every command and the function behind it."""
    of_facts = [(("facts", str(one.name)), one.callback) for one in facts.registered_commands]
    return [*(((command.__name__,), command) for command in COMMANDS_OF_THE_APP), *of_facts]


class TestHelp:
    def test_lists_every_command(self) -> None:
        done = call("--help")
        assert done.exit_code == 0
        assert all(command in done.stdout for command in COMMANDS)

    @pytest.mark.parametrize("command", [command for command in COMMANDS if command != "facts"])
    def test_of_a_command_shows_an_example(self, command: str) -> None:
        done = call(command, "--help")
        assert done.exit_code == 0
        assert f"cardhouse {command}" in done.stdout.partition("For example:")[2]

    def test_names_no_type_and_breaks_no_example(self) -> None:
        for words, command in every_command():
            told = CliRunner().invoke(app, [*words, "--help"], env={"COLUMNS": "80"}).stdout
            assert not re.search(r"<[a-z]", told), words
            assert max(map(len, told.splitlines())) <= 80
            examples = (command.__doc__ or "").partition("For example:")[2].strip().splitlines()
            assert examples, words
            lines = [line.strip() for line in told.splitlines()]
            assert all(example.strip() in lines for example in examples), words

    def test_version_is_the_package_s(self) -> None:
        assert call("--version").stdout.startswith("cardhouse ")


class TestCatalogue:
    def test_scenarios_are_told_in_words_and_as_json(self) -> None:
        assert "Capital stops" in call("scenarios").stdout
        ids = [one["id"] for one in printed("scenarios", "--json")["scenarios"]]
        assert ids[0] == "baseline"
        assert "capital-freeze" in ids

    def test_each_scenario_has_one_line_under_its_heading(self) -> None:
        lines = call("scenarios").stdout.splitlines()
        found = printed("scenarios", "--json")["scenarios"]
        assert max(map(len, lines)) <= 80
        for one in found:
            (at,) = [at for at, line in enumerate(lines) if line.split()[:1] == [one["id"]]]
            assert lines[at].rstrip().endswith(one["title"])
            if one["id"] != "baseline":
                above = [line.strip() for line in lines[:at] if not line.startswith("  ")]
                assert above[-1] == one["group"].capitalize()

    def test_one_scenario_is_told_in_full(self) -> None:
        words = call("scenarios", "capital-freeze").stdout
        assert "venture_supply 0.1 from t+2 to t+9" in words
        assert "Why: " in words
        found = printed("scenarios", "capital-freeze", "--json")["scenarios"]
        assert [one["id"] for one in found] == ["capital-freeze"]

    def test_an_unknown_scenario_is_mended(self) -> None:
        done = call("scenarios", "capital-frieze")
        assert (done.exit_code, done.stdout) == (2, "")
        assert "Did you mean 'capital-freeze'" in done.stderr

    def test_levers_are_told_in_words_and_as_json(self) -> None:
        words = call("levers").stdout
        levers = printed("levers", "--json")["levers"]
        assert all(lever["id"] in words for lever in levers)
        assert max(len(line) for line in words.splitlines()) <= 80

    @pytest.mark.parametrize("kind", sorted(published_schemas()))
    def test_schemas_are_valid_and_printed(self, kind: str) -> None:
        schema = json.loads(call("schema", kind).stdout)
        jsonschema.Draft202012Validator.check_schema(schema)
        assert schema["$id"] == f"cardhouse/{kind}/1"
        assert kind in call("schema").stdout

    def test_an_unknown_schema_is_mended(self) -> None:
        done = call("schema", "scenarioo")
        assert (done.exit_code, done.stdout) == (2, "")
        assert "Did you mean 'scenario" in done.stderr


class TestCompare:
    @pytest.fixture
    def compared(self, monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, Mapping[str, Any]]]:
        """Return what the study is asked for; it answers with two empty columns."""
        words = ("title", "words", "scenario", "as_of", "facts_version", "digest")
        dates = {"base_quarter": "2025Q2", "last_quarter": "2030Q2"}
        found: list[tuple[Any, Mapping[str, Any]]] = []

        def study(scenarios: list[str], **options: Any) -> dict[str, Any]:
            found.append((scenarios, options))
            columns = [
                {"label": one, **dict.fromkeys(words, one), **dates, "own_facts": 0} for one in "AB"
            ]
            return {
                "schema": "cardhouse/compare/1", "economy": "ai", "quarters": 20,
                "columns": columns, "sentence": "The same.", "inputs": [], "outcomes": [],
                "defaults": [], "payers": None, "warnings": ["Look at this."],
            }  # fmt: skip

        monkeypatch.setattr("cardhouse.studies.compare.compare_studies", study)
        return found

    def test_asks_the_study_what_the_options_say(
        self, compared: list[tuple[Any, Mapping[str, Any]]]
    ) -> None:
        done = call(
            "compare", "baseline", "price-war", "--base", "2025Q2", "--base", "2026Q1",
            "--as-of", "2026-10-01", "--set", "bond_supply=0.5", "--quarters", "7", "--json",
        )  # fmt: skip
        assert done.exit_code == 0
        assert compared == [
            (
                ["baseline", "price-war"],
                {
                    "economy": "ai",
                    "bases": ["2025Q2", "2026Q1"],
                    "as_of": ["2026-10-01"],
                    "settings": {"bond_supply": 0.5},
                    "quarters": 7,
                    "extra_facts": [],
                    "own_facts": {},
                },
            )
        ]

    def test_lays_a_table_under_all_columns_or_one(
        self, compared: list[tuple[Any, Mapping[str, Any]]], in_folder: Path
    ) -> None:
        for name in ("all.csv", "one.csv", "B=odd.csv"):
            (in_folder / name).touch()
        tables = ("all.csv", "B=one.csv", "./B=odd.csv")
        words = [word for table in tables for word in ("--facts", table)]
        assert call("compare", "baseline", "baseline", *words).exit_code == 0
        ((_, options),) = compared
        assert options["extra_facts"] == [Path("all.csv"), Path("B=odd.csv")]
        assert options["own_facts"] == {1: [Path("one.csv")]}

    @pytest.mark.usefixtures("compared")
    def test_says_what_should_be_looked_at(self) -> None:
        assert call("compare", "a", "b").stderr == "warning: Look at this.\n"

    @pytest.mark.usefixtures("compared")
    @pytest.mark.parametrize(
        ("table", "expected"),
        [
            ("C=mine.csv", "2 scenarios make the columns A and B"),
            ("B=none.csv", "names 'none.csv', and there is no such file"),
            ("B=", "there is no such file"),
        ],
    )
    def test_a_table_must_be_there_and_its_column_too(
        self, table: str, expected: str, in_folder: Path
    ) -> None:
        (in_folder / "mine.csv").touch()
        done = call("compare", "a", "b", "--facts", table)
        assert (done.exit_code, done.stdout) == (2, "")
        assert expected in done.stderr

    @pytest.mark.usefixtures("compared")
    def test_tells_prints_or_writes(self, in_folder: Path) -> None:
        assert "The same." in call("compare", "a", "b").stdout
        assert call("compare", "a", "b", "--quiet").stdout == ""
        assert printed("compare", "a", "b", "--json")["sentence"] == "The same."
        call("compare", "a", "b", "--out", "made", "--quiet")
        assert (in_folder / "made" / "comparison.json").is_file()


class TestRun:
    def test_asks_the_study_what_the_options_say(
        self,
        asked: list[Mapping[str, Any]],
        in_folder: Path,
    ) -> None:
        extra = in_folder / "mine.csv"
        extra.touch()
        done = call(
            "run", "ai", "--scenario", "baseline", "--scenario", "capital-freeze",
            "--set", "bond_supply=0.5", "--base", "2025Q2", "--as-of", "2025-08-21",
            "--quarters", "7", "--facts", str(extra), "--draws", "50", "--seed", "4", "--json",
        )  # fmt: skip
        assert done.exit_code == 0
        assert asked == [
            {
                "economy": "ai",
                "base": "2025Q2",
                "as_of": "2025-08-21",
                "scenarios": ["baseline", "capital-freeze"],
                "settings": {"bond_supply": 0.5},
                "quarters": 7,
                "extra_facts": [extra],
                "drawing": Drawing(50, 4, usable_processors(), progress=None),
            }
        ]

    def test_draws_nothing_unasked(self, asked: list[Mapping[str, Any]]) -> None:
        assert call("run", "--json").exit_code == 0
        assert [one["drawing"] for one in asked] == [None]

    @pytest.mark.usefixtures("asked", "in_folder")
    def test_tells_members_and_payments_where_asked(
        self, document: dict[str, Any], member: dict[str, Any], payment: dict[str, Any]
    ) -> None:
        assert printed("run", "--json", "--members") == {**document, "members": [member]}
        assert printed("run", "--json", "--journal") == {**document, "journal": [payment]}
        both = printed("run", "--json", "--members", "--journal")
        one = {**payment, "payer": "app_1"}
        assert both == {**document, "members": [member], "journal": [one]}

    @pytest.mark.usefixtures("asked")
    def test_prints_the_document_and_writes_nothing(
        self, in_folder: Path, document: dict[str, Any]
    ) -> None:
        assert printed("run", "--json") == document
        assert list(in_folder.iterdir()) == []

    @pytest.mark.usefixtures("asked")
    def test_writes_a_folder_named_after_the_run(self, in_folder: Path) -> None:
        done = call("run")
        assert done.exit_code == 0, done.stderr
        folder = in_folder / "runs" / "ai-venture-drought-01234567"
        assert (folder / "report.html").stat().st_size > 1000
        assert (folder / "manifest.json").is_file()
        assert "runs/ai-venture-drought-01234567/report.html" in done.stdout.replace("\n", "")

    @pytest.mark.usefixtures("asked", "in_folder")
    def test_warnings_are_told_and_stand_in_the_document(self, document: dict[str, Any]) -> None:
        document["warnings"] = ["mine.csv:2: far off."]
        for words in (("run",), ("accounts",)):
            assert call(*words).stderr == "warning: mine.csv:2: far off.\n"
            assert printed(*words, "--json")["warnings"] == document["warnings"]

    @pytest.mark.usefixtures("asked")
    def test_quiet_says_nothing(self, in_folder: Path) -> None:
        done = call("run", "--quiet", "--out", str(in_folder / "here"))
        assert (done.exit_code, done.stdout, done.stderr) == (0, "", "")
        assert (in_folder / "here" / "summary.json").is_file()


class TestAccounts:
    @pytest.mark.usefixtures("asked")
    def test_show_positions_and_conflicts(self) -> None:
        words = call("accounts").stdout
        assert "46.7" in words
        assert "azure inference" in words
        assert words.index("bbbbbbbbbb") < words.index("aaaaaaaaaa")

    @pytest.mark.usefixtures("asked")
    def test_a_parent_s_capex_is_its_divisions(self) -> None:
        rows = {one["id"]: one for one in printed("accounts", "--json")["entities"]}
        assert rows["aws"]["capex"] == rows["amazon"]["capex"] == 1.0
        assert rows["nvidia"]["capex"] == 0.0
        assert "venture" not in rows

    @pytest.mark.usefixtures("asked")
    def test_matrix_rows_add_to_nothing(self) -> None:
        matrix = printed("accounts", "--json")["matrix"]
        assert matrix["rows"]
        for row in matrix["rows"]:
            assert sum(row["net"]) == pytest.approx(0.0, abs=1e-12)


class TestCheck:
    def test_a_good_file_is_fine(self, tmp_path: Path) -> None:
        path = tmp_path / "mine.yaml"
        path.write_text(
            "schema: cardhouse/scenario/1\nid: mine\ntitle: M\nwords: W\nreason: R\n", "utf-8"
        )
        assert call("check", str(path)).stdout == f"{path}: fine\n"
        assert printed("check", str(path), "--json")["files"][0]["problems"] == []

    def test_every_problem_is_told_and_stdout_stays_empty(self, tmp_path: Path) -> None:
        path = tmp_path / "mine.yaml"
        path.write_text("schema: cardhouse/scenario/1\nid: mine\n", "utf-8")
        done = call("check", str(path))
        assert (done.exit_code, done.stdout) == (2, "")
        assert done.stderr.count("is missing") == 3
