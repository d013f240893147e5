"""Where tasks are done: here, in threads, or on a cluster. All give the same results.

An executor takes calls and yields their results as they come; it asks for a call only when there is
room, so that what waits in memory does not grow with the number of tasks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Protocol, TypeVar

Job = TypeVar("Job")
Result = TypeVar("Result")

AHEAD = 2
"""Calls under way or waiting for each worker."""


class Executor(Protocol):
    """Does a function for each of many jobs."""

    def each(
        self, function: Callable[[Job], Result], jobs: Iterable[Job]
    ) -> Iterator[tuple[Job, Result]]:
        """Yield each job with its result, in the order in which results come."""


class Threads:
    """Threads of this process; one: no thread at all."""

    def __init__(self, count: int = 1) -> None:
        self._count = count

    def each(
        self, function: Callable[[Job], Result], jobs: Iterable[Job]
    ) -> Iterator[tuple[Job, Result]]:
        """Yield each job with its result; what waits is dropped when one fails."""
        if self._count == 1:
            for job in jobs:
                yield job, function(job)
            return
        pool = ThreadPoolExecutor(self._count)
        under_way: dict[Future[Result], Job] = {}
        coming = iter(jobs)
        try:
            while True:
                for job in coming:
                    under_way[pool.submit(function, job)] = job
                    if len(under_way) >= AHEAD * self._count:
                        break
                if not under_way:
                    return
                done, _ = wait(under_way, return_when=FIRST_COMPLETED)
                for future in done:
                    yield under_way.pop(future), future.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
