"""Processes that answer draws: gone with the one that asked, whenever and however it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

SCRIPT = """
import os, signal, sys, time
from pathlib import Path
from types import ModuleType

import numpy as np

from cardhouse.cli import main
from cardhouse.errors import InputError
from cardhouse.studies import draw_crew
from cardhouse.studies.draw_bench import Job
from cardhouse.studies.draw_pool import work

HOW = os.environ["HOW"]

class Picky(Exception):
    def __init__(self, first, second):
        super().__init__(f"{first} {second}")

class Bench:
    def __init__(self, task):
        pass

    def do(self, job):
        Path(f"working-{os.getpid()}").touch()
        if HOW == "killed" and job.first == 3:
            os.kill(os.getpid(), signal.SIGKILL)
        if HOW == "wrong" and job.first == 3:
            raise InputError("draw 3 cannot be")
        if HOW == "picky" and job.first == 3:
            raise Picky("cannot", "travel")
        time.sleep({"long": 120.0, "short": 0.5}.get(HOW, 0.0))
        return [job.first]

draw_crew.Bench = Bench

def answer(**question):
    Path("asked").touch()
    jobs = (Job(False, number, np.zeros((1, 4))) for number in range(6))
    print(work("task", jobs, 2))
    raise SystemExit(0)

study = ModuleType("cardhouse.studies.run")
study.run_study = answer
sys.modules["cardhouse.studies.run"] = study

if __name__ == "__main__":
    sys.argv = ["cardhouse", "run", "--out", "out", "--quiet"]
    main()
"""


class Running:
    """The script in a group of processes of its own, which a terminal would interrupt as one."""

    def __init__(self, folder: Path, how: str) -> None:
        script = folder / "script.py"
        script.write_text(SCRIPT, "utf-8")
        self.folder = folder
        self.process = subprocess.Popen(
            [sys.executable, str(script)], cwd=folder, text=True, start_new_session=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env={**os.environ, "CARDHOUSE_CACHE": "off", "HOW": how},
        )  # fmt: skip

    def wait_for(self, pattern: str) -> None:
        """Wait until a file is there that the script or one of its processes makes."""
        deadline = time.monotonic() + 60
        while not any(self.folder.glob(pattern)):
            assert time.monotonic() < deadline
            assert self.process.poll() is None, self.process.communicate()
            time.sleep(0.01)

    def interrupt(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGINT)

    def nobody_is_left(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                os.killpg(self.process.pid, 0)
            except ProcessLookupError:
                return True
            time.sleep(0.05)
        return False

    def end(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.communicate()


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Callable[[str], Running]]:
    begun: list[Running] = []

    def begin(how: str) -> Running:
        begun.append(Running(tmp_path, how))
        return begun[-1]

    yield begin
    for one in begun:
        one.end()


class TestCtrlC:
    @pytest.mark.parametrize(
        ("until", "seconds", "presses"),
        [("asked", 0.0, 1), ("asked", 0.5, 2), ("working-*", 0.2, 3)],
    )
    def test_ends_all_processes_at_once(
        self, running: Callable[[str], Running], until: str, seconds: float, presses: int
    ) -> None:
        one = running("long")
        one.wait_for(until)
        time.sleep(seconds)
        pressed = time.monotonic()
        for _ in range(presses):
            one.interrupt()
        told = one.process.communicate(timeout=30)
        assert time.monotonic() - pressed < 10  # well under a second where nothing else runs
        assert one.process.returncode == 130
        assert told == ("", "Interrupted; nothing half-written is left behind.\n")
        assert one.nobody_is_left(10)
        assert not (one.folder / "out").exists()


class TestProcesses:
    def test_answer_every_job_once(self, running: Callable[[str], Running]) -> None:
        one = running("at once")
        assert one.process.communicate(timeout=60) == ("[0, 1, 2, 3, 4, 5]\n", "")
        assert one.nobody_is_left(10)

    def test_end_when_the_one_that_asked_is_killed(self, running: Callable[[str], Running]) -> None:
        one = running("short")
        one.wait_for("working-*")
        one.process.kill()
        one.process.wait()
        assert one.nobody_is_left(20)

    @pytest.mark.parametrize(
        ("how", "code", "told"),
        [
            ("killed", 2, "a process that answers draws was ended from outside"),
            ("wrong", 2, "draw 3 cannot be\n"),
            ("picky", 1, "RuntimeError: Picky('cannot travel')"),
        ],
    )
    def test_that_fail_say_so_and_end_the_others(
        self, running: Callable[[str], Running], how: str, code: int, told: str
    ) -> None:
        one = running(how)
        out, words = one.process.communicate(timeout=60)
        assert (one.process.returncode, out) == (code, "")
        assert told in words
        assert "Traceback" not in words
        assert one.nobody_is_left(10)
