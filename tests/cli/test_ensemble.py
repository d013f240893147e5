"""The command `ensemble`: what it prints and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from rich.console import Console
from typer.testing import CliRunner, Result

from cardhouse.cli.app import app
from cardhouse.cli.ensemble import duration, words_of
from cardhouse.cli.ensemble_tables import ensemble_tables
from cardhouse.studies.ensembles.running import Progress
from cardhouse.studies.schemas import published_schemas

SMALL = ("ensemble", "-n", "12", "--quarters", "3", "--certain", "accounts", "--seed", "3")


def call(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """Return what a small ensemble prints with --json."""
    done = call(*SMALL, "--exceed", "openai.cash<70", "--json")
    assert done.exit_code == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_prints_one_document_of_its_schema(document: dict[str, Any]) -> None:
    jsonschema.Draft202012Validator(published_schemas()["ensemble"]).validate(document)
    assert document["endings"]["completed"] == 12
    assert document["manifest"]["seed"] == 3
    assert document["manifest"]["certain"] == ["accounts"]
    assert [row["event"] for row in document["exceedances"]] == ["openai.cash<70"]


def test_threads_print_the_same(document: dict[str, Any]) -> None:
    again = json.loads(
        call(*SMALL, "--exceed", "openai.cash<70", "--threads", "2", "--json").stdout
    )
    assert again == document


def test_tables_fit_a_screen(document: dict[str, Any]) -> None:
    console = Console(width=80, record=True, file=open_nowhere())
    for part in ensemble_tables(document):
        console.print(part)
    lines = console.export_text().splitlines()
    assert max(map(len, lines)) <= 80
    told = "\n".join(lines)
    for words in ("seed 3", "USD bn in", "openai.cash<70", "Monte Carlo", "--members", "±"):
        assert words in told


def open_nowhere() -> Any:
    import io

    return io.StringIO()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("-n", "1"), "-n is 1, expected 2 to"),
        (("-n", "10", "--seed", "-1"), "--seed is -1"),
        (("-n", "10", "--threads", "0"), "--threads is 0"),
        (("-n", "10", "--design", "halton"), "--design 'halton' is not known"),
        (("-n", "10", "--certain", "luck"), "--certain 'luck' is not known"),
        (("-n", "10", "--exceed", "openai.cash"), "--exceed is 'openai.cash'"),
        (("-n", "10", "--exceed", "openai.crash<3"), "did you mean 'cash'"),
        (("-n", "10", "--quarters", "0"), "--quarters is 0"),
        (("-n", "10", "--as-of", "soon"), "--as-of is 'soon'"),
        (("nowhere", "-n", "10"), "there is no economy 'nowhere'"),
        (("-n", "10", "--set", "venture_suply=1"), "venture_supply"),
    ],
    ids=[
        "paths", "seed", "threads", "design", "certain", "exceed", "variable", "quarters", "as-of",
        "economy", "lever",
    ],
)  # fmt: skip
def test_refuses_in_one_sentence(words: tuple[str, ...], said: str) -> None:
    done = call("ensemble", *words)
    assert done.exit_code == 2
    assert done.stdout == ""
    assert said.lower() in done.stderr.lower()
    assert "Traceback" not in done.stderr


def test_interrupted_it_says_how_to_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("cardhouse.studies.ensembles.keeping.kept_ensemble", interrupted)
    done = call(*SMALL, "--out", str(tmp_path / "run"))
    assert done.exit_code == 130
    assert "Go on with the same command and --resume." in done.stderr
    assert call(*SMALL).exit_code == 130


def test_everything_is_left_in_the_folder(tmp_path: Path) -> None:
    words = (*SMALL, "--scenario", "capital-freeze", "--against", "baseline")
    done = call(*words, "--out", str(tmp_path))
    assert done.exit_code == 0, done.stderr
    assert "Change against 'Baseline'" in done.stdout
    assert f"Kept in {tmp_path}" in done.stdout.replace("\n", "")
    summary = json.loads((tmp_path / "summary.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(published_schemas()["ensemble"]).validate(summary)
    assert summary["manifest"]["against"] == "baseline"
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "path by path" in page
    again = call(*words, "--out", str(tmp_path), "--resume", "--json")
    assert json.loads(again.stdout) == summary


def test_progress_tells_rate_and_time_left() -> None:
    assert words_of(Progress(500, 2000, 10.0)) == "500 of 2,000 paths, 50 a second, 30 s left ..."
    assert words_of(Progress(0, 2000, 0.0)) == "0 of 2,000 paths ..."
    kept = Progress(1500, 2000, 10.0, before=1000)
    assert (kept.rate, kept.left) == (50.0, 10.0)
    assert duration(0.0) == "0 s"
