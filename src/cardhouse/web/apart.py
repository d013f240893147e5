"""Long work in a process of its own, so that nobody who moves a lever has to wait for it."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

from cardhouse.errors import CardhouseError, InputError

LOOK_SECONDS = 0.25
Tell = Callable[[float], None]
ENDED = (
    "the process that computed it was ended from outside, perhaps for want of memory. Ask for "
    "fewer paths, and again."
)


def done_apart(work: Callable[..., Any], given: tuple[Any, ...], tell: Tell) -> Any:
    """Return what `work` returns, computed in a fresh process.

    Parameters
    ----------
    work
        A function of a module; it takes `given` and then a function to tell its progress.
    tell
        Told the share of work that is done, some times a second; what it raises ends the process.

    Raises
    ------
    CardhouseError
        What the work raised, in its own words.
    RuntimeError
        When the work has a bug.
    """
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_enter, args=(there, work, given), daemon=True)
    process.start()
    there.close()
    share = 0.0
    try:
        while True:
            kind, value = here.recv() if here.poll(LOOK_SECONDS) else ("still", share)
            if kind == "done":
                return value
            if kind == "wrong":
                raise InputError(value)
            if kind == "bug":
                raise RuntimeError(value)
            share = float(value)
            tell(share)
    except EOFError:
        raise InputError(ENDED) from None
    finally:
        process.terminate()
        process.join()
        here.close()


def _enter(there: Connection, work: Callable[..., Any], given: tuple[Any, ...]) -> None:
    """Do the work, and send what comes of it; an interrupt is the parent's to answer."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        there.send(("done", work(*given, lambda done: there.send(("progress", done)))))
    except CardhouseError as error:
        there.send(("wrong", str(error)))
    except Exception as error:  # noqa: BLE001 - the last door of a process
        there.send(("bug", f"{type(error).__name__}: {error}"))
