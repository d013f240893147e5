"""The facts together: found by what they say, cut at a date, with a digest of their content."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import TypeVar

from cardhouse.errors import FactError
from cardhouse.facts.schema import COLUMNS, Fact, Key

_Name = TypeVar("_Name", str, Key)


class FactTable:
    """Facts with unique ids and keys, in the order of their keys; it never changes.

    Parameters
    ----------
    facts
        Facts in any order.

    Raises
    ------
    FactError
        When two facts share an id or a key.
    """

    def __init__(self, facts: Iterable[Fact]) -> None:
        self.by_id: dict[str, Fact] = {}
        self.by_key: dict[Key, Fact] = {}
        self._found: dict[tuple[str, str], list[Fact]] = {}
        for fact in sorted(facts, key=lambda fact: fact.key):
            _add(self.by_id, fact.id, fact, f"id '{fact.id}'")
            _add(self.by_key, fact.key, fact, "its key")
            self._found.setdefault((fact.entity, fact.metric), []).append(fact)
        self._facts = tuple(self.by_key.values())

    def __iter__(self) -> Iterator[Fact]:
        return iter(self._facts)

    def __len__(self) -> int:
        return len(self._facts)

    def find(
        self,
        entity: str,
        metric: str,
        item: str | None = None,
        counterparty: str | None = None,
    ) -> list[Fact]:
        """Return the facts of an entity and metric; None stands for any item or counterparty."""
        return [
            fact
            for fact in self._found.get((entity, metric), [])
            if item in (None, fact.item) and counterparty in (None, fact.counterparty)
        ]

    def with_rows(self, rows: Iterable[Fact]) -> FactTable:
        """Return the facts with rows added; one whose key is known takes that fact's place."""
        return FactTable({**self.by_key, **{fact.key: fact for fact in rows}}.values())

    def known_at(self, day: dt.date) -> FactTable:
        """Return the vintage of a day: the facts first public on it or before."""
        return FactTable(fact for fact in self._facts if fact.known_from <= day)

    def newest_known_from(self) -> dt.date:
        """Return the last day on which one of the facts became public; raises FactError if none."""
        if not self._facts:
            raise FactError("there are no facts known by that day. Choose a later one.")
        return max(fact.known_from for fact in self._facts)

    @cached_property
    def digest(self) -> str:
        """Return the SHA-256 of every cell of every fact, in 64 hex digits."""
        hashed = hashlib.sha256("\x1f".join(COLUMNS).encode())
        for fact in self._facts:
            hashed.update(("\x1e" + "\x1f".join(fact.cells().values())).encode())
        return hashed.hexdigest()


def _add(index: dict[_Name, Fact], name: _Name, fact: Fact, words: str) -> None:
    if name in index:
        raise FactError(f"{fact.place}: {words} also stands in {index[name].place}. Keep one.")
    index[name] = fact
