"""A small ensemble that tests of storage and distribution share, and processes of their own run.

Run as a script it keeps the ensemble in a folder: ``python ensembling.py FOLDER [PROCESSES]``.
"""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from pathlib import Path

from cardhouse.studies.ensembles.executors import Processes, Threads
from cardhouse.studies.ensembles.folders import Folder
from cardhouse.studies.ensembles.keeping import kept_ensemble
from cardhouse.studies.ensembles.plan import Plan
from cardhouse.studies.ensembles.running import Outcome, Progress
from cardhouse.studies.ensembles.tally import Tally
from cardhouse.studies.ensembles.uncertain import ACCOUNTS
from cardhouse.studies.ensembles.working import Study
from cardhouse.studies.lever_paths import BASELINE
from strategies import Recipe

PATHS, QUARTERS, SEED = 70, 2, 7


def small_study(**more: object) -> Study:
    """Return a study of an invented economy: 64 leaves, a few seconds."""
    world = Recipe(firms=3, seed=3, stationary=False, extras=True, growing=True).world()
    made = Study(world, BASELINE, QUARTERS, Plan(PATHS, SEED), certain=frozenset({ACCOUNTS}))
    return replace(made, **more)  # type: ignore[arg-type]


def bits(tally: Tally) -> dict[str, bytes]:
    """Return every bit of a tally."""
    return {name: values.tobytes() for name, values in tally.arrays().items()}


def keep_in(folder: str | Path, processes: int = 0, *, resume: bool = True) -> Outcome:
    """Run the small ensemble in a folder, slowly enough to be killed; 0: in this process."""

    def slowly(_: Progress) -> None:
        time.sleep(0.02)

    executor = Processes(processes) if processes else Threads()
    return kept_ensemble(
        small_study(), None, Folder(folder), resume=resume, executor=executor, progress=slowly
    )


if __name__ == "__main__":
    keep_in(sys.argv[1], int(sys.argv[2]))
