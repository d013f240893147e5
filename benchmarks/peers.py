"""Two small models written for each of several libraries: ns per firm-quarter, and ratios.

    python benchmarks/peers.py [--peers PYTHON] [--macrostat PYTHON] [--firms 12 50]
                               [--models chain fragile]

PYTHON is the interpreter of a throw-away environment (benchmarks/peers/README.md says how to make
it); without it only our own engines and plain numpy run. Each contender is a process that is
started once and then runs in turns with the others; the median of five counts. Ratios are of
processor time, which other work on the machine moves little. Before anything is timed, what every
firm, quarter and path ends with is compared (cash, revenue, in the second model failures): 1e-9
relative, or it stops. Cash is compared with a hundredth of opening revenue where it is less: who
pays all it has is left with nothing, or with what rounding leaves of nothing.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent / "peers"
ROUNDS = 5
QUARTERS = 20
SAME = 1e-9
LEAST_CASH = 0.01  # of opening revenue


@dataclass(frozen=True)
class Contender:
    """Who runs, in whose environment, on how many paths, and what to call it."""

    name: str
    where: str
    paths: int
    words: str


COMPILED = (
    Contender("cardhouse:compiled", "own", 2000, "cardhouse, compiled, one thread"),
    Contender("cardhouse:threads", "own", 2000, "cardhouse, compiled, two threads"),
)
OTHERS = (
    Contender("numpy_batch", "own", 2000, "numpy, 2,000 paths side by side"),
    Contender("numpy", "own", 20, "numpy, one path at a time"),
    Contender("cardhouse", "own", 100, "cardhouse, the readable engine"),
    Contender("jax", "peers", 2000, "JAX, 2,000 paths side by side"),
    Contender("mesa", "peers", 5, "mesa"),
    Contender("sfctools", "peers", 2, "sfctools"),
)
FRAGILE = (
    Contender("numpy", "own", 2000, "numpy, 2,000 paths side by side"),
    Contender("numpy:single", "own", 20, "numpy, one path at a time"),
    Contender("cardhouse", "own", 100, "cardhouse, the readable engine"),
    Contender("jax", "peers", 2000, "JAX, 2,000 paths side by side"),
    Contender("mesa", "peers", 5, "mesa"),
)
HAS_COMPILED = find_spec("cardhouse.engine.kernel") is not None
OURS = COMPILED if HAS_COMPILED else ()
CONTENDERS = {"chain": (*OURS, *OTHERS), "fragile": (*OURS, *FRAGILE)}
REFERENCE = {"chain": "numpy_batch", "fragile": "numpy"}
TITLES = {"chain": "Nobody fails", "fragile": "Some fail"}


class Runner:
    """A contender's process, its first run done."""

    def __init__(self, one: Contender, python: str, model: str, firms: int, folder: Path) -> None:
        self.one = one
        self.cells = firms * QUARTERS * one.paths
        self.file = folder / f"{one.name.replace(':', '_')}.npz"
        words = [model, one.name, firms, QUARTERS, one.paths, self.file]
        self.process = subprocess.Popen(
            [python, HERE / "worker.py", *map(str, words)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            # One thread of linear algebra each: threads are compared where they are ours to set.
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        )
        self._answer()
        self.times: list[list[float]] = []

    def _answer(self) -> str:
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"{self.one.words} ended before it answered; its own message stands above.")
        return line

    def turn(self) -> None:
        """Run once more."""
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        self.times.append([float(word) for word in self._answer().split()])

    @property
    def nanoseconds(self) -> tuple[float, float]:
        """Return the median time of a firm and quarter: by the clock, and of the processors."""
        clock, processors = (
            1e9 * statistics.median(times) / self.cells for times in zip(*self.times, strict=True)
        )
        return clock, processors

    def close(self) -> None:
        """End the process."""
        self.process.stdin.close()
        self.process.wait(60)


def check_same(runners: list[Runner], base: str) -> float:
    """Return the largest relative difference between any two; stop where it is too large."""
    found = {one.one.words: np.load(one.file) for one in runners}
    reference = found[next(one.one.words for one in runners if one.one.name == base)]
    return max(gap_between(words, values, reference) for words, values in found.items())


def gap_between(
    words: str, values: Mapping[str, np.ndarray], reference: Mapping[str, np.ndarray]
) -> float:
    """Return the largest relative difference of one contender; stop where it is too large."""
    most = 0.0
    least = LEAST_CASH * reference["revenue"][0, 0]
    for name in reference:
        paths = min(values[name].shape[1], reference[name].shape[1])
        mine, theirs = values[name][:, :paths], reference[name][:, :paths]
        if name == "failed":
            if (mine != theirs).any():
                sys.exit(f"{words}: {int((mine != theirs).sum())} failures differ.")
            continue
        gap = float((np.abs(mine - theirs) / np.maximum(np.abs(theirs), least)).max())
        if not gap <= SAME:
            sys.exit(f"{words}: {name} differs by {gap:.1e}, at most {SAME:g} allowed.")
        most = max(most, gap)
    return most


def measure(model: str, firms: int, pythons: dict[str, str]) -> None:
    """Print the table of one economy."""
    chosen = [one for one in CONTENDERS[model] if one.where in pythons]
    with tempfile.TemporaryDirectory() as folder:
        runners = [Runner(one, pythons[one.where], model, firms, Path(folder)) for one in chosen]
        gap = check_same(runners, REFERENCE[model])
        failures = _failures(runners[0])
        for _ in range(ROUNDS):
            for runner in runners:
                runner.turn()
        for runner in runners:
            runner.close()
    base = runners[0]
    print(f"\n### {TITLES[model]}: {firms} firms, {QUARTERS} quarters\n")
    print(f"| | paths | ns per firm-quarter | of the processors | times {base.one.words} |")
    print("| --- | ---: | ---: | ---: | ---: |")
    least = base.nanoseconds[1]
    for runner in sorted(runners, key=lambda one: one.nanoseconds[1]):
        clock, ns = runner.nanoseconds
        paths = f"{runner.one.paths:,}"
        print(f"| {runner.one.words} | {paths} | {clock:,.1f} | {ns:,.1f} | {ns / least:,.2f} |")
    print(f"\nLargest relative difference between any two: {gap:.1e}.{failures}", flush=True)


def _failures(runner: Runner) -> str:
    """Return a sentence on how many fail, where the model lets anybody fail."""
    found = np.load(runner.file)
    if "failed" not in found:
        return ""
    return f" {100.0 * found['failed'].any(axis=0).mean():.0f} of 100 firms fail, the same in all."


def macrostat(python: str) -> None:
    """Print what MacroStat's nearest model costs; it leaves a log where it runs."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [python, HERE.resolve() / "with_macrostat.py"],
            check=True,
            capture_output=True,
            text=True,
            cwd=folder,
        )
    print(f"\n{done.stdout.strip()}")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peers", metavar="PYTHON")
    parser.add_argument("--macrostat", metavar="PYTHON")
    parser.add_argument("--firms", type=int, nargs="+", default=[12, 50])
    parser.add_argument("--models", nargs="+", default=list(TITLES), choices=list(TITLES))
    asked = parser.parse_args()
    pythons = {"own": sys.executable} | ({"peers": asked.peers} if asked.peers else {})
    for model in asked.models:
        for firms in asked.firms:
            measure(model, firms, pythons)
    if asked.macrostat:
        macrostat(asked.macrostat)


if __name__ == "__main__":
    main()
