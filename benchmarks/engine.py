"""Nanoseconds per firm and quarter, compiled engine and numpy engine in turns, as Markdown.

Run: ``python benchmarks/engine.py`` (``--quick`` leaves out the slow rows). Each row is the median
of three rounds; processor time stands beside wall time, since other work on the machine stretches
the latter, and time per link beside time per firm: a firm of the shipped economy has 41 links, one
of an invented economy some 60. Invented lines buy from 5 others; in *calm* economies nobody fails,
in the others a fifth to a third of all firms, and every quarter somebody cannot pay. Targets: 60 ns
per firm-quarter on two threads, 3 times the numpy engine in batches.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cardhouse as ch
from cardhouse.engine.arrays import Chain
from cardhouse.engine.chain import compile_chain
from cardhouse.engine.drivers import Drivers, neutral
from cardhouse.engine.kernel.simulate import run_compiled, simulate_compiled
from cardhouse.engine.populations import expand
from cardhouse.engine.simulate import simulate
from cardhouse.studies.driving import drivers_of
from cardhouse.studies.scenario_files import load_scenario

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from strategies import Recipe

ROUNDS, QUARTERS = 3, 20
KEEP = ("cash", "revenue")
INVENTED = (12, 50, 350, 2000)
SCENARIO = "capital-freeze"


def timed(action: Callable[[], object]) -> tuple[float, float]:
    """Return wall and processor seconds of an action."""
    wall, used = time.perf_counter(), time.process_time()
    action()
    return time.perf_counter() - wall, time.process_time() - used


def cases() -> Iterator[tuple[str, Chain, Drivers]]:
    """Return the economies that are timed, by name, with what drives them."""
    world = ch.open("ai")
    shipped = compile_chain(world)
    yield "ai", shipped, neutral(shipped, QUARTERS)
    scenario = load_scenario(SCENARIO, base=world.base)
    yield f"ai, {SCENARIO}", shipped, drivers_of(shipped, scenario, QUARTERS)
    members = compile_chain(expand(world))
    yield "ai, member by member", members, neutral(members, QUARTERS)
    for firms in INVENTED:
        for calm in (True, False) if firms < 100 else (False,):
            chain = compile_chain(invented(firms, calm=calm).world())
            yield f"invented, {firms} firms{', calm' * calm}", chain, neutral(chain, QUARTERS)


def invented(firms: int, *, calm: bool) -> Recipe:
    """Return a recipe of an economy of so many firms."""
    return Recipe(
        firms=firms,
        seed=7,
        stationary=calm,
        cycles=False,
        extras=True,
        growing=not calm,
        suppliers=5,
    )


def actions(
    chain: Chain, drivers: Drivers, *, quick: bool
) -> dict[str, tuple[Callable[[], object], int]]:
    """Return what is timed on one economy, and the paths it runs."""
    firms = len(chain.firm_ids)
    many = max(72, min(10_000, 200_000 // firms))
    batch = max(2, min(many, 2_000 // firms))

    def compiled(threads: int) -> Callable[[], object]:
        return lambda: run_compiled(chain, drivers, keep=KEEP, paths=many, threads=threads)

    out: dict[str, tuple[Callable[[], object], int]] = {
        "compiled, 1 path, whole trajectory": (lambda: simulate_compiled(chain, drivers), 1),
        "compiled, 1 path, cash and revenue": (
            lambda: run_compiled(chain, drivers, keep=KEEP),
            1,
        ),
        f"compiled, {many} paths, 1 thread": (compiled(1), many),
        f"compiled, {many} paths, 2 threads": (compiled(2), many),
    }
    if firms < 500 or not quick:
        out["numpy, 1 path"] = (lambda: simulate(chain, drivers), 1)
    if firms < 100:
        out[f"numpy, {batch} paths"] = (lambda: simulate(chain, drivers, paths=batch), batch)
    return out


def main() -> None:
    """Print the machine and a table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="leave out the slow rows")
    quick = parser.parse_args().quick
    load = os.getloadavg()[0]
    print(f"{os.cpu_count()} processors ({platform.machine()}), load {load:.1f} at the start\n")
    print("| economy | run | ms | ns per firm-quarter, wall | processor time | wall, per link |")
    print("| --- | --- | ---: | ---: | ---: | ---: |")
    for name, chain, drivers in cases():
        found = actions(chain, drivers, quick=quick)
        simulate_compiled(chain, drivers)
        rounds: dict[str, list[tuple[float, float]]] = {what: [] for what in found}
        for _ in range(ROUNDS):
            for what, (action, _) in found.items():
                rounds[what].append(timed(action))
        for what, (_, paths) in found.items():
            wall, used = (statistics.median(column) for column in zip(*rounds[what], strict=True))
            unit = 1e9 / (paths * QUARTERS * len(chain.firm_ids))
            of_link = wall * unit * len(chain.firm_ids) / chain.links.count
            print(
                f"| {name} | {what} | {wall * 1e3:.1f} | {wall * unit:.0f} | {used * unit:.0f} "
                f"| {of_link:.1f} |"
            )


if __name__ == "__main__":
    main()
