"""Generators of economies: stationary ones, burning ones, with cycles, of any size and scale.

An economy is built from a seeded generator, so that hypothesis shrinks over a few plain numbers
(firms, seed, scale, flags) and a failure can be rebuilt from its printed arguments.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from hypothesis import strategies as st

from cardhouse.engine.chain import compile_chain, parameters_of
from cardhouse.engine.drivers import neutral
from cardhouse.engine.moment import Moment
from cardhouse.engine.plans import ages_kept
from cardhouse.engine.simulate import as_paths
from cardhouse.engine.state import opening_state
from cardhouse.model.vocabulary import ContractKind as K
from cardhouse.model.vocabulary import EntityKind as E
from cardhouse.model.world import (
    Contract,
    Debt,
    Entity,
    Firm,
    Line,
    Plant,
    PlantPart,
    Pool,
    Round,
    World,
)

OUTSIDE = ("labour", "energy", "tax", "shareholders", "default_costs", "other_business")


@dataclass(frozen=True)
class Recipe:
    """What an invented economy is made of; every field is a plain number or flag.

    ``extras`` adds what few firms have: a division, a second line with own use, shares of revenue,
    other business, secured and junior debt, strategic investors; where the economy is not
    stationary also bullets, letters of intent, guidance, ceilings. ``growing`` lets demand grow;
    ``idle`` adds firms with a line, no cash and no contract at all. Every second pair of lines
    trades, unless ``suppliers`` tells from how many a line buys: those of whom it buys most.
    """

    firms: int = 4
    seed: int = 0
    scale: float = 1.0
    cycles: bool = True
    plant: bool = True
    debt: bool = True
    stationary: bool = True
    free_use: bool = True
    extras: bool = False
    growing: bool = False
    idle: int = 0
    suppliers: int | None = None

    def world(self) -> World:
        """Return the economy."""
        world = _Builder(self).world()
        if self.extras:
            world = _with_extras(world, self)
        if self.growing:
            world = _growing(world)
        return _with_idle_firms(world, self.idle)


def recipes(*, stationary: bool | None = None, most: int = 8) -> st.SearchStrategy[Recipe]:
    """Draw recipes of economies with 1 to `most` firms at scales from 1e-6 to 1e9."""
    return st.builds(
        Recipe,
        firms=st.integers(1, most),
        seed=st.integers(0, 2**16),
        scale=st.sampled_from([1e-6, 1e-3, 1.0, 1e3, 1e9]),
        cycles=st.booleans(),
        plant=st.booleans(),
        debt=st.booleans(),
        stationary=st.booleans() if stationary is None else st.just(stationary),
        free_use=st.booleans(),
    )


def rich_recipes(*, stationary: bool | None = None, most: int = 8) -> st.SearchStrategy[Recipe]:
    """Draw recipes with everything an economy may have, idle firms included."""
    return st.builds(
        replace,
        recipes(stationary=stationary, most=most),
        extras=st.booleans(),
        growing=st.booleans() if stationary is None else st.just(not stationary),
        idle=st.integers(0, 2),
    )


class _Builder:
    """Builds a world whose base quarter balances purse by purse."""

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe
        self.rng = np.random.default_rng(recipe.seed)
        self.n = recipe.firms
        self.contracts: list[Contract] = []

    def world(self) -> World:
        """Return the world: trade, then bills, then what is left is paid out or burned."""
        self._trade()
        self._spend()
        firms = self._firms()
        return World(
            economy="invented",
            base="2025Q2",
            as_of="2026-11-01",
            entities=self._entities(),
            lines=self._lines(),
            firms=firms,
            pools=self._pools(),
            contracts=tuple(self.contracts),
            debts=self._debts(),
            rounds=self._rounds(),
            # Progress takes value off older plant, and no economy with progress stands still.
            parameters={"performance_growth": 0.0} if self.recipe.stationary else {},
        )

    def _trade(self) -> None:
        """Draw final demand, inputs (with cycles), programs and plant; solve volumes."""
        rng, n = self.rng, self.n
        demand = rng.uniform(0.5, 2.0, n)
        share = rng.uniform(0.0, 1.0, (n, n)) * (rng.uniform(size=(n, n)) < 0.5)
        np.fill_diagonal(share, 0.0)
        if not self.recipe.cycles:
            share = np.triu(share)
        if self.recipe.suppliers is not None:
            share[np.argsort(np.argsort(-share)) >= self.recipe.suppliers] = 0.0
        total = np.maximum(share.sum(axis=1, keepdims=True), 1e-9)
        self.intensity = share / total * np.minimum(total, 1.0) * 0.4
        self.free = rng.uniform(0.0, 0.3, n) * self.recipe.free_use
        self.program = rng.uniform(0.0, 0.05, n) * (n > 1)
        self.capex = rng.uniform(0.02, 0.1, n) * self.recipe.plant * (rng.uniform(size=n) < 0.7)
        self.supplier = (np.arange(n) + rng.integers(1, max(n, 2), n)) % n
        bought = np.zeros(n)
        np.add.at(bought, self.supplier, self.program)
        if n > 1:
            np.add.at(bought, self.supplier, 0.5 * self.capex)
        final = demand * (1.0 + self.free)
        self.volume = np.linalg.solve(np.eye(n) - self.intensity.T, final + bought)
        self.demand = demand
        self.revenue = self.volume - demand * self.free

    def _spend(self) -> None:
        """Write the contracts; outside costs leave room, so that what is left is not negative."""
        scale, rng, n = self.recipe.scale, self.rng, self.n
        inputs = self.intensity * self.volume[:, None]
        left = self.revenue - inputs.sum(axis=1) - self.program - self.capex
        debt = self.revenue * rng.uniform(0.1, 1.0, n) * self.recipe.debt
        self.debt = debt * scale
        interest, repaid = 0.02 * debt, debt / 20.0
        left = left - interest
        squeeze = rng.uniform(0.3, 0.8, n)
        if not self.recipe.stationary:
            squeeze = rng.uniform(0.5, 1.6, n)
        labour = np.maximum(left, 0.05 * self.revenue) * squeeze
        energy = 0.1 * labour
        labour = 0.9 * labour
        left = left - labour - energy
        self._write(inputs, labour, energy, interest, repaid, left, scale)

    def _write(self, inputs, labour, energy, interest, repaid, left, scale) -> None:  # type: ignore[no-untyped-def]
        for i in range(self.n):
            line, firm = f"line{i}", f"firm{i}"
            law = {"conversion": 0.03} if i % 3 == 0 else {"elasticity": 1.2}
            self._add(K.SALE, "payers", line, self.demand[i] * scale, law)
            if self.free[i] > 0:
                volume = {"pays": 0.0, "volume": self.demand[i] * self.free[i] * scale}
                self._add(K.SALE, "guests", line, 0.0, volume)
            for j in np.flatnonzero(inputs[i]):
                self._add(K.INPUT, line, f"line{j}", inputs[i, j] * scale)
            if self.program[i] > 0:
                self._add(K.PROGRAM, firm, f"line{self.supplier[i]}", self.program[i] * scale)
            self._plant_bought(i, scale)
            self._add(K.COST, line, "labour", labour[i] * scale)
            self._add(K.COST, line, "energy", energy[i] * scale, {"fixed": 1.0})
            if self.recipe.debt:
                self._add(K.INTEREST, firm, "lender", interest[i] * scale)
                self._add(K.REPAYMENT, firm, "lender", repaid[i] * scale)
                self._add(K.DEBT_DRAWN, "lender", firm, repaid[i] * scale)
            if left[i] >= 0:
                tax = 0.2 * left[i] if self.capex[i] <= left[i] else 0.0
                self._add(K.TAX, firm, "tax", tax * scale)
                self._add(K.PAYOUT, firm, "shareholders", (left[i] - tax) * scale)
            else:
                self._add(K.EQUITY, "venture", firm, -left[i] * scale)

    def _plant_bought(self, i: int, scale: float) -> None:
        if self.capex[i] <= 0:
            return
        half = 0.5 * self.capex[i] * scale if self.n > 1 else 0.0
        if half:
            self._add(K.CAPEX, f"line{i}", f"line{self.supplier[i]}", half)
        self._add(K.CAPEX, f"line{i}", "energy", self.capex[i] * scale - half)

    def _add(self, kind, payer, payee, amount, terms=None) -> None:  # type: ignore[no-untyped-def]
        self.contracts.append(Contract(kind, payer, payee, float(amount), terms or {}))

    def _entities(self) -> tuple[Entity, ...]:
        rows = [Entity("payers", "Payers", E.SEGMENT, "users")]
        rows += [Entity("guests", "Guests", E.SEGMENT, "users")]
        for i in range(self.n):
            rows.append(Entity(f"firm{i}", f"Firm {i}", E.FIRM, f"tier{i % 3}"))
            market = f"market{i % max(1, self.n // 2)}"
            rows.append(Entity(f"line{i}", f"Line {i}", E.LINE, f"tier{i % 3}", market, f"firm{i}"))
        rows.append(Entity("venture", "Venture", E.POOL, "capital", label="venture"))
        rows.append(Entity("lender", "Lender", E.POOL, "capital", label="bonds"))
        rows += [Entity(name, name, E.OUTSIDE, "outside") for name in OUTSIDE]
        return tuple(rows)

    def _lines(self) -> tuple[Line, ...]:
        out = []
        for i in range(self.n):
            plant = None
            if self.capex[i] > 0:
                gross = 24.0 * self.capex[i] * self.recipe.scale
                plant = Plant(gross, gross * 25.0 / 48.0, gross / 24.0)
            product = ("subscription", "api", "compute")[i % 3]
            out.append(Line(f"line{i}", product, plant=plant, fixed_pass_through=0.2 * (i % 2)))
        return tuple(out)

    def _firms(self) -> tuple[Firm, ...]:
        spent = {f"firm{i}": self.revenue[i] * self.recipe.scale for i in range(self.n)}
        pools = ("venture", "lender")
        floor = 0.0
        return tuple(
            Firm(
                name,
                cash=float(0.3 * amount * (1.0 + self.rng.uniform())),
                access=pools,
                venture_funded=not self.recipe.stationary and number % 2 == 1,
                cash_floor=floor,
            )
            for number, (name, amount) in enumerate(spent.items())
        )

    def _pools(self) -> tuple[Pool, ...]:
        endless = float("inf")
        return (
            Pool("venture", "equity"),
            Pool("lender", "debt", rate=0.02, asset_leverage=endless, income_leverage=endless),
        )

    def _debts(self) -> tuple[Debt, ...]:
        if not self.recipe.debt:
            return ()
        return tuple(
            Debt(f"firm{i}", "lender", float(self.debt[i]), 0.02, 20.0) for i in range(self.n)
        )

    def _rounds(self) -> tuple[Round, ...]:
        if self.recipe.stationary:
            return ()
        amount = 0.1 * float(self.revenue[0]) * self.recipe.scale
        return (Round("signed", "venture", "firm0", amount, 2),)


# --- what few firms have -----------------------------------------------------------------------

SIDE_CAPEX, LIFE = 0.05, 24.0
EQUIPMENT, SITE = (
    PlantPart("equipment", 0.75, 20.0, 2, ages_fast=True),
    PlantPart("site", 0.25, 60.0, 5),
)


def side_plant(recipe: Recipe) -> Plant:
    """Return plant of two kinds that a steady stream of capex has left."""
    capex, parts = SIDE_CAPEX * recipe.scale, (EQUIPMENT, SITE)
    guidance = () if recipe.stationary else (0.05, 0.02)
    return Plant(
        gross=capex * sum(part.share * part.life_quarters for part in parts),
        net=capex * sum(part.share * (part.life_quarters + 1.0) / 2.0 for part in parts),
        depreciation=capex,
        life_quarters=LIFE,
        guidance=guidance,
        parts=parts,
    )


def _with_extras(world: World, recipe: Recipe) -> World:
    """Return the world with a side business of every third firm; payouts take what it leaves."""
    owners = range(0, recipe.firms, 3)
    contracts = [_bound(contract, number) for number, contract in enumerate(world.contracts)]
    for owner in owners:
        contracts += _side_business(owner, recipe)
    entities = [
        *world.entities,
        Entity("home", "Own use", E.SEGMENT, "users"),
        Entity("secured", "Secured loans", E.POOL, "capital", label="private_credit"),
        Entity("junior", "Junior loans", E.POOL, "capital", label="mezzanine"),
        Entity("lessor", "Lessors", E.POOL, "capital", label="leases"),
    ]
    for owner in owners:
        entities.append(Entity(f"division{owner}", "Division", E.DIVISION, "t", "", f"firm{owner}"))
        entities.append(Entity(f"side{owner}", "Side", E.LINE, "t", "side", f"division{owner}"))
    plant = side_plant(recipe)
    extra = replace(
        world,
        entities=tuple(entities),
        lines=(*world.lines, *(Line(f"side{owner}", "compute", plant=plant) for owner in owners)),
        pools=(*world.pools, *_side_pools(recipe)),
        contracts=tuple(contracts),
        debts=(*world.debts, *(debt for owner in owners for debt in _side_debts(owner, recipe))),
    )
    return extra if recipe.stationary else _with_promises(extra, recipe)


def _side_pools(recipe: Recipe) -> tuple[Pool, ...]:
    endless = {"asset_leverage": 1e9, "income_leverage": 1e9}
    tested = endless if recipe.stationary else {"asset_leverage": 5.0, "income_leverage": 60.0}
    supply = 0.05 * recipe.scale
    return (
        Pool("secured", "debt", rate=0.03, seniority=1, **endless),
        Pool("junior", "debt", rate=0.05, seniority=3, closes_below=0.3, **tested),
        Pool("lessor", "lease", rate=0.01, seniority=2, base_supply=supply, **endless),
    )


def _bound(contract: Contract, number: int) -> Contract:
    """Return a purchase that binds its buyer to half of what it is, or is bought on credit."""
    if contract.kind not in (K.INPUT, K.PROGRAM) or number % 2:
        return contract
    terms: dict[str, float] = {
        "commit_start": 1.0, "commit_quarters": 200.0, "commit_growth": 0.0, "take_or_pay": 0.9,
        "notice": float(number % 3), "letter": float(number % 8 == 0),
    }  # fmt: skip
    if contract.kind is K.INPUT:
        terms |= {"credit_share": 0.3, "credit_quarters": 2.0}
    committed = 100.0 * contract.amount
    return replace(contract, terms={**contract.terms, **terms}, committed=committed)


def _side_business(owner: int, recipe: Recipe) -> list[Contract]:
    """Return the contracts of a side business, its debts and other business, paid out in full."""
    line, firm, unit = f"side{owner}", f"firm{owner}", recipe.scale
    rows = [
        (K.SALE, "payers", line, 0.5, {"elasticity": 0.8, "people_mn": 1.0, "annual_price": 20.0}),
        (K.SALE, "home", line, 0.0, {"pays": 0.0, "own_use": 1.0, "volume": 0.2 * unit}),
        (K.COST, line, "labour", 0.2, {}),
        (K.COST, line, "energy", 0.05, {"fixed": 1.0}),
        (K.LEASE, line, "energy", 0.01, {"quarters": 6.0}),
        (K.CAPEX, line, "energy", SIDE_CAPEX, {}),
        (K.PROGRAM, firm, "labour", 0.01, {"training": 1.0}),
    ]
    left = 0.5 - 0.2 - 0.05 - 0.01 - SIDE_CAPEX - 0.01
    if recipe.firms > 1:
        partner = f"firm{(owner + 1) % recipe.firms}"
        rows.append((K.REVENUE_SHARE, line, partner, 0.05, {}))
        rows.append((K.BUY_BACK, partner, line, 0.02, {}))
        rows.append((K.PAYOUT, partner, "shareholders", 0.03, {}))
        left -= 0.05 - 0.02
    if recipe.debt:
        for pool, interest, repaid in (("secured", 0.009, 0.015), ("junior", 0.005, 0.005)):
            rows.append((K.INTEREST, firm, pool, interest, {}))
            rows.append((K.REPAYMENT, firm, pool, repaid, {}))
            rows.append((K.DEBT_DRAWN, pool, firm, repaid, {}))
            left -= interest
    if owner % 2:
        rows.append((K.OTHER_BUSINESS, firm, "other_business", 0.02, {}))
        left -= 0.02
    else:
        rows.append((K.OTHER_BUSINESS, "other_business", firm, 0.3, {}))
        left += 0.3
    rows.append((K.PAYOUT, firm, "shareholders", left, {}))
    made = [Contract(kind, payer, payee, x * unit, terms) for kind, payer, payee, x, terms in rows]
    return [_capped(contract, unit) for contract in [*made, *_stand_by(owner, recipe)]]


def _capped(contract: Contract, unit: float) -> Contract:
    """Return a buy-back with a cap that lasts; other contracts as they are."""
    return replace(contract, committed=50.0 * unit) if contract.kind is K.BUY_BACK else contract


def _stand_by(owner: int, recipe: Recipe) -> list[Contract]:
    """Return what costs nothing until it is called: a line of credit, a guarantee."""
    firm, unit = f"firm{owner}", recipe.scale
    out = [Contract(K.CREDIT_LINE, "secured", firm, 0.0, {"quarters": 8.0}, committed=0.1 * unit)]
    if recipe.firms > 1:
        partner = f"firm{(owner + 1) % recipe.firms}"
        out.append(Contract(K.GUARANTEE, partner, "lender", 0.0, committed=0.2 * unit, party=firm))
    return out


def _side_debts(owner: int, recipe: Recipe) -> list[Debt]:
    if not recipe.debt:
        return []
    firm, unit = f"firm{owner}", recipe.scale
    debts = [
        Debt(firm, "secured", 0.2 * unit, 0.03, 20.0),
        Debt(firm, "secured", 0.1 * unit, 0.03, 20.0, collateral=f"side{owner}"),
        Debt(firm, "junior", 0.1 * unit, 0.05, 20.0),
    ]
    if not recipe.stationary:
        debts.append(Debt(firm, "secured", 0.2 * unit, 0.03, 3.0, bullet=True, seniority=2))
    return debts


def _with_promises(world: World, recipe: Recipe) -> World:
    """Return the world with rounds of every kind, strategic investors and terms that move."""
    unit, last = recipe.scale, f"firm{recipe.firms - 1}"
    rounds = [*world.rounds, Round("letter", "venture", last, 0.1 * unit, 3, 0.3, "when built")]
    rounds.append(Round("tested", "venture", last, 0.1 * unit, 2, 1.0, "growth >= 0.01"))
    contracts = [_moving(contract, unit) for contract in world.contracts]
    contracts.append(Contract(K.OTHER_CASH, "other_business", "firm0", 0.01 * unit))
    firms = [_on_its_own(firm, number, unit) for number, firm in enumerate(world.firms)]
    if recipe.firms > 1:
        rounds.append(Round("vendor", "firm0", "firm1", 0.1 * unit, 1, earmark="line0"))
        contracts.append(Contract(K.EQUITY, "firm0", "firm1", 0.02 * unit, {"in_step": 0.2}))
        firms = [_financed_by_first(firm) for firm in firms]
    return replace(world, rounds=tuple(rounds), contracts=tuple(contracts), firms=tuple(firms))


def _on_its_own(firm: Firm, number: int, unit: float) -> Firm:
    """Return a firm with pay in shares; every second one would be restructured, all may lease."""
    return replace(
        firm,
        payout_growth=0.01,
        stock_pay=0.01 * unit,
        on_default=("liquidate", "restructure")[number % 2],
        access=(*firm.access, "lessor", "junior"),
    )


def _moving(contract: Contract, unit: float) -> Contract:
    """Return a contract whose use per unit grows, whose market has a ceiling, or that ends."""
    more: dict[str, float] = {}
    if contract.kind is K.INPUT:
        more = {"intensity_growth": 0.002, "essential": 0.8}
    if contract.kind is K.SALE and "conversion" in contract.terms:
        more = {"ceiling": 4.0, "spread": 1.3}
    if contract.kind is K.REVENUE_SHARE:
        more = {"cap": 0.3 * unit, "quarters": 9.0}
    if contract.kind is K.BUY_BACK:
        more = {"quarters": 7.0}
    if contract.kind is K.CAPEX and contract.payee == "energy":
        more = {"leased": 0.4}
    if contract.kind is K.CAPEX and contract.payee != "energy":
        more = {"credit_share": 0.5, "credit_quarters": 3.0}
    return replace(contract, terms={**contract.terms, **more}) if more else contract


def _financed_by_first(firm: Firm) -> Firm:
    if firm.id == "firm0":
        return replace(
            firm,
            strategic_share=0.3,
            strategic_of_revenue=0.2,
            strategic_of_purchases=0.5,
            other_beta=0.5,
            other_growth=0.01,
        )
    return replace(firm, access=(*firm.access, "firm0"), rescuers=("firm0",))


def _growing(world: World) -> World:
    """Return the world with demand that grows, ever more slowly."""
    law = {"growth": 0.1, "growth_end": 0.01, "half_life": 6.0}
    return replace(
        world,
        lines=tuple(replace(line, opening_growth=0.1) for line in world.lines),
        contracts=tuple(
            replace(one, terms={**one.terms, **law}) if one.kind is K.SALE else one
            for one in world.contracts
        ),
    )


def _with_idle_firms(world: World, count: int) -> World:
    """Return the world with firms that have a line but no cash and no contract."""
    names = [f"idle{number}" for number in range(count)]
    entities = [Entity(name, name.title(), E.FIRM, "tier0") for name in names]
    entities += [Entity(f"{n}_line", f"{n} line", E.LINE, "tier0", "market0", n) for n in names]
    return replace(
        world,
        entities=(*world.entities, *entities),
        lines=(*world.lines, *(Line(f"{name}_line", "api") for name in names)),
        firms=(*world.firms, *(Firm(name, cash=0.0, access=("venture",)) for name in names)),
    )


# --- economies by hand ---------------------------------------------------------------------------


def hand_made(
    contracts: Sequence[tuple],
    *,
    lines: Mapping[str, str],
    firms: Sequence[Firm] = (),
    terms_of_lines: Mapping[str, Mapping[str, Any]] | None = None,
    markets: Mapping[str, str] | None = None,
    pools: Sequence[Pool] = (),
    debts: Sequence[Debt] = (),
    rounds: Sequence[Round] = (),
) -> World:
    """Return a small world from rows (kind, payer, payee, amount[, terms]).

    ``lines`` maps lines to their firms; firms without a row of their own have no cash. Payers of
    sales are segments. A line's market is its own name unless `markets` says otherwise.
    """
    rows = [Contract(*row[:4], **({"terms": row[4]} if len(row) > 4 else {})) for row in contracts]
    listed = {firm.id: firm for firm in firms}
    names = dict.fromkeys([*lines.values(), *listed])
    segments = dict.fromkeys(row.payer for row in rows if row.kind is K.SALE)
    entities = [Entity(name, name, E.SEGMENT, "users") for name in segments]
    entities += [Entity(name, name, E.FIRM, "firms") for name in names]
    entities += [
        Entity(line, line, E.LINE, "firms", (markets or {}).get(line, line), firm)
        for line, firm in lines.items()
    ]
    entities += [Entity(pool.id, pool.id, E.POOL, "capital") for pool in pools]
    entities += [Entity(name, name, E.OUTSIDE, "outside") for name in OUTSIDE]
    terms = terms_of_lines or {}
    return World(
        economy="by hand",
        base="2025Q2",
        as_of="2026-11-01",
        entities=tuple(entities),
        lines=tuple(Line(line, "api", **terms.get(line, {})) for line in lines),
        firms=tuple(listed.get(name, Firm(name, cash=0.0)) for name in names),
        pools=tuple(pools),
        contracts=tuple(rows),
        debts=tuple(debts),
        rounds=tuple(rounds),
    )


def moment_of(
    world: World,
    *,
    quarter: int = 1,
    quarters: int = 12,
    drivers: Mapping[str, Any] | None = None,
    state: Mapping[str, Any] | None = None,
    parameters: Mapping[str, float] | None = None,
) -> Moment:
    """Return the moment before a quarter, from the opening state with some parts changed."""
    chain = compile_chain(world)
    moved = replace(neutral(chain, quarters), **(drivers or {}))
    opening = opening_state(chain, 1, ages_kept(chain, moved))
    columns = as_paths(parameters_of(world, parameters), 1)
    return Moment(chain, moved, columns, replace(opening, **(state or {})), quarter)
