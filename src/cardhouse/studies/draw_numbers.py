"""What a person asks of draws: how many, from which seed, over how many processes."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field

from cardhouse.errors import InputError

FEWEST, MOST = 20, 10_000
"""Below the first the ends of an interval rest on a draw or two; the second takes a gigabyte."""

Progress = Callable[[float], None]
"""Told from time to time which share of the work is done."""


@dataclass(frozen=True)
class Drawing:
    """How often the accounts are drawn from, and how: the results depend on number and seed."""

    draws: int
    seed: int = 0
    processes: int = 1
    progress: Progress | None = field(default=None, compare=False)


def asked_for(
    draws: int, seed: int | None = None, processes: int = 1, progress: Progress | None = None
) -> Drawing | None:
    """Return the draws that are asked for, None where there are none.

    Parameters
    ----------
    draws
        How many; 0 for none.
    seed
        A whole number from 0 on; None stands for 0, and for not having been asked for.
    processes
        Over how many processes they are spread.
    progress
        Told which share of the draws is done.

    Raises
    ------
    InputError
        When a number cannot be.
    """
    if draws != 0 and not FEWEST <= draws <= MOST:
        raise InputError(
            f"--draws is {draws}, expected 0 (none) or {FEWEST} to {MOST:,}: fewer say nothing "
            "about the ends of an interval. 500 is usual."
        )
    if seed is not None and seed < 0:
        raise InputError(f"--seed is {seed}, expected a whole number from 0 on.")
    if seed is not None and draws == 0:
        raise InputError(f"--seed is {seed}, but nothing is drawn. Add --draws 500, or drop it.")
    if processes < 1:
        raise InputError(f"processes is {processes}, expected 1 or more.")
    return Drawing(draws, seed or 0, processes, progress) if draws else None


def usable_processors() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
