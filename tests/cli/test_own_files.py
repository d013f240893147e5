"""``new``, ``check`` and ``doctor`` at the terminal: steps that work, one JSON document, exits."""

from __future__ import annotations

import csv
import json
import shlex
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from typer.testing import CliRunner, Result

from cardhouse.accounts import known_economies
from cardhouse.cli.app import app
from cardhouse.cli.options import shipped_economies
from cardhouse.errors import EconomyError
from cardhouse.facts import COLUMNS, load_facts
from cardhouse.studies import environment
from cardhouse.studies.schemas import published_schemas


def call(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def document(done: Result) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(done.stdout)
    schema = published_schemas()[found["schema"].split("/")[1]]
    jsonschema.Draft202012Validator(schema).validate(found)
    return found


@pytest.mark.usefixtures("in_folder")
class TestNew:
    @pytest.mark.parametrize("kind", ["economy", "scenario"])
    def test_prints_steps_that_work(self, kind: str) -> None:
        done = call("new", "мой first", "--kind", kind)
        assert done.exit_code == 0, done.stderr
        steps = [line.strip() for line in done.stdout.splitlines() if line.startswith("  ")]
        assert steps[0] == "cardhouse check 'мой first'"
        for step in steps:
            _, *words = shlex.split(step)
            more = ["--quarters", "3", "--quiet"] if words[0] == "run" else []
            assert call(*words, *more).exit_code == 0, step

    def test_prints_json_or_nothing(self) -> None:
        found = document(call("new", "one", "--json"))
        assert (found["folder"], found["kind"]) == ("one", "economy")
        assert all((Path("one") / name).is_file() for name in found["files"])
        assert call("new", "two", "--quiet").stdout == ""

    def test_refuses_with_one_sentence(self) -> None:
        assert call("new", "one", "--quiet").exit_code == 0
        done = call("new", "one")
        assert (done.exit_code, done.stdout) == (2, "")
        assert done.stderr == (
            "'one' exists and is not empty; nothing was written. Name a new folder.\n"
        )

    def test_a_broken_economy_is_told_by_check(self) -> None:
        call("new", "one", "--quiet")
        Path("one/firms.csv").unlink()
        done = call("check", "one")
        assert (done.exit_code, done.stdout) == (2, "")
        assert "firms.csv: this table of the economy is missing" in done.stderr


class TestEconomies:
    def test_help_lists_those_that_are_shipped(self) -> None:
        assert shipped_economies() == known_economies()
        words = " ".join(call("run", "--help").stdout.replace("│", " ").split())
        assert f"A shipped economy ({', '.join(known_economies())})" in words

    def test_an_unknown_one_is_mended(self) -> None:
        done = call("run", "ride-haling")
        assert (done.exit_code, done.stdout) == (2, "")
        assert f"Shipped: {', '.join(known_economies())}" in done.stderr
        assert "Did you mean 'ride-hailing'" in done.stderr

    def test_its_own_facts_can_be_asked_about(self) -> None:
        from cardhouse.accounts import economy_facts

        fact = economy_facts("ride-hailing").find("car_lessor", "debt")[0]
        done = call("facts", "why", fact.id, "--economy", "ride-hailing")
        assert done.exit_code == 0, done.stderr
        assert "illustrative, made for this example" in done.stdout
        assert "debt:car_lessor_loans" in done.stdout
        found = document(call("facts", "why", fact.id, "--economy", "ride-hailing", "--json"))
        assert found["entities"]["car_lessor"]["name"] == "Car lessor"
        assert call("facts", "why", fact.id).exit_code == 2


class TestDoctor:
    def test_says_that_all_is_well(self) -> None:
        done = call("doctor")
        assert (done.exit_code, done.stderr) == (0, "")
        assert "All is well." in done.stdout
        assert max(map(len, done.stdout.splitlines())) <= 80
        assert call("doctor", "--quiet").stdout == ""

    def test_prints_json(self) -> None:
        found = document(call("doctor", "--json"))
        assert found["well"] is True
        assert found["checks"][-1]["id"] == "terminal"

    def test_an_unwritable_cache_is_exit_2_and_the_rest_is_told(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "file").write_text("", "utf-8")
        monkeypatch.setenv("CARDHOUSE_CACHE", str(tmp_path / "file" / "below"))
        done = call("doctor", "--json")
        assert done.exit_code == 2
        assert document(done)["well"] is False
        assert done.stderr.startswith("cache: ")
        assert done.stderr.count("\n") == 1

    def test_a_broken_economy_is_exit_1(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def read(economy: str) -> None:
            raise EconomyError(f"{economy}: a table is missing.")

        monkeypatch.setattr(environment, "read_build", read)
        done = call("doctor")
        assert done.exit_code == 1
        assert "economy ai: ai: a table is missing" in done.stderr


@pytest.mark.usefixtures("in_folder")
class TestReplacing:
    def test_is_told_by_check_and_by_why(self) -> None:
        fact = load_facts().find("openai", "revenue")[-1]
        rows = [
            {**fact.cells(), "id": "", "known_from": "", "known_from_basis": "", "value": "6.5",
             "low": "6.3", "high": "6.7", "source": "My desk", "replaces": fact.id},
        ]  # fmt: skip
        with Path("mine.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, [*COLUMNS, "replaces"])
            writer.writeheader()
            writer.writerows(rows)
        done = call("check", "mine.csv")
        assert (done.exit_code, done.stderr) == (0, "")
        told = f"mine.csv:2: openai revenue 6.5 usd_bn, in the place of {fact.value} usd_bn"
        assert told in done.stdout
        (row,) = document(call("check", "mine.csv", "--json"))["files"]
        assert row["replaces"][0].startswith(told)
        why = ("facts", "why", fact.id, "--facts", "mine.csv")
        assert (
            f"In the place of\n  {fact.id} openai revenue {fact.value} usd_bn" in call(*why).stdout
        )
        assert document(call(*why, "--json"))["replaces"][0]["source"] == fact.source
        assert "replaces" not in document(call("facts", "why", fact.id, "--json"))
