"""Where tasks are done: here, in threads or processes, or on a cluster. All give the same results.

An executor takes calls and yields their results as they come; it asks for a call only when there is
room, so that what waits in memory does not grow with the number of tasks.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Protocol, TypeVar

from cardhouse.studies.crew import Crew
from cardhouse.studies.ensembles.stopping import Stop

Job = TypeVar("Job")
Result = TypeVar("Result")

AHEAD = 2
"""Calls under way or waiting for each worker."""


class Executor(Protocol):
    """Does a function for each of many jobs."""

    def each(
        self, function: Callable[[Job], Result], jobs: Iterable[Job]
    ) -> Generator[tuple[Job, Result], None, None]:
        """Yield each job with its result, in the order in which results come.

        Closed, it leaves off: nothing that it began goes on.
        """


class Threads:
    """Threads of this process; one: no thread at all."""

    def __init__(self, count: int = 1) -> None:
        self._count = count

    def each(
        self, function: Callable[[Job], Result], jobs: Iterable[Job]
    ) -> Generator[tuple[Job, Result], None, None]:
        """Yield each job with its result.

        When one fails, or nobody wants more, what waits is dropped and what is under way leaves off
        at its next step; nobody waits for that.
        """
        if self._count == 1:
            for job in jobs:
                yield job, function(job)
            return
        pool, stop = ThreadPoolExecutor(self._count), Stop()
        under_way: dict[Future[Result], Job] = {}
        coming = iter(jobs)
        try:
            while True:
                for job in coming:
                    under_way[pool.submit(stop.under, function, job)] = job
                    if len(under_way) >= AHEAD * self._count:
                        break
                if not under_way:
                    return
                done, _ = wait(under_way, return_when=FIRST_COMPLETED)
                for future in done:
                    yield under_way.pop(future), future.result()
        finally:
            stop.ask()
            pool.shutdown(wait=False, cancel_futures=True)


class Processes:
    """Processes of this machine, each with an interpreter of its own: Python's lock binds none.

    Functions, jobs and results travel between them, so that they must be plain values.
    """

    def __init__(self, count: int) -> None:
        self._count = count

    def each(
        self, function: Callable[[Job], Result], jobs: Iterable[Job]
    ) -> Generator[tuple[Job, Result], None, None]:
        """Yield each job with its result; closed, or when one fails, all processes end at once."""
        crew: Crew[Job, Result] = Crew(function, self._count, "runs paths")
        coming, under_way = iter(jobs), 0
        try:
            while True:
                for job in coming:
                    crew.take(job)
                    under_way += 1
                    if under_way >= AHEAD * self._count:
                        break
                if not under_way:
                    return
                for answer in crew.answers():
                    under_way -= 1
                    yield answer
        finally:
            crew.end()
