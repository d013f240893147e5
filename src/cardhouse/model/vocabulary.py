"""The vocabulary of a world, declared once: kinds of entity, kinds of contract, and their terms.

The tables here feed validation, the glossary in the documentation and the check of economy files.
Amounts are USD billion in the base quarter; rates are per quarter; shares lie in [0, 1].
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from types import MappingProxyType


class EntityKind(StrEnum):
    """What an entity is."""

    FIRM = "firm"  # a legal entity: purse, debt, tax, payouts, default
    DIVISION = "division"  # a business of a firm as filed; the parent is the purse
    LINE = "line"  # the unit with price, volume, plant, orders, growth
    SEGMENT = "segment"  # final demand
    POOL = "pool"  # an account of the outside capital markets
    OUTSIDE = "outside"  # labour, energy, other suppliers, tax, shareholders ...


class ContractKind(StrEnum):
    """The standing relation along which money moves."""

    SALE = "sale"  # segment -> line: final demand
    INPUT = "input"  # line -> line: purchase that varies with the buyer's volume
    COST = "cost"  # line -> outside: labour, energy, other suppliers
    PROGRAM = "program"  # firm -> line or outside: training, research, marketing
    CAPEX = "capex"  # line -> line or outside: purchase of plant
    REVENUE_SHARE = "revenue_share"  # line -> firm: a share of the line's revenue
    OTHER_BUSINESS = "other_business"  # outside <-> firm: net cash of business outside the lines
    INTEREST = "interest"  # firm -> pool
    REPAYMENT = "repayment"  # firm -> pool: amortisation and maturities
    TAX = "tax"  # firm -> outside
    PAYOUT = "payout"  # firm -> outside: dividends and buy-backs
    DEBT_DRAWN = "debt_drawn"  # pool -> firm
    EQUITY = "equity"  # pool -> firm, or firm -> firm (strategic, vendor finance)
    OTHER_CASH = "other_cash"  # outside <-> firm: closes the base quarter, base quarter only
    LEASE = "lease"  # line -> pool or outside: rent of an operating lease
    BUY_BACK = "buy_back"  # firm -> line: purchase of capacity that nobody else buys, up to a cap
    GUARANTEE = "guarantee"  # firm -> pool or firm: pays what the party leaves unpaid, up to a cap
    CREDIT_LINE = "credit_line"  # pool -> firm: a committed line, drawn as debt


INSTRUMENTS = ("equity", "debt", "lease")
"""What a pool gives: shares, loans, or plant that it pays for in its lessee's place."""

RESOLUTIONS = ("liquidate", "restructure")
"""What becomes of a firm in default: its plant is sold, or it lives on with less debt."""


@dataclass(frozen=True)
class Term:
    """One term of a contract kind: name, unit, default and meaning."""

    kind: ContractKind
    name: str
    unit: str
    default: float
    low: float
    high: float
    meaning: str


_K = ContractKind
_INF = float("inf")


def _binding(kind: ContractKind) -> tuple[Term, ...]:
    """Return the terms that bind a buyer: its commitment by quarter, take-or-pay, notice."""
    return (
        Term(kind, "commit_start", "quarters", 1.0, 1.0, 400.0, "first quarter of the minimum"),
        Term(kind, "commit_quarters", "quarters", 20.0, 1.0, 400.0, "quarters it is spread over"),
        Term(kind, "commit_growth", "rate a quarter", 0.0, -0.5, 1.0, "growth of the minimum"),
        Term(kind, "take_or_pay", "share", 1.0, 0.0, 1.0, "share of a shortfall that is owed"),
        Term(kind, "notice", "quarters", 0.0, 0.0, 4.0, "quarters that less use must be noticed"),
        Term(kind, "letter", "0 or 1", 0.0, 0.0, 1.0, "1: letter of intent, binds as letters do"),
    )


def _credit(kind: ContractKind) -> tuple[Term, ...]:
    """Return the terms of a supplier's credit: the share bought on credit, and for how long."""
    return (
        Term(kind, "credit_share", "share", 0.0, 0.0, 1.0, "share that is paid later"),
        Term(kind, "credit_quarters", "quarters", 1.0, 1.0, 8.0, "quarters until it is paid"),
    )


TERMS: tuple[Term, ...] = (
    Term(_K.SALE, "pays", "0 or 1", 1.0, 0.0, 1.0, "0: use that is free; it causes cost, pays 0"),
    Term(_K.SALE, "volume", "USD bn at base price", 0.0, 0.0, _INF, "imputed volume if pays is 0"),
    Term(_K.SALE, "own_use", "0 or 1", 0.0, 0.0, 1.0, "1: use by the seller's own parent"),
    Term(_K.SALE, "elasticity", "ratio", 1.0, 0.0, 5.0, "price elasticity of the basket, elastic"),
    Term(_K.SALE, "conversion", "share", 0.0, 0.0, 1.0, "base paying share; >0: willingness law"),
    Term(_K.SALE, "annual_price", "USD a year", 0.0, 0.0, _INF, "base price of a payer's year"),
    Term(_K.SALE, "spread", "log points", 1.0, 0.1, 5.0, "sigma of log willingness to pay"),
    Term(_K.SALE, "growth", "rate a quarter", 0.0, -1.0, 3.0, "opening growth of the driver, g_0"),
    Term(_K.SALE, "growth_end", "rate a quarter", 0.0, -1.0, 1.0, "growth in the long run, g_inf"),
    Term(_K.SALE, "half_life", "quarters", 8.0, 0.5, _INF, "half-life of the growth gap"),
    Term(_K.SALE, "ceiling", "multiple of base", _INF, 1.0, _INF, "logistic growth ends here"),
    Term(_K.SALE, "people_mn", "million persons", 0.0, 0.0, _INF, "users behind the flow"),
    Term(_K.INPUT, "essential", "share", 1.0, 0.0, 1.0, "output lost when no seller survives"),
    Term(_K.INPUT, "intensity_growth", "rate a quarter", 0.0, -1.0, 1.0, "growth of use per unit"),
    *_binding(_K.INPUT),
    *_binding(_K.PROGRAM),
    *_credit(_K.INPUT),
    *_credit(_K.CAPEX),
    Term(_K.CAPEX, "leased", "share", 0.0, 0.0, 1.0, "share that lessors pay for, supply allowing"),
    Term(_K.REVENUE_SHARE, "cap", "USD bn", _INF, 0.0, _INF, "most that is paid from now on"),
    Term(_K.REVENUE_SHARE, "quarters", "quarters", _INF, 0.0, _INF, "quarters until it ends"),
    Term(_K.EQUITY, "in_step", "share", 0.0, 0.0, 2.0, "strategic money per dollar of purchases"),
    Term(_K.LEASE, "quarters", "quarters", _INF, 1.0, _INF, "quarters left at this rent"),
    Term(_K.BUY_BACK, "quarters", "quarters", _INF, 1.0, _INF, "quarters until it ends"),
    Term(_K.CREDIT_LINE, "quarters", "quarters", _INF, 1.0, _INF, "quarters until it ends"),
    Term(_K.COST, "fixed", "0 or 1", 0.0, 0.0, 1.0, "1: moves with capacity, not with volume"),
    Term(_K.PROGRAM, "training", "0 or 1", 0.0, 0.0, 1.0, "1: training or research compute"),
)
"""Every term that a contract may carry; a term outside this table is an error."""


@cache
def terms_of(kind: ContractKind) -> Mapping[str, Term]:
    """Return the terms that contracts of `kind` may carry, by name."""
    return MappingProxyType({term.name: term for term in TERMS if term.kind == kind})


_LINE, _FIRM, _SEGMENT = EntityKind.LINE, EntityKind.FIRM, EntityKind.SEGMENT
_POOL, _OUTSIDE = EntityKind.POOL, EntityKind.OUTSIDE

ENDS: dict[ContractKind, tuple[tuple[EntityKind, ...], tuple[EntityKind, ...]]] = {
    _K.SALE: ((_SEGMENT,), (_LINE,)),
    _K.INPUT: ((_LINE,), (_LINE,)),
    _K.COST: ((_LINE,), (_OUTSIDE,)),
    _K.PROGRAM: ((_FIRM,), (_LINE, _OUTSIDE)),
    _K.CAPEX: ((_LINE,), (_LINE, _OUTSIDE)),
    _K.REVENUE_SHARE: ((_LINE,), (_FIRM,)),
    _K.OTHER_BUSINESS: ((_OUTSIDE, _FIRM), (_FIRM, _OUTSIDE)),
    _K.INTEREST: ((_FIRM,), (_POOL,)),
    _K.REPAYMENT: ((_FIRM,), (_POOL,)),
    _K.TAX: ((_FIRM,), (_OUTSIDE,)),
    _K.PAYOUT: ((_FIRM,), (_OUTSIDE,)),
    _K.DEBT_DRAWN: ((_POOL,), (_FIRM,)),
    _K.EQUITY: ((_POOL, _FIRM), (_FIRM,)),
    _K.OTHER_CASH: ((_OUTSIDE, _FIRM), (_FIRM, _OUTSIDE)),
    _K.LEASE: ((_LINE,), (_POOL, _OUTSIDE)),
    _K.BUY_BACK: ((_FIRM,), (_LINE,)),
    _K.GUARANTEE: ((_FIRM,), (_POOL, _FIRM)),
    _K.CREDIT_LINE: ((_POOL,), (_FIRM,)),
}
"""Kinds of entity that may pay, and be paid, under each kind of contract."""
