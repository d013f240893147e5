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
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

Array = NDArray[np.float64]

WORDS = 4
"""Random words that Philox gives for one value of its counter."""
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
        generator = np.random.Philox(key=self._key(stream, entity), counter=quarter * PLACE + block)
        words = generator.random_raw(skipped + count)[skipped:]
        return np.asarray(((words >> np.uint64(64 - BITS)).astype(float) + 0.5) / 2.0**BITS)

    def normals(self, stream: str, entity: str, quarter: int, first: int, count: int) -> Array:
        """Return standard normal numbers; see `uniforms`."""
        return np.asarray(ndtri(self.uniforms(stream, entity, quarter, first, count)))

    def _key(self, stream: str, entity: str) -> int:
        text = f"{self.seed}\0{stream}\0{entity}"
        return int.from_bytes(hashlib.sha256(text.encode()).digest()[:16], "big")
