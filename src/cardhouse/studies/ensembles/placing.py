"""Where the tasks of an ensemble are done, as a person asks for it."""

from __future__ import annotations

import multiprocessing
import signal
import sys

from cardhouse.compiling import machine_code_folder
from cardhouse.engine.kernel.crew import is_python
from cardhouse.errors import InputError
from cardhouse.studies.draw_numbers import usable_processors
from cardhouse.studies.ensembles.executors import Executor, Processes, Threads
from cardhouse.studies.ensembles.plan import Plan

LEAF_SECONDS, PATH_SECONDS = 0.02, 0.0008
"""What a leaf and a path of 20 quarters cost a processor, about."""
USUAL_QUARTERS = 20
MEMBERS = 8
"""How many times as much it is where the firms of populations run one by one."""
PAYS = 5.0
"""Seconds of work from which processes pay: each takes a second and a half to start."""


def seconds_of(plan: Plan, quarters: int, *, members: bool = False, twice: bool = False) -> float:
    """Return about how long a processor works on an ensemble; ``twice``: under two scenarios.

    Examples
    --------
    >>> [round(seconds_of(Plan(paths), 20)) for paths in (1000, 10_000, 1_000_000)]
    [2, 18, 810]
    """
    leaf = LEAF_SECONDS * plan.leaves
    path = PATH_SECONDS * plan.paths * quarters / USUAL_QUARTERS
    return (leaf + path) * (MEMBERS if members else 1) * (2 if twice else 1)


def executor_of(
    threads: int | None = None, cluster: str | None = None, seconds: float = 0.0
) -> Executor:
    """Return where tasks are done: so many at a time on this machine, or on a cluster.

    Parameters
    ----------
    threads
        How many tasks are done at a time; none: one for each processor, where there is enough to
        do for more than one.
    cluster
        The address of a Dask scheduler; none: this machine.
    seconds
        How long one processor would take, about (`seconds_of`): little is done in this process,
        much in processes of its own.

    Raises
    ------
    InputError
        When both are asked for, or what is asked for cannot be.
    """
    if threads is not None and threads < 1:
        raise InputError(f"--threads is {threads}, expected 1 or more.")
    if cluster is None:
        return _here(threads, seconds)
    if threads is not None:
        raise InputError(
            "--threads and --cluster cannot go together: a cluster's workers have threads of their "
            "own. Leave one out."
        )
    from cardhouse.studies.ensembles.cluster import Cluster

    return Cluster(cluster)


def _here(threads: int | None, seconds: float) -> Executor:
    if seconds < PAYS or not processes_can_start():
        return Threads(threads or 1)
    count = threads or usable_processors()
    return Processes(count) if count > 1 else Threads(1)


def processes_can_start() -> bool:
    """Tell whether this process can start others that end with it, and they work at once.

    Not where signals cannot be kept from them (Windows), where the program is no interpreter but an
    application that holds one, where this is itself such a process, or where each would have to
    compile the engine, because no machine code is kept.
    """
    alone = not multiprocessing.current_process().daemon
    kept = machine_code_folder() is not None
    return alone and kept and is_python(sys.executable) and hasattr(signal, "pthread_sigmask")
