"""Threads that leave off when they are asked to: nobody can end one from outside."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable
from contextvars import ContextVar
from typing import TypeVar

Job = TypeVar("Job")
Result = TypeVar("Result")


class LeftOff(BaseException):
    """Work was left off because whoever waited for it is gone; nobody sees its result."""


class Stop:
    """A wish that work should be left off, seen by the work that was begun under it."""

    def __init__(self) -> None:
        self._wished = threading.Event()

    def ask(self) -> None:
        """Ask all work begun under this to leave off at its next step."""
        self._wished.set()

    def under(self, function: Callable[[Job], Result], job: Job) -> Result:
        """Do a job that can be asked to leave off."""
        context = contextvars.copy_context()
        context.run(_STOP.set, self)
        return context.run(function, job)

    def heed(self) -> None:
        """Raise LeftOff once it was asked for."""
        if self._wished.is_set():
            raise LeftOff


_STOP: ContextVar[Stop | None] = ContextVar("cardhouse_stop", default=None)


def heed_stop() -> None:
    """Leave off here if whoever began this work has asked for it."""
    stop = _STOP.get()
    if stop is not None:
        stop.heed()
