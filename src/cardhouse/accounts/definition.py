"""The definition of an economy: which entities, flows, priors and observations it has.

An economy is a folder of tables; nothing in the code knows one by name. ``TABLES`` lists them
with their columns. Amounts are USD billion in the reference quarter, rates per quarter.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from cardhouse.accounts.tables import Row, read_table
from cardhouse.errors import EconomyError, did_you_mean
from cardhouse.model.parameters import PARAMETERS
from cardhouse.model.vocabulary import ENDS, ContractKind, EntityKind, terms_of

TABLES: dict[str, tuple[str, ...]] = {
    "about.csv": ("key", "value", "note"),
    "entities.csv": ("id", "name", "kind", "tier", "market", "parent", "label", "core", "note"),
    "lines.csv": (
        "id", "product", "is_ai", "price_follows_cost", "fixed_pass_through", "opening_growth",
        "plant", "life_quarters", "lead_quarters", "capital_intensity", "target_utilisation",
        "plan_growth", "site_share", "site_life_quarters", "site_lead_quarters", "note",
    ),
    "firms.csv": (
        "id", "access", "venture_funded", "runway_target_quarters", "cash_floor",
        "cash_per_capex", "other_growth", "other_beta", "payout_growth", "strategic_share",
        "strategic_of_revenue", "strategic_of_purchases", "on_default", "rescuers",
        "other_assets", "note",
    ),
    "pools.csv": (
        "id", "instrument", "rate", "maturity_quarters", "seniority", "growth", "half_life",
        "base_supply", "asset_leverage", "income_leverage", "closes_below", "note",
    ),
    "contracts.csv": (
        "id", "kind", "payer", "payee", "party", "prior", "sd", "drift", "terms", "note",
    ),
    "positions.csv": ("key", "prior", "sd", "drift", "wander", "signed", "note"),
    "debts.csv": (
        "id", "firm", "pool", "prior", "sd", "drift", "rate", "maturity_quarters", "dated",
        "bullet", "seniority", "collateral", "note",
    ),
    "rounds.csv": (
        "id", "investor", "firm", "entity", "metric", "counterparty", "dated", "share",
        "paid_on", "probability", "condition", "earmark", "superseded_by", "note",
    ),
    "observations.csv": (
        "id", "of", "per", "reading", "entity", "metric", "item", "counterparty", "growth",
        "reach", "level", "note",
    ),
    "commitments.csv": ("fact", "contract", "strength", "begins", "ramp", "note"),
    "products.csv": ("id", "of", "price", "payers", "scale", "sd", "note"),
    "identities.csv": ("id", "expression", "note"),
    "causes.csv": ("observation", "cause"),
    "parameters.csv": ("name", "value", "note"),
    "populations.csv": (
        "firm", "count", "size_spread", "margin_sd", "runway_spread", "growth_sd", "note",
    ),
    "accelerators.csv": ("class", "name", "input", "figure", "value", "low", "high", "note"),
    "accelerator_rentals.csv": (
        "class", "kind", "figure", "utilisation", "low", "high", "note",
    ),
}  # fmt: skip
"""Every table of an economy and its columns; the same in each economy."""

OPTIONAL = ("populations.csv", "accelerators.csv", "accelerator_rentals.csv")
"""Tables that an economy may leave out."""

ABOUT = {
    "title": "what the economy is called, in a few words",
    "words": "who pays whom in it, in one sentence",
    "subject": "what its business is called in sentences, such as AI; may be left out",
    "caution": "a sentence that every summary and report repeats; may be left out",
    "reference_quarter": "the quarter that priors, debts and behaviour are stated for: 2025Q2",
    "facts": "tables of facts, parted by blanks: shipped ones, or files of the same folder",
    "base_until": "the latest quarter that opens unasked",
}
"""The keys of ``about.csv``, and what each says."""

MEMBERS = (2, 5000)
"""How many firms a population may stand for."""

SPREADS = ("size_spread", "margin_sd", "runway_spread", "growth_sd")
WIDEST = 5.0
"""The most by which members may differ: sd of a log, or of a rate."""

SIGNED_EITHER_WAY = (ContractKind.OTHER_BUSINESS, ContractKind.OTHER_CASH)
"""Kinds whose flow may run in either direction: they are booked with the sign they turn out."""

DECLARED_ENDS = ENDS | dict.fromkeys(SIGNED_EITHER_WAY, ((EntityKind.OUTSIDE,), (EntityKind.FIRM,)))
"""Which kinds of entity a table may name as payer and payee: those of the world, except that
flows that may run either way are named in one direction."""


@dataclass(frozen=True)
class Definition:
    """The tables of one economy, read and checked for references between them.

    ``folder`` is where they lie, and where facts of the economy's own may lie beside them.
    """

    economy: str
    tables: dict[str, list[Row]]
    folder: Traversable | None = None

    def rows(self, table: str) -> list[Row]:
        """Return the rows of a table named without its ending."""
        return self.tables[f"{table}.csv"]

    def ids(self, kind: EntityKind | None = None) -> list[str]:
        """Return the ids of the entities, or of those of one kind, in order."""
        return [
            row.text("id")
            for row in self.rows("entities")
            if kind is None or row.text("kind") == kind.value
        ]

    def about(self, key: str) -> str:
        """Return one sentence or date from the economy's about table."""
        for row in self.rows("about"):
            if row.text("key") == key:
                return row.needed("value")
        raise EconomyError(f"about.csv: key '{key}' is missing.")

    def said(self, key: str) -> str:
        """Return what the about table says under a key that it may leave out; else nothing."""
        values = (row.text("value") for row in self.rows("about") if row.text("key") == key)
        return next(values, "")

    def within(self, entity: str) -> list[str]:
        """Return an entity with the divisions and lines below it."""
        parents = {row.text("id"): row.text("parent") for row in self.rows("entities")}

        def is_below(candidate: str) -> bool:
            """Return whether walking up from the candidate meets the entity."""
            while candidate and candidate != entity:
                candidate = parents[candidate]
            return candidate == entity

        return [candidate for candidate in parents if is_below(candidate)]


def known_economies() -> list[str]:
    """Return the ids of the economies that are shipped."""
    root = resources.files("cardhouse.accounts") / "economies"
    return sorted(entry.name for entry in root.iterdir() if (entry / "about.csv").is_file())


def read_definition(economy: str) -> Definition:
    """Read and check the definition of a shipped economy, or of a folder given by its path.

    Raises
    ------
    EconomyError
        When there is no such economy, or a table breaks its schema or refers to nothing.
    """
    folder = _folder_of(economy)
    _refuse_near_names(folder)
    tables = {
        name: read_table(folder, name, columns, optional=name in OPTIONAL)
        for name, columns in TABLES.items()
    }
    definition = Definition(Path(economy).resolve().name, tables, folder)
    _check(definition)
    return definition


def tables_of(economy: str) -> list[Path]:
    """Return the tables of an economy that lies in a folder of somebody's own, none if shipped."""
    folder = Path(economy)
    if economy in known_economies() or not folder.is_dir():
        return []
    return sorted(path for path in folder.glob("*.csv") if path.is_file())


def _folder_of(economy: str) -> Traversable:
    """Return the folder of an economy's tables."""
    if economy in known_economies():
        return resources.files("cardhouse.accounts") / "economies" / economy
    if Path(economy).is_dir():
        return Path(economy)
    raise EconomyError(
        f"there is no economy '{economy}'. Shipped: {', '.join(known_economies())}; "
        f"or give the path of a folder with an economy's tables."
        f"{did_you_mean(economy, known_economies())}"
    )


def _refuse_near_names(folder: Traversable) -> None:
    """Refuse a file that is meant to be an optional table and would be passed over in silence."""
    found = {entry.name for entry in folder.iterdir()}
    for name in sorted(found - set(TABLES)):
        hint = did_you_mean(name, TABLES) if name.endswith(".csv") else ""
        if any(f"'{table}'" in hint for table in OPTIONAL if table not in found):
            raise EconomyError(f"{name}: an economy has no table of this name.{hint}")


def _check(definition: Definition) -> None:
    """Check ids, references, kinds and terms across the tables."""
    _refuse_twice(definition.rows("about"), "key")
    for row in definition.rows("about"):
        row.one_of("key", tuple(ABOUT))
    for table in ("entities", "lines", "firms", "pools", "contracts", "debts", "rounds"):
        _refuse_twice(definition.rows(table), "id")
    _refuse_twice(definition.rows("positions"), "key")
    _refuse_twice(definition.rows("populations"), "firm")
    _check_entities(definition)
    for kind, table in (
        (EntityKind.LINE, "lines"),
        (EntityKind.FIRM, "firms"),
        (EntityKind.POOL, "pools"),
    ):
        _check_cover(definition, kind, table)
    promised = {row.text("contract") for row in definition.rows("commitments")}
    for row in definition.rows("contracts"):
        _check_contract(definition, row)
        _check_promised(row, promised)
    _check_other_cash(definition)
    for table in ("contracts", "positions", "debts"):
        for row in definition.rows(table):
            _check_prior(row, table)
    _check_references(definition)
    for row in definition.rows("populations"):
        _check_population(definition, row)


def _refuse_twice(rows: Iterable[Row], column: str) -> None:
    """Refuse an id that a table has twice."""
    seen: dict[str, str] = {}
    for row in rows:
        key = row.needed(column)
        if key in seen:
            raise EconomyError(f"{row.place}: '{key}' is already defined in {seen[key]}.")
        seen[key] = row.place


def _check_entities(definition: Definition) -> None:
    """Check kinds and parents: a line has a parent, a division has a firm, no rings."""
    kinds = {row.text("id"): row.text("kind") for row in definition.rows("entities")}
    allowed = {"line": ("firm", "division"), "division": ("firm",)}
    for row in definition.rows("entities"):
        kind = row.one_of("kind", tuple(kind.value for kind in EntityKind))
        parent = row.text("parent")
        if kind in allowed and kinds.get(parent) not in allowed[kind]:
            raise EconomyError(
                f"{row.place}: {kind} '{row.text('id')}' has parent '{parent}'. "
                f"It needs a {' or '.join(allowed[kind])}.{did_you_mean(parent, kinds)}"
            )
        if kind not in allowed and parent:
            raise EconomyError(f"{row.place}: a {kind} has no parent, found '{parent}'.")


def _check_cover(definition: Definition, kind: EntityKind, table: str) -> None:
    """Check that a table has one row for each entity of its kind, and no other."""
    ids = definition.ids(kind)
    rows = {row.text("id"): row for row in definition.rows(table)}
    for name, row in rows.items():
        if name not in ids:
            raise EconomyError(
                f"{row.place}: '{name}' is no {kind.value} of entities.csv."
                f"{did_you_mean(name, ids)}"
            )
    for name in ids:
        if name not in rows:
            raise EconomyError(f"{table}.csv: {kind.value} '{name}' of entities.csv has no row.")


def _check_contract(definition: Definition, row: Row) -> None:
    """Check one contract: its kind, who may pay whom, its terms."""
    kinds = {entity.text("id"): entity.text("kind") for entity in definition.rows("entities")}
    kind = ContractKind(row.one_of("kind", tuple(kind.value for kind in ContractKind)))
    for column, allowed in zip(("payer", "payee"), DECLARED_ENDS[kind], strict=True):
        end = row.one_of(column, tuple(kinds))
        if EntityKind(kinds[end]) not in allowed:
            words = " or ".join(each.value for each in allowed)
            raise EconomyError(
                f"{row.place}: {column} '{end}' of a {kind.value} is a {kinds[end]}. "
                f"It must be a {words}."
            )
    known = terms_of(kind)
    for name, value in row.pairs("terms").items():
        if name not in known:
            raise EconomyError(
                f"{row.place}: a {kind.value} has no term '{name}'.{did_you_mean(name, known)}"
            )
        if not known[name].low <= value <= known[name].high:
            raise EconomyError(
                f"{row.place}: term {name}={value} lies outside "
                f"[{known[name].low}, {known[name].high}]."
            )


def _check_other_cash(definition: Definition) -> None:
    """Refuse a firm without the row that closes its cash: what is not told would be hidden."""
    closed = {
        end
        for row in definition.rows("contracts")
        if row.text("kind") == ContractKind.OTHER_CASH.value
        for end in (row.text("payer"), row.text("payee"))
    }
    for firm in definition.ids(EntityKind.FIRM):
        if firm not in closed:
            raise EconomyError(
                f"contracts.csv: firm '{firm}' has no row of kind other_cash, which holds the cash "
                "that no other row tells of. Add one, with a prior of 0 and an honest sd."
            )


def _check_prior(row: Row, table: str) -> None:
    """Refuse a guess below zero of what cannot be."""
    if table == "contracts":
        either_way = ContractKind(row.text("kind")) in SIGNED_EITHER_WAY
    else:
        either_way = table == "positions" and not row.flag("signed")
    if not either_way and row.number_of("prior", 0.0) < 0.0:
        raise EconomyError(
            f"{row.place}: prior is {row.text('prior')}, and this can never be below zero. Write "
            "what is paid or owned as a positive number; payer and payee say which way it goes."
        )


def _check_promised(row: Row, promised: Container[str]) -> None:
    """Refuse the terms of a commitment of which no amount is known: they would bind nobody."""
    of_promise = [name for name in row.pairs("terms") if name.startswith("commit_")]
    if of_promise and row.text("id") not in promised:
        raise EconomyError(
            f"{row.place}: term {of_promise[0]} says how a commitment is spread, and nothing is "
            f"committed. Name '{row.text('id')}' in commitments.csv with the id of the fact that "
            "says how much (`cardhouse facts list --economy FOLDER`), or leave the term out."
        )


def _check_references(definition: Definition) -> None:
    """Check that debts, rounds, access lists and parameters name things that exist."""
    firms, pools = tuple(definition.ids(EntityKind.FIRM)), tuple(definition.ids(EntityKind.POOL))
    for row in definition.rows("debts"):
        row.one_of("firm", firms)
        row.one_of("pool", pools)
    for row in definition.rows("rounds"):
        row.one_of("firm", firms)
        row.one_of("investor", firms + pools)
    for row in definition.rows("firms"):
        for giver in row.words("access"):
            if giver not in pools + firms:
                raise EconomyError(
                    f"{row.place}: access to '{giver}', which is neither a pool nor a firm."
                    f"{did_you_mean(giver, pools + firms)}"
                )
    observed = tuple(row.text("id") for row in definition.rows("observations"))
    for row in definition.rows("causes"):
        row.one_of("observation", observed)
    for row in definition.rows("parameters"):
        row.one_of("name", tuple(parameter.name for parameter in PARAMETERS))


def _check_population(definition: Definition, row: Row) -> None:
    """Check one population: its firm, how many it stands for, how they differ."""
    row.one_of("firm", tuple(definition.ids(EntityKind.FIRM)))
    least, most = MEMBERS
    count = row.number_of("count")
    if not (least <= count <= most and count.is_integer()):
        raise EconomyError(
            f"{row.place}: count '{row.text('count')}' is not a whole number from {least} to "
            f"{most}."
        )
    for name in SPREADS:
        value = row.number_of(name, 0.0)
        if not 0.0 <= value <= WIDEST:
            raise EconomyError(f"{row.place}: {name} {value:g} lies outside [0, {WIDEST:g}].")
