"""A run as the document tells it: its books, its ledgers, and the units that it shows.

A unit is what has a row of its own: a firm; or, where a firm has divisions, the firm as a
consolidated parent and beside it each division and each line that the firm owns directly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from cardhouse.analysis.books import Books
from cardhouse.analysis.fragility import LossMaking, loss_making, users_spending
from cardhouse.analysis.ledger import Ledger, subsidy_ledger
from cardhouse.analysis.parts import LineCosts, ai_lines
from cardhouse.analysis.use_cost import plant_sellers
from cardhouse.engine.chain import Array, Chain, Index
from cardhouse.engine.collapse import Fates, fates
from cardhouse.engine.drivers import Drivers, neutral
from cardhouse.engine.per_chain import PerChain
from cardhouse.engine.runs import Run
from cardhouse.model.scenario import Scenario
from cardhouse.model.vocabulary import EntityKind
from cardhouse.model.world import Entity
from cardhouse.studies.driving import drivers_of
from cardhouse.studies.scenario_times import later
from cardhouse.studies.simulation import Chains, play

FIRM, PARENT, DIVISION, POPULATION = "firm", "parent", "division", "population"
SMALLEST = 1e-12
"""Shares below this are rounding and left out of the document."""


@dataclass(frozen=True)
class Unit:
    """What has a row: the entity, its kind in the document, its firm and its lines."""

    entity: Entity
    kind: str
    firm: int
    lines: Index
    includes: tuple[str, ...] = ()

    @property
    def is_firm(self) -> bool:
        """Tell whether the unit is a purse."""
        return self.kind != DIVISION


@dataclass(frozen=True)
class View:
    """One path of a run with everything that its rows are made of.

    ``whole`` is the same run with the members of populations as single firms; none: there are no
    populations, and the trajectory is the whole run.
    """

    trajectory: Run
    drivers: Drivers
    whole: Run | None = None

    @classmethod
    def of(cls, chains: Chains, scenario: Scenario | None, quarters: int) -> View:
        """Play a scenario, or the baseline, on a world."""

        def drivers_for(chain: Chain) -> Drivers:
            if scenario is None:
                return neutral(chain, quarters)
            return drivers_of(chain, scenario, quarters)

        played = play(chains, drivers_for)
        return cls(played.told, drivers_for(chains.own), played.whole)

    @property
    def chains(self) -> Chains:
        """Return the world compiled as it is told, and with all members."""
        whole = self.trajectory if self.whole is None else self.whole
        return Chains(self.chain, whole.chain)

    @cached_property
    def fates(self) -> dict[str, Fates]:
        """Return what became of the members of each population."""
        whole = self.trajectory if self.whole is None else self.whole
        return {one.population: one for one in fates(whole)}

    @property
    def chain(self) -> Chain:
        """Return the compiled world."""
        return self.trajectory.chain

    @cached_property
    def quarters(self) -> list[str]:
        """Return the names of the quarters, the base quarter first."""
        base = self.chain.world.base
        return [later(base, number) for number in range(self.books.rows)]

    @cached_property
    def books(self) -> Books:
        """Return the books."""
        return Books(self.trajectory)

    @cached_property
    def costs(self) -> LineCosts:
        """Return the costs of the lines."""
        return LineCosts(self.books)

    @cached_property
    def ledger(self) -> Ledger:
        """Return the subsidy ledger of the firms as a whole."""
        return subsidy_ledger(self.books, self.costs)

    @cached_property
    def ai_ledger(self) -> Ledger:
        """Return the subsidy ledger of their AI lines."""
        return subsidy_ledger(self.books, self.costs, ai_lines(self.chain))

    @cached_property
    def operating_result(self) -> Array:
        """Return revenue less full cost before interest of the lines' business (quarter, firm)."""
        return np.asarray(self.books.revenue - self.ledger.full_cost + self.books.interest)

    @cached_property
    def result(self) -> Array:
        """Return revenue less full cost (quarter, firm)."""
        return np.asarray(self.books.revenue - self.ledger.full_cost)

    @cached_property
    def ai_operating_result(self) -> Array:
        """Return revenue less full cost before interest of firms' AI lines (quarter, firm)."""
        interest = self.books.per_firm(self.costs.interest * ai_lines(self.chain))
        return np.asarray(self.ai_ledger.revenue - self.ai_ledger.full_cost + interest)

    @cached_property
    def ai_result(self) -> Array:
        """Return revenue less full cost of firms' AI lines (quarter, firm)."""
        return np.asarray(self.ai_ledger.revenue - self.ai_ledger.full_cost)

    @cached_property
    def ai_cash_result(self) -> Array:
        """Return receipts less cash costs and capex of firms' AI lines (quarter, firm)."""
        spent = self.costs.cash_cost + self.books.capex
        return np.asarray(
            self.ai_ledger.receipts - self.books.per_firm(spent * ai_lines(self.chain))
        )

    @cached_property
    def loss_making(self) -> dict[str, LossMaking]:
        """Return how much of the chain loses money in the base quarter: whole firms, AI lines.

        What buyers outside the chain pay for plant is no spending of its users.
        """
        ai = ai_lines(self.chain)
        parts = {"whole": (self.ledger, np.ones_like(ai)), "ai": (self.ai_ledger, ai)}
        users = ~plant_sellers(self.chain)
        return {
            name: loss_making(
                (ledger.revenue - ledger.full_cost)[0],
                ledger.revenue[0],
                users_spending(self.books, 0, lines & users),
            )
            for name, (ledger, lines) in parts.items()
        }

    @property
    def units(self) -> tuple[Unit, ...]:
        """Return the units, each firm followed by its divisions."""
        return _units.of(self.chain)

    def tier_of(self, firm: int) -> str:
        """Return the tier of a firm."""
        return self.chain.world.entity(self.chain.firm_ids[firm]).tier


def units_in(chain: Chain) -> tuple[Unit, ...]:
    """Return the units of a chain, each firm followed by its divisions."""
    firms = chain.world.of_kind(EntityKind.FIRM)
    return tuple(unit for firm in firms for unit in _units_of(chain, firm))


_units: PerChain[tuple[Unit, ...]] = PerChain(units_in)


def _units_of(chain: Chain, firm: Entity) -> list[Unit]:
    """Return one row for a simple firm; a parent and its parts for a firm with divisions."""
    world, number = chain.world, chain.firm_ids.index(firm.id)
    own = np.flatnonzero(chain.firm_of_line == number)
    divisions = [one for one in world.of_kind(EntityKind.DIVISION) if one.parent == firm.id]
    if not divisions:
        whole = any(one.firm == firm.id for one in world.populations)
        return [Unit(firm, POPULATION if whole else FIRM, number, own)]
    direct = [world.entity(chain.line_ids[at]) for at in own]
    parts = [*divisions, *(line for line in direct if line.parent == firm.id)]
    rows = [Unit(part, DIVISION, number, _lines_within(chain, own, part)) for part in parts]
    return [Unit(firm, PARENT, number, own, tuple(part.id for part in parts)), *rows]


def _lines_within(chain: Chain, own: Index, part: Entity) -> Index:
    """Return the lines of a division, or the line itself."""
    parents = [chain.world.entity(chain.line_ids[at]).parent for at in own]
    inside = [
        at
        for at, parent in zip(own, parents, strict=True)
        if part.id in (parent, chain.line_ids[at])
    ]
    return np.array(inside, dtype=np.int64)


def numbers(values: Array) -> list[float | None]:
    """Return an array as plain numbers; None stands for what is not finite.

    Examples
    --------
    >>> numbers(np.array([1.0, np.nan, np.inf]))
    [1.0, None, None]
    """
    return [float(one) if np.isfinite(one) else None for one in values]


def named(names: Sequence[str], values: Array, above: float = SMALLEST) -> dict[str, float]:
    """Return values above a threshold by name.

    Examples
    --------
    >>> named(["a", "b"], np.array([0.5, 0.0]))
    {'a': 0.5}
    """
    return {
        name: float(one) for name, one in zip(names, values.tolist(), strict=True) if one > above
    }
