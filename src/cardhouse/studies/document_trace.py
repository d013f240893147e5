"""The document's trace: who ultimately pays each firm, division and line that sells."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from cardhouse.analysis.parts import ai_lines
from cardhouse.analysis.payers import (
    Payers,
    payments_to_lines,
    shares_to_firms,
    trace_payers,
)
from cardhouse.engine.chain import Array, Index
from cardhouse.studies.views import SMALLEST, Unit, View, named

Row = dict[str, Any]

BOUNDED_FROM = 0.005
"""Share of a seller's receipts from which a source's bounds are computed."""


@dataclass(frozen=True)
class Sink:
    """A seller whose receipts are followed back: its lines, and whether shares of others' too."""

    id: str
    firm: int
    lines: Index
    is_firm: bool


@dataclass(frozen=True)
class Traced:
    """The trace of a run: sellers with their payments, and what these are made of."""

    view: View

    @cached_property
    def payers(self) -> Payers:
        """Return the composition of every purse."""
        return trace_payers(self.view.books)

    @cached_property
    def sinks(self) -> list[Sink]:
        """Return firms, their divisions, and lines where a unit has several."""
        units = self.view.units
        sinks = [Sink(one.entity.id, one.firm, one.lines, one.is_firm) for one in units]
        known = {one.id for one in sinks}
        lines = [_line_sink(self.view, unit, int(at)) for unit in units for at in _several(unit)]
        return [*sinks, *(one for one in lines if one.id not in known)]

    @cached_property
    def payments(self) -> Array:
        """Return what each node paid each seller (quarter, node, sink)."""
        books, nodes = self.view.books, len(self.payers.source_of)
        to_lines = payments_to_lines(books, nodes)
        to_firms = shares_to_firms(books, nodes)
        return np.stack([_payments(one, to_lines, to_firms) for one in self.sinks], axis=2)

    @cached_property
    def shares(self) -> tuple[Array, Array]:
        """Return shares (quarter, sink, source) and receipts (quarter, sink)."""
        return self.payers.shares(self.payments)


def trace_rows(traced: Traced) -> Row:
    """Return the trace of the base quarter and over quarters, with round trips and bounds."""
    shares, receipts = traced.shares
    sold = [at for at in range(len(traced.sinks)) if receipts[0, at] > 0]
    sources = traced.payers.sources
    ids = [one.id for one in traced.sinks]
    return {
        "trace": {ids[at]: named(sources, _capped(shares[0, at])) for at in sold},
        "trace_by_quarter": {
            ids[at]: _over_quarters(sources, shares[:, at], receipts[:, at])
            for at in range(len(ids))
            if receipts[:, at].any()
        },
        "trace_receipts_usd_bn": {ids[at]: float(receipts[0, at]) for at in sold},
        "trace_round_trip_usd_bn": {ids[at]: _round_trip(traced, at) for at in sold},
        "trace_bounds": {ids[at]: _bounds(traced, at) for at in sold},
        "trace_ai": _ai_part(traced),
    }


def _several(unit: Unit) -> Index:
    """Return the lines of a unit that has more than one and no divisions of its own."""
    return unit.lines if len(unit.lines) > 1 and not unit.includes else unit.lines[:0]


def _line_sink(view: View, unit: Unit, line: int) -> Sink:
    return Sink(view.chain.line_ids[line], unit.firm, np.array([line]), is_firm=False)


def _payments(sink: Sink, to_lines: Array, to_firms: Array) -> Array:
    """Return payments to one seller (quarter, node)."""
    sold = to_lines[:, :, sink.lines].sum(axis=2)
    return np.asarray(sold + to_firms[:, :, sink.firm] if sink.is_firm else sold)


def _capped(shares: Array) -> Array:
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


def _round_trip(traced: Traced, at: int) -> float:
    """Return the dollars of a seller's receipts that were its own firm's money (base quarter)."""
    paid = traced.payments[0, :, at]
    return float(traced.payers.own_share(traced.sinks[at].firm, paid) * paid.sum())


def _bounds(traced: Traced, at: int) -> dict[str, list[float]]:
    """Return least and most share of the sources that matter to a seller (base quarter).

    The bounds count the seller's own money as a source of its own; the trace looks through it,
    which may lift a share a little beyond, and the range is widened to hold it.
    """
    payers, shares = traced.payers, traced.shares[0][0, at]
    paid = traced.payments[0, :, at]
    matter = np.flatnonzero(shares >= BOUNDED_FROM)
    if not paid[payers.source_of < 0].any():  # nobody but sources pays it: nothing is a choice
        return {payers.sources[one]: [float(shares[one])] * 2 for one in matter}
    least, most = payers.bounds(traced.sinks[at].firm, paid, matter)
    held = shares[matter]
    ranges = zip(matter, np.minimum(least, held), np.maximum(most, held), strict=True)
    return {payers.sources[one]: [float(low), float(high)] for one, low, high in ranges}


def _ai_part(traced: Traced) -> dict[str, dict[str, float]]:
    """Return the trace of the AI lines of sellers that also have others (base quarter)."""
    ai = ai_lines(traced.view.chain)
    mixed = [one for one in traced.sinks if ai[one.lines].any() and not ai[one.lines].all()]
    if not mixed:
        return {}
    books, nodes = traced.view.books, len(traced.payers.source_of)
    paid = payments_to_lines(books, nodes)[:1]
    parts = np.stack([paid[:, :, one.lines[ai[one.lines]]].sum(axis=2) for one in mixed], axis=2)
    padded = np.concatenate([parts, np.zeros((books.rows - 1, *parts.shape[1:]))])
    shares, receipts = traced.payers.shares(padded)
    return {
        one.id: named(traced.payers.sources, _capped(shares[0, at]))
        for at, one in enumerate(mixed)
        if receipts[0, at] > 0
    }
