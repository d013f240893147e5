"""People: what a payer brings in and costs in a year, and whether the best price covers it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from cardhouse.report._cast import Cast, Document
from cardhouse.report._figures import Bar, Cell, Figure, Key, Table, bar
from cardhouse.report._payer_groups import GROUPS, source_group
from cardhouse.report._sources import Sources
from cardhouse.report._subsidies import NOT_IN_CASH
from cardhouse.report.wording import (
    UNKNOWN,
    business,
    dollars,
    listed,
    money,
    percent,
    sentence_case,
)

Row = Mapping[str, Any]


def people_figure(document: Document, cast: Cast, sources: Sources) -> Figure | None:
    """Return a year of the average payer: what it costs, and who pays it; None where unknown."""
    rows = document["ledger"].get("people") or []
    told = [row for row in rows if row["per_payer_year"]]
    if not told:
        return None
    base = document["quarters"][0]
    longest = max(_whole(row["per_payer_year"]) for row in told)
    bars = tuple(_payer_bar(row, cast, longest) for row in told)
    named = [
        f"{row['name']} {usd(row['per_payer_year']['revenue'])} of "
        f"{usd(row['per_payer_year']['full_cost'])}"
        for row in told
    ]
    return Figure(
        "people",
        "A year of the average payer",
        f"What all use costs for each person who pays, free users and training with it, and who "
        f"pays it: the pace of {base}.",
        f"Paid by users, of full cost, for each payer and year: {listed(named)}.",
        _people_table(rows, sources),
        _keys({group for row in told for group in _parts(row, cast)}),
        bars,
        notes=("Ranges, free users and what is uncertain are in the table.",),
    )


def usd(amount: float | None) -> str:
    """Return dollars for a person, whole from 10 on.

    Examples
    --------
    >>> usd(236.46), usd(6.667), usd(-7.6), usd(None)
    ('$236', '$6.67', '-$7.60', '-')
    """
    if amount is None:
        return UNKNOWN
    digits = f"{abs(amount):,.0f}" if abs(amount) >= 10 else f"{abs(amount):.2f}"
    return f"{'-' if amount < 0 else ''}${digits}"


def _whole(year: Row) -> float:
    return max(float(year["revenue"]), float(year["full_cost"]))


def _parts(row: Row, cast: Cast) -> dict[str, float]:
    """Return a payer's full cost by who pays it: users first, then kinds of giver."""
    year = row["per_payer_year"]
    sums = dict.fromkeys((*GROUPS, NOT_IN_CASH), 0.0)
    sums["users"] = float(year["revenue"])
    given = row["gap_by_source_per_person_year"]
    whole, gap = sum(given.values()), max(0.0, float(year["gap"]))
    for source, amount in given.items():
        group = NOT_IN_CASH if source == NOT_IN_CASH else source_group(cast, source)
        sums[group] += gap * amount / whole if whole > 0 else 0.0
    return {group: amount for group, amount in sums.items() if amount > 0}


def _keys(used: set[str]) -> tuple[Key, ...]:
    names = {**GROUPS, NOT_IN_CASH: "not in cash: wear, shares, credits"}
    return tuple(Key(f"paid-{group}", name) for group, name in names.items() if group in used)


def _payer_bar(row: Row, cast: Cast, longest: float) -> Bar:
    year = row["per_payer_year"]
    parts = [(amount, f"paid-{group}", usd(amount)) for group, amount in _parts(row, cast).items()]
    note = f"pays {usd(year['revenue'])}, serving it costs {usd(year['service'])}"
    free = row["free_user_year"]
    if free and free["service"] > 0:
        note += f"; a free user costs {usd(free['service'])}"
    return Bar(row["name"], bar(parts, longest), usd(year["full_cost"]), note)


def _people_table(rows: list[Row], sources: Sources) -> Table:
    heads = (
        "Who", ">Users, mn", ">Payers, mn", ">User pays", ">User costs to serve",
        ">User's full cost", ">Payer pays", ">Payer costs to serve", ">Payer's full cost",
        ">Free user costs", "Uncertain",
    )  # fmt: skip
    told = tuple(
        (
            row["name"],
            _count(row["users"], sources),
            _count(row["payers"], sources),
            *_year(row["per_user_year"]),
            *_year(row["per_payer_year"]),
            usd((row["free_user_year"] or {}).get("service")),
            row["uncertain"],
        )
        for row in rows
    )
    return Table("Revenue and cost for each person and year, USD", heads, told)


def _count(people: Row | None, sources: Sources) -> Cell:
    if people is None:
        return UNKNOWN
    value, low, high = (_millions(people[name]) for name in ("value", "low", "high"))
    told = value if low == high else f"{value} ({low} to {high})"
    return Markup("{} {}").format(told, sources.cite(people["facts"]))


def _millions(people: float) -> str:
    return f"{people:,.0f}" if people >= 100 else f"{people:.3g}"


def _year(year: Row | None) -> tuple[str, str, str]:
    if year is None:
        return (UNKNOWN,) * 3
    pays = usd(year["revenue"])
    if usd(year["revenue_low"]) != usd(year["revenue_high"]):
        pays += f" ({usd(year['revenue_low'])} to {usd(year['revenue_high'])})"
    return pays, usd(year["service"]), usd(year["full_cost"])


def prices_figure(document: Document, cast: Cast) -> Figure | None:
    """Return the price at which users pay most, and how much of the cost that covers."""
    told = document["ledger"].get("best_price") or {}
    rows = told.get("segments") or []
    if not rows:
        return None
    longest = max(max(row["best"]["revenue"], row["best"]["cost_of_service"]) for row in rows)
    covered = [row["name"] for row in rows if row["best"]["covers_service"]]
    elastic = [
        f"{cast.name(one['id'])} (elasticity {one['elasticity']:g}): takings {one['takings']}."
        for one in told.get("elastic") or []
    ]
    return Figure(
        "best-price",
        "Would another price cover it?",
        "At the price at which users pay most in all: what they would pay, and what serving them "
        "would then cost.",
        f"Even the price of greatest takings covers the cost of service for "
        f"{listed(covered) or 'nobody'}.",
        _prices_table(rows),
        (Key("paid-users", "paid by users at that price"), Key("paid-rest", "cost not covered")),
        tuple(_price_bar(row, longest) for row in rows),
        notes=(told["held"], *elastic),
    )


def _price_bar(row: Row, longest: float) -> Bar:
    best, today = row["best"], row["today"]
    short = max(0.0, best["cost_of_service"] - best["revenue"])
    parts = [
        (best["revenue"], "paid-users", dollars(best["revenue"])),
        (short, "paid-rest", dollars(short)),
    ]
    share = best["revenue"] / best["cost_of_service"] if best["cost_of_service"] > 0 else None
    note = (
        f"{usd(best['price'])} a year instead of {usd(today['price'])}: "
        f"{percent(best['paying_share'])} pay instead of {percent(today['paying_share'])}; they "
        f"pay {dollars(best['revenue'])} a quarter instead of {dollars(today['revenue'])}"
    )
    told = "covers service" if best["covers_service"] else f"{percent(share)} of service"
    return Bar(row["name"], bar(parts, longest), told, note)


def _prices_table(rows: list[Row]) -> Table:
    heads = (
        "Seller", "Price", ">USD a year", ">Share that pays", ">Revenue", ">Cost of service",
        ">Full cost", "Covers service", "Covers all",
    )  # fmt: skip
    words = {
        "today": "as it is",
        "best": "of greatest takings",
        "most_kept": "of most left after service",
    }
    told = tuple(
        (row["name"], which, *_at_price(row[name])) for row in rows for name, which in words.items()
    )
    return Table("Prices, USD a year; revenue and cost, USD bn a quarter", heads, told)


def _at_price(one: Row) -> tuple[str, ...]:
    """Return the cells of a price: itself, who pays, what it brings and costs, what it covers."""
    price = usd(one["price"])
    if "price_low" in one:
        price += f" ({usd(one['price_low'])} to {usd(one['price_high'])})"
    amounts = (money(one[name]) for name in ("revenue", "cost_of_service", "full_cost"))
    covers = ("yes" if one[flag] else "no" for flag in ("covers_service", "covers_full_cost"))
    return price, percent(one["paying_share"]), *amounts, *covers


def envelopes_table(document: Document, sources: Sources) -> Table | None:
    """Return the published back-of-envelopes and the same on these accounts, USD bn a year."""
    rows = document["ledger"].get("back_of_envelope") or []
    if not rows:
        return None
    heads = (
        "Arithmetic", ">Accelerators", ">Times", ">Data centres", ">Users' margin",
        ">Sales needed", ">Sales today", ">Hole",
    )  # fmt: skip
    told = tuple(
        (
            Markup("{} {}").format(row["name"], sources.cite(row["facts"])),
            money(row["run_rate_usd_bn"]),
            f"{row['multiplier']:.3g}",
            money(row["spend_usd_bn"]),
            percent(row["gross_margin"]),
            money(row["revenue_needed_usd_bn"]),
            money(row["revenue_usd_bn"]),
            money(row["hole_usd_bn"]),
        )
        for row in rows
    )
    return Table("What spending on accelerators would need in sales, USD bn a year", heads, told)


def tiers_table(document: Document, cast: Cast) -> Table | None:
    """Return the business by tier: subsidies of quarter and run, and who pays."""
    by_quarter = document["ledger_by_quarter"].get("ai") or {}
    added = (by_quarter.get("cumulated") or {}).get("by_tier") or {}
    if not added:
        return None
    quarters = document["quarters"]
    heads = (
        "Tier", f">{quarters[0]}", f">To {quarters[-1]}", ">In cash", ">Result", ">Cash result",
        "Most of the cash from",
    )  # fmt: skip
    told = tuple(
        (
            tier,
            money(by_quarter["by_tier"][tier]["subsidy"][0]),
            *(money(one[name][-1]) for name in ("subsidy", "cash_part", "result", "cash_result")),
            _largest(one["by_source"], cast),
        )
        for tier, one in added.items()
    )
    told_of = sentence_case(business(document))
    return Table(f"{told_of}: cost that customers did not pay, USD bn", heads, told)


def _largest(by_source: Mapping[str, list[float | None]], cast: Cast) -> str:
    last = {name: series[-1] or 0.0 for name, series in by_source.items() if name != NOT_IN_CASH}
    ranked = sorted(last.items(), key=lambda one: -one[1])[:3]
    return listed([f"{cast.name(name)} {money(amount)}" for name, amount in ranked if amount > 0])
