"""The trace of a draw: shares, bounds of big sellers, round trips by seller and by loop.

Bounds and loops are asked for by name: the sources that matter and the loops that run in the
balanced accounts, so that every draw answers the same question.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from cardhouse.analysis.parts import ai_lines
from cardhouse.analysis.round_trips import RoundTrips, by_firm, round_trips
from cardhouse.engine.chain import Array
from cardhouse.studies.document_trace import BOUNDED_FROM
from cardhouse.studies.traces import Sink, Traced
from cardhouse.studies.views import View, named

Row = dict[str, Any]

BIG = 0.05
"""Receipts as a share of the largest seller's from which a seller's bounds are drawn."""
SMALLEST_LOOP = 1e-3
"""USD bn a quarter from which a loop is drawn."""
LEAST, MOST = "least", "most"
TRADE = "trade"


@dataclass(frozen=True)
class Asked:
    """What the trace of every draw is asked.

    ``bounded`` and ``bounded_ai`` name the sources whose bounds are asked for, by seller; ``loops``
    the loops of the balanced accounts.
    """

    bounded: Mapping[str, tuple[str, ...]]
    bounded_ai: Mapping[str, tuple[str, ...]]
    loops: tuple[str, ...]


def asked_of(view: View) -> Asked:
    """Return what draws of the accounts behind `view` are asked.

    Bounds are asked for of big firms and divisions, and of the AI part of those in the last tier
    that sells: they are what takes longest.
    """
    traced = Traced(view)
    shares, receipts = traced.shares
    sources, units = traced.payers.sources, {unit.entity.id for unit in view.units}
    big = receipts[0] >= BIG * receipts[0].max(initial=0.0)
    told = [
        (sink, shares[0, at])
        for at, sink in enumerate(traced.sinks)
        if big[at] and receipts[0, at] > 0 and sink.id in units
    ]
    last = _last_tier(view)
    mixed = [
        (sink, shares_of(traced, paid_for_ai(traced, sink)))
        for sink in mixed_sinks(traced)
        if view.tier_of(sink.firm) == last
    ]
    names = {sink.id for sink, _ in told}
    loops = loop_amounts(round_trips(view.books))
    return Asked(
        {sink.id: _that_matter(sources, made_of) for sink, made_of in told},
        {sink.id: _that_matter(sources, made_of) for sink, made_of in mixed if sink.id in names},
        tuple(name for name, amount in loops.items() if amount >= SMALLEST_LOOP),
    )


def _last_tier(view: View) -> str:
    """Return the tier farthest from the users in which anybody sells; tiers come in this order."""
    revenue = view.books.revenue[0]
    tiers = [view.tier_of(firm) for firm in np.flatnonzero(revenue > 0).tolist()]
    return tiers[-1] if tiers else ""


def _that_matter(sources: Sequence[str], shares: Array) -> tuple[str, ...]:
    return tuple(sources[at] for at in np.flatnonzero(shares >= BOUNDED_FROM).tolist())


def drawn_trace(view: View, asked: Asked) -> Row:
    """Return the trace of the base quarter, under the names that the document has for its parts.

    A range is told by its two ends, ``least`` and ``most``; a loop is named by its firms in the
    order in which they pay, ``nvidia>openai``.
    """
    traced = Traced(view)
    shares, receipts = traced.shares
    sold = [at for at in range(len(traced.sinks)) if receipts[0, at] > 0]
    sources, sinks = traced.payers.sources, traced.sinks
    paid_ai = {sink.id: paid_for_ai(traced, sink) for sink in mixed_sinks(traced)}
    return {
        "trace": {sinks[at].id: named(sources, _capped(shares[0, at])) for at in sold},
        "trace_receipts_usd_bn": {sinks[at].id: float(receipts[0, at]) for at in sold},
        "trace_round_trip_usd_bn": {
            sinks[at].id: traced.payers.own_share(sinks[at].firm, paid_to(traced, at))
            * float(receipts[0, at])
            for at in sold
        },
        "trace_bounds": {
            sinks[at].id: _ends(traced, sinks[at], paid_to(traced, at), asked.bounded)
            for at in sold
            if sinks[at].id in asked.bounded
        },
        "trace_ai": {
            name: named(sources, _capped(shares_of(traced, paid)))
            for name, paid in paid_ai.items()
            if paid.sum() > 0
        },
        "trace_ai_bounds": {
            sink.id: _ends(traced, sink, paid_ai[sink.id], asked.bounded_ai)
            for sink in mixed_sinks(traced)
            if sink.id in asked.bounded_ai and paid_ai[sink.id].sum() > 0
        },
        "round_trips": {"base": _round_trips(view, asked.loops)},
    }


def _capped(shares: Array) -> Array:
    """Return shares without the rounding above 1."""
    return np.minimum(shares, 1.0)


def paid_to(traced: Traced, sink: int) -> Array:
    """Return what each node paid a seller in the base quarter (node,)."""
    return np.asarray(traced.paid.all[0, :, sink])


def paid_for_ai(traced: Traced, sink: Sink) -> Array:
    """Return what each node paid a seller's AI lines in the base quarter (node,)."""
    at = [one.id for one in traced.sinks].index(sink.id)
    return np.asarray(traced.paid_ai.all[0, :, at])


def mixed_sinks(traced: Traced) -> list[Sink]:
    """Return the sellers that have AI lines and others."""
    ai = ai_lines(traced.view.chain)
    return [one for one in traced.sinks if ai[one.lines].any() and not ai[one.lines].all()]


def shares_of(traced: Traced, paid: Array) -> Array:
    """Return what base-quarter payments (node,) are made of (source,)."""
    return np.asarray(_together(traced, paid[:, None])[0])


def _together(traced: Traced, paid: Array) -> Array:
    """Return what base-quarter payments (node, sink) are made of (sink, source)."""
    rows = np.zeros((traced.view.books.rows, *paid.shape))
    rows[0] = paid
    return np.asarray(traced.payers.shares(rows)[0][0])


def _ends(traced: Traced, sink: Sink, paid: Array, asked: Mapping[str, Sequence[str]]) -> Row:
    """Return least and most share of some sources in payments (node,) to a seller.

    The range is widened to hold the share that the trace gives, which looks through own money.
    """
    payers = traced.payers
    places = [payers.sources.index(one) for one in asked[sink.id] if one in payers.sources]
    matter = np.array(places, dtype=np.int64)
    shares = shares_of(traced, paid)[matter]
    least = most = shares
    if paid[payers.source_of < 0].any():  # else only sources pay it: nothing is a choice
        least, most = payers.bounds(sink.firm, paid, matter)
    ends = zip(np.minimum(least, shares), np.maximum(most, shares), strict=True)
    return {
        payers.sources[at]: {LEAST: float(low), MOST: float(high)}
        for at, (low, high) in zip(places, ends, strict=True)
    }


def loop_amounts(found: RoundTrips) -> dict[str, float]:
    """Return dollars by loop: ``nvidia>openai``, with ``>trade`` where no leg is financing."""
    out: dict[str, float] = {}
    for trip in found.trips:
        name = ">".join([*trip.entities, *([] if trip.is_financial else [TRADE])])
        out[name] = out.get(name, 0.0) + trip.amount
    return out


def _round_trips(view: View, loops: Sequence[str]) -> Row:
    """Return the dollars that run round by seller, and along each of the loops asked for.

    A loop that a draw does not have runs with nothing in it.
    """
    found = round_trips(view.books)
    amounts = loop_amounts(found)
    return {
        "by_seller": {name: {"usd_bn": whole} for name, (whole, _) in by_firm(found).items()},
        "loops": {name: {"usd_bn": amounts.get(name, 0.0)} for name in loops},
    }
