"""The command `ensemble`: what it prints and what it refuses."""

from __future__ import annotations

import json
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


def test_progress_tells_rate_and_time_left() -> None:
    assert words_of(Progress(500, 2000, 10.0)) == "500 of 2,000 paths, 50 a second, 30 s left ..."
    assert words_of(Progress(0, 2000, 0.0)) == "0 of 2,000 paths ..."
    kept = Progress(1500, 2000, 10.0, before=1000)
    assert (kept.rate, kept.left) == (50.0, 10.0)
    assert duration(0.0) == "0 s"
