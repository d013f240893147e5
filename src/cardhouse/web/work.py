"""Computation off the event loop: bounded lanes, one computation for one question, time limits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from cardhouse.web.problems import ProblemError

T = TypeVar("T")
SOON = 1
"""Seconds after which a client may try again when all places are taken."""


class Lane:
    """So many threads, and so many that may wait for them.

    A question that is being computed is not computed twice: whoever asks it meanwhile waits for
    the same answer. An answer over its time is given up by whoever waited; the thread finishes, so
    that the next to ask may find it done.
    """

    def __init__(self, name: str, threads: int, waiting: int, seconds: float) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=f"cardhouse-{name}")
        self._places = threads + waiting
        self._seconds = seconds
        self._running: dict[str, asyncio.Future[Any]] = {}

    async def do(self, key: str, make: Callable[[], T]) -> T:
        """Return what `make` returns, computed in a thread.

        Raises
        ------
        ProblemError
            When all places are taken, or it takes too long.
        """
        future: asyncio.Future[Any] | None = self._running.get(key)
        if future is None:
            if len(self._running) >= self._places:
                raise ProblemError(
                    "busy",
                    f"{len(self._running)} answers are being computed or wait for it, which is "
                    f"the most here. Try again in {SOON} second.",
                    SOON,
                )
            loop = asyncio.get_running_loop()
            future = loop.run_in_executor(self._pool, make)
            self._running[key] = future
            future.add_done_callback(lambda _: self._running.pop(key, None))
            future.add_done_callback(_heard)
        try:
            return await asyncio.wait_for(asyncio.shield(future), self._seconds)
        except TimeoutError:
            wait = max(1, round(self._seconds))
            raise ProblemError(
                "slow",
                f"The answer takes longer than {self._seconds:g} seconds. It goes on being "
                f"computed: try again in {wait} seconds, or ask for fewer quarters.",
                wait,
            ) from None

    def close(self) -> None:
        """Let running computations end and drop those that wait."""
        self._pool.shutdown(wait=True, cancel_futures=True)


def _heard(future: asyncio.Future[Any]) -> None:
    """Look at an answer's error, so that one nobody waits for any more is not told of as lost."""
    if not future.cancelled():
        future.exception()
