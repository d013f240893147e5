"""The facts together: found by what they say, cut at a date, with a digest of their content."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from copy import copy
from dataclasses import replace
from functools import cached_property
from typing import TypeVar

from cardhouse.errors import FactError
from cardhouse.facts.schema import COLUMNS, Fact, Key

_Name = TypeVar("_Name", str, Key)


class FactTable:
    """Facts with unique ids and keys, in the order of their keys; it never changes.

    Going through it, its length and `find` leave out the facts that say again what another one
    says; `by_id`, `by_key` and `everything` hold them, too.

    Parameters
    ----------
    facts
        Facts in any order.
    duplicates
        Id of a fact, and id of the fact that counts in its place wherever both are there.

    Raises
    ------
    FactError
        When two facts share an id or a key.
    """

    def __init__(self, facts: Iterable[Fact], duplicates: Mapping[str, str] | None = None) -> None:
        self.by_id: dict[str, Fact] = {}
        self.by_key: dict[Key, Fact] = {}
        self._found: dict[tuple[str, str], list[Fact]] = {}
        for fact in sorted(facts, key=lambda fact: fact.key):
            _add(self.by_id, fact.id, fact, f"id '{fact.id}'")
            _add(self.by_key, fact.key, fact, "its key")
        self._marks = dict(duplicates or {})
        self.duplicates = {
            twice: kept
            for twice, kept in self._marks.items()
            if twice in self.by_id and kept in self.by_id
        }
        self._facts = tuple(fact for fact in self.by_key.values() if fact.id not in self.duplicates)
        for fact in self._facts:
            self._found.setdefault((fact.entity, fact.metric), []).append(fact)

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

    def everything(self) -> tuple[Fact, ...]:
        """Return all facts, those that say the same thing again included."""
        return tuple(self.by_key.values())

    def said_again_by(self, fact_id: str) -> list[Fact]:
        """Return the facts in whose place a fact counts."""
        return [self.by_id[twice] for twice, kept in self.duplicates.items() if kept == fact_id]

    def beside(self, fact: Fact) -> list[Fact]:
        """Return what others say of the same thing and time: other sources, other figures."""
        alike = self.find(fact.entity, fact.metric, fact.item, fact.counterparty)
        period = (fact.period_start, fact.period_end)
        return [
            one
            for one in alike
            if (one.period_start, one.period_end) == period and one.id != fact.id
        ]

    def with_rows(self, rows: Iterable[Fact]) -> FactTable:
        """Return the facts with rows added; one whose key is known takes that fact's place.

        So does one that says which fact it ``replaces``: it has that fact's id.
        A row that takes the place of a duplicate says something of its own: it counts again.
        """
        added = {fact.key: fact for fact in rows}
        anew = {fact.id for fact in added.values()}
        gone = {self.by_id[one].key for one in anew if one in self.by_id}
        kept = {key: fact for key, fact in self.by_key.items() if key not in gone}
        marks = {twice: kept for twice, kept in self._marks.items() if twice not in anew}
        return FactTable({**kept, **added}.values(), marks)

    def with_values(self, values: Mapping[str, float]) -> FactTable:
        """Return the facts with other values, by id; what makes them one stays, and so do ranges.

        Raises
        ------
        FactError
            When there is no such fact, or it is a date.
        """
        changed: dict[str, Fact] = {}
        for name, value in values.items():
            if name not in self.by_id:
                raise FactError(f"there is no fact '{name}' whose value could be another.")
            self.by_id[name].number  # noqa: B018 - a date is refused
            changed[name] = replace(self.by_id[name], value=value)
        other = copy(self)
        other.__dict__.pop("digest", None)
        other.by_id = {**self.by_id, **changed}
        other.by_key = {**self.by_key, **{one.key: one for one in changed.values()}}
        facts = (changed.get(one.id, one) for one in self._facts)
        other._facts = tuple(facts)  # noqa: SLF001 - its own
        about = {(one.entity, one.metric) for one in changed.values()}
        again = {
            key: [changed.get(one.id, one) for one in self._found.get(key, [])] for key in about
        }
        other._found = {**self._found, **again}  # noqa: SLF001 - its own
        return other

    def known_at(self, day: dt.date) -> FactTable:
        """Return the vintage of a day: the facts first public on it or before."""
        known = (fact for fact in self.by_key.values() if fact.known_from <= day)
        return FactTable(known, self._marks)

    def newest_known_from(self) -> dt.date:
        """Return the last day on which one of the facts became public; raises FactError if none."""
        if not self._facts:
            raise FactError("there are no facts known by that day. Choose a later one.")
        return max(fact.known_from for fact in self._facts)

    @cached_property
    def digest(self) -> str:
        """Return the SHA-256 of every cell of every fact and of what counts, in 64 hex digits."""
        hashed = hashlib.sha256("\x1f".join(COLUMNS).encode())
        for fact in self.by_key.values():
            cells = (*fact.cells().values(), self.duplicates.get(fact.id, ""))
            hashed.update(("\x1e" + "\x1f".join(cells)).encode())
        return hashed.hexdigest()


def _add(index: dict[_Name, Fact], name: _Name, fact: Fact, words: str) -> None:
    if name in index:
        raise FactError(f"{fact.place}: {words} also stands in {index[name].place}. Keep one.")
    index[name] = fact
