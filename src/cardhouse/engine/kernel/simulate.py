"""The door to the compiled engine: a chain, drivers and parameters in, a trajectory out."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from cardhouse.engine.arrays import Array, Chain
from cardhouse.engine.drivers import Drivers, check_drivers
from cardhouse.engine.kernel.chain_tables import Owners, chain_tables
from cardhouse.engine.kernel.kinds import LANES
from cardhouse.engine.kernel.run_tables import LINK_ROWS, RECORD_ROWS, STATE_ROWS, run_tables
from cardhouse.engine.kernel.tables import Tables, joined
from cardhouse.engine.kernel.trajectory import CompiledRun, KeptRows
from cardhouse.engine.per_chain import PerChain
from cardhouse.engine.shocks import Shocks, check_shocks
from cardhouse.engine.simulate import all_parameters, as_paths
from cardhouse.engine.volumes import check_viable
from cardhouse.errors import InputError, did_you_mean
from cardhouse.model.parameters import PARAMETERS

BLOCK = 72
"""Paths side by side: wide enough for the processor's vectors, narrow enough for its caches.

A multiple of a vector's 8 numbers, and no power of 2: rows of 64 would share a few cache sets.
"""

NARROW, MANY_ROWS = 24, 50_000
"""Of an economy with so many rows, blocks as wide would fill the cache that processors share."""

FIELDS: dict[str, tuple[str, str, bool]] = {
    **{field: ("state", name, owners) for name, field, owners in STATE_ROWS},
    **{f"record.{field}": ("work", name, owners) for name, field, owners in RECORD_ROWS},
    **{f"record.{field}": ("work", name, False) for name, field in LINK_ROWS},
}
"""What can be kept, by name: arrays of `State`, and with ``record.`` before them of `Record`."""

CALLS_PER_WORKER = 4

_usual: PerChain[Array] = PerChain(
    lambda chain: np.array([[all_parameters(chain, {})[one.name]] for one in PARAMETERS])
)
_tables: PerChain[Tables] = PerChain(chain_tables)


@dataclass(frozen=True)
class Kept:
    """What was kept of a run: arrays by name, (path, quarter, entity), row 0 first."""

    arrays: Mapping[str, Array]

    def __getitem__(self, name: str) -> Array:
        """Return one array."""
        return self.arrays[name]


@dataclass(frozen=True)
class Plan:
    """A run in tables, with the rows that are kept of every quarter."""

    at: Any
    numbers: Array
    indices: np.ndarray
    sizes: Mapping[str, int]
    spans: Mapping[str, slice]
    quarters: int

    @property
    def rows(self) -> int:
        """Return how many rows are kept of a quarter."""
        return sum(one.stop - one.start for one in self.spans.values())


def simulate_compiled(
    chain: Chain,
    drivers: Drivers,
    *,
    parameters: Mapping[str, float | Sequence[float]] | None = None,
    shocks: Shocks | None = None,
    paths: int = 1,
    threads: int | None = None,
    block: int | None = None,
    keep: Iterable[str] = (),
) -> CompiledRun:
    """Run the chain as `engine.simulate.simulate` does, in machine code.

    All arrays equal those of the readable engine but for rounding. A path's bits hang on nothing
    that runs beside it: not on threads, not on the block.

    Parameters
    ----------
    chain, drivers, parameters, shocks, paths
        As in `engine.simulate.simulate`.
    threads
        Blocks of paths at work at the same time; as many as there are processors by default.
    block
        Paths side by side in a block: 1, or a multiple of 8 (more lanes are filled up). As many as
        do best by default: `BLOCK` or, of large economies, `NARROW`; of a single path one, for
        which laws are compiled apart.
    keep
        Names of `FIELDS` to keep at first, all of them by default. Whatever else is asked of the
        run is there too: it is played once more then.

    Returns
    -------
    CompiledRun
        What `engine.simulate.simulate` returns, worked out as it is asked for.

    Raises
    ------
    EconomyError
        When a parameter is unknown, or the lines need more of each other than they produce.
    ScenarioError
        When drivers do not fit the chain.
    InputError
        When a parameter has values for another number of paths, or shocks do not fit.
    """
    moves = _checked(chain, drivers, parameters, shocks, paths)
    first = _known_names(keep) or tuple(FIELDS)

    def rows(names: Sequence[str]) -> KeptRows:
        plan = plan_run(chain, drivers, names, links=True, shocked=shocks is not None)
        return KeptRows(plan.spans, _run(plan, moves, threads, block))

    return CompiledRun(chain, drivers, rows(first), lambda: rows(tuple(FIELDS)))


def run_compiled(
    chain: Chain,
    drivers: Drivers,
    *,
    keep: Iterable[str],
    parameters: Mapping[str, float | Sequence[float]] | None = None,
    shocks: Shocks | None = None,
    paths: int = 1,
    threads: int | None = None,
    block: int | None = None,
) -> Kept:
    """Run the chain and keep some arrays: for many paths, whose whole states fill no memory.

    Parameters
    ----------
    chain, drivers, parameters, shocks, paths, threads, block
        As in `simulate_compiled`.
    keep
        Names of `FIELDS`: arrays of a state such as ``cash``, of a record such as
        ``record.failed``.

    Returns
    -------
    Kept
        Arrays (path, quarter, entity): of firms, lines, loans, links ... as in `State` and
        `Record`, further axes flattened. Masks and outcomes are numbers.

    Raises
    ------
    InputError
        When a name is not known; otherwise as in `simulate_compiled`.
    """
    names = _known_names(keep)
    moves = _checked(chain, drivers, parameters, shocks, paths)
    by_link = any(f"record.{field}" in names for _, field in LINK_ROWS)
    plan = plan_run(chain, drivers, names, links=by_link, shocked=shocks is not None)
    out = _run(plan, moves, threads, block)
    owners = Owners.of(chain).owned
    return Kept(
        {name: _entities(chain, owners, name, out[:, at]) for name, at in plan.spans.items()}
    )


def _known_names(keep: Iterable[str]) -> tuple[str, ...]:
    """Return names of what to keep, or refuse one that there is not."""
    names = tuple(keep)
    for name in names:
        if name not in FIELDS:
            raise InputError(
                f"'{name}' cannot be kept.{did_you_mean(name, FIELDS)} Known: {', '.join(FIELDS)}."
            )
    return names


def _entities(chain: Chain, owners: np.ndarray, name: str, rows: Array) -> Array:
    """Return kept rows (quarter, row, path) as (path, quarter, entity); lines without plant too.

    A view: paths lie side by side in memory, as whoever counts over them likes it.
    """
    if FIELDS[name][2]:
        parts = rows.shape[1] // max(len(owners), 1)
        lines = len(chain.line_ids)
        wide = np.zeros((len(rows), parts, lines, rows.shape[2]))
        wide[:, :, owners] = rows.reshape(len(rows), parts, len(owners), -1)
        rows = wide.reshape(len(rows), parts * lines, -1)
    return np.moveaxis(rows, 2, 0)


def _checked(
    chain: Chain,
    drivers: Drivers,
    parameters: Mapping[str, float | Sequence[float]] | None,
    shocks: Shocks | None,
    paths: int,
) -> Array:
    """Refuse what the laws cannot take; return parameters and shocks (row, path)."""
    check_drivers(chain, drivers)
    check_viable(chain, drivers)
    if shocks is not None:
        check_shocks(chain, shocks, drivers.quarters, paths)
    if parameters:
        columns = as_paths(all_parameters(chain, parameters), paths)
        rows = [np.array([columns[one.name][:, 0] for one in PARAMETERS])]
    else:
        rows = [np.broadcast_to(_usual.of(chain), (len(PARAMETERS), paths))]
    if shocks is not None:
        factors = (shocks.demand, shocks.supply, shocks.price)
        rows += [np.swapaxes(one, 1, 2).reshape(-1, paths) for one in factors]
    return np.concatenate(rows)


def plan_run(
    chain: Chain, drivers: Drivers, keep: Sequence[str], *, links: bool, shocked: bool = False
) -> Plan:
    """Return a run in tables, with the rows of the names that are kept."""
    t = run_tables(_tables.of(chain), chain, drivers, links=links, shocked=shocked)
    t.size("keep_claims", int(not {"record.claims", "record.lost"}.isdisjoint(keep)))
    rows: dict[str, list[np.ndarray]] = {"state": [], "work": []}
    spans: dict[str, slice] = {}
    place = 0
    # The compiled story copies rows of the state first, so they come first here, too.
    for name in sorted(keep, key=lambda one: FIELDS[one][0] != "state"):
        kind, row, _ = FIELDS[name]
        _, first, count = t.spans[row]
        rows[kind].append(np.arange(first, first + count))
        spans[name] = slice(place, place + count)
        place += count
    for kind, parts in rows.items():
        places = np.concatenate([np.zeros(0, dtype=np.int64), *parts])
        t.index(f"kept_{kind}", places)
        t.size(f"kept_{kind}s", len(places))
    t.size("kept_rows", place)
    numbers, indices = joined(t.numbers, np.float64), joined(t.indices, np.int64)
    return Plan(t.record()[0], numbers, indices, t.used, spans, drivers.quarters)


def _run(plan: Plan, moves: Array, threads: int | None, block: int | None) -> Array:
    """Return what is kept (quarter, row, path): some blocks of paths a call, on any thread."""
    from cardhouse.engine.kernel.machine import run_blocks

    moves = np.ascontiguousarray(moves)
    paths = moves.shape[1]
    if block is None:
        rows = plan.sizes["work"] + 2 * plan.sizes["state"]
        block = 1 if paths == 1 else BLOCK if rows < MANY_ROWS else NARROW
    if block < 1:
        raise InputError(f"block is {block}, expected a number of paths from 1.")
    story = run_blocks(plan.at, one_path=block == 1)
    out = np.empty(((plan.quarters + 1) * plan.rows, paths))
    workers = max(1, threads or os.cpu_count() or 1)

    found = _shares(paths, block, workers)
    widest = max(width for width, _, _ in found)
    unused: list[Scratch] = []

    def run(share: tuple[int, int, int]) -> None:
        width, first, end = share
        scratch = unused.pop() if unused else Scratch.of(plan, widest)
        s, n, work = (row[: row.size // widest * width].reshape(-1, width) for row in scratch.rows)
        story(plan.at, plan.numbers, plan.indices, s, n, work, scratch.desk, moves, out, first, end)
        unused.append(scratch)

    if workers == 1 or len(found) == 1:
        for share in found:
            run(share)
    else:
        with ThreadPoolExecutor(min(workers, len(found))) as pool:
            list(pool.map(run, found))
    return out.reshape(plan.quarters + 1, plan.rows, paths)


class Scratch(NamedTuple):
    """Room for a block of paths: rows of two states and of work, and the desk of one path.

    A call leaves it as it is for the next one: fresh memory costs more than what is in it.
    """

    rows: tuple[Array, Array, Array]
    desk: Array

    @classmethod
    def of(cls, plan: Plan, width: int) -> Scratch:
        """Return room for blocks of at most a width."""
        sizes = (plan.sizes[kind] for kind in ("state", "state", "work"))
        s, n, work = (aligned(size * width) for size in sizes)
        return cls((s, n, work), np.zeros(plan.sizes["desk"] + 1))


def aligned(count: int) -> Array:
    """Return zeros that begin where a processor's widest vectors like to."""
    line, size = 64, 8
    flat = np.zeros(count + line // size)
    first = -flat.ctypes.data % line // size
    return flat[first : first + count]


def _shares(paths: int, block: int, workers: int) -> list[tuple[int, int, int]]:
    """Return (width of a block, first path, end) of each call: whole blocks, then the rest.

    A few calls a worker keep all of them busy to the end; few paths are shared out evenly. Blocks
    of more than one path fill whole vectors.
    """
    if block > 1:
        block = in_lanes(min(block, -(-paths // workers)))
    whole = paths // block * block
    step = block * max(1, paths // block // (CALLS_PER_WORKER * workers))
    found = [(block, first, min(first + step, whole)) for first in range(0, whole, step)]
    return found + ([(in_lanes(paths - whole), whole, paths)] if paths > whole else [])


def in_lanes(paths: int) -> int:
    """Return the width of a block of some paths: whole vectors."""
    return -(-paths // LANES) * LANES
