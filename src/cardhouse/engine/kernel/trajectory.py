"""What the compiled engine kept, as the states and records of the readable one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from cardhouse.engine.arrays import HISTORY, Array, Chain, Index
from cardhouse.engine.drivers import Drivers
from cardhouse.engine.kernel.chain_tables import Owners
from cardhouse.engine.kernel.run_tables import LINK_ROWS, RECORD_ROWS, STATE_ROWS, demand_sizes
from cardhouse.engine.plans import ages_kept
from cardhouse.engine.quarter import Record
from cardhouse.engine.resolution import RESTRUCTURED
from cardhouse.engine.simulate import Trajectory
from cardhouse.engine.state import State, opening_state

MASKS = ("alive", "restructured", "explosive", "failed")
PLACES = ("outcome", "cause", "round")


def trajectory_of(
    chain: Chain, drivers: Drivers, spans: Mapping[str, slice], rows: Array
) -> Trajectory:
    """Return a trajectory of all rows (quarter, row, path)."""
    return _Builder(chain, drivers, spans, rows).trajectory()


@dataclass(frozen=True)
class _Builder:
    """Rows that were kept, seen as arrays (quarter, path, ...)."""

    chain: Chain
    drivers: Drivers
    spans: Mapping[str, slice]
    rows: Array

    @cached_property
    def opening(self) -> State:
        """Return the state of row 0 on one path."""
        return opening_state(self.chain, 1, ages_kept(self.chain, self.drivers))

    @cached_property
    def last(self) -> Index:
        """Return the quarter whose state stands in each quarter: explosive paths are held."""
        burst = self.rows[:, self.spans["explosive"]][:, 0] > 0
        first = np.where(burst.any(axis=0), burst.argmax(axis=0) - 1, len(self.rows))
        return np.minimum(np.arange(len(self.rows))[:, None], first)

    def array(self, name: str, like: tuple[int, ...], *, owners: bool) -> Any:
        """Return one field over quarters (quarter, path, ...) with the axes of one path."""
        flat: Any = np.ascontiguousarray(np.swapaxes(self.rows[:, self.spans[name]], 1, 2))
        if owners:
            owned = Owners.of(self.chain).owned
            wide = np.zeros((*flat.shape[:2], *like))
            wide[..., owned] = flat.reshape(*flat.shape[:2], *like[:-1], len(owned))
            flat = wide
        field = name.removeprefix("record.")
        if field in MASKS:
            flat = flat > 0
        elif field in PLACES:
            flat = flat.astype(np.int64)
        return flat.reshape(*flat.shape[:2], *like)

    def trajectory(self) -> Trajectory:
        """Return states and records, quarter by quarter."""
        lines = (len(self.chain.line_ids),)
        states = {
            field: self.array(field, getattr(self.opening, field).shape[1:], owners=owners)
            for _, field, owners in STATE_ROWS
        }
        records = {}
        for _, field, owners in RECORD_ROWS:
            span = self.spans[f"record.{field}"]
            like = lines if owners else (span.stop - span.start,)
            records[field] = self.array(f"record.{field}", like, owners=owners)
        for _, field in LINK_ROWS:
            like = (self.chain.links.count,)
            records[field] = self.array(f"record.{field}", like, owners=False)
        states |= self.derived(states, records)
        quarters = range(len(self.rows))
        links = self.chain.links
        return Trajectory(
            chain=self.chain,
            states=tuple(State(**{k: v[q] for k, v in states.items()}) for q in quarters),
            records=tuple(
                Record(links=links, **{k: v[q] for k, v in records.items()}) for q in quarters
            ),
            money_residual=self.residual(states["cash"], records["paid"]),
        )

    def derived(
        self, states: Mapping[str, Array], records: Mapping[str, Array]
    ) -> dict[str, Array]:
        """Return what follows from other arrays: histories, vintages, stakes, drivers' growth."""
        _, growth = demand_sizes(self.chain, self.drivers, self.opening)
        return {
            "log_growth": growth[self.last],
            "volume_history": self.history(states["volume"], self.opening.volume_history[0]),
            "revenue_history": self.history(states["revenue"], self.opening.revenue_history[0]),
            "vintages": self.vintages(states["alive"], records["capex"]),
            "stakes": self.stakes(states["alive"], records),
        }

    def history(self, values: Array, before: Array) -> Array:
        """Return a variable of the last quarters (quarter, path, quarter back, ...)."""
        padded = np.concatenate(
            [np.broadcast_to(before[:0:-1, None], (HISTORY - 1, *values.shape[1:])), values]
        )
        at = self.last[:, :, None] + HISTORY - 1 - np.arange(HISTORY)
        path = np.arange(values.shape[1])[None, :, None]
        return np.asarray(padded[at, path])

    def vintages(self, alive: Array, capex: Array) -> Array:
        """Return cost of plant by age (quarter, path, part, age, line), newest first."""
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

    def stakes(self, alive: Array, records: Mapping[str, Array]) -> Array:
        """Return equity at cost (quarter, path, node, firm); old owners lose theirs in default."""
        links = self.chain.links
        at = links.of("equity")
        quarters = len(alive)
        out = np.zeros((*alive.shape[:2], *self.chain.stakes.shape))
        out[0] = self.chain.stakes
        for quarter in range(1, quarters):
            now = out[quarter]
            now[:] = out[quarter - 1]
            paid = records["paid"][quarter][:, at]
            np.add.at(now.T, (links.payee[at], links.payer[at]), paid.T)
            now *= (alive[quarter] & (records["outcome"][quarter] != RESTRUCTURED))[:, None, :]
            held = self.last[quarter] < quarter
            now[held] = out[quarter - 1, held]
        return out

    def residual(self, cash: Array, paid: Array) -> float:
        """Return the largest |change in cash - inflow + outflow| over turnover of any firm."""
        links, firms = self.chain.links, cash.shape[2]
        flat = paid[1:].reshape(-1, links.count)
        inflow, outflow = links.received(flat), links.paid(flat)
        before, after = (one.reshape(-1, firms) for one in (cash[:-1], cash[1:]))
        gap = np.abs(after - before - inflow + outflow)
        turnover = np.maximum(inflow + outflow + before, 1e-300)
        return float(np.where(gap > 0, gap / turnover, 0.0).max(initial=0.0))
