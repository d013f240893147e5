"""The parts every figure of the report is made of: a drawing, a sentence, and a table twin."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from cardhouse.report._marks import rect, svg

BAR_LENGTH, BAR_HEIGHT = 1000.0, 16.0  # drawn in these units and stretched to the page

Cell = str | Markup


@dataclass(frozen=True)
class Table:
    """A table: what it holds, column names, rows; a column named ``>...`` holds numbers."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    @property
    def heads(self) -> list[tuple[str, bool]]:
        """Return each column's name and whether it holds numbers."""
        return [(name.removeprefix(">"), name.startswith(">")) for name in self.columns]


@dataclass(frozen=True)
class Bar:
    """One row of a bar figure: whose, its drawing, what stands beside it and below it."""

    name: str
    drawing: Markup
    told: str
    note: str = ""


@dataclass(frozen=True)
class Key:
    """One entry of a legend: the class that colours it, and words."""

    css: str
    words: str


@dataclass(frozen=True)
class Figure:
    """A figure: title, one line of help, the sentence for a screen reader, legend, table twin."""

    id: str
    title: str
    help: str
    label: str
    table: Table
    keys: tuple[Key, ...] = ()
    bars: tuple[Bar, ...] = ()
    drawings: tuple[Markup, ...] = ()
    notes: tuple[str, ...] = ()
    axis: tuple[str, ...] = ()
    layout: str = "bars"


def bar(parts: Iterable[tuple[float, str, str]], longest: float) -> Markup:
    """Return a stacked bar.

    Parameters
    ----------
    parts
        Amount (not negative), class and title of each part, from the left.
    longest
        The amount that fills the whole length.
    """
    marks, at = [], 0.0
    for amount, css, title in parts:
        length = BAR_LENGTH * amount / longest if longest > 0 else 0.0
        if length > 0:
            marks.append(rect(at, 0.0, length, BAR_HEIGHT, css, title))
        at += length
    return svg((BAR_LENGTH, BAR_HEIGHT), marks, css="bar", label="", stretch=True)


def strip(states: Sequence[tuple[str, str]], longest: int) -> Markup:
    """Return a strip of equal cells, one for each (class, title), neighbours alike joined."""
    runs: list[tuple[float, str, str]] = []
    for css, title in states:
        if runs and runs[-1][1:] == (css, title):
            runs[-1] = (runs[-1][0] + 1.0, css, title)
        else:
            runs.append((1.0, css, title))
    return bar(runs, longest)
