"""Who ultimately pays the largest sellers: stacked bars, bounds and round trips in the table."""

from __future__ import annotations

from collections.abc import Mapping

from cardhouse.report._cast import Cast, Document
from cardhouse.report._figures import Bar, Figure, Key, Table, bar
from cardhouse.report._headline import GROUPS, source_group
from cardhouse.report.wording import UNKNOWN, dollars, money, percent

SHOWN_SELLERS = 8
NAMED_SOURCES = 3


def payers_figure(document: Document, cast: Cast) -> Figure:
    """Return one bar of shares for each of the largest traced sellers, users first."""
    sellers = _largest(document, cast)
    trace = document["trace"]
    base = document["quarters"][0]
    bars = tuple(_bar(document, cast, seller) for seller in sellers)
    label = f"Who ultimately pays, {base}: " + "; ".join(
        f"{one.name}: {one.note}" for one in bars
    )
    used = {source_group(cast, source) for seller in sellers for source in trace[seller]}
    return Figure(
        "payers",
        "Who ultimately pays the largest sellers",
        f"Each seller's receipts from sales in {base}, followed back to where the money came "
        "from. Shares add up to 100%.",
        f"{label}.",
        _table(document, cast, sellers),
        tuple(Key(f"paid-{group}", name) for group, name in GROUPS.items() if group in used),
        bars,
        notes=(
            "Every payment carries the mix of its payer's money: that is a choice. The least and "
            "the most that each source can have paid stand in the table. Dollars that a seller "
            "gave to its own customers and got back stand beside the shares, not inside.",
        ),
    )


def _largest(document: Document, cast: Cast) -> list[str]:
    def sales(seller: str) -> float:
        revenue = cast.rows[seller]["revenue"] if seller in cast.rows else []
        return (revenue[0] or 0.0) if revenue else 0.0

    traced = [seller for seller, shares in document["trace"].items() if shares]
    return sorted(traced, key=lambda seller: (-sales(seller), seller))[:SHOWN_SELLERS]


def _sorted(cast: Cast, shares: Mapping[str, float]) -> list[tuple[str, float]]:
    """Return sources by kind of payer, the largest of each kind first."""
    order = list(GROUPS)
    return sorted(
        shares.items(), key=lambda one: (order.index(source_group(cast, one[0])), -one[1], one[0])
    )


def _bar(document: Document, cast: Cast, seller: str) -> Bar:
    shares = document["trace"][seller]
    parts = [
        (share, f"paid-{source_group(cast, source)}", f"{cast.name(source)}: {percent(share)}")
        for source, share in _sorted(cast, shares)
    ]
    largest = sorted(shares.items(), key=lambda one: (-one[1], one[0]))[:NAMED_SOURCES]
    note = ", ".join(f"{cast.name(source)} {percent(share)}" for source, share in largest)
    if len(shares) > NAMED_SOURCES:
        note += ", others " + percent(1.0 - sum(share for _, share in largest))
    return Bar(cast.name(seller), bar(parts, 1.0), _sales(cast, seller), note)


def _sales(cast: Cast, seller: str) -> str:
    return dollars(cast.rows[seller]["revenue"][0]) if seller in cast.rows else ""


def _table(document: Document, cast: Cast, sellers: list[str]) -> Table:
    rows = [row for seller in sellers for row in _rows(document, cast, seller)]
    return Table(
        "Who ultimately pays: share, least and most possible, and USD bn",
        ("Seller", "Paid by", ">Share", ">Least", ">Most", ">USD bn"),
        tuple(rows),
    )


def _rows(document: Document, cast: Cast, seller: str) -> list[tuple[str, ...]]:
    bounds = (document.get("trace_bounds") or {}).get(seller, {})
    revenue = (cast.rows[seller]["revenue"] if seller in cast.rows else None) or [None]
    name = cast.name(seller)
    rows = [
        (
            name,
            cast.name(source),
            percent(share),
            *(percent(bound) for bound in bounds.get(source, (None, None))),
            UNKNOWN if revenue[0] is None else money(share * revenue[0]),
        )
        for source, share in _sorted(cast, document["trace"][seller])
    ]
    returned = document["trace_round_trip_usd_bn"].get(seller)
    if returned is not None:
        rows.append((name, "its own money, come round (beside the shares)", "", "", "", money(returned)))
    return rows
