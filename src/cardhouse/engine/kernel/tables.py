"""A chain and its drivers as flat tables: sizes and places, numbers, indices, rows of paths.

Whatever is the same on every path is worked out here, once a run: growth of demand, trends of
pools, what plant of row 0 writes off, who is connected to whom.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import islice
from operator import itemgetter
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from cardhouse.engine.kernel.kinds import Indices, Numbers

Record = np.ndarray
Key = tuple[object, ...]
Value = TypeVar("Value")

REMEMBERED = 4
"""Values that are remembered under one name: a hand on a lever, and a few others beside it."""


class Last(Generic[Value]):
    """The last values made under each name, by what they were made of.

    Runs that a hand on a lever asks for have all but one driver in common.
    """

    def __init__(self) -> None:
        self._known: dict[str, tuple[tuple[Key, Value], ...]] = {}

    def get(self, name: str, key: Key) -> Value | None:
        """Return the value made of `key`, None where it is not remembered."""
        return next((value for of, value in self._known.get(name, ()) if of == key), None)

    def put(self, name: str, key: Key, value: Value) -> Value:
        """Remember a value, and forget the oldest beyond `REMEMBERED`."""
        self._known[name] = ((key, value), *self._known.get(name, ())[: REMEMBERED - 1])
        return value


def key_of(*given: ArrayLike) -> Key:
    """Return what tells arrays from all others of their shapes, NaN included."""
    return tuple(np.asarray(one).tobytes() for one in given)


@dataclass(frozen=True)
class Part:
    """What one group of entries added to tables, and what was used behind it."""

    places: dict[str, int]
    spans: dict[str, tuple[str, int, int]]
    numbers: list[Numbers]
    indices: list[Indices]
    opening: list[Numbers]
    used: dict[str, int]


@dataclass
class Tables:
    """Tables under construction: each entry gets a name, under which laws find its place."""

    places: dict[str, int] = field(default_factory=dict)
    numbers: list[Numbers] = field(default_factory=list)
    indices: list[Indices] = field(default_factory=list)
    opening: list[Numbers] = field(default_factory=list)
    spans: dict[str, tuple[str, int, int]] = field(default_factory=dict)
    used: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("number", "index", "state", "work", "desk"), 0)
    )

    def copy(self) -> Tables:
        """Return tables to which more can be added without a change of these."""
        return Tables(
            dict(self.places),
            list(self.numbers),
            list(self.indices),
            list(self.opening),
            dict(self.spans),
            dict(self.used),
        )

    def again(self, last: Last[Part], name: str, key: Key, add: Callable[[Tables], None]) -> None:
        """Add what `add` adds, as it was added before where `key` is the same.

        Parameters
        ----------
        last
            The parts remembered, of tables that begin alike: those of one chain.
        name
            Of the part.
        key
            All that the part hangs on, what was added before it left out.
        add
            Adds the part.
        """
        before = len(self.places), len(self.spans), len(self.numbers), len(self.indices)
        opening, key = len(self.opening), (*before[:2], *self.used.values(), *key)
        known = last.get(name, key)
        if known is None:
            add(self)
            part = Part(
                dict(islice(self.places.items(), before[0], None)),
                dict(islice(self.spans.items(), before[1], None)),
                self.numbers[before[2] :],
                self.indices[before[3] :],
                self.opening[opening:],
                dict(self.used),
            )
            last.put(name, key, part)
            return
        self.places.update(known.places)
        self.spans.update(known.spans)
        self.numbers += known.numbers
        self.indices += known.indices
        self.opening += known.opening
        self.used.update(known.used)

    def size(self, name: str, value: int) -> None:
        """Add a size, or the place of something that stands elsewhere."""
        if name in self.places:
            raise KeyError(name)
        self.places[name] = int(value)

    def _take(self, kind: str, name: str, count: int) -> None:
        self.size(name, self.used[kind])
        self.spans[name] = kind, self.used[kind], count
        self.used[kind] += count

    def number(self, name: str, values: ArrayLike) -> None:
        """Add numbers that are the same on every path."""
        flat = np.asarray(values, dtype=np.float64).ravel()
        self._take("number", name, flat.size)
        self.numbers.append(flat)

    def index(self, name: str, values: ArrayLike) -> None:
        """Add whole numbers: who, where, how many."""
        flat = np.asarray(values, dtype=np.int64).ravel()
        self._take("index", name, flat.size)
        self.indices.append(flat)

    def state(self, name: str, opening: ArrayLike) -> None:
        """Add rows of the state, with their values at row 0."""
        flat = np.asarray(opening, dtype=np.float64).ravel()
        self._take("state", name, flat.size)
        self.opening.append(flat)

    def work(self, name: str, count: int) -> None:
        """Add rows of work."""
        self._take("work", name, int(count))

    def desk(self, name: str, count: int) -> None:
        """Add room on the desk of one path."""
        self._take("desk", name, int(count))

    def index_lists(self, name: str, first: str, lists: list[list[int]]) -> None:
        """Add lists one after the other, and where each begins (one more than there are)."""
        self.index(first, np.cumsum([0, *(len(one) for one in lists)]))
        self.index(name, [value for one in lists for value in one])

    def numbers_of(self, name: str) -> Numbers:
        """Return the numbers added under a name."""
        _, first, count = self.spans[name]
        return np.concatenate(self.numbers)[first : first + count]

    def indices_of(self, name: str) -> Indices:
        """Return the whole numbers added under a name."""
        _, first, _ = self.spans[name]
        before = 0
        for part in self.indices:
            if before == first and part.size:
                return part
            before += part.size
        return np.zeros(0, dtype=np.int64)

    def record(self) -> Record:
        """Return sizes and places as one record, not to be written to."""
        known = next((record for of, record in _records if of == self.places), None)
        if known is None:
            names = tuple(sorted(self.places))
            values = itemgetter(*names)(self.places) if len(names) > 1 else (self.places[names[0]],)
            known = np.array([values], dtype=kind_of(names))
            _records[:] = [(dict(self.places), known), *_records[: REMEMBERED - 1]]
        return known


_records: list[tuple[dict[str, int], Record]] = []


@cache
def kind_of(names: tuple[str, ...]) -> np.dtype[np.void]:
    """Return the kind of a record of places."""
    return np.dtype([(name, np.int64) for name in names])


def joined(parts: Sequence[np.ndarray], kind: type) -> np.ndarray:
    """Return flat tables as one array, never empty."""
    return np.concatenate([*parts, np.zeros(1, dtype=kind)]) if parts else np.zeros(1, dtype=kind)
