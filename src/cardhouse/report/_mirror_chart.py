"""One indicator of the mirror drawn: then, now, and the run, over quarters from quarter 0."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from markupsafe import Markup

from cardhouse.report._marks import Mark, line, path, rect, svg, text
from cardhouse.report._series_chart import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Axes, ticks
from cardhouse.studies.mirror import place, shown_value

EVERY = 4
"""Quarters between the marks of the axis."""
HALF = 0.5
"""A figure of one quarter is drawn over the whole of it: half on each side of its place."""

Row = Mapping[str, Any]


def mirror_chart(row: Row, axis: Row) -> Markup | None:
    """Return the drawing of an indicator; None where neither time has a figure.

    Parameters
    ----------
    row
        An indicator of a document of the mirror.
    axis
        The document's axis.
    """
    sides = {side: _figures(row, side, axis) for side in ("then", "now")}
    run = _run(row)
    values = [value for figures in sides.values() for _, _, value, _ in figures] + run
    if not values:
        return None
    axes = Axes(axis["first"] - HALF, axis["last"] + HALF, min(*values, 0.0), max(*values, 0.0))
    marks = [
        *_grid(axes, axis),
        *(mark for side, figures in sides.items() for mark in _side(axes, side, figures)),
        *_run_marks(axes, run),
    ]
    return svg((WIDTH, HEIGHT), marks, css="series mirror", label=_label(row))


def is_relative(row: Row) -> bool:
    """Tell whether an indicator is drawn in per cent of what it was at quarter 0."""
    return bool(row["scale"] == "start")


Figure = tuple[int, int, float, str]


def _figures(row: Row, side: str, axis: Row) -> list[Figure]:
    """Return first and last quarter, value, and words of what the axis shows of one time."""
    told = []
    for point in row[side]["points"]:
        value = point["relative"] if is_relative(row) else point["value"]
        if value is not None and point["first"] <= axis["last"] and point["last"] >= axis["first"]:
            shown = shown_value(point["value"], row["unit"])
            where = place(point["first"], point["last"])
            words = f"{WORDS[side]}, {where}: {shown}, fact {', '.join(point['facts'])}"
            told.append((point["first"], point["last"], _scaled(row, value), words))
    return told


WORDS = {"then": "then", "now": "now"}
CSS = {"then": "past", "now": "present"}


def _scaled(row: Row, value: float) -> float:
    return 100.0 * value if is_relative(row) or row["unit"] == "share" else value


def _run(row: Row) -> list[float]:
    run = row["run"]
    values = None if run is None else run["relative"] if is_relative(row) else run["values"]
    return [_scaled(row, value) for value in values or []]


def _side(axes: Axes, side: str, figures: Sequence[Figure]) -> Iterable[Mark]:
    """Yield a bar for each figure over its quarters, and thin lines from one to the next."""
    for before, after in pairwise(figures):
        start, end = ((_middle(axes, one), axes.y(one[2])) for one in (before, after))
        yield line(start, end, f"way {CSS[side]}")
    for first, last, value, words in figures:
        left = axes.x(max(first - HALF, axes.first))
        right = axes.x(min(last + HALF, axes.last))
        thick = 4.0 if side == "now" else 3.0
        yield rect(left, axes.y(value) - thick / 2, right - left, thick, f"told {CSS[side]}", words)


def _middle(axes: Axes, figure: Figure) -> float:
    """Return the place of the middle of a figure's quarters, those beyond the axis left out."""
    return axes.x((max(figure[0], axes.first) + min(figure[1], axes.last)) / 2)


def _run_marks(axes: Axes, values: Sequence[float]) -> Iterable[Mark]:
    if len(values) > 1:
        points = (f"{axes.x(at):.1f} {axes.y(value):.1f}" for at, value in enumerate(values))
        yield path("M" + "L".join(points), "curve run")


def _grid(axes: Axes, axis: Row) -> Iterable[Mark]:
    for value in ticks(axes.low, axes.high):
        height = axes.y(value)
        yield line((LEFT, height), (WIDTH - RIGHT, height), "grid")
        yield text(LEFT - 6, height + 4, f"{value:g}", "end")
    zero = axes.x(0)
    yield line((zero, TOP), (zero, HEIGHT - BOTTOM), "zero")
    first = -(-axis["first"] // EVERY) * EVERY
    for quarter in range(first, axis["last"] + 1, EVERY):
        yield text(axes.x(quarter), HEIGHT - 6, place(quarter, quarter), "middle")


def _label(row: Row) -> str:
    """Return in one sentence what the drawing shows; the table beside it has every figure."""
    told = [
        f"{WORDS[side]} {shown_value(row[side]['points'][-1]['value'], row['unit'])} at last"
        for side in ("then", "now")
        if row[side]["points"]
    ]
    if row["run"] is not None:
        told.append(f"in the run {shown_value(row['run']['values'][-1], row['unit'])} at its end")
    return f"{row['words']}: {', '.join(told)}."
