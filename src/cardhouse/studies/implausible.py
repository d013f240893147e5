"""What of a person's own figures can hardly be meant: moved far, or many times off the rest."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Mapping

from cardhouse.accounts import Accounts, Weighing, known_economies
from cardhouse.accounts.from_facts import figures_of
from cardhouse.facts import Fact, FactTable
from cardhouse.model.world import Move, World
from cardhouse.studies.draw_bench import Source

FAR_SD = 5.0
"""Sd by which a figure of one's own, or a guess, may move before somebody should look at it."""
MANY_TIMES = 10.0
"""So many times off what the accounts settle at: a wrong unit, most often."""


def far_off(
    fact: Fact, known: FactTable, world: World, weighings: Iterable[Weighing]
) -> Iterable[str]:
    """Yield a sentence where a fact can hardly be meant, beside the accounts or beside others.

    Parameters
    ----------
    fact
        The fact, on top of the others.
    known
        All facts that were known on the day.
    world
        The world that they balance to.
    weighings
        What the rows of the accounts make of the fact.
    """
    found = [move for move in _moves(fact, world, weighings) if _is_far(move)]
    for move in found:
        yield (
            f"{fact.place}: fact {fact.id} says {fact.value:g} {fact.unit}. {move.what} is "
            f"{move.observed:.4g} by it, sd {move.sd:.2g}, and the accounts settle at "
            f"{move.balanced:.4g}, {move.in_sd:+.1f} sd away: all else that is known "
            "speaks against it. Check value and unit, or widen its low and high."
        )
    if not found:
        yield from _beside_others(fact, known)


def _moves(fact: Fact, world: World, weighings: Iterable[Weighing]) -> Iterable[Move]:
    """Yield where the accounts settle beside what a fact says, though another may be read for it.

    A part of a sum is no sum: where a row adds up, the sum itself is looked at.
    """
    mine = [move for move in world.moves if move.fact == fact.id]
    yield from mine
    read = {move.what for move in mine}
    settled: Mapping[str, Move] = {move.what: move for move in world.moves}
    for one in weighings:
        move = settled.get(one.row)
        if move is None or one.row in read:
            continue
        if one.is_summed and one.weighs:
            yield move
        if one.alone is None:
            continue
        of_that_quarter = one.alone.moved == 0.0
        if of_that_quarter or _times(one.alone.value, move.balanced) > MANY_TIMES:
            yield Move(fact.id, one.row, one.alone.value, move.balanced, one.alone.sd)


def _beside_others(fact: Fact, known: FactTable) -> Iterable[str]:
    """Yield a sentence where a fact is many times off all that others say of the same time."""
    others = [one for one in known.beside(fact) if one.place.rpartition(":")[0] != _table(fact)]
    if not others or isinstance(fact.value, dt.date):
        return
    said = figures_of(FactTable([fact, *others, *known.find("fx", "exchange_rate")])).by_id
    mine = said[fact.id].value
    near = min(others, key=lambda one: _times(said[one.id].value, mine))
    times = _times(said[near.id].value, mine)
    if times > MANY_TIMES:
        yield (
            f"{fact.place}: fact {fact.id} says {fact.value:g} {fact.unit}, {times:.3g} times off "
            f"what others say of the same thing and time: {near.value:g} {near.unit} ({near.id}, "
            f"{near.source}). Check value and unit."
        )


def _table(fact: Fact) -> str:
    return fact.place.rpartition(":")[0]


def far_guesses(source: Source) -> list[str]:
    """Return a sentence for every guess of an own economy that the accounts left far behind."""
    return [] if source.economy in known_economies() else [*_guesses(source.open())]


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
