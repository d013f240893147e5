"""Whether a fact weighs on the accounts of a base quarter, and what is read in its place if not.

A row of observations takes of its figures what says most of the quarter: a filed quarter makes
all others redundant, a near one those that lie farther. What it leaves moves nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cardhouse.accounts.building import Build
from cardhouse.accounts.figures import Figure, Figures
from cardhouse.accounts.observations import levels_of, picked, read_row
from cardhouse.accounts.periods import quarter_number
from cardhouse.accounts.readings import Reading
from cardhouse.accounts.tables import Row

SUMS = "dated"
"""The reading that adds figures up: none of them is to say what the sum says."""


@dataclass(frozen=True)
class Weighing:
    """What one row of observations makes of a fact.

    Attributes
    ----------
    row
        The row's name.
    weighs
        Whether the row reads otherwise without the fact.
    is_summed
        Whether the row adds figures up, so that the fact by itself is a part of what it reads.
    alone
        What the fact by itself says of the base quarter; None where it is too far, or a part.
    instead
        What the row reads without it.
    """

    row: str
    weighs: bool
    is_summed: bool
    alone: Reading | None
    instead: tuple[Reading, ...]


def weigh(build: Build, fact: str) -> list[Weighing]:
    """Return what each row of observations that picks a fact makes of it; none: no row does.

    A fact that was not known on the day of the accounts, or is a date, is picked by none.
    """
    figure = build.figures.by_id.get(fact)
    if figure is None:
        return []
    base = quarter_number(build.base)
    rows = build.definition.rows("observations")
    return [_weighed(build, row, figure, base) for row in rows if _picks(row, figure)]


def _picks(row: Row, figure: Figure) -> bool:
    """Tell whether a row reads a figure: what it says, or the level that growth starts from."""
    if row.text("entity") != figure.entity:
        return False  # nearly every row, at a tenth of the time
    alone = Figures([figure])
    return figure in (*picked(row, alone), *levels_of(row, alone))


def _weighed(build: Build, row: Row, figure: Figure, base: int) -> Weighing:
    def read(figures: Iterable[Figure]) -> list[Reading]:
        return read_row(build.definition, row, Figures(figures), base)

    mine, beside = picked(row, build.figures), levels_of(row, build.figures)
    every = {one.id: one for one in (*mine, *beside)}
    others = [one for one in every.values() if one.id != figure.id]
    with_it, without = read(every.values()), read(others)
    is_summed = row.text("reading") == SUMS
    alone = []
    if figure in mine and not is_summed:
        alone = read([figure, *(one for one in beside if one != figure)])
    return Weighing(
        row.text("id"),
        _said(with_it) != _said(without),
        is_summed,
        next((one for one in alone if one.figure.id == figure.id), None),
        tuple(without),
    )


def _said(readings: Iterable[Reading]) -> list[tuple[str, float, float]]:
    return [(one.figure.id, one.value, one.sd) for one in readings]
