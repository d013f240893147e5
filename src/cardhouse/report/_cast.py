"""Who is who in a result document: names, kinds, tiers and whose purse pays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from cardhouse.report.wording import sentence_case, words

Document = Mapping[str, Any]
Row = Mapping[str, Any]

OUTSIDE = "outside"
OWN_CASH = {  # sources of the ledger that are nobody's but the firm's own
    "cash": "Own cash",
    "not_in_cash": "Not in cash",
}
SELLERS = frozenset({"firm", "division", "parent", "population"})


@dataclass(frozen=True)
class Cast:
    """The entities of a document, asked by id; ends of payments that have no row are outside."""

    document: Document

    @cached_property
    def rows(self) -> dict[str, Row]:
        """Return the entities' rows by id."""
        return {row["id"]: row for row in self.document["entities"]}

    @cached_property
    def tiers(self) -> list[str]:
        """Return the tiers in the document's order, then those that only entities name."""
        named = [row["tier"] for row in self.document["tiers"]]
        used = [row["tier"] for row in self.rows.values() if row["tier"]]
        return list(dict.fromkeys([*named, *used]))

    def name(self, entity: str) -> str:
        """Return the name of an entity or account, in words when it has no row."""
        row = self.rows.get(entity)
        return row["name"] if row else OWN_CASH.get(entity, sentence_case(words(entity)))

    def kind(self, entity: str) -> str:
        """Return the kind of an entity; what has no row is an outside account."""
        row = self.rows.get(entity)
        return row["kind"] if row else OUTSIDE

    def tier(self, entity: str) -> str:
        """Return the tier of an entity; what has no row is outside."""
        row = self.rows.get(entity)
        return row["tier"] if row else OUTSIDE

    def purse(self, entity: str) -> str:
        """Return who pays for an entity: the parent of a division, else itself."""
        row = self.rows.get(entity)
        parent = row.get("parent") if row and row["kind"] == "division" else None
        return parent if parent in self.rows else entity

    def purse_name(self, purse: str, members: Iterable[str]) -> str:
        """Return how a purse is called in a picture: with its one division's name first."""
        divisions = sorted({member for member in members if member != purse})
        if len(divisions) == 1:
            return f"{self.name(divisions[0])} ({self.name(purse)})"
        return self.name(purse)
