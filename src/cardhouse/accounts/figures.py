"""The facts as the accounts read them: dated, in USD billion or as shares, known by a date."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from cardhouse.errors import AccountsError

GRADE_SD = {"A": 0.005, "B": 0.05, "C": 0.20}
LEAST_SD = 0.001
RANGE_IN_SD = 2.56


@dataclass(frozen=True)
class Figure:
    """One fact in the accounts' units: USD billion, or a plain share or ratio."""

    id: str
    entity: str
    metric: str
    item: str
    counterparty: str
    start: dt.date
    end: dt.date
    value: float
    low: float | None
    high: float | None
    basis: str
    grade: str
    known_from: dt.date
    source: str

    @property
    def sd(self) -> float:
        """Return the sd of the published value: its range as 80 %, else by grade.

        A range says how far the statement reaches, the grade how far the source is believed: a
        leak printed to two digits is no audited figure. So half the grade's sd is the least.
        """
        return sd_of(self.value, self.low, self.high, self.grade)


def sd_of(value: float, low: float | None, high: float | None, grade: str) -> float:
    """Return the sd of a published value, as `Figure.sd` says.

    Examples
    --------
    >>> round(sd_of(10.0, 8.72, 11.28, "A"), 3), sd_of(10.0, None, None, "B")
    (1.0, 0.5)
    """
    by_grade = max(GRADE_SD[grade] * abs(value), LEAST_SD)
    if low is not None and high is not None and high > low:
        return max((high - low) / RANGE_IN_SD, 0.5 * by_grade)
    return by_grade


class Figures:
    """The figures known at a date, found by what they say."""

    def __init__(self, figures: Iterable[Figure]) -> None:
        self._all = tuple(figures)
        self._found: dict[tuple[str, str], list[Figure]] = {}
        for figure in self._all:
            self._found.setdefault((figure.entity, figure.metric), []).append(figure)

    @cached_property
    def by_id(self) -> dict[str, Figure]:
        """Return the figures by the id of their fact."""
        return {figure.id: figure for figure in self._all}

    def __iter__(self) -> Iterator[Figure]:
        """Iterate over the figures."""
        return iter(self._all)

    def __len__(self) -> int:
        """Return how many figures there are."""
        return len(self._all)

    def known_at(self, as_of: dt.date) -> Figures:
        """Return the figures that were public by a date."""
        return Figures(figure for figure in self._all if figure.known_from <= as_of)

    def newest(self) -> dt.date:
        """Return the last day on which a figure became public."""
        if not self._all:
            raise AccountsError("there are no facts to open an economy from.")
        return max(figure.known_from for figure in self._all)

    def find(
        self, entity: str, metric: str, item: str = "", counterparty: str = ""
    ) -> list[Figure]:
        """Return the figures of an entity and metric; ``*`` stands for any item or counterparty."""
        return [
            figure
            for figure in self._found.get((entity, metric), [])
            if item in ("*", figure.item) and counterparty in ("*", figure.counterparty)
        ]
