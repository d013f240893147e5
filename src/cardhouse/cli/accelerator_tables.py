"""Tables of accelerators for the terminal, within 80 columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import RenderableType
from rich.text import Text

from cardhouse.cli.tables import table
from cardhouse.report.wording import listed

Row = Mapping[str, Any]
PARTS = ("accelerator", "server", "site", "power", "other")
SHOWN_INPUTS = ("price", "life", "rate", "utilisation")
MARKS = {"fact": "", "assumption": "*", "asked": "!"}


def accelerator_tables(document: Row) -> list[RenderableType]:
    """Return costs by part, rental prices with their margins, and what a price means."""
    quarter, as_of = document["base_quarter"], document["as_of"]
    heading = f"What an hour of an accelerator costs, {quarter}, as known on {as_of}, USD"
    priced = [one for one in document["classes"] if one["cost"]]
    parts: list[RenderableType] = [Text(heading, "bold")]
    if priced:
        parts += [_costs(priced), Text(), _inputs(priced), *_marks(priced), Text()]
    parts += [Text(f"{one['name']}: {one['left_out']}") for one in _left_out(document)]
    if any(one["rentals"] for one in priced):
        parts += [Text("What hours were rented for, and what is left", "bold"), _rentals(priced)]
        parts += [Text(RENTALS_NOTE + _hours_sold(priced), "dim"), Text()]
    if any(_counts(priced)):
        parts += [Text(f"Bought in {quarter}, thousands", "bold"), _units(priced), Text()]
    if document["prices"]:
        parts += [Text("What a price means", "bold"), *_prices_by_class(document["prices"])]
        parts.append(Text(PRICES_NOTE, "dim"))
    return parts


RENTALS_NOTE = (
    "Each rent against the cost on its day. price, life, sold: the purchase price, the years and "
    "the share of hours sold at which nothing is left; earns: the return a year on all capital; "
    "-: no such value."
)


PRICES_NOTE = (
    "* at an assumed speed. ** a month has 730 hours: where more are taken, several machines run "
    "at once."
)


def _left_out(document: Row) -> list[Row]:
    return [one for one in document["classes"] if not one["cost"]]


def _costs(classes: Sequence[Row]) -> RenderableType:
    rows = table("class", ">cost", ">low", ">high", *(f">{part}" for part in PARTS))
    for one in classes:
        cost = one["cost"]
        rows.add_row(
            Text(one["name"]),
            *(f"{cost[name]:.2f}" for name in ("value", "low", "high")),
            *(f"{cost['parts'][part]:.2f}" for part in PARTS),
        )
    return rows


def _inputs(classes: Sequence[Row]) -> RenderableType:
    rows = table("class", ">price", ">server", ">kW", ">power", ">life", ">rate", ">sold")
    for one in classes:
        known = {row["name"]: row for row in one["inputs"]}
        rows.add_row(
            Text(one["name"]),
            _told(known["price"], "{:,.0f}"),
            _told(known["server_share"], "{:.2f}"),
            _told(known["power_kw"], "{:.2f}"),
            _told(known["power_price"], "{:.3f}"),
            _told(known["life"], "{:.3g}"),
            _told(known["rate"], "{:.1%}"),
            _told(known["utilisation"], "{:.0%}"),
        )
    return rows


def _told(one: Row, form: str) -> str:
    return form.format(one["value"]) + MARKS[one["basis"]]


def _marks(classes: Sequence[Row]) -> Iterator[RenderableType]:
    used = {row["basis"] for one in classes for row in one["inputs"]}
    words = {"assumption": "* an assumption", "asked": "! as asked"}
    told = [text for basis, text in words.items() if basis in used]
    yield Text(f"{'; '.join([*told, 'all else from facts'])}. Reasons and facts: --json.", "dim")


def _rentals(classes: Sequence[Row]) -> RenderableType:
    rows = table("", ">rent", ">cost", ">left", ">price", ">life", ">sold", ">earns")
    for one in classes:
        if one["rentals"]:
            rows.add_row(Text(one["name"], "bold"))
        for rental in one["rentals"]:
            rows.add_row(Text(f"{rental['day'][:7]} {rental['kind']}"), *_rental(rental))
    return rows


def _hours_sold(classes: Sequence[Row]) -> str:
    """Return which share of the hours counts as sold, by kind of rental."""
    rentals = [one for row in classes for one in row["rentals"] if one["hours_sold"] is not None]
    found = sorted({(one["kind"], f"{one['hours_sold']:.0%}") for one in rentals})
    shares = list(dict.fromkeys(share for _, share in found))
    told = [f"{share} of {listed([kind for kind, of in found if of == share])}" for share in shares]
    return f" Hours counted as sold: {'; '.join(told)}." if told else ""


def _rental(one: Row) -> list[str]:
    solved = one["breakeven"]
    if solved is None:
        return [f"{one['value']:.2f}", *["-"] * 6]
    return [
        f"{one['value']:.2f}",
        f"{one['cost']['value']:.2f}",
        f"{one['margin_share']:.0%}",
        _or_none(solved["price"], "{:,.0f}"),
        _or_none(solved["life"], "{:.1f}"),
        _or_none(solved["utilisation"], "{:.0%}"),
        _or_none(solved["rate_earned"], "{:.0%}"),
    ]


def _or_none(value: float | None, form: str) -> str:
    return "-" if value is None else form.format(value)


def _counts(classes: Sequence[Row]) -> Iterator[bool]:
    return (any(one["units"].values()) for one in classes)


def _units(classes: Sequence[Row]) -> RenderableType:
    rows = table("class", ">sales / price", ">counted", ">if all sales were of it")
    for one in classes:
        units = one["units"]
        if any(units.values()):
            names = ("bought", "counted", "if_all_sales")
            rows.add_row(Text(one["name"]), *(_thousands(units[name]) for name in names))
    return rows


def _thousands(span: Row | None) -> str:
    if span is None:
        return "-"
    return " ".join(
        (f"{1e3 * span['value']:,.0f}", f"({1e3 * span['low']:,.0f} to {1e3 * span['high']:,.0f})")
    )


def _prices_by_class(prices: Sequence[Row]) -> Iterator[RenderableType]:
    """Yield a table for each class, since tariffs differ between classes."""
    for name in dict.fromkeys(one["class"] for one in prices):
        yield _prices([one for one in prices if one["class"] == name])


def _prices(prices: Sequence[Row]) -> RenderableType:
    rows = table("", *(f">{one['class']} at {one['price']:,.0f}" for one in prices))
    rows.add_row("cost of an hour sold", *(f"{one['cost']['value']:.2f}" for one in prices))
    rows.add_row("  the accelerator's part", *(f"{one['accelerator_share']:.0%}" for one in prices))
    for at, tariff in enumerate(prices[0]["tariffs"]):
        label = f"cost / {tariff['rent']:.2f}, {tariff['kind']} {tariff['day'][:7]}"
        rows.add_row(label, *(f"{one['tariffs'][at]['cost_share']:.0%}" for one in prices))
        shares = (f"{one['tariffs'][at]['accelerator_share']:.0%}" for one in prices)
        rows.add_row("  the accelerator's part", *shares)
    for label, cells in _uses(prices):
        rows.add_row(label, *cells)
    return rows


def _uses(prices: Sequence[Row]) -> Iterator[tuple[str, list[str]]]:
    """Yield rows on tokens and on a subscription, where the facts tell them."""
    tokens, plans = prices[0]["tokens"], prices[0]["plan"]
    if tokens:
        spans = [one["tokens"]["per_million"] for one in prices]
        yield "a million tokens*", [f"{one['value']:.2f}" for one in spans]
        yield "  from, to", [f"{one['low']:.2f}, {one['high']:.2f}" for one in spans]
    if tokens and tokens["needed_per_second"]:
        label = f"tokens a second to pay at {tokens['list_price']:g}"
        yield label, [f"{one['tokens']['needed_per_second']:.0f}" for one in prices]
    if plans:
        yield "machine hours a month**", [""] * len(prices)
        label = f"  a plan of {plans['price']:g} pays for"
        yield label, [f"{one['plan']['hours']['value']:.1f}" for one in prices]
    if plans and plans["hours_taken"]:
        hours = [one["plan"]["hours_taken"] for one in prices]
        yield "  an average user takes", [f"{one:.2f}" for one in hours]
    if plans and plans["hours_taken_in_full"]:
        hours = [one["plan"]["hours_taken_in_full"] for one in prices]
        yield "  plan of 200 in full use", [f"{one:,.0f}" for one in hours]
