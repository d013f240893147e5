"""The sentences of the thesis in ``claims.csv``: each with its definition and of whom it speaks."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

TABLE = Path(__file__).with_name("claims.csv")


@dataclass(frozen=True)
class Claim:
    """A row of the table."""

    id: str
    economy: str
    claim: str
    definition: str
    judge: str
    tiers: tuple[str, ...]
    products: tuple[str, ...]
    facts: str
    shown: str
    low: float
    high: float
    scenario: str
    quarters: int


def load_claims(table: Path = TABLE) -> list[Claim]:
    """Return the claims in the order of the table."""
    with table.open(encoding="utf-8", newline="") as file:
        return [_claim(row) for row in csv.DictReader(file)]


def _claim(row: Mapping[str, str]) -> Claim:
    words = {name: row[name] for name in ("id", "economy", "claim", "definition", "judge")}
    return Claim(
        **words,
        tiers=_words(row["tiers"]),
        products=_words(row["products"]),
        facts=row["facts"],
        shown=row["shown"],
        low=float(row["low"] or "-inf"),
        high=float(row["high"] or "inf"),
        scenario=row["scenario"],
        quarters=int(row["quarters"] or 0),
    )


def _words(cell: str) -> tuple[str, ...]:
    return tuple(word for word in cell.split("|") if word)
