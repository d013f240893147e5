"""What an accelerator costs: cost of an hour by its parts, rents by date, what a price means."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from cardhouse.report._cast import Document
from cardhouse.report._figures import Bar, Cell, Figure, Key, Table, bar
from cardhouse.report._marks import Mark, line, path, svg, text
from cardhouse.report._sources import Sources
from cardhouse.report.wording import UNKNOWN, counted, listed, percent, sentence_case, value_of
from cardhouse.studies.accelerator_classes import WORDS

Row = Mapping[str, Any]

PARTS = {
    "accelerator": "the accelerator",
    "server": "server and network",
    "site": "building and power plant",
    "power": "power",
    "other": "staff, repairs and the rest",
}
"""The parts of a cost and what they are called."""

SHAPES = ("dot", "square", "diamond", "cross")
"""Marks of kinds of tariff, in the order in which the kinds come."""

WIDTH, HEIGHT = 430.0, 220.0
LEFT, RIGHT, TOP, BOTTOM = 40.0, 10.0, 10.0, 24.0
MARK = 4.5


@dataclass(frozen=True)
class Section:
    """The section's figures, and the table and the sentence on what a price means."""

    figures: tuple[Figure, ...]
    meaning: Table | None
    sentence: str
    bought: str
    left_out: tuple[str, ...]


def accelerators(document: Document, sources: Sources) -> Section | None:
    """Return the section; None where the document has nothing on accelerators."""
    part = document.get("accelerators")
    priced = [one for one in (part or {}).get("classes", ()) if one["cost"]]
    if not part or not priced:
        return None
    figures = [_cost_figure(document, priced, sources)]
    if any(one["rentals"] for one in priced):
        figures.append(_rents_figure(priced, sources))
    prices = part["prices"]
    return Section(
        tuple(figures),
        _meaning(prices, sources) if prices else None,
        _sentence(prices, priced) if prices else "",
        _bought(document, priced),
        tuple(f"{one['name']}: {one['left_out']}" for one in part["classes"] if not one["cost"]),
    )


def usd(amount: float | None, digits: int = 2) -> str:
    """Return dollars an hour or each.

    Examples
    --------
    >>> usd(1.794), usd(47222.2, 0), usd(None)
    ('$1.79', '$47,222', '-')
    """
    return UNKNOWN if amount is None else f"${amount:,.{digits}f}"


def _cost_figure(document: Document, priced: Sequence[Row], sources: Sources) -> Figure:
    base = document["quarters"][0]
    longest = max(one["cost"]["value"] for one in priced)
    told = [f"{one['name']} {usd(one['cost']['value'])}" for one in priced]
    return Figure(
        "accelerator-hour",
        "An hour of an accelerator, by what it costs",
        f"USD for each hour sold, {base}: what is bought is earned back over its life with "
        "interest. In brackets: all inputs at their favourable, and at their unfavourable ends.",
        f"Cost of an hour sold in {base}: {listed(told)}.",
        _cost_table(priced, sources),
        tuple(Key(f"part-{name}", told) for name, told in PARTS.items()),
        tuple(_cost_bar(one, longest) for one in priced),
        notes=tuple(filter(None, [_assumptions(priced)])),
    )


def _cost_bar(one: Row, longest: float) -> Bar:
    cost = one["cost"]
    parts = [
        (cost["parts"][name], f"part-{name}", f"{told}: {usd(cost['parts'][name])}")
        for name, told in PARTS.items()
    ]
    value = f"{usd(cost['value'])} ({cost['low']:.2f} to {cost['high']:.2f})"
    return Bar(one["name"], bar(parts, longest), value, _beside(one))


def _beside(one: Row) -> str:
    """Return the rents nearest to the quarter, as a note below the bar."""
    near = [rental for rental in one["rentals"] if rental["is_nearest"]]
    if not near:
        return "No rental price on file."
    told = [f"{usd(rental['value'])} {rental['kind']} ({_month(rental)})" for rental in near]
    return f"Rented at {listed(told)}."


def _month(rental: Row) -> str:
    return f"{dt.date.fromisoformat(rental['day']):%b %Y}"


def _assumptions(priced: Sequence[Row]) -> str:
    names = [row["name"] for one in priced for row in one["inputs"] if row["basis"] == "assumption"]
    told = [WORDS[name] for name in dict.fromkeys(names) if name in WORDS]
    return f"Assumed for want of a fact: {listed(told)}. The table gives reasons." if told else ""


def _cost_table(priced: Sequence[Row], sources: Sources) -> Table:
    """Return every input of every class, with its range, its facts or its reason."""
    rows: list[tuple[Cell, ...]] = []
    for one in priced:
        swings = {row["name"]: row for row in one["swings"]}
        for row in (row for row in one["inputs"] if row["name"] in swings):
            swing = swings[row["name"]]
            rows.append(
                (
                    one["name"],
                    sentence_case(WORDS[row["name"]]),
                    value_of(row["value"], row["unit"]),
                    value_of([row["low"], row["high"]], row["unit"]),
                    f"{swing['low']:.2f} to {swing['high']:.2f}",
                    sources.cite(row["facts"]) if row["facts"] else row["basis"],
                    row["note"],
                )
            )
    heads = ("Class", "Input", ">Value", ">Range", ">Cost over the range", "Rests on", "Note")
    return Table("Inputs of the cost, and what each alone moves it to, USD", heads, tuple(rows))


def _rents_figure(priced: Sequence[Row], sources: Sources) -> Figure:
    rented = [one for one in priced if one["rentals"]]
    kinds = list(dict.fromkeys(rental["kind"] for one in rented for rental in one["rentals"]))
    shapes = {kind: SHAPES[at % len(SHAPES)] for at, kind in enumerate(kinds)}
    rentals = [rental for one in rented for rental in one["rentals"] if rental["cost"]]
    covered = sum(bool(rental["covers"]) for rental in rentals)
    surely = sum(rental["value"] >= rental["dearest"]["cost"] for rental in rentals)
    frame = frame_of([rental for one in rented for rental in one["rentals"]])
    return Figure(
        "accelerator-rents",
        "What an hour was rented for, and what it cost",
        f"USD an hour by date; each line is twice the one below. {covered} of "
        f"{counted(len(rentals), 'price', 'prices')} on file cover the cost of an accelerator "
        f"bought on that day, {surely} whichever one input lies at its unfavourable end.",
        "",
        _rents_table(rented, sources),
        (
            *(Key(f"rent {shape}", kind) for kind, shape in shapes.items()),
            Key("owner-cost", "cost"),
            Key("owner-dearest", "cost with one input unfavourable"),
        ),
        drawings=tuple(rents_panel(one, shapes, frame) for one in rented),
        layout="panels rents",
    )


@dataclass(frozen=True)
class Frame:
    """Where days and dollars lie in a panel: years from the left, dollars by doublings."""

    first: int
    last: int
    low: float
    doublings: int

    def x(self, day: dt.date) -> float:
        """Return how far from the left a day lies."""
        start, end = dt.date(self.first, 1, 1), dt.date(self.last + 1, 1, 1)
        return LEFT + (day - start).days / (end - start).days * (WIDTH - LEFT - RIGHT)

    def y(self, amount: float) -> float:
        """Return how far from the top an amount lies; one below the lowest line lies on it."""
        share = math.log2(max(amount, self.low) / self.low) / self.doublings
        return TOP + (1.0 - share) * (HEIGHT - TOP - BOTTOM)


def frame_of(rentals: Sequence[Row]) -> Frame:
    """Return the frame that holds every rent and every cost, the same for all panels."""
    years = [int(rental["day"][:4]) for rental in rentals]
    amounts = [rental["value"] for rental in rentals]
    for rental in rentals:
        if rental["cost"]:
            amounts += [rental["cost"]["value"], rental["dearest"]["cost"]]
    positive = [amount for amount in amounts if amount > 0.0] or [1.0]
    low = math.floor(math.log2(min(positive)))
    high = max(low + 1, math.ceil(math.log2(max(positive))))
    return Frame(min(years), max(years), 2.0**low, high - low)


def rents_panel(one: Row, shapes: Mapping[str, str], frame: Frame) -> Markup:
    """Return the chart of one class: rents by kind, and the cost on each day."""
    placed = [(rental, frame.x(dt.date.fromisoformat(rental["day"]))) for rental in one["rentals"]]
    marks = _axes(frame)
    for rental, x in placed:
        marks += _cost_marks(rental, x, frame)
    for rental, x in placed:
        title = f"{rental['kind']}, {_month(rental)}: {usd(rental['value'])}"
        marks.append(_mark(shapes[rental["kind"]], x, frame.y(rental["value"]), title))
    drawing = svg((WIDTH, HEIGHT), marks, css="panel", label=_spoken(one))
    return Markup("<h4>{}</h4>{}").format(one["name"], drawing)


def _spoken(one: Row) -> str:
    told = [
        f"{_month(rental)} {rental['kind']} {usd(rental['value'])}"
        + (f" against a cost of {usd(rental['cost']['value'])}" if rental["cost"] else "")
        for rental in one["rentals"]
    ]
    return f"{one['name']}, rents by date: {'; '.join(told)}."


def _axes(frame: Frame) -> list[Mark]:
    marks = []
    bottom = HEIGHT - BOTTOM
    for step in range(frame.doublings + 1):
        value = frame.low * 2**step
        y = frame.y(value)
        marks.append(line((LEFT, y), (WIDTH - RIGHT, y), "rule" if step else "rule base"))
        marks.append(text(LEFT - 6, y + 4, f"{value:g}", "tick end"))
    for year in range(frame.first, frame.last + 1):
        marks.append(text(frame.x(dt.date(year, 7, 1)), HEIGHT - 6, str(year), "tick middle"))
        start = frame.x(dt.date(year, 1, 1))
        marks.append(line((start, bottom), (start, bottom + 5), "rule base"))
    return marks


def _cost_marks(rental: Row, x: float, frame: Frame) -> list[Mark]:
    """Return the cost on a rental's day, as a tick, and a bar up to its dearest."""
    if not rental["cost"]:
        return []
    cost, dearest = rental["cost"]["value"], rental["dearest"]["cost"]
    title = f"cost, {_month(rental)}: {usd(cost)}, at most {usd(dearest)} with one input changed"
    y, high = frame.y(cost), frame.y(dearest)
    return [
        path(f"M{x:.1f} {y:.1f}V{high:.1f}", "owner-range", title=title),
        path(f"M{x - 5:.1f} {y:.1f}h10", "owner-tick", title=title),
    ]


def _mark(shape: str, x: float, y: float, title: str) -> Mark:
    s = MARK
    drawn = {
        "dot": f"M{x - s:.1f} {y:.1f}a{s} {s} 0 1 0 {2 * s} 0a{s} {s} 0 1 0 {-2 * s} 0Z",
        "square": f"M{x - s:.1f} {y - s:.1f}h{2 * s}v{2 * s}h{-2 * s}Z",
        "diamond": f"M{x:.1f} {y - s - 1:.1f}l{s + 1} {s + 1}l{-s - 1} {s + 1}l{-s - 1} {-s - 1}Z",
        "cross": f"M{x - s:.1f} {y - s:.1f}l{2 * s} {2 * s}m0 {-2 * s}l{-2 * s} {2 * s}",
    }
    return path(drawn[shape], f"rent {shape}", title=title)


def _rents_table(rented: Sequence[Row], sources: Sources) -> Table:
    rows = [(one["name"], *_rent_cells(r, sources)) for one in rented for r in one["rentals"]]
    heads = (
        "Class", "Date", "Kind", ">Rent", ">Cost", ">Left", ">Left, share", ">Pays at a price of",
        ">at a life of", ">at hours sold", ">Earns a year", ">Paid back in", "Source",
    )  # fmt: skip
    return Table("Rents and costs of an hour by date, USD", heads, tuple(rows))


def _rent_cells(rental: Row, sources: Sources) -> tuple[Cell, ...]:
    cost, solved = rental["cost"], rental["breakeven"] or {}
    return (
        _month(rental),
        rental["kind"],
        usd(rental["value"]),
        usd(cost and cost["value"]),
        usd(cost and rental["margin"]["value"]),
        percent(rental["margin_share"]),
        usd(solved.get("price"), 0),
        _years(solved.get("life")),
        percent(solved.get("utilisation")),
        percent(solved.get("rate_earned")),
        _years(solved.get("payback_years")),
        sources.cite(rental["facts"]),
    )


def _years(years: float | None) -> str:
    return UNKNOWN if years is None else f"{years:.1f} years"


def _meaning(prices: Sequence[Row], sources: Sources) -> Table:
    """Return what each price means for cost, tariffs, tokens and a subscription."""
    rows = [
        _row("Cost of an hour sold", (usd(one["cost"]["value"]) for one in prices)),
        _row("The accelerator's part", (percent(one["accelerator_share"]) for one in prices)),
        *_tariff_rows(prices, sources),
        *_token_rows(prices),
        *_plan_rows(prices),
    ]
    heads = ("What it means", *(f">At {usd(one['price'], 0)}" for one in prices))
    return Table("What the price of an accelerator means", heads, tuple(rows))


def _row(name: Cell, cells: Iterable[str]) -> tuple[Cell, ...]:
    return (name, *cells)


def _tariff_rows(prices: Sequence[Row], sources: Sources) -> Iterable[tuple[Cell, ...]]:
    for at, tariff in enumerate(prices[0]["tariffs"]):
        label = f"Cost as a share of a rent of {usd(tariff['rent'])} ({tariff['kind']}, "
        name = Markup("{} {}").format(f"{label}{_month(tariff)})", sources.cite(tariff["facts"]))
        yield _row(name, (percent(one["tariffs"][at]["cost_share"]) for one in prices))
        shares = (percent(one["tariffs"][at]["accelerator_share"]) for one in prices)
        yield _row("The accelerator's part of that rent", shares)


def _token_rows(prices: Sequence[Row]) -> Iterable[tuple[Cell, ...]]:
    tokens = prices[0]["tokens"]
    if not tokens:
        return
    spans = [one["tokens"]["per_million"] for one in prices]
    told = (f"{usd(one['value'])} ({one['low']:.2f} to {one['high']:.1f})" for one in spans)
    yield _row("A million output tokens, at an assumed speed", told)
    if tokens["needed_per_second"]:
        label = f"Tokens a second at which {usd(tokens['list_price'], 0)} a million pays the hour"
        yield _row(label, (f"{one['tokens']['needed_per_second']:.0f}" for one in prices))


def _plan_rows(prices: Sequence[Row]) -> Iterable[tuple[Cell, ...]]:
    plan = prices[0]["plan"]
    if not plan:
        return
    label = f"Machine hours a month that a subscription of {usd(plan['price'], 0)} pays for"
    yield _row(label, (f"{one['plan']['hours']['value']:.1f}" for one in prices))
    for name, told, form in (
        ("hours_taken", "Machine hours a month that an average user takes, at most", "{:.2f}"),
        (
            "hours_taken_in_full",
            "Machine hours a month of a plan of $200 used to the full (a month has 730)",
            "{:,.0f}",
        ),
    ):
        if plan[name]:
            yield _row(told, (form.format(one["plan"][name]) for one in prices))


def _sentence(prices: Sequence[Row], priced: Sequence[Row]) -> str:
    names = {one["id"]: one["name"] for one in priced}
    low, high = prices[0], prices[-1]
    plan = low["plan"]
    hours = ""
    if plan:
        hours = (
            f" A subscription of {usd(plan['price'], 0)} a month pays for "
            f"{high['plan']['hours']['value']:.0f} to {plan['hours']['value']:.0f} such hours."
        )
    return (
        f"A {names[low['class']]} at {usd(low['price'], 0)} to {usd(high['price'], 0)} costs "
        f"{usd(low['cost']['value'])} to {usd(high['cost']['value'])} for each hour sold, "
        f"{percent(low['accelerator_share'])} to {percent(high['accelerator_share'])} of it for "
        f"the accelerator itself.{hours}"
    )


def _bought(document: Document, priced: Sequence[Row]) -> str:
    """Return how many were bought in the base quarter, by sales over price and as counted."""
    told = []
    for one in priced:
        units = one["units"]
        if units["bought"] or units["counted"]:
            parts = []
            if units["bought"]:
                parts.append(f"{_thousand(units['bought'])} by sales over price")
            if units["counted"]:
                parts.append(f"{_thousand(units['counted'])} counted")
            told.append(f"{one['name']}: {', '.join(parts)}")
    base = document["quarters"][0]
    return f"Bought in {base}, thousands. {'. '.join(told)}." if told else ""


def _thousand(span: Row) -> str:
    low, value, high = (f"{1e3 * span[name]:,.0f}" for name in ("low", "value", "high"))
    return f"{value} ({low} to {high})"
