"""Processes that do jobs for this one, and end with it at once.

They are started afresh ("spawn"), so nothing is inherited by accident, and without the script that
this one runs: a script needs no ``if __name__ == "__main__":`` for them.

A terminal sends Ctrl-C to every process. Here it is the first one's to answer: the others never
see it, not even while they start, and are ended from here whatever they are doing. They keep
nothing that could be left half-done.
"""

from __future__ import annotations

import multiprocessing
import pickle
import signal
import sys
import traceback
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection, wait
from multiprocessing.resource_tracker import ensure_running
from types import ModuleType
from typing import Any, Final, Generic, TypeVar

from cardhouse.errors import InputError

Job = TypeVar("Job")
Result = TypeVar("Result")


class Crew(Generic[Job, Result]):
    """Processes that take jobs as they get free; `end` ends them whatever they are doing.

    Parameters
    ----------
    function
        What is done with a job: sent to each process once, so that what it works out for one job
        is there for the next.
    most
        How many processes there may be; one starts with each job until there are so many.
    work
        What they do, in the words of a message: ``answers draws``.
    """

    def __init__(self, function: Callable[[Job], Result], most: int, work: str) -> None:
        self._function, self._most, self._work = function, most, work
        self._members: list[_Member[Job, Result]] = []
        self._waiting: deque[Job] = deque()

    def take(self, job: Job) -> None:
        """Put a job at the end of the line; starts a process for it while more are allowed."""
        self._waiting.append(job)
        if len(self._members) < self._most:
            self._members.append(_Member(self._function, self._work))
        self._hand_out()

    @property
    def busy(self) -> bool:
        """Tell whether a job waits or is under way."""
        return bool(self._waiting) or any(one.job is not None for one in self._members)

    def answers(self, patience: float | None = None) -> Iterator[tuple[Job, Result]]:
        """Yield what is done by now, and hand out what waits.

        Parameters
        ----------
        patience
            How long to wait for the first, in seconds; None: until there is one.

        Raises
        ------
        InputError
            When a process was ended from outside.
        """
        lines: dict[object, _Member[Job, Result]] = {one.line: one for one in self._members}
        for line in wait([one.line for one in self._members], patience):
            done = lines[line].answer()
            self._hand_out()
            if done is not None:
                yield done

    def _hand_out(self) -> None:
        for one in self._members:
            if one.is_free and self._waiting:
                one.give(self._waiting.popleft())

    def end(self) -> None:
        """End all processes now."""
        for one in self._members:
            one.process.kill()
        for one in self._members:
            one.process.join()
            one.line.close()


class _Member(Generic[Job, Result]):
    """A process, the line to it, and the job that it was given; free once it has said so."""

    def __init__(self, function: Callable[[Job], Result], work: str) -> None:
        context = multiprocessing.get_context("spawn")
        self._work = work
        self.job: Job | None = None
        self.is_free = False
        self.line, other = context.Pipe()
        self.process = context.Process(target=_serve, args=(other, function), daemon=True)
        with _deaf_children(), _without_script():
            self.process.start()
        other.close()  # else the line would not end with the process

    def give(self, job: Job) -> None:
        self.job, self.is_free = job, False
        try:
            self.line.send(job)
        except OSError as error:
            raise self._ended() from error

    def answer(self) -> tuple[Job, Result] | None:
        """Return what the process says; nothing where it only says that it is ready."""
        try:
            said = self.line.recv()
        except (EOFError, OSError) as error:
            raise self._ended() from error
        if isinstance(said, Exception):
            raise said
        job, self.job, self.is_free = self.job, None, True
        return None if job is None else (job, said)

    def _ended(self) -> InputError:
        return InputError(
            f"a process that {self._work} was ended from outside, perhaps for want of memory. "
            "Ask for fewer processes or close other programs, and run it again."
        )


@contextmanager
def _deaf_children() -> Iterator[None]:
    """Let processes be started that never hear of Ctrl-C: what is blocked is so in them, too.

    The helper of `multiprocessing` is started before: it unblocks the signal at its own start.
    """
    ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _without_script() -> Iterator[None]:
    """Let processes be started that do not import what this one runs as its script.

    They need nothing of it, and one without ``if __name__ == "__main__":`` would run again in each.
    """
    script = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = script


READY: Final = None


def _serve(line: Connection, function: Callable[[Any], Any]) -> None:
    """Do job after job until nobody asks any more: in a process of its own."""
    said: object = READY
    try:
        while True:
            line.send(said)
            said = _done(function, line.recv())
    except (EOFError, OSError):
        return  # whoever asked is gone


def _done(function: Callable[[Any], Any], job: object) -> object:
    try:
        return function(job)
    except Exception as error:  # noqa: BLE001 - whoever asked raises it
        error.add_note(traceback.format_exc())
        return error if _travels(error) else RuntimeError(repr(error))


def _travels(error: Exception) -> bool:
    """Tell whether an error can be sent to another process."""
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 - made here
    except Exception:  # noqa: BLE001 - an error may refuse in any way
        return False
    return True
