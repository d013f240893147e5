"""The overlay: what a scenario, or a fall of the AI names alone, does to the index they are in.

The listed firms of the economy carry market value, book value and index weight, by the newest
snapshot known; the rest of the index stands still.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from cardhouse.analysis.gauges import FEWEST_YEARS
from cardhouse.analysis.index_overlay import Index, IndexMove, fall_to_reach, index_of, move_index
from cardhouse.errors import InputError
from cardhouse.facts import Fact, FactTable

INDEX = "sp500"
REST = "rest of the index"
MOST_RERATING = 10.0
YEAR = 4
"""Quarters whose results a firm's value is judged by."""


@dataclass(frozen=True)
class Snapshot:
    """An index on a day: its listed firms of the economy, and the rest as one."""

    day: dt.date
    index: Index
    facts: tuple[str, ...]

    @property
    def firms(self) -> tuple[str, ...]:
        """Return the economy's firms in the index."""
        return self.index.names[:-1]

    @property
    def weight(self) -> float:
        """Return their part of the index."""
        return self.index.weight_of(frozenset(self.firms))


def snapshot(facts: FactTable) -> Snapshot | None:
    """Return the newest snapshot of the index and its firms; None where there is none."""
    values = {fact.period_end: fact for fact in facts.find(INDEX, "market_cap")}
    ratios = {fact.period_end: fact for fact in facts.find(INDEX, "price_to_book_constituents")}
    firms = _firms(facts)
    days = [day for day in values.keys() & ratios.keys() if day in firms]
    if not days:
        return None
    day = max(days)
    return _snapshot(day, values[day], ratios[day], firms[day])


def _firms(facts: FactTable) -> dict[dt.date, dict[str, tuple[Fact, Fact]]]:
    """Return market value and price/book of each firm by day and firm."""
    found: dict[dt.date, dict[str, tuple[Fact, Fact]]] = {}
    for ratio in (fact for fact in facts if fact.metric == "price_to_book_firm"):
        for value in facts.find(ratio.entity, "market_cap"):
            if (value.period_end, value.source) == (ratio.period_end, ratio.source):
                found.setdefault(ratio.period_end, {})[ratio.entity] = (value, ratio)
    return found


def _snapshot(
    day: dt.date, value: Fact, ratio: Fact, firms: Mapping[str, tuple[Fact, Fact]]
) -> Snapshot:
    names = sorted(firms, key=lambda name: -firms[name][0].number)
    values = [firms[name][0].number for name in names]
    books = [firms[name][0].number / firms[name][1].number for name in names]
    whole, book = value.number, value.number / ratio.number
    index = index_of((*names, REST), [*values, whole - sum(values)], [*books, book - sum(books)])
    used = [value, ratio, *(fact for name in names for fact in firms[name])]
    return Snapshot(day, index, tuple(fact.id for fact in used))


def backwards(found: Snapshot | None, rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return what fall of the economy's listed firms brings price/book to its peak or median.

    Their books and the rest of the index stand still.

    Parameters
    ----------
    found
        The newest snapshot; without one there is no answer.
    rows
        Gauges of the panel.
    """
    if found is None:
        return []
    return [
        {
            "gauge": row["id"],
            "to": to,
            "price_to_book": row["latest"]["value"],
            "target": target,
            "fall": (fall := fall_to_reach(row["latest"]["value"], target, found.weight)),
            "index_fall": None if fall is None else fall * found.weight,
        }
        for row in rows
        if row["group"] == "price/book" and row["id"] in WHOLE
        for to, target in _targets(row)
    ]


WHOLE = ("price_to_book", "price_to_book_bank", "price_to_book_constituents")
"""Gauges of the whole index's price/book."""


def _targets(row: Mapping[str, Any]) -> list[tuple[str, float]]:
    """Return the peak of 2000, and the median of years where there are enough."""
    closes = {reading["date"][:4]: reading["value"] for reading in row["history"]}
    targets = [] if row["peak"] is None else [("peak", row["peak"]["value"])]
    if len(closes) >= FEWEST_YEARS:
        targets.append(("median", median(closes.values())))
    return targets


def overlay_document(
    document: Mapping[str, Any], facts: FactTable, *, rerating: float = 0.0
) -> dict[str, Any]:
    """Return what a scenario does to the index as a document (``cardhouse/overlay/1``).

    A firm's market value moves as its operating result of the last four quarters does against
    the baseline's (its revenue, where the baseline's result is no profit), times what investors
    pay for a dollar of result. Its book loses what its results, added up, fall short. A firm in
    default is worth nothing. The rest of the index stands still. Told are the last quarter of the
    run and, under ``worst``, that in which the index stands lowest against the baseline.

    Parameters
    ----------
    document
        Result of a run of a scenario, the baseline beside it.
    facts
        Facts known, with a snapshot of the index.
    rerating
        Relative change of the firms' multiples, at least -1: 0 when investors pay for a dollar of
        result what they paid before.

    Raises
    ------
    InputError
        When the multiple is out of its range, the run has no baseline beside it, no snapshot is
        known, or no firm of the index is in the run.
    """
    if not -1 <= rerating <= MOST_RERATING:
        raise InputError(f"--rerating is {rerating}. Choose one from -1 to {MOST_RERATING:g}.")
    found = snapshot(facts)
    if found is None:
        raise InputError(
            "no snapshot of the index and its firms is known by that day. Choose a later --as-of."
        )
    if document["baseline"] is None:
        raise InputError("the baseline moves nothing. Name a scenario by --scenario or --set.")
    pairs = _pairs(document)
    if not pairs.keys() & set(found.firms):
        raise InputError(
            f"none of the index's firms ({', '.join(found.firms)}) is in economy "
            f"'{document['manifest']['economy']}', so that nothing moves the index. Use --economy "
            "ai, or an economy that has some of them."
        )
    ends = range(2, len(document["quarters"]) + 1)
    by_quarter = [overlay_at(until(document, end), found, rerating) for end in ends]
    last = overlay_at(document, found, rerating)
    worst = min([*by_quarter, last], key=lambda one: one["price_change"])
    return {
        "schema": "cardhouse/overlay/1",
        "manifest": document["manifest"],
        "snapshot": found.day.isoformat(),
        "rerating": rerating,
        **last,
        "worst": worst,
        "not_in_run": [name for name in found.firms if name not in pairs],
        "facts": list(found.facts),
    }


def overlay_at(document: Mapping[str, Any], found: Snapshot, rerating: float) -> dict[str, Any]:
    """Return what a scenario has done to the index by the last quarter of a document."""
    pairs = _pairs(document)
    changes = [
        (1 + _value_change(*pairs[name])) * (1 + rerating) - 1 if name in pairs else rerating
        for name in found.firms
    ]
    books = [
        _book_change(*pairs[name], float(found.index.books[at])) if name in pairs else 0.0
        for at, name in enumerate(found.firms)
    ]
    moved = move_index(found.index, [*changes, 0.0], [*books, 0.0])
    firms = frozenset(found.firms)
    return {
        "quarter": document["quarters"][-1],
        "price_change": moved.price_change,
        "price_to_book": _both(moved.before.price_to_book, moved.after.price_to_book),
        "weight": _both(moved.before.weight_of(firms), moved.after.weight_of(firms)),
        "largest_weight": _both(_largest(moved.before), _largest(moved.after)),
        "firms": [_row(moved, at, changes[at], books[at]) for at in range(len(found.firms))],
    }


def until(document: Mapping[str, Any], end: int) -> dict[str, Any]:
    """Return a result document up to a quarter: nobody has failed in it who fails later."""
    quarters = document["quarters"][:end]

    def cut(row: Mapping[str, Any]) -> dict[str, Any]:
        series = {name: row[name][:end] for name in ("revenue", "operating_result")}
        failed = row["default_quarter"]
        return {**row, **series, "default_quarter": failed if failed in quarters else None}

    usual = {
        **document["baseline"],
        "entities": [cut(one) for one in document["baseline"]["entities"]],
    }
    rows = [cut(one) for one in document["entities"]]
    return {**document, "quarters": quarters, "entities": rows, "baseline": usual}


def _largest(index: Index) -> float:
    """Return the weight of the largest of the economy's firms."""
    return float(index.weights[:-1].max())


def _row(moved: IndexMove, at: int, value_change: float, book_change: float) -> dict[str, Any]:
    before = moved.before
    return {
        "id": before.names[at],
        "market_value": float(before.values[at]),
        "book": float(before.books[at]),
        "weight": float(before.weights[at]),
        "value_change": value_change,
        "book_change": book_change,
        "contribution": float(moved.contributions[at]),
    }


def _both(before: float | None, after: float | None) -> dict[str, float | None]:
    return {"before": before, "after": after}


def _pairs(document: Mapping[str, Any]) -> dict[str, tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """Return each entity's row of the scenario and of the baseline."""
    usual = {row["id"]: row for row in document["baseline"]["entities"]}
    return {
        row["id"]: (row, usual[row["id"]]) for row in document["entities"] if row["id"] in usual
    }


def _value_change(row: Mapping[str, Any], usual: Mapping[str, Any]) -> float:
    """Return the relative change of a firm's market value, its multiple standing still."""
    if row["default_quarter"] is not None and usual["default_quarter"] is None:
        return -1.0
    for measure in ("operating_result", "revenue"):
        expected = sum(_numbers(usual[measure][-YEAR:]))
        if expected > 0:
            return max(sum(_numbers(row[measure][-YEAR:])) / expected - 1, -1.0)
    return 0.0


def _book_change(row: Mapping[str, Any], usual: Mapping[str, Any], book: float) -> float:
    """Return what a firm's book gains or loses; in default all there is."""
    if row["default_quarter"] is not None and usual["default_quarter"] is None:
        return -max(book, 0.0)
    results = (sum(_numbers(one["operating_result"][1:])) for one in (row, usual))
    return next(results) - next(results)


def _numbers(values: Sequence[float | None]) -> list[float]:
    return [value for value in values if value is not None]
