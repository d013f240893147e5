"""From a run of some paths to the numbers that are kept of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from cardhouse.engine.arrays import Array, Chain, Index, Mask
from cardhouse.engine.links import summed
from cardhouse.engine.runs import Run
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


READS: dict[str, tuple[str, ...]] = {
    "revenue": ("record.revenue",),
    "result": ("profit",),
    "capex": ("record.capex",),
    "raised": ("record.raised",),
    "cash": ("cash",),
    "debt": ("loans",),
    "left_unpaid": ("record.lost",),
    "lost": ("record.lost",),
    "price": ("charged",),
    "users_pay": ("final_value",),
    "confidence": ("confidence",),
}
"""What each variable is read from: arrays of a state; of a record with ``record.`` before them."""
ALWAYS = ("record.failed", "explosive")


def needed(layout: Layout) -> tuple[str, ...]:
    """Return the names of the arrays that a layout is filled from."""
    names = [name for variable in layout.keep.variables for name in READS[variable]]
    return tuple(dict.fromkeys([*names, *ALWAYS]))


def arrays_of(run: Run, names: Sequence[str], paths: int) -> dict[str, Array]:
    """Return arrays of a run by name, (path, quarter, entity): these alone are worked out."""
    out = {}
    for name in names:
        of = run.of_record if name.startswith("record.") else run.of_state
        field = name.removeprefix("record.")
        out[name] = np.stack([np.asarray(of(field, path), dtype=float) for path in range(paths)])
    return out


def observe(
    arrays: Mapping[str, Array], chain: Chain, layout: Layout, room: Observed, first: int
) -> None:
    """Write what is kept of a run into `room`, its path 0 at place `first`.

    ``arrays`` hold what `needed` names, (path, quarter, entity), on `chain`.
    """
    places = slice(first, first + len(arrays["explosive"]))
    for variable in layout.keep.variables:
        values = _TOLD[variable](arrays, chain, layout)
        if variable in FIRM_VARIABLES or variable in HOLDER_VARIABLES:
            values = np.concatenate([values, _added(values)], axis=2)
        rows, columns = _places(layout, variable)
        room.values[rows, :, places] = np.moveaxis(values[:, :, columns], 0, 2).swapaxes(0, 1)
    failed = np.logical_or.accumulate(arrays["record.failed"] > 0, axis=1)
    room.failed[:, :, places] = np.moveaxis(failed, 0, 2).swapaxes(0, 1)
    room.explosive[places] = arrays["explosive"][:, -1, 0] > 0


def _added(values: Array) -> Array:
    """Return sums along the last axis, added in order whatever the number of paths.

    A plain sum takes another order where there is one path alone, and leaves other last digits.
    """
    return np.asarray(np.cumsum(values, axis=2)[:, :, -1:])


def _places(layout: Layout, variable: str) -> tuple[list[int], list[int]]:
    """Return the series of a variable, and the columns that they take."""
    kept = [
        (layout.place[variable, entity], column)
        for column, entity in enumerate(layout.entities_of(variable))
        if (variable, entity) in layout.place
    ]
    return [row for row, _ in kept], [column for _, column in kept]


def _summed(values: Array, place: Index, places: int) -> Array:
    """Sum (path, quarter, item) into (path, quarter, place), in the order of the items.

    Items of which there is nothing on any path are left out: most of what could be lost never is.
    """
    paths, rows = values.shape[:2]
    used = values.any(axis=(0, 1))
    if not used.all():
        values, place = values[:, :, used], place[used]
    flat = summed(values.reshape(paths * rows, -1), place, places)
    return flat.reshape(paths, rows, places)


def _capex(arrays: Mapping[str, Array], chain: Chain, _: Layout) -> Array:
    return _summed(arrays["record.capex"], chain.firm_of_line, len(chain.firm_ids))


def _debt(arrays: Mapping[str, Array], chain: Chain, _: Layout) -> Array:
    return _summed(arrays["loans"], chain.loans.firm, len(chain.firm_ids))


def _unpaid(arrays: Mapping[str, Array], chain: Chain, _: Layout) -> Array:
    """Return what each firm has left unpaid since row 0."""
    by_firm = np.flatnonzero(chain.links.by_firm)
    lost = arrays["record.lost"][:, :, by_firm]
    found = _summed(lost, chain.links.payer[by_firm], len(chain.firm_ids))
    return np.asarray(np.cumsum(found, axis=1))


def _lost(arrays: Mapping[str, Array], chain: Chain, layout: Layout) -> Array:
    """Return what each holder of claims has lost since row 0."""
    found = _summed(arrays["record.lost"], chain.links.payee, len(chain.node_ids))
    places = [chain.node_ids.index(name) for name in layout.holders]
    return np.asarray(np.cumsum(found[:, :, places], axis=1))


def _plain(name: str) -> Callable[[Mapping[str, Array], Chain, Layout], Array]:
    return lambda arrays, _, __: arrays[name]


_TOLD: dict[str, Callable[[Mapping[str, Array], Chain, Layout], Array]] = {
    **{variable: _plain(names[0]) for variable, names in READS.items()},
    "capex": _capex,
    "debt": _debt,
    "left_unpaid": _unpaid,
    "lost": _lost,
}
