"""Critical values of the explosive-root test against pyexuber, in turns, median of five, seconds.

Run: ``python benchmarks/explosive_roots.py --peer PYTHON``, where PYTHON is the interpreter of a
throw-away environment with ``pyexuber`` in it (GPL: never installed beside this package). Without
``--peer`` only our own figures are printed. Target: 5 times pyexuber at 500 values.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import time

import numpy as np

import cardhouse as ch

ROUNDS = 5
LENGTH, REPLICATIONS = 500, 2000
PEER = """
import time, exuber
start = time.perf_counter()
found = exuber.radf_mc_cv({length}, nrep={replications}, seed=1)
print(time.perf_counter() - start, *found.gsadf_cv)
"""


def ours() -> tuple[float, list[float]]:
    """Return seconds and GSADF critical values of one simulation."""
    start = time.perf_counter()
    found = ch.gsadf_critical_values(LENGTH, replications=REPLICATIONS, seed=1)
    return time.perf_counter() - start, found.gsadf.tolist()


def theirs(python: str) -> tuple[float, list[float]]:
    """Return the same of the peer, its start and imports not counted."""
    code = PEER.format(length=LENGTH, replications=REPLICATIONS)
    done = subprocess.run([python, "-c", code], check=True, capture_output=True, text=True)
    seconds, *values = map(float, done.stdout.split())
    return seconds, values


def compile_time() -> float:
    """Return seconds until the first small simulation: import, compilation or its cache."""
    start = time.perf_counter()
    ch.gsadf_critical_values(60, replications=100)
    ch.gsadf(np.cumsum(np.random.default_rng(0).standard_normal(60)))
    return time.perf_counter() - start


def main() -> None:
    """Print a line for each, and how many times faster ours is."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--peer", metavar="PYTHON")
    peer = parser.parse_args().peer
    print(f"first call (compiled, or from the cache)  {compile_time():8.3f} s")
    own, other = [], []
    for _ in range(ROUNDS):
        own.append(ours())
        if peer:
            other.append(theirs(peer))
    named = {"cardhouse": own, "pyexuber": other}
    medians = {}
    for name, rounds in named.items():
        if rounds:
            medians[name] = statistics.median(seconds for seconds, _ in rounds)
            values = ", ".join(f"{value:.3f}" for value in rounds[0][1])
            print(f"{name:10} {LENGTH} values, {REPLICATIONS} replications {medians[name]:8.3f} s")
            print(f"{'':10} GSADF at 90, 95, 99 %: {values}")
    if peer:
        print(f"times faster {medians['pyexuber'] / medians['cardhouse']:.1f}   target 5")


if __name__ == "__main__":
    main()
