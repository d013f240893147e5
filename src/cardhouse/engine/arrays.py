"""The arrays of a chain: who is connected to whom, and the coefficients that row 0 implies.

`Chain` is what the laws read: built once per world by `compile_chain`, never changed; all that
moves is in `engine.state`. Axes: ``line`` (units with price and volume), ``firm`` (purses),
``node`` (firms first, then segments, pools and outside accounts), ``sale`` (final-demand links),
``pool``, ``age`` (quarters since plant was bought). Money is USD bn a quarter; volumes are USD bn
at base-quarter prices.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cardhouse.engine.links import Links, summed
from cardhouse.model.world import World

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Mask = NDArray[np.bool_]

WAGES_AND_TAX, SECURED, ARREARS, TRADE, SUBORDINATED = range(5)
CLASSES = 5
"""Seniority, most senior first. Payouts and equity given come after all: they are no debts."""

NO_CLAIM = -1
"""The class of what nobody can claim: payouts, equity given, what outside nodes pay."""

EVERYTHING = -1
"""The collateral of a loan that is secured on all that its debtor owns."""

HISTORY = 5
"""Quarters of history kept for four-quarter growth rates."""


@dataclass(frozen=True)
class Sales:
    """Final demand, one element per link segment -> line.

    Beside the world's sales there are links without volume from each basket to the other sellers
    of its market: where custom goes when a seller dies or is full.
    """

    segment: Index
    line: Index
    basket: Index
    volume: Array
    pays: Array
    own_use: Array
    growth: Array
    growth_end: Array
    half_life: Array
    ceiling: Array
    elasticity: Array
    conversion: Array
    spread: Array


@dataclass(frozen=True)
class Plants:
    """Plant of the lines; zero where a line owns none (``owned`` is False).

    A line's plant is of several kinds (``part``): each a share of its capex, with a life and a
    lead time of its own. ``vintages`` (part, age, line) is cost by age at the end of the base
    quarter. Plant of that time lives ``opening_life`` quarters (such that depreciation comes out
    as filed), plant bought later ``life``.
    """

    owned: Mask
    gross: Array
    net: Array
    depreciation: Array
    share: Array  # (part, line): of capex; adds to 1 over parts
    life: Array  # (part, line)
    opening_life: Array  # (part, line)
    vintages: Array  # (part, age, line)
    lead: Index  # (part, line)
    ages_fast: Array  # (part, line): 1 where newer plant takes value off older plant
    capital_intensity: Array
    utilisation: Array
    capacity: Array
    under_way: Array
    plan: Array
    plan_growth: Array
    guidance: Array  # (quarter, line): growth of capex in quarters 1, 2 ...; NaN: none
    from_line: Array  # (line, line): share of capex bought from a line
    from_outside: Array  # (line, node): share of capex bought from an outside account

    @property
    def gross_by_part(self) -> Array:
        """Return gross plant of row 0 (part, line), split as steady capex would leave it."""
        weight = self.share * self.life
        return np.asarray(self.gross * weight / weight.sum(axis=0))

    @property
    def mean_lead(self) -> Array:
        """Return quarters until an order serves, its parts weighted by their share (line,)."""
        return np.asarray((self.share * self.lead).sum(axis=0))

    @property
    def mean_life(self) -> Array:
        """Return the life at which a steady stream of capex wears (line,)."""
        wear = (self.share / self.life).sum(axis=0)
        return np.asarray(1.0 / np.where(wear > 0, wear, 1.0))


@dataclass(frozen=True)
class Purses:
    """Firms as purses: positions at row 0 and behaviour with money."""

    cash: Array
    floor: Array
    runway: Array
    cash_per_capex: Array
    burn: Array
    venture_funded: Mask
    tier: Index
    access: Mask  # (firm, node): the pools and strategic investors a firm may ask
    strategic_share: Array
    strategic_of_revenue: Array
    strategic_of_purchases: Array
    gave: Array  # (investor firm, firm): equity of row 0
    restructures: Mask
    rescuers: Mask  # (firm, rescuing firm)
    stock_pay: Array
    tax_rate: Array
    payout: Array
    payout_growth: Array
    other_business: Array
    other_growth: Array
    other_beta: Array
    other_assets: Array


@dataclass(frozen=True)
class Pools:
    """Outside capital: instrument, supply at row 0, terms and limits.

    ``is_debt`` leaves out lessors: they lend by paying suppliers, and roll nothing over.
    """

    is_equity: Mask
    is_debt: Mask
    is_lease: Mask
    supply: Array
    rate: Array
    maturity: Array
    seniority: Index  # class in settlement
    growth: Array
    half_life: Array
    asset_leverage: Array
    income_leverage: Array
    closes_below: Array
    windows: Array  # (pool, tier + 1): split of equity on offer; last: to anybody


@dataclass(frozen=True)
class Condition:
    """A condition of a round: the firm's ``measure`` is at least (or at most) ``bound``."""

    measure: str
    at_least: bool
    bound: float


@dataclass(frozen=True)
class SignedRound:
    """A signed round in array terms: investor node, firm, amount, quarter, probability."""

    id: str
    investor: int
    firm: int
    amount: float
    quarter: int
    probability: float
    condition: Condition | None
    earmark: int = -1  # the line that the money must be spent at; -1: none


@dataclass(frozen=True)
class Loans:
    """Debt by tranche, one element per loan.

    First the loans of row 0, then one for all new debt of a firm to a pool that it may ask. A
    loan is repaid at ``1 / life`` of what is left each quarter, or in one sum in quarter
    ``bullet`` (0: none).
    """

    firm: Index
    pool: Index
    amount: Array  # at the end of row 0
    rate: Array  # a quarter; new loans cost what their pool asks
    life: Array
    bullet: Index
    seniority: Index  # class in settlement
    collateral: Index  # line whose plant secures it, or EVERYTHING
    is_new: Mask
    new_of: Index  # (firm, pool): the loan that takes new debt; -1 where there is none


@dataclass(frozen=True)
class Bindings:
    """What binds a firm to buy from a line, one element per pair with a contract that binds.

    All that the firm buys there counts, whatever its lines and programs use it for. ``minimum``
    and ``letters`` (quarter, binding) are what must be bought or paid for under firm commitments
    and, if they are honoured, letters of intent: USD bn, row 0 first.
    """

    buyer: Index  # firm
    seller: Index  # line
    minimum: Array
    letters: Array
    take_or_pay: Array
    notice: Index
    link: Index  # (pair,): links of purchases ...
    of: Index  # (pair,): ... and the binding that each counts towards

    @property
    def count(self) -> int:
        """Return the number of bindings."""
        return len(self.buyer)

    def purchases(self, bought: Array) -> Array:
        """Return what is bought under each binding (path, binding) of (path, link)."""
        return summed(bought[:, self.link], self.of, self.count)


@dataclass(frozen=True)
class SupplierCredit:
    """Purchases that are partly paid later, one element per contract with such terms."""

    link: Index
    share: Array
    quarters: Index


@dataclass(frozen=True)
class Guarantees:
    """Who pays what another firm leaves unpaid to one creditor, up to a cap."""

    guarantor: Index  # firm
    creditor: Index  # node
    debtor: Index  # firm
    cap: Array


@dataclass(frozen=True)
class BuyBacks:
    """Who buys capacity that nobody else buys, up to a cap and until a quarter."""

    buyer: Index  # firm
    seller: Index  # line
    cap: Array
    last: Array  # quarter
    volume: Array  # of row 0


@dataclass(frozen=True)
class CreditLines:
    """Committed lines: drawn as debt before pools are asked, up to a limit, until a quarter."""

    pool: Index
    firm: Index
    limit: Array
    last: Array


@dataclass(frozen=True)
class RevenueShares:
    """Shares of a line's paid revenue that it owes to a firm, up to a cap, until a quarter."""

    line: Index
    firm: Index
    share: Array
    cap: Array
    last: Array


@dataclass(frozen=True)
class Leases:
    """Rents of operating leases: fixed for a while, then moving with the line's capacity."""

    line: Index
    lessor: Index  # node
    rent: Array
    last: Array


@dataclass(frozen=True)
class LeasedPlant:
    """Plant that lessors may pay for, one element per link from a lessor to a supplier."""

    link: Index
    capex: Index  # the lessee's own link to the same supplier
    firm: Index  # the lessee
    pool: Index
    share: Array  # of the purchase that may be leased


@dataclass(frozen=True)
class Strategic:
    """Strategic money in step with purchases: investor firm, firm, dollars per dollar bought."""

    investor: Index
    firm: Index
    in_step: Array


@dataclass(frozen=True)
class Chain:
    """One world in arrays: names, topology, coefficients and the flows of row 0."""

    world: World
    line_ids: tuple[str, ...]
    firm_ids: tuple[str, ...]
    node_ids: tuple[str, ...]
    pool_nodes: Index
    firm_of_line: Index
    market_of_line: Index
    market_ids: tuple[str, ...]
    accounts: Mapping[str, int]
    sales: Sales
    intensity: Array  # (buyer line, seller line): units bought per unit sold
    intensity_growth: Array  # (buyer line, seller line)
    essential: Array  # (buyer line, market): output lost when no seller survives
    variable_cost: Array  # (line, node): outside cost per unit
    fixed_cost: Array  # (line, node): outside cost a quarter
    program_line: Array  # (firm, line)
    program_outside: Array  # (firm, node)
    shares: RevenueShares
    leases: Leases
    plants: Plants
    purses: Purses
    pools: Pools
    loans: Loans
    links: Links
    bindings: Bindings
    credit: SupplierCredit
    guarantees: Guarantees
    buy_backs: BuyBacks
    credit_lines: CreditLines
    leased: LeasedPlant
    strategic: Strategic
    rounds: tuple[SignedRound, ...]
    stakes: Array  # (node, firm): equity held in firms at the end of row 0, at cost
    volume: Array  # (line,)
    price_follows_cost: Array  # (line,): 1 or 0
    pass_through: Array  # (line,): phi
    opening_growth: Array  # (line,)
    opening: Array  # (link,): paid in row 0
    sales_by_line: Array  # (node, line) of row 0: what each purse paid for each line's output

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """Return the numbers of lines, firms, nodes and pools."""
        return len(self.line_ids), len(self.firm_ids), len(self.node_ids), len(self.pool_nodes)

    @property
    def flows(self) -> Array:
        """Return what was paid in row 0 (kind, node, node)."""
        return self.links.dense(self.opening[None])[0]

    @property
    def revenue_share(self) -> Array:
        """Return the share of each line's paid revenue that it owes to a firm (line, firm)."""
        out = np.zeros((len(self.line_ids), len(self.firm_ids)))
        np.add.at(out, (self.shares.line, self.shares.firm), self.shares.share)
        return out

    @property
    def debt(self) -> Array:
        """Return debt at the end of row 0 (firm, pool)."""
        return self.debt_by_pool(self.loans.amount[None])[0]

    def debt_by_pool(self, loans: Array) -> Array:
        """Sum loans (path, loan) by debtor and pool: (path, firm, pool)."""
        _, firms, _, pools = self.shape
        place = self.loans.firm * pools + self.loans.pool
        out = np.zeros((firms * pools, loans.shape[0]))
        np.add.at(out, place, loans.T)
        return np.ascontiguousarray(out.T).reshape(len(loans), firms, pools)
