"""What claims are judged on: the baseline's books, the facts known, runs of shipped scenarios."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cardhouse.analysis.claims import Business
from cardhouse.engine.chain import Index
from cardhouse.facts import FactTable
from cardhouse.model.world import World
from cardhouse.studies.accelerator_market import Priced
from cardhouse.studies.claim_table import Claim
from cardhouse.studies.scenario_files import load_scenario
from cardhouse.studies.views import PARENT, Unit, View

SHOWN_FACTS = 6


@dataclass(frozen=True)
class Evidence:
    """What judges look at: the baseline's books, the facts known, runs of shipped scenarios."""

    view: View
    facts: FactTable | None
    accelerators: tuple[Priced, ...] = ()

    @property
    def world(self) -> World:
        """Return the world."""
        return self.view.chain.world

    def units(self, row: Claim) -> list[Unit]:
        """Return the units in the tiers of a claim, consolidated parents left out."""
        return [
            unit
            for unit in self.view.units
            if unit.kind != PARENT and unit.entity.tier in row.tiers and len(unit.lines)
        ]

    def lines(self, row: Claim) -> Index:
        """Return the lines that sell the products of a claim."""
        products = [line.product in row.products for line in self.world.lines]
        return np.flatnonzero(np.array(products, dtype=bool))

    def firms(self, row: Claim) -> list[int]:
        """Return the firms in the tiers of a claim; all firms where it names none."""
        return [
            firm
            for firm in range(self.view.books.firms)
            if not row.tiers or self.view.tier_of(firm) in row.tiers
        ]

    def facts_on(self, *entities: str) -> tuple[str, ...]:
        """Return the first facts that speak of flows of these entities."""
        of = set(entities)
        spoken = [one for one in self.world.contracts if {one.payer, one.payee} & of]
        ids = dict.fromkeys(fact for one in spoken for fact in one.facts)
        return tuple(ids)[:SHOWN_FACTS]

    def business(self, name: str, lines: Index, *entities: str) -> Business:
        """Return sales and costs of some lines in the base quarter; service has no programs."""
        books, costs = self.view.books, self.view.costs
        service = books.line_cost[0, lines].sum() + books.depreciation[0, lines].sum()
        full = costs.cash_cost[0, lines].sum() + costs.noncash_cost[0, lines].sum()
        revenue = books.line_revenue[0, lines].sum()
        ids = [self.view.chain.line_ids[at] for at in lines]
        facts = self.facts_on(*entities, *ids)
        return Business(name, float(revenue), float(service), float(full), facts)

    def runs(self, row: Claim) -> tuple[View, View]:
        """Return the run of a claim's scenario, and the run without it, over its quarters."""
        scenario = load_scenario(row.scenario, self.world.base)
        moved = View.of(self.view.chains, scenario, row.quarters)
        return moved, self._baseline(row.quarters)

    def _baseline(self, quarters: int) -> View:
        if self.view.trajectory.quarters >= quarters:
            return self.view
        return View.of(self.view.chains, None, quarters)
