"""What every answer reads a run from: simulated here, or told again in other words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from cardhouse.engine.arrays import Array, Chain, Index
from cardhouse.engine.quarter import Record
from cardhouse.engine.state import State


class Run(Protocol):
    """States and records of a run, row 0 first, and their variables over quarters."""

    @property
    def chain(self) -> Chain:
        """Return the compiled world."""
        ...

    @property
    def states(self) -> Sequence[State]:
        """Return the states at the ends of quarters."""
        ...

    @property
    def records(self) -> Sequence[Record]:
        """Return what quarters left for the books."""
        ...

    @property
    def money_residual(self) -> float:
        """Return the largest gap between a purse's change in cash and its flows."""
        ...

    @property
    def quarters(self) -> int:
        """Return the number of simulated quarters."""
        ...

    def of_state(self, name: str, path: int = 0) -> Array:
        """Return one state variable over quarters of one path (quarter, ...)."""
        ...

    def of_record(self, name: str, path: int = 0) -> Array:
        """Return one recorded variable over quarters of one path (quarter, ...)."""
        ...

    def default_quarters(self, path: int = 0) -> Index:
        """Return the quarter in which each firm failed, -1 for those alive (firm,)."""
        ...
