"""What of a person's own figures can hardly be meant: moved far, or many times off the rest."""

from __future__ import annotations

import math
from collections.abc import Iterable

from cardhouse.accounts import Accounts, economy_facts, known_economies
from cardhouse.model.world import Move, World
from cardhouse.studies.draw_bench import Source

FAR_SD = 5.0
"""Sd by which a figure of one's own, or a guess, may move before somebody should look at it."""
MANY_TIMES = 10.0
"""So many times off what the accounts settle at: a wrong unit, most often."""
MOST = 10
"""So many are told one by one."""


def implausible(source: Source, world: World) -> list[str]:
    """Return a sentence for every own fact, or guess of an own economy, that can hardly be meant.

    What is shipped was looked at, and is not asked again.

    Parameters
    ----------
    source
        Which accounts: an economy, its base, a person's own tables.
    world
        The world that they balance to.
    """
    is_shipped = source.economy in known_economies()
    if is_shipped and not source.extra_facts:
        return []
    told = [*_facts(source, world, is_shipped=is_shipped)]
    if not is_shipped:
        told += _guesses(source.open())
    left = len(told) - MOST
    more = [f"{left} more own figures moved as far; see `cardhouse accounts`."]
    return told[:MOST] + (more if left > 0 else [])


def _facts(source: Source, world: World, *, is_shipped: bool) -> Iterable[str]:
    """Yield a sentence for every own fact that the accounts could not keep."""
    own = {str(path) for path in source.extra_facts}
    for fact in economy_facts(source.economy, source.extra_facts):
        table = fact.place.rpartition(":")[0]
        if is_shipped and table not in own:
            continue
        for move in world.moves:
            if move.fact == fact.id and _is_far(move):
                yield (
                    f"{fact.place}: fact {fact.id} says {fact.value:g} {fact.unit}. {move.what} is "
                    f"{move.observed:.4g} by it, sd {move.sd:.2g}, and the accounts settle at "
                    f"{move.balanced:.4g}, {move.in_sd:+.1f} sd away: all else that is known "
                    "speaks against it. Check value and unit, or widen its low and high."
                )


def _is_far(move: Move) -> bool:
    if abs(move.in_sd) > FAR_SD:
        return True
    return abs(move.in_sd) > 1.0 and _times(move.observed, move.balanced) > MANY_TIMES


def _times(one: float, other: float) -> float:
    """Return how many times the larger of two amounts is the smaller; 1 where one is nothing."""
    small, large = sorted((abs(one), abs(other)))
    return large / small if small > 0.0 else 1.0


def _guesses(accounts: Accounts) -> Iterable[str]:
    """Yield a sentence for every guess of an economy's tables that the accounts left far behind."""
    unknowns, definition = accounts.build.unknowns, accounts.build.definition
    places = {
        f"{prefix}{row.text(column)}": row.place
        for table, column, prefix in (
            ("contracts", "id", ""),
            ("positions", "key", ""),
            ("debts", "id", "debt:"),
        )
        for row in definition.rows(table)
    }
    values = accounts.solution.balanced.values.tolist()
    for name, prior, sd, value in zip(
        unknowns.names, unknowns.priors, unknowns.sds, values, strict=True
    ):
        moved = (value - prior) / sd
        if abs(moved) > FAR_SD and math.isfinite(moved):
            yield (
                f"{places[name]}: the guess of {name} is {prior:.4g}, sd {sd:.2g}, and the "
                f"accounts settle at {value:.4g}, {moved:+.1f} sd away. Check prior and sd, and "
                "the facts and guesses that it has to fit."
            )
