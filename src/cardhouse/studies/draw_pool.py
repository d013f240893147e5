"""Draws spread over processes, in any number with the same results."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from contextlib import closing

from cardhouse.studies.crew import Crew
from cardhouse.studies.draw_bench import Bench, Drawn, Job, Task
from cardhouse.studies.draw_numbers import Progress

RUN_WEIGHT = 30.0
"""A draw with its runs takes about as long as this many draws without."""


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
    results: list[tuple[Job, list[Drawn]]] = []
    done = 0.0
    with closing(_here(task, jobs) if processes <= 1 else _beside(task, jobs, processes)) as doing:
        for job, drawn, all_ in doing:
            results.append((job, drawn))
            done += _weight(job)
            if progress is not None:
                progress(done / all_)
    results.sort(key=lambda one: (one[0].runs, one[0].first))
    return [one for _, drawn in results for one in drawn]


def _weight(job: Job) -> float:
    return job.count * (RUN_WEIGHT if job.runs else 1.0)


Doing = Generator[tuple[Job, list[Drawn], float], None, None]
"""A job, its draws, and the weight of all jobs; closed, it leaves no process behind."""


def _here(task: Task, jobs: Iterable[Job]) -> Doing:
    listed, bench = list(jobs), Bench(task)
    all_ = sum(map(_weight, listed))
    for job in listed:
        yield job, bench.do(job), all_


def _beside(task: Task, jobs: Iterable[Job], processes: int) -> Doing:
    """Yield jobs as processes finish them; what is waiting is dropped when one fails.

    Processes begin with the first job while the later ones are still being drawn; what they finish
    meanwhile is told when it is known how much there is to do.
    """
    crew, all_ = Crew(Bench(task).do, processes, "answers draws"), 0.0
    early: list[tuple[Job, list[Drawn]]] = []
    try:
        for job in jobs:
            all_ += _weight(job)
            crew.take(job)
            early += crew.answers(patience=0.0)
        for job, drawn in early:
            yield job, drawn, all_
        while crew.busy:
            for job, drawn in crew.answers():
                yield job, drawn, all_
    finally:
        crew.end()
