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

from cardhouse.model.vocabulary import ContractKind
from cardhouse.model.world import World

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Mask = NDArray[np.bool_]

FLOW_KINDS: tuple[str, ...] = (
    *(kind.value for kind in ContractKind),
    "arrears",
    "liquidation",
    "default_costs",
)
"""Kinds of flow in the books: every contract kind, and what only a crisis knows."""

KIND: dict[str, int] = {kind: number for number, kind in enumerate(FLOW_KINDS)}

WAGES_AND_TAX, SECURED, ARREARS, TRADE, SUBORDINATED = range(5)
CLASSES = 5
"""Seniority, most senior first. Payouts and equity given come after all: they are no debts."""

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

    ``vintages`` (age, line) is cost by age at the end of the base quarter. Plant of that time
    lives ``opening_life`` quarters (gross over depreciation), plant bought later ``life``.
    """

    owned: Mask
    gross: Array
    net: Array
    depreciation: Array
    life: Array
    opening_life: Array
    vintages: Array  # (age, line)
    lead: Index
    capital_intensity: Array
    utilisation: Array
    capacity: Array
    under_way: Array
    plan: Array
    plan_growth: Array
    guidance: Array  # (quarter, line): growth of capex in quarters 1, 2 ...; NaN: none
    from_line: Array  # (line, line): share of capex bought from a line
    from_outside: Array  # (line, node): share of capex bought from an outside account


@dataclass(frozen=True)
class Purses:
    """Firms as purses: positions at row 0 and behaviour with money."""

    cash: Array
    floor: Array
    runway: Array
    cash_per_capex: Array
    burn: Array
    venture_funded: Mask
    access: Mask  # (firm, node): the pools and strategic investors a firm may ask
    strategic_share: Array
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
    """Outside capital: instrument, supply at row 0, terms and limits."""

    is_equity: Mask
    supply: Array
    rate: Array
    maturity: Array
    seniority: Index  # class in settlement
    growth: Array
    half_life: Array
    asset_leverage: Array
    income_leverage: Array


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
    revenue_share: Array  # (line, firm)
    plants: Plants
    purses: Purses
    pools: Pools
    debt: Array  # (firm, pool) of row 0, bullets included
    debt_rate: Array  # (firm, pool)
    debt_maturity: Array  # (firm, pool): life of what is repaid bit by bit
    bullets: Array  # (quarter, firm, pool): sums that fall due in one quarter
    rounds: tuple[SignedRound, ...]
    stakes: Array  # (node, firm): equity held in firms at the end of row 0, at cost
    volume: Array  # (line,)
    price_follows_cost: Array  # (line,): 1 or 0
    pass_through: Array  # (line,): phi
    opening_growth: Array  # (line,)
    class_of_node: Index  # (node,): seniority class of what is owed to it
    flows: Array  # (kind, node, node) of row 0
    sales_by_line: Array  # (node, line) of row 0: what each purse paid for each line's output

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """Return the numbers of lines, firms, nodes and pools."""
        return len(self.line_ids), len(self.firm_ids), len(self.node_ids), len(self.pool_nodes)
