"""Draws spread over processes, in any number with the same results.

Processes are started afresh ("spawn"), so nothing is inherited by accident; a script that asks for
more than one needs its ``if __name__ == "__main__":``, as everywhere in Python.
"""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from typing import Final

from cardhouse.errors import InputError
from cardhouse.studies.draw_bench import Bench, Drawn, Job, Task
from cardhouse.studies.draw_numbers import Progress

RUN_WEIGHT = 30.0
"""A draw with its runs takes about as long as this many draws without."""

_OPENED: Final[dict[str, Bench]] = {}
"""The bench of this process."""


def work(
    task: Task, jobs: Iterable[Job], processes: int = 1, progress: Progress | None = None
) -> list[Drawn]:
    """Return the draws of all jobs in the order of their numbers, those with runs last.

    Parameters
    ----------
    task, jobs
        What is done, and with which draws.
    processes
        Over how many processes the jobs are spread.
    progress
        Told after each job which share of the work is done.

    Raises
    ------
    InputError
        When a process was ended from outside.
    """
    doing = _here(task, jobs) if processes <= 1 else _beside(task, jobs, processes)
    results: list[tuple[Job, list[Drawn]]] = []
    done = 0.0
    for job, drawn, all_ in doing:
        results.append((job, drawn))
        done += _weight(job)
        if progress is not None:
            progress(done / all_)
    results.sort(key=lambda one: (one[0].runs, one[0].first))
    return [one for _, drawn in results for one in drawn]


def _weight(job: Job) -> float:
    return job.count * (RUN_WEIGHT if job.runs else 1.0)


Done = tuple[Job, list[Drawn], float]
"""A job, its draws, and the weight of all jobs."""


def _here(task: Task, jobs: Iterable[Job]) -> Iterator[Done]:
    listed, bench = list(jobs), Bench(task)
    all_ = sum(map(_weight, listed))
    for job in listed:
        yield job, bench.do(job), all_


def _beside(task: Task, jobs: Iterable[Job], processes: int) -> Iterator[Done]:
    """Yield jobs as processes finish them; what is waiting is dropped when one fails.

    Processes begin with the first job while the later ones are still being drawn.
    """
    pool = ProcessPoolExecutor(
        processes,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_open,
        initargs=(task,),
    )
    try:
        waiting = {pool.submit(_do, job): job for job in jobs}
        all_ = sum(map(_weight, waiting.values()))
        for future in as_completed(waiting):
            yield waiting[future], future.result(), all_
    except BrokenProcessPool as error:
        raise InputError(
            "a process that answers draws was ended from outside, perhaps for want of memory. "
            "Ask for fewer processes or close other programs, and run it again. In a script of "
            'your own, call it below `if __name__ == "__main__":`.'
        ) from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _open(task: Task) -> None:
    """Make this process's bench; an interrupt is the parent's to answer."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _OPENED["bench"] = Bench(task)


def _do(job: Job) -> list[Drawn]:
    return _OPENED["bench"].do(job)
