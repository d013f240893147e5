"""The panel of gauges: what the table ``gauges.csv`` asks of the facts, and what they answer."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from cardhouse.analysis.gauges import PEAK_UNTIL, Reading, Standing, standing
from cardhouse.errors import InputError, did_you_mean
from cardhouse.facts import Fact, FactTable, load_facts
from cardhouse.studies.overlay import backwards, snapshot

TABLE = Path(__file__).with_name("gauges.csv")
FACTS = ("market_gauges.csv",)
NOTE = "price_to_book_bank"
"""The gauge whose newest reading started the question: others are read at its day, too."""
RECORDS = {"price_to_book": "price_to_book_record"}
"""Gauges whose highest reading between those kept is a fact of its own."""
NEAR_DAYS = 45
"""Days from the note's within which another gauge's reading stands beside it."""


@dataclass(frozen=True)
class Gauge:
    """One gauge: the facts it reads, what it means, and what to beware of."""

    id: str
    group: str
    title: str
    entity: str
    metric: str
    unit: str
    peak_entity: str
    peak_metric: str
    definition: str
    caveat: str

    @property
    def name(self) -> str:
        """Return the title with its group where it needs one."""
        return f"price/book, {self.title}" if self.group == "price/book" else self.title


@cache
def load_gauges() -> Mapping[str, Gauge]:
    """Return every gauge by id, in the order of the table.

    Examples
    --------
    >>> load_gauges()["cape"].title
    'CAPE'
    """
    with TABLE.open(encoding="utf-8", newline="") as file:
        return {row["id"]: Gauge(**row) for row in csv.DictReader(file)}


def gauge_document(
    *, as_of: str | None = None, extra_facts: Sequence[Path] = (), only: str | None = None
) -> dict[str, Any]:
    """Return the panel as a document (``cardhouse/gauge/1``).

    Parameters
    ----------
    as_of
        Use the facts known on this day; default: all.
    extra_facts
        Tables of a person's own facts on top.
    only
        Id of one gauge.

    Raises
    ------
    InputError
        When there is no such gauge, or none has a reading by that day.
    """
    chosen = _chosen(only)
    facts = load_facts(extra_facts, FACTS)
    last = facts.newest_known_from().isoformat()
    if as_of is not None:
        facts = facts.known_at(dt.date.fromisoformat(as_of))
    note = _note(facts)
    rows = [row for gauge in chosen if (row := _row(facts, gauge, note)) is not None]
    if not rows:
        raise InputError(
            f"no gauge has a reading known on {as_of}. Choose a later day for --as-of."
        )
    back = _backwards(facts, rows)
    return {
        "schema": "cardhouse/gauge/1",
        "as_of": min(as_of or last, last),
        "note_date": None if note is None else note.day.isoformat(),
        "gauges": rows,
        **_evidence(rows),
        **back,
        "facts": {one: passport(facts.by_id[one]) for one in _used(rows, back)},
    }


def _backwards(facts: FactTable, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return what fall of the listed AI firms brings price/book back, and who they are."""
    found = snapshot(facts)
    if found is None:
        return {"ai_firms": None, "backwards": []}
    firms = {
        "names": list(found.firms),
        "weight": found.weight,
        "date": found.day.isoformat(),
        "facts": list(found.facts),
    }
    return {"ai_firms": firms, "backwards": backwards(found, rows)}


def _chosen(only: str | None) -> list[Gauge]:
    gauges = load_gauges()
    if only is None:
        return list(gauges.values())
    if only in gauges:
        return [gauges[only]]
    raise InputError(
        f"there is no gauge '{only}'.{did_you_mean(only, gauges)} Known: {', '.join(gauges)}."
    )


def _row(facts: FactTable, gauge: Gauge, note: Reading | None) -> dict[str, Any] | None:
    """Return a gauge's row; None where it has no reading."""
    readings = sorted(_readings(facts, gauge), key=_day)
    if not readings:
        return None
    stand_ins = _numbers(facts.find(gauge.peak_entity, gauge.peak_metric))
    found = standing(readings, stand_ins)
    return {
        "id": gauge.id,
        "group": gauge.group,
        "title": gauge.title,
        "unit": gauge.unit,
        "definition": gauge.definition,
        "caveat": gauge.caveat,
        "latest": _plain(found.latest),
        "at_note": _plain(_at(readings, note)),
        "record": _plain(_record(facts, gauge, found)),
        "peak": _plain(found.peak),
        "peak_is_anothers": found.peak is not None and found.peak not in readings,
        "distance": found.distance,
        "percentile": found.percentile,
        "years": found.years,
        "verdict": found.verdict,
        "history": [_plain(one) for one in readings],
    }


def _note(facts: FactTable) -> Reading | None:
    """Return the bank's newest reading; its one of 2000, told in the same note, is none."""
    told = [one for one in _readings(facts, load_gauges()[NOTE]) if one.day > PEAK_UNTIL]
    return max(told, key=_day, default=None)


def _readings(facts: FactTable, gauge: Gauge) -> list[Reading]:
    return _numbers(facts.find(gauge.entity, gauge.metric))


def _numbers(found: Iterable[Fact]) -> list[Reading]:
    return [Reading(fact.period_end, fact.number, fact.id) for fact in found]


def _at(readings: Sequence[Reading], note: Reading | None) -> Reading | None:
    """Return the reading nearest to the note's day; None where none is near."""
    if note is None:
        return None
    nearest = min(readings, key=lambda one: abs((one.day - note.day).days))
    return nearest if abs((nearest.day - note.day).days) <= NEAR_DAYS else None


def _record(facts: FactTable, gauge: Gauge, found: Standing) -> Reading:
    """Return the highest reading, one between those kept included where a fact tells it."""
    told = _numbers(facts.find(gauge.entity, RECORDS.get(gauge.id, "")))
    return max([found.highest, *told], key=lambda one: one.value)


def _day(reading: Reading) -> dt.date:
    return reading.day


def _plain(reading: Reading | None) -> dict[str, Any] | None:
    if reading is None:
        return None
    return {"value": reading.value, "date": reading.day.isoformat(), "fact": reading.fact}


def _evidence(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return sentences for and against "as dear as at the dot-com peak", and what cannot say."""
    said = {verdict: [row for row in rows if row["verdict"] == verdict] for verdict in WORDS}
    return {key: [_sentence(row) for row in said[verdict]] for verdict, key in WORDS.items()}


WORDS = {"yes": "for", "no": "against", "undetermined": "undetermined"}


def _sentence(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a gauge says in words, with its facts."""
    gauge = load_gauges()[row["id"]]
    latest, peak = row["latest"], row["peak"]
    words = f"{gauge.name}: {shown(latest['value'], row['unit'])} on {latest['date']}"
    if peak is None:
        return {"gauge": row["id"], "words": f"{words}; no reading of 2000", "facts": _ids(latest)}
    whose = ", from another series" if row["peak_is_anothers"] else ""
    against = (
        f"{words} against {shown(peak['value'], row['unit'])} on {peak['date']}{whose} "
        f"({100 * row['distance']:+.0f} %)"
    )
    return {"gauge": row["id"], "words": against, "facts": _ids(latest, peak)}


def shown(value: float, unit: str) -> str:
    """Return a reading in words: a share in per cent, a ratio with its decimals.

    Examples
    --------
    >>> shown(0.4086, "share"), shown(5.06, "ratio"), shown(39.35, "ratio")
    ('40.9 %', '5.06', '39.4')
    """
    if unit == "share":
        return f"{100 * value:.1f} %"
    return f"{value:.2f}" if abs(value) < 10 else f"{value:.1f}"


def _ids(*readings: Mapping[str, Any]) -> list[str]:
    return [reading["fact"] for reading in readings]


def _used(rows: Sequence[Mapping[str, Any]], back: Mapping[str, Any]) -> list[str]:
    """Return the ids of the facts behind the panel, each once."""
    ids: dict[str, None] = {}
    for row in rows:
        for reading in (row["latest"], row["at_note"], row["record"], row["peak"], *row["history"]):
            if reading is not None:
                ids.setdefault(reading["fact"])
    return [*ids, *(back["ai_firms"] or {"facts": []})["facts"]]


def passport(fact: Fact) -> dict[str, Any]:
    """Return what is told of a fact beside its value."""
    return {
        "source": fact.source,
        "url": fact.url,
        "grade": fact.grade_in_words,
        "basis": fact.basis,
        "note": fact.note,
    }
