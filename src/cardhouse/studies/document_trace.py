"""The document's trace: who ultimately pays each firm, division and line that sells."""

from __future__ import annotations

from typing import Any

import numpy as np

from cardhouse.analysis.destinations import follow_together, list_sources
from cardhouse.analysis.payers import Payers
from cardhouse.analysis.rules import OWN_MONEY, PRO_RATA, RULES
from cardhouse.engine.chain import Array
from cardhouse.studies.traces import Paid, Sink, Traced, cumulated
from cardhouse.studies.views import SMALLEST, named

Row = dict[str, Any]

BOUNDED_FROM = 0.005
"""Share of a seller's receipts from which a source's bounds are computed."""
TOLD_FROM = 1e-4
"""Shares below this are left out of the parts that tell rules and ends."""


def trace_rows(traced: Traced) -> Row:
    """Return the trace of the base quarter, over quarters and cumulated, bounds, rules, ends."""
    shares, receipts = traced.shares
    sold = [at for at in range(len(traced.sinks)) if receipts[0, at] > 0]
    ever = [at for at in range(len(traced.sinks)) if receipts[:, at].any()]
    sources = traced.payers.sources
    ids = [one.id for one in traced.sinks]
    over, total = cumulated(shares, receipts)
    return {
        "trace": {ids[at]: named(sources, capped(shares[0, at])) for at in sold},
        "trace_by_quarter": {
            ids[at]: _over_quarters(sources, shares[:, at], receipts[:, at]) for at in ever
        },
        "trace_cumulated": {ids[at]: named(sources, capped(over[at])) for at in ever},
        "trace_receipts_usd_bn": {ids[at]: float(receipts[0, at]) for at in sold},
        "trace_receipts_cumulated_usd_bn": {ids[at]: float(total[at]) for at in ever},
        "trace_round_trip_usd_bn": {ids[at]: round_trip(traced, at) for at in sold},
        "trace_bounds": {
            ids[at]: bounds_of(traced.payers, traced.sinks[at], traced.paid.of(at), shares[0, at])
            for at in sold
        },
        **_ai_parts(traced),
        "trace_purse": _purses(traced),
        "trace_rules": _under_rules(traced, sold),
        **_ends(traced),
    }


def capped(shares: Array) -> Array:
    """Return shares without the rounding above 1."""
    return np.minimum(shares, 1.0)


def _over_quarters(sources: tuple[str, ...], shares: Array, receipts: Array) -> Row:
    """Return a seller's shares by source over quarters; None where it sells nothing."""
    sold = receipts > 0
    used = np.flatnonzero((shares * sold[:, None]).max(axis=0) > SMALLEST)
    return {
        sources[column]: [
            min(float(share), 1.0) if sells else None
            for share, sells in zip(shares[:, column], sold, strict=True)
        ]
        for column in used
    }


def round_trip(traced: Traced, at: int) -> float:
    """Return the dollars of a seller's receipts that were its own firm's money (base quarter)."""
    paid = traced.paid.all[0, :, at]
    return float(traced.payers.own_share(traced.sinks[at].firm, paid) * paid.sum())


def bounds_of(
    payers: Payers, sink: Sink, paid: Paid, shares: Array, quarter: int = 0
) -> dict[str, list[float]]:
    """Return least and most share of the sources that matter to a seller in a quarter.

    The bounds count the seller's own money as a source of its own; a trace that looks through it
    may lift a share a little beyond, and the range is widened to hold it.
    """
    payments = paid.all[quarter, :, 0]
    matter = np.flatnonzero(shares >= BOUNDED_FROM)
    if not payments[payers.source_of < 0].any():  # only sources pay it: nothing is a choice
        return {payers.sources[one]: [float(shares[one])] * 2 for one in matter}
    least, most = payers.bounds(sink.firm, payments, matter, quarter)
    held = shares[matter]
    ranges = zip(matter, np.minimum(least, held), np.maximum(most, held), strict=True)
    return {payers.sources[one]: [float(low), float(high)] for one, low, high in ranges}


def _ai_parts(traced: Traced) -> Row:
    """Return the trace of the AI lines of sellers that also have others: base and cumulated."""
    ai = traced.ai
    mixed = [
        at for at, one in enumerate(traced.sinks) if ai[one.lines].any() and not ai[one.lines].all()
    ]
    shares, receipts = traced.payers.shares(traced.paid_ai.all)
    over, total = cumulated(shares, receipts)
    sources, ids = traced.payers.sources, [one.id for one in traced.sinks]
    return {
        "trace_ai": {
            ids[at]: named(sources, capped(shares[0, at])) for at in mixed if receipts[0, at] > 0
        },
        "trace_ai_cumulated": {
            ids[at]: named(sources, capped(over[at])) for at in mixed if total[at] > 0
        },
    }


def _purses(traced: Traced) -> Row:
    """Return what firms had to spend in the base quarter by source."""
    payers, firms = traced.payers, traced.view.chain.firm_ids
    had = payers.had[0]
    return {
        name: named(payers.sources, capped(payers.purse[0, firm]))
        for firm, name in enumerate(firms)
        if had[firm] > 0
    }


def _under_rules(traced: Traced, sold: list[int]) -> Row:
    """Return the base quarter's shares under the rules beside pro rata, by seller and rule."""
    paid = traced.paid.until(1)
    rows: dict[str, Row] = {traced.sinks[at].id: {} for at in sold}
    for rule in RULES:
        if rule not in (PRO_RATA, OWN_MONEY):
            payers = traced.under(rule, rows=1)
            shares, _ = payers.shares(paid.all, paid.capital)
            for at in sold:
                told = named(payers.sources, capped(shares[0, at]), TOLD_FROM)
                rows[traced.sinks[at].id][rule] = told
    for firm in {traced.sinks[at].firm for at in sold}:
        payers = traced.under(OWN_MONEY, firm, rows=1)
        shares, _ = payers.shares(paid.all)
        for at in (one for one in sold if traced.sinks[one].firm == firm):
            told = named(payers.sources, capped(shares[0, at]), TOLD_FROM)
            rows[traced.sinks[at].id][OWN_MONEY] = told
    return rows


def _ends(traced: Traced) -> Row:
    """Return where the dollars of segments and pools end: base quarter and cumulated."""
    books = traced.view.books
    givers = books.chain.node_ids[books.firms :]
    sources = [name for name in list_sources(books) if name in givers]
    base = follow_together(books, sources)
    over = follow_together(books, sources, last=books.rows - 1)
    return {
        "trace_from": {name: _told(one.by_sink()) for name, one in base.items() if one.dollars},
        "trace_from_usd_bn": {name: one.dollars for name, one in base.items() if one.dollars},
        "trace_from_cumulated": {name: _told(one.by_sink()) for name, one in over.items()},
        "trace_from_cumulated_usd_bn": {name: one.dollars for name, one in over.items()},
    }


def _told(shares: dict[str, float]) -> dict[str, float]:
    return {end: min(share, 1.0) for end, share in shares.items() if share > TOLD_FROM}
