"""Who ultimately pays the largest sellers: stacked bars, bounds and round trips in the table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cardhouse.report._cast import Cast, Document
from cardhouse.report._figures import Bar, Figure, Key, Table, bar
from cardhouse.report._payer_groups import GROUPS, source_group
from cardhouse.report.intervals import billions, bracketed, hundredths, is_drawn
from cardhouse.report.wording import (
    UNKNOWN,
    counted,
    dollars,
    money,
    percent,
    sentence_case,
)

SHOWN_SELLERS = 8
NAMED_SOURCES = 3
SMALL = 0.01  # shares below are joined in a bar, by kind of payer
ROUND_TRIP = "Its own money, come round (beside the shares)"
SMALLEST = 0.0005  # shares below are joined in the table


PRO_RATA = (
    "Every payment carries the mix of its payer's money: that is a choice. The least and the most "
    "that each source can have paid stand in the table. Dollars that a seller gave to its own "
    "customers and got back stand beside the shares, not inside."
)


@dataclass(frozen=True)
class Share:
    """A source's share of a seller's receipts; small ones of a kind are joined under no id."""

    group: str
    source: str
    name: str
    share: float


def payers_figure(document: Document, cast: Cast) -> Figure:
    """Return one bar of shares for each of the largest traced sellers, users first."""
    sellers = _largest(document, cast)
    trace = document["trace"]
    base = document["quarters"][0]
    bars = tuple(_bar(document, cast, seller) for seller in sellers)
    told = "; ".join(f"{one.name}: {one.note}" for one in bars) or "nobody is traced"
    used = {source_group(cast, source) for seller in sellers for source in trace[seller]}
    return Figure(
        "payers",
        "Who ultimately pays the largest sellers",
        f"Each seller's receipts from sales in {base}, followed back to where the money came "
        "from. Shares add up to 100%.",
        f"Who ultimately pays, {base}: {told}.",
        _table(document, cast, sellers),
        tuple(Key(f"paid-{group}", name) for group, name in GROUPS.items() if group in used),
        bars,
        notes=(PRO_RATA,),
    )


def _largest(document: Document, cast: Cast) -> list[str]:
    def sales(seller: str) -> float:
        revenue = cast.rows[seller]["revenue"] if seller in cast.rows else []
        return (revenue[0] or 0.0) if revenue else 0.0

    trace = document["trace"]
    traced = [
        seller
        for seller, shares in trace.items()
        if shares and not _told_by_parts(cast, seller, trace)
    ]
    return sorted(traced, key=lambda seller: (-sales(seller), seller))[:SHOWN_SELLERS]


def _told_by_parts(cast: Cast, seller: str, trace: Mapping[str, object]) -> bool:
    """Return whether a seller is a parent whose divisions are traced themselves."""
    return any(part in trace for part in cast.rows.get(seller, {}).get("includes") or ())


def _joined(cast: Cast, shares: Mapping[str, float], smallest: float) -> list[Share]:
    """Return the shares by kind of payer, largest first, those below `smallest` as one."""
    rows = []
    for group, kind in GROUPS.items():
        here = [
            Share(group, source, cast.name(source), share)
            for source, share in shares.items()
            if source_group(cast, source) == group and share > 0
        ]
        here.sort(key=lambda one: (-one.share, one.source))
        rows += [one for one in here if one.share >= smallest]
        small = [one.share for one in here if one.share < smallest]
        if small:
            name = f"{kind}, {counted(len(small), 'small share', 'small shares')}"
            rows.append(Share(group, "", sentence_case(name), sum(small)))
    return rows


def _bar(document: Document, cast: Cast, seller: str) -> Bar:
    shares = document["trace"][seller]
    parts = [
        (one.share, f"paid-{one.group}", f"{one.name}: {percent(one.share)}")
        for one in _joined(cast, shares, SMALL)
    ]
    largest = sorted(shares.items(), key=lambda one: (-one[1], one[0]))[:NAMED_SOURCES]
    named = [
        f"{cast.name(source)} {percent(share)}"
        + bracketed(hundredths(document, f"trace.{seller}.{source}"))
        for source, share in largest
    ]
    rest = 1.0 - sum(share for _, share in largest)
    if rest >= SMALLEST:
        named.append(f"others {percent(rest)}")
    return Bar(cast.name(seller), bar(parts, 1.0), _sales(cast, seller), ", ".join(named))


def _sales(cast: Cast, seller: str) -> str:
    return dollars(cast.rows[seller]["revenue"][0]) if seller in cast.rows else ""


def _table(document: Document, cast: Cast, sellers: list[str]) -> Table:
    rows = [row for seller in sellers for row in _rows(document, cast, seller)]
    heads = ("Seller", "Paid by", ">Share", ">Least", ">Most", ">USD bn")
    if not is_drawn(document):
        words = "Who ultimately pays: share, least and most possible, and USD bn"
        return Table(words, heads, tuple(row[:-1] for row in rows))
    words = "Who ultimately pays: share, least and most possible, USD bn, and 80% of the draws"
    return Table(words, (*heads, ">80% of the draws"), tuple(rows))


def _rows(document: Document, cast: Cast, seller: str) -> list[tuple[str, ...]]:
    bounds = (document.get("trace_bounds") or {}).get(seller, {})
    revenue = cast.rows[seller]["revenue"][0] if seller in cast.rows else None
    name = cast.name(seller)
    rows = [
        (
            name,
            one.name,
            percent(one.share),
            *(percent(bound) for bound in bounds.get(one.source, (None, None))),
            UNKNOWN if revenue is None else money(one.share * revenue),
            _in_percent(hundredths(document, f"trace.{seller}.{one.source}")),
        )
        for one in _joined(cast, document["trace"][seller], SMALLEST)
    ]
    returned = document["trace_round_trip_usd_bn"].get(seller)
    if returned is not None:
        span = billions(document, f"trace_round_trip_usd_bn.{seller}")
        rows.append((name, ROUND_TRIP, "", "", "", money(returned), span and f"${span} bn"))
    return rows


def _in_percent(span: str) -> str:
    return f"{span}%" if span else UNKNOWN
