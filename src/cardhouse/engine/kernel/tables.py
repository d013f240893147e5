"""A chain and its drivers as flat tables: sizes and places, numbers, indices, rows of paths.

Whatever is the same on every path is worked out here, once a run: growth of demand, trends of
pools, what plant of row 0 writes off, who is connected to whom.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache

import numpy as np
from numpy.typing import ArrayLike

from cardhouse.engine.kernel.kinds import Indices, Numbers

Record = np.ndarray


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
        """Return sizes and places as one record."""
        names = tuple(sorted(self.places))
        return np.array([tuple(self.places[name] for name in names)], dtype=kind_of(names))


@cache
def kind_of(names: tuple[str, ...]) -> np.dtype[np.void]:
    """Return the kind of a record of places."""
    return np.dtype([(name, np.int64) for name in names])


def joined(parts: Sequence[np.ndarray], kind: type) -> np.ndarray:
    """Return flat tables as one array, never empty."""
    return np.concatenate([*parts, np.zeros(1, dtype=kind)]) if parts else np.zeros(1, dtype=kind)
