"""The figures that runs are compared by, each read from a run's document by its key."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cardhouse.studies.answer_sources import look_up
from cardhouse.studies.extracts import last_seller

Document = Mapping[str, Any]

LAST, SUM = "last", "sum"
"""A figure of the last quarter, or added up over all simulated quarters."""
FLOW, STOCK, SHARE, COUNT = "USD bn a quarter", "USD bn", "USD per USD", "firms"
SAME_WITHIN = 1e-9
"""Relative difference up to which two runs say the same."""
COVERAGE = {"with_programs": "all costs", "without_programs": "training and research apart"}
SALES, ALL_SALES = "Sales in the last quarter", "Sales, in all"
RESULT, PLANT, RAISED = "Results before interest, in all", "Spent on plant", "New money raised"
RESULTS = (
    (SALES, "revenue", LAST, FLOW),
    (RESULT, "operating_result", SUM, STOCK),
    (PLANT, "capex", SUM, STOCK),
    (RAISED, "raised", SUM, STOCK),
)
"""What is told of each tier: heading, figure, how it is read, unit."""


@dataclass(frozen=True)
class Figure:
    """One row of a comparison: where it stands in a run's document and how it is read."""

    group: str
    words: str
    key: str
    how: str
    unit: str

    def of(self, document: Document) -> float | None:
        """Return the figure of a run; None where the run has none."""
        series = look_up(document, self.key)[1] if _has(document, self.key) else None
        if not isinstance(series, Sequence):
            return None
        if self.how == LAST:
            return series[-1]
        return float(sum(value for value in series[1:] if value is not None))


def compared_figures(documents: Sequence[Document]) -> list[Figure]:
    """Return the figures in the order in which they are told, for all that any run has."""
    return [*_coverage(), *_seller(documents), *_tiers(documents), *_pools(documents),
            *_subsidies(documents)]  # fmt: skip


def _has(document: Document, key: str) -> bool:
    """Tell whether a run has the row that a key asks for."""
    place, _, rest = key.partition(".")
    if place not in ("tiers", "entities"):
        return place in document
    name = rest.rpartition(".")[0]
    return any(name in (row.get("tier"), row.get("id")) for row in document[place])


def _coverage() -> Iterator[Figure]:
    for name, words in COVERAGE.items():
        key = f"ledger_by_quarter.users_pay_per_dollar_of_cost.{name}"
        yield Figure("Paid by users at the end, of a dollar", words, key, LAST, SHARE)


def _seller(documents: Sequence[Document]) -> Iterator[Figure]:
    """Yield the sales of the largest seller of the last layer, the first run's."""
    seller = last_seller(documents[0])
    if seller is not None:
        key = f"entities.{seller['id']}.revenue"
        yield Figure(ALL_SALES, seller["name"], key, SUM, STOCK)
        yield Figure(SALES, seller["name"], key, LAST, FLOW)


def _tiers(documents: Sequence[Document]) -> Iterator[Figure]:
    tiers = _names(tier["tier"] for one in documents for tier in one["tiers"])
    for group, figure, how, unit in RESULTS:
        for tier in tiers:
            found = Figure(group, tier, f"tiers.{tier}.{figure}", how, unit)
            if any(found.of(one) for one in documents):
                yield found


def _pools(documents: Sequence[Document]) -> Iterator[Figure]:
    pools = {
        row["id"]: row["name"]
        for one in documents
        for row in one["entities"]
        if row["kind"] == "pool"
    }
    for pool, name in pools.items():
        key = f"entities.{pool}.spending"
        found = Figure("Given by pools of capital", name, key, SUM, STOCK)
        if any(found.of(one) for one in documents):
            yield found


def _subsidies(documents: Sequence[Document]) -> Iterator[Figure]:
    group = "Costs that customers did not pay"
    yield Figure(group, "all firms", "ledger_by_quarter.subsidy", SUM, STOCK)
    for tier in _names(name for one in documents for name in one["ledger_by_quarter"]["by_tier"]):
        key = f"ledger_by_quarter.by_tier.{tier}.subsidy"
        found = Figure(group, tier, key, SUM, STOCK)
        if any(found.of(one) for one in documents):
            yield found


def _names(found: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(found))


def failure_counts(document: Document) -> dict[str, float]:
    """Return how many fail in a run, and what creditors are left without (USD bn).

    Firms count once however often they fail; the small firms of populations count beside them.
    """
    defaults, entities = document["fragility"]["defaults"], document["entities"]
    by_firms = sum(sum((one.get("loss_by_holder") or {}).values()) for one in defaults)
    by_members = sum(value or 0.0 for row in entities for value in (row.get("lost") or [])[1:])
    return {
        "firms": float(len({one["entity"] for one in defaults})),
        "members": float(sum(sum(row.get("defaults") or []) for row in entities)),
        "lost": float(by_firms + by_members),
    }


def differ(values: Sequence[float | None]) -> bool:
    """Tell whether values of several runs differ by more than rounding.

    Examples
    --------
    >>> differ([1.0, 1.0 + 1e-12]), differ([1.0, None]), differ([None, None])
    (False, True, False)
    """
    known = [value for value in values if value is not None]
    if len(known) < len(values):
        return bool(known)
    return max(known) - min(known) > SAME_WITHIN * max(map(abs, known))
