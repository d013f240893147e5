"""A run: row 0 from the accounts, then quarter after quarter, with the identities measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from cardhouse.engine.arrays import NO_CLAIM, Array, Chain, Index, Mask
from cardhouse.engine.chain import check_parameter, parameters_of
from cardhouse.engine.drivers import Drivers, check_drivers
from cardhouse.engine.links import Links
from cardhouse.engine.moment import Moment
from cardhouse.engine.plans import ages_kept
from cardhouse.engine.programs import opening_budget
from cardhouse.engine.quarter import Record, references, run_quarter
from cardhouse.engine.shocks import Shocks, check_shocks
from cardhouse.engine.state import Parameters, State, opening_state
from cardhouse.engine.volumes import check_viable
from cardhouse.errors import InputError


@dataclass(frozen=True)
class Trajectory:
    """States and records of a run, row 0 first (its record is the accounts').

    ``money_residual`` is the largest gap between a purse's change in cash and its flows, relative
    to its turnover.
    """

    chain: Chain
    states: tuple[State, ...]
    records: tuple[Record, ...]
    money_residual: float

    @property
    def quarters(self) -> int:
        """Return the number of simulated quarters."""
        return len(self.states) - 1

    def of_state(self, name: str, path: int = 0) -> Array:
        """Return one state variable over quarters of one path (quarter, ...)."""
        return np.stack([np.asarray(getattr(state, name))[path] for state in self.states])

    def of_record(self, name: str, path: int = 0) -> Array:
        """Return one recorded variable over quarters of one path (quarter, ...)."""
        return np.stack([np.asarray(getattr(record, name))[path] for record in self.records])

    def default_quarters(self, path: int = 0) -> Index:
        """Return the quarter in which each firm failed, -1 for those alive (firm,)."""
        failed = self.of_record("failed", path)
        return np.where(failed.any(axis=0), failed.argmax(axis=0), -1)


def as_paths(parameters: Mapping[str, float | Sequence[float]], paths: int) -> Parameters:
    """Return parameters as (path, 1) columns.

    Raises
    ------
    InputError
        When a parameter has neither one value nor one for each path.
    """
    out = {}
    for name, value in parameters.items():
        column = np.asarray(value, dtype=float).reshape(-1, 1)
        if len(column) not in (1, paths):
            raise InputError(
                f"parameter '{name}' has {len(column)} values, expected 1 or one for each of "
                f"{paths} paths."
            )
        out[name] = np.broadcast_to(column, (paths, 1))
    return out


def simulate(
    chain: Chain,
    drivers: Drivers,
    *,
    parameters: Mapping[str, float | Sequence[float]] | None = None,
    shocks: Shocks | None = None,
    paths: int = 1,
) -> Trajectory:
    """Run the chain under `drivers`; every path is computed on its own.

    ``parameters`` maps names to one value, or to one value per path; the rest are defaults.
    ``shocks`` multiply some drivers path by path and quarter by quarter; none: calm. A path whose
    lines come to need more of each other than they make ends as explosive: it is held where it
    was, without flows.

    Raises
    ------
    EconomyError
        When a parameter is unknown, or the lines need more of each other than they produce.
    ScenarioError
        When drivers do not fit the chain.
    InputError
        When a parameter has values for another number of paths, or shocks do not fit.
    """
    check_drivers(chain, drivers)
    check_viable(chain, drivers)
    if shocks is not None:
        check_shocks(chain, shocks, drivers.quarters, paths)
    columns = as_paths(all_parameters(chain, parameters or {}), paths)
    state = opening_state(chain, paths, ages_kept(chain, drivers))
    reference = references(chain, state, drivers.quarters, columns)
    states, records = [state], [opening_record(chain, state)]
    residual = 0.0
    for quarter in range(1, drivers.quarters + 1):
        now = Moment(chain, drivers, columns, state, quarter, shocks)
        state, record = _held(now.state, *run_quarter(now, reference))
        residual = max(residual, money_residual(chain, now.state, state, record))
        states.append(state)
        records.append(record)
    return Trajectory(chain, tuple(states), tuple(records), residual)


def all_parameters(
    chain: Chain, given: Mapping[str, float | Sequence[float]]
) -> dict[str, float | Sequence[float]]:
    """Return all parameters, the given ones checked value by value."""
    values: dict[str, float | Sequence[float]] = {**parameters_of(chain.world)}
    for name, value in given.items():
        for one in _ends(np.ravel(np.asarray(value, dtype=float))):
            check_parameter(name, one)
        values[name] = value
    return values


def _ends(column: Array) -> list[float]:
    """Return the values of which all are allowed if these are: the least and the most, or a NaN."""
    if not column.size:
        return []
    strange = column[np.isnan(column)][:1]
    return strange.tolist() or [float(column.min()), float(column.max())]


def _held(before: State, after: State, record: Record) -> tuple[State, Record]:
    """Hold explosive paths where they were, without flows."""
    ended = after.explosive[:, 0]
    if not ended.any():
        return after, record
    kept = {name: np.where(_wide(ended, now), was, now) for name, was, now in _pairs(before, after)}
    names = [one.name for one in fields(record) if one.name != "links"]
    flowless = {name: getattr(record, name).copy() for name in names}
    for values in flowless.values():
        values[ended] = 0
    return replace(after, **{**kept, "explosive": after.explosive}), replace(record, **flowless)


def _pairs(before: State, after: State) -> list[tuple[str, Any, Any]]:
    """Return each array of a state before and after a quarter."""
    names = [one.name for one in fields(after)]
    return [(name, getattr(before, name), getattr(after, name)) for name in names]


def _wide(ended: Mask, like: Any) -> Mask:
    """Return the paths that ended, shaped to be compared with an array (path, ...)."""
    return ended.reshape(-1, *[1] * (like.ndim - 1))


def money_residual(chain: Chain, before: State, after: State, record: Record) -> float:
    """Return `residual_of` one quarter."""
    return residual_of(chain.links, before.cash, after.cash, record.paid)


def residual_of(links: Links, before: Array, after: Array, paid: Array) -> float:
    """Return the largest |change in cash - inflow + outflow| over turnover of any firm.

    Cash before and after is (row, firm), what was paid (row, link).
    """
    inflow, outflow = links.received(paid), links.paid(paid)
    gap = np.abs(after - before - inflow + outflow)
    turnover = np.maximum(inflow + outflow + before, 1e-300)
    return float(np.where(gap > 0, gap / turnover, 0.0).max(initial=0.0))


def opening_record(chain: Chain, state: State) -> Record:
    """Return row 0's record: the flows of the accounts themselves."""
    paths, firms, links = state.paths, len(chain.firm_ids), chain.links

    def spread(values: Array) -> Array:
        return np.broadcast_to(values, (paths, *values.shape)).copy()

    def nothing(*shape: int) -> Array:
        return np.zeros((paths, *shape))

    opening = spread(chain.opening)
    line_revenue = chain.sales_by_line.sum(axis=0)
    cost = (chain.intensity.sum(axis=1) + chain.variable_cost.sum(axis=1)) * chain.volume
    cost = cost + chain.fixed_cost.sum(axis=1) + line_revenue * chain.revenue_share.sum(axis=1)
    np.add.at(cost, chain.leases.line, chain.leases.rent)
    claims = np.where(links.seniority == NO_CLAIM, 0.0, opening)
    return Record(
        links=links,
        paid=opening,
        claims=claims,
        bought=opening,
        lost=nothing(links.count),
        revenue=state.revenue,
        line_cost=spread(cost),
        programs=spread(opening_budget(chain)),
        depreciation=spread(chain.plants.depreciation),
        capex=spread(chain.plants.plan),
        leased=nothing(len(chain.loans.amount)),
        raised=links.received(opening, "equity", "debt_drawn"),
        failed=nothing(firms) > 0,
        outcome=nothing(firms).astype(np.int64),
        cause=nothing(firms).astype(np.int64),
        round=nothing(firms).astype(np.int64),
        owed=links.paid(claims),
        paid_share=np.ones((paths, firms)),
        unserved=nothing(1),
        unmet=nothing(1),
    )


__all__ = ["Trajectory", "money_residual", "residual_of", "simulate"]
