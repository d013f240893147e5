"""Random numbers that can be looked up: each follows from what it is for, not from when it is made.

A number belongs to (seed, stream, entity, quarter, path). Philox is a counter-based generator: a
key names the stream of one entity, the counter holds quarter and path, so that path 70,000 has the
same luck in any chunk, thread, process or scenario, and one entity more changes nobody else's.

References
----------
Salmon, Moraes, Dror and Shaw (2011), "Parallel random numbers: as easy as 1, 2, 3", SC '11.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from cardhouse.studies.ensembles.philox import WORDS, philox

Array = NDArray[np.float64]

PLACE = 1 << 128
"""What one quarter adds to the counter: paths count below it."""
BITS = 52


@dataclass(frozen=True)
class Streams:
    """All random numbers of one seed."""

    seed: int

    def uniforms(self, stream: str, entity: str, quarter: int, first: int, count: int) -> Array:
        """Return numbers strictly between 0 and 1 of the paths ``first`` to ``first + count - 1``.

        Examples
        --------
        >>> all_ = Streams(7).uniforms("demand", "openai", 3, 0, 10)
        >>> bool((all_[6:] == Streams(7).uniforms("demand", "openai", 3, 6, 4)).all())
        True
        """
        block, skipped = divmod(first, WORDS)
        low, high = self._key(stream, entity)
        generator = np.random.Philox(key=high << 64 | low, counter=quarter * PLACE + block)
        return _between(generator.random_raw(skipped + count)[skipped:])

    def normals(self, stream: str, entity: str, quarter: int, first: int, count: int) -> Array:
        """Return standard normal numbers; see `uniforms`."""
        return np.asarray(ndtri(self.uniforms(stream, entity, quarter, first, count)))

    def uniforms_of(
        self, stream: str, entities: Sequence[str], quarters: range, first: int, count: int
    ) -> Array:
        """Return `uniforms` of several entities and quarters, (entity, quarter, path).

        Examples
        --------
        >>> both = Streams(7).uniforms_of("demand", ("openai", "xai"), range(1, 3), 6, 4)
        >>> bool((both[1, 1] == Streams(7).uniforms("demand", "xai", 2, 6, 4)).all())
        True
        """
        return self.uniforms_at([(stream, one) for one in entities], quarters, first, count)

    def uniforms_at(
        self, places: Sequence[tuple[str, str]], quarters: range, first: int, count: int
    ) -> Array:
        """Return `uniforms` of several (stream, entity) and quarters, (place, quarter, path).

        All are looked up at once: a call costs more than the numbers of a few entities.
        """
        block, skipped = divmod(first, WORDS)
        blocks = np.arange(block, block + -(-(skipped + count) // WORDS), dtype=np.uint64)
        counters = np.zeros((len(quarters), len(blocks), WORDS), dtype=np.uint64)
        counters[..., 0] = blocks
        counters[..., 2] = np.array(quarters, dtype=np.uint64)[:, None]
        keys = np.array([self._key(*one) for one in places], dtype=np.uint64)
        words = philox(keys[:, None, None], counters)
        found = words.reshape(len(places), len(quarters), -1)[:, :, skipped : skipped + count]
        return _between(found)

    def _key(self, stream: str, entity: str) -> tuple[int, int]:
        """Return the key of one entity's stream, its low half first."""
        text = f"{self.seed}\0{stream}\0{entity}"
        whole = int.from_bytes(hashlib.sha256(text.encode()).digest()[:16], "big")
        return whole & (1 << 64) - 1, whole >> 64


def _between(words: NDArray[np.uint64]) -> Array:
    """Return random words as numbers strictly between 0 and 1."""
    return np.asarray(((words >> np.uint64(64 - BITS)).astype(float) + 0.5) / 2.0**BITS)
