"""The facts of an economy: shipped tables that it names, its own beside its tables, a person's."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources.abc import Traversable
from pathlib import Path

from cardhouse.accounts.definition import Definition
from cardhouse.errors import EconomyError, did_you_mean
from cardhouse.facts import TABLES, Entity, FactTable, load_facts


def facts_of(definition: Definition, extra: Sequence[Path] = ()) -> FactTable:
    """Return the facts that an economy is read with.

    ``about.csv`` names them: a shipped table, or a table that lies beside the economy's own. Rows
    of the latter, and of `extra`, may name the economy's entities beside the shipped ones.

    Raises
    ------
    EconomyError
        When ``about.csv`` names a table that is neither.
    FactError
        When a table breaks the schema of facts.
    """
    shipped = [name for name in definition.about("facts").split() if name in TABLES]
    return load_facts([*own_tables(definition), *extra], shipped, fact_entities(definition))


def own_tables(definition: Definition) -> list[Traversable]:
    """Return the tables of facts that lie beside an economy's tables and that it names.

    Raises
    ------
    EconomyError
        When ``about.csv`` names a table that is neither there nor shipped.
    """
    names = definition.about("facts").split()
    return [_own(definition, name) for name in names if name not in TABLES]


def fact_entities(definition: Definition) -> tuple[Entity, ...]:
    """Return an economy's entities as facts name them."""
    return tuple(
        Entity(
            id=row.text("id"),
            name=row.text("name"),
            kind=row.text("kind"),
            parent=row.text("parent"),
            tier=row.text("tier"),
            market=row.text("market"),
            core=row.flag("core"),
            aliases=(),
            note=row.text("note"),
        )
        for row in definition.rows("entities")
    )


def _own(definition: Definition, name: str) -> Traversable:
    """Return a table of facts that lies beside the economy's tables."""
    path = definition.folder / name if definition.folder is not None else None
    if path is not None and Path(name).name == name and path.is_file():
        return path
    raise EconomyError(
        f"about.csv: facts names '{name}', which is neither a shipped table nor a file of this "
        f"economy's folder.{did_you_mean(name, TABLES)} Shipped: {', '.join(TABLES)}."
    )
