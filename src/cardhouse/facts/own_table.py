"""A person's own table: rows of another one are taken in, and nothing is changed unasked."""

from __future__ import annotations

import csv
import dataclasses
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cardhouse.errors import FactError, InputError
from cardhouse.facts.load import read_facts
from cardhouse.facts.schema import COLUMNS, REPLACES, Fact, Key
from cardhouse.facts.statements import figures
from cardhouse.facts.table import FactTable

FEW = 3
"""So many changed rows a refusal names."""


@dataclass(frozen=True)
class Acceptance:
    """What taking a table in does: to a person's table, row by row.

    Attributes
    ----------
    added
        Rows of statements that neither the table nor the shipped ones have by their source.
    replaced
        Rows that say otherwise than one that is known: what was known, and what takes its place.
    left
        Rows that say what is known already, and changed ones that were not to be taken.
    text
        The table as it is then.
    """

    added: tuple[Fact, ...]
    replaced: tuple[tuple[Fact, Fact], ...]
    left: tuple[Fact, ...]
    text: str


def accept(
    rows: Sequence[Fact], own: Path, shipped: FactTable, *, replace: bool, new_only: bool = False
) -> Acceptance:
    """Return what a person's table is with the rows of another one.

    Parameters
    ----------
    rows
        What is proposed.
    own
        The person's table; one that is not there is begun.
    shipped
        The facts that the table lies on top of.
    replace
        Whether rows that say otherwise than known ones take their place.
    new_only
        Whether such rows are left out, and the others taken.

    Raises
    ------
    InputError
        When a row says otherwise than one that is known, and neither was asked for.
    FactError
        When the person's table breaks the schema.
    """
    mine = {fact.key: fact for fact in _own_rows(own)}
    known = {**shipped.by_key, **mine}
    changed = [
        (known[row.key], row)
        for row in rows
        if row.key in known and figures(known[row.key]) != figures(row)
    ]
    if changed and not replace and not new_only:
        raise InputError(_refusal(changed, own))
    taken = changed if replace else []
    added = tuple(row for row in rows if row.key not in known)
    others = {row.key for row in added} | {after.key for _, after in taken}
    merged = {**mine, **{row.key: row for row in added}, **{row.key: row for _, row in taken}}
    return Acceptance(
        added=added,
        replaced=tuple(taken),
        left=tuple(row for row in rows if row.key not in others),
        text=table_text(merged.values(), shipped.by_key),
    )


def _own_rows(own: Path) -> Iterable[Fact]:
    if not own.exists():
        return ()
    if own.is_file() and own.stat().st_size == 0:
        raise FactError(f"{own}:1: the table is empty. Delete it, or name another by --into.")
    return read_facts(own).everything()


def _refusal(changed: Sequence[tuple[Fact, Fact]], own: Path) -> str:
    told = [
        f"{after.entity} {after.metric} {after.period_end} ({after.source}): {before.value} "
        f"becomes {after.value}"
        for before, after in changed[:FEW]
    ]
    more = f" and {len(changed) - FEW} more" if len(changed) > FEW else ""
    return (
        f"{len(changed)} row{'s' if len(changed) > 1 else ''} would change what is known: "
        f"{'; '.join(told)}{more}. Nothing was written to {own}. Look at them with `cardhouse "
        "facts diff`, then add --replace to take them, or --new to take only rows that are new."
    )


def table_text(facts: Iterable[Fact], ids: Mapping[Key, Fact] | None = None) -> str:
    """Return facts as the text of a table, in the order of their keys.

    ``ids`` are the facts whose ids rows of the same keys repeat, so that a table can lie on top.
    """
    text = io.StringIO(newline="")
    rows = sorted(facts, key=lambda one: one.key)
    more = [REPLACES] if any(fact.replaces for fact in rows) else []
    writer = csv.DictWriter(text, [*COLUMNS, *more], lineterminator="\n")
    writer.writeheader()
    for fact in rows:
        known = (ids or {}).get(fact.key)
        row = fact if known is None else dataclasses.replace(fact, id=known.id)
        writer.writerow({**row.cells(), **dict.fromkeys(more, fact.replaces)})
    return text.getvalue()
