"""How commands end: exit codes, one message, nothing on stdout, no traceback, no half file."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cardhouse.cli.app import app
from cardhouse.errors import AccountsError
from cardhouse.studies.outputs import MANIFEST, write_outputs

CARDHOUSE = [sys.executable, "-m", "cardhouse"]


def run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*CARDHOUSE, *words],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "COLUMNS": "200", "NO_COLOR": "1", **environment},
    )


class TestWrongInput:
    @pytest.mark.parametrize(
        ("words", "expected"),
        [
            (("rnu",), "Did you mean 'run'"),
            (("run", "--scenari", "x"), "--scenario"),
            (("run", "--quarters", "many"), "--quarters"),
            (("run", "--quarters", "401"), "1 to 400"),
            (("run", "--quarters", "0"), "1 to 400"),
            (("run", "--draws", "many"), "--draws"),
            (("run", "--draws", "7"), "20 to 10,000"),
            (("run", "--draws", "-20"), "20 to 10,000"),
            (("run", "--draws", "20", "--seed", "-1"), "from 0 on"),
            (("run", "--seed", "3"), "nothing is drawn"),
            (("run", "--set", "bond_suply=1"), "Did you mean 'bond_supply'"),
            (("run", "--set", "bond_supply=9"), "0 to 3"),
            (("run", "--set", "bond_supply"), "LEVER=VALUE"),
            (("run", "--as-of", "yesterday"), "2025-08-21"),
            (("run", "--facts", "none.csv"), "no such file"),
            (("check", "none.yaml"), "no such file"),
            (("schema", "rum"), "Did you mean 'run'"),
            (("trace",), "ENTITY"),
            (("compare",), "A B [C]"),
            (("compare", "baseline"), "two or three scenarios, and 1 was given"),
            (("compare", "a", "b", "c", "d"), "two or three scenarios, and 4 were given"),
            (("compare", "baseline", "price-wra"), "Did you mean 'price-war'"),
            (("compare", "baseline", "price-war", "--as-of", "soon"), "2025-08-21"),
        ],
    )
    def test_is_exit_2_with_one_message(self, words: tuple[str, ...], expected: str) -> None:
        done = run(*words)
        assert done.returncode == 2
        assert done.stdout == ""
        assert expected in done.stderr
        assert "Traceback" not in done.stderr

    def test_from_below_is_passed_on(self, failing: Callable[[BaseException], None]) -> None:
        failing(AccountsError("2030Q1 cannot open: no facts after 2026Q3."))
        done = CliRunner().invoke(app, ["run", "--base", "2030Q1"])
        assert (done.exit_code, done.stdout) == (2, "")
        assert done.stderr == "2030Q1 cannot open: no facts after 2026Q3.\n"


class TestBugs:
    def test_are_exit_1_and_say_so(self, failing: Callable[[BaseException], None]) -> None:
        failing(ZeroDivisionError("float division by zero"))
        done = CliRunner().invoke(app, ["run"])
        assert (done.exit_code, done.stdout) == (1, "")
        assert "bug in cardhouse" in done.stderr
        assert "ZeroDivisionError: float division by zero" in done.stderr
        assert "Traceback" not in done.stderr

    def test_show_where_when_asked(
        self, failing: Callable[[BaseException], None], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("CARDHOUSE_DEBUG", "1")
        failing(ZeroDivisionError("float division by zero"))
        assert "Traceback" in CliRunner().invoke(app, ["run"]).stderr

    @pytest.mark.usefixtures("asked")
    def test_a_number_that_is_none_never_reaches_the_reader(
        self, document: dict[str, object]
    ) -> None:
        document["checks"] = {"money_residual_max": float("nan")}
        done = CliRunner().invoke(app, ["run", "--json"])
        assert (done.exit_code, done.stdout) == (1, "")


class TestInterruption:
    def test_is_130(self, failing: Callable[[BaseException], None]) -> None:
        failing(KeyboardInterrupt())
        done = CliRunner().invoke(app, ["run"])
        assert (done.exit_code, done.stdout) == (130, "")
        assert "Interrupted" in done.stderr

    def test_of_a_real_process_leaves_no_half_written_file(
        self, tmp_path: Path, document: dict[str, object]
    ) -> None:
        (tmp_path / "document.json").write_text(json.dumps(document), "utf-8")
        script = tmp_path / "slow.py"
        script.write_text(SLOW_RUN, "utf-8")
        process = subprocess.Popen(
            [sys.executable, str(script)], cwd=tmp_path, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        deadline = time.monotonic() + 60
        while not (tmp_path / "started").exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=60)
        assert process.returncode == 130, told
        assert "Traceback" not in told
        left = {path.name for path in tmp_path.iterdir()}
        assert left == {"document.json", "slow.py", "started"}

    @pytest.mark.parametrize("seconds", [0.06, 0.4, 1.2, 2.5, 4.0, 5.5])
    def test_of_the_real_run_at_any_second(self, tmp_path: Path, seconds: float) -> None:
        process = subprocess.Popen(
            [*CARDHOUSE, "run", "--quarters", "4", "--out", "out", "--quiet"], cwd=tmp_path,
            text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=60)
        assert "Traceback" not in told or "cardhouse" not in told  # Python's own start may talk
        assert process.returncode in (0, 130, -signal.SIGINT), told
        left = [path.name for path in tmp_path.iterdir()]
        assert left in ([], ["out"])
        if left:
            manifest = json.loads((tmp_path / "out" / MANIFEST).read_text("utf-8"))
            for name, digest in manifest["files"].items():
                content = (tmp_path / "out" / name).read_bytes()
                assert hashlib.sha256(content).hexdigest() == digest

    def test_while_writing_keeps_what_stood_there(
        self, tmp_path: Path, document: dict[str, object]
    ) -> None:
        folder = tmp_path / "out"
        write_outputs(document, folder)
        before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}

        def interrupted(path: Path) -> None:
            path.write_text("half", "utf-8")
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            write_outputs({**document, "quarters": []}, folder, {"report.html": interrupted})
        assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
        assert [path.name for path in tmp_path.iterdir()] == ["out"]


SLOW_RUN = """
import json, sys, time
from pathlib import Path
from types import ModuleType, SimpleNamespace

import cardhouse.report
from cardhouse.cli import main

document = json.loads(Path("document.json").read_text())
study = ModuleType("cardhouse.studies.run")
study.run_study = lambda **question: SimpleNamespace(document=document)
sys.modules["cardhouse.studies.run"] = study

def write_report(document, path):
    path.write_text("half a report")
    Path("started").touch()
    time.sleep(60)

cardhouse.report.write_report = write_report
sys.argv = ["cardhouse", "run", "--out", "out", "--quiet"]
main()
"""


class TestPipes:
    def test_a_reader_who_leaves_early_causes_no_noise(self) -> None:
        command = f"{' '.join(CARDHOUSE)} schema run | head -c 1"
        done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
        assert done.stderr == ""


class TestSpeed:
    def test_help_imports_nothing_heavy(self) -> None:
        code = (
            "import sys, cardhouse.cli; "
            "print([m for m in ('numpy','pandas','pydantic','scipy','pyarrow','ruamel','jinja2') "
            "if m in sys.modules])"
        )
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, check=True, text=True
        )
        assert done.stdout.strip() == "[]"
