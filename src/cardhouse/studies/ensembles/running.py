"""An ensemble from its study to its tally: draw, hand out, keep, merge."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Protocol

from cardhouse.accounts import Accounts
from cardhouse.accounts.balance import Vector
from cardhouse.analysis.tree_fold import TreeFold
from cardhouse.errors import InputError
from cardhouse.model.world import World
from cardhouse.studies.ensembles.executors import Executor, Processes, Threads
from cardhouse.studies.ensembles.observing import COMPLETED, ENDINGS, Layout
from cardhouse.studies.ensembles.plan import Task
from cardhouse.studies.ensembles.tally import Tally
from cardhouse.studies.ensembles.uncertain import ACCOUNTS
from cardhouse.studies.ensembles.working import Study, Work, compile_first, do_task


@dataclass(frozen=True)
class Progress:
    """How far an ensemble is: paths done, of how many, and since when (seconds)."""

    done: int
    paths: int
    seconds: float
    before: int = 0

    @property
    def rate(self) -> float:
        """Return paths a second of this run, what was found on disk left out."""
        return (self.done - self.before) / self.seconds if self.seconds > 0 else 0.0

    @property
    def left(self) -> float | None:
        """Return the seconds left at this rate; None before the first paths are done."""
        return (self.paths - self.done) / self.rate if self.rate > 0 else None


Told = Callable[[Progress], None]


class Shelf(Protocol):
    """Where finished tasks are kept."""

    def found(self, task: Task) -> Tally | None:
        """Return what is kept of a task, None where nothing whole is."""

    def keep(self, task: Task, tally: Tally) -> None:
        """Keep a task's tally."""


@dataclass(frozen=True)
class Outcome:
    """An ensemble's study, layout and tally, and the seconds that it took."""

    study: Study
    layout: Layout
    tally: Tally
    seconds: float = 0.0


@dataclass(frozen=True)
class Job:
    """A task with the worlds that its leaves start from."""

    task: Task
    works: Sequence[Work]


@dataclass(frozen=True)
class Doing:
    """What is done with every job of a study."""

    study: Study
    layout: Layout

    def do(self, job: Job) -> Tally:
        """Return the tally of a job's task."""
        return do_task(self.study, self.layout, list(job.works))


def run_ensemble(
    study: Study,
    accounts: Accounts | None,
    *,
    executor: Executor | None = None,
    shelf: Shelf | None = None,
    progress: Told | None = None,
) -> Outcome:
    """Run all paths of a study.

    Parameters
    ----------
    study
        What every path has in common.
    accounts
        Whose posterior is drawn from; None only where accounts are taken as certain.
    executor
        Where tasks are done; none: here, one after the other.
    shelf
        Where finished tasks are kept and looked for; none: nowhere.
    progress
        Told after each task how far the work is.

    Raises
    ------
    InputError
        When no path can be run, or accounts shall be drawn and there are none.
    """
    started, layout = time.monotonic(), study.layout()
    fold: TreeFold[Tally] = TreeFold(Tally.merge, study.plan.leaves)
    plan, done, waiting = study.plan, 0, []
    for task in map(plan.task, range(plan.tasks)):
        kept = shelf.found(task) if shelf is not None else None
        if kept is None:
            waiting.append(task)
            continue
        fold.add(task.first, kept, task.count)
        done += plan.paths_of(task)
    before = done
    jobs = _jobs(study, accounts, waiting)
    if waiting and isinstance(executor, Processes):
        compile_first(study, layout)
    with closing((executor or Threads()).each(Doing(study, layout).do, jobs)) as results:
        for job, tally in results:
            if shelf is not None:
                shelf.keep(job.task, tally)
            fold.add(job.task.first, tally, job.task.count)
            done += plan.paths_of(job.task)
            if progress is not None:
                progress(Progress(done, plan.paths, time.monotonic() - started, before))
    tally = fold.result()
    if not tally.endings[ENDINGS.index(COMPLETED)]:
        why = tally.refusal or "in every one of them lines come to need more than they make."
        raise InputError(f"not one of {plan.paths:,} paths ran to its end: {why}")
    return Outcome(study, layout, tally, time.monotonic() - started)


def _jobs(study: Study, accounts: Accounts | None, tasks: Sequence[Task]) -> Iterator[Job]:
    """Yield jobs, worlds drawn when a job is asked for.

    Accounts are drawn in this one place, so that no draw depends on where its paths are run.
    """
    draw = _balanced(study) if ACCOUNTS in study.certain else _drawing(study, accounts)
    for task in tasks:
        works = [Work(leaf, draw(leaf.number)) for leaf in study.plan.leaves_of(task)]
        yield Job(task, works)


Draw = Callable[[int], World]
"""From the number of a leaf to the world that its paths start from."""


def _balanced(study: Study) -> Draw:
    return lambda _: study.world


def _drawing(study: Study, accounts: Accounts | None) -> Draw:
    if accounts is None:
        raise InputError(
            f"the accounts of '{study.world.economy}' cannot be drawn: their facts are not known."
        )
    leaves = study.plan.leaves
    under_way: dict[int, Iterator[Vector]] = {}

    def draw(leaf: int) -> World:
        """Draw on where the last draw left off: to begin anew costs as much as ten draws."""
        rest = under_way.pop(leaf, None)
        if rest is None:
            under_way.clear()
            rest = accounts.drawn(leaves - leaf, study.plan.seed, leaf)
        values = next(rest)
        under_way[leaf + 1] = rest
        return accounts.world_of(values)

    return draw
