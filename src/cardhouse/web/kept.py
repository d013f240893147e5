"""What is remembered: values by key, the least used forgotten first, within a budget."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Kept(Generic[K, V]):
    """Values by key in order of their last use, within a budget of sizes."""

    def __init__(self, budget: int, size: Callable[[V], int] = lambda _: 1) -> None:
        self._budget = budget
        self._size = size
        self._values: OrderedDict[K, V] = OrderedDict()
        self._used = 0
        self._lock = threading.Lock()

    def get(self, key: K) -> V | None:
        """Return a value, None where it is not kept."""
        with self._lock:
            value = self._values.get(key)
            if value is not None:
                self._values.move_to_end(key)
            return value

    def put(self, key: K, value: V) -> V:
        """Keep a value and forget the least used ones beyond the budget."""
        with self._lock:
            before = self._values.pop(key, None)
            self._used += self._size(value) - (0 if before is None else self._size(before))
            self._values[key] = value
            while self._used > self._budget and len(self._values) > 1:
                _, forgotten = self._values.popitem(last=False)
                self._used -= self._size(forgotten)
            return value

    def __len__(self) -> int:
        return len(self._values)


class Made(Generic[K, V]):
    """Values made once for each key, also when several threads ask at once."""

    def __init__(self, most: int) -> None:
        self._kept: Kept[K, V] = Kept(most)
        self._locks: Kept[K, threading.Lock] = Kept(8 * most)
        self._lock = threading.Lock()

    def known(self, key: K) -> V | None:
        """Return the value of a key, None where it is not kept."""
        return self._kept.get(key)

    def get(self, key: K, make: Callable[[], V]) -> V:
        """Return the value of a key, made where it is not kept."""
        found = self._kept.get(key)
        if found is not None:
            return found
        with self._lock:
            own = self._locks.get(key) or self._locks.put(key, threading.Lock())
        with own:
            found = self._kept.get(key)
            return self._kept.put(key, make()) if found is None else found
