"""Economies with a single law at work, run for whole quarters, against formulas by hand.

Whatever else a quarter knows is switched off by its parameters, or is not there. Formulas are
written from the specification, not from the code, and must hold to 1e-9.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.integrate import quad

from cardhouse.analysis.books import Books
from cardhouse.analysis.payers import EARNED, payments_to_lines, sinks_of, trace_payers
from cardhouse.analysis.tracing import own_money_round_trip, trace_payments
from cardhouse.engine.chain import compile_chain
from cardhouse.engine.drivers import neutral
from cardhouse.engine.links import KIND
from cardhouse.engine.resolution import CAUSES, OUTCOMES
from cardhouse.engine.simulate import Trajectory
from cardhouse.model.vocabulary import ContractKind as K
from cardhouse.model.vocabulary import EntityKind
from cardhouse.model.world import (
    Contract,
    Debt,
    Entity,
    Firm,
    Plant,
    PlantPart,
    Pool,
    Round,
    World,
)
from settling import run, with_contracts, with_firm
from strategies import hand_made

Array = NDArray[np.float64]

STILL = {
    "price_speed": 0.0,
    "price_pull": 0.0,
    "payment_margin": 1.0,
    "performance_growth": 0.0,
    "growth_learning": 0.0,
    "default_costs": 0.0,
}
"""Prices and expectations keep still, nobody saves ahead of need, a default burns nothing."""


def ran(
    world: World, quarters: int, parameters: Mapping[str, float] | None = None, **drivers: Any
) -> Trajectory:
    return run(world, quarters, parameters={**STILL, **(parameters or {})}, **drivers)


def assert_same(found: Any, expected: Any) -> None:
    size = float(np.abs(np.asarray(expected)).max(initial=0.0))
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9 * max(size, 1.0))


def flow(found: Trajectory, kind: str, payer: str, payee: str) -> Array:
    """Return what one purse paid another in a kind (quarter,)."""
    nodes = found.chain.node_ids
    return found.of_record("flows")[:, KIND[kind], nodes.index(payer), nodes.index(payee)]


def cash(found: Trajectory, firm: str) -> Array:
    return found.of_state("cash")[:, found.chain.firm_ids.index(firm)]


def outcome(found: Trajectory, quarter: int, firm: str) -> tuple[str, str]:
    """Return how a quarter ended for a firm that could not pay, and why it could not."""
    at = found.chain.firm_ids.index(firm)
    record = found.records[quarter]
    return OUTCOMES[record.outcome[0, at]], CAUSES[record.cause[0, at]]


def level_from(world: World, quarters: int, level: float, quarter: int, payer: str) -> Array:
    """Return the driver under which one segment buys a multiple from some quarter on."""
    chain = compile_chain(world)
    out = neutral(chain, quarters).demand_level.copy()
    out[quarter:, chain.sales.segment == chain.node_ids.index(payer)] = level
    return out


# --- debt ---------------------------------------------------------------------------------------

ENDLESS = float("inf")
AGAINST_NOTHING = {"asset_leverage": ENDLESS, "income_leverage": ENDLESS}
"""What a pool lends against when it tests nothing."""


def debtor(
    *debts: Debt, money: float = 0.0, margin: float = 0.0, supply: float = 0.0, **pool: float
) -> World:
    """Return a shop that sells 10, earns `margin` before interest and owes to bonds."""
    rows: list[tuple] = [
        (K.SALE, "users", "shop", 10.0),
        (K.COST, "shop", "labour", 10.0 - margin),
    ]
    interest = sum(debt.amount * debt.rate for debt in debts)
    repaid = sum(debt.amount / debt.maturity_quarters for debt in debts if not debt.bullet)
    rows += [(K.INTEREST, "firm", "bonds", interest), (K.REPAYMENT, "firm", "bonds", repaid)]
    rows.append((K.DEBT_DRAWN, "bonds", "firm", repaid))
    return hand_made(
        rows,
        lines={"shop": "firm"},
        firms=[Firm("firm", money)],
        pools=[Pool("bonds", "debt", base_supply=supply, **AGAINST_NOTHING, **pool)],
        debts=debts,
    )


@pytest.mark.parametrize(("rate", "life"), [(0.0, 20.0), (0.02, 20.0), (0.11, 4.0), (0.04, 1.0)])
@pytest.mark.parametrize("spare", [0.0, 0.5])
def test_debt_that_is_rolled_over_stays_what_it_is_for_ever(
    rate: float, life: float, spare: float
) -> None:
    debt = Debt("firm", "bonds", 30.0, rate, life)
    margin = 30.0 * rate + spare
    found = ran(debtor(debt, money=2.0, margin=margin, supply=30.0), 24)
    assert_same(found.of_state("loans").sum(axis=1), np.full(25, 30.0))
    assert_same(flow(found, "interest", "firm", "bonds"), np.full(25, 30.0 * rate))
    assert_same(flow(found, "repayment", "firm", "bonds"), np.full(25, 30.0 / life))
    assert_same(flow(found, "debt_drawn", "bonds", "firm"), np.full(25, 30.0 / life))
    assert_same(cash(found, "firm"), 2.0 + spare * np.arange(25))


def test_every_loan_is_rolled_over_into_itself() -> None:
    lives, rates = np.array([20.0, 5.0, 2.0]), np.array([0.02, 0.01, 0.07])
    debts = [
        Debt("firm", "bonds", 10.0, rate, life) for rate, life in zip(rates, lives, strict=True)
    ]
    found = ran(debtor(*debts, margin=float(10.0 * rates.sum()), supply=30.0), 30)
    assert_same(found.of_state("loans")[:, :3], np.full((31, 3), 10.0))
    assert_same(found.of_state("loan_rate")[:, :3], np.tile(rates, (31, 1)))
    assert_same(cash(found, "firm"), np.zeros(31))


def left_of(amount: float, life: float, quarters: int) -> Array:
    """Return what is left of a debt of which 1/life is repaid each quarter (quarter,)."""
    return amount * (1.0 - 1.0 / life) ** np.arange(quarters + 1)


def run_down(
    money: float, margin: float, amount: float, rate: float, life: float, quarters: int
) -> Array:
    """Return cash under ``sum (r + 1/M) amount (1 - 1/M)^(s - 1)`` of debt service (quarter,)."""
    time = np.arange(quarters + 1)
    service = (1.0 + rate * life) * amount * (1.0 - (1.0 - 1.0 / life) ** time)
    return np.asarray(money + margin * time - service)


def test_debt_that_nobody_rolls_over_dies_away() -> None:
    debt = Debt("firm", "bonds", 30.0, 0.03, 8.0)
    found = ran(debtor(debt, money=40.0, margin=0.5), 40)
    left = left_of(30.0, 8.0, 40)
    assert_same(found.of_state("loans").sum(axis=1), left)
    assert_same(flow(found, "repayment", "firm", "bonds")[1:], left[:-1] / 8.0)
    assert_same(flow(found, "interest", "firm", "bonds")[1:], 0.03 * left[:-1])
    assert_same(cash(found, "firm"), run_down(40.0, 0.5, 30.0, 0.03, 8.0, 40))
    assert found.default_quarters().tolist() == [-1]


@pytest.mark.parametrize("supply", [0.5, 3.0])
def test_debt_falls_to_what_a_pool_can_roll_over(supply: float) -> None:
    """With ``D <- (1 - 1/M) D + supply`` it nears ``M supply`` as ``(1 - 1/M)^t``."""
    debt = Debt("firm", "bonds", 30.0, 0.03, 8.0)
    found = ran(debtor(debt, money=40.0, margin=0.5, supply=supply), 24)
    least = 8.0 * supply
    left = least + left_of(30.0 - least, 8.0, 24)
    assert_same(found.of_state("loans").sum(axis=1), left)
    assert_same(flow(found, "debt_drawn", "bonds", "firm")[1:], np.full(24, supply))
    service = 0.03 * left[:-1] + left[:-1] / 8.0 - supply
    assert_same(np.diff(cash(found, "firm")), 0.5 - service)


@pytest.mark.parametrize(
    ("money", "margin", "life"),
    [(8.0, 1.0, 10.0), (3.0, 0.1, 10.0), (20.0, 0.6, 12.0), (25.0, -0.4, 12.0), (36.0, -0.3, 20.0)],
)
def test_who_cannot_roll_over_fails_in_the_quarter_of_the_formula(
    money: float, margin: float, life: float
) -> None:
    amount, rate, quarters = 40.0, 0.02, 30
    means = run_down(money, margin, amount, rate, life, quarters)
    last = int(np.argmax(means < 0.0))
    assert 0 < last < quarters, "the formula must cross zero"
    debt = Debt("firm", "bonds", amount, rate, life)
    found = ran(debtor(debt, money=money, margin=margin), quarters, {"default_threshold": 1.0})
    assert found.default_quarters().tolist() == [last]
    assert outcome(found, last, "firm") == ("liquidated", "paid too little")
    assert_same(cash(found, "firm"), np.where(np.arange(quarters + 1) < last, means, 0.0))
    left = left_of(amount, life, quarters)
    alive = np.arange(quarters + 1) < last
    assert_same(found.of_state("loans").sum(axis=1), left * alive)
    # Wages come first; the pool takes the rest and loses what else it was owed.
    bonds = flow(found, "interest", "firm", "bonds") + flow(found, "repayment", "firm", "bonds")
    rest = means[last - 1] + margin
    assert_same(flow(found, "cost", "firm", "labour")[last], 10.0 - margin)
    assert_same(bonds[last], rest)
    assert_same(found.of_record("lost").sum(axis=1)[last], left[last - 1] * (1.0 + rate) - rest)
    assert bonds[last + 1 :].sum() == 0.0


@pytest.mark.parametrize("payee", ["labour", "energy"])
@pytest.mark.parametrize("gap", [0.15, 0.5, 1.0, 1.9])
def test_small_gaps_are_carried_until_together_they_are_a_default(gap: float, payee: str) -> None:
    """Of bills of 100 and ``(t - 1) gap`` in arrears ``100 - gap`` is paid; 98 % is the limit."""
    rows = [(K.SALE, "users", "shop", 100.0 - gap), (K.COST, "shop", payee, 100.0)]
    found, time = ran(hand_made(rows, lines={"shop": "firm"}), 20), np.arange(21)
    carried = gap * np.maximum(time - 1, 0)
    paid_share = (100.0 - gap) / (100.0 + carried)
    last = int(np.argmax((paid_share < 0.98) & (time > 0)))
    assert found.default_quarters().tolist() == [last]
    assert_same(found.of_record("paid_share")[1 : last + 1, 0], paid_share[1 : last + 1])
    assert_same(found.of_record("claims").sum(axis=1)[1 : last + 1], 100.0 + carried[1 : last + 1])
    assert_same(found.of_state("arrears").sum(axis=1), gap * time * (time < last))
    assert_same(found.records[last].unpaid.sum(), gap * last)
    # Wages come before what is late, and that before new bills of others.
    late = 0.0 if payee == "labour" else carried[1 : last + 1]
    assert_same(flow(found, "arrears", "firm", payee)[1 : last + 1], late)


def bullet(money: float, supply: float, due: int = 5) -> Trajectory:
    """Return the run of a firm of which 30 fall due at once; it earns 1 before interest of 0.6."""
    debt = Debt("firm", "bonds", 30.0, 0.02, float(due), bullet=True)
    terms = {"rate": 0.05, "maturity_quarters": 10.0}
    return ran(debtor(debt, money=money, margin=1.0, supply=supply, **terms), 12)


@pytest.mark.parametrize("due", [1, 2, 5, 12])
def test_a_bullet_bears_interest_and_is_repaid_in_one_sum(due: int) -> None:
    found, time = bullet(32.0, 0.0, due), np.arange(13)
    before = time < due
    assert_same(found.of_state("loans").sum(axis=1), 30.0 * before)
    assert_same(flow(found, "interest", "firm", "bonds"), 0.6 * (time <= due))
    assert_same(flow(found, "repayment", "firm", "bonds"), 30.0 * (time == due))
    interest = 0.6 * np.minimum(time, due)
    assert_same(cash(found, "firm"), 32.0 + time - interest - 30.0 * ~before)


def test_a_bullet_that_is_rolled_over_goes_on_at_the_terms_of_its_pool() -> None:
    found, time = bullet(3.0, 30.0), np.arange(13)
    later = time > 5
    assert_same(found.of_state("loans").sum(axis=1), np.full(13, 30.0))
    rate = np.where(later, 0.05, 0.02)
    assert_same(flow(found, "interest", "firm", "bonds"), 30.0 * rate)
    moved = np.where(later, 3.0, 30.0 * (time == 5))
    assert_same(flow(found, "repayment", "firm", "bonds"), moved)
    assert_same(flow(found, "debt_drawn", "bonds", "firm"), moved)
    assert_same(cash(found, "firm"), 3.0 + np.cumsum(1.0 - 30.0 * rate) - 0.4)


@pytest.mark.parametrize(("missing", "fails"), [(-1e-6, False), (1e-6, True), (5.0, True)])
def test_a_bullet_is_missed_in_its_quarter_by_whatever_is_lacking(
    missing: float, fails: bool
) -> None:
    money = 30.0 - 5 * 0.4 - missing
    found = bullet(money, 0.0)
    assert found.default_quarters().tolist() == [5 if fails else -1]
    if fails:
        short = 30.0 - missing + 0.6 < 0.98 * 30.6
        why = "paid too little" if short and missing > 1.0 else "missed a maturity"
        assert outcome(found, 5, "firm") == ("liquidated", why)
    time = np.arange(6)
    assert_same(cash(found, "firm")[:5], money + 0.4 * time[:5])
    bonds = flow(found, "interest", "firm", "bonds") + flow(found, "repayment", "firm", "bonds")
    assert_same(bonds[5], 30.6 - max(missing, 0.0))


# --- growth -------------------------------------------------------------------------------------


def grower(**law: float) -> World:
    """Return an app that sells 10 a quarter at a margin of 0.3 and buys compute for 4."""
    rows = [
        (K.SALE, "users", "app", 10.0, law),
        (K.COST, "app", "labour", 3.0),
        (K.INPUT, "app", "compute", 4.0, {"intensity_growth": 0.01}),
        (K.COST, "compute", "energy", 3.0),
    ]
    lines = {"app": "maker", "compute": "cloud"}
    return hand_made(rows, lines=lines, firms=[Firm("maker", 50.0)])


def integrated(growth: float, growth_end: float, half_life: float, quarters: int) -> Array:
    """Return ``exp(int g)`` of ``g_inf + (g_0 - g_inf) 2^(-t/H)``, integrated by quadrature."""

    def rate(time: float) -> float:
        return growth_end + (growth - growth_end) * 2.0 ** (-time / half_life)

    steps = [quad(rate, at, at + 1.0, epsabs=1e-14)[0] for at in range(quarters)]
    return np.exp(np.concatenate([[0.0], np.cumsum(steps)]))


LAWS = [
    (0.05, 0.05, 8.0),
    (0.2, 0.01, 6.0),
    (0.3, 0.0, 2.5),
    (-0.1, 0.02, 10.0),
    (0.1, -0.05, 4.0),
    (0.1, 0.0, ENDLESS),
]
every_law = pytest.mark.parametrize(("growth", "growth_end", "half_life"), LAWS)


@every_law
def test_revenue_grows_by_the_integral_of_its_growth_rate(
    growth: float, growth_end: float, half_life: float
) -> None:
    law = {"growth": growth, "growth_end": growth_end, "half_life": half_life}
    found = ran(grower(**law), 24)
    size = integrated(growth, growth_end, half_life, 24)
    use = np.exp(0.01 * np.arange(25))
    maker, cloud = found.of_record("revenue").T
    assert_same(maker, 10.0 * size)
    assert_same(cloud, 4.0 * size * use)
    assert_same(flow(found, "cost", "maker", "labour"), 3.0 * size)
    earned = np.cumsum((7.0 - 4.0 * use) * size) - 3.0
    assert_same(cash(found, "maker"), 50.0 + earned)
    assert_same(cash(found, "cloud"), np.cumsum(size * use) - 1.0)


@every_law
@pytest.mark.parametrize("ceiling", [1.5, 20.0])
def test_growth_under_a_ceiling_is_logistic(
    growth: float, growth_end: float, half_life: float, ceiling: float
) -> None:
    law = {"growth": growth, "growth_end": growth_end, "half_life": half_life, "ceiling": ceiling}
    found = ran(grower(**law), 30)
    free = integrated(growth, growth_end, half_life, 30)
    assert_same(found.of_record("revenue")[:, 0], 10.0 * ceiling / (1.0 + (ceiling - 1.0) / free))


def test_logistic_growth_at_a_constant_rate_is_the_textbook_one() -> None:
    found = ran(grower(growth=0.25, growth_end=0.25, ceiling=8.0), 60)
    time = np.arange(61)
    assert_same(found.of_record("revenue")[:, 0], 10.0 * 8.0 / (1.0 + 7.0 * np.exp(-0.25 * time)))


# --- take or pay --------------------------------------------------------------------------------


def bound_buyer(law: Mapping[str, float], minimum: float, quarters: int, **terms: float) -> World:
    """Return an app that needs compute for 4 of each 10 it sells and must pay for `minimum`."""
    rows = [
        (K.SALE, "users", "app", 10.0, law),
        (K.COST, "app", "labour", 1.0),
        (K.COST, "compute", "energy", 1.0, {"fixed": 1.0}),
    ]
    world = hand_made(rows, lines={"app": "maker", "compute": "cloud"}, firms=[Firm("maker", 90.0)])
    terms = {"commit_quarters": float(quarters), "essential": 0.0, **terms}
    deal = Contract(K.INPUT, "app", "compute", 4.0, terms, committed=minimum * quarters)
    return with_contracts(world, deal)


@pytest.mark.parametrize(
    "law",
    [
        {"growth": -0.1, "growth_end": -0.1},
        {"growth": 0.2, "growth_end": -0.2, "half_life": 4.0},
        {"growth": -0.3, "growth_end": 0.1, "half_life": 3.0},
    ],
)
@pytest.mark.parametrize("minimum", [2.5, 4.0, 6.0])
def test_a_buyer_pays_for_what_it_uses_or_for_its_minimum(
    law: Mapping[str, float], minimum: float
) -> None:
    found, time = ran(bound_buyer(law, minimum, 16), 20), np.arange(21)
    size = integrated(law["growth"], law["growth_end"], law.get("half_life", 8.0), 20)
    used, bound = 4.0 * size, (time >= 1) & (time <= 16)
    short = np.where(bound, np.maximum(minimum - used, 0.0), 0.0)
    assert_same(flow(found, "input", "maker", "cloud"), used)
    assert_same(flow(found, "shortfall", "maker", "cloud"), short)
    paid = np.where(bound, np.maximum(used, minimum), used)
    assert_same(found.of_record("revenue")[:, 1], paid)
    assert_same(cash(found, "cloud"), np.cumsum(paid - 1.0) - 3.0)
    assert_same(cash(found, "maker"), 90.0 + np.cumsum(9.0 * size - paid) - 5.0)


def test_revenue_of_the_seller_stays_put_while_use_falls() -> None:
    found = ran(bound_buyer({"growth": -0.15, "growth_end": -0.15}, 4.0, 20), 20)
    assert_same(found.of_record("revenue")[:, 1], np.full(21, 4.0))
    used = 4.0 * np.exp(-0.15 * np.arange(21))
    assert_same(flow(found, "shortfall", "maker", "cloud"), 4.0 - used)


def test_a_minimum_that_grows_is_paid_as_it_is_written() -> None:
    law = {"growth": 0.0, "growth_end": 0.0}
    found = ran(bound_buyer(law, 5.0, 12, commit_growth=0.05, take_or_pay=0.7), 12)
    weight = 1.05 ** np.arange(12)
    minimum = 5.0 * 12 * weight / weight.sum()
    expected = 0.7 * np.maximum(minimum - 4.0, 0.0)
    assert_same(flow(found, "shortfall", "maker", "cloud")[1:], expected)


def test_nobody_pays_for_more_than_the_seller_could_have_delivered() -> None:
    """Capacity of 6.25 sells 6.56 at most; 5 are asked for, others fill what is not used."""
    lasting = Plant(gross=0.0, net=0.0, depreciation=0.0, target_utilisation=0.8)
    world = bound_buyer({"growth": -0.1, "growth_end": -0.1}, 5.0, 20)
    others = Entity("others", "others", EntityKind.SEGMENT, "users")
    rise = Contract(K.SALE, "others", "compute", 1.0, {"growth": 0.08, "growth_end": 0.08})
    lines = tuple(
        replace(line, plant=lasting) if line.id == "compute" else line for line in world.lines
    )
    world = replace(with_contracts(world, rise), entities=(others, *world.entities), lines=lines)
    found, time = ran(world, 20), np.arange(21)
    capacity = (4.0 + 1.0) / 0.8
    used, sold = 4.0 * np.exp(-0.1 * time), np.exp(0.08 * time)
    assert (used + sold <= 1.05 * capacity).all(), "nothing is rationed"
    could = np.minimum(5.0 - used, 1.05 * capacity - used - sold)
    assert (could[1:] < 5.0 - used[1:]).any(), "the limit binds"
    assert (could[1:] == 5.0 - used[1:]).any(), "and not always"
    assert_same(flow(found, "shortfall", "maker", "cloud")[1:], could[1:])
    assert_same(found.of_state("capacity")[:, 1], np.full(21, capacity))


# --- capacity -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Owner:
    """A capacity owner that stood still, or grew by `growth` a quarter, before row 0."""

    growth: float = 0.0
    lead: int = 3
    kappa: float = 5.0
    life: int = 24
    use: float = 0.8
    speed: float = 0.25
    rise: float = 1.0
    cut: float = 1.0
    plant_per_capacity: float = 5.0  # gross over capacity; replacement is a `life`-th of it
    volume: float = 10.0

    @property
    def capacity(self) -> float:
        return self.volume / self.use

    @property
    def ahead(self) -> float:
        """Return capacity and orders of row 0: what is wanted a lead time later."""
        return self.capacity * (1.0 + self.growth) ** self.lead

    @property
    def weights(self) -> Array:
        """Return plant bought by age, newest 1."""
        return (1.0 + self.growth) ** -np.arange(self.life, dtype=float)

    @property
    def capex(self) -> float:
        """Return capex of row 0; growing, next quarter's ``replacement + kappa g ahead``, deflated.

        Replacement of a quarter is a life-th of what stands at the end of the last.
        """
        if self.growth == 0.0:
            return self.plant_per_capacity * self.capacity / self.life
        replaced = self.weights.sum() / self.life
        return self.kappa * self.growth * self.ahead / (1.0 + self.growth - replaced)

    @property
    def vintages(self) -> Array:
        return self.capex * self.weights

    @property
    def ordered(self) -> float:
        """Return the capacity that row 0 ordered."""
        return (self.capex - self.vintages.sum() / self.life) / self.kappa

    @property
    def plant(self) -> Plant:
        gross, ages = float(self.vintages.sum()), np.arange(self.life)
        return Plant(
            gross=gross,
            net=float((self.vintages * (1.0 - ages / self.life)).sum()),
            depreciation=gross / self.life,
            life_quarters=float(self.life),
            lead_quarters=self.lead,
            capital_intensity=self.kappa,
            target_utilisation=self.use,
            orders_under_way=self.ahead - self.capacity - self.ordered if self.growth else 0.0,
        )

    def world(self, plant: Plant | None = None) -> World:
        log = float(np.log1p(self.growth))
        rows = [
            (K.SALE, "users", "cloud", self.volume, {"growth": log, "growth_end": log}),
            (K.COST, "cloud", "labour", 1.0),
            (K.CAPEX, "cloud", "energy", self.capex),
        ]
        terms = {"plant": self.plant if plant is None else plant, "opening_growth": self.growth}
        firms = [Firm("owner", 1e5)]
        return hand_made(
            rows, lines={"cloud": "owner"}, firms=firms, terms_of_lines={"cloud": terms}
        )

    def run(self, quarters: int, step: float = 1.0, at: int = 1) -> Trajectory:
        world = self.world()
        level = level_from(world, quarters, step, at, "users")
        return ran(world, quarters, self.parameters, demand_level=level)

    @property
    def parameters(self) -> dict[str, float]:
        return {
            "plan_momentum": 0.0,
            "order_speed": self.speed,
            "plan_rise": self.rise,
            "plan_cut": self.cut,
        }

    def demand(self, quarters: int, step: float = 1.0, at: int = 1) -> Array:
        time = np.arange(quarters + 1)
        return self.volume * (1.0 + self.growth) ** time * np.where(time >= at, step, 1.0)

    def by_hand(self, demand: Sequence[float]) -> dict[str, Array]:
        """Return the recursion of the order law: sold, capex, capacity, pipeline (quarter,)."""
        vintages, capacity, sold, capex = (
            list(self.vintages),
            self.capacity,
            self.volume,
            self.capex,
        )
        older = self.ahead - capacity - self.ordered if self.growth else 0.0
        slots = max(self.lead - 2, 1)
        pipeline = [older / slots] * slots + [0.0] * (self.lead - 1 - slots)
        pipeline[-1] += self.ordered
        rows = [(sold, capex, capacity, sum(pipeline))]
        for wanted in demand[1:]:
            worn, have = sum(vintages[: self.life]) / self.life, capacity + sum(pipeline)
            want = sold * (1.0 + self.growth) ** self.lead / self.use
            law = worn + self.kappa * (self.growth * have + self.speed * (want - have))
            least, most = (1.0 - self.cut) * capex, max((1.0 + self.rise) * capex, worn)
            sold = min(wanted, 1.05 * capacity)
            capex = min(max(law, 0.0, least), most)
            pipeline.append(max(capex - worn, 0.0) / self.kappa)
            skipped = max(0.0, 1.0 - capex / worn)
            retired = vintages[self.life - 1] / sum(vintages[: self.life])
            capacity = capacity * (1.0 - skipped * retired) + pipeline.pop(0)
            vintages = [capex, *vintages]
            rows.append((sold, capex, capacity, sum(pipeline)))
        names = ("sold", "capex", "capacity", "pipeline")
        return dict(zip(names, np.array(rows).T, strict=True))


def seen(found: Trajectory) -> dict[str, Array]:
    """Return what `Owner.by_hand` computes, of a run."""
    return {
        "sold": found.of_state("volume")[:, 0],
        "capex": found.of_record("capex")[:, 0],
        "capacity": found.of_state("capacity")[:, 0],
        "pipeline": found.of_state("pipeline").sum(axis=1)[:, 0],
    }


def assert_by_hand(found: Trajectory, expected: Mapping[str, Array]) -> None:
    for name, values in seen(found).items():
        assert_same(values, expected[name])
    assert_same(flow(found, "capex", "owner", "energy"), expected["capex"])


@pytest.mark.parametrize("speed", [0.15, 0.25, 0.5, 1.0])
@pytest.mark.parametrize("lead", [2, 3, 5])
def test_a_step_in_demand_is_followed_by_a_share_of_the_gap_each_quarter(
    speed: float, lead: int
) -> None:
    """Capacity and orders close the gap as ``(1 - speed)^t``; capacity follows a lead later."""
    owner = Owner(speed=speed, lead=lead, plant_per_capacity=24.0)
    found, time = owner.run(20, step=1.2, at=2), np.arange(21)
    before, after = owner.capacity, 1.2 * owner.capacity
    ahead = after - (after - before) * (1.0 - speed) ** np.maximum(time - 2, 0)
    capacity, pipeline = seen(found)["capacity"], seen(found)["pipeline"]
    assert_same(capacity + pipeline, ahead)
    served = after - (after - before) * (1.0 - speed) ** np.maximum(time - 1 - lead, 0)
    assert_same(capacity, served)
    ordered = np.diff(ahead, prepend=ahead[0])
    worn = found.of_record("depreciation")[:, 0]
    assert_same(seen(found)["capex"], worn + owner.kappa * ordered)
    assert_same(found.of_record("revenue")[:, 0], owner.demand(20, 1.2, 2))


def test_replacement_follows_what_was_bought() -> None:
    """Until old plant runs out, ``w(t+1) = (1 + 1/L) w(t) + kappa ordered(t)/L`` beyond row 0's."""
    owner = Owner(plant_per_capacity=24.0)
    found = owner.run(22, step=1.2, at=1)
    worn = found.of_record("depreciation")[:, 0] - owner.capex
    ordered = 0.25 * 0.2 * owner.capacity * 0.75 ** np.arange(21)
    expected = [0.0, 0.0, 0.0]
    for amount in ordered[:-1]:
        expected.append((1.0 + 1.0 / 24.0) * expected[-1] + owner.kappa * amount / 24.0)
    assert_same(worn, expected)


@pytest.mark.parametrize("speed", [0.0, 0.25, 1.0])
@pytest.mark.parametrize(("growth", "lead"), [(0.01, 2), (0.04, 3), (0.1, 4), (0.03, 6)])
def test_steady_growth_reproduces_itself_at_any_speed(
    speed: float, growth: float, lead: int
) -> None:
    owner = Owner(growth=growth, lead=lead, speed=speed)
    found, time = owner.run(30), np.arange(31)
    size = (1.0 + growth) ** time
    assert_same(found.of_state("expected_growth")[:, 0], np.full(31, growth))
    assert_same(seen(found)["capex"], owner.capex * size)
    assert_same(seen(found)["capacity"] + seen(found)["pipeline"], owner.ahead * size)
    used = found.of_record("revenue")[lead:, 0] / seen(found)["capacity"][lead - 1 : -1]
    assert_same(used, np.full(31 - lead, owner.use))


CASES = {
    "a step up from standstill": (Owner(plant_per_capacity=24.0), 1.2),
    "a step that is rationed": (Owner(plant_per_capacity=40.0), 1.9),
    "a step that is rationed for long": (Owner(plant_per_capacity=90.0, lead=5), 3.0),
    "a fall": (Owner(), 0.7),
    "a fall that stops all orders for a while": (Owner(speed=1.0), 0.6),
    "growth and a step": (Owner(growth=0.03, speed=0.5), 1.15),
    "growth and a fall": (Owner(growth=0.05, lead=4), 0.6),
    "plans that rise in steps": (Owner(rise=0.3, plant_per_capacity=6.0), 1.9),
    "plans that fall in steps": (Owner(cut=0.1), 0.4),
    "the default steps": (Owner(rise=0.3, cut=0.35, growth=0.06), 1.7),
}


@pytest.mark.parametrize("case", CASES)
def test_orders_follow_the_linear_recursion_of_their_law(case: str) -> None:
    owner, step = CASES[case]
    expected = owner.by_hand(owner.demand(36, step, at=3))
    assert_by_hand(owner.run(36, step, at=3), expected)


@pytest.mark.parametrize("step", [1.4, 1.9, 3.0])
def test_what_exceeds_an_overload_of_capacity_is_not_served_until_capacity_arrives(
    step: float,
) -> None:
    owner = Owner(plant_per_capacity=90.0)
    found, demand = owner.run(40, step), owner.demand(40, step)
    most = np.concatenate([[np.inf], 1.05 * seen(found)["capacity"][:-1]])
    sold = np.minimum(demand, most)
    assert (sold < demand)[1 : 1 + owner.lead].all(), "no order arrives before its lead time"
    assert not (sold < demand)[-1], "in the end all are served"
    assert_same(found.of_record("revenue")[:, 0], sold)
    assert_same(found.of_record("unserved")[:, 0], 1.0 - sold / demand)
    assert_same(sold[1 : 1 + owner.lead], np.full(owner.lead, 1.05 * owner.capacity))


def test_every_kind_of_plant_enters_service_after_its_own_lead() -> None:
    owner = Owner(plant_per_capacity=24.0)
    parts = (PlantPart("equipment", 0.75, 24.0, 2), PlantPart("site", 0.25, 24.0, 6))
    world = owner.world(replace(owner.plant, parts=parts))
    level = level_from(world, 20, 1.2, 1, "users")
    found = ran(world, 20, owner.parameters, demand_level=level)
    before, after, time = owner.capacity, 1.2 * owner.capacity, np.arange(21)

    def arrived(lead: int) -> Array:
        """Return the share of the step that is in service where all plant has one lead."""
        return 1.0 - 0.75 ** np.maximum(time - lead, 0)

    served = before + (after - before) * (0.75 * arrived(2) + 0.25 * arrived(6))
    assert_same(seen(found)["capacity"], served)


# --- vendor finance -----------------------------------------------------------------------------


def vendor_loop(in_step: float, money: float, growth: float = 0.03, energy: float = 4.5) -> World:
    """Return a lab that sells 6 and buys chips for 5; the chip maker pays part of them back."""
    law = {"growth": growth, "growth_end": growth}
    rows: list[tuple] = [
        (K.SALE, "users", "chat", 6.0, law),
        (K.SALE, "others", "chips", 1.0, law),
        (K.COST, "chat", "labour", 1.5),
        (K.INPUT, "chat", "chips", 5.0),
        (K.COST, "chips", "energy", energy),
    ]
    if in_step:
        rows.append((K.EQUITY, "maker", "lab", 5.0 * in_step, {"in_step": in_step}))
    firms = [Firm("lab", 20.0), Firm("maker", money)]
    return hand_made(rows, lines={"chat": "lab", "chips": "maker"}, firms=firms)


@pytest.mark.parametrize("in_step", [0.1, 0.4, 1.0, 1.5])
def test_money_in_step_with_purchases_comes_back_a_quarter_later(in_step: float) -> None:
    found, time = ran(vendor_loop(in_step, 300.0), 20), np.arange(21)
    bought = 5.0 * np.exp(0.03 * time)
    given = in_step * np.concatenate([[5.0], bought[:-1]])
    assert_same(flow(found, "equity", "maker", "lab"), given)
    assert_same(found.of_state("stakes").sum(axis=(1, 2)), np.cumsum(given) - given[0])
    lab, maker = (6.0 - 1.5) / 5.0 * bought - bought + given, (1.0 - 4.5) / 5.0 * bought + bought
    maker = maker - given
    assert_same(cash(found, "lab"), 20.0 + np.cumsum(lab) - lab[0])
    assert_same(cash(found, "maker"), 300.0 + np.cumsum(maker) - maker[0])


def test_what_goes_round_in_a_circle_adds_nothing() -> None:
    """Cash of both together is what others paid in less what left, whoever gives what to whom."""
    together = []
    for in_step in (0.0, 0.4, 1.0):
        found = ran(vendor_loop(in_step, 300.0), 20)
        together.append(cash(found, "lab") + cash(found, "maker"))
    size = np.exp(0.03 * np.arange(21))
    expected = 320.0 + (6.0 + 1.0 - 1.5 - 4.5) * (np.cumsum(size) - 1.0)
    for found_cash in together:
        assert_same(found_cash, expected)


@pytest.mark.parametrize(("energy", "quarters"), [(4.5, 12), (6.75, 2)])
def test_a_vendor_gives_no_more_than_the_cash_its_bills_leave(energy: float, quarters: int) -> None:
    """It is paid 6 and would give 5 back: out of what it had, less what its bills lack."""
    found = ran(vendor_loop(1.0, 8.0, growth=0.0, energy=energy), quarters)
    money, given = [8.0], []
    for _ in range(quarters):
        given.append(min(5.0, money[-1] - max(energy - 6.0, 0.0)))
        money.append(money[-1] + 6.0 - energy - given[-1])
    assert min(given) < 5.0, "it runs short"
    assert_same(flow(found, "equity", "maker", "lab")[1:], given)
    assert_same(cash(found, "maker"), money)
    assert_same(cash(found, "lab"), 20.0 + np.cumsum([0.0, *np.add(given, -0.5)]))


USERS, NEW, WAY_BACK, RESERVE = 3.0, 2.0, 1.5, 4.0
"""What users and venture pay a lab, what a vendor gives back, and what that keeps in cash."""


@pytest.fixture(scope="module")
def circle() -> Trajectory:
    """A lab spends all it gets on chips and wages; the vendor gives part of its price back."""
    through = USERS + NEW + WAY_BACK
    rows = [
        (K.SALE, "users", "chat", USERS),
        (K.INPUT, "chat", "chips", through - 1.0),
        (K.COST, "chat", "labour", 1.0),
        (K.COST, "chips", "energy", through - 1.0 - WAY_BACK),
        (K.EQUITY, "venture", "lab", NEW),
        (K.EQUITY, "maker", "lab", WAY_BACK, {"in_step": WAY_BACK / (through - 1.0)}),
    ]
    world = hand_made(
        rows,
        lines={"chat": "lab", "chips": "maker"},
        firms=[Firm("lab", 0.0), Firm("maker", RESERVE)],
        pools=[Pool("venture", "equity")],
        rounds=[Round(f"round {at}", "venture", "lab", NEW, at) for at in range(1, 31)],
    )
    return ran(world, 30)


def test_a_circle_that_balances_repeats_itself(circle: Trajectory) -> None:
    flows = circle.of_record("flows")
    assert_same(flows, np.broadcast_to(flows[0], flows.shape))
    assert_same(cash(circle, "lab"), np.zeros(31))
    assert_same(cash(circle, "maker"), np.full(31, RESERVE))


def test_users_pay_the_vendor_their_share_of_new_money(circle: Trajectory) -> None:
    """Looked through, the vendor's own money was the users' and venture's before."""
    flows, nodes = circle.records[5].flows[0].sum(axis=0), circle.chain.node_ids
    payments = [
        (payer, payee, float(flows[i, j]))
        for i, payer in enumerate(nodes)
        for j, payee in enumerate(nodes)
        if flows[i, j] > 0.0
    ]
    through = USERS + NEW + WAY_BACK
    traced = trace_payments(payments, ["users", "venture"])
    assert_same(traced.share("maker", "users"), USERS / (USERS + NEW))
    assert_same(traced.share("maker", "venture"), NEW / (USERS + NEW))
    trip = own_money_round_trip(payments, "maker", ["users", "venture"])
    assert_same(trip.own, WAY_BACK / through)
    assert_same(trip.sources["users"], USERS / through)
    assert_same(trip.looked_through["users"], USERS / (USERS + NEW))


def test_cash_of_the_vendor_remembers_who_paid_before(circle: Trajectory) -> None:
    """The vendor's mix is its cash at the last mix and receipts at the lab's, which includes it."""
    payers = trace_payers(Books(circle))
    payments = payments_to_lines(payers.books, len(payers.source_of))
    to_firms, _ = payers.shares(sinks_of(circle.chain.firm_of_line, payments, payers.books.firms))
    through, mix, expected = USERS + NEW + WAY_BACK, 0.0, []
    bought = through - 1.0
    for _ in range(31):
        mix = (RESERVE * mix + bought * USERS / through) / (
            RESERVE + bought - bought * WAY_BACK / through
        )
        expected.append((USERS + WAY_BACK * mix) / through)
    of_maker = to_firms[:, circle.chain.firm_ids.index("maker")]
    users, venture = (of_maker[:, payers.sources.index(name)] for name in ("users", "venture"))
    assert_same(users, expected)
    assert_same(venture, np.array(expected) * NEW / USERS)
    earned = of_maker[:, payers.sources.index(EARNED)]
    assert_same(users + venture + earned, np.ones(31))
    assert abs(users[-1] - USERS / (USERS + NEW)) < 1e-3, "old cash is worn off"


# --- default ------------------------------------------------------------------------------------

FAILS, LIFE, BOUGHT = 3, 24, 0.5
"""The quarter of default; plant that was bought for 0.5 a quarter over a life of 24."""


def worth(bought: float, quarter: int) -> float:
    """Return what is left of plant of all ages of which none is bought any more."""
    left = LIFE - quarter
    return bought * left * (left + 1) / (2.0 * LIFE)


def plant_of(bought: float) -> Plant:
    return Plant(LIFE * bought, worth(bought, 0), bought, life_quarters=float(LIFE))


@dataclass(frozen=True)
class Estate:
    """A works that fails in the third quarter: what it owes, what it has, what that brings."""

    secured: float = 4.0
    bonds: float = 6.0
    junior: float = 3.0
    money: float = 1.0
    other_assets: float = 0.0
    collateral: str = "steel"
    falls_to: float = 0.3  # demand, of what it was
    recovery: float = 0.3
    fire_sale: float = 0.5
    default_costs: float = 0.1

    @cached_property
    def found(self) -> Trajectory:
        debts = [
            replace(
                Debt("works", "banks", self.secured, 0.02, 99.0, bullet=True),
                collateral=self.collateral,
            ),
            Debt("works", "bonds", self.bonds, 0.03, 99.0, bullet=True),
            Debt("works", "junior", self.junior, 0.05, 99.0, bullet=True),
        ]
        interest = [(K.INTEREST, "works", one.pool, one.amount * one.rate) for one in debts]
        rows = [
            (K.SALE, "users", "steel", 10.0),
            (K.INPUT, "steel", "ore", 2.0),
            (K.COST, "steel", "labour", 0.4 * self.running, {"fixed": 1.0}),
            (K.COST, "steel", "energy", 0.6 * self.running, {"fixed": 1.0}),
            (K.SALE, "others", "ore", 3.0),
            (K.COST, "ore", "energy", 1.0, {"fixed": 1.0}),
            (K.SALE, "others", "glass", 1.0),
            *interest,
        ]
        world = hand_made(
            rows,
            lines={"steel": "works", "ore": "mine", "glass": "rival"},
            firms=[Firm("works", self.money, other_assets=self.other_assets), Firm("rival", 9.0)],
            terms_of_lines={
                "steel": {"plant": plant_of(BOUGHT)},
                "glass": {"plant": plant_of(3.0 * BOUGHT)},
            },
            pools=[
                Pool("banks", "debt", seniority=1),
                Pool("bonds", "debt", seniority=2),
                Pool("junior", "debt", seniority=3),
            ],
            debts=debts,
        )
        parameters = {
            "recovery": self.recovery,
            "fire_sale": self.fire_sale,
            "default_costs": self.default_costs,
        }
        level = level_from(world, 6, self.falls_to, FAILS, "users")
        return ran(world, 6, parameters, demand_level=level)

    @property
    def running(self) -> float:
        """Return wages and energy of row 0, after which nothing is left of its revenue."""
        return 8.0 - 0.02 * self.secured - 0.03 * self.bonds - 0.05 * self.junior

    @property
    def owed(self) -> dict[str, float]:
        """Return what each creditor can claim when it fails; fixed cost shrank with its plant."""
        running = self.running * (1.0 - (FAILS - 1) / LIFE)
        return {
            "labour": 0.4 * running,
            "energy": 0.6 * running,
            "mine": 2.0 * self.falls_to,
            "banks": 1.02 * self.secured,
            "bonds": 1.03 * self.bonds,
            "junior": 1.05 * self.junior,
        }

    @property
    def price(self) -> float:
        """Return what a dollar of its assets brings: a quarter of all plant is for sale."""
        return self.recovery * float(np.exp(-self.fire_sale / 4.0))

    @property
    def means(self) -> dict[str, float]:
        """Return what it has: money and revenue, and what the sale of its assets brings."""
        saved = sum(self.running * at / LIFE for at in range(FAILS - 1))
        sold = self.price * (worth(BOUGHT, FAILS) + self.other_assets)
        return {"money": self.money + saved + 10.0 * self.falls_to, "sold": sold}

    @property
    def classes(self) -> list[dict[str, float]]:
        """Return claims class by class: banks stand with trade beyond their collateral."""
        owed = self.owed
        pledged = worth(BOUGHT, FAILS) + (0.0 if self.collateral else self.other_assets)
        covered = min(owed["banks"], self.price * pledged)
        trade = {name: owed[name] for name in ("energy", "mine", "bonds")}
        return [
            {"labour": owed["labour"]},
            {"banks": covered},
            {**trade, "banks": owed["banks"] - covered},
            {"junior": owed["junior"]},
        ]

    def paid(self) -> tuple[dict[str, float], float, list[float]]:
        """Return who gets what, what is left for owners, and the share paid of each class."""
        left = sum(self.means.values()) * (1.0 - self.default_costs)
        got, shares = dict.fromkeys(self.owed, 0.0), []
        for claims in self.classes:
            share = min(1.0, left / sum(claims.values()))
            left -= share * sum(claims.values())
            shares.append(share)
            for name, amount in claims.items():
                got[name] += share * amount
        return got, left, shares


LABOUR, BANKS, TRADE, JUNIOR, NOBODY = range(5)
ESTATES: dict[str, tuple[Estate, int]] = {
    "trade is paid in part": (Estate(), TRADE),
    "without costs or fire sale": (Estate(default_costs=0.0, fire_sale=0.0), TRADE),
    "a deep fire sale": (Estate(fire_sale=2.0, recovery=0.6), TRADE),
    "collateral covers the banks": (Estate(secured=1.0, bonds=20.0), TRADE),
    "other assets are nobody's collateral": (Estate(secured=3.0, other_assets=12.0), TRADE),
    "all there is is collateral": (Estate(secured=3.0, other_assets=9.0, collateral=""), TRADE),
    "banks get a part": (Estate(secured=9.0, money=0.0, recovery=0.6, falls_to=0.1), BANKS),
    "wages are not even paid": (
        Estate(money=0.0, recovery=0.05, falls_to=0.05, default_costs=0.3),
        LABOUR,
    ),
    "junior creditors get a part": (
        Estate(bonds=0.5, secured=1.0, other_assets=6.0, recovery=0.6, falls_to=0.5),
        JUNIOR,
    ),
    "owners get what is left": (
        Estate(bonds=0.5, secured=1.0, junior=0.5, other_assets=12.0, recovery=0.6),
        NOBODY,
    ),
}
every_estate = pytest.mark.parametrize("name", ESTATES)


@every_estate
def test_an_estate_is_shared_out_by_class_and_pro_rata(name: str) -> None:
    estate, short = ESTATES[name]
    found, (got, left, shares) = estate.found, estate.paid()
    assert [share == 1.0 for share in shares] == [at < short for at in range(4)]
    assert found.default_quarters().tolist() == [FAILS, -1, -1]
    assert outcome(found, FAILS, "works") == ("liquidated", "paid too little")
    flows, nodes = found.records[FAILS].flows[0].sum(axis=0), found.chain.node_ids
    paid = dict(zip(nodes, flows[nodes.index("works")].tolist(), strict=True))
    means = estate.means
    burned = estate.default_costs * sum(means.values())
    expected = {**got, "default_costs": burned, "shareholders": left}
    assert paid == pytest.approx(dict.fromkeys(nodes, 0.0) | expected, rel=1e-9, abs=1e-9)
    sold = flow(found, "liquidation", "other_business", "works")[FAILS]
    assert sold == pytest.approx(means["sold"], rel=1e-9)
    assert cash(found, "works")[FAILS:].tolist() == [0.0] * 4
    assert found.of_state("loans")[FAILS:].sum() == 0.0


@every_estate
def test_what_an_estate_does_not_pay_its_creditors_lose(name: str) -> None:
    estate, _ = ESTATES[name]
    found, (got, _, _) = estate.found, estate.paid()
    unpaid = found.records[FAILS].unpaid[0, found.chain.firm_ids.index("works")]
    lost = dict(zip(found.chain.node_ids, unpaid.tolist(), strict=True))
    for creditor, amount in estate.owed.items():
        expected = amount - got[creditor]
        assert lost[creditor] == pytest.approx(expected, rel=1e-9, abs=1e-9), creditor
    trade = [2.0, 2.0, got["mine"], 0.0, 0.0, 0.0]
    assert_same(np.diff(cash(found, "mine")), 3.0 - 1.0 + np.array(trade))


# --- rescue -------------------------------------------------------------------------------------


def family(money: float, earns: float, loses: float, own: float, **firm: float) -> World:
    """Return an owner with `money` that earns or loses, and a daughter with `own` that loses."""
    rows = [
        (K.SALE, "users", "daughters", 1.0), (K.COST, "daughters", "labour", 1.0 + loses),
        (K.SALE, "users", "owners", 10.0), (K.COST, "owners", "labour", 10.0 - earns),
    ]  # fmt: skip
    world = hand_made(
        rows,
        lines={"daughters": "daughter", "owners": "owner"},
        firms=[Firm("daughter", own), Firm("owner", money, **firm)],
    )
    return with_firm(world, "daughter", rescuers=("owner",))


@pytest.mark.parametrize("share", [0.3, 0.5, 1.0])
@pytest.mark.parametrize(
    ("money", "earns", "own", "floor"),
    [
        (20.0, 0.0, 2.5, 0.0),
        (20.0, 0.3, 2.0, 0.0),
        (9.0, -0.05, 0.0, 0.0),
        (8.0, 0.7, 2.25, 4.0),
        (5.0, 2.0, 0.5, 0.0),
    ],
)
def test_an_owner_pays_the_whole_gap_or_nothing(
    share: float, money: float, earns: float, own: float, floor: float
) -> None:
    """It pays while ``share x (cash + result - floor)`` covers the gap; then the daughter dies."""
    world = family(money, earns, 1.0, own, cash_floor=floor)
    found = ran(world, 15, {"rescue_share": share})
    owner, daughter, given, ended = [money], [own], [0.0], -1
    for quarter in range(1, 16):
        gap = max(0.0, 1.0 - daughter[-1]) if ended < 0 else 0.0
        if gap > 0.0 and share * (owner[-1] + earns - floor) < gap:
            ended, gap = quarter, 0.0
        given.append(gap)
        owner.append(owner[-1] + earns - gap)
        daughter.append(max(0.0, daughter[-1] - 1.0) if ended < 0 else 0.0)
    assert found.default_quarters().tolist() == [ended, -1]
    assert_same(flow(found, "equity", "owner", "daughter"), given)
    assert_same(cash(found, "owner"), owner)
    assert_same(cash(found, "daughter"), daughter)
    helped = [OUTCOMES.index("rescued") if amount > 0 else 0 for amount in given]
    if ended > 0:
        helped[ended] = OUTCOMES.index("liquidated")
    assert found.of_record("outcome")[:, 0].tolist() == helped
    alive = np.arange(16) < (ended if ended > 0 else 16)
    assert_same(found.of_state("stakes")[:, 1, 0], np.cumsum(given) * alive)


@pytest.mark.parametrize(("money", "saved"), [(6.0, True), (6.0 - 1e-6, False)])
def test_half_a_rescue_does_not_happen(money: float, saved: bool) -> None:
    """A gap of 3 takes half of 6; with a millionth less nothing is given at all."""
    found = ran(family(money, 0.0, 3.0, 0.0), 1)
    assert_same(flow(found, "equity", "owner", "daughter")[1], 3.0 if saved else 0.0)
    assert_same(cash(found, "owner")[1], money - 3.0 if saved else money)
    assert outcome(found, 1, "daughter")[0] == ("rescued" if saved else "liquidated")
    wages = flow(found, "cost", "daughter", "labour")[1]
    assert_same(wages, 4.0 if saved else 1.0)
