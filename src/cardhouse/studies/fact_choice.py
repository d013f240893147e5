"""Facts that a table asks for by name: ``label = metric@entity*factor#day``, several after ``;``.

``metric`` alone takes the newest fact of every entity and item; ``@entity`` one entity's, and
``@entity.item`` one item's; ``*12`` multiplies (months to a year), ``/72`` divides (a rack to its
parts); ``#2000-03-31`` takes the fact of that day instead of the newest.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from cardhouse.analysis.claims import Figure
from cardhouse.facts import Fact, FactTable

_WISH = re.compile(
    r"(?P<label>[^=]+?)\s*=\s*(?P<metric>\w+)(?:@(?P<entity>\w+)(?:\.(?P<item>[\w.-]+))?)?"
    r"(?:\*(?P<factor>[\d.]+)|/(?P<divisor>[\d.]+))?(?:#(?P<day>\d{4}-\d\d-\d\d))?"
)
_UNITS = {"usd": "USD"}
_UNITS_TIMES = {("usd_per_month", 12.0): "USD a year"}


@dataclass(frozen=True)
class Wish:
    """One kind of fact that a table asks for."""

    label: str
    metric: str
    entity: str
    factor: float
    day: str
    item: str = ""


def read_wishes(text: str) -> list[Wish]:
    """Return what a cell asks for.

    Raises
    ------
    ValueError
        When the cell is not written as the module says: the shipped tables are tested for it.

    Examples
    --------
    >>> read_wishes("a year of the plan = price_per_month*12")[0].factor
    12.0
    """
    parts = [part.strip() for part in text.split(";") if part.strip()]
    matches = [(part, _WISH.fullmatch(part)) for part in parts]
    wrong = [part for part, match in matches if match is None]
    if wrong:
        raise ValueError(f"'{wrong[0]}' is not written as label = metric@entity*factor#day")
    return [_wish(match) for _, match in matches if match is not None]


def _wish(match: re.Match[str]) -> Wish:
    return Wish(
        match["label"].strip(),
        match["metric"],
        match["entity"] or "",
        float(match["factor"] or 1.0) / float(match["divisor"] or 1.0),
        match["day"] or "",
        match["item"] or "",
    )


def chosen(facts: FactTable | None, text: str) -> list[Figure]:
    """Return the figures that a cell asks for, the newest of each entity and item."""
    return [figure for figures in chosen_each(facts, text) for figure in figures]


def chosen_each(facts: FactTable | None, text: str) -> list[list[Figure]]:
    """Return the figures for each thing that a cell asks for; none where there are no facts."""
    if facts is None:
        return []
    return [_figures(facts, wish) for wish in read_wishes(text)]


def _figures(facts: FactTable, wish: Wish) -> list[Figure]:
    newest: dict[tuple[str, str], Fact] = {}
    for fact in facts:
        if fact.metric == wish.metric and _fits(fact, wish):
            key = (fact.entity, fact.item)
            older = newest.get(key)
            if older is None or older.period_end <= fact.period_end:
                newest[key] = fact
    return [_figure(fact, wish, several=len(newest) > 1) for fact in newest.values()]


def _fits(fact: Fact, wish: Wish) -> bool:
    right_day = not wish.day or fact.period_end.isoformat() == wish.day
    right_item = wish.entity in ("", fact.entity) and wish.item in ("", fact.item)
    return right_day and right_item and isinstance(fact.value, float)


def _figure(fact: Fact, wish: Wish, *, several: bool) -> Figure:
    who = " ".join(part.replace("_", " ") for part in (fact.entity, fact.item) if part)
    name = f"{wish.label}, {who}" if several else wish.label
    plain = _UNITS.get(fact.unit, fact.unit.replace("_", " "))
    unit = _UNITS_TIMES.get((fact.unit, wish.factor), plain)
    return Figure(name, fact.number * wish.factor, unit, (fact.id,))
