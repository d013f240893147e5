"""What the compiled engine kept, read as the states and records of the readable one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any

import numpy as np

from cardhouse.engine.arrays import HISTORY, Array, Chain, Index
from cardhouse.engine.drivers import Drivers
from cardhouse.engine.kernel.chain_tables import Owners
from cardhouse.engine.kernel.run_tables import (
    LINK_ROWS,
    RECORD_ROWS,
    STATE_ROWS,
    demand_sizes,
    opening_of,
)
from cardhouse.engine.plans import ages_kept
from cardhouse.engine.quarter import Record
from cardhouse.engine.resolution import RESTRUCTURED
from cardhouse.engine.simulate import residual_of
from cardhouse.engine.state import State

MASKS = ("alive", "restructured", "explosive", "failed")
PLACES = ("outcome", "cause", "round")


@dataclass(frozen=True)
class KeptRows:
    """Rows that a run kept (quarter, row, path), and where those of each name stand."""

    spans: Mapping[str, slice]
    rows: Array


@dataclass(frozen=True, eq=False)
class CompiledRun:
    """A run of the compiled engine, read as one of the readable engine is.

    Only what is asked for is worked out of the rows that were kept; what was not kept is played
    once more, to the same bits.
    """

    chain: Chain
    drivers: Drivers
    kept: KeptRows
    play_whole: Callable[[], KeptRows]
    found: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def quarters(self) -> int:
        """Return the number of simulated quarters."""
        return len(self.kept.rows) - 1

    def of_state(self, name: str, path: int = 0) -> Array:
        """Return one state variable over quarters of one path (quarter, ...)."""
        if name not in _OWNED and name not in DERIVED:  # what a state works out itself
            return np.stack([np.asarray(getattr(state, name))[path] for state in self.states])
        return np.asarray(self.state_of_paths(name)[:, path])

    def of_record(self, name: str, path: int = 0) -> Array:
        """Return one recorded variable over quarters of one path (quarter, ...)."""
        if f"record.{name}" not in _OWNED:  # what a record works out itself
            return np.stack([np.asarray(getattr(record, name))[path] for record in self.records])
        return np.asarray(self.record_of_paths(name)[:, path])

    def default_quarters(self, path: int = 0) -> Index:
        """Return the quarter in which each firm failed, -1 for those alive (firm,)."""
        failed = self.of_record("failed", path)
        return np.where(failed.any(axis=0), failed.argmax(axis=0), -1)

    @cached_property
    def states(self) -> tuple[State, ...]:
        """Return the states at the ends of quarters, all paths."""
        values = {one.name: self.state_of_paths(one.name) for one in fields(State)}
        return tuple(
            State(**{name: of[q] for name, of in values.items()}) for q in range(self.quarters + 1)
        )

    @cached_property
    def records(self) -> tuple[Record, ...]:
        """Return what quarters left for the books, all paths."""
        names = [one.name for one in fields(Record) if one.name != "links"]
        values, links = {name: self.record_of_paths(name) for name in names}, self.chain.links
        return tuple(
            Record(links=links, **{name: of[q] for name, of in values.items()})
            for q in range(self.quarters + 1)
        )

    @cached_property
    def money_residual(self) -> float:
        """Return the largest |change in cash - inflow + outflow| over turnover of any firm."""
        cash, paid = self.state_of_paths("cash"), self.record_of_paths("paid")
        before, after = (one.reshape(-1, cash.shape[2]) for one in (cash[:-1], cash[1:]))
        return residual_of(self.chain.links, before, after, paid[1:].reshape(-1, paid.shape[2]))

    @cached_property
    def _whole(self) -> KeptRows:
        return self.play_whole()

    def _rows(self, name: str) -> Array:
        """Return the rows of a field (quarter, row, path)."""
        kept = self.kept if name in self.kept.spans else self._whole
        return kept.rows[:, kept.spans[name]]

    def state_of_paths(self, name: str) -> Any:
        """Return a field of the state (quarter, path, ...)."""
        if name not in self.found:
            derive = DERIVED.get(name)
            self.found[name] = derive(self) if derive else self._kept(name, _OWNED[name])
        return self.found[name]

    def record_of_paths(self, name: str) -> Any:
        """Return a field of the record (quarter, path, ...)."""
        key = f"record.{name}"
        if key not in self.found:
            self.found[key] = self._kept(key, _OWNED[key])
        return self.found[key]

    def _like(self, name: str, rows: int) -> tuple[int, ...]:
        """Return the axes of a field behind the path."""
        if name.startswith("record."):
            return (len(self.chain.line_ids),) if _OWNED[name] else (rows,)
        return tuple(getattr(self.opening, name).shape[1:])

    def _kept(self, name: str, owners: bool) -> Any:
        """Return one field over quarters (quarter, path, ...), as it was kept."""
        rows = self._rows(name)
        like = self._like(name, rows.shape[1])
        flat: Any = np.swapaxes(rows, 1, 2)
        if rows.shape[2] > 1:  # one path's numbers lie side by side already
            flat = np.ascontiguousarray(flat)
        if owners:
            owned = Owners.of(self.chain).owned
            wide = np.zeros((*flat.shape[:2], *like))
            wide[..., owned] = flat.reshape(*flat.shape[:2], *like[:-1], len(owned))
            flat = wide
        plain = name.removeprefix("record.")
        if plain in MASKS:
            flat = flat > 0
        elif plain in PLACES:
            flat = flat.astype(np.int64)
        return flat.reshape(*flat.shape[:2], *like)

    @cached_property
    def opening(self) -> State:
        """Return the state of row 0 on one path."""
        return opening_of(self.chain, ages_kept(self.chain, self.drivers))

    @cached_property
    def last(self) -> Index:
        """Return the quarter whose state stands in each quarter: explosive paths are held."""
        burst = self._rows("explosive")[:, 0] > 0
        first = np.where(burst.any(axis=0), burst.argmax(axis=0) - 1, len(burst))
        return np.minimum(np.arange(len(burst))[:, None], first)

    def log_growth(self) -> Array:
        """Return the log growth of what drives demand (quarter, path, sale)."""
        _, growth = demand_sizes(self.chain, self.drivers, self.opening)
        return growth[self.last]

    def history(self, values: Array, before: Array) -> Array:
        """Return a variable of the last quarters (quarter, path, quarter back, ...)."""
        padded = np.concatenate(
            [np.broadcast_to(before[:0:-1, None], (HISTORY - 1, *values.shape[1:])), values]
        )
        at = self.last[:, :, None] + HISTORY - 1 - np.arange(HISTORY)
        path = np.arange(values.shape[1])[None, :, None]
        return np.asarray(padded[at, path])

    def vintages(self) -> Array:
        """Return cost of plant by age (quarter, path, part, age, line), newest first."""
        alive, capex = self.state_of_paths("alive"), self.record_of_paths("capex")
        plants, opening = self.chain.plants, self.opening.vintages[0]
        quarters, paths, _ = capex.shape
        parts, ages, lines = opening.shape
        out = np.zeros((quarters, paths, parts, ages, lines))
        out[0] = opening
        of_line = alive[:, :, self.chain.firm_of_line]
        for quarter in range(1, quarters):
            out[quarter, :, :, 1:] = out[quarter - 1, :, :, :-1]
            out[quarter, :, :, 0] = plants.share * capex[quarter][:, None]
            out[quarter] *= of_line[quarter][:, None, None]
            held = self.last[quarter] < quarter
            out[quarter, held] = out[quarter - 1, held]
        return out

    def stakes(self) -> Array:
        """Return equity at cost (quarter, path, node, firm); old owners lose theirs in default."""
        alive, links = self.state_of_paths("alive"), self.chain.links
        bought, outcome = self.record_of_paths("paid"), self.record_of_paths("outcome")
        at = links.of("equity")
        quarters = len(alive)
        out = np.zeros((*alive.shape[:2], *self.chain.stakes.shape))
        out[0] = self.chain.stakes
        for quarter in range(1, quarters):
            now = out[quarter]
            now[:] = out[quarter - 1]
            paid = bought[quarter][:, at]
            np.add.at(now.T, (links.payee[at], links.payer[at]), paid.T)
            now *= (alive[quarter] & (outcome[quarter] != RESTRUCTURED))[:, None, :]
            held = self.last[quarter] < quarter
            now[held] = out[quarter - 1, held]
        return out


DERIVED: Mapping[str, Callable[[CompiledRun], Array]] = {
    "log_growth": CompiledRun.log_growth,
    "volume_history": lambda run: run.history(
        run.state_of_paths("volume"), run.opening.volume_history[0]
    ),
    "revenue_history": lambda run: run.history(
        run.state_of_paths("revenue"), run.opening.revenue_history[0]
    ),
    "vintages": CompiledRun.vintages,
    "stakes": CompiledRun.stakes,
}
"""Fields of the state that follow from others, and are not kept."""

_OWNED = {
    **{name: owners for _, name, owners in STATE_ROWS},
    **{f"record.{name}": owners for _, name, owners in RECORD_ROWS},
    **{f"record.{name}": False for _, name in LINK_ROWS},
}
