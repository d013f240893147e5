"""Merging in a fixed tree: the same bits in whatever order the parts arrive.

Leaves 0, 1, 2 ... stand in a row. Two neighbours that fill a subtree of a power of two are merged
as soon as both are there; what is left at the end is merged from the right. So the tree follows
from the number of leaves alone, and at most about the logarithm of it waits at a time when parts
come nearly in order.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

Part = TypeVar("Part")


class TreeFold(Generic[Part]):
    """Parts on their way into one.

    Parameters
    ----------
    merge
        Merges a part with its right neighbour.
    leaves
        How many leaves there will be.

    Examples
    --------
    >>> fold = TreeFold(lambda left, right: f"({left}{right})", 5)
    >>> for at in (4, 1, 0, 3, 2):
    ...     fold.add(at, str(at))
    >>> fold.result()
    '(((01)(23))4)'
    """

    def __init__(self, merge: Callable[[Part, Part], Part], leaves: int) -> None:
        self._merge = merge
        self._leaves = leaves
        self._waiting: dict[tuple[int, int], Part] = {}

    def add(self, first: int, part: Part, count: int = 1) -> None:
        """Take in the merged part of leaves ``first`` to ``first + count - 1``.

        ``count`` is a power of two that divides ``first``; at the right end what is left of one.
        """
        size = 1 << (count - 1).bit_length()
        if first % size or count < 1 or (count < size and first + count != self._leaves):
            raise ValueError(f"leaves {first} to {first + count - 1} are no subtree")
        at = first // size
        while (size, at ^ 1) in self._waiting:
            mate = self._waiting.pop((size, at ^ 1))
            part = self._merge(mate, part) if at % 2 else self._merge(part, mate)
            size, at = size * 2, at // 2
        self._waiting[size, at] = part

    def result(self) -> Part:
        """Return all parts as one; raises ValueError while a leaf is missing."""
        spans = sorted((at * size, size) for size, at in self._waiting)
        reached = 0
        for first, size in spans:
            if first != reached:
                raise ValueError(f"the leaf {reached} has not come")
            reached = first + size
        if reached < self._leaves or not spans:
            raise ValueError(f"the leaf {reached} has not come")
        parts = [self._waiting[size, first // size] for first, size in spans]
        whole = parts[-1]
        for part in reversed(parts[:-1]):
            whole = self._merge(part, whole)
        return whole
