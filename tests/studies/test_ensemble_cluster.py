"""A real scheduler and worker processes: some die, others join, the numbers are those of one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import ensembling
from cardhouse.errors import InputError
from cardhouse.studies.ensembles import plan as planning
from cardhouse.studies.ensembles.cluster import Cluster, _done_there
from cardhouse.studies.ensembles.placing import executor_of
from cardhouse.studies.ensembles.running import Progress, run_ensemble
from ensembling import bits, small_study

TREE = [str(Path(ensembling.__file__).parent), str(Path(planning.__file__).parents[3])]


class Site:
    """A scheduler with workers, each a process of its own on this machine."""

    def __init__(self, folder: Path) -> None:
        self._file, self._folder, self._running = folder / "scheduler.json", folder, []
        self._start("scheduler", "--port", "0", "--host", "127.0.0.1", "--no-dashboard")
        deadline = time.monotonic() + 60
        while not self._file.exists():
            assert time.monotonic() < deadline, "the scheduler does not start"
            time.sleep(0.05)

    @property
    def address(self) -> str:
        import json

        return str(json.loads(self._file.read_text())["address"])

    def add_worker(self) -> subprocess.Popen[bytes]:
        return self._start(
            "worker", "--nthreads", "1", "--no-nanny", "--no-dashboard", "--host", "127.0.0.1",
            "--local-directory", str(self._folder),
        )  # fmt: skip

    def _start(self, what: str, *words: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "dask", what, "--scheduler-file", str(self._file), *words]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(TREE)}
        log = (self._folder / f"{what}-{len(self._running)}.log").open("wb")
        self._running.append(subprocess.Popen(command, env=environment, stdout=log, stderr=log))
        log.close()
        return self._running[-1]

    def close(self) -> None:
        for one in reversed(self._running):
            one.kill()
        for one in self._running:
            one.wait()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path)
    yield made
    made.close()


def test_a_worker_that_dies_and_one_that_joins_change_no_bit(site: Site) -> None:
    workers = [site.add_worker() for _ in range(2)]
    told: list[Progress] = []

    def with_trouble(progress: Progress) -> None:
        told.append(progress)
        if len(told) == 4:
            workers[0].send_signal(signal.SIGKILL)
            workers.append(site.add_worker())

    study = small_study()
    found = run_ensemble(study, None, executor=Cluster(site.address), progress=with_trouble)
    assert workers[0].wait() == -signal.SIGKILL
    assert told[-1].done == study.plan.paths
    assert bits(found.tally) == bits(run_ensemble(study, None).tally)


def test_a_scheduler_that_does_not_answer_is_told() -> None:
    with pytest.raises(InputError, match="no scheduler answers there within 1 s"):
        run_ensemble(small_study(), None, executor=Cluster("tcp://127.0.0.1:1", seconds=1))
    with pytest.raises(InputError, match="no scheduler answers"):
        run_ensemble(small_study(), None, executor=Cluster("nonsense", seconds=1))


def test_a_cluster_without_workers_is_told(site: Site) -> None:
    with pytest.raises(InputError, match="no worker has joined within 1 s"):
        run_ensemble(small_study(), None, executor=Cluster(site.address, seconds=1))


def test_another_version_on_a_worker_is_refused() -> None:
    with pytest.raises(InputError, match="Install the same on every worker"):
        _done_there(len, "job", "0.0.0")


def test_threads_and_a_cluster_are_two_places() -> None:
    with pytest.raises(InputError, match="cannot go together"):
        executor_of(2, "tcp://127.0.0.1:8786")
    with pytest.raises(InputError, match="--threads is 0"):
        executor_of(0)


def test_a_missing_extra_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(InputError, match=r"cardhouse\[cluster\]"):
        executor_of(None, "tcp://127.0.0.1:8786")
