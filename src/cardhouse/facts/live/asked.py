"""What the services are asked for: the tables of firms, tags, segments and series."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from cardhouse.errors import LiveError, did_you_mean
from cardhouse.facts.live.fetch import Answer
from cardhouse.facts.schema import Fact
from cardhouse.facts.text import read_shipped

SINCE = dt.date(2023, 1, 1)
"""Figures from this day on are proposed unless another is asked for, as the tables begin then."""
_SERVICE_COLUMNS = ("service", "words", "needs", "gauges")


@dataclass(frozen=True)
class Wanted:
    """What is asked of the services.

    Attributes
    ----------
    entities
        Ids of the firms or segments; empty: all.
    since
        Figures of periods that end before this day are left out.
    quarter
        The quarter of frames, such as ``2026Q1``.
    """

    entities: frozenset[str] = frozenset()
    since: dt.date = SINCE
    quarter: str = ""

    def takes(self, entity: str) -> bool:
        """Tell whether an entity is asked for."""
        return not self.entities or entity in self.entities


@dataclass
class Pulled:
    """What a service gave: facts, what it was asked, and what is not there.

    A figure that the service does not have is a gap, and no failure.
    """

    facts: list[Fact] = field(default_factory=list)
    asked: list[Answer[Any]] = field(default_factory=list)
    gaps: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Service:
    """A row of ``services.csv``."""

    service: str
    words: str
    needs: str
    gauges: bool


@cache
def load_services() -> Mapping[str, Service]:
    """Return the services by name."""
    rows = read_shipped("live/services.csv", _SERVICE_COLUMNS)
    return {
        row.cells["service"]: Service(
            row.cells["service"], row.cells["words"], row.cells["needs"],
            row.cells["gauges"] == "yes",
        )
        for row in rows
    }  # fmt: skip


@dataclass(frozen=True)
class Filer:
    """A firm that files with the SEC."""

    entity: str
    cik: int
    symbol: str


@cache
def load_filers() -> Mapping[str, Filer]:
    """Return the filers by entity."""
    rows = read_shipped("live/filers.csv", ("entity", "cik", "symbol"))
    return {
        row.cells["entity"]: Filer(row.cells["entity"], int(row.cells["cik"]), row.cells["symbol"])
        for row in rows
    }


@dataclass(frozen=True)
class Concept:
    """What a metric is called in filings: tags in order of preference."""

    metric: str
    tags: tuple[str, ...]
    is_flow: bool
    only: tuple[str, ...]

    def is_asked_of(self, entity: str) -> bool:
        """Tell whether the metric is read of a firm."""
        return not self.only or entity in self.only


@cache
def load_concepts() -> tuple[Concept, ...]:
    """Return the metrics that are read out of filings."""
    rows = read_shipped("live/concepts.csv", ("metric", "tags", "nature", "only"))
    return tuple(
        Concept(
            row.cells["metric"],
            tuple(row.cells["tags"].split("|")),
            row.cells["nature"] == "flow",
            tuple(part for part in row.cells["only"].split("|") if part),
        )
        for row in rows
    )


@dataclass(frozen=True)
class Segment:
    """A figure of a segment: whose filings, which tags, and what it is called on a dimension."""

    entity: str
    filer: str
    metric: str
    tags: tuple[str, ...]
    axis: str
    members: tuple[str, ...]


@cache
def load_segments() -> tuple[Segment, ...]:
    """Return the segments that are read out of filings."""
    columns = ("entity", "filer", "metric", "tags", "axis", "members")
    return tuple(
        Segment(
            row.cells["entity"],
            row.cells["filer"],
            row.cells["metric"],
            tuple(row.cells["tags"].split("|")),
            row.cells["axis"],
            tuple(row.cells["members"].split("|")),
        )
        for row in read_shipped("live/segments.csv", columns)
    )


@dataclass(frozen=True)
class Series:
    """A row of ``series.csv``: a series of FRED, over another one where that is named."""

    series: str
    over: str
    factor: float
    entity: str
    metric: str
    item: str
    unit: str
    pick: str
    least: float
    most: float
    grade: str
    note: str


@cache
def load_series() -> tuple[Series, ...]:
    """Return the series that are asked for."""
    columns = (
        "series", "over", "factor", "entity", "metric", "item", "unit", "pick", "least", "most",
        "grade", "note",
    )  # fmt: skip
    numbers = ("factor", "least", "most")
    rows = (row.cells for row in read_shipped("live/series.csv", columns))
    return tuple(
        Series(**{name: float(cell) if name in numbers else cell for name, cell in row.items()})  # type: ignore[arg-type]
        for row in rows
    )


def check_services(names: Iterable[str]) -> list[str]:
    """Return the services asked for, each once; raises LiveError for one that is none."""
    known = load_services()
    found = list(dict.fromkeys(names))
    for name in found:
        if name not in known:
            raise LiveError(
                f"there is no service '{name[:40]}'.{did_you_mean(name, known)} Use some of "
                f"{', '.join(known)}."
            )
    return found


def check_entities(names: Iterable[str]) -> frozenset[str]:
    """Return the ids of firms and segments asked for; raises LiveError for one nobody reads."""
    known = {*load_filers(), *(one.entity for one in load_segments())}
    found = frozenset(names)
    for name in sorted(found - known):
        raise LiveError(
            f"no service is asked about '{name[:40]}'.{did_you_mean(name, known)} Use some of "
            f"{', '.join(sorted(known))}."
        )
    return found
