"""From balanced values to a world: entities, lines, firms, pools and contracts with their terms."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from cardhouse.accounts.balance import Balanced
from cardhouse.accounts.commitments import NOTHING, Promise, committed_by_contract
from cardhouse.accounts.definition import Definition
from cardhouse.accounts.figures import Figures
from cardhouse.accounts.growth import aged, fading
from cardhouse.accounts.observations import Observation
from cardhouse.accounts.periods import quarter_number
from cardhouse.accounts.signed_rounds import list_rounds
from cardhouse.accounts.tables import Row
from cardhouse.accounts.unknowns import STAKE, Unknowns, imputed_volume, is_imputed
from cardhouse.model.vocabulary import INSTRUMENTS, RESOLUTIONS, ContractKind, EntityKind
from cardhouse.model.world import (
    About,
    Contract,
    Debt,
    Entity,
    Firm,
    Line,
    Move,
    Plant,
    PlantPart,
    Pool,
    Population,
    Round,
    Stake,
    World,
)

LIQUIDATE = RESOLUTIONS[0]

COVERED = 1e-9
"""An observation speaks of a flow when its coefficient is larger than this."""


@dataclass(frozen=True)
class Build:
    """What turns balanced values into a world: the tables, and what the facts said."""

    definition: Definition
    unknowns: Unknowns
    observations: Sequence[Observation]
    figures: Figures
    base: str
    as_of: str
    facts_version: tuple[str, str]

    @cached_property
    def spoken(self) -> Mapping[str, tuple[str, ...]]:
        """Return the facts that speak of each unknown, sharpest first."""
        return _facts_by_unknown(self.unknowns, self.observations)

    @cached_property
    def committed(self) -> Mapping[str, Promise]:
        """Return what is still to be paid under signed commitments, by contract."""
        return committed_by_contract(self.definition, self.figures, quarter_number(self.base))

    @cached_property
    def quarters(self) -> int:
        """Return how many quarters the base lies after the economy's reference quarter."""
        reference = quarter_number(self.definition.about("reference_quarter"))
        return quarter_number(self.base) - reference

    @cached_property
    def written(self) -> Written:
        """Return what the tables alone say of a world: the same for all balanced values."""
        return Written.of(self)

    def world(self, balanced: Balanced) -> World:
        """Return the world that balanced values describe."""
        definition, written = self.definition, self.written
        values = balanced.values.tolist()
        value = dict(zip(self.unknowns.names, values, strict=True))
        return World(
            economy=definition.economy,
            base=self.base,
            as_of=self.as_of,
            entities=written.entities,
            lines=tuple(
                one if one.plant is None else replace(one, plant=_valued(one.plant, one.id, value))
                for one in written.lines
            ),
            firms=tuple(_firm(one, value) for one in written.firms),
            pools=written.pools,
            contracts=_contracts(written, values, balanced.sd.tolist()),
            debts=tuple(_debt(row, value, self.quarters) for row in definition.rows("debts")),
            rounds=written.rounds,
            stakes=_stakes(value),
            populations=written.populations,
            parameters=written.parameters,
            moves=tuple(_move(one, balanced, written.causes) for one in self.observations),
            residual=balanced.residual,
            facts_version=self.facts_version[0],
            facts_digest=self.facts_version[1],
            about=written.about,
        )


@dataclass(frozen=True)
class Written:
    """The parts of a world that the tables write down, whatever the accounts come to.

    Lines, firms and contracts wait for their amounts, which are nothing here.
    """

    entities: tuple[Entity, ...]
    lines: tuple[Line, ...]
    firms: tuple[Firm, ...]
    pools: tuple[Pool, ...]
    contracts: tuple[_Unpaid, ...]
    rounds: tuple[Round, ...]
    populations: tuple[Population, ...]
    parameters: Mapping[str, float]
    causes: Mapping[str, str]
    about: About

    @classmethod
    def of(cls, build: Build) -> Written:
        """Read the tables of a build."""
        definition = build.definition
        return cls(
            entities=tuple(_entity(row) for row in definition.rows("entities")),
            lines=tuple(_line(row, build.quarters) for row in definition.rows("lines")),
            firms=tuple(_firm_of(row) for row in definition.rows("firms")),
            pools=tuple(_pool(row) for row in definition.rows("pools")),
            contracts=tuple(_unpaid_contracts(build)),
            rounds=list_rounds(definition, build.figures, quarter_number(build.base)),
            populations=tuple(_population(row) for row in definition.rows("populations")),
            parameters={
                row.text("name"): row.number_of("value") for row in definition.rows("parameters")
            },
            causes={
                row.text("observation"): row.needed("cause") for row in definition.rows("causes")
            },
            about=About(*(definition.said(key) for key in ("title", "subject", "caution"))),
        )


@dataclass(frozen=True)
class _Unpaid:
    """A contract before its amount is known.

    ``place`` is that of its flow among the unknowns, -1 for use that is imputed; ``payers`` that
    of the number of people who pay, -1 where nobody counts them.
    """

    contract: Contract
    place: int = -1
    payers: int = -1


def _entity(row: Row) -> Entity:
    """Return an entity of the table."""
    words = {name: row.text(name) for name in ("id", "name", "tier", "market", "parent", "label")}
    return Entity(kind=EntityKind(row.text("kind")), core=row.flag("core"), **words)


def _line(row: Row, quarters: int) -> Line:
    """Return a line of the table, its plant without values."""
    name = row.text("id")
    return Line(
        id=name,
        product=row.needed("product"),
        is_ai=row.flag("is_ai"),
        price_follows_cost=row.flag("price_follows_cost"),
        fixed_pass_through=row.number_of("fixed_pass_through", 0.0),
        opening_growth=row.number_of("opening_growth", 0.0) * fading(quarters),
        plant=_plant(row, quarters) if row.flag("plant") else None,
    )


def _plant(row: Row, quarters: int) -> Plant:
    """Return a line's plant as the table describes it, without values."""
    return Plant(
        gross=0.0,
        net=0.0,
        depreciation=0.0,
        life_quarters=row.number_of("life_quarters"),
        lead_quarters=int(row.number_of("lead_quarters")),
        capital_intensity=row.number_of("capital_intensity"),
        target_utilisation=row.number_of("target_utilisation"),
        plan_growth=row.number_of("plan_growth", 0.0) * fading(quarters),
        parts=_parts(row),
    )


def _valued(plant: Plant, line: str, value: Mapping[str, float]) -> Plant:
    """Return a line's plant at balanced values; gross never stands below net."""
    net = value[f"net:{line}"]
    return replace(
        plant,
        gross=max(value[f"gross:{line}"], net),
        net=net,
        depreciation=value[f"depreciation:{line}"],
        orders_under_way=value[f"under_way:{line}"],
    )


def _parts(row: Row) -> tuple[PlantPart, ...]:
    """Return equipment and sites apart where the table gives the share of sites in capex."""
    site = row.number_of("site_share", 0.0)
    if site <= 0.0:
        return ()
    life, lead = row.number_of("life_quarters"), int(row.number_of("lead_quarters"))
    site_life = row.number_of("site_life_quarters")
    site_lead = int(row.number_of("site_lead_quarters"))
    return (
        PlantPart("equipment", 1.0 - site, life, lead, ages_fast=True),
        PlantPart("site", site, site_life, site_lead),
    )


def _firm_of(row: Row) -> Firm:
    """Return a firm of the table, without its money."""
    return Firm(
        id=row.text("id"),
        cash=0.0,
        access=row.words("access"),
        venture_funded=row.flag("venture_funded"),
        runway_target_quarters=row.maybe("runway_target_quarters"),
        cash_floor=row.number_of("cash_floor", 0.0),
        cash_per_capex=row.maybe("cash_per_capex"),
        other_growth=row.number_of("other_growth", 0.0),
        other_beta=row.number_of("other_beta", 0.0),
        payout_growth=row.number_of("payout_growth", 0.0),
        strategic_share=row.number_of("strategic_share", 0.0),
        strategic_of_revenue=row.number_of("strategic_of_revenue", math.inf),
        strategic_of_purchases=row.number_of("strategic_of_purchases", math.inf),
        on_default=row.one_of("on_default", RESOLUTIONS) if row.text("on_default") else LIQUIDATE,
        rescuers=row.words("rescuers"),
        other_assets=row.number_of("other_assets", 0.0),
    )


def _firm(firm: Firm, value: Mapping[str, float]) -> Firm:
    """Return a firm with its cash, stock pay and balance sheet at balanced values."""
    name = firm.id
    return replace(
        firm,
        cash=value[f"cash:{name}"],
        stock_pay=value[f"stock_pay:{name}"],
        receivables=value.get(f"receivables:{name}", 0.0),
        payables=value.get(f"payables:{name}", 0.0),
        deferred_revenue=value.get(f"deferred_revenue:{name}", 0.0),
    )


def _stakes(value: Mapping[str, float]) -> tuple[Stake, ...]:
    """Return the stakes among the positions, at balanced cost."""
    stakes = [name.split(":") for name in value if name.startswith(f"{STAKE}:")]
    return tuple(
        Stake(investor, firm, value[f"{STAKE}:{investor}:{firm}"]) for _, investor, firm in stakes
    )


def _population(row: Row) -> Population:
    """Return a population of the table; a blank spread is the usual one."""
    return Population(
        firm=row.text("firm"),
        count=int(row.number_of("count")),
        size_spread=row.number_of("size_spread", Population.size_spread),
        margin_sd=row.number_of("margin_sd", Population.margin_sd),
        runway_spread=row.number_of("runway_spread", Population.runway_spread),
        growth_sd=row.number_of("growth_sd", Population.growth_sd),
    )


def _pool(row: Row) -> Pool:
    """Return a pool of the table; a blank limit is no limit."""
    return Pool(
        id=row.text("id"),
        instrument=row.one_of("instrument", INSTRUMENTS),
        rate=row.number_of("rate", 0.0),
        maturity_quarters=row.number_of("maturity_quarters", 20.0),
        seniority=int(row.number_of("seniority", 2.0)),
        growth=row.number_of("growth", 0.0),
        half_life=row.number_of("half_life", 8.0),
        base_supply=row.maybe("base_supply"),
        asset_leverage=row.number_of("asset_leverage", 0.8),
        income_leverage=row.number_of("income_leverage", 6.0),
        closes_below=row.number_of("closes_below", 0.0),
    )


def _debt(row: Row, value: Mapping[str, float], quarters: int) -> Debt:
    """Return a debt of the table at its balanced amount, some quarters after the reference one.

    What is repaid by a day has so many quarters less to run, at least one.
    """
    life = row.number_of("maturity_quarters")
    if row.flag("dated") or row.flag("bullet"):
        life = max(life - quarters, 1.0)
    return Debt(
        firm=row.text("firm"),
        pool=row.text("pool"),
        amount=value[f"debt:{row.text('id')}"],
        rate=row.number_of("rate"),
        maturity_quarters=life,
        bullet=row.flag("bullet"),
        seniority=int(row.number_of("seniority", 0.0)),
        collateral=row.text("collateral"),
    )


def _unpaid_contracts(build: Build) -> Iterator[_Unpaid]:
    """Yield the contracts of the table with their terms, and the facts that speak of each."""
    place, spoken, committed = build.unknowns.place, build.spoken, build.committed
    payers = _payers(build.definition, place)
    for row in build.definition.rows("contracts"):
        if is_imputed(row):
            yield _Unpaid(_imputed(build.definition, row, build.quarters))
            continue
        name = row.text("id")
        contract = _contract(row, spoken[name])
        promise = committed.get(name, NOTHING)
        own = aged(contract.terms, build.quarters)
        spread = {term: own[term] for term in own if term.startswith("commit_")}
        terms = {**own, **promise.terms(contract.kind), **spread}
        whole = replace(contract, terms=terms, committed=promise.amount)
        yield _Unpaid(whole, place[name], payers.get(name, -1))


def _payers(definition: Definition, place: Mapping[str, int]) -> dict[str, int]:
    """Return where the number of payers of each flow stands of which a product counts them."""
    return {
        row.needed("of"): place[row.needed("payers")]
        for row in definition.rows("products")
        if row.needed("of") in place and row.needed("payers") in place
    }


def _contract(row: Row, facts: tuple[str, ...]) -> Contract:
    """Return a contract of the table, without an amount."""
    return Contract(
        kind=ContractKind(row.text("kind")),
        payer=row.text("payer"),
        payee=row.text("payee"),
        amount=0.0,
        terms=row.pairs("terms"),
        estimated=not facts,
        facts=facts,
        party=row.text("party"),
    )


def _contracts(
    written: Written, values: Sequence[float], sd: Sequence[float]
) -> tuple[Contract, ...]:
    """Return the contracts at balanced amounts."""
    return tuple(
        one.contract if one.place < 0 else _paid(one, values, sd) for one in written.contracts
    )


def _paid(one: _Unpaid, values: Sequence[float], sd: Sequence[float]) -> Contract:
    """Return a contract at its amount; a flow that may run either way turns when it is negative."""
    contract, amount, terms = one.contract, values[one.place], one.contract.terms
    payer, payee = contract.payer, contract.payee
    if amount < 0:
        payer, payee, amount = payee, payer, -amount
    if one.payers >= 0:
        terms = {**terms, "people_mn": values[one.payers]}
    return Contract(
        contract.kind,
        payer,
        payee,
        amount,
        terms,
        contract.committed,
        contract.estimated,
        contract.facts,
        sd[one.place],
        contract.party,
    )


def _imputed(definition: Definition, row: Row, quarters: int) -> Contract:
    """Return use that nobody pays for: no flow, but a volume at the seller's paying price."""
    volume = imputed_volume(definition, row, quarters)
    return Contract(
        kind=ContractKind(row.text("kind")),
        payer=row.text("payer"),
        payee=row.text("payee"),
        amount=0.0,
        terms={**aged(row.pairs("terms"), quarters), "volume": volume},
        estimated=True,
        sd=row.number_of("sd"),
    )


def _facts_by_unknown(
    unknowns: Unknowns, observations: Sequence[Observation]
) -> dict[str, tuple[str, ...]]:
    """Return the facts that speak of each unknown, sharpest first."""
    found: dict[str, list[tuple[float, str]]] = {name: [] for name in unknowns.names}
    for one in observations:
        for position in np.flatnonzero(np.abs(one.of) > COVERED):
            found[unknowns.names[position]].append((one.sd, one.figure.id))
    return {
        name: tuple(dict.fromkeys(fact for _, fact in sorted(pairs)))
        for name, pairs in found.items()
    }


LARGE_MOVE = 2.0
"""Moves beyond this many sd carry their cause."""


def _move(one: Observation, balanced: Balanced, causes: Mapping[str, str]) -> Move:
    """Return what balancing did to one fact, with its cause when it is large."""
    move = Move(one.figure.id, one.what, one.value, one.at(balanced.values), one.sd)
    large = abs(move.in_sd) > LARGE_MOVE
    return replace(move, cause=causes.get(one.what, "")) if large else move
