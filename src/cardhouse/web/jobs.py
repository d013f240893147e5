"""Background computations: asked once, told while they go on, kept for whoever asks again.

A job lies in a folder of its own, named by a digest of its question, so that any process of the
service can tell of it. Whoever is asked for it first holds a lock on it, from then to its end; a
lock that nobody holds, on a job that is not done, tells that its process has ended.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import logging
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from cardhouse.errors import CardhouseError
from cardhouse.user_cache import cache_root, made
from cardhouse.web.problems import ProblemError, in_parameters
from cardhouse.web.written import written

ENVIRONMENT = "CARDHOUSE_JOBS"
"""Names the folder of jobs that several processes of one service share."""
WAITING, RUNNING, DONE, FAILED, CANCELLED = "waiting", "running", "done", "failed", "cancelled"
ENDED = (DONE, FAILED, CANCELLED)
KEPT = 50
LONGEST_ID = 32
_LOG = logging.getLogger("cardhouse.web")

Row = dict[str, Any]
Work = Callable[[Callable[[float], None]], Row]
"""Computes a job's result; it is handed what must be told the share of work that is done."""


class CancelledError(Exception):
    """The job is not wanted any more."""


def jobs_folder() -> Path:
    """Return where jobs lie: as told, in the user's cache, or in a folder of this process."""
    told = os.environ.get(ENVIRONMENT)
    if told:
        return Path(told)
    root = cache_root()
    if root is not None:
        return made(root / "jobs", "jobs")
    return Path(tempfile.mkdtemp(prefix="cardhouse-jobs-"))


@dataclass
class Jobs:
    """The jobs of a service."""

    folder: Path
    build: str
    queue: int

    def __post_init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="cardhouse-job")
        self._waiting: dict[str, BinaryIO] = {}
        self._stopping = threading.Event()
        self.folder.mkdir(parents=True, exist_ok=True)

    def ask(self, question: str, work: Work) -> str:
        """Return the id of a job, begun unless it is done or going on.

        Raises
        ------
        ProblemError
            When too many wait.
        """
        name = hashlib.sha256(f"{self.build} {question}".encode()).hexdigest()[:LONGEST_ID]
        state = self.state(name)
        if state is not None and (state["state"] == DONE or self._is_on(name)):
            return name
        if len(self._waiting) >= self.queue:
            raise ProblemError(
                "busy",
                f"{len(self._waiting)} computations wait already, which is the most here. Try "
                "again in 10 seconds.",
                10,
            )
        self._forget()
        here = self.folder / name
        here.mkdir(exist_ok=True)
        lock = self._lock(name)
        if lock is None:
            return name  # another process was asked at the same time
        state = self._told(name)
        if state is not None and state["state"] == DONE:
            lock.close()
            return name
        (here / "cancel").unlink(missing_ok=True)
        self._write(name, WAITING, 0.0)
        self._waiting[name] = lock
        self._pool.submit(self._run, name, work, lock)
        return name

    def state(self, name: str) -> Row | None:
        """Return how a job stands; None where there is none."""
        found = self._told(name)
        if found is None or found["state"] in ENDED or self._is_on(name):
            return found
        found = self._told(name)  # it may have ended since its state was read
        if found is None or found["state"] in ENDED:
            return found
        words = "The process that computed it has ended. Ask for it again."
        return {**found, "state": FAILED, "detail": words}

    def _told(self, name: str) -> Row | None:
        try:
            found: Row = json.loads((self._path(name) / "state.json").read_text("utf-8"))
        except (OSError, ValueError):
            return None
        return found

    def result(self, name: str) -> Row | None:
        """Return what came of a job that is done."""
        try:
            found: Row = orjson.loads((self._path(name) / "result.json").read_bytes())
        except (OSError, ValueError):
            return None
        return found

    def cancel(self, name: str) -> None:
        """End a job that waits or goes on; whichever process computes it."""
        state = self.state(name)
        if state is not None and state["state"] not in ENDED:
            (self._path(name) / "cancel").touch()

    def close(self) -> None:
        """End what goes on, and drop what waits."""
        self._stopping.set()
        self._pool.shutdown(wait=True, cancel_futures=True)
        while self._waiting:
            self._waiting.popitem()[1].close()

    def _path(self, name: str) -> Path:
        return self.folder / "".join(one for one in name[:LONGEST_ID] if one.isalnum())

    def _is_on(self, name: str) -> bool:
        """Tell whether a job waits or goes on, here or in another process."""
        return name in self._waiting or self._is_locked(name)

    def _is_locked(self, name: str) -> bool:
        try:
            with (self._path(name) / "lock").open("rb") as lock:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except FileNotFoundError:
            return False
        except OSError:
            return True
        return False

    def _lock(self, name: str) -> BinaryIO | None:
        """Return the lock of a job, held until it is closed; None where somebody else holds it."""
        lock = (self._path(name) / "lock").open("wb")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            return None
        return lock

    def _run(self, name: str, work: Work, lock: BinaryIO) -> None:
        """Compute a job in the thread of jobs."""
        start = time.perf_counter()
        try:
            with lock:
                self._waiting.pop(name, None)
                state, detail = self._computed(name, work)
                self._write(name, state, 1.0 if state == DONE else 0.0, detail)
        except OSError:
            _LOG.exception("job", extra={"job": name})
            return
        finally:
            self._waiting.pop(name, None)
        ms = round(1000 * (time.perf_counter() - start), 1)
        _LOG.info("job", extra={"job": name, "status": state, "ms": ms})

    def _computed(self, name: str, work: Work) -> tuple[str, str]:
        """Return how a job ended, and a sentence where it did not end well."""

        def tell(done: float) -> None:
            if self._stopping.is_set() or (self._path(name) / "cancel").exists():
                raise CancelledError
            self._write(name, RUNNING, min(done, 1.0))

        try:
            tell(0.0)
            _placed(self._path(name) / "result.json", written(work(tell)))
        except CancelledError:
            return CANCELLED, "It was cancelled, or the service was stopped."
        except CardhouseError as error:
            return FAILED, in_parameters(str(error))
        except Exception as error:  # noqa: BLE001 - the last door of a thread
            _LOG.error("bug", exc_info=error, extra={"job": name})
            return FAILED, f"This is a bug in cardhouse: {type(error).__name__}. See the log."
        return DONE, ""

    def _write(self, name: str, state: str, progress: float, detail: str = "") -> None:
        told = {"id": name, "state": state, "progress": progress, "detail": detail}
        _placed(self._path(name) / "state.json", orjson.dumps(told))

    def _forget(self) -> None:
        """Delete all but the newest jobs; one that goes on is left alone."""
        try:
            known = sorted(self.folder.iterdir(), key=lambda path: path.lstat().st_mtime)
        except OSError:  # another process deletes at the same time
            return
        for path in known[:-KEPT]:
            if path.is_dir() and not self._is_on(path.name):
                shutil.rmtree(path, ignore_errors=True)


def _placed(path: Path, content: bytes) -> None:
    """Write a file beside its place and move it there, so that nobody reads half of it."""
    with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as file:
        file.write(content)
    Path(file.name).replace(path)
