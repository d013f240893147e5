"""Generators of economies: stationary ones, burning ones, with cycles, of any size and scale.

An economy is built from a seeded generator, so that hypothesis shrinks over a few plain numbers
(firms, seed, scale, flags) and a failure can be rebuilt from its printed arguments.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st

from cardhouse.model.vocabulary import ContractKind as K
from cardhouse.model.vocabulary import EntityKind as E
from cardhouse.model.world import Contract, Debt, Entity, Firm, Line, Plant, Pool, Round, World

OUTSIDE = ("labour", "energy", "tax", "shareholders", "default_costs", "other_business")


@dataclass(frozen=True)
class Recipe:
    """What an invented economy is made of; every field is a plain number or flag."""

    firms: int = 4
    seed: int = 0
    scale: float = 1.0
    cycles: bool = True
    plant: bool = True
    debt: bool = True
    stationary: bool = True
    free_use: bool = True

    def world(self) -> World:
        """Return the economy."""
        return _Builder(self).world()


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
        )

    def _trade(self) -> None:
        """Draw final demand, inputs (with cycles), programs and plant; solve volumes."""
        rng, n = self.rng, self.n
        demand = rng.uniform(0.5, 2.0, n)
        share = rng.uniform(0.0, 1.0, (n, n)) * (rng.uniform(size=(n, n)) < 0.5)
        np.fill_diagonal(share, 0.0)
        if not self.recipe.cycles:
            share = np.triu(share)
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
