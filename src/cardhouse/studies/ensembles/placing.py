"""Where the tasks of an ensemble are done, as a person asks for it."""

from __future__ import annotations

from cardhouse.errors import InputError
from cardhouse.studies.ensembles.executors import Executor, Threads


def executor_of(threads: int | None = None, cluster: str | None = None) -> Executor:
    """Return where tasks are done: in so many threads of this process, or on a cluster.

    Raises
    ------
    InputError
        When both are asked for, or what is asked for cannot be.
    """
    if threads is not None and threads < 1:
        raise InputError(f"--threads is {threads}, expected 1 or more.")
    if cluster is None:
        return Threads(threads or 1)
    if threads is not None:
        raise InputError(
            "--threads and --cluster cannot go together: a cluster's workers have threads of their "
            "own. Leave one out."
        )
    from cardhouse.studies.ensembles.cluster import Cluster

    return Cluster(cluster)
