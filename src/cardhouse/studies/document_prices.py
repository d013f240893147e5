"""The document's prices: at which price users pay most, and whether that covers the cost."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from cardhouse.analysis.best_price import (
    AtPrice,
    Service,
    Willingness,
    at_price,
    best_price,
    kept_price,
)
from cardhouse.analysis.cost_of_service import ServiceCosts, service_costs
from cardhouse.analysis.parts import ai_lines
from cardhouse.analysis.use_cost import plant_sellers
from cardhouse.model.vocabulary import ContractKind as Kind
from cardhouse.studies.views import View

Row = dict[str, Any]

SPREADS = (0.6, 1.5)
"""How uncertain the spread of willingness to pay is (log points): an assumption."""

HELD = (
    "Free users, staff, plant, programs and the prices of other sellers are held as they are; "
    "paid use and shares of revenue move with the payers; who stops paying leaves."
)


def price_rows(view: View) -> Row:
    """Return prices of greatest takings, segment by seller, and what holds for elastic demand.

    Only segments whose willingness to pay is lognormal have such a price.
    """
    layers = service_costs(view.books, view.costs)
    chain = view.chain
    asked = (chain.sales.pays > 0) & (chain.sales.conversion > 0) & (chain.sales.volume > 0)
    return {
        "held": HELD,
        "segments": [_row(view, layers, int(sale)) for sale in np.flatnonzero(asked)],
        "elastic": _elastic_rows(view),
    }


def _row(view: View, layers: ServiceCosts, sale: int) -> Row:
    """Return one segment's prices at one seller."""
    sales, chain = view.chain.sales, view.chain
    line, segment = int(sales.line[sale]), chain.node_ids[sales.segment[sale]]
    people = _willingness(view, sale)
    service = _service(view, layers, sale)
    best = best_price(people)
    ends = [best_price(Willingness(people.conversion, people.price, one)) for one in SPREADS]
    return {
        "id": f"{segment}_{chain.line_ids[line]}",
        "segment": segment,
        "line": chain.line_ids[line],
        "name": chain.world.entity(chain.line_ids[line]).name,
        "conversion": people.conversion,
        "spread": people.spread,
        "today": _told(at_price(people, service, people.price)),
        "best": {
            **_told(at_price(people, service, best)),
            "price_low": min(best, *ends),
            "price_high": max(best, *ends),
        },
        "most_kept": _told(at_price(people, service, kept_price(people, service))),
    }


def _willingness(view: View, sale: int) -> Willingness:
    """Return the willingness to pay behind a sale, at the annual price of its contract."""
    sales, chain = view.chain.sales, view.chain
    payer, payee = chain.node_ids[sales.segment[sale]], chain.line_ids[sales.line[sale]]
    prices = [
        one.terms.get("annual_price", 0.0)
        for one in chain.world.contracts_of(Kind.SALE)
        if (one.payer, one.payee) == (payer, payee)
    ]
    price = next((one for one in prices if one > 0.0), 1.0)
    return Willingness(float(sales.conversion[sale]), price, float(sales.spread[sale]))


def _service(view: View, layers: ServiceCosts, sale: int) -> Service:
    """Return what a sale brings in and costs, free use of the same line with it."""
    sales, books = view.chain.sales, view.books
    line = int(sales.line[sale])
    output = float(books.value[0, line])
    paid = float(sales.volume[sale])
    of_line = (sales.line == line) & (sales.pays <= 0) & (sales.own_use <= 0)
    free = float(sales.volume[of_line].sum())
    wear = float(books.depreciation[0, line])
    # A difference of sums: where nothing moves with use, rounding may leave it below 0.
    moving = max(0.0, float(layers.direct[line] - layers.shares[line]) - wear)
    fixed = float(layers.service[line] - layers.direct[line]) + wear
    use = (paid + free) / output
    return Service(
        revenue=paid,
        with_use=moving * paid / output,
        share_paid=float(view.chain.revenue_share[line].sum()),
        held=moving * free / output + fixed * use,
        programs=float(layers.full[line] - layers.service[line]) * use,
    )


def _told(one: AtPrice) -> Row:
    return {
        **asdict(one),
        "covers_service": one.covers_service,
        "covers_full_cost": one.covers_full_cost,
    }


def _elastic_rows(view: View) -> list[Row]:
    """Return what price does to takings where demand is elastic, by segment and elasticity."""
    sales, chain = view.chain.sales, view.chain
    counts = (sales.pays > 0) & (sales.conversion <= 0) & (sales.volume > 0)
    counts &= (ai_lines(chain) & ~plant_sellers(chain))[sales.line]
    found: dict[tuple[str, float], list[str]] = {}
    for sale in np.flatnonzero(counts):
        key = (chain.node_ids[sales.segment[sale]], float(sales.elasticity[sale]))
        found.setdefault(key, []).append(chain.line_ids[sales.line[sale]])
    return [
        {"id": segment, "lines": lines, "elasticity": elasticity, "takings": _takings(elasticity)}
        for (segment, elasticity), lines in found.items()
    ]


def _takings(elasticity: float) -> str:
    if elasticity == 1.0:
        return "are the same at every price; fewer users cost less"
    if elasticity < 1.0:
        return "rise with every price: no price brings the most"
    return "fall with every price: the lowest brings the most"
