"""``cardhouse facts``: list, show and check, in words within 80 columns and as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from typer.testing import CliRunner, Result

from cardhouse.cli.app import app
from cardhouse.facts import TABLES, load_facts
from cardhouse.studies.new_files import make_folder
from cardhouse.studies.schemas import published_schemas

WriteTable = Callable[..., Path]
KNOWN = "05285fb730"


def call(*words: str, columns: int = 80) -> Result:
    return CliRunner(env={"COLUMNS": str(columns)}).invoke(app, ["facts", *words])


def printed(*words: str) -> dict[str, Any]:
    """Return the one JSON document that a command prints, checked against its schema."""
    done = call(*words, "--json")
    assert done.exit_code == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    kind = found["schema"].split("/")[1]
    jsonschema.Draft202012Validator(published_schemas()[kind]).validate(found)
    return found


class TestList:
    def test_narrows_by_entity_and_metric(self) -> None:
        found = printed("list", "--entity", "NVIDIA", "--metric", "revenue")
        assert found["total"] == len(found["facts"]) == len(load_facts().find("nvidia", "revenue"))
        assert {fact["entity"] for fact in found["facts"]} == {"nvidia"}
        assert found["metrics"]["revenue"]["line"] == "revenue"
        assert found["entities"]["nvidia"]["name"] == "NVIDIA"

    def test_all_of_it_is_valid_and_complete(self) -> None:
        facts = load_facts()
        found = printed("list")
        assert found["digest"] == facts.digest
        assert {fact["id"] for fact in found["facts"]} == set(facts.by_id) - set(facts.duplicates)

    def test_a_limit_cuts_and_says_so(self) -> None:
        found = printed("list", "--limit", "3")
        assert (len(found["facts"]), found["total"]) == (3, len(load_facts()))
        words = call("list", "--limit", "3").stdout
        assert f"{len(load_facts()) - 3:,} more" in words

    def test_a_vintage_is_smaller(self) -> None:
        assert printed("list", "--as-of", "2025-08-21")["total"] < printed("list")["total"]

    def test_a_table_of_ones_own_is_on_top(self, write_table: WriteTable) -> None:
        found = printed("list", "--facts", str(write_table({})))
        assert found["total"] == len(load_facts()) + 1

    def test_tells_a_year_from_a_quarter_that_end_on_the_same_day(self) -> None:
        lines = call("list", "--entity", "nvidia", "--metric", "revenue").stdout.splitlines()
        assert "grade" in lines[0]
        ends = [line.split()[3:6] for line in lines if "2026-01-25" in line]
        assert ends == [["year", "2026-01-25", "215.94"], ["quarter", "2026-01-25", "68.127"]]

    def test_a_wide_terminal_shows_the_sources(self) -> None:
        words = ("list", "--entity", "nvidia", "--metric", "revenue")
        assert "source" not in call(*words).stdout
        wide = call(*words, columns=140).stdout
        assert wide.splitlines()[0].split()[-1] == "source"
        assert "NVIDIA 8-K" in wide

    def test_keeps_within_80_columns(self) -> None:
        lines = call("list", "--limit", "5000").stdout.splitlines()
        assert len(lines) > 4000
        assert max(map(len, lines)) <= 80


class TestShow:
    def test_tells_the_passport_and_the_meaning(self) -> None:
        words = call("show", KNOWN).stdout
        for part in ("13.507", "usd_bn", "NVIDIA IR", "2023-05-01", "Sales of a period"):
            assert part in words
        assert max(map(len, words.splitlines())) <= 80

    def test_as_json(self) -> None:
        (fact,) = printed("show", KNOWN)["facts"]
        assert (fact["id"], fact["value"], fact["grade"]) == (KNOWN, 13.507, "A")


class TestWhy:
    def test_tells_source_uses_and_what_counts_in_its_place(self) -> None:
        words = call("why", "d2849f6727").stdout
        for part in ("Counts as", "0606318e13", "Others say", "no row of a shipped economy"):
            assert part in words
        kept = call("why", "0606318e13").stdout
        for part in ("Counts for", "d2849f6727", "Picked by", "ai/observations.csv", "Weight"):
            assert part in kept
        assert max(map(len, kept.splitlines())) <= 80

    def test_tells_corrections(self) -> None:
        found = printed("why", "59d0c9f1f0")
        (correction,) = found["corrections"]
        assert (correction["column"], correction["corrected"]) == ("item", "company_definition")
        assert correction["reason"] in " ".join(call("why", "59d0c9f1f0").stdout.split())

    def test_as_json(self) -> None:
        found = printed("why", "0606318e13")
        assert [fact["id"] for fact in found["facts"]] == ["0606318e13"]
        assert [fact["id"] for fact in found["duplicates"]] == ["d2849f6727"]
        assert [use["table"] for use in found["uses"]] == ["observations.csv"]
        assert found["weight"]["base_quarter"] == "2026Q1"

    def test_a_filing_read_elsewhere_says_so(self) -> None:
        copied = next(fact for fact in load_facts() if fact.is_via_copy)
        assert "A via copy" in call("show", copied.id).stdout


class TestDiff:
    def test_of_two_days_lists_what_became_known(self) -> None:
        found = printed("diff", "--from", "2025-08-21", "--to", "2025-08-31")
        assert found["total"] == len(found["added"]) + len(found["dropped"]) + len(found["changed"])
        days = {fact["known_from"] for fact in found["facts"] if fact["id"] in found["added"]}
        assert days
        assert all("2025-08-21" < day <= "2025-08-31" for day in days)

    def test_of_a_day_and_today(self) -> None:
        words = call("diff", "--from", "2025-08-21", "--limit", "3").stdout
        assert "more: --limit N, --json." in words
        assert max(map(len, words.splitlines())) <= 80

    def test_of_two_tables(self, write_table: WriteTable) -> None:
        old = write_table({}, name="old.csv")
        new = write_table({"value": "50.5", "grade": "C"}, name="new.csv")
        found = printed("diff", str(old), str(new))
        (change,) = found["changed"]
        assert change["columns"] == ["value", "grade"]
        assert change["before"]["value"] == 50.0
        assert "0 added, 0 dropped, 1 changed" in call("diff", str(old), str(new)).stdout


class TestCheck:
    def test_of_the_shipped_tables(self) -> None:
        assert call("check").stdout == "".join(f"{name}: fine\n" for name in TABLES)

    def test_of_a_good_table(self, write_table: WriteTable) -> None:
        path = write_table({})
        assert printed("check", str(path))["files"] == [{"file": str(path), "problems": []}]

    def test_of_a_bad_one_tells_everything_on_stderr(self, write_table: WriteTable) -> None:
        path = write_table({"grade": "D"}, {"metric": "revenu"})
        done = call("check", str(path))
        assert (done.exit_code, done.stdout) == (2, "")
        assert done.stderr.count(str(path)) == 2


class TestWrongInput:
    @pytest.mark.parametrize(
        ("words", "expected"),
        [
            (("list", "--entity", "nvidai"), "Did you mean 'nvidia'"),
            (("list", "--metric", "revenu"), "Did you mean 'revenue'"),
            (("list", "--limit", "0"), "--limit"),
            (("list", "--as-of", "soon"), "2025-08-21"),
            (("list", "--facts", "none.csv"), "no such file"),
            (("show", "05285fb73"), f"Did you mean '{KNOWN}'"),
            (("check", "none.csv"), "no such file"),
            (("why", "05285fb73"), f"Did you mean '{KNOWN}'"),
            (("diff",), "--from"),
            (("diff", "one.csv"), "no such file"),
            (("diff", "one.csv", "two.csv", "three.csv"), "3 are named"),
            (("diff", "one.csv", "two.csv"), "no such file"),
            (("diff", "--from", "soon"), "2025-08-21"),
        ],
    )
    def test_is_exit_2_with_one_message(self, words: tuple[str, ...], expected: str) -> None:
        done = call(*words)
        assert (done.exit_code, done.stdout) == (2, "")
        assert expected in done.stderr

    @pytest.mark.parametrize("command", ["list", "show", "why", "diff", "check"])
    def test_help_has_an_example(self, command: str) -> None:
        assert f"cardhouse facts {command}" in call(command, "--help").stdout


class TestOfAnEconomy:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        return make_folder(tmp_path / "mine").folder

    def test_its_facts_are_listed_and_shown(self, folder: Path) -> None:
        found = printed("list", "--economy", str(folder))
        assert {fact["entity"] for fact in found["facts"]} == {"shop", "supplier"}
        name = found["facts"][0]["id"]
        assert printed("show", name, "--economy", str(folder))["facts"] == found["facts"][:1]
        assert printed("list", "--economy", str(folder), "--entity", "Shop")["total"] == 2
        assert call("show", name).exit_code == 2

    def test_its_table_is_checked_with_its_entities(self, folder: Path, tmp_path: Path) -> None:
        assert call("check", str(folder / "facts.csv")).exit_code == 0
        elsewhere = tmp_path / "elsewhere.csv"
        elsewhere.write_bytes((folder / "facts.csv").read_bytes())
        assert "entity 'shop' is not known" in call("check", str(elsewhere)).stderr
        assert call("check", str(elsewhere), "--economy", str(folder)).exit_code == 0
        wrong = call("check", str(elsewhere), "--economy", "aii")
        assert (wrong.exit_code, wrong.stdout) == (2, "")
        assert "there is no economy 'aii'" in wrong.stderr
