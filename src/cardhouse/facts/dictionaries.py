"""What the tables may say: the metrics, the entities and the units, each with its meaning."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

from cardhouse.errors import FactError, did_you_mean
from cardhouse.facts.text import CsvRow, read_shipped

NATURES = ("flow", "stock", "rate", "share", "price", "count", "date")


@dataclass(frozen=True)
class Metric:
    """A metric: its meaning, its line of the accounts (or ``evidence``), its sign there.

    ``nature`` is one of `NATURES`; ``payer`` and ``payee`` say who pays whom where money moves;
    ``sum_of`` says what a total adds up, which must not be added to it again.
    """

    metric: str
    meaning: str
    line: str
    sign: int
    nature: str
    payer: str
    payee: str
    perimeter: str
    sum_of: str


@dataclass(frozen=True)
class Entity:
    """An entity or counterparty: name, kind, parent, tier, market, other names, caveats."""

    id: str
    name: str
    kind: str
    parent: str
    tier: str
    market: str
    core: bool
    aliases: tuple[str, ...]
    note: str


@dataclass(frozen=True)
class Unit:
    """A unit: what it is to the accounts, and what one of it is in USD bn before exchange.

    ``least`` is the smallest value that makes sense, None where any does.
    """

    unit: str
    kind: str
    usd_bn: float | None
    currency: str
    least: float | None
    meaning: str


@dataclass(frozen=True)
class Dictionaries:
    """Everything a row may refer to."""

    metrics: Mapping[str, Metric]
    entities: Mapping[str, Entity]
    units: Mapping[str, Unit]
    tiers: frozenset[str]


@cache
def load_dictionaries() -> Dictionaries:
    """Return the shipped dictionaries; read once, about 700 small rows."""
    entities = load_entities()
    tiers = frozenset(entity.tier for entity in entities.values())
    return Dictionaries(load_metrics(), entities, load_units(), tiers)


def load_metrics() -> dict[str, Metric]:
    """Return the metric dictionary by metric."""
    columns = (
        "metric", "meaning", "line", "sign", "nature", "payer", "payee", "perimeter", "sum_of",
    )  # fmt: skip
    return {row.cells["metric"]: _metric(row) for row in _rows("metrics.csv", columns, "metric")}


def load_entities() -> dict[str, Entity]:
    """Return the entity dictionary by id; tiers and kinds come from here."""
    columns = ("id", "name", "kind", "parent", "tier", "market", "core", "aliases", "note")
    return {row.cells["id"]: _entity(row) for row in _rows("entities.csv", columns, "id")}


def load_units() -> dict[str, Unit]:
    """Return the units by name."""
    columns = ("unit", "kind", "usd_bn", "currency", "least", "meaning")
    return {row.cells["unit"]: _unit(row) for row in _rows("units.csv", columns, "unit")}


@lru_cache(maxsize=512)
def hint(word: str, known: frozenset[str]) -> str:
    """Return ``" Did you mean 'x'?"`` or nothing; remembers up to 512 misspelt words."""
    return did_you_mean(word, known)


def _rows(name: str, columns: tuple[str, ...], key: str) -> Iterable[CsvRow]:
    seen: set[str] = set()
    rows = read_shipped(name, columns)
    for row in rows:
        if row.cells[key] in seen:
            raise FactError(f"{row.place}: {key} '{row.cells[key]}' stands twice. Keep one.")
        seen.add(row.cells[key])
    return rows


def _metric(row: CsvRow) -> Metric:
    cells = row.cells
    nature = cells["nature"]
    if nature not in NATURES:
        raise FactError(
            f"{row.place}: nature '{nature}' is not known. Use one of {', '.join(NATURES)}."
        )
    if cells["sign"] not in ("1", "-1", "0"):
        raise FactError(f"{row.place}: sign '{cells['sign']}' is not known. Use 1, -1 or 0.")
    return Metric(
        metric=cells["metric"],
        meaning=cells["meaning"],
        line=cells["line"],
        sign=int(cells["sign"]),
        nature=nature,
        payer=cells["payer"],
        payee=cells["payee"],
        perimeter=cells["perimeter"],
        sum_of=cells["sum_of"],
    )


def _entity(row: CsvRow) -> Entity:
    cells = row.cells
    if cells["core"] not in ("yes", "no"):
        raise FactError(f"{row.place}: core is '{cells['core']}'. Use yes or no.")
    return Entity(
        id=cells["id"],
        name=cells["name"],
        kind=cells["kind"],
        parent=cells["parent"],
        tier=cells["tier"],
        market=cells["market"],
        core=cells["core"] == "yes",
        aliases=tuple(part for part in cells["aliases"].split(";") if part),
        note=cells["note"],
    )


def _unit(row: CsvRow) -> Unit:
    cells = row.cells
    return Unit(
        unit=cells["unit"],
        kind=cells["kind"],
        usd_bn=float(cells["usd_bn"]) if cells["usd_bn"] else None,
        currency=cells["currency"],
        least=float(cells["least"]) if cells["least"] else None,
        meaning=cells["meaning"],
    )
