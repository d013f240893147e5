"""The vocabulary of a world, declared once: kinds of entity, kinds of contract, and their terms.

The tables here feed validation, the glossary in the documentation and the check of economy files.
Amounts are USD billion in the base quarter; rates are per quarter; shares lie in [0, 1].
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


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
    Term(_K.COST, "fixed", "0 or 1", 0.0, 0.0, 1.0, "1: moves with capacity, not with volume"),
    Term(_K.PROGRAM, "training", "0 or 1", 0.0, 0.0, 1.0, "1: training or research compute"),
)
"""Every term that a contract may carry; a term outside this table is an error."""


def terms_of(kind: ContractKind) -> dict[str, Term]:
    """Return the terms that contracts of `kind` may carry, by name."""
    return {term.name: term for term in TERMS if term.kind == kind}


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
}
"""Kinds of entity that may pay, and be paid, under each kind of contract."""


@dataclass(frozen=True)
class Parameter:
    """One behavioural parameter: name, symbol, default, plausible range, unit, source, use."""

    name: str
    symbol: str
    unit: str
    default: float
    low: float
    high: float
    source: str
    used_in: str


PARAMETERS: tuple[Parameter, ...] = (
    Parameter("price_speed", "lambda", "share a quarter", 0.25, 0.1, 0.6, "assumption", "prices"),
    Parameter("price_step", "step", "share a quarter", 0.06, 0.03, 0.1, "assumption", "prices"),
    Parameter("price_utilisation", "psi", "elasticity", 0.3, 0.0, 0.6, "assumption", "prices"),
    Parameter("price_pull", "gamma_p", "share a quarter", 0.07, 0.0, 0.3, "assumption", "prices"),
    Parameter("switching", "s", "elasticity", 1.2, 1.0, 3.0, "assumption", "demand"),
    Parameter("substitution", "", "share", 0.7, 0.3, 0.95, "assumption", "demand"),
    Parameter("program_speed", "", "share a quarter", 0.5, 0.2, 0.8, "assumption", "programs"),
    Parameter("program_floor", "", "share", 0.35, 0.25, 0.6, "assumption", "programs"),
    Parameter("growth_learning", "theta", "share a quarter", 0.1, 0, 0.3, "assumption", "plans"),
    Parameter("order_speed", "speed", "share a quarter", 0.25, 0.15, 0.5, "assumption", "plans"),
    Parameter("plan_momentum", "omega", "share", 0.85, 0.7, 1.0, "assumption", "plans"),
    Parameter("plan_half_life", "H", "quarters", 8.0, 4.0, 1e9, "assumption", "plans"),
    Parameter("plan_cut", "maxcut", "share a quarter", 0.35, 0.2, 0.5, "assumption", "plans"),
    Parameter("plan_rise", "maxrise", "share a quarter", 0.3, 0.2, 0.5, "assumption", "plans"),
    Parameter(
        "performance_growth", "eta", "rate a quarter", 0.05, 0.0, 0.12, "assumption", "plans"
    ),
    Parameter("overload", "", "ratio to capacity", 1.05, 1.0, 1.2, "assumption", "volumes"),
    Parameter("essential_burn", "", "share", 0.35, 0.2, 0.6, "assumption", "funding"),
    Parameter("round_trigger", "", "share", 0.5, 0.3, 0.8, "assumption", "funding"),
    Parameter("stress_memory", "", "share", 0.5, 0.2, 0.8, "assumption", "funding"),
    Parameter(
        "growth_hurdle", "hurdle", "rate a quarter", 0.05, 0.02, 0.15, "assumption", "funding"
    ),
    Parameter("supply_exponent", "", "elasticity", 1.5, 0.5, 3.0, "assumption", "funding"),
    Parameter("payment_margin", "", "ratio", 1.05, 1.0, 1.2, "assumption", "discretion"),
    Parameter("default_threshold", "", "share", 0.98, 0.9, 1.0, "assumption", "settlement"),
    Parameter("default_costs", "", "share", 0.1, 0.0, 0.3, "assumption", "settlement"),
    Parameter("fire_sale", "", "elasticity", 0.5, 0.0, 2.0, "assumption", "settlement"),
    Parameter("recovery", "", "share", 0.3, 0.05, 0.6, "assumption", "settlement"),
    Parameter(
        "confidence_return", "rho", "share a quarter", 0.1, 0.05, 0.3, "assumption", "confidence"
    ),
    Parameter("confidence_growth", "phi_g", "ratio", 0.5, 0.0, 1.0, "assumption", "confidence"),
    Parameter("confidence_default", "phi_d", "ratio", 2.0, 0.0, 5.0, "assumption", "confidence"),
    Parameter("confidence_unmet", "phi_x", "ratio", 0.3, 0.0, 1.0, "assumption", "confidence"),
)
"""Behavioural parameters with their ranges; economies may override defaults."""
