"""What hangs on a chain alone: made once, kept while the chain lives."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Generic, TypeVar

from cardhouse.engine.arrays import Chain

Made = TypeVar("Made")


class PerChain(Generic[Made]):
    """Something made of each chain that is still about; chains are told apart by identity."""

    def __init__(self, make: Callable[[Chain], Made]) -> None:
        self._make = make
        self._known: dict[int, tuple[weakref.ref[Chain], Made]] = {}

    def of(self, chain: Chain) -> Made:
        """Return what is made of a chain."""
        found = self._known.get(id(chain))
        if found is None or found[0]() is not chain:
            for key in [key for key, (alive, _) in list(self._known.items()) if alive() is None]:
                self._known.pop(key, None)
            found = self._known[id(chain)] = weakref.ref(chain), self._make(chain)
        return found[1]
