"""What a person should know of figures of their own: hardly meant, not read, not known yet."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from cardhouse.accounts import Weighing, economy_facts, known_economies, read_build, weigh
from cardhouse.accounts.building import Build
from cardhouse.accounts.figures import Figure
from cardhouse.facts import TABLES, Fact, FactTable
from cardhouse.model.world import World
from cardhouse.studies.draw_bench import Source
from cardhouse.studies.fact_uses import uses_of
from cardhouse.studies.implausible import far_guesses, far_off

MOST = 10
"""So many are told one by one."""
GRADES = "ABC"
"""From the best to the least."""


@dataclass(frozen=True)
class Own:
    """The figures of one's own behind a world, and what the accounts make of them.

    ``source`` names the economy and the tables, ``world`` is what they balance to.
    """

    source: Source
    world: World

    @cached_property
    def facts(self) -> tuple[Fact, ...]:
        """Return the facts of a person's own tables, and of an own economy those beside it."""
        tables = {str(path) for path in self.source.extra_facts}
        shipped = self.source.economy in known_economies()
        if shipped and not tables:
            return ()
        every = economy_facts(self.source.economy, self.source.extra_facts)
        mine = (one for one in every if not shipped or one.place.rpartition(":")[0] in tables)
        return tuple(sorted(mine, key=_place))

    @cached_property
    def known(self) -> FactTable:
        """Return all facts that were known on the day of the accounts."""
        facts = economy_facts(self.source.economy, self.source.extra_facts)
        return facts.known_at(dt.date.fromisoformat(self.world.as_of))

    @cached_property
    def build(self) -> Build:
        """Return what the accounts were balanced from."""
        return read_build(
            self.source.economy,
            base=self.world.base,
            as_of=self.world.as_of,
            extra_facts=self.source.extra_facts,
        )[0]

    def weighings(self, fact: Fact) -> list[Weighing]:
        """Return what the rows of the accounts make of a fact."""
        return weigh(self.build, fact.id)


def _place(fact: Fact) -> tuple[str, int]:
    """Return where a fact stands, in the order of tables and rows."""
    table, _, line = fact.place.rpartition(":")
    return table, int(line) if line.isdigit() else 0


def doubts(source: Source, world: World, today: dt.date | None = None) -> list[str]:
    """Return a sentence for everything that should be looked at in the facts of a run.

    A day of knowledge after the facts' last. Of figures of one's own: one that can hardly be
    meant; one that carries no weight, and what is read in its place; one that was not known yet.
    What is shipped was looked at, and is not asked again.

    Parameters
    ----------
    source
        Which accounts, as they were asked for: an economy, its base, the day, own tables.
    world
        The world that they balance to.
    today
        The day after which nothing can be known; none: by the clock.
    """
    late = [*_later_than_the_facts(source, world)]
    own = Own(source, world)
    if not own.facts:
        return [*late, *far_guesses(source)]
    known = [fact for fact in own.facts if fact.id in own.known.by_id]
    far = [one for fact in known for one in far_off(fact, own.known, world, own.weighings(fact))]
    far += far_guesses(source)
    left = len(far) - MOST
    more = [f"{left} more own figures moved as far; see `cardhouse accounts`."] if left > 0 else []
    aside = [fact for fact in known if source.extra_facts]
    return [*late, *far[:MOST], *more, *_without_weight(own, aside), *_not_known_yet(own, today)]


def _later_than_the_facts(source: Source, world: World) -> Iterable[str]:
    """Yield a sentence where the day of knowledge asked for lies after the last of the facts."""
    if source.as_of is not None and source.as_of > world.as_of:
        yield (
            f"as_of is {source.as_of}, and the facts end on {world.as_of}: everything is told as "
            "known on that day."
        )


def _without_weight(own: Own, facts: Iterable[Fact]) -> Iterable[str]:
    """Yield what carries no weight: told one by one where another of its time is read for it."""
    rivals, far, unread = [], [], []
    for fact in facts:
        weighings = own.weighings(fact)
        if any(one.weighs for one in weighings):
            continue
        if not weighings:
            unread += [] if uses_of(fact, own.known, own.source.economy) else [fact]
        elif _same_time(fact, weighings):
            rivals.append(f"{fact.place}: {set_aside(fact, own.known, own.build, weighings)}")
        else:
            far.append(fact)
    left = len(rivals) - MOST
    yield from rivals[:MOST]
    if left > 0:
        yield f"{left} more own figures carry no weight; `cardhouse facts why ID` tells of one."
    nearer = f"no weight in the accounts of {own.world.base}, which read figures nearer to it"
    yield from _together(far, f"carries {nearer}", f"carry {nearer}")
    nobody = f"read by no row of the economy '{own.world.economy}', and nothing in it moves"
    yield from _together(unread, f"is {nobody}", f"are {nobody}")


def _same_time(fact: Fact, weighings: Iterable[Weighing]) -> bool:
    """Tell whether something of a fact's own time is read in its place."""
    return any(
        (one.figure.start, one.figure.end) == (fact.period_start, fact.period_end)
        for weighing in weighings
        for one in weighing.instead
    )


def set_aside(fact: Fact, known: FactTable, build: Build, weighings: Sequence[Weighing]) -> str:
    """Return the sentence on a fact that carries no weight: what is read in its place, and why.

    ``weighings`` are those of the rows that pick it, one or more.
    """
    start = f"fact {fact.id} ({_short(fact)}) carries no weight in the accounts of {build.base}: "
    told = [one for one in weighings if one.instead]
    if not told:
        return f"{start}it is too far from that quarter."
    row = told[0]
    first = row.instead[0].figure
    read = known.by_id[first.id]
    told_instead = (
        f"{start}{row.row} is read from {read.id} ({_short(read)}, {read.source}), and "
        f"{_reason(build.figures.by_id[fact.id], first)}."
    )
    shipped = fact.place.rpartition(":")[0] in TABLES
    if shipped or (read.period_start, read.period_end) != (fact.period_start, fact.period_end):
        return told_instead
    return f"{told_instead} To put yours in its place, write {read.id} in the column 'replaces'."


def weight_of(fact: Fact, known: FactTable, build: Build) -> dict[str, Any]:
    """Return whether a fact carries weight in the accounts of a base quarter, row by row.

    Parameters
    ----------
    fact
        The fact asked about.
    known
        All facts.
    build
        What the accounts were balanced from.

    Returns
    -------
    dict
        ``base_quarter``, ``as_of``, ``weighs``, ``rows`` (row, whether it weighs there, the facts
        that the row reads besides) and ``words``, which say it.
    """
    weighings = weigh(build, fact.id)
    rows = [
        {
            "row": one.row,
            "weighs": one.weighs,
            "besides": [reading.figure.id for reading in one.instead],
        }
        for one in weighings
    ]
    head = {"base_quarter": build.base, "as_of": build.as_of}
    weighs = any(one.weighs for one in weighings)
    return {**head, "weighs": weighs, "rows": rows, "words": _weight(fact, known, build, weighings)}


def _weight(fact: Fact, known: FactTable, build: Build, weighings: Sequence[Weighing]) -> str:
    """Return in a sentence what the accounts of a quarter make of a fact."""
    where = f"in the accounts of {build.base} as known on {build.as_of}"
    if fact.known_from.isoformat() > build.as_of:
        return f"It carries none {where}: it is known only from {fact.known_from}."
    if not weighings:
        return f"It carries none {where}: no row of them reads it."
    told = [one for one in weighings if one.weighs]
    if not told:
        return (
            f"It carries none {where}: "
            f"{set_aside(fact, known, build, weighings).partition(': ')[2]}"
        )
    names = dict.fromkeys(one.row for one in told)
    besides = dict.fromkeys(
        reading.figure.id for one in told for reading in one.instead if reading.figure.id != fact.id
    )
    beside = f", beside {', '.join(besides)}" if besides else ", alone"
    return f"It carries weight {where}: {', '.join(names)} reads it{beside}."


def _reason(mine: Figure, read: Figure) -> str:
    """Return why a figure is read in another one's place."""
    if mine.basis == "guidance" and read.basis != "guidance":
        return "an outcome comes before guidance"
    same = (mine.start, mine.end) == (read.start, read.end)
    if same and GRADES.index(read.grade) < GRADES.index(mine.grade):
        return "a filed figure leaves out lesser grades of the same time"
    if read.grade == "A" and read.end - read.start < mine.end - mine.start:
        return "a filed quarter leaves out longer times"
    return "it says more of that quarter"


def _not_known_yet(own: Own, today: dt.date | None) -> Iterable[str]:
    """Yield what was known only after the day of the accounts, and what nobody can know today."""
    later = [fact for fact in own.facts if fact.id not in own.known.by_id]
    day = f"known only after {own.world.as_of}, and left out of these accounts"
    yield from _together(later, f"is {day}", f"are {day}")
    today = today or dt.datetime.now(dt.UTC).date()
    tomorrow = today + dt.timedelta(days=1)  # where the sun rises first, it is tomorrow already
    dated = [fact for fact in own.facts if tomorrow < fact.known_from]
    for fact in sorted(dated, key=lambda one: one.known_from)[-1:]:
        run = (
            f"a run without --as-of is of that day ({own.world.as_of})"
            if fact.id in own.known.by_id
            else f"it is left out as of {own.world.as_of}"
        )
        others = f" ({len(dated) - 1} more rows are dated after today, too.)" if dated[1:] else ""
        yield (
            f"{fact.place}: fact {fact.id} is published, or known, from {fact.known_from} on, "
            f"after today, {today}: it is not known before that day, and {run}. Check 'published' "
            f"and 'known_from'.{others}"
        )


def _together(facts: Sequence[Fact], one: str, several: str) -> Iterable[str]:
    """Yield one sentence about some figures, by the place of the first; none where none is."""
    if not facts:
        return
    first = facts[0]
    told = f"{first.place}: fact {first.id} ({first.metric} of {first.entity}, {_short(first)})"
    more = f" and {len(facts) - 1} more" if len(facts) > 1 else ""
    yield f"{told}{more} {several if more else one}."


def _short(fact: Fact) -> str:
    value = f"{fact.value:g}" if isinstance(fact.value, float) else fact.value.isoformat()
    return f"{value} {fact.unit}, grade {fact.grade}"
