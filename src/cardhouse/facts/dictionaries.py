"""What the tables may say: the metrics, the entities and the units, each with its meaning."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property, lru_cache

from cardhouse.errors import FactError, InputError, did_you_mean
from cardhouse.facts.schema import BASES, GRADES, KNOWN_FROM_BASES
from cardhouse.facts.text import CsvRow, read_shipped, shorten

NATURES = (
    "flow", "event", "stock", "contract", "rate", "share", "price", "count", "duration", "date",
)  # fmt: skip
"""What a metric measures: over a period, on one day or some, at a date, over a contract's term."""
PLUS = " + "
PARTIES = (
    "", "entity", "counterparty", "customers", "suppliers", "staff", "investors", "lenders",
    "owners",
)  # fmt: skip
"""Who pays or is paid: a column of the row, or people outside it."""


@dataclass(frozen=True)
class Metric:
    """A metric: its meaning, its line of the accounts (or ``evidence``), its sign there.

    ``sign`` is 1 where more of it leaves the entity with more, -1 where with less, 0 where
    neither; ``nature`` is one of `NATURES`; ``payer`` and ``payee`` are of `PARTIES`; ``sum_of``
    says what a total adds up, which must not be added to it again: metrics joined by `PLUS`, or
    words where it adds up rows of other kinds.
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

    @property
    def parts(self) -> tuple[str, ...]:
        """Return the metrics that this one is the sum of; none where words say it."""
        return tuple(self.sum_of.split(PLUS)) if PLUS in self.sum_of else ()


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

    def with_entities(self, entities: Iterable[Entity]) -> Dictionaries:
        """Return the dictionaries with an economy's own entities beside the shipped ones."""
        added = {entity.id: entity for entity in entities if entity.id not in self.entities}
        tiers = self.tiers | {entity.tier for entity in added.values()}
        return replace(self, entities={**self.entities, **added}, tiers=tiers) if added else self

    @cached_property
    def words(self) -> tuple[tuple[str, frozenset[str]], ...]:
        """Return each column of a row that is made of known words, with these."""
        return (
            ("entity", frozenset(self.entities)),
            ("counterparty", frozenset(self.entities)),
            ("metric", frozenset(self.metrics)),
            ("unit", frozenset(self.units)),
            ("tier", self.tiers),
            ("basis", frozenset(BASES)),
            ("grade", frozenset(GRADES)),
            ("known_from_basis", frozenset(KNOWN_FROM_BASES)),
        )


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
    lines = load_lines()
    rows = {row.cells["metric"]: row for row in _rows("metrics.csv", columns, "metric")}
    metrics = {name: _metric(row, lines) for name, row in rows.items()}
    for name, metric in metrics.items():
        _check_parts(rows[name], metric, metrics)
    return metrics


def _check_parts(row: CsvRow, metric: Metric, metrics: Collection[str]) -> None:
    for part in metric.parts:
        if part not in metrics:
            nearest = did_you_mean(part, metrics)
            raise FactError(
                f"{row.place}: sum_of names '{part}', and no metric is called so.{nearest}"
            )


def load_lines() -> dict[str, str]:
    """Return the lines of the accounts that a metric may belong to, with their meaning."""
    columns = ("line", "statement", "meaning")
    return {row.cells["line"]: row.cells["meaning"] for row in _rows("lines.csv", columns, "line")}


def load_entities() -> dict[str, Entity]:
    """Return the entity dictionary by id; tiers and kinds come from here."""
    columns = ("id", "name", "kind", "parent", "tier", "market", "core", "aliases", "note")
    return {row.cells["id"]: _entity(row) for row in _rows("entities.csv", columns, "id")}


def load_units() -> dict[str, Unit]:
    """Return the units by name."""
    columns = ("unit", "kind", "usd_bn", "currency", "least", "meaning")
    return {row.cells["unit"]: _unit(row) for row in _rows("units.csv", columns, "unit")}


def find_entity(word: str, own: Iterable[Entity] = ()) -> Entity:
    """Return the entity of an id, a name or another name, however it is capitalised.

    ``own`` are those of an economy, beside the shipped ones.

    Raises
    ------
    InputError
        When there is none.

    Examples
    --------
    >>> find_entity("Intelligent Cloud").id
    'azure'
    """
    known = load_dictionaries().with_entities(own).entities
    if word in known:
        return known[word]
    names = {
        name.casefold(): entity
        for entity in known.values()
        for name in (entity.id, entity.name, *entity.aliases)
    }
    if word.casefold() in names:
        return names[word.casefold()]
    raise InputError(f"there is no entity '{shorten(word)}'.{did_you_mean(shorten(word), names)}")


def entity_names(entities: Mapping[str, Entity]) -> dict[str, str]:
    """Return the ids of entities by their names and other names."""
    return {name: one.id for one in entities.values() for name in (one.name, *one.aliases)}


def find_metric(word: str) -> Metric:
    """Return a metric; raises InputError, with the nearest one, when there is none."""
    known = load_dictionaries().metrics
    if word in known:
        return known[word]
    raise InputError(f"there is no metric '{shorten(word)}'.{did_you_mean(shorten(word), known)}")


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


def _metric(row: CsvRow, lines: Collection[str]) -> Metric:
    cells = row.cells
    _expect(row, "line", lines)
    _expect(row, "nature", NATURES)
    _expect(row, "sign", ("1", "-1", "0"))
    _expect(row, "payer", PARTIES)
    _expect(row, "payee", PARTIES)
    return Metric(
        metric=cells["metric"],
        meaning=cells["meaning"],
        line=cells["line"],
        sign=int(cells["sign"]),
        nature=cells["nature"],
        payer=cells["payer"],
        payee=cells["payee"],
        perimeter=cells["perimeter"],
        sum_of=cells["sum_of"],
    )


def _entity(row: CsvRow) -> Entity:
    cells = row.cells
    _expect(row, "core", ("yes", "no"))
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


def _expect(row: CsvRow, column: str, known: Collection[str]) -> None:
    found = row.cells[column]
    if found not in known:
        nearest = did_you_mean(found, known)
        raise FactError(
            f"{row.place}: {column} '{found}' is not known.{nearest} Use one of {', '.join(known)}."
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
