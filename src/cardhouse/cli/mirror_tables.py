"""The mirror as tables: both times side by side, one indicator in full, and what is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import RenderableType
from rich.text import Text

from cardhouse.cli.gauge_tables import proposals_note
from cardhouse.cli.tables import table
from cardhouse.studies.mirror import place, shown_value

Row = Mapping[str, Any]

BEFORE, ZERO, AFTER = -4, 0, 8
"""Quarters in the overview: a year before, quarter 0, two years after."""
FAR = "*"
UNITS = {
    "ratio": "a ratio",
    "share": "a share",
    "usd_bn_a_year": "USD bn a year",
    "count_a_year": "a year",
    "zero_is_100": "100 at quarter 0",
}
SIDES = {"then": "then", "now": "now", "run": "in the run"}


def mirror_tables(document: Row, *, whole: bool) -> list[RenderableType]:
    """Return the overview of all indicators, or one of them in full."""
    if whole:
        return _overview(document)
    (row,) = document["indicators"]
    return _card(row, document)


def _overview(document: Row) -> list[RenderableType]:
    axis, scenario = document["axis"], document["manifest"]["scenario"]
    rows = table(
        "", f">{BEFORE}", f">{axis['then']}", f">+{AFTER}", f">{BEFORE}", f">{axis['now']}",
        ">run 0", f">run +{AFTER}",
    )  # fmt: skip
    group = ""
    for one in document["indicators"]:
        if one["group"] != group:
            group = one["group"]
            rows.add_row(Text(group, "bold"))
        rows.add_row(Text(f"  {one['words']}"), *_cells(one, document["columns"]))
    heading = f"The dot-com years and now, in quarters from the peak and from {axis['now']}"
    notes = (
        f"Run: {scenario}. Past figures are facts known on {document['as_of']}, a reading of the "
        "quarter or of its neighbour, years and half-years as a year's pace. Amounts are USD bn a "
        "year; of people and share prices quarter 0 is 100. * two or three quarters away from it."
    )
    return [
        Text(heading, "bold"),
        rows,
        Text(),
        *(Text(one["apart"]["words"], "bold") for one in document["indicators"] if one["apart"]),
        *_gaps(document),
        Text(notes, "dim"),
        Text("One in full, with sources: cardhouse gauge cape --mirror.", "dim"),
        *proposals_note(document),
    ]


def _cells(row: Row, columns: Sequence[int]) -> list[str]:
    at = {quarter: place for place, quarter in enumerate(columns)}
    places = [at[quarter] for quarter in (BEFORE, ZERO, AFTER)]
    then = [row["then"]["columns"][place] for place in places]
    now = [row["now"]["columns"][place] for place in places[:2]]
    run = [None if row["run"] is None else row["run"]["columns"][place] for place in places[1:]]
    cells = [_shown(value, row["unit"]) for value in (*then, *now, *run)]
    for cell, side in ((1, "then"), (4, "now")):
        cells[cell] += "" if _is_near(row[side]["points"]) else FAR
    return [one.replace(f"-{FAR}", "-") for one in cells]


def _is_near(points: Sequence[Row]) -> bool:
    """Tell whether a reading is of quarter 0 or of a neighbour."""
    return any(point["first"] <= 1 and point["last"] >= -1 for point in points)


def _shown(value: float | None, unit: str) -> str:
    if value is None:
        return "-"
    if unit == "zero_is_100":
        return f"{value:.0f}"
    return shown_value(value, unit)


def _gaps(document: Row) -> list[RenderableType]:
    """Return who has no figure of which time, in a sentence each."""
    words = {row["id"]: row["words"] for row in document["indicators"]}
    empty: dict[str, list[str]] = {"then": [], "now": [], "run": []}
    for row in document["indicators"]:
        for side in ("then", "now"):
            if not row[side]["points"]:
                empty[side].append(words[row["id"]])
        if row["run"] is None:
            empty["run"].append(words[row["id"]])
    return [
        Text(f"No figure {SIDES[side]}: {'; '.join(names)}.")
        for side, names in empty.items()
        if names
    ]


def _card(row: Row, document: Row) -> list[RenderableType]:
    """Return one indicator: what it means, every figure with its sources, the run, the gaps."""
    axis = document["axis"]
    parts: list[RenderableType] = [
        Text(f"{row['words']} ({row['id']}), {UNITS[row['unit']]}", "bold"),
        *([Text(row["note"])] if row["note"] else []),
        Text(),
    ]
    for side, zero in (("then", axis["then"]), ("now", axis["now"])):
        if row[side]["points"]:
            parts += [_readings(row, side, zero, document["facts"]), Text()]
    if row["run"] is not None:
        parts += [_run(row["run"], document), Text()]
    if row["apart"]:
        parts.append(Text(row["apart"]["words"], "bold"))
    told = [f"{SIDES[gap['side']]}: {gap['words'].rstrip('.')}" for gap in row["gaps"]]
    return [*parts, *([Text(f"Gaps. {'. '.join(told).capitalize()}.")] if told else [])]


def _readings(row: Row, side: str, zero: str, facts: Mapping[str, Row]) -> RenderableType:
    relative = row["scale"] == "start" and row[side]["zero"] is not None
    rows = table(
        f"{SIDES[side]}, 0 is {zero}", ">", ">range", *([">of 0"] if relative else []), "source"
    )
    unit = "ratio" if row["unit"] == "zero_is_100" else row["unit"]
    for point in row[side]["points"]:
        spread = (
            ""
            if point["low"] is None
            else f"{_shown(point['low'], unit)} to {_shown(point['high'], unit)}"
        )
        rows.add_row(
            place(point["first"], point["last"]),
            _shown(point["value"], unit),
            spread,
            *([f"{100 * point['relative']:.0f} %"] if relative else []),
            Text(_sources(point["facts"], facts), "dim"),
        )
    return rows


def _sources(ids: Sequence[str], facts: Mapping[str, Row]) -> str:
    first = facts[ids[0]]
    more = f" and {len(ids) - 1} more" if len(ids) > 1 else ""
    return f"{first['source']} (grade {first['grade']}, fact {ids[0]}){more}"


def _run(run: Row, document: Row) -> RenderableType:
    rows = table(f"run {document['manifest']['scenario']}", *(
        f">{place(quarter, quarter)}" for quarter in range(0, len(run["values"]), 2)
    ))  # fmt: skip
    unit = document["indicators"][0]["unit"]
    unit = "ratio" if unit == "zero_is_100" else unit
    rows.add_row("", *(_shown(value, unit) for value in run["values"][::2]))
    return rows
