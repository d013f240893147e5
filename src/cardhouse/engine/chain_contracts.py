"""Standing contracts at row 0: what binds buyers, what is bought on credit, promises and shares."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

import numpy as np

from cardhouse.engine.arrays import (
    Array,
    Bindings,
    BuyBacks,
    Guarantees,
    LeasedPlant,
    Leases,
    RevenueShares,
    Strategic,
    SupplierCredit,
)
from cardhouse.engine.chain_links import binding_pairs
from cardhouse.engine.links import NONE, Index, Links
from cardhouse.engine.names import Names, Rows
from cardhouse.engine.sums import ratio
from cardhouse.model.vocabulary import ContractKind, terms_of
from cardhouse.model.world import Contract, World

K = ContractKind


def term(contract: Contract, name: str) -> float:
    """Return a contract's term, or its default."""
    return float(contract.terms.get(name, terms_of(contract.kind)[name].default))


def compile_bindings(world: World, names: Names, links: Links) -> Bindings:
    """Return what binds firms to buy from lines; contracts of one pair are added up."""
    pairs = binding_pairs(world, names)
    contracts = [one for _, bound in pairs.values() for one in bound]
    last = [term(one, "commit_start") + term(one, "commit_quarters") for one in contracts]
    rows = int(max(last, default=1.0)) + 1
    minimum, letters = np.zeros((2, rows, len(pairs)))
    for number, (_, bound) in enumerate(pairs.values()):
        for one in bound:
            into = letters if term(one, "letter") > 0 else minimum
            into[:, number] += minimum_by_quarter(one, rows)
    link, of = _purchases(links, list(pairs))
    groups = [bound for _, bound in pairs.values()]
    return Bindings(
        buyer=np.array([buyer for buyer, _ in pairs], dtype=np.int64),
        seller=np.array([seller for _, seller in pairs], dtype=np.int64),
        minimum=minimum,
        letters=letters,
        take_or_pay=np.array([_take_or_pay(bound) for bound in groups], dtype=float),
        notice=np.array(
            [max(int(term(one, "notice")) for one in bound) for bound in groups], dtype=np.int64
        ),
        link=link,
        of=of,
    )


def _take_or_pay(bound: list[Contract]) -> float:
    """Return the share of a shortfall that is owed: contracts weighted by what they commit."""
    weights = [one.committed for one in bound]
    rates = [term(one, "take_or_pay") for one in bound]
    return float(np.average(rates, weights=weights if sum(weights) > 0 else None))


def _purchases(links: Links, pairs: list[tuple[int, int]]) -> tuple[Index, Index]:
    """Return the links on which purchases of each pair are booked, and the pair of each."""
    trade = links.kinds(K.INPUT, K.PROGRAM)
    found: list[tuple[int, int]] = []
    for number, (buyer, seller) in enumerate(pairs):
        mine = trade & (links.payer == buyer) & (links.seller_line == seller)
        found += [(int(link), number) for link in np.flatnonzero(mine)]
    table = np.array(found, dtype=np.int64).reshape(-1, 2)
    return table[:, 0], table[:, 1]


def minimum_by_quarter(contract: Contract, rows: int) -> Array:
    """Return what a commitment asks for in each quarter, row 0 first (quarter,), USD bn.

    What is committed in all is spread over ``commit_quarters`` quarters from ``commit_start`` on,
    each ``commit_growth`` more than the one before.

    Examples
    --------
    >>> terms = {"commit_start": 2.0, "commit_quarters": 2.0, "commit_growth": 1.0}
    >>> deal = Contract(K.PROGRAM, "lab", "cloud", 0.0, terms, committed=3.0)
    >>> minimum_by_quarter(deal, 5).tolist()
    [0.0, 0.0, 1.0, 2.0, 0.0]
    """
    start, count = int(term(contract, "commit_start")), int(term(contract, "commit_quarters"))
    growth = term(contract, "commit_growth")
    weight = (1.0 + growth) ** np.arange(count)
    out = np.zeros(max(rows, start + count))
    out[start : start + count] = contract.committed * weight / weight.sum()
    return out[:rows]


def _link_of(links: Links, names: Names, contract: Contract) -> int:
    """Return the link on which the purchases of a contract are booked."""
    group = links.of(contract.kind.value)
    seller = names.line[contract.payee]
    if contract.kind is K.PROGRAM:
        buyer, end = names.firm[contract.payer], links.payer
    else:
        buyer, end = names.line[contract.payer], links.buyer_line
    found = (end[group] == buyer) & (links.seller_line[group] == seller)
    return int(group.start + np.flatnonzero(found)[0])


def compile_credit(world: World, names: Names, links: Links) -> SupplierCredit:
    """Return purchases from lines that are partly paid later."""
    lent = [
        one
        for one in world.contracts
        if one.kind in (K.INPUT, K.CAPEX)
        and one.payee in names.line
        and one.terms.get("credit_share", 0.0) > 0
    ]
    at = [_link_of(links, names, one) for one in lent]
    part = _parts_of_pairs(world)
    share = [term(one, "credit_share") * part(one) for one in lent]
    return SupplierCredit(
        link=np.array(at, dtype=np.int64),
        share=np.array(share, dtype=float),
        quarters=np.array([int(term(one, "credit_quarters")) for one in lent], dtype=np.int64),
    )


def _parts_of_pairs(world: World) -> Callable[[Contract], float]:
    """Return a function: the part of one contract in all of its kind between the same two."""
    total: dict[tuple[ContractKind, str, str], float] = defaultdict(float)
    for one in world.contracts:
        total[one.kind, one.payer, one.payee] += one.amount

    def part(contract: Contract) -> float:
        whole = total[contract.kind, contract.payer, contract.payee]
        return contract.amount / whole if whole > 0 else 1.0

    return part


def compile_shares(world: World, names: Names, rows: Rows) -> RevenueShares:
    """Return shares of revenue, in the order of their contracts."""
    contracts = list(world.contracts_of(K.REVENUE_SHARE))
    line = np.array([names.line[one.payer] for one in contracts], dtype=np.int64)
    paid = np.array([one.amount for one in contracts], dtype=float)
    revenue = rows.sales_by_line.sum(axis=0)
    return RevenueShares(
        line=line,
        firm=np.array([names.firm[one.payee] for one in contracts], dtype=np.int64),
        share=ratio(paid, revenue[line]),
        cap=np.array([term(one, "cap") for one in contracts]),
        last=np.array([term(one, "quarters") for one in contracts]),
    )


def compile_leases(world: World, names: Names) -> Leases:
    """Return rents, in the order of their contracts."""
    contracts = list(world.contracts_of(K.LEASE))
    return Leases(
        line=np.array([names.line[one.payer] for one in contracts], dtype=np.int64),
        lessor=np.array([names.node[one.payee] for one in contracts], dtype=np.int64),
        rent=np.array([one.amount for one in contracts], dtype=float),
        last=np.array([term(one, "quarters") for one in contracts]),
    )


def compile_guarantees(world: World, names: Names) -> Guarantees:
    """Return guarantees, in the order of their contracts."""
    contracts = list(world.contracts_of(K.GUARANTEE))
    return Guarantees(
        guarantor=np.array([names.firm[one.payer] for one in contracts], dtype=np.int64),
        creditor=np.array([names.node[one.payee] for one in contracts], dtype=np.int64),
        debtor=np.array([names.firm[one.party] for one in contracts], dtype=np.int64),
        cap=np.array([one.committed for one in contracts], dtype=float),
    )


def compile_buy_backs(world: World, names: Names) -> BuyBacks:
    """Return who must buy unsold capacity, in the order of their contracts."""
    contracts = list(world.contracts_of(K.BUY_BACK))
    return BuyBacks(
        buyer=np.array([names.firm[one.payer] for one in contracts], dtype=np.int64),
        seller=np.array([names.line[one.payee] for one in contracts], dtype=np.int64),
        cap=np.array([one.committed for one in contracts], dtype=float),
        last=np.array([term(one, "quarters") for one in contracts]),
        volume=np.array([one.amount for one in contracts], dtype=float),
    )


def compile_strategic(world: World, names: Names) -> Strategic:
    """Return strategic money that goes in step with purchases."""
    contracts = [one for one in world.contracts_of(K.EQUITY) if one.terms.get("in_step", 0.0) > 0]
    return Strategic(
        investor=np.array([names.node[one.payer] for one in contracts], dtype=np.int64),
        firm=np.array([names.firm[one.payee] for one in contracts], dtype=np.int64),
        in_step=np.array([term(one, "in_step") for one in contracts]),
    )


def compile_leased(world: World, names: Names, links: Links) -> LeasedPlant:
    """Return plant that lessors may pay for; each link stands beside the lessee's own."""
    share: dict[tuple[int, int, int], float] = {}
    part = _parts_of_pairs(world)
    for one in world.contracts_of(K.CAPEX):
        seller = names.line.get(one.payee, NONE)
        key = names.line[one.payer], seller, names.purse[one.payee]
        share[key] = share.get(key, 0.0) + term(one, "leased") * part(one)

    def key_of(link: int) -> tuple[int, int, int]:
        return int(links.buyer_line[link]), int(links.seller_line[link]), int(links.payee[link])

    groups = ("capex", "capex_outside")
    own = {key_of(at): at for name in groups for at in _places(links, name)}
    leased = [at for name in ("leased", "leased_outside") for at in _places(links, name)]
    first_pool = min(names.node[name] for name in names.pool) if names.pool else 0
    capex = np.array([own[key_of(at)] for at in leased], dtype=np.int64)
    return LeasedPlant(
        link=np.array(leased, dtype=np.int64),
        capex=capex,
        firm=links.payer[capex],
        pool=links.payer[np.array(leased, dtype=np.int64)] - first_pool,
        share=np.array([share.get(key_of(at), 0.0) for at in leased], dtype=float),
    )


def _places(links: Links, group: str) -> range:
    where = links.of(group)
    return range(where.start, where.stop)
