"""What claims are judged on: the baseline's books, the facts known, runs of shipped scenarios."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from cardhouse.analysis.claims import Business
from cardhouse.analysis.cost_of_service import ServiceCosts, service_costs
from cardhouse.engine.chain import Array, Index
from cardhouse.engine.sums import ratio
from cardhouse.facts import FactTable
from cardhouse.model.vocabulary import ContractKind as Kind
from cardhouse.model.world import World
from cardhouse.studies.accelerator_market import Priced
from cardhouse.studies.claim_table import Claim
from cardhouse.studies.document_people import last_day
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

    @property
    def middle(self) -> dt.date:
        """Return the middle of the base quarter."""
        return last_day(self.world.base) - dt.timedelta(days=45)

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
        """Return facts that speak of flows of these entities: their own first, nearest first."""
        of = set(entities)
        spoken = [one for one in self.world.contracts if {one.payer, one.payee} & of]
        return self._first((fact for one in spoken for fact in one.facts), of)

    def _first(self, ids: Iterable[str], of: set[str]) -> tuple[str, ...]:
        """Return some facts: those on the entities first, of them those nearest to the base."""
        known = {} if self.facts is None else self.facts.by_id

        def order(fact: str) -> tuple[bool, int]:
            one = known.get(fact)
            if one is None:
                return (True, 0)
            return (one.entity not in of, abs((one.period_end - self.middle).days))

        return tuple(sorted(dict.fromkeys(ids), key=order))[:SHOWN_FACTS]

    @cached_property
    def layers(self) -> ServiceCosts:
        """Return the layers of cost of every line in the base quarter."""
        return service_costs(self.view.books, self.view.costs)

    @cached_property
    def use(self) -> tuple[Array, Array]:
        """Return the shares of each line's output that are sold or given away, and paid (line,).

        What is left is use by the seller's own parent.
        """
        output = self.view.books.value[0]
        sales = self.view.chain.sales
        own = np.zeros_like(output)
        np.add.at(own, sales.line, sales.volume * (sales.own_use > 0))
        paid = ratio(self.view.books.line_revenue[0], output)
        return 1.0 - ratio(own, output), paid

    def business(self, name: str, lines: Index, *entities: str) -> Business:
        """Return sales and costs of some lines in the base quarter, their own use left out."""
        sold, paid = (share[lines] for share in self.use)
        layers = self.layers
        ids = [self.view.chain.line_ids[at] for at in lines]
        return Business(
            name,
            revenue=float(self.view.books.line_revenue[0, lines].sum()),
            service=float((layers.direct[lines] * sold).sum()),
            full=float((layers.full[lines] * sold).sum()),
            facts=self.facts_on(*entities, *ids),
            paid=float((layers.direct[lines] * paid).sum()),
        )

    def flow_facts(
        self, kind: Kind, *, payers: Sequence[str] = (), payees: Sequence[str] = ()
    ) -> tuple[str, ...]:
        """Return the first facts that speak of flows of a kind between some ends; no end: any."""
        spoken = [
            one
            for one in self.world.contracts_of(kind)
            if (not payers or one.payer in payers) and (not payees or one.payee in payees)
        ]
        of = {*payers, *payees} or {end for one in spoken for end in (one.payer, one.payee)}
        return self._first((fact for one in spoken for fact in one.facts[:2]), of)

    def runs(self, row: Claim) -> tuple[View, View]:
        """Return the run of a claim's scenario, and the run without it, over its quarters."""
        scenario = load_scenario(row.scenario, self.world.base)
        moved = View.of(self.view.chains, scenario, row.quarters)
        return moved, self._baseline(row.quarters)

    def _baseline(self, quarters: int) -> View:
        if self.view.trajectory.quarters >= quarters:
            return self.view
        return View.of(self.view.chains, None, quarters)
