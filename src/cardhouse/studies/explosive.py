"""Explosive roots of a series as a document: how it was tested, statistics, values, episodes."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from cardhouse.analysis.episodes import Episode, date_episodes, minimum_duration
from cardhouse.analysis.explosive_critical import CriticalValues, gsadf_critical_values
from cardhouse.analysis.explosive_roots import ExplosiveRoots, gsadf
from cardhouse.errors import InputError
from cardhouse.facts import load_facts
from cardhouse.studies.gauges import FACTS
from cardhouse.studies.series_files import Series, read_series

EXAMPLES = Path(__file__).with_name("series_examples.csv")
STARTS_AT, ENDS_AT = 0.95, 0.90
"""Levels of the critical values at which an episode starts and ends."""


@dataclass(frozen=True)
class Settings:
    """How a series is tested.

    Attributes
    ----------
    window, lag
        Observations of the shortest window (None: the rule), lagged differences.
    logs
        Whether logarithms are tested instead of levels.
    bootstrap
        Whether critical values come from a wild bootstrap of the series.
    replications, seed
        Of the simulation.
    """

    window: int | None = None
    lag: int = 0
    logs: bool = False
    bootstrap: bool = False
    replications: int = 2000
    seed: int = 0


@dataclass(frozen=True)
class Example:
    """A shipped series: a gauge's facts, the last reading of each year."""

    id: str
    title: str
    entity: str
    metric: str


@cache
def load_examples() -> Mapping[str, Example]:
    """Return the shipped series by id."""
    with EXAMPLES.open(encoding="utf-8", newline="") as file:
        return {row["id"]: Example(**row) for row in csv.DictReader(file)}


def find_series(source: str, column: str | None = None) -> Series:
    """Return the series of a file, or a shipped one by its id.

    Raises
    ------
    InputError
        When there is neither, or the file is no series.
    """
    if source in load_examples() and not Path(source).is_file():
        return _example(load_examples()[source])
    path = Path(source)
    if not path.is_file():
        raise InputError(
            f"--series names '{source}', which is no file. Check the path, or use a shipped "
            f"series: {', '.join(load_examples())}."
        )
    return read_series(path, column)


def _example(example: Example) -> Series:
    """Return a shipped series: the last reading of each whole year, from the facts."""
    facts = load_facts(tables=FACTS).find(example.entity, example.metric)
    by_year = {
        fact.period_end.year: fact.number
        for fact in sorted(facts, key=lambda fact: fact.period_end)
        if fact.period_end.month == 12
    }
    years = sorted(by_year)
    return Series(example.title, tuple(map(str, years)), tuple(by_year[year] for year in years))


def explosive_document(series: Series, settings: Settings) -> dict[str, Any]:
    """Return the tests of a series as a document (``cardhouse/explosive/1``).

    Raises
    ------
    InputError
        When the series or the settings do not allow the test.
    """
    values = np.array(series.values)
    if settings.logs:
        if (values <= 0).any():
            worst = series.dates[int(np.flatnonzero(values <= 0)[0])]
            raise InputError(f"--logs needs values above 0; the one of {worst} is not.")
        values = np.log(values)
    found = gsadf(values, min_window=settings.window, lag=settings.lag)
    critical = gsadf_critical_values(
        values.size,
        min_window=found.min_window,
        replications=settings.replications,
        seed=settings.seed,
        series=values if settings.bootstrap else None,
    )
    episodes = date_episodes(found, critical, level=STARTS_AT, until=ENDS_AT)
    return {
        "schema": "cardhouse/explosive/1",
        "series": series.name,
        "tested": _tested(found, critical, settings),
        "statistics": _statistics(series, found, critical),
        "explosive": bool(found.gsadf > critical.gsadf[critical.levels.index(STARTS_AT)]),
        "episodes": [_told(series, one) for one in episodes],
        "points": _points(series, found, critical),
    }


def _tested(found: ExplosiveRoots, critical: CriticalValues, settings: Settings) -> dict[str, Any]:
    """Return what was tested, and how."""
    return {
        "form": "logarithm" if settings.logs else "level",
        "length": found.length,
        "lag": found.lag,
        "window": found.min_window,
        "minimum_duration": minimum_duration(found.length),
        "starts_at": STARTS_AT,
        "ends_at": ENDS_AT,
        "critical_values": critical.method,
        "replications": critical.replications,
        "seed": critical.seed,
    }


def _statistics(
    series: Series, found: ExplosiveRoots, critical: CriticalValues
) -> list[dict[str, Any]]:
    """Return each statistic with its critical values, their errors and its window."""
    windows = {
        "adf": (0, found.length - 1),
        "sadf": found.sadf_window,
        "gsadf": found.gsadf_window,
    }
    chances = critical.p_values(found)
    return [
        {
            "name": name,
            "value": getattr(found, name),
            "critical": getattr(critical, name).tolist(),
            "standard_errors": critical.standard_errors[name].tolist(),
            "p_value": chances[name],
            "from": series.dates[first],
            "to": series.dates[last],
        }
        for name, (first, last) in windows.items()
    ]


def _told(series: Series, episode: Episode) -> dict[str, Any]:
    return {
        "start": series.dates[episode.start],
        "peak": series.dates[episode.peak],
        "end": None if episode.ongoing else series.dates[episode.end],
        "points": episode.duration,
        "statistic": episode.peak_statistic,
        "lasts": episode.lasts,
    }


def _points(series: Series, found: ExplosiveRoots, critical: CriticalValues) -> dict[str, Any]:
    """Return what a drawing needs: all values, and statistics by end point."""
    thresholds = critical.bsadf[:, : found.bsadf.size]
    row = {level: thresholds[critical.levels.index(level)] for level in (STARTS_AT, ENDS_AT)}
    return {
        "dates": list(series.dates),
        "values": list(series.values),
        "first_end": int(found.ends[0]),
        "bsadf": found.bsadf.tolist(),
        "starts_above": row[STARTS_AT].tolist(),
        "ends_below": row[ENDS_AT].tolist(),
    }
