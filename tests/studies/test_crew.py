"""Processes that draw or run paths: gone with the one that asked, whenever and however it ends."""

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

HELPER = """
import os, signal, time
from pathlib import Path

from cardhouse.errors import InputError

HOW = os.environ["HOW"]

class Picky(Exception):
    def __init__(self, first, second):
        super().__init__(f"{first} {second}")

def do(number):
    Path(f"working-{os.getpid()}").touch()
    if HOW == "killed" and number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    if HOW == "wrong" and number == 3:
        raise InputError("draw 3 cannot be")
    if HOW == "picky" and number == 3:
        raise Picky("cannot", "travel")
    time.sleep({"long": 120.0, "short": 0.5}.get(HOW, 0.0))
    return number

class Bench:
    def __init__(self, task):
        pass

    def do(self, job):
        return [do(job.first)]
"""

SCRIPT = """
import os, sys
from pathlib import Path
from types import ModuleType

import numpy as np

import helper
from cardhouse.cli import main
from cardhouse.studies import draw_pool
from cardhouse.studies.draw_bench import Job
from cardhouse.studies.ensembles.executors import Processes

draw_pool.Bench = helper.Bench

def draws():
    jobs = (Job(False, number, np.zeros((1, 4))) for number in range(6))
    return draw_pool.work("task", jobs, 2)

def paths():
    return sorted(found for _, found in Processes(2).each(helper.do, range(6)))

def answer(**question):
    Path("asked").touch()
    print({"draws": draws, "paths": paths}[os.environ["WHAT"]]())
    raise SystemExit(0)

study = ModuleType("cardhouse.studies.run")
study.run_study = answer
sys.modules["cardhouse.studies.run"] = study

sys.argv = ["cardhouse", "run", "--out", "out", "--quiet"]
main()  # not below `if __name__ == "__main__":`: processes do not run this again
"""


class Running:
    """The script in a group of processes of its own, which a terminal would interrupt as one."""

    def __init__(self, folder: Path, how: str, what: str) -> None:
        script = folder / "script.py"
        script.write_text(SCRIPT, "utf-8")
        (folder / "helper.py").write_text(HELPER, "utf-8")
        self.folder = folder
        self.process = subprocess.Popen(
            [sys.executable, str(script)], cwd=folder, text=True, start_new_session=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env={**os.environ, "CARDHOUSE_CACHE": "off", "HOW": how, "WHAT": what},
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
def running(tmp_path: Path) -> Iterator[Callable[[str, str], Running]]:
    begun: list[Running] = []

    def begin(what: str, how: str) -> Running:
        begun.append(Running(tmp_path, how, what))
        return begun[-1]

    yield begin
    for one in begun:
        one.end()


class TestCtrlC:
    @pytest.mark.parametrize(
        ("what", "until", "seconds", "presses"),
        [
            ("paths", "asked", 0.0, 1),
            ("draws", "asked", 0.5, 2),
            ("paths", "working-*", 0.2, 1),
            ("draws", "working-*", 0.2, 3),
        ],
    )
    def test_ends_all_processes_at_once(
        self,
        running: Callable[[str, str], Running],
        what: str,
        until: str,
        seconds: float,
        presses: int,
    ) -> None:
        one = running(what, "long")
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
    @pytest.mark.parametrize("what", ["draws", "paths"])
    def test_answer_every_job_once(self, running: Callable[[str, str], Running], what: str) -> None:
        one = running(what, "at once")
        assert one.process.communicate(timeout=60) == ("[0, 1, 2, 3, 4, 5]\n", "")
        assert one.nobody_is_left(10)

    def test_end_when_the_one_that_asked_is_killed(
        self, running: Callable[[str, str], Running]
    ) -> None:
        one = running("paths", "short")
        one.wait_for("working-*")
        one.process.kill()
        one.process.wait()
        assert one.nobody_is_left(20)

    @pytest.mark.parametrize(
        ("what", "how", "code", "told"),
        [
            ("draws", "killed", 2, "a process that answers draws was ended from outside"),
            ("paths", "killed", 2, "a process that runs paths was ended from outside"),
            ("paths", "wrong", 2, "draw 3 cannot be\n"),
            ("draws", "picky", 1, "RuntimeError: Picky('cannot travel')"),
        ],
    )
    def test_that_fail_say_so_and_end_the_others(
        self, running: Callable[[str, str], Running], what: str, how: str, code: int, told: str
    ) -> None:
        one = running(what, how)
        out, words = one.process.communicate(timeout=60)
        assert (one.process.returncode, out) == (code, "")
        assert told in words
        assert "Traceback" not in words
        assert one.nobody_is_left(10)
