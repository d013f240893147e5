"""Purses at row 0: firms, pools, debts and signed rounds in arrays."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np

from cardhouse.engine.arrays import (
    EVERYTHING,
    SECURED,
    SUBORDINATED,
    TRADE,
    Array,
    Condition,
    CreditLines,
    Loans,
    Plants,
    Pools,
    Purses,
    SignedRound,
)
from cardhouse.engine.names import Names, Rows
from cardhouse.engine.sums import ratio
from cardhouse.model.vocabulary import ContractKind
from cardhouse.model.world import World

NO_RATE = 1e-12
"""A rate a quarter below this is none: what interest was paid tells more than it does."""

FINANCING = (ContractKind.EQUITY, ContractKind.DEBT_DRAWN)
COST_KINDS = (
    ContractKind.INPUT,
    ContractKind.COST,
    ContractKind.PROGRAM,
    ContractKind.REVENUE_SHARE,
    ContractKind.LEASE,
    ContractKind.BUY_BACK,
    ContractKind.INTEREST,
    ContractKind.OTHER_BUSINESS,
)
SALES_KINDS = (
    ContractKind.SALE,
    ContractKind.INPUT,
    ContractKind.PROGRAM,
    ContractKind.CAPEX,
    ContractKind.REVENUE_SHARE,
    ContractKind.BUY_BACK,
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
        tier=_tiers(world),
        access=_access(world, names),
        strategic_share=of("strategic_share"),
        strategic_of_revenue=of("strategic_of_revenue"),
        strategic_of_purchases=of("strategic_of_purchases"),
        gave=rows.matrix(ContractKind.EQUITY, names.firm, names.firm),
        restructures=np.array([firm.on_default == "restructure" for firm in firms], dtype=bool),
        rescuers=_rescuers(world, names),
        stock_pay=of("stock_pay"),
        tax_rate=_tax_rate(rows, names, plants),
        payout=rows.paid_by_firm(ContractKind.PAYOUT),
        payout_growth=of("payout_growth"),
        other_business=rows.received_by_firm(other) - rows.paid_by_firm(other),
        other_growth=of("other_growth"),
        other_beta=of("other_beta"),
        other_assets=of("other_assets"),
    )


def _tiers(world: World) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return the number of each firm's tier, in the order in which tiers appear (firm,)."""
    named = [world.by_id[firm.id].tier for firm in world.firms]
    order = list(dict.fromkeys(named))
    return np.array([order.index(name) for name in named], dtype=np.int64)


def _windows(world: World, names: Names, rows: Rows) -> Array:
    """Return how equity on offer splits over tiers, and the part for anybody (pool, tier + 1)."""
    tiers = _tiers(world)
    given = rows.matrix(ContractKind.EQUITY, names.pool, names.firm)
    out = np.zeros((len(names.pool), int(tiers.max(initial=-1)) + 2))
    np.add.at(out.T, tiers, given.T)
    total = out.sum(axis=1, keepdims=True)
    out[:, -1] = total[:, 0] <= 0
    return out / np.where(total > 0, total, 1.0)


def _access(world: World, names: Names) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    """Return the pools and strategic investors that each firm may ask (firm, node)."""
    access = np.zeros((len(names.firm), len(names.node)), dtype=bool)
    for number, firm in enumerate(world.firms):
        access[number, [names.node[name] for name in firm.access]] = True
    return access


def _rescuers(world: World, names: Names) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    """Return the firms that may keep each firm alive (firm, firm)."""
    out = np.zeros((len(names.firm), len(names.firm)), dtype=bool)
    for number, firm in enumerate(world.firms):
        out[number, [names.firm[name] for name in firm.rescuers]] = True
    return out


def _solved(
    given: list[float | None], cash: Array, flow: Array, bounds: tuple[float, float]
) -> Array:
    """Return the given ratio, or the one that opening cash implies: cash / flow within bounds."""
    implied = np.clip(ratio(cash, flow), *bounds)
    return np.array([i if g is None else g for g, i in zip(given, implied, strict=True)])


def _opening_burn(rows: Rows) -> Array:
    """Return each firm's cash burn before financing in the base quarter, at least 0 (firm,)."""
    own_choice = (ContractKind.OTHER_CASH, ContractKind.PAYOUT, ContractKind.REPAYMENT)
    not_earned = (ContractKind.OTHER_CASH, *FINANCING)
    spent = sum(rows.paid_by_firm(kind) for kind in ContractKind if kind not in own_choice)
    earned = sum(rows.received_by_firm(kind) for kind in ContractKind if kind not in not_earned)
    return np.asarray(np.maximum(0.0, spent - earned))


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
    given = np.sum([rows.paid_by_pool(kind) for kind in FINANCING], axis=0)
    supply = [
        given[number] if pool.base_supply is None else pool.base_supply
        for number, pool in enumerate(world.pools)
    ]

    def of(name: str) -> Array:
        return np.array([float(getattr(pool, name)) for pool in world.pools])

    classes = [CLASS_OF_SENIORITY[int(pool.seniority)] for pool in world.pools]
    return Pools(
        is_equity=_of_instrument(world, "equity"),
        is_debt=_of_instrument(world, "debt"),
        is_lease=_of_instrument(world, "lease"),
        supply=np.array(supply, dtype=float),
        rate=of("rate"),
        maturity=of("maturity_quarters"),
        seniority=np.array(classes, dtype=np.int64),
        growth=of("growth"),
        half_life=of("half_life"),
        asset_leverage=of("asset_leverage"),
        income_leverage=of("income_leverage"),
        closes_below=of("closes_below"),
        windows=_windows(world, names, rows),
    )


def _of_instrument(world: World, instrument: str) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    return np.array([pool.instrument == instrument for pool in world.pools], dtype=bool)


def compile_loans(world: World, names: Names, rows: Rows) -> Loans:
    """Return debts as loans, and for each pool that a firm may ask one that takes new debt.

    Flows of row 0 rule: rates and lives of a firm's loans from one pool are scaled so that they
    explain the interest and the repayments that were paid.
    """
    pools = {pool.id: pool for pool in world.pools}
    pairs = _borrowing_pairs(world)
    debts = world.debts
    firm = [names.firm[debt.firm] for debt in debts] + [names.firm[one] for one, _ in pairs]
    pool = [names.pool[debt.pool] for debt in debts] + [names.pool[one] for _, one in pairs]
    own = np.array([debt.amount for debt in debts] + [0.0] * len(pairs), dtype=float)
    usual = [pools[name] for _, name in pairs]
    rate = np.array([one.rate for one in debts] + [one.rate for one in usual], dtype=float)
    lives = [one.maturity_quarters for one in debts] + [one.maturity_quarters for one in usual]
    life = np.maximum(np.array(lives, dtype=float), 1.0)
    bullet = [round(debt.maturity_quarters) if debt.bullet else 0 for debt in debts]
    classes = [debt.seniority or pools[debt.pool].seniority for debt in debts]
    classes += [one.seniority for one in usual]
    held = [names.line.get(debt.collateral, EVERYTHING) for debt in debts]
    new_of = np.full((len(names.firm), len(names.pool)), -1, dtype=np.int64)
    new_of[firm[len(debts) :], pool[len(debts) :]] = np.arange(len(debts), len(own))
    loans = Loans(
        firm=np.array(firm, dtype=np.int64),
        pool=np.array(pool, dtype=np.int64),
        amount=own,
        rate=rate,
        life=life,
        bullet=np.array(bullet + [0] * len(pairs), dtype=np.int64),
        seniority=np.array([CLASS_OF_SENIORITY[int(one)] for one in classes], dtype=np.int64),
        collateral=np.array(held + [EVERYTHING] * len(pairs), dtype=np.int64),
        is_new=np.arange(len(own)) >= len(debts),
        new_of=new_of,
    )
    return _as_paid(loans, names, rows)


def _borrowing_pairs(world: World) -> list[tuple[str, str]]:
    """Return (firm, pool) wherever debt may arise or was served in row 0, each once."""
    lenders = {pool.id for pool in world.pools if pool.instrument != "equity"}
    pairs = [(firm.id, name) for firm in world.firms for name in firm.access if name in lenders]
    pairs += [(debt.firm, debt.pool) for debt in world.debts]
    served = (ContractKind.INTEREST, ContractKind.REPAYMENT)
    drawn = (ContractKind.DEBT_DRAWN, ContractKind.CREDIT_LINE)
    for contract in world.contracts:
        if contract.kind in served:
            pairs.append((contract.payer, contract.payee))
        if contract.kind in drawn:
            pairs.append((contract.payee, contract.payer))
    return list(dict.fromkeys(pairs))


def _as_paid(loans: Loans, names: Names, rows: Rows) -> Loans:
    """Return loans whose rates and lives explain interest and repayments of row 0."""
    interest = rows.matrix(ContractKind.INTEREST, names.firm, names.pool)
    repaid = rows.matrix(ContractKind.REPAYMENT, names.firm, names.pool)
    at = loans.firm, loans.pool
    parts = np.where(loans.bullet > 0, 0.0, loans.amount / loans.life)

    def by_pair(values: Array) -> Array:
        out = np.zeros_like(interest)
        np.add.at(out, at, values)
        return out[at]

    owed, priced = by_pair(loans.amount), by_pair(loans.amount * loans.rate)
    has_rate = priced > NO_RATE * owed
    scaled = loans.rate * ratio(interest[at], np.where(has_rate, priced, 0.0), 1.0)
    rate = np.where(has_rate, scaled, ratio(interest[at], owed))
    rate = np.where((interest[at] > 0) & ~loans.is_new, rate, loans.rate)
    known = (repaid[at] > 0) & (by_pair(parts) > 0) & ~loans.is_new
    as_repaid = loans.life * by_pair(parts) / np.where(known, repaid[at], 1.0)
    life = np.maximum(np.where(known, as_repaid, loans.life), 1.0)
    return replace(loans, rate=rate, life=life)


def compile_credit_lines(world: World, names: Names) -> CreditLines:
    """Return committed lines of credit."""
    lines = list(world.contracts_of(ContractKind.CREDIT_LINE))
    return CreditLines(
        pool=np.array([names.pool[line.payer] for line in lines], dtype=np.int64),
        firm=np.array([names.firm[line.payee] for line in lines], dtype=np.int64),
        limit=np.array([line.committed for line in lines], dtype=float),
        last=np.array([line.terms.get("quarters", np.inf) for line in lines], dtype=float),
    )


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
            earmark=names.line.get(item.earmark, -1),
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
