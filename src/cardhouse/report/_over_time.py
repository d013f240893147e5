"""Tiers over time: one small chart a tier, sales and full cost, axes from zero."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from cardhouse.report._cast import Document
from cardhouse.report._figures import Figure, Key, Table
from cardhouse.report._marks import Mark, line, path, svg, text
from cardhouse.report.wording import dollars, money, sentence_case, words

Series = Sequence[float | None]

WIDTH, HEIGHT = 330.0, 178.0
LEFT, RIGHT, TOP, BOTTOM = 44.0, 8.0, 10.0, 22.0
ROUND = (1.0, 2.0, 4.0, 5.0, 10.0)


def tiers_figure(document: Document) -> Figure:
    """Return the panels of all tiers that sell or cost anything, and their table."""
    tiers = [tier for tier in document["tiers"] if any(tier["revenue"]) or any(tier["full_cost"])]
    rows = (document.get("baseline") or {}).get("tiers") or []
    before = {tier["tier"]: tier["revenue"] for tier in rows}
    quarters = document["quarters"]
    panels = tuple(panel(tier, quarters, before.get(tier["tier"])) for tier in tiers)
    keys = [Key("sales", "sales"), Key("cost", "full cost"), Key("short", "cost above sales")]
    if before:
        keys.append(Key("before", "sales in the baseline"))
    return Figure(
        "tiers",
        "Each tier over time",
        "USD bn a quarter. Every axis starts at zero; each tier has its own scale.",
        "",
        _table(tiers, quarters, before),
        tuple(keys),
        drawings=panels,
        layout="panels",
    )


def panel(tier: Mapping[str, Any], quarters: Sequence[str], before: Series | None) -> Markup:
    """Return one tier's chart with its name and what it shows in words."""
    name = sentence_case(words(tier["tier"]))
    sales, cost = tier["revenue"], tier["full_cost"]
    most = max((value for s in (sales, cost, before or ()) for value in s if value), default=0.0)
    top = round_top(most)
    marks = [
        *_axes(quarters, top),
        path(_gap(sales, cost, top), "short"),
        *([path(_curve(before, top), "curve before")] if before else []),
        path(_curve(cost, top), "curve cost"),
        path(_curve(sales, top), "curve sales"),
    ]
    drawing = svg((WIDTH, HEIGHT), marks, css="panel", label=_sentence(name, tier, quarters))
    return Markup("<h4>{}</h4>{}").format(name, drawing)


def _sentence(name: str, tier: Mapping[str, Any], quarters: Sequence[str]) -> str:
    sales, cost = tier["revenue"], tier["full_cost"]
    return (
        f"{name}: sales {dollars(sales[0])} in {quarters[0]} and {dollars(sales[-1])} in "
        f"{quarters[-1]}; full cost {dollars(cost[0])} and {dollars(cost[-1])}."
    )


def round_top(most: float) -> float:
    """Return a round number not below `most`, which halves into another one.

    Examples
    --------
    >>> [round_top(most) for most in (0.0, 0.7, 3.2, 47.0, 1001.0)]
    [1.0, 1.0, 4.0, 50.0, 2000.0]
    """
    if most <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(most))
    return next(step * power for step in ROUND if step * power >= most * (1 - 1e-12))


def _place(row: int, value: float, count: int, top: float) -> tuple[float, float]:
    across = row / (count - 1) if count > 1 else 0.5
    x = LEFT + across * (WIDTH - LEFT - RIGHT)
    return x, TOP + (1 - max(value, 0.0) / top) * (HEIGHT - TOP - BOTTOM)


def _curve(series: Series | None, top: float) -> str:
    """Return the path of a series; it breaks where a value is missing."""
    parts, pen = [], "M"
    values = series or ()
    for row, value in enumerate(values):
        if value is None:
            pen = "M"
            continue
        x, y = _place(row, value, len(values), top)
        parts.append(f"{pen}{x:.1f} {y:.1f}")
        pen = "L"
    return "".join(parts)


def _gap(sales: Series, cost: Series, top: float) -> str:
    """Return the area between cost and sales wherever cost lies above."""
    count = len(sales)
    pairs = [(s or 0.0, max(s or 0.0, c or 0.0)) for s, c in zip(sales, cost, strict=True)]
    there = [_place(row, high, count, top) for row, (_, high) in enumerate(pairs)]
    back = [_place(row, low, count, top) for row, (low, _) in reversed(list(enumerate(pairs)))]
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in [*there, *back]) + "Z"


def _axes(quarters: Sequence[str], top: float) -> list[Mark]:
    marks = []
    for value in (0.0, top / 2, top):
        y = _place(0, value, 2, top)[1]
        marks.append(line((LEFT, y), (WIDTH - RIGHT, y), "rule" if value else "rule base"))
        marks.append(text(LEFT - 6, y + 4, f"{value:,g}", "tick end"))
    last = len(quarters) - 1
    shown = {0: "tick start", last: "tick end"} if last else {0: "tick middle"}
    if last >= 4:
        shown[last // 2] = "tick middle"
    for row, css in shown.items():
        x = _place(row, 0.0, len(quarters), top)[0]
        marks.append(text(x, HEIGHT - 5, quarters[row], css))
    return marks


def _table(
    tiers: Sequence[Mapping[str, Any]], quarters: Sequence[str], before: Mapping[str, Series]
) -> Table:
    columns = ["Quarter"]
    series: list[Series] = []
    for tier in tiers:
        name = sentence_case(words(tier["tier"]))
        columns += [f">{name}: sales", f">{name}: full cost"]
        series += [tier["revenue"], tier["full_cost"]]
        if tier["tier"] in before:
            columns.append(f">{name}: sales, baseline")
            series.append(before[tier["tier"]])
    rows = [(quarter, *(money(one[row]) for one in series)) for row, quarter in enumerate(quarters)]
    return Table("Sales and full cost by tier, USD bn a quarter", tuple(columns), tuple(rows))
