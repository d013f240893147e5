"""Facts that a table asks for by name: ``label = term``, several after ``;``.

A term is ``metric@entity:item*factor#day``. ``metric`` alone takes the newest fact of every entity
and item, of two that end on one day the shorter; ``@a|b`` those of some entities; ``:item`` of one
item (``:_`` of none); ``*12`` multiplies (months to a year); ``#2000-03-31`` takes the fact of that
day, ``#2000-01-01..2000-06-30`` of that span, ``#2000`` of a whole year that ends in it; a ``~`` at
the end takes every day's, ``!`` the newest alone wherever the base quarter lies.
``a + b / c + d`` is a ratio of sums, each of single facts. Forecasts, said before their time had
come, and figures that are no numbers are taken only where their day is asked for.

Beside a base quarter, the fact nearest to it comes first and the newest beside it.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass

from cardhouse.analysis.claims import Figure
from cardhouse.facts import Fact, FactTable
from cardhouse.facts.dictionaries import load_dictionaries

_WISH = re.compile(r"(?P<label>[^=]+?)\s*=\s*(?P<terms>[^=]+)")
_TERM = re.compile(
    r"(?P<metric>\w+)(?:@(?P<entity>\w+(?:\|\w+)*))?(?::(?P<item>[\w.\-]+))?"
    r"(?:\*(?P<factor>[\d.]+))?(?:#(?P<day>\d{4}(?:-\d\d-\d\d(?:\.\.\d{4}-\d\d-\d\d)?)?))?(?P<which>[~!]?)"
)
NO_ITEM = "_"
_UNITS = {"usd_per_month": {12.0: "USD a year"}, "usd_per_year": {1.0: "USD a year"}}
QUARTER = dt.timedelta(days=92)
A_MONTH = dt.timedelta(days=31)


@dataclass(frozen=True)
class Term:
    """Facts of one kind that a table asks for."""

    metric: str
    entities: tuple[str, ...] = ()
    item: str = ""
    factor: float = 1.0
    day: str = ""
    every: bool = False
    newest: bool = False


@dataclass(frozen=True)
class Wish:
    """What a table asks for under one label; ``over`` is what it is divided by, if anything."""

    label: str
    terms: tuple[Term, ...]
    over: tuple[Term, ...] = ()


def read_wishes(text: str) -> list[Wish]:
    """Return what a cell asks for.

    Raises
    ------
    ValueError
        When the cell is not written as the module says: the shipped tables are tested for it.

    Examples
    --------
    >>> read_wishes("a year of the plan = price_per_month*12")[0].terms[0].factor
    12.0
    """
    return [_wish(part.strip()) for part in text.split(";") if part.strip()]


def _wish(part: str) -> Wish:
    match = _WISH.fullmatch(part)
    if match is None:
        raise ValueError(f"'{part}' is not written as label = metric@entity:item*factor#day")
    sums = [
        tuple(read_term(term, part) for term in half.split(" + "))
        for half in match["terms"].split(" / ")
    ]
    if len(sums) > 2 or (len(sums) < 2 and len(sums[0]) > 1):
        raise ValueError(f"'{part}' is not written as label = term, or label = sum / sum")
    return Wish(match["label"].strip(), sums[0], sums[1] if len(sums) > 1 else ())


def read_term(text: str, where: str = "") -> Term:
    """Return one term; raises ValueError where it is not written as the module says."""
    match = _TERM.fullmatch(text.strip())
    if match is None:
        raise ValueError(
            f"'{where or text}' is not written as label = metric@entity:item*factor#day"
        )
    return Term(
        match["metric"],
        tuple((match["entity"] or "").split("|")) if match["entity"] else (),
        match["item"] or "",
        float(match["factor"] or 1.0),
        match["day"] or "",
        match["which"] == "~",
        match["which"] == "!",
    )


def chosen(facts: FactTable | None, text: str, near: dt.date | None = None) -> list[Figure]:
    """Return the figures that a cell asks for, the newest of each entity and item.

    ``near`` is a day of the base quarter: where told, the fact nearest to it comes first.
    """
    return [figure for figures in chosen_each(facts, text, near) for figure in figures]


def chosen_each(
    facts: FactTable | None, text: str, near: dt.date | None = None
) -> list[list[Figure]]:
    """Return the figures for each thing that a cell asks for; none where there are no facts."""
    if facts is None:
        return []
    wishes = read_wishes(text)
    labels = [wish.label for wish in wishes]
    return [_figures(facts, wish, near, again=labels.count(wish.label) > 1) for wish in wishes]


def chosen_by_label(facts: FactTable | None, text: str) -> dict[str, list[Figure]]:
    """Return the figures that a cell asks for by its labels; a label may stand several times."""
    found: dict[str, list[Figure]] = {}
    for wish, figures in zip(read_wishes(text), chosen_each(facts, text), strict=False):
        found.setdefault(wish.label, []).extend(figures)
    return found


def _figures(
    facts: FactTable, wish: Wish, near: dt.date | None = None, *, again: bool
) -> list[Figure]:
    """Return the figures of a wish; named by entity and item where the label alone would not do."""
    if wish.over:
        return _ratio(facts, wish)
    term = wish.terms[0]
    told = facts_of(facts, term) if near is None else facts_beside(facts, term, near)
    several = again or len({(one.entity, one.item) for one in told}) > 1
    return [_figure(one, wish.label, term, several=several) for one in told]


def facts_of(facts: FactTable, term: Term) -> list[Fact]:
    """Return the facts that a term asks for, in order of time for each entity and item."""
    fitting = [one for one in _candidates(facts, term) if _fits(one, term)]
    groups: dict[tuple[str, str], list[Fact]] = {}
    for one in fitting:
        groups.setdefault((one.entity, one.item), []).append(one)
    ordered = [
        sorted(group, key=lambda one: (one.period_end, one.period_start))
        for group in groups.values()
    ]
    return [one for group in ordered for one in (group if term.every else group[-1:])]


def facts_beside(facts: FactTable, term: Term, near: dt.date) -> list[Fact]:
    """Return for each entity and item the fact nearest to a day, and the newest where it is later.

    What speaks of a time more than a quarter after the day is no nearest. Where a term takes every
    fact, that of one day or the newest, the day changes nothing.
    """
    if term.every or term.day or term.newest:
        return facts_of(facts, term)
    told = facts_of(facts, Term(term.metric, term.entities, term.item, term.factor, every=True))
    found: list[Fact] = []
    for newest in facts_of(facts, term):
        own = [one for one in told if (one.entity, one.item) == (newest.entity, newest.item)]
        first = nearest(own, near)
        found += [newest] if first is None else [first]
        found += [newest] if first is not None and newest.period_end > first.period_end else []
    return found


def nearest(told: Sequence[Fact], near: dt.date) -> Fact | None:
    """Return the fact whose middle is nearest to a day, not more than a quarter after it.

    Of two as near the shorter, then the later one.
    """
    open_to = [one for one in told if _middle(one) <= near + QUARTER]
    return min(
        open_to,
        key=lambda one: (abs(_middle(one) - near), one.period_end - one.period_start),
        default=None,
    )


def _middle(fact: Fact) -> dt.date:
    return fact.period_start + (fact.period_end - fact.period_start) / 2


def _candidates(facts: FactTable, term: Term) -> list[Fact]:
    if not term.entities:
        return [one for one in facts if one.metric == term.metric]
    return [one for entity in term.entities for one in facts.find(entity, term.metric)]


def _fits(fact: Fact, term: Term) -> bool:
    right_item = term.item in ("", fact.item or NO_ITEM)
    if term.day:
        return _on(fact, term.day) and right_item
    told = fact.basis != "guidance" and isinstance(fact.value, float)
    return right_item and _came(fact) and told


def _came(fact: Fact) -> bool:
    """Tell whether a fact's time had come when it was said; a month that runs is told as it is."""
    runs = fact.period_start <= fact.known_from
    of_a_month = fact.period_end - fact.period_start <= A_MONTH
    return fact.period_end <= fact.known_from or (runs and of_a_month)


def _on(fact: Fact, day: str) -> bool:
    """Tell whether a fact is of the day, the span or the year that a term names."""
    end = fact.period_end.isoformat()
    if len(day) == len("2000"):
        return end.startswith(day) and is_year(fact)
    return day in ("", end, f"{fact.period_start.isoformat()}..{end}")


def is_year(fact: Fact) -> bool:
    """Tell whether a fact speaks of a whole year."""
    return 350 <= (fact.period_end - fact.period_start).days <= 380


def _figure(fact: Fact, label: str, term: Term, *, several: bool) -> Figure:
    who = ", ".join(part for part in (named(fact.entity), fact.item.replace("_", " ")) if part)
    name = f"{label}, {who}" if several else label
    plain = "USD" if fact.unit == "usd" else fact.unit.replace("_", " ")
    unit = _UNITS.get(fact.unit, {}).get(term.factor, plain)
    value = fact.number * term.factor if isinstance(fact.value, float) else str(fact.value)
    return Figure(name, value, unit, (fact.id,), told_when(fact))


def named(entity: str) -> str:
    """Return the name of an entity as the dictionary of facts has it."""
    row = load_dictionaries().entities.get(entity)
    return entity.replace("_", " ") if row is None else row.name


def told_when(fact: Fact) -> str:
    """Return the month of a fact, or its year where it speaks of a whole year."""
    return f"{fact.period_end:%Y}" if is_year(fact) else f"{fact.period_end:%Y-%m}"


def _ratio(facts: FactTable, wish: Wish) -> list[Figure]:
    """Return a ratio of sums as one figure; none where a part is missing or not single."""
    halves = [[facts_of(facts, term) for term in half] for half in (wish.terms, wish.over)]
    if any(len(found) != 1 for half in halves for found in half):
        return []
    sums = [
        sum(found[0].number * term.factor for found, term in zip(half, terms, strict=True))
        for half, terms in zip(halves, (wish.terms, wish.over), strict=True)
    ]
    if sums[1] <= 0.0:
        return []
    ids = tuple(dict.fromkeys(found[0].id for half in halves for found in half))
    return [Figure(wish.label, sums[0] / sums[1], "ratio", ids, told_when(halves[0][0][0]))]
