"""`cardhouse report`: one file of a run, new or stored, and sentences where it cannot be."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cardhouse.cli.app import app


def call(*words: str) -> Any:
    return CliRunner().invoke(app, ["report", *words], env={"COLUMNS": "80"})


@pytest.fixture
def stored(in_folder: Path, document: dict[str, Any]) -> Path:
    folder = in_folder / "kept"
    folder.mkdir()
    (folder / "summary.json").write_text(json.dumps(document), "utf-8")
    return folder


def test_of_a_new_run(in_folder: Path, asked: list[Mapping[str, Any]]) -> None:
    done = call("--scenario", "venture-drought", "--quarters", "2", "--out", "drought.html")
    assert (done.exit_code, done.stdout) == (0, "drought.html\n")
    assert (asked[0]["scenarios"], asked[0]["quarters"]) == (["venture-drought"], 2)
    assert "Venture money dries up" in (in_folder / "drought.html").read_text("utf-8")
    assert [path.name for path in in_folder.iterdir()] == ["drought.html"]


@pytest.mark.parametrize(("name", "start"), [("r.html", b"<!doctype"), ("r.pdf", b"%PDF-")])
def test_of_a_stored_run_in_both_formats(stored: Path, name: str, start: bytes) -> None:
    done = call("--from", str(stored), "--out", name, "--quiet")
    assert (done.exit_code, done.stdout) == (0, "")
    assert Path(name).read_bytes().startswith(start)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--out", "report.doc"), "a report is .html or .pdf"),
        (("--from", "nowhere"), "no summary.json in it"),
        (("--from", "kept", "--quarters", "3"), "--from takes a run as it was"),
        (("--from", "kept", "--out", "no/report.pdf"), "there is no folder 'no'"),
        (("--from", "kept", "--out", "folder.pdf"), "which is a folder"),
    ],
)
def test_what_cannot_be_is_told(stored: Path, words: tuple[str, ...], told: str) -> None:
    Path("folder.pdf").mkdir()
    before = sorted(stored.parent.rglob("*"))
    done = call(*words)
    assert (done.exit_code, done.stdout) == (2, "")
    assert told in done.stderr
    assert sorted(stored.parent.rglob("*")) == before


@pytest.mark.parametrize("content", ["{", "[]", '{"schema": "cardhouse/compare/1"}'])
def test_a_file_that_is_no_run_is_told(stored: Path, content: str) -> None:
    (stored / "summary.json").write_text(content, "utf-8")
    done = call("--from", str(stored))
    assert done.exit_code == 2
    assert "summary.json" in done.stderr


def test_a_run_that_is_not_whole_gets_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "summary.json").write_text('{"schema": "cardhouse/run/1"}', encoding="utf-8")
    answer = CliRunner().invoke(
        app, ["report", "--from", str(tmp_path), "--out", str(tmp_path / "x.html")]
    )
    assert answer.exit_code == 2
    assert "is no whole run: KeyError at 'entities'" in answer.stderr
    assert not (tmp_path / "x.html").exists()
