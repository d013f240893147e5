"""A fact: one sourced figure, its columns, what makes it one, and its id."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from dataclasses import dataclass, field, fields

from cardhouse.errors import FactError

BASES = ("filing", "reported", "leak", "company_statement", "estimate", "guidance", "derived")
GRADES = ("A", "B", "C")
KNOWN_FROM_BASES = ("stated", "rule")

_ELSEWHERE = re.compile(
    r"\b(cop(y|ies)|via|tracker|mirror|secondary|transcribed|stored|quot(ed|ing)|summary)\b"
    r"|\btable of\b|stocktitan|reportify|stock-analysis|portfoliosavvy",
    re.IGNORECASE,
)
"""Words of a source or note that say: the filing was read in somebody else's copy."""

Key = tuple[str, str, str, str, str, str, str]
Value = float | dt.date


@dataclass(frozen=True, slots=True)
class Fact:
    """One sourced figure; see the columns of a table for what each field means.

    ``value``, ``low`` and ``high`` are dates where the unit is ``date``, else finite numbers in
    the unit as published. ``place`` is the ``file:line`` it was read from; ``replaces`` is the id
    of the fact whose place a row of a person's own takes, empty where it names none.
    """

    id: str
    entity: str
    tier: str
    metric: str
    item: str
    counterparty: str
    unit: str
    period_start: dt.date
    period_end: dt.date
    value: Value
    low: Value | None
    high: Value | None
    basis: str
    grade: str
    published: str
    known_from: dt.date
    known_from_basis: str
    source: str
    url: str
    note: str
    place: str = field(default="", compare=False)
    replaces: str = field(default="", compare=False)

    @property
    def key(self) -> Key:
        """Return what makes a row one: a row with the same key says the same thing anew."""
        return (
            self.entity,
            self.metric,
            self.item,
            self.counterparty,
            self.period_start.isoformat(),
            self.period_end.isoformat(),
            self.source,
        )

    @property
    def number(self) -> float:
        """Return the value of a fact that is no date; raises FactError for one that is."""
        if isinstance(self.value, dt.date):
            raise FactError(f"{self.place}: fact {self.id} is a date, and a number is needed.")
        return self.value

    @property
    def is_via_copy(self) -> bool:
        """Return whether a filing of grade A was read in a copy: it is told "A via copy"."""
        read_elsewhere = _ELSEWHERE.search(self.source) or _ELSEWHERE.search(self.note)
        return self.grade == "A" and read_elsewhere is not None

    @property
    def grade_in_words(self) -> str:
        """Return the grade, with "via copy" where the filing itself was not read."""
        return f"{self.grade} via copy" if self.is_via_copy else self.grade

    def cells(self) -> dict[str, str]:
        """Return the fact as a table's row, numbers in their shortest form."""
        return {column: _text(getattr(self, column)) for column in COLUMNS}


REPLACES = "replaces"
"""A column that a person's own table may have besides."""
COLUMNS: tuple[str, ...] = tuple(
    one.name for one in fields(Fact) if one.name not in ("place", REPLACES)
)
"""The columns of every table of facts."""


def id_of(key: Key) -> str:
    """Return the id of a row that states none: ten hex digits of a hash of its key.

    Examples
    --------
    >>> id_of(("a", "revenue", "", "", "2025-01-01", "2025-03-31", "a filing"))
    '5bee8c1a7c'
    """
    return hashlib.sha256("\x1f".join(key).encode()).hexdigest()[:10]


def _text(value: str | Value | None) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else str(value)
