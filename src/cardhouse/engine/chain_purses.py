"""Purses at row 0: firms, pools, debts and signed rounds in arrays."""

from __future__ import annotations

import re

import numpy as np

from cardhouse.engine.arrays import (
    KIND,
    SECURED,
    SUBORDINATED,
    TRADE,
    Array,
    Condition,
    Plants,
    Pools,
    Purses,
    SignedRound,
)
from cardhouse.engine.names import Names, Rows
from cardhouse.engine.sums import ratio
from cardhouse.model.vocabulary import ContractKind
from cardhouse.model.world import World

FINANCING = (ContractKind.EQUITY, ContractKind.DEBT_DRAWN)
COST_KINDS = (
    ContractKind.INPUT,
    ContractKind.COST,
    ContractKind.PROGRAM,
    ContractKind.REVENUE_SHARE,
    ContractKind.INTEREST,
    ContractKind.OTHER_BUSINESS,
)
SALES_KINDS = (
    ContractKind.SALE,
    ContractKind.INPUT,
    ContractKind.PROGRAM,
    ContractKind.CAPEX,
    ContractKind.REVENUE_SHARE,
    ContractKind.OTHER_BUSINESS,
)
RUNWAY_BOUNDS = (2.0, 8.0)  # quarters of burn; what cash implies is cut to this
CASH_PER_CAPEX_BOUNDS = (0.0, 4.0)
HIGHEST_TAX_RATE = 0.5
CLASS_OF_SENIORITY = {1: SECURED, 2: TRADE, 3: SUBORDINATED}
MEASURES = ("revenue", "growth", "cash", "stress", "confidence")
CONDITION = re.compile(rf"\s*({'|'.join(MEASURES)})\s*(>=|<=)\s*([-+]?[0-9]+(?:\.[0-9]+)?)\s*")


def compile_purses(world: World, names: Names, rows: Rows, plants: Plants) -> Purses:
    """Return firms as purses (firm,)."""
    firms = world.firms
    cash = np.array([firm.cash for firm in firms], dtype=float)
    capex = np.zeros(len(firms))
    np.add.at(capex, names.firm_of_line, plants.plan)
    burn = _opening_burn(rows)

    def of(name: str) -> Array:
        return np.array([getattr(firm, name) for firm in firms], dtype=float)

    runway = [firm.runway_target_quarters for firm in firms]
    cash_per_capex = [firm.cash_per_capex for firm in firms]
    other = ContractKind.OTHER_BUSINESS
    return Purses(
        cash=cash,
        floor=of("cash_floor"),
        runway=_solved(runway, cash, burn, RUNWAY_BOUNDS),
        cash_per_capex=_solved(cash_per_capex, cash, capex, CASH_PER_CAPEX_BOUNDS),
        burn=burn,
        venture_funded=np.array([firm.venture_funded for firm in firms], dtype=bool),
        access=_access(world, names),
        strategic_share=of("strategic_share"),
        stock_pay=of("stock_pay"),
        tax_rate=_tax_rate(rows, names, plants),
        payout=rows.paid_by_firm(ContractKind.PAYOUT),
        payout_growth=of("payout_growth"),
        other_business=rows.received_by_firm(other) - rows.paid_by_firm(other),
        other_growth=of("other_growth"),
        other_beta=of("other_beta"),
        other_assets=of("other_assets"),
    )


def _access(world: World, names: Names) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    """Return the pools and strategic investors that each firm may ask (firm, node)."""
    access = np.zeros((len(names.firm), len(names.node)), dtype=bool)
    for number, firm in enumerate(world.firms):
        access[number, [names.node[name] for name in firm.access]] = True
    return access


def _solved(
    given: list[float | None], cash: Array, flow: Array, bounds: tuple[float, float]
) -> Array:
    """Return the given ratio, or the one that opening cash implies: cash / flow within bounds."""
    implied = np.clip(ratio(cash, flow), *bounds)
    return np.array([i if g is None else g for g, i in zip(given, implied, strict=True)])


def _opening_burn(rows: Rows) -> Array:
    """Return each firm's cash burn before financing in the base quarter, at least 0 (firm,)."""
    inflow, outflow = rows.flows.sum(axis=1), rows.flows.sum(axis=2)
    left_out = {ContractKind.OTHER_CASH.value}
    own_choice = left_out | {ContractKind.PAYOUT.value, ContractKind.REPAYMENT.value}
    financing = left_out | {kind.value for kind in FINANCING}
    spent = [number for kind, number in KIND.items() if kind not in own_choice]
    earned = [number for kind, number in KIND.items() if kind not in financing]
    burn = outflow[spent].sum(axis=0) - inflow[earned].sum(axis=0)
    return np.asarray(np.maximum(0.0, burn[: len(rows.names.firm)]))


def _tax_rate(rows: Rows, names: Names, plants: Plants) -> Array:
    """Return tax paid over positive pre-tax result of the base quarter, at most half (firm,)."""
    earned = sum(rows.received_by_firm(kind) for kind in SALES_KINDS)
    spent = sum(rows.paid_by_firm(kind) for kind in COST_KINDS)
    worn = np.zeros(len(names.firm))
    np.add.at(worn, names.firm_of_line, plants.depreciation)
    tax = rows.paid_by_firm(ContractKind.TAX)
    return np.asarray(np.clip(ratio(tax, earned - spent - worn), 0.0, HIGHEST_TAX_RATE))


def compile_pools(world: World, names: Names, rows: Rows) -> Pools:
    """Return pools (pool,); supply is what they gave in the base quarter unless it is stated."""
    given = sum(rows.flows[KIND[kind.value]].sum(axis=1) for kind in FINANCING)
    supply = [
        given[names.node[pool.id]] if pool.base_supply is None else pool.base_supply
        for pool in world.pools
    ]

    def of(name: str) -> Array:
        return np.array([float(getattr(pool, name)) for pool in world.pools])

    classes = [CLASS_OF_SENIORITY[int(pool.seniority)] for pool in world.pools]
    return Pools(
        is_equity=np.array([pool.instrument == "equity" for pool in world.pools], dtype=bool),
        supply=np.array(supply, dtype=float),
        rate=of("rate"),
        maturity=of("maturity_quarters"),
        seniority=np.array(classes, dtype=np.int64),
        growth=of("growth"),
        half_life=of("half_life"),
        asset_leverage=of("asset_leverage"),
        income_leverage=of("income_leverage"),
    )


def compile_debts(world: World, names: Names, rows: Rows) -> dict[str, Array]:
    """Return debts, effective rates and lives (firm, pool), and bullets; flows of row 0 rule."""
    shape = (len(names.firm), len(names.pool))
    amount, rate, life = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    bullets = np.zeros((_last_bullet(world) + 1, *shape))
    for debt in world.debts:
        at = names.firm[debt.firm], names.pool[debt.pool]
        amount[at] += debt.amount
        weight = debt.amount / amount[at] if amount[at] > 0 else 1.0
        rate[at] += weight * (debt.rate - rate[at])
        if debt.bullet:
            bullets[round(debt.maturity_quarters), at[0], at[1]] += debt.amount
    part_by_part = amount - bullets.sum(axis=0)
    for debt in world.debts:
        at = names.firm[debt.firm], names.pool[debt.pool]
        if not debt.bullet:
            life[at] += ratio(np.array(debt.amount), part_by_part[at]) * debt.maturity_quarters
    columns = [names.node[name] for name in names.pool]
    interest = rows.flows[KIND["interest"]][: len(names.firm), columns]
    repaid = rows.flows[KIND["repayment"]][: len(names.firm), columns]
    rate = np.where((amount > 0) & (interest > 0), ratio(interest, amount), rate)
    life = np.where((part_by_part > 0) & (repaid > 0), ratio(part_by_part, repaid), life)
    usual = np.array([pool.maturity_quarters for pool in world.pools])
    life = np.maximum(np.where(life > 0, life, usual), 1.0)
    return {"debt": amount, "debt_rate": rate, "debt_maturity": life, "bullets": bullets}


def _last_bullet(world: World) -> int:
    """Return the last quarter in which a bullet falls due; 0 where there is none."""
    return max((round(debt.maturity_quarters) for debt in world.debts if debt.bullet), default=0)


def compile_rounds(world: World, names: Names) -> tuple[SignedRound, ...]:
    """Return signed rounds in array terms."""
    return tuple(
        SignedRound(
            id=item.id,
            investor=names.node[item.investor],
            firm=names.firm[item.firm],
            amount=item.amount,
            quarter=item.quarter,
            probability=item.probability,
            condition=read_condition(item.condition),
        )
        for item in world.rounds
    )


def compile_stakes(world: World, names: Names) -> Array:
    """Return stakes at cost (node, firm)."""
    stakes = np.zeros((len(names.node), len(names.firm)))
    for item in world.stakes:
        stakes[names.node[item.investor], names.firm[item.firm]] += item.cost
    return stakes


def read_condition(text: str) -> Condition | None:
    """Return a condition that can be tested; None for words, whose odds are the probability.

    Examples
    --------
    >>> read_condition("growth >= 0.05")
    Condition(measure='growth', at_least=True, bound=0.05)
    >>> read_condition("when the site is built") is None
    True
    """
    found = CONDITION.fullmatch(text)
    if found is None:
        return None
    measure, sign, bound = found.groups()
    return Condition(measure, sign == ">=", float(bound))
