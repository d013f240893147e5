"""The gauge command: panel, one gauge, a series; as words, as JSON and as a page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from typer.testing import CliRunner, Result

from cardhouse.cli.app import app
from cardhouse.cli.gauge_tables import BLOCKS
from cardhouse.studies.gauges import load_gauges
from cardhouse.studies.mirror import load_indicators
from cardhouse.studies.schemas import published_schemas


def call(*words: str) -> Result:
    return CliRunner().invoke(app, ["gauge", *words])


def printed(*words: str) -> dict[str, Any]:
    done = call(*words, "--json")
    assert done.exit_code == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    jsonschema.validate(found, published_schemas()[found["schema"].split("/")[1]])
    return found


def test_the_panel_fits_a_screen_and_shows_the_pairs_with_sources() -> None:
    words = call().stdout
    assert max(map(len, words.splitlines())) <= 80
    note = next(line for line in words.splitlines() if line.startswith("bank's note"))
    books = next(line for line in words.splitlines() if line.startswith("S&P's book values"))
    assert note.split()[2:4] == ["5.30", "5.10"]
    assert books.split()[3:6] == ["5.22", "5.06", "5.49"]
    assert "BofA Hartnett" in words
    assert "GuruFocus" in words


@pytest.mark.parametrize("name", load_gauges())
def test_definition_and_caveats_are_one_step_away(name: str) -> None:
    words = call(name).stdout
    flat = " ".join(words.split())
    assert load_gauges()[name].definition in flat
    assert load_gauges()[name].caveat in flat
    assert max(map(len, words.splitlines())) <= 80


def test_a_chart_marks_the_year_2000() -> None:
    lines = call("market_cap_to_gdp").stdout.splitlines()
    drawn = next(at for at, line in enumerate(lines) if line and set(line) <= set(BLOCKS + " "))
    years = [str(year) for year in range(1995, 2027)]
    assert years[lines[drawn + 1].index("^")] == "2000"


def test_json_is_the_panel_or_one_gauge() -> None:
    assert len(printed()["gauges"]) == len(load_gauges())
    assert [row["id"] for row in printed("cape")["gauges"]] == ["cape"]


def test_a_series_is_tested_told_and_drawn() -> None:
    words = call("--series", "nasdaq", "--replications", "300").stdout
    assert max(map(len, words.splitlines())) <= 80
    assert "level, lag 0, shortest window 11" in words
    assert "300 replications, seed 0" in " ".join(words.split())
    assert "^" in words
    document = printed("--series", "nasdaq", "--replications", "300", "--lag", "1", "--logs")
    assert document["tested"]["form"] == "logarithm"
    assert document["tested"]["lag"] == 1


@pytest.mark.parametrize("question", [(), ("--series", "nasdaq", "--replications", "300")])
def test_a_page_is_whole_and_asks_nobody(tmp_path: Path, question: tuple[str, ...]) -> None:
    path = tmp_path / "page.html"
    done = call(*question, "--html", str(path), "--quiet")
    assert (done.exit_code, done.stdout, done.stderr) == (0, "", "")
    page = path.read_text(encoding="utf-8")
    assert "<svg" in page
    assert "<script" not in page
    assert "Content-Security-Policy" in page
    assert ">2000</text>" in page
    if not question:
        assert page.count("<details>") == len(load_gauges())


@pytest.mark.usefixtures("asked")
def test_a_scenario_moves_the_index() -> None:
    found = printed("--scenario", "venture-drought", "--rerating", "-0.5")
    assert found["rerating"] == -0.5
    assert found["price_change"] < 0
    words = call("--scenario", "venture-drought").stdout
    assert max(map(len, words.splitlines())) <= 80
    assert "nvidia" in words


@pytest.mark.usefixtures("asked")
def test_the_mirror_fits_a_screen_and_lists_its_gaps() -> None:
    words = call("--mirror", "--scenario", "venture-drought").stdout
    assert max(map(len, words.splitlines())) <= 80
    capex = next(line for line in words.splitlines() if line.startswith("  Builders' capex"))
    assert capex.split()[3] == "91.8"
    flat = " ".join(words.split())
    assert "No figure now: First listings, USD; First listings;" in flat
    assert "No figure in the run:" in flat
    found = printed("--mirror", "--quarters", "2")
    assert found["axis"] == {"first": -9, "last": 16, "then": "2000Q1", "now": "2025Q2"}
    assert found["gaps"]


@pytest.mark.usefixtures("asked")
@pytest.mark.parametrize("name", ["capex", "people", "builders_bonds", "failed_firms"])
def test_one_indicator_of_the_mirror_tells_its_sources(name: str) -> None:
    words = call(name, "--mirror").stdout
    assert max(map(len, words.splitlines())) <= 80
    flat = " ".join(words.split())
    assert load_indicators()[name].note in flat
    found = printed(name, "--mirror")
    (row,) = found["indicators"]
    for side in ("then", "now"):
        for point in row[side]["points"]:
            assert point["facts"][0] in flat


@pytest.mark.usefixtures("asked")
def test_the_mirror_is_a_page_that_asks_nobody(tmp_path: Path) -> None:
    path = tmp_path / "mirror.html"
    done = call("--mirror", "--html", str(path), "--quiet")
    assert (done.exit_code, done.stdout, done.stderr) == (0, "", "")
    page = path.read_text(encoding="utf-8")
    assert "<script" not in page
    assert "Content-Security-Policy" in page
    for name in load_indicators():
        assert f'id="{name}"' in page


def test_backwards_stands_in_the_panel() -> None:
    words = " ".join(call().stdout.split())
    assert "S&P's book values 5.44 peak of 2000 5.06 23 % 7 %" in words
    assert "more than all" in words


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("cap",), "Did you mean 'cape'"),
        (("--lag", "1"), "Add --series"),
        (("--bootstrap",), "Add --series"),
        (("cape", "--series", "nasdaq"), "a gauge and --series are two questions"),
        (("--constituents", "nowhere.csv"), "no such file"),
        (("--scenario", "capital-freeze", "--html", "x.html"), "--html draws"),
        (("--scenario", "capital-freeze", "--lag", "2"), "Add --series"),
        (("--series", "nowhere.csv"), "no file"),
        (("--series", "nasdaq", "--window", "99"), "min_window is 99"),
        (("--series", "nasdaq", "--replications", "1"), "replications is 1"),
        (("--mirror", "--series", "nasdaq"), "--mirror and --series are two questions"),
        (("--mirror", "--rerating", "-0.3"), "are two questions"),
        (("cpex", "--mirror"), "Did you mean 'capex'"),
        (("--as-of", "soon"), "not a date"),
        (("--html", "nowhere/page.html"), "--html names"),
    ],
)
def test_wrong_input_ends_in_a_sentence(words: tuple[str, ...], told: str) -> None:
    done = call(*words)
    assert (done.exit_code, done.stdout) == (2, "")
    assert told in done.stderr
