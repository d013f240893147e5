"""Three firms, bills written by name, and a settlement in which no money comes from nowhere."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from cardhouse.engine.chain import compile_chain
from cardhouse.engine.drivers import neutral
from cardhouse.engine.links import KIND
from cardhouse.engine.moment import Moment
from cardhouse.engine.resolution import CAUSES, OUTCOMES, Positions, Settled, settle
from cardhouse.engine.simulate import Trajectory, simulate
from cardhouse.model.vocabulary import ContractKind as K
from cardhouse.model.world import Contract, Debt, Firm, Pool, World
from strategies import hand_made, moment_of

FIRMS = ("buyer", "vendor", "maker")
POOLS = (
    Pool("secured", "debt", seniority=1),
    Pool("bonds", "debt", seniority=2),
    Pool("junior", "debt", seniority=3),
)


def three_firms(*debts: Debt, **firm: Any) -> World:
    """Return three firms that may pay wages and each other; what is due is written by a test."""
    rows = [(K.SALE, "users", f"line_{name}", 1.0) for name in FIRMS]
    rows += [(K.COST, f"line_{name}", "labour", 0.0) for name in FIRMS]
    rows += [(K.INPUT, f"line_{one}", f"line_{other}", 0.0)
             for one in FIRMS for other in FIRMS if one != other]  # fmt: skip
    rows.append((K.EQUITY, "buyer", "vendor", 0.0))
    firms = [Firm(name, 0.0, **firm) for name in FIRMS]
    lines = {f"line_{name}": name for name in FIRMS}
    return hand_made(rows, lines=lines, firms=firms, pools=POOLS, debts=debts)


def with_firm(world: World, name: str, **terms: Any) -> World:
    """Return the world with other terms of one firm."""
    firms = tuple(replace(one, **terms) if one.id == name else one for one in world.firms)
    return replace(world, firms=firms)


def with_contracts(world: World, *contracts: Contract) -> World:
    return replace(world, contracts=(*world.contracts, *contracts))


class Bills:
    """Bills of a quarter, written by name."""

    def __init__(self, now: Moment) -> None:
        self.now = now
        self.due = now.chain.links.empty(1)
        self.worth = np.zeros_like(now.state.plant_worth)
        self.payables = np.zeros_like(now.state.payables)

    def node(self, name: str) -> int:
        return self.now.chain.node_ids.index(name)

    def link(self, kind: str, payer: str, payee: str) -> int:
        """Return the first link of a kind between two; of loans that is the oldest."""
        links = self.now.chain.links
        ends = (links.payer == self.node(payer)) & (links.payee == self.node(payee))
        return int(np.flatnonzero(ends & (links.kind == KIND[kind]))[0])

    def owe(self, kind: str, payer: str, payee: str, amount: float) -> Bills:
        self.due[0, self.link(kind, payer, payee)] = amount
        return self

    def settle(self) -> Settled:
        """Settle, and see that money only moved: what is owed later is no part of what is due."""
        state, links = self.now.state, self.now.chain.links
        later = np.maximum(0.0, state.loans - self.due[:, links.of("repayment")])
        found = settle(self.now, self.due, Positions(later, self.worth, self.payables))
        moved = links.received(found.paid) - links.paid(found.paid)
        np.testing.assert_allclose(found.cash, state.cash + moved, rtol=1e-12, atol=1e-12)
        assert (found.paid >= 0.0).all()
        return found


def bills(world: World, cash: tuple[float, ...], **more: Any) -> Bills:
    parameters = {"default_costs": 0.0, **more.pop("parameters", {})}
    state = {"cash": np.array([cash]), **more.pop("state", {})}
    return Bills(moment_of(world, parameters=parameters, state=state, **more))


def paid(found: Settled, bill: Bills, kind: str, payer: str, payee: str) -> float:
    return float(found.flows[0, KIND[kind], bill.node(payer), bill.node(payee)])


def in_arrears(found: Settled, bill: Bills, payer: str, payee: str) -> float:
    first = bill.now.chain.links.of("arrears").start
    return float(found.arrears[0, bill.link("arrears", payer, payee) - first])


def outcomes(found: Settled) -> list[str]:
    return [OUTCOMES[number] for number in found.outcome[0]]


def causes(found: Settled) -> list[str]:
    return [CAUSES[number] for number in found.cause[0]]


def removed(firm: int, quarter: int = 1, firms: int = 3, quarters: int = 12) -> np.ndarray:
    """Return the driver that forces one firm into default."""
    out = np.zeros((quarters + 1, firms), dtype=bool)
    out[quarter, firm] = True
    return out


def run(
    world: World, quarters: int = 6, parameters: dict[str, float] | None = None, **drivers: Any
) -> Trajectory:
    """Return a run in which no money came from nowhere."""
    chain = compile_chain(world)
    found = simulate(chain, replace(neutral(chain, quarters), **drivers), parameters=parameters)
    assert found.money_residual < 1e-12
    return found
