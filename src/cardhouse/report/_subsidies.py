"""The subsidy ledger: whose customers do not cover the cost, and who makes up for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cardhouse.report._cast import Cast, Document
from cardhouse.report._figures import Bar, Figure, Key, Table, bar
from cardhouse.report._headline import GROUPS, source_group
from cardhouse.report.wording import (
    dollars,
    listed,
    money,
    percent,
    sentence_case,
    value_of,
    words,
)

SHOWN = 12


def subsidised_figure(document: Document, cast: Cast) -> Figure:
    """Return the firms whose cost is above what their customers pay, largest gap first."""
    base = document["quarters"][0]
    firms = sorted(document["ledger"]["subsidy_by_firm"], key=lambda one: -one["subsidy"])
    firms = [firm for firm in firms if firm["subsidy"] > 0]
    longest = max((firm["subsidy"] for firm in firms), default=0.0)
    named = [f"{cast.name(firm['firm'])} {dollars(firm['subsidy'])}" for firm in firms[:5]]
    return Figure(
        "subsidised",
        "Who is subsidised",
        f"Full cost above what customers paid in {base}, USD bn.",
        f"Full cost above customers' payments in {base}: {listed(named) or 'no firm'}.",
        _firms_table(firms, cast),
        (Key("cash-part", "paid in cash"), Key("noncash-part", "not in cash: wear, shares, credits")),
        tuple(_firm_bar(firm, cast, longest) for firm in firms[:SHOWN]),
        notes=_more(len(firms)),
    )


def _more(count: int) -> tuple[str, ...]:
    return (f"The table has {count - SHOWN} more firms.",) if count > SHOWN else ()


def _firm_bar(firm: Mapping[str, Any], cast: Cast, longest: float) -> Bar:
    parts = [
        (max(firm["cash_part"], 0.0), "cash-part", f"in cash {dollars(firm['cash_part'])}"),
        (max(firm["noncash_part"], 0.0), "noncash-part", f"not {dollars(firm['noncash_part'])}"),
    ]
    return Bar(cast.name(firm["firm"]), bar(parts, longest), dollars(firm["subsidy"]))


def _firms_table(firms: list[Mapping[str, Any]], cast: Cast) -> Table:
    numbers = ("revenue", "full_cost", "subsidy", "cash_part", "noncash_part")
    rows = [
        (
            cast.name(firm["firm"]),
            sentence_case(words(firm["tier"])),
            *(money(firm[name]) for name in numbers),
        )
        for firm in firms
    ]
    heads = (">Sales", ">Full cost", ">Subsidy", ">In cash", ">Not in cash")
    return Table("Subsidy by firm, USD bn", ("Firm", "Tier", *heads), tuple(rows))


def sources_figure(document: Document, cast: Cast) -> Figure:
    """Return who makes up for it, largest first."""
    base = document["quarters"][0]
    by_source = document["ledger"]["subsidy_by_source"]
    largest = sorted(by_source.items(), key=lambda one: (-one[1], one[0]))
    total = sum(by_source.values())
    longest = max(by_source.values(), default=0.0)
    bars = [
        Bar(
            cast.name(source),
            bar([(max(amount, 0.0), f"paid-{source_group(cast, source)}", "")], longest),
            dollars(amount),
        )
        for source, amount in largest[:SHOWN]
    ]
    used = {source_group(cast, source) for source in by_source}
    rows = [
        (cast.name(source), money(amount), percent(amount / total) if total > 0 else "-")
        for source, amount in largest
    ]
    named = [f"{cast.name(source)} {dollars(amount)}" for source, amount in largest[:5]]
    return Figure(
        "subsidy-sources",
        "Who makes up for it",
        f"Sources of the {dollars(total)} that customers did not pay in {base}.",
        f"Sources of the subsidy in {base}: {listed(named) or 'none'}.",
        Table("Subsidy by source", ("Source", ">USD bn", ">Share"), tuple(rows)),
        tuple(Key(f"paid-{group}", name) for group, name in GROUPS.items() if group in used),
        bars=tuple(bars),
    )


def needed(document: Document, cast: Cast) -> list[tuple[str, str]]:
    """Return what the spending presumes: the revenue it needs, the growth it implies."""
    ledger = document["ledger"]
    rows = []
    if ledger["revenue_needed_usd_bn"] is not None:
        amount = f"{dollars(ledger['revenue_needed_usd_bn'])} a quarter"
        rows.append(("Revenue that today's capital spending needs", amount))
    for line, growth in ledger["implied_expected_growth"].items():
        told = f"{value_of(growth, 'share')} a quarter"
        rows.append((f"Growth that the spending of {_line_name(cast, line)} implies", told))
    return rows


def _line_name(cast: Cast, line: str) -> str:
    """Return the name of a firm's line of business, ``firm.line``."""
    owner, _, part = line.partition(".")
    return f"{cast.name(owner)} ({words(part)})" if part else cast.name(owner)
