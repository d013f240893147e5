"""What an ensemble costs: seconds of computing a draw of accounts, a path, a merge; bytes kept.

    python benchmarks/ensembles.py [--economy ai] [--quarters 20] [--members]

CPU seconds of this process, so that other work on the machine counts little. The second table is
the model that docs/guide/ensembles.md extrapolates from.
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from cardhouse.accounts import open_accounts
from cardhouse.studies.ensembles.folders import Folder
from cardhouse.studies.ensembles.keeping import kept_ensemble
from cardhouse.studies.ensembles.observing import empty
from cardhouse.studies.ensembles.plan import Leaf, Plan
from cardhouse.studies.ensembles.running import run_ensemble
from cardhouse.studies.ensembles.tally import Tally
from cardhouse.studies.ensembles.working import Study, Work, do_leaf
from cardhouse.studies.lever_paths import BASELINE


def seconds(what: Callable[[], Any], times: int = 1) -> float:
    """Return CPU seconds that a call takes."""
    started = time.process_time()
    for _ in range(times):
        what()
    return (time.process_time() - started) / times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--economy", default="ai")
    parser.add_argument("--quarters", type=int, default=20)
    parser.add_argument("--members", action="store_true")
    asked = parser.parse_args()
    opened: list[Any] = []
    print(
        f"open the accounts: {seconds(lambda: opened.append(open_accounts(asked.economy))):.1f} s"
    )
    accounts = opened[0]
    drawing = accounts.drawn(41, 7)
    next(drawing)
    values: list[Any] = []
    drawn = seconds(lambda: values.append(next(drawing)), 40)
    built = seconds(lambda: accounts.world_of(values[0]), 20)
    print(f"a draw: {1e3 * drawn:.0f} ms, its world: {1e3 * built:.0f} ms")

    per_leaf: dict[int, float] = {}
    study = Study(
        accounts.world, BASELINE, asked.quarters, Plan(1_000_000, 7), members=asked.members
    )
    layout, world = study.layout(), accounts.world_of(values[1])
    do_leaf(study, layout, Work(Leaf(0, 0, 1), world))  # what is compiled is compiled now
    for size in (1, 16, 64, 256):
        work = Work(Leaf(0, 0, size), world)
        per_leaf[size] = seconds(lambda one=work: do_leaf(study, layout, one))
        print(f"a leaf of {size:5,} paths: {per_leaf[size]:.2f} s")
    sizes = sorted(per_leaf)
    per_path = (per_leaf[sizes[-1]] - per_leaf[sizes[-2]]) / (sizes[-1] - sizes[-2])
    firms = len(layout.firms)
    print(
        f"a path more: {1e3 * per_path:.3f} ms, {1e9 * per_path / firms / asked.quarters:,.0f} ns "
        f"a firm and quarter ({firms} firms told)"
    )
    seen = empty(layout, 1024)
    seen.values[:] = np.random.default_rng(0).random(seen.values.shape)
    one = Tally.of(seen, layout, np.arange(1024))
    print(f"reduce 1,024 paths: {seconds(lambda: Tally.of(seen, layout, np.arange(1024))):.2f} s")
    print(f"merge two tallies: {seconds(lambda: one.merge(one)):.2f} s")
    print(f"a tally holds {sum(part.nbytes for part in one.arrays().values()) / 1e6:.1f} MB")
    with tempfile.TemporaryDirectory() as folder:
        study = Study(accounts.world, BASELINE, asked.quarters, Plan(512, 7))
        kept = seconds(lambda: kept_ensemble(study, accounts, Folder(folder)))
        plain = seconds(lambda: run_ensemble(study, accounts))
        size = sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file())
        print(f"512 paths: {plain:.1f} s, kept on disk {kept:.1f} s and {size / 1e6:.0f} MB")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory of all this: {peak:,.0f} MiB")


if __name__ == "__main__":
    main()
