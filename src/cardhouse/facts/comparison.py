"""Two sets of facts side by side: what one adds, drops and changes against the other."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cardhouse.facts.schema import Fact
from cardhouse.facts.table import FactTable


@dataclass(frozen=True)
class Change:
    """One fact before and after, and the columns in which the two differ."""

    before: Fact
    after: Fact
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Comparison:
    """The facts that a table adds to another, drops from it and changes, by their keys."""

    added: tuple[Fact, ...]
    dropped: tuple[Fact, ...]
    changed: tuple[Change, ...]

    def __len__(self) -> int:
        return len(self.added) + len(self.dropped) + len(self.changed)


def compare(old: FactTable, new: FactTable) -> Comparison:
    """Return what a table adds, drops and changes against an older one.

    Facts are the same when their keys are; one that counts under another's name is not there.
    """
    before = {fact.key: fact for fact in old}
    after = {fact.key: fact for fact in new}
    return Comparison(
        added=tuple(fact for key, fact in after.items() if key not in before),
        dropped=tuple(fact for key, fact in before.items() if key not in after),
        changed=tuple(
            _changes((before[key], fact) for key, fact in after.items() if key in before)
        ),
    )


def _changes(pairs: Iterable[tuple[Fact, Fact]]) -> Iterable[Change]:
    for before, after in pairs:
        cells, others = before.cells(), after.cells()
        columns = tuple(column for column in cells if cells[column] != others[column])
        if columns:
            yield Change(before, after, columns)
