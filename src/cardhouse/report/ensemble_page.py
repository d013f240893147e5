"""An ensemble as one self-contained page: fans, default probabilities, losses, uncertain inputs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from markupsafe import Markup

from cardhouse.report._series_chart import Band, Line, chart
from cardhouse.report.ensemble_text import (
    amount,
    caution,
    change_rows,
    drawn_words,
    headline,
    share,
)
from cardhouse.report.page import _environment, _policy, _style
from cardhouse.report.wording import sentence_case

Document = Mapping[str, Any]
Row = Mapping[str, Any]

TITLES = {
    "revenue": "revenue",
    "result": "operating result",
    "capex": "capital spending",
    "raised": "new money raised",
    "cash": "cash",
    "debt": "debt",
    "left_unpaid": "left unpaid",
    "lost": "lost",
    "price": "price",
    "users_pay": "paid by customers outside the chain",
    "confidence": "confidence",
}
CHAIN_SHOWN = ("users_pay", "revenue", "capex", "raised", "debt", "confidence")
LARGEST_SHOWN = 4
LIKELY_SHOWN = 6
TOLD = ("0.05", "0.25", "0.5", "0.75", "0.95")
LEAST_LIKELY = 0.02
"""Firms less likely to fail have no fan of their cash."""


@dataclass(frozen=True)
class Card:
    """A chart with what it shows, and the same as a table."""

    title: str
    unit: str
    drawing: Markup
    columns: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]


def ensemble_html(document: Document) -> str:
    """Return a page made from an ensemble (``cardhouse/ensemble/1``)."""
    own = files("cardhouse.report").joinpath("templates", "market.css").read_text("utf-8")
    own += files("cardhouse.report").joinpath("templates", "ensemble.css").read_text("utf-8")
    style = _style() + own
    times = [_time_of(quarter) for quarter in document["quarters"]]
    made = document["manifest"]
    template = _environment().get_template("ensemble.html.j2")
    return template.render(
        style=Markup(style),  # noqa: S704 - the package's own style sheets
        policy=_policy(style),
        title=f"{made['economy_title']}: {made['scenario_title']}",
        document=document,
        headline=headline(document),
        drawn=drawn_words(document),
        caution=caution(document),
        groups=list(_groups(document, times)),
        likely=[_likely(row, document, times) for row in _most_likely(document)],
        marks=_marks(document["quarters"]),
        names={row["entity"]: row["name"] for row in document["defaults"]},
        together=sorted(document["together"], key=lambda row: -row["probability"])[:12],
        amount=amount,
        share=share,
        range_of=_range,
    )


def _groups(document: Document, times: Sequence[float]) -> Iterator[tuple[str, list[Card]]]:
    """Yield fans under their headings: the chain's, the largest firms', the endangered ones'."""
    rows = {(row["entity"], row["variable"]): row for row in document["series"]}
    firms = [row for (entity, name), row in rows.items() if name == "revenue" and entity != "chain"]
    largest = sorted(firms, key=lambda row: -row["mean"][0])[:LARGEST_SHOWN]
    endangered = [
        rows[row["entity"], "cash"]
        for row in _most_likely(document)
        if row["probability"] >= LEAST_LIKELY and (row["entity"], "cash") in rows
    ]
    chain = [rows["chain", name] for name in CHAIN_SHOWN if ("chain", name) in rows]
    for heading, found in (
        ("All firms together", chain),
        ("Revenue of the largest", largest),
        ("Cash of those most likely to fail", endangered),
    ):
        if found:
            yield heading, [_fan(row, document["quarters"], times) for row in found]
    changes = [row for _, _, row in change_rows(document)]
    if changes:
        title = document["manifest"]["against_title"]
        heading = f"Change against '{title}', path by path"
        yield heading, [_fan(row, document["quarters"], times) for row in changes]


def _fan(row: Row, quarters: Sequence[str], times: Sequence[float]) -> Card:
    """Return a variable's spread over the paths: 90 %, 50 %, the middle."""
    at = {name: [value or 0.0 for value in row["quantiles"][name]] for name in TOLD}
    name = sentence_case(row["name"]) if row["entity"] == "chain" else row["name"]
    what = row["variable"]
    change = "change of " if what.endswith("_change") else ""
    title = f"{name}: {change}{TITLES[what.removesuffix('_change')]}"
    said = (
        f"{title}, {row['unit']}: {amount(at['0.5'][0])} in {quarters[0]}; in {quarters[-1]} "
        f"half the paths lie above {amount(at['0.5'][-1])}, nine of ten between "
        f"{amount(at['0.05'][-1])} and {amount(at['0.95'][-1])}."
    )
    drawing = chart(
        [Line("curve sales", times, at["0.5"])],
        said,
        bands=[
            Band("band wide", times, at["0.05"], at["0.95"]),
            Band("band", times, at["0.25"], at["0.75"]),
        ],
    )
    columns = ("quarter", "5 %", "25 %", "half", "75 %", "95 %", "mean")
    body = [
        (
            quarter,
            *(amount(row["quantiles"][name][number]) for name in TOLD),
            f"{amount(row['mean'][number])} ± {amount(row['error'][number])}",
        )
        for number, quarter in enumerate(quarters)
    ]
    return Card(title, row["unit"], drawing, columns, body)


def _most_likely(document: Document) -> list[Row]:
    found = [row for row in document["defaults"] if row["probability"] > 0]
    return sorted(found, key=lambda row: -row["probability"])[:LIKELY_SHOWN]


def _likely(row: Row, document: Document, times: Sequence[float]) -> Card:
    """Return the share of paths in which a firm has failed, over time, with its error."""
    quarters, course = document["quarters"], [100 * one for one in row["by_quarter"]]
    errors = [100 * one for one in row["by_quarter_error"]]
    lows = [max(one - error, 0.0) for one, error in zip(course, errors, strict=True)]
    highs = [min(one + error, 100.0) for one, error in zip(course, errors, strict=True)]
    said = f"{row['name']} has failed in {share(row['probability'], row['error'])} of paths by "
    drawing = chart(
        [Line("curve failed", times, course)],
        f"{said}{quarters[-1]}.",
        bands=[Band("band failed", times, lows, highs)],
    )
    told = [
        (quarter, share(one, error))
        for quarter, one, error in zip(
            quarters, row["by_quarter"], row["by_quarter_error"], strict=True
        )
    ]
    return Card(row["name"], "% of paths", drawing, ("quarter", "has failed in"), told)


def _marks(quarters: Sequence[str]) -> list[int]:
    """Return the quarters of a table: each fourth from the end."""
    last = len(quarters) - 1
    return sorted(range(last, 0, -4))


def _range(one: Row) -> str:
    """Return what a distribution stretches over, in words."""
    if one["low"] is not None:
        return f"{one['low']:.4g} to {one['high']:.4g}, most likely {one['middle']:.4g}"
    if one["persistence"] is not None:
        return f"sd {100 * one['middle']:g} % a quarter, {one['persistence']:g} of it stays"
    return "as the facts say"


def _time_of(quarter: str) -> float:
    """Return the middle of a quarter as a decimal year.

    Examples
    --------
    >>> _time_of("2026Q1"), _time_of("2026Q3")
    (2026.125, 2026.625)
    """
    return int(quarter[:4]) + (int(quarter[5]) - 0.5) / 4.0
