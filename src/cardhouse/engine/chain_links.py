"""The links of a chain: every payment that a quarter may know, and what row 0 paid on each.

Links are closed under substitution: a buyer of one seller has a link to every other seller of
its market, because custom may move there.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from cardhouse.engine.arrays import (
    ARREARS,
    NO_CLAIM,
    TRADE,
    WAGES_AND_TAX,
    Array,
    Index,
    Loans,
    Sales,
)
from cardhouse.engine.links import KIND, NONE, Links
from cardhouse.engine.names import Names
from cardhouse.engine.sums import ratio
from cardhouse.model.vocabulary import ContractKind
from cardhouse.model.world import Contract, World

K = ContractKind
SENIOR_ACCOUNTS = ("labour", "tax", "default_costs")
NO_DEBT = ("payout", "equity", "default_costs")
"""Kinds that are nobody's claim: what is not paid of them is neither loss nor arrear."""


class LinkRow(NamedTuple):
    """One link before it is numbered; a tuple, because a world makes hundreds of them."""

    kind: str
    payer: int
    payee: int
    buyer_line: int = NONE
    seller_line: int = NONE
    loan: int = NONE
    contract: int = NONE
    seniority: int | None = None
    paid: float = 0.0


@dataclass
class _Table:
    """Links group by group, in the order they are added."""

    names: Names
    rows: list[LinkRow] = field(default_factory=list)
    groups: dict[str, slice] = field(default_factory=dict)

    def add(self, group: str, rows: list[LinkRow]) -> None:
        """Add a group of links."""
        self.groups[group] = slice(len(self.rows), len(self.rows) + len(rows))
        self.rows.extend(rows)


@dataclass(frozen=True)
class _Trade:
    """What row 0 bought: contracts of one kind by (buyer, seller)."""

    amount: dict[tuple[int, int], float]
    contract: dict[tuple[int, int], int]


def compile_links(world: World, names: Names, sales: Sales, loans: Loans) -> tuple[Links, Array]:
    """Return the links of a world and what row 0 paid on each (link,)."""
    table = _Table(names)
    _add_sales(table, world, sales)
    _add_trade(table, world)
    _add_leased(table, world)
    _add_contracts(table, world)
    _add_loans(table, world, loans)
    _add_equity(table, world)
    _add_households(table, world)
    _add_arrears(table)
    return _numbered(table), np.array([row.paid for row in table.rows], dtype=float)


def _numbered(table: _Table) -> Links:
    """Return the table as arrays; seniority follows the payee unless a row says otherwise."""
    names, rows = table.names, table.rows
    firms = len(names.firm)
    usual = class_of_node(names).tolist()

    def seniority(row: LinkRow) -> int:
        if row.payer >= firms or row.kind in NO_DEBT:
            return NO_CLAIM
        return usual[row.payee] if row.seniority is None else row.seniority

    ends = [
        (row.payer, row.payee, row.buyer_line, row.seller_line, row.loan, row.contract)
        for row in rows
    ]
    columns = np.array(ends, dtype=np.int64).reshape(-1, 6).T
    payer, payee, buyer_line, seller_line, loan, contract = np.ascontiguousarray(columns)
    return Links(
        kind=np.array([KIND[row.kind] for row in rows], dtype=np.int64),
        payer=payer,
        payee=payee,
        buyer_line=buyer_line,
        seller_line=seller_line,
        loan=loan,
        contract=contract,
        seniority=np.array([seniority(row) for row in rows], dtype=np.int64),
        groups=table.groups,
        nodes=len(names.node),
        firms=firms,
        lines=len(names.line),
    )


def class_of_node(names: Names) -> Index:
    """Return the seniority class of what is owed to each node, loans apart (node,)."""
    out = np.full(len(names.node), TRADE, dtype=np.int64)
    out[[names.accounts[name] for name in SENIOR_ACCOUNTS]] = WAGES_AND_TAX
    return out


def _add_sales(table: _Table, world: World, sales: Sales) -> None:
    """Add final demand: one link for each element of sales."""
    names = table.names
    listed = world.placed_contracts_of(K.SALE)
    rows = []
    for number, (segment, line) in enumerate(
        zip(sales.segment.tolist(), sales.line.tolist(), strict=True)
    ):
        known = number < len(listed)
        rows.append(
            LinkRow(
                K.SALE,
                segment,
                int(names.firm_of_line[line]),
                seller_line=line,
                contract=listed[number][0] if known else NONE,
                paid=listed[number][1].amount if known else 0.0,
            )
        )
    table.add("sale", rows)


def _bought(world: World, kind: ContractKind, names: Names, buyers: dict[str, int]) -> _Trade:
    """Return what row 0 bought from lines, by buyer (line or firm) and seller line."""
    amount: dict[tuple[int, int], float] = defaultdict(float)
    contract: dict[tuple[int, int], int] = {}
    for at, one in world.placed_contracts_of(kind):
        if one.payee in names.line:
            key = buyers[one.payer], names.line[one.payee]
            amount[key] += one.amount
            contract.setdefault(key, at)
    return _Trade(amount, contract)


def _closed(trade: _Trade, names: Names, firm_of_buyer: Index) -> list[tuple[int, int]]:
    """Return (buyer, seller line) pairs: those of row 0, and the other sellers of their markets."""
    markets = names.market_of_line
    sellers = [np.flatnonzero(markets == market) for market in range(len(names.market_ids))]
    pairs = dict.fromkeys(trade.amount)
    for buyer, seller in trade.amount:
        own = firm_of_buyer[buyer]
        for other in sellers[markets[seller]].tolist():
            if names.firm_of_line[other] != own:
                pairs.setdefault((buyer, other))
    return list(pairs)


def _add_trade(table: _Table, world: World) -> None:
    """Add inputs, programs and plant bought from lines, and what is bought outside."""
    names = table.names
    lines, firms = names.line, names.firm
    own_firm = np.arange(len(firms))
    for kind, buyers, firm_of in (
        (K.INPUT, lines, names.firm_of_line),
        (K.PROGRAM, firms, own_firm),
        (K.CAPEX, lines, names.firm_of_line),
    ):
        trade = _bought(world, kind, names, buyers)
        if kind is K.PROGRAM:
            for item in world.rounds:
                if item.earmark:
                    trade.amount.setdefault((firms[item.firm], lines[item.earmark]), 0.0)
        rows = []
        for buyer, seller in _closed(trade, names, firm_of):
            key = buyer, seller
            rows.append(
                LinkRow(
                    kind,
                    int(firm_of[buyer]),
                    int(names.firm_of_line[seller]),
                    buyer_line=NONE if kind is K.PROGRAM else buyer,
                    seller_line=seller,
                    contract=trade.contract.get(key, NONE),
                    paid=trade.amount.get(key, 0.0),
                )
            )
        table.add(kind.value, rows)
        if kind is not K.INPUT:
            table.add(f"{kind.value}_outside", _outside(world, kind, names, buyers, firm_of))
    table.add("cost", _outside(world, K.COST, names, lines, names.firm_of_line))


def _outside(
    world: World, kind: ContractKind, names: Names, buyers: dict[str, int], firm_of: Index
) -> list[LinkRow]:
    """Return what lines or firms buy from outside accounts, one link for each pair."""
    found: dict[tuple[int, int], LinkRow] = {}
    for at, one in world.placed_contracts_of(kind):
        if one.payee in names.line:
            continue
        buyer, payee = buyers[one.payer], names.node[one.payee]
        before = found.get((buyer, payee))
        found[buyer, payee] = LinkRow(
            kind,
            int(firm_of[buyer]),
            payee,
            buyer_line=NONE if kind is K.PROGRAM else buyer,
            contract=at if before is None else before.contract,
            paid=one.amount + (before.paid if before else 0.0),
        )
    return list(found.values())


def lease_pools(world: World, names: Names) -> list[tuple[int, int]]:
    """Return (firm, pool) pairs where the firm may ask a lessor."""
    lessors = {pool.id for pool in world.pools if pool.instrument == "lease"}
    return [
        (names.firm[firm.id], names.pool[name])
        for firm in world.firms
        for name in firm.access
        if name in lessors
    ]


def _add_leased(table: _Table, world: World) -> None:
    """Add plant that a lessor pays for: from its pool to the supplier, for each capex link."""
    names = table.names
    pools = list(names.pool)
    by_firm: dict[int, list[int]] = defaultdict(list)
    for firm, pool in lease_pools(world, names):
        by_firm[firm].append(names.node[pools[pool]])
    for group in ("capex", "capex_outside"):
        rows = [
            LinkRow(
                K.CAPEX, lessor, row.payee, row.buyer_line, row.seller_line, contract=row.contract
            )
            for row in table.rows[table.groups[group]]
            for lessor in by_firm.get(row.payer, ())
        ]
        table.add(group.replace("capex", "leased"), rows)


def _add_contracts(table: _Table, world: World) -> None:
    """Add rents, shares of revenue, buy-backs, guarantees and shortfalls of commitments."""
    names = table.names
    for kind in (K.REVENUE_SHARE, K.LEASE, K.BUY_BACK, K.GUARANTEE):
        rows = []
        for at, one in world.placed_contracts_of(kind):
            buyer_line = names.line.get(one.payer, NONE)
            rows.append(
                LinkRow(
                    kind,
                    names.purse[one.payer],
                    names.purse[one.payee],
                    buyer_line=buyer_line,
                    seller_line=names.line.get(one.payee, NONE),
                    contract=at,
                    paid=one.amount,
                )
            )
        table.add(kind.value, rows)
    rows = [
        LinkRow(
            "shortfall",
            buyer,
            int(names.firm_of_line[seller]),
            seller_line=seller,
            contract=at,
        )
        for (buyer, seller), (at, _) in binding_pairs(world, names).items()
    ]
    table.add("shortfall", rows)


def binding_pairs(world: World, names: Names) -> dict[tuple[int, int], tuple[int, list[Contract]]]:
    """Return purchases that bind, by commitment or notice: (buyer firm, seller line) -> contracts.

    The place of the first contract of each pair in the world stands before its contracts.
    """
    found: dict[tuple[int, int], tuple[int, list[Contract]]] = {}
    for kind in (K.INPUT, K.PROGRAM):
        for at, one in world.placed_contracts_of(kind):
            binds = one.committed > 0 or one.terms.get("notice", 0.0) > 0
            if binds and one.payee in names.line:
                pair = names.purse[one.payer], names.line[one.payee]
                found.setdefault(pair, (at, []))[1].append(one)
    return found


def _add_loans(table: _Table, world: World, loans: Loans) -> None:
    """Add interest, repayment and drawing of every loan; row 0 is shared out over loans."""
    names = table.names
    node = [names.node[name] for name in names.pool]
    weights = {
        K.INTEREST: loans.amount * loans.rate,
        K.REPAYMENT: np.where(loans.bullet > 0, 0.0, loans.amount / loans.life),
        K.DEBT_DRAWN: loans.is_new.astype(float),
    }
    for kind, weight in weights.items():
        paid, contract = _on_loans(world, kind, names, loans, weight)
        rows = []
        for loan, (firm, pool) in enumerate(
            zip(loans.firm.tolist(), loans.pool.tolist(), strict=True)
        ):
            ends = (node[pool], firm) if kind is K.DEBT_DRAWN else (firm, node[pool])
            rows.append(
                LinkRow(
                    kind,
                    *ends,
                    loan=loan,
                    contract=int(contract[loan]),
                    seniority=int(loans.seniority[loan]),
                    paid=float(paid[loan]),
                )
            )
        table.add(kind.value, rows)


def _on_loans(
    world: World, kind: ContractKind, names: Names, loans: Loans, weight: Array
) -> tuple[Array, Index]:
    """Return what row 0 paid on each loan in a kind, and the contract behind it (loan,)."""
    paid, contract = np.zeros(len(weight)), np.full(len(weight), NONE, dtype=np.int64)
    for at, one in world.placed_contracts_of(kind):
        firm, pool = (one.payee, one.payer) if kind is K.DEBT_DRAWN else (one.payer, one.payee)
        mine = (loans.firm == names.firm[firm]) & (loans.pool == names.pool[pool])
        share = np.where(mine, weight, 0.0)
        if share.sum() <= 0:
            share = (mine & loans.is_new).astype(float)
        paid += one.amount * ratio(share, np.full_like(share, share.sum()))
        contract[mine] = at
    return paid, contract


def _add_equity(table: _Table, world: World) -> None:
    """Add who may give equity to whom: pools and owners a firm may ask, rounds, rescuers."""
    names = table.names
    equity = {pool.id for pool in world.pools if pool.instrument == "equity"}
    firms = set(names.firm)
    pairs: dict[tuple[str, str], None] = {}
    for firm in world.firms:
        for name in (*firm.access, *firm.rescuers):
            if name in equity or name in firms:
                pairs.setdefault((name, firm.id))
    for item in world.rounds:
        pairs.setdefault((item.investor, item.firm))
    paid: dict[tuple[str, str], float] = defaultdict(float)
    contract: dict[tuple[str, str], int] = {}
    for at, one in world.placed_contracts_of(K.EQUITY):
        pairs.setdefault((one.payer, one.payee))
        paid[one.payer, one.payee] += one.amount
        contract.setdefault((one.payer, one.payee), at)
    rows = [
        LinkRow(
            K.EQUITY,
            names.node[investor],
            names.node[firm],
            contract=contract.get((investor, firm), NONE),
            paid=paid.get((investor, firm), 0.0),
        )
        for investor, firm in pairs
        if investor != firm
    ]
    table.add("equity", rows)


def _add_households(table: _Table, world: World) -> None:
    """Add tax, payouts, other business, what closed the base quarter, and what a crisis knows."""
    names = table.names
    firms = range(len(names.firm))
    account = names.accounts
    for kind, label in ((K.TAX, "tax"), (K.PAYOUT, "shareholders")):
        table.add(kind.value, _per_firm(world, kind, names, account[label]))
    for name, kind in (("other_business", K.OTHER_BUSINESS), ("other_cash", K.OTHER_CASH)):
        rows = [
            LinkRow(
                kind, names.purse[one.payer], names.purse[one.payee], contract=at, paid=one.amount
            )
            for at, one in world.placed_contracts_of(kind)
        ]
        table.add(name, rows)
    business = account["other_business"]
    table.add("liquidation", [LinkRow("liquidation", business, at) for at in firms])
    table.add(
        "default_costs", [LinkRow("default_costs", at, account["default_costs"]) for at in firms]
    )


def _per_firm(world: World, kind: ContractKind, names: Names, account: int) -> list[LinkRow]:
    """Return one link for each firm: to the payee of its contract in row 0, or the account."""
    rows = [LinkRow(kind, at, account) for at in range(len(names.firm))]
    for at, one in world.placed_contracts_of(kind):
        firm = names.firm[one.payer]
        paid = rows[firm].paid + one.amount
        rows[firm] = LinkRow(kind, firm, names.node[one.payee], contract=at, paid=paid)
    return rows


def _add_arrears(table: _Table) -> None:
    """Add one link for arrears from each firm to each node that it may come to owe."""
    firms = len(table.names.firm)
    pairs = {
        (row.payer, row.payee): None
        for row in table.rows
        if row.payer < firms and row.kind not in NO_DEBT and row.payee != row.payer
    }
    table.add(
        "arrears", [LinkRow("arrears", payer, payee, seniority=ARREARS) for payer, payee in pairs]
    )
