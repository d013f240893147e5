"""Traces of a run on request: who paid, where dollars end, in any quarter and under any rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from cardhouse.analysis.destinations import follow_money
from cardhouse.analysis.payers import Payers
from cardhouse.analysis.rules import OWN_MONEY, PRO_RATA, RULES, check_rule
from cardhouse.engine.chain import Array
from cardhouse.errors import InputError, did_you_mean
from cardhouse.model.world import World
from cardhouse.studies.document_trace import BOUNDED_FROM, bounds_of, capped
from cardhouse.studies.traces import Paid, Traced, cumulated
from cardhouse.studies.views import SMALLEST, View

Row = dict[str, Any]

IN_A_QUARTER = (
    "Money in a purse is mixed and followed pro rata; least and most are what any other way of "
    "following it allows. ${own:.2f} bn of its own money came back to it."
)
UNDER_A_RULE = (
    "Rule {rule}: {words}. Least and most are what any way of following the quarter's payments "
    "allows. ${own:.2f} bn of its own money came back to it."
)
OVER_QUARTERS = (
    "Rule {rule}: {words}. Each dollar received counts once; purses carry what they keep from "
    "quarter to quarter. ${own:.2f} bn of its own money came back to it."
)
OF_A_PURSE = (
    "Rule {rule}: {words}. The purse holds the cash it had before and all that came in, new money "
    "included."
)
FORWARD = (
    "Rule {rule}: {words}. What a purse keeps at the end is profit where the firm's operations and "
    "plant brought in more cash than they cost, idle cash elsewhere."
)


@dataclass(frozen=True)
class TraceQuestion:
    """What is asked of a trace.

    ``quarter`` is the name of one quarter of the run, none for the base quarter; ``is_cumulated``
    asks for all quarters added up instead. ``of_purse`` asks for what the entity had to spend in
    place of its receipts from sales, ``of_ai`` for the receipts of its AI lines alone.
    """

    entity: str
    rule: str = PRO_RATA
    quarter: str | None = None
    is_cumulated: bool = False
    of_purse: bool = False
    of_ai: bool = False


def rows_asked(view: View, quarter: str | None, *, is_cumulated: bool) -> tuple[int, int]:
    """Return the first and the last row asked for.

    Raises
    ------
    InputError
        When the run has no such quarter.
    """
    if is_cumulated:
        return 0, view.books.rows - 1
    if quarter is None:
        return 0, 0
    if quarter not in view.quarters:
        raise InputError(
            f"the run has no quarter '{quarter}'.{did_you_mean(quarter, view.quarters)} It goes "
            f"from {view.quarters[0]} to {view.quarters[-1]}; --quarters makes it longer."
        )
    at = view.quarters.index(quarter)
    return at, at


def period_of(view: View, rows: tuple[int, int]) -> str:
    """Return the quarters asked for in words."""
    first, last = (view.quarters[at] for at in rows)
    return first if rows[0] == rows[1] else f"{first} to {last}"


def trace_to(
    view: View,
    manifest: Mapping[str, Any],
    asked: TraceQuestion,
    *,
    warnings: Sequence[str] = (),
) -> Row:
    """Return who ultimately paid an entity's receipts, or what its purse is made of.

    ``warnings`` are the run's, which the answer repeats.

    Raises
    ------
    InputError
        When nobody of that name sells or has a purse, or not in these quarters.
    """
    check_rule(asked.rule)
    rows = rows_asked(view, asked.quarter, is_cumulated=asked.is_cumulated)
    traced = Traced(view)
    found = _purse(traced, asked, rows) if asked.of_purse else _receipts(traced, asked, rows)
    sources, shares, dollars, bounds, own = found
    order = sorted(np.flatnonzero(shares > SMALLEST), key=lambda at: (-shares[at], sources[at]))
    parts = [
        _part(sources[at], float(shares[at]), dollars, bounds.get(sources[at])) for at in order
    ]
    return {
        **_common(manifest, asked, "to", period_of(view, rows), dollars),
        "round_trip_usd_bn": own,
        "parts": parts,
        "sentence": _sentence(asked, dollars, period_of(view, rows), view.chain.world),
        "note": _note(asked, own),
        "warnings": list(warnings),
    }


def trace_from(
    view: View,
    manifest: Mapping[str, Any],
    asked: TraceQuestion,
    *,
    warnings: Sequence[str] = (),
) -> Row:
    """Return where the dollars end that a source paid.

    ``warnings`` are the run's, which the answer repeats.

    Raises
    ------
    InputError
        When the source is unknown, or pays nothing in these quarters.
    """
    check_rule(asked.rule)
    first, last = rows_asked(view, asked.quarter, is_cumulated=asked.is_cumulated)
    found = follow_money(view.books, asked.entity, asked.rule, first=first, last=last)
    period = period_of(view, (first, last))
    payer = called(view.chain.world, asked.entity)
    ends = sorted(found.shares.items(), key=lambda end: (-end[1], end[0]))
    parts = [
        {**_part(who or sink, min(share, 1.0), found.dollars), "sink": sink}
        for (sink, who), share in ends
    ]
    return {
        **_common(manifest, asked, "from", period, found.dollars),
        "round_trip_usd_bn": None,
        "parts": parts,
        "sentence": f"Where the ${_bn(found.dollars)} bn end that {payer} paid in {period}",
        "note": FORWARD.format(rule=asked.rule, words=RULES[asked.rule]),
        "warnings": list(warnings),
    }


Found = tuple[tuple[str, ...], Array, float, dict[str, list[float]], float | None]
"""Sources, shares, dollars, bounds, dollars of the entity's own money."""


def _receipts(traced: Traced, asked: TraceQuestion, rows: tuple[int, int]) -> Found:
    """Return what an entity's receipts from sales are made of."""
    at = _seller(traced, asked)
    sink = traced.sinks[at]
    paid = (traced.paid_ai if asked.of_ai else traced.paid).of(at).until(rows[1] + 1)
    payers = traced.under(asked.rule, sink.firm, rows[1] + 1)
    shares, dollars = _over(payers, paid, rows)
    if dollars <= 0.0:
        business = traced.view.chain.world.about.business
        what = f"nothing of {business}" if asked.of_ai else "nothing"
        raise InputError(f"'{asked.entity}' sells {what} in {period_of(traced.view, rows)}.")
    aside = payers
    if asked.rule != OWN_MONEY:
        aside = traced.with_own_money(asked.rule, sink.firm, rows[1] + 1)
    own = float(_over(aside, paid, rows)[0][aside.sources.index(OWN_MONEY)]) * dollars
    bounds: dict[str, list[float]] = {}
    if rows[0] == rows[1] and asked.rule == OWN_MONEY:
        plain = traced.under(PRO_RATA, None, rows[1] + 1)
        bounds = _own_bounds(plain, sink.firm, paid.all[rows[0], :, 0], shares, rows[0])
    elif rows[0] == rows[1]:
        bounds = bounds_of(payers, sink, paid, shares, rows[0])
    return payers.sources, shares, dollars, bounds, own


def _over(payers: Payers, paid: Paid, rows: tuple[int, int]) -> tuple[Array, float]:
    """Return shares of one seller's receipts added up over quarters, and the receipts."""
    shares, receipts = payers.shares(paid.all, paid.capital)
    asked = slice(rows[0], rows[1] + 1)
    over, total = cumulated(shares[asked, 0], receipts[asked, 0])
    return capped(over), float(total)


def _own_bounds(
    payers: Payers, firm: int, paid: Array, shares: Array, quarter: int
) -> dict[str, list[float]]:
    """Return bounds with the seller's own money as a source: its place is behind all others."""
    matter = np.flatnonzero(shares >= BOUNDED_FROM)
    least, most = payers.bounds(firm, paid, matter, quarter)
    names = (*payers.sources, OWN_MONEY)
    ranges = zip(matter, least, most, strict=True)
    return {names[at]: [float(low), float(high)] for at, low, high in ranges}


def _seller(traced: Traced, asked: TraceQuestion) -> int:
    """Return the place of a seller, or raise."""
    receipts = traced.paid.all.sum(axis=1)
    known = [one.id for at, one in enumerate(traced.sinks) if receipts[:, at].any()]
    entities = traced.view.chain.world.by_id
    names = {entities[one].name: one for one in known if one in entities}
    nearest = did_you_mean(asked.entity, known, names)
    if asked.entity not in known:
        raise InputError(
            f"there is no trace to '{asked.entity}': no such entity sells anything in this "
            f"economy.{nearest} Known are {', '.join(sorted(known))}."
        )
    return [one.id for one in traced.sinks].index(asked.entity)


def _purse(traced: Traced, asked: TraceQuestion, rows: tuple[int, int]) -> Found:
    """Return what a firm had to spend: its cash before and all that came in."""
    world, firms = traced.view.chain.world, traced.view.chain.firm_ids
    if asked.entity not in firms:
        owner = world.purse_of(asked.entity) if asked.entity in world.by_id else ""
        hint = f" Its money is in the purse of '{owner}'." if owner in firms else ""
        raise InputError(
            f"'{asked.entity}' has no purse.{hint or did_you_mean(asked.entity, firms)} "
            f"Purses are those of {', '.join(firms)}."
        )
    firm = firms.index(asked.entity)
    payers = traced.under(asked.rule, firm, rows[1] + 1)
    first, last = rows
    money = payers.purse[first, firm] * payers.had[first, firm]
    for at in range(first + 1, last + 1):
        carried = payers.kept[at - 1, firm] * traced.view.books.cash[at - 1, firm]
        came = payers.purse[at, firm] * payers.had[at, firm] - carried
        money = money + np.maximum(came, 0.0)  # what it had kept was counted when it came in
    dollars = float(money.sum())
    if dollars <= 0.0:
        raise InputError(f"the purse of '{asked.entity}' is empty.")
    return payers.sources, capped(money / dollars), dollars, {}, None


def _common(
    manifest: Mapping[str, Any], asked: TraceQuestion, way: str, period: str, dollars: float
) -> Row:
    return {
        "schema": "cardhouse/trace/1",
        "manifest": dict(manifest),
        "direction": way,
        "entity": asked.entity,
        "of": "purse" if asked.of_purse else "ai" if asked.of_ai else "all",
        "period": period,
        "rule": asked.rule,
        "usd_bn": dollars,
    }


def _part(who: str, share: float, dollars: float, bounds: Sequence[float] | None = None) -> Row:
    least, most = bounds or (None, None)
    return {"who": who, "share": share, "usd_bn": share * dollars, "least": least, "most": most}


def called(world: World, entity: str) -> str:
    """Return the name of an entity; an account without one is called by its id."""
    return world.by_id[entity].name if entity in world.by_id else entity


def _sentence(asked: TraceQuestion, dollars: float, period: str, world: World) -> str:
    name = called(world, asked.entity)
    if asked.of_purse:
        return f"What {name} had to spend in {period}, ${_bn(dollars)} bn: whose money it was"
    what = f"sales of {world.about.business}" if asked.of_ai else "sales"
    return f"Who ultimately pays {name}'s ${_bn(dollars)} bn of {what} in {period}"


def _bn(dollars: float) -> str:
    return f"{dollars:,.1f}" if abs(dollars) >= 1 else f"{dollars:.2f}"


def _note(asked: TraceQuestion, own: float | None) -> str:
    words = {"rule": asked.rule, "words": RULES[asked.rule], "own": own or 0.0}
    if asked.of_purse:
        return OF_A_PURSE.format(**words)
    if asked.is_cumulated:
        return OVER_QUARTERS.format(**words)
    return (IN_A_QUARTER if asked.rule == PRO_RATA else UNDER_A_RULE).format(**words)
