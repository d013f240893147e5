"""A run: row 0 from the accounts, then quarter after quarter, with the identities measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from cardhouse.engine.chain import (
    FLOW_KINDS,
    Array,
    Chain,
    parameters_of,
)
from cardhouse.engine.drivers import Drivers
from cardhouse.engine.quarter import Record, References, references, run_quarter
from cardhouse.engine.state import Parameters, State, opening_state
from cardhouse.engine.volumes import check_viable


@dataclass(frozen=True)
class Trajectory:
    """States and records of a run, row 0 first (its record is the accounts')."""

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


def as_paths(parameters: Mapping[str, float | Sequence[float]], paths: int) -> Parameters:
    """Return parameters as (path, 1) columns."""
    return {
        name: np.broadcast_to(np.asarray(value, dtype=float).reshape(-1, 1), (paths, 1))
        for name, value in parameters.items()
    }


def simulate(
    chain: Chain,
    drivers: Drivers,
    *,
    parameters: Mapping[str, float | Sequence[float]] | None = None,
    paths: int = 1,
) -> Trajectory:
    """Run the chain under `drivers`; every path is computed on its own.

    ``parameters`` maps names to one value, or to one value per path; the rest are defaults.

    Raises
    ------
    EconomyError
        When the lines need more of each other than they produce.
    """
    check_viable(chain, drivers)
    given = dict(parameters or {})
    checked = parameters_of(chain.world, {name: float(np.ravel(v)[0]) for name, v in given.items()})
    columns = as_paths({**checked, **given}, paths)
    state = opening_state(chain, paths, columns)
    reference = references(chain, state, drivers.quarters)
    states, records = [state], [opening_record(chain, state)]
    residual = 0.0
    for quarter in range(1, drivers.quarters + 1):
        state, record = run_quarter(chain, reference, drivers, columns, state, quarter)
        residual = max(residual, money_residual(chain, states[-1], state, record))
        states.append(state)
        records.append(record)
    return Trajectory(chain, tuple(states), tuple(records), residual)


def money_residual(chain: Chain, before: State, after: State, record: Record) -> float:
    """Return the largest |change in cash - inflow + outflow| over turnover of any firm."""
    firms = len(chain.firm_ids)
    inflow = record.flows[:, :, :, :firms].sum(axis=(1, 2))
    outflow = record.flows[:, :, :firms].sum(axis=(1, 3))
    gap = np.abs(after.cash - before.cash - inflow + outflow)
    turnover = np.maximum(inflow + outflow + before.cash, 1e-300)
    return float(np.where(gap > 0, gap / turnover, 0.0).max(initial=0.0))


def opening_record(chain: Chain, state: State) -> Record:
    """Return row 0's record: the flows of the accounts themselves."""
    paths = state.paths
    lines, firms, nodes, _ = chain.shape

    def spread(values: Array) -> Array:
        return np.broadcast_to(values, (paths, *values.shape)).copy()

    flows = chain.flows
    raised = flows[FLOW_KINDS.index("equity"), :, :firms].sum(axis=0)
    raised = raised + flows[FLOW_KINDS.index("debt_drawn"), :, :firms].sum(axis=0)
    line_revenue = chain.sales_by_line.sum(axis=0)
    cost = (chain.intensity.sum(axis=1) + chain.variable_cost.sum(axis=1)) * chain.volume
    cost = cost + chain.fixed_cost.sum(axis=1) + line_revenue * chain.revenue_share.sum(axis=1)
    return Record(
        flows=spread(flows),
        by_line=spread(chain.sales_by_line),
        revenue=state.revenue,
        line_revenue=spread(line_revenue),
        line_cost=spread(cost),
        programs=spread(chain.program_line.sum(axis=1) + chain.program_outside.sum(axis=1)),
        depreciation=spread(chain.plants.depreciation),
        capex=spread(chain.plants.plan),
        raised=spread(raised),
        failed=np.zeros((paths, firms), dtype=bool),
        owed=spread(flows[:, :firms].sum(axis=(0, 2))),
        unpaid=np.zeros((paths, firms, nodes)),
        paid_share=np.ones((paths, firms)),
        unmet=np.zeros((paths, 1)),
    )


__all__ = ["References", "Trajectory", "simulate"]
