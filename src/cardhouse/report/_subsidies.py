"""The subsidy ledger: whose customers do not cover the cost, and who makes up for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cardhouse.report._cast import Cast, Document
from cardhouse.report._figures import Bar, Figure, Key, Table, bar
from cardhouse.report._payer_groups import GROUPS, source_group
from cardhouse.report.wording import (
    NOTHING,
    UNKNOWN,
    dollars,
    listed,
    money,
    percent,
    sentence_case,
    words,
)

NOT_IN_CASH = "not_in_cash"  # the ledger's name for what no money covers
SHOWN = 12
NAMED = 3


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
        f"Full cost above what customers paid in {base}, by who pays the difference.",
        f"Full cost above customers' payments in {base}: {listed(named) or 'no firm'}.",
        _firms_table(firms, cast),
        _keys({group for firm in firms for group in _parts(firm, cast)}),
        tuple(_firm_bar(firm, cast, longest) for firm in firms[:SHOWN]),
        notes=_more(len(firms)),
    )


def _more(count: int) -> tuple[str, ...]:
    return (f"The table has {count - SHOWN} more firms.",) if count > SHOWN else ()


def _parts(firm: Mapping[str, Any], cast: Cast) -> dict[str, float]:
    """Return a firm's subsidy by kind of payer, what is not in cash last."""
    sums = dict.fromkeys((*GROUPS, NOT_IN_CASH), 0.0)
    for source, amount in (firm.get("by_source") or {}).items():
        sums[source_group(cast, source)] += amount
    sums["rest"] += max(0.0, firm["cash_part"] - sum(sums.values()))
    sums[NOT_IN_CASH] = max(0.0, firm["noncash_part"])
    return {group: amount for group, amount in sums.items() if amount >= NOTHING}


def _keys(used: set[str]) -> tuple[Key, ...]:
    names = {**GROUPS, NOT_IN_CASH: "not in cash: wear, shares, credits"}
    return tuple(Key(f"paid-{group}", name) for group, name in names.items() if group in used)


def _firm_bar(firm: Mapping[str, Any], cast: Cast, longest: float) -> Bar:
    parts = [
        (amount, f"paid-{group}", dollars(amount)) for group, amount in _parts(firm, cast).items()
    ]
    by_source = sorted((firm.get("by_source") or {}).items(), key=lambda one: -one[1])
    told = [(one, paid) for one, paid in by_source[:NAMED] if paid >= NOTHING]
    named = [f"{cast.name(one)} {dollars(paid)}" for one, paid in told]
    return Bar(
        cast.name(firm["firm"]), bar(parts, longest), dollars(firm["subsidy"]), listed(named)
    )


def _by_source(firm: Mapping[str, Any], cast: Cast) -> str:
    by_source = sorted((firm.get("by_source") or {}).items(), key=lambda one: -one[1])
    return ", ".join(f"{cast.name(one)} {money(paid)}" for one, paid in by_source) or UNKNOWN


def _firms_table(firms: list[Mapping[str, Any]], cast: Cast) -> Table:
    numbers = ("revenue", "full_cost", "subsidy", "cash_part", "noncash_part")
    rows = [
        (
            cast.name(firm["firm"]),
            sentence_case(words(firm["tier"])),
            *(money(firm[name]) for name in numbers),
            _by_source(firm, cast),
        )
        for firm in firms
    ]
    heads = (">Sales", ">Full cost", ">Subsidy", ">In cash", ">Not in cash")
    return Table("Subsidy by firm, USD bn", ("Firm", "Tier", *heads, "Cash from"), tuple(rows))


def sources_figure(document: Document, cast: Cast) -> Figure:
    """Return who makes up for it, largest first."""
    base = document["quarters"][0]
    by_source = document["ledger"]["subsidy_by_source"]
    largest = sorted(by_source.items(), key=lambda one: (-one[1], one[0]))
    total = sum(by_source.values())
    longest = max(by_source.values(), default=0.0)
    groups = {source: _group(cast, source) for source in by_source}
    bars = [
        Bar(
            cast.name(source),
            bar([(max(amount, 0.0), f"paid-{groups[source]}", "")], longest),
            dollars(amount),
        )
        for source, amount in largest[:SHOWN]
    ]
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
        _keys(set(groups.values())),
        tuple(bars),
    )


def _group(cast: Cast, source: str) -> str:
    return NOT_IN_CASH if source == NOT_IN_CASH else source_group(cast, source)


def needed(document: Document) -> str:
    """Return the revenue that today's capital spending needs, as a sentence; empty if unknown."""
    amount = document["ledger"]["revenue_needed_usd_bn"]
    if amount is None:
        return ""
    return f"To earn its keep, today's capital spending needs sales of {dollars(amount)} a quarter."


def growth_table(document: Document, cast: Cast) -> Table:
    """Return the growth a quarter that each line's spending implies, fastest first."""
    implied = document["ledger"]["implied_expected_growth"].items()
    rows = sorted(
        ((_line_name(cast, line), *_range(growth)) for line, growth in implied),
        key=lambda row: (-(row[1] or 0.0), row[0]),
    )
    return Table(
        "Growth of sales a quarter that today's spending implies",
        ("Line of business", ">Growth", ">Low", ">High"),
        tuple((name, *map(_rate, growth)) for name, *growth in rows),
    )


def _rate(growth: float | None) -> str:
    return UNKNOWN if growth is None else f"{100 * growth:.1f}%"


def _range(growth: Any) -> tuple[float | None, float | None, float | None]:
    """Return value, low and high of a growth given as one number or as a range."""
    if isinstance(growth, Mapping):
        low, high = growth.get("low"), growth.get("high")
        return growth.get("value"), low, high
    return growth, None, None


def _line_name(cast: Cast, line: str) -> str:
    """Return the name of a firm's line of business: the firm's name and what follows its id."""
    owner = max((one for one in cast.rows if line.startswith(f"{one}_")), key=len, default="")
    part = words(line.removeprefix(owner).strip("_"))
    if line in cast.rows or not owner:
        return cast.name(line)
    return f"{cast.name(owner)}, {part.upper() if len(part) <= 2 else part}"
