"""Figures of the mirror out of a run: what a cell of ``mirror.csv`` asks for in each quarter.

A cell is a figure, or a ratio of two by `` / ``:

- ``flow:KIND:PAYERS:PAYEES``, ``entity:COLUMN:ENTITIES``: dollars a year, sums over those named by
  ``|`` (payers and payees left out: all);
- ``tier:COLUMN:TIERS``, ``count:TIERS``: sums over tiers, and their firms;
- ``!name:argument``: a figure of its own rule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import accumulate
from typing import Any

from cardhouse.facts import FactTable
from cardhouse.studies.mirror_facts import points_of
from cardhouse.studies.overlay import overlay_at, snapshot, until
from cardhouse.studies.scenario_times import quarter_number

Values = list[float]
Document = Mapping[str, Any]
A_YEAR = 4.0
"""Quarters of a year."""
FIRMS = ("firm", "parent", "population")
"""Kinds of rows that stand for whole firms; divisions are within their parent."""


def values_of(cell: str, document: Document, facts: FactTable) -> Values | None:
    """Return a figure of each quarter of a run, its base first; None where the run has none.

    Parameters
    ----------
    cell
        A cell of ``run``.
    document
        A result document (``cardhouse/run/1``).
    facts
        What is known, for figures that go on from a fact.
    """
    if not cell:
        return None
    if cell.startswith("!"):
        name, _, argument = cell[1:].partition(":")
        return NAMED[name](document, facts, argument)
    parts = [_figure(one, document) for one in cell.split(" / ")]
    told = [one for one in parts if one is not None]
    if len(told) < len(parts):
        return None
    return told[0] if len(told) == 1 else _ratios(*told)


def _ratios(above: Sequence[float], below: Sequence[float]) -> Values | None:
    """Return ratios up to the first quarter without a positive divisor; None: the base has none."""
    end = next((at for at, one in enumerate(below) if one <= 0), len(below))
    return [a / b for a, b in zip(above[:end], below[:end], strict=True)] or None


def _figure(text: str, document: Document) -> Values | None:
    kind, *words = text.strip().split(":")
    return KINDS[kind](document, *(word.split("|") if word else [] for word in words))


def _flows(
    document: Document, kinds: list[str], payers: Sequence[str] = (), payees: Sequence[str] = ()
) -> Values | None:
    """Return flows of a kind, dollars a year; None where no party that is named is in the run."""
    known = {row["id"] for row in document["entities"]}
    for named in (payers, payees):
        if named and not known & set(named):
            return None
    rows = [
        flow["amount"]
        for flow in document["flows"]
        if flow["kind"] in kinds
        and (not payers or flow["payer"] in payers)
        and (not payees or flow["payee"] in payees)
    ]
    return _yearly(_summed(rows, len(document["quarters"])))


def _entities(document: Document, columns: list[str], names: list[str]) -> Values | None:
    rows = {row["id"]: row for row in document["entities"]}
    told = [rows.get(name, {}).get(column) for name in names for column in columns]
    return None if None in told else _yearly(_summed(told, len(document["quarters"])))


def _tiers(document: Document, columns: list[str], tiers: list[str]) -> Values | None:
    rows = [row.get(column) for row in document["tiers"] if row["tier"] in tiers
            for column in columns]  # fmt: skip
    return _summed(rows, len(document["quarters"])) if rows and None not in rows else None


def _count(document: Document, tiers: list[str]) -> Values | None:
    firms = [row for row in _firms(document) if row["tier"] in tiers]
    return [float(len(firms))] * len(document["quarters"]) if firms else None


def _firms(document: Document) -> list[Mapping[str, Any]]:
    return [row for row in document["entities"] if row["kind"] in FIRMS]


def _summed(rows: Iterable[Sequence[float | None]], quarters: int) -> Values:
    total = [0.0] * quarters
    for row in rows:
        total = [one + (more or 0.0) for one, more in zip(total, row, strict=True)]
    return total


def _yearly(values: Values) -> Values:
    return [A_YEAR * one for one in values]


KINDS: Mapping[str, Callable[..., Values | None]] = {
    "flow": _flows,
    "entity": _entities,
    "tier": _tiers,
    "count": _count,
}


def _stakes(document: Document, facts: FactTable, firm: str) -> Values | None:
    """Return a seller's stakes over a year's sales: the fact of the base and what it adds later."""
    sales = _entities(document, ["revenue"], [firm])
    base = quarter_number(document["manifest"]["base_quarter"])
    told = points_of(f"equity_stakes_nonmarketable@{firm}", facts)
    opening = next((one.value for one in told if one.first == base), None)
    bought = _flows(document, ["equity"], [firm])
    if sales is None or opening is None or bought is None:
        return None
    added = accumulate([opening, *(one / A_YEAR for one in bought[1:])])
    return _ratios(list(added), sales)


def _profit_share(document: Document, _: FactTable, firm: str) -> Values | None:
    """Return a firm's part of the operating results of firms that have a profit."""
    rows = {row["id"]: row["operating_result"] for row in _firms(document)}
    if firm not in rows:
        return None
    count = range(len(document["quarters"]))
    whole = [sum(max(row[at] or 0.0, 0.0) for row in rows.values()) for at in count]
    return _ratios([max(one or 0.0, 0.0) for one in rows[firm]], whole)


def _overlay(document: Document, facts: FactTable, what: str) -> Values | None:
    """Return what a scenario does to the index, against the baseline, quarter by quarter.

    None where the baseline moves nothing, or no firm of the index is in the run.
    """
    found = snapshot(facts)
    names = {row["id"] for row in document["entities"]}
    if document["baseline"] is None or found is None or not names & set(found.firms):
        return None
    ends = range(1, len(document["quarters"]) + 1)
    moved = [overlay_at(until(document, end), found, 0.0) for end in ends]
    if what == "price":
        return [100.0 * (1 + one["price_change"]) for one in moved]
    ratios = [one["price_to_book"]["after"] for one in moved]
    return None if any(one is None for one in ratios) else ratios


def _owed_in_default(document: Document, _: FactTable, __: str) -> Values | None:
    """Return what firms that failed in a quarter owed, dollars a year."""
    at = {quarter: number for number, quarter in enumerate(document["quarters"])}
    owed = [0.0] * len(at)
    for one in document["fragility"]["defaults"]:
        owed[at[one["quarter"]]] += A_YEAR * one["owed"]
    return owed


def _failed_firms(document: Document, _: FactTable, __: str) -> Values | None:
    """Return the share of firms that have failed so far, populations by member."""
    rows, quarters = _firms(document), document["quarters"]
    if any(row["kind"] == "population" and "defaults" not in row for row in rows):
        return None
    whole = sum(row.get("members", 1) for row in rows)
    failed = _summed([_failures(row, quarters) for row in rows], len(quarters))
    return [one / whole for one in accumulate(failed)] if whole else None


def _failures(row: Mapping[str, Any], quarters: Sequence[str]) -> Values:
    """Return how many firms of a row fail in each quarter, each at its first default."""
    if row["kind"] == "population":
        return [float(one) for one in row["defaults"]]
    return [float(quarter == row["default_quarter"]) for quarter in quarters]


NAMED: Mapping[str, Callable[[Document, FactTable, str], Values | None]] = {
    "stakes": _stakes,
    "profit_share": _profit_share,
    "overlay": _overlay,
    "owed_in_default": _owed_in_default,
    "failed_firms": _failed_firms,
}
"""Figures that the table calls by name with ``!``."""
