"""The document's subsidy ledger: what users pay, who is subsidised, by whose money."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from cardhouse.analysis.investment import END_USER_GROSS_MARGIN, expected_growth, revenue_needed
from cardhouse.analysis.ledger import Ledger, sold_use_subsidy
from cardhouse.analysis.parts import ai_lines
from cardhouse.analysis.use_cost import UseCost, use_cost
from cardhouse.engine.chain import Array
from cardhouse.facts import FactTable
from cardhouse.studies.document_envelopes import envelope_rows
from cardhouse.studies.document_people import people_rows
from cardhouse.studies.document_prices import price_rows
from cardhouse.studies.views import View, named, numbers

Row = dict[str, Any]

NOT_IN_CASH = "not_in_cash"
"""The part of a subsidy that no money covers: wear of plant and pay in shares."""

PAYS = ("with_programs", "without_programs", "cash", "at_plant_cost", "sold_use")
PARTS = ("subsidy", "cash_part", "noncash_part")
AMOUNTS = ("revenue", "receipts", "full_cost", *PARTS)
RESULTS = ("result", "cash_result")


def ledger_row(view: View, use: UseCost, facts: FactTable | None = None) -> Row:
    """Return the ledger of the base quarter: firms as a whole, and their AI lines under ``ai``.

    ``facts`` count people and hold the published envelopes; without them these parts are shorter.
    """
    capex = float((view.books.capex[0] * ai_lines(view.chain)).sum())
    return {
        "users_pay_per_dollar_of_cost": {name: use.paid_per_dollar(name)[0] for name in PAYS},
        "users_receipts_usd_bn": float(use.receipts[0]),
        "use_cost_usd_bn": {name: float(getattr(use, name)[0]) for name in PAYS},
        **_subsidies(view, view.ledger),
        "subsidy_sold_use_usd_bn": float(sold_use_subsidy(view.books, view.costs)[0].sum()),
        "ai": _subsidies(view, view.ai_ledger),
        "revenue_needed_usd_bn": revenue_needed(capex),
        "revenue_needed_from": {"capex": capex, "gross_margin": END_USER_GROSS_MARGIN},
        "implied_expected_growth": _growth(view),
        "back_of_envelope": envelope_rows(view, use, facts),
        "people": people_rows(view, facts),
        "best_price": price_rows(view),
    }


def facts_named(ledger: Row) -> list[str]:
    """Return the ids of the facts that the ledger of a base quarter names."""
    rows = [*ledger["back_of_envelope"]]
    rows += [row[who] for row in ledger["people"] for who in ("users", "payers") if row[who]]
    return [fact for row in rows for fact in row["facts"]]


def ledger_by_quarter(view: View, use: UseCost) -> Row:
    """Return the ledger's series, by quarter and cumulated from the base quarter on."""
    whole = {"result": view.result, "cash_result": view.books.cash_result}
    ai = {"result": view.ai_result, "cash_result": view.ai_cash_result}
    return {
        "users_pay_per_dollar_of_cost": {name: use.paid_per_dollar(name) for name in PAYS},
        **_series(view, view.ledger, whole),
        "cumulated": _series(view, view.ledger.cumulated(), _cumulated(whole), firm_sources=False),
        "ai": {
            **_series(view, view.ai_ledger, ai),
            "cumulated": _series(
                view, view.ai_ledger.cumulated(), _cumulated(ai), firm_sources=False
            ),
        },
    }


def _cumulated(results: Mapping[str, Array]) -> dict[str, Array]:
    return {name: np.cumsum(values, axis=0) for name, values in results.items()}


def use_cost_of(view: View) -> UseCost:
    """Return what AI use costs the chain and what users pay, quarter by quarter."""
    return use_cost(view.books, view.costs)


def _subsidies(view: View, ledger: Ledger) -> Row:
    return {
        "subsidy_usd_bn": float(ledger.subsidy[0].sum()),
        "subsidy_by_source": _sources_of(ledger, range(view.books.firms)),
        "subsidy_by_tier": {
            tier: float(ledger.subsidy[0, firms].sum()) for tier, firms in _tiers(view).items()
        },
        "subsidy_by_tier_and_source": {
            tier: _sources_of(ledger, firms) for tier, firms in _tiers(view).items()
        },
        "subsidy_by_firm": [_firm(view, ledger, firm) for firm in range(view.books.firms)],
    }


def _sources_of(ledger: Ledger, firms: Sequence[int]) -> dict[str, float]:
    """Return who covered some firms' subsidies in the base quarter, what no cash covered last."""
    chosen = list(firms)
    by_source = named(ledger.sources, ledger.by_source[0, chosen].sum(axis=0))
    return by_source | named([NOT_IN_CASH], ledger.noncash_part[:1, chosen].sum(axis=1))


def _firm(view: View, ledger: Ledger, firm: int) -> Row:
    values = {
        name: float(getattr(ledger, name)[0, firm])
        for name in ("revenue", "receipts", "full_cost", *PARTS)
    }
    by_source = named(ledger.sources, ledger.by_source[0, firm])
    tier = view.tier_of(firm)
    return {"firm": view.chain.firm_ids[firm], "tier": tier, **values, "by_source": by_source}


def _series(
    view: View, ledger: Ledger, results: Mapping[str, Array], *, firm_sources: bool = True
) -> Row:
    """Return a ledger's series by source, tier and firm; sources that never give are left out.

    Firms that are never subsidised are left out of the rows by firm, not of their tier's.
    """
    everyone = list(range(view.books.firms))
    return {
        "subsidy": numbers(ledger.subsidy.sum(axis=1)),
        "cash_part": numbers(ledger.cash_part.sum(axis=1)),
        "by_source": _source_series(ledger, everyone),
        "by_tier": {
            tier: {
                **_amount_series(ledger, results, firms),
                "by_source": _source_series(ledger, firms),
            }
            for tier, firms in _tiers(view).items()
        },
        "by_firm": {
            name: {
                **_amount_series(ledger, results, [firm]),
                **({"by_source": _source_series(ledger, [firm])} if firm_sources else {}),
            }
            for firm, name in enumerate(view.chain.firm_ids)
            if ledger.subsidy[:, firm].any()
        },
    }


def _amount_series(ledger: Ledger, results: Mapping[str, Array], firms: list[int]) -> Row:
    """Return what some firms together sold, cost, made and were given, by quarter."""
    amounts = {name: getattr(ledger, name) for name in AMOUNTS}
    amounts |= {name: results[name] for name in RESULTS}
    return {name: numbers(values[:, firms].sum(axis=1)) for name, values in amounts.items()}


def _source_series(ledger: Ledger, firms: list[int]) -> dict[str, list[float | None]]:
    """Return who covered some firms' subsidies, by quarter; sources that never give left out."""
    by_source = _named_series(ledger.sources, ledger.by_source[:, firms].sum(axis=1))
    noncash = ledger.noncash_part[:, firms].sum(axis=1, keepdims=True)
    return by_source | _named_series((NOT_IN_CASH,), noncash)


def _named_series(names: tuple[str, ...], values: Array) -> dict[str, list[float | None]]:
    """Return the columns of (quarter, name) that are not all zero."""
    return {
        name: numbers(values[:, column])
        for column, name in enumerate(names)
        if values[:, column].any()
    }


def _tiers(view: View) -> dict[str, list[int]]:
    """Return the firms of each tier."""
    tiers: dict[str, list[int]] = {}
    for firm in range(view.books.firms):
        tiers.setdefault(view.tier_of(firm), []).append(firm)
    return tiers


def _growth(view: View) -> dict[str, Row]:
    """Return the growth a quarter that capex implies, line by line, as a range."""
    found = expected_growth(view.chain)
    owned = np.flatnonzero(view.chain.plants.owned & (view.chain.volume > 0))
    return {
        view.chain.line_ids[at]: {
            "value": float(found.value[at]),
            "low": float(found.low[at]),
            "high": float(found.high[at]),
        }
        for at in owned
    }
