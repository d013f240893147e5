"""From a run of some paths to the numbers that are kept of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from cardhouse.engine.arrays import Array, Chain, Index, Mask
from cardhouse.engine.links import summed
from cardhouse.engine.quarter import Record
from cardhouse.engine.runs import Run
from cardhouse.engine.state import State
from cardhouse.engine.sums import group_sum
from cardhouse.errors import InputError, did_you_mean
from cardhouse.model.vocabulary import EntityKind
from cardhouse.studies.ensembles.keep import (
    CHAIN,
    CHAIN_VARIABLES,
    CHANGE,
    FAILED,
    FIRM_VARIABLES,
    HOLDER_VARIABLES,
    Keep,
)
from cardhouse.studies.ensembles.plan import Plan

COMPLETED, EXPLOSIVE, REFUSED = "completed", "explosive", "refused"
ENDINGS = (COMPLETED, EXPLOSIVE, REFUSED)
"""How a path ends: run to the last quarter; stopped where lines come to need more of each other
than they make; not begun, because such are the coefficients of its accounts already."""


@dataclass(frozen=True)
class Layout:
    """What is kept of whom: the series (variable, entity), and the events that are counted.

    Axes: ``series``, ``quarter`` (row 0 first), ``path``; ``firm`` as in the chain. ``points`` are
    those of a sketch; of each ``every`` paths the last is kept whole. Where paths are set
    ``against`` those of another scenario, changes follow the levels.
    """

    keep: Keep
    firms: tuple[str, ...]
    lines: tuple[str, ...]
    holders: tuple[str, ...]
    quarters: int
    points: int
    every: int
    against: bool = False

    @classmethod
    def of(
        cls, chain: Chain, keep: Keep, plan: Plan, quarters: int, *, against: bool = False
    ) -> Layout:
        """Return the layout of a chain's paths; refuses entities that the chain does not have."""
        segments = {one.id for one in chain.world.of_kind(EntityKind.SEGMENT)}
        layout = cls(
            keep=keep,
            firms=chain.firm_ids,
            lines=chain.line_ids,
            holders=tuple(name for name in chain.node_ids if name not in segments),
            quarters=quarters,
            points=keep.points_for(plan.leaves),
            every=-(-plan.paths // keep.whole_paths) if keep.whole_paths else plan.paths + 1,
            against=against,
        )
        layout._check()
        return layout

    @cached_property
    def series(self) -> tuple[tuple[str, str], ...]:
        """Return the variable and the entity of each series, changes last."""
        if not self.against:
            return self.levels
        changes = [(f"{variable}{CHANGE}", entity) for variable, entity in self.levels]
        failures = [(f"{FAILED}{CHANGE}", firm) for firm in self.firms]
        return (*self.levels, *changes, *failures)

    @cached_property
    def levels(self) -> tuple[tuple[str, str], ...]:
        """Return the variable and the entity of each series that is no change."""
        wanted = set(self.keep.entities)
        return tuple(
            (variable, entity)
            for variable in self.keep.variables
            for entity in self.entities_of(variable)
            if not wanted or entity in wanted
        )

    @cached_property
    def place(self) -> dict[tuple[str, str], int]:
        """Return the number of each series."""
        return {series: at for at, series in enumerate(self.series)}

    @cached_property
    def pairs(self) -> tuple[tuple[int, int], ...]:
        """Return each two firms once."""
        count = len(self.firms)
        return tuple((one, other) for one in range(count) for other in range(one + 1, count))

    def is_whole(self, numbers: Index) -> Mask:
        """Tell which paths are kept whole (path,)."""
        return np.asarray(numbers % self.every == self.every - 1)

    def entities_of(self, variable: str) -> tuple[str, ...]:
        """Return who has a variable; the chain comes last."""
        if variable in FIRM_VARIABLES:
            return (*self.firms, CHAIN)
        if variable in HOLDER_VARIABLES:
            return (*self.holders, CHAIN)
        return (CHAIN,) if variable in CHAIN_VARIABLES else self.lines

    def _check(self) -> None:
        known = {CHAIN, *self.firms, *self.lines, *self.holders}
        for name in self.keep.entities:
            if name not in known:
                raise InputError(
                    f"there is no '{name}' to keep in this economy.{did_you_mean(name, known)}"
                )
        for event in self.keep.exceed:
            if (event.variable, event.entity) not in self.place:
                who = self.entities_of(event.variable)
                raise InputError(
                    f"--exceed '{event.text}': '{event.variable}' of '{event.entity}' is not kept."
                    f"{did_you_mean(event.entity, who)} It is kept of {', '.join(who[:8])} ..."
                )


@dataclass(frozen=True)
class Observed:
    """What is kept of some paths; explosive ones are told apart, their numbers are no results."""

    values: Array  # (series, quarter, path)
    failed: Mask  # (firm, quarter, path): has failed by the quarter
    explosive: Mask  # (path,)


def empty(layout: Layout, paths: int) -> Observed:
    """Return room for some paths."""
    rows = layout.quarters + 1
    return Observed(
        values=np.zeros((len(layout.series), rows, paths)),
        failed=np.zeros((len(layout.firms), rows, paths), dtype=bool),
        explosive=np.zeros(paths, dtype=bool),
    )


def write_changes(seen: Observed, other: Observed, layout: Layout) -> Observed:
    """Return paths with their changes against the same paths under another scenario."""
    levels, firms = len(layout.levels), len(layout.firms)
    values = seen.values
    values[levels : 2 * levels] = values[:levels] - other.values[:levels]
    values[2 * levels : 2 * levels + firms] = seen.failed.astype(float) - other.failed
    return Observed(values, seen.failed, seen.explosive | other.explosive)


def observe(run: Run, layout: Layout, room: Observed, first: int) -> None:
    """Write what is kept of a run into `room`, its path 0 at place `first`."""
    chain, paths = run.chain, run.states[0].paths
    places = slice(first, first + paths)
    at_holders = [chain.node_ids.index(name) for name in layout.holders]
    lost = np.zeros((paths, len(chain.node_ids)))
    unpaid = np.zeros((paths, len(chain.firm_ids)))
    gone = np.zeros((paths, len(chain.firm_ids)), dtype=bool)
    for row, (state, record) in enumerate(zip(run.states, run.records, strict=True)):
        lost = lost + summed(record.lost, chain.links.payee, len(chain.node_ids))
        unpaid = unpaid + chain.links.paid(record.lost)
        gone = gone | record.failed
        told = _Told(chain, state, record, lost[:, at_holders], unpaid)
        for variable in layout.keep.variables:
            _write(room.values[:, row, places], layout, variable, told)
        room.failed[:, row, places] = gone.T
    room.explosive[places] = run.states[-1].explosive[:, 0]


@dataclass(frozen=True)
class _Told:
    """A quarter of some paths, and what has been lost since row 0."""

    chain: Chain
    state: State
    record: Record
    lost: Array  # (path, holder)
    unpaid: Array  # (path, firm)


def _write(room: Array, layout: Layout, variable: str, told: _Told) -> None:
    """Write one variable of one quarter into (series, path)."""
    values = _READ[variable](told)
    if variable in FIRM_VARIABLES or variable in HOLDER_VARIABLES:
        values = np.concatenate([values, _added(values)], axis=1)
    rows, columns = _places(layout, variable)
    room[rows] = values[:, columns].T


def _added(values: Array) -> Array:
    """Return sums along the last axis (path, 1), added in order whatever the number of paths.

    A plain sum takes another order where there is one path alone, and leaves other last digits.
    """
    return np.asarray(np.cumsum(values, axis=1)[:, -1:])


def _places(layout: Layout, variable: str) -> tuple[list[int], list[int]]:
    """Return the series of a variable, and the columns that they take."""
    kept = [
        (layout.place[variable, entity], column)
        for column, entity in enumerate(layout.entities_of(variable))
        if (variable, entity) in layout.place
    ]
    return [row for row, _ in kept], [column for _, column in kept]


def _capex(told: _Told) -> NDArray[np.float64]:
    return group_sum(told.record.capex, told.chain.firm_of_line, len(told.chain.firm_ids))


def _debt(told: _Told) -> NDArray[np.float64]:
    return group_sum(told.state.loans, told.chain.loans.firm, len(told.chain.firm_ids))


_READ: dict[str, Callable[[_Told], Array]] = {
    "revenue": lambda told: told.record.revenue,
    "result": lambda told: told.state.profit,
    "capex": _capex,
    "raised": lambda told: told.record.raised,
    "cash": lambda told: told.state.cash,
    "debt": _debt,
    "left_unpaid": lambda told: told.unpaid,
    "lost": lambda told: told.lost,
    "price": lambda told: told.state.charged,
    "users_pay": lambda told: told.state.final_value,
    "confidence": lambda told: told.state.confidence,
}
