"""What one request may ask for, and what the server gives at most: all limits in one place."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Limits of the service; each has a sentence of its own when it is met.

    Attributes
    ----------
    quarters, scenarios, settings, draws, paths
        The most that one question may name.
    query_bytes, header_bytes, body_bytes
        The longest query, headers and body that are read.
    quick_seconds, slow_seconds
        How long an answer may take: views of a dragging hand, and everything else.
    threads, waiting
        How many answers are computed at once in each lane, and how many may wait for one.
    rate, burst
        Requests a second that one address may send for long, and at once.
    slow_rate, slow_burst
        The same for answers that take seconds.
    kept_bytes, openings, scenes
        What is remembered: finished answers, opening positions, baselines of one position.
    job_queue
        Background computations that may wait.
    """

    quarters: int = 80
    scenarios: int = 8
    settings: int = 60
    draws: int = 2_000
    paths: int = 10_000
    query_bytes: int = 8_192
    header_bytes: int = 16_384
    body_bytes: int = 65_536
    quick_seconds: float = 30.0
    slow_seconds: float = 120.0
    threads: int = 2
    waiting: int = 64
    rate: float = 200.0
    burst: float = 400.0
    slow_rate: float = 4.0
    slow_burst: float = 40.0
    kept_bytes: int = 64 * 2**20
    openings: int = 6
    scenes: int = 3
    job_queue: int = 8
