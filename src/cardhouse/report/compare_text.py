"""Runs side by side on a screen of 80 columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from cardhouse.report.wording import UNKNOWN, money, percent
from cardhouse.studies.compare_figures import COUNT, FLOW, SHARE, STOCK
from cardhouse.studies.compare_words import own_figures

Comparison = Mapping[str, Any]

SHOWN_PAYERS = 8
SHOWN_OWN = 5
"""So many figures of one's own are told one by one."""
SMALLEST_REST = 0.005
SMALLEST_CHANGE = 0.0005
"""Relative change below which none is printed."""
LARGEST_CHANGE = 9.995
"""Relative change from which a multiple would say more than a percentage."""


def comparison_text(found: Comparison) -> list[RenderableType]:
    """Return a comparison (``cardhouse/compare/1``): what it comes to, inputs, outcomes."""
    labels = [column["label"] for column in found["columns"]]
    parts: list[RenderableType] = [Text(found["sentence"], "bold"), Text()]
    parts += [_columns(found["columns"]), Text(), *_inputs(found, labels)]
    parts += [_outcomes(found, labels), Text(), *_defaults(found, labels), *_payers(found, labels)]
    return [*parts, Text(_conditions(found), "dim")]


def _table(heading: str, labels: Sequence[str]) -> Table:
    made = Table(box=None, pad_edge=False)
    made.add_column(heading, overflow="fold")
    for label in labels:
        made.add_column(label, justify="right", no_wrap=True)
    return made


def _columns(columns: Sequence[Mapping[str, Any]]) -> Table:
    """Return what stands in each column."""
    made = Table(box=None, pad_edge=False, show_header=False)
    for column in columns:
        opened = f"from {column['base_quarter']}, facts known on {column['as_of']}"
        if column["own_facts"]:
            opened += f", {own_figures(column['own_facts'])}"
        made.add_row(Text(column["label"], "bold"), f"{column['title']} ({opened})")
    return made


def _inputs(found: Comparison, labels: Sequence[str]) -> Iterator[RenderableType]:
    """Yield what is moved, first where the columns differ, then what they have in common."""
    rows = found["inputs"]
    apart = [row for row in rows if row["differs"]]
    if not apart:
        yield Text("Nothing is moved in one and not in the others.")
    else:
        yield Text("Inputs that differ", "bold")
    for row in apart:
        yield Padding(Text(_input_name(row)), (0, 0, 0, 2))
        for label, moves in zip(labels, row["moves"], strict=True):
            if moves:
                told = _told(row["input"], [move["words"] for move in moves])
                yield Padding(Text(f"{label}: {told}", "dim"), (0, 0, 0, 4))
    alike = [row["input"] for row in rows if not row["differs"]]
    if alike:
        yield Text(f"Moved alike in all: {', '.join(alike)}.")
    yield Text()


def _told(name: str, moves: Sequence[str]) -> str:
    """Return the moves of an input in one line; of many figures of one's own the first."""
    if name != "own_facts":
        return ", then ".join(moves)
    left = len(moves) - SHOWN_OWN
    return "; ".join([*moves[:SHOWN_OWN], *([f"{left} more"] if left > 0 else [])])


def _input_name(row: Mapping[str, Any]) -> str:
    unit = row["unit"] if row["unit"] not in ("", "factor", "share", "0 or 1", "stance") else ""
    return f"{row['words']}, {unit}" if unit else str(row["words"])


def _outcomes(found: Comparison, labels: Sequence[str]) -> Table:
    """Return the figures by group; from the second column on with the change against A."""
    made = _table("Outcomes, USD bn", labels)
    for group, rows in groupby(found["outcomes"], key=lambda row: row["group"]):
        made.add_row(Text(group, "bold"))
        for row in rows:
            first = row["values"][0]
            cells = [_cell(row, first)]
            cells += [_cell(row, value) + _change(row, first, value) for value in row["values"][1:]]
            made.add_row(Text(f"  {row['words']}"), *cells)
    return made


def _cell(row: Mapping[str, Any], value: float | None) -> str:
    if value is None:
        return UNKNOWN
    if row["unit"] == COUNT:
        return f"{value:.0f}"
    if row["unit"] == SHARE:
        return f"{100 * value:.0f}\N{CENT SIGN}"
    return money(value)


def _change(row: Mapping[str, Any], first: float | None, value: float | None) -> str:
    """Return a change against the first column; blank where there is none to tell."""
    blank = " " * 7
    if not first or value is None or row["unit"] not in (STOCK, FLOW):
        return blank
    change = (value - first) / abs(first)
    if abs(change) < SMALLEST_CHANGE or abs(change) > LARGEST_CHANGE:
        return blank
    return f"{change:+7.1%}" if abs(change) < 0.0995 else f"{change:+7.0%}"


def _defaults(found: Comparison, labels: Sequence[str]) -> Iterator[RenderableType]:
    if not found["defaults"]:
        yield Text("No firm fails on the central path of any of them.")
    else:
        made = _table("Who fails, and when", labels)
        for row in found["defaults"]:
            runs = zip(row["quarters"], row["outcomes"], strict=True)
            made.add_row(row["name"], *(_times(*run) or UNKNOWN for run in runs))
        yield made
    yield Text()


def _times(quarters: Sequence[str], outcomes: Sequence[str]) -> str:
    """Return when a firm fails in one run; what it survived is named.

    Examples
    --------
    >>> _times(["2026Q4", "2027Q1"], ["restructured", "liquidated"])
    '2026Q4 (restructured), 2027Q1'
    """
    told = zip(quarters, outcomes, strict=True)
    return ", ".join(when if what == "liquidated" else f"{when} ({what})" for when, what in told)


def _payers(found: Comparison, labels: Sequence[str]) -> Iterator[RenderableType]:
    payers = found["payers"]
    if payers is None or not payers["sources"]:
        return
    shown = payers["sources"][:SHOWN_PAYERS]
    made = _table(f"Who ultimately pays {payers['name']} at the end", labels)
    for row in shown:
        made.add_row(row["name"], *map(percent, row["shares"]))
    left = [1.0 - sum(shares) for shares in zip(*(row["shares"] for row in shown), strict=True)]
    if max(left) >= SMALLEST_REST:
        made.add_row("others", *map(percent, left))
    yield made
    yield Text()


def _conditions(found: Comparison) -> str:
    shown = f"Over {found['quarters']} quarters; changes are against A. "
    return shown + "A conditional calculation, not a forecast and not advice."
