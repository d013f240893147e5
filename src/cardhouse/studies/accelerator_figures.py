"""Figures that a cell asks for in arithmetic over facts: ``rack_price@nvidia / 72``.

``metric@entity`` takes the fact nearest to a day, of any item, or of one: ``metric@entity.item``;
``metric@*`` adds up all entities; ``fact:ID`` is one fact; ``line:ID`` what a line sold in the
base quarter. ``|`` separates alternatives: the first that is known counts. A figure's range takes
every corner of the ranges of its facts.
"""

from __future__ import annotations

import ast
import datetime as dt
import itertools
import math
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from cardhouse.errors import EconomyError, did_you_mean
from cardhouse.facts import Fact, FactTable
from cardhouse.facts.dictionaries import load_dictionaries

_LEAF = re.compile(
    r"fact:(?P<id>[0-9a-f]{10})\b|line:(?P<line>\w+)"
    r"|(?P<metric>[a-z]\w*)@(?P<entity>\w+|\*)(?:\.(?P<item>[\w.\-]*\w))?"
)
_OPERATIONS: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


@dataclass(frozen=True)
class Leaf:
    """One thing in a figure that facts, or the accounts, have a number for."""

    fact: str = ""
    line: str = ""
    metric: str = ""
    entity: str = ""
    item: str | None = None

    @property
    def adds_up(self) -> bool:
        """Return whether the figures of all entities are added."""
        return self.entity == "*"

    def fits(self, fact: Fact) -> bool:
        """Return whether a fact is one that the leaf asks for; guidance is not."""
        if self.fact:
            return fact.id == self.fact
        return (
            fact.metric == self.metric
            and self.entity in ("*", fact.entity)
            and self.item in (None, fact.item)
            and fact.basis != "guidance"
            and isinstance(fact.value, float)
        )


@dataclass(frozen=True)
class Expression:
    """One alternative of a cell: its arithmetic, with ``_0``, ``_1`` ... for its leaves."""

    tree: ast.expr
    leaves: tuple[Leaf, ...]

    def at(self, values: Sequence[float]) -> float:
        """Return the result for values of the leaves; raises ZeroDivisionError."""
        return _value(self.tree, values)


@dataclass(frozen=True)
class Reading:
    """A number read from facts, with the range that they give it, if any, and its middle day."""

    value: float
    low: float | None = None
    high: float | None = None
    facts: tuple[str, ...] = ()
    day: dt.date | None = None


def parse_figure(cell: str, place: str) -> tuple[Expression, ...]:
    """Return the alternatives of a cell.

    Raises
    ------
    EconomyError
        When the cell is no arithmetic over facts, or names a metric or an entity that is not known.
    """
    found = tuple(_expression(part, place) for part in cell.split("|")) if cell else ()
    for leaf in (leaf for one in found for leaf in one.leaves):
        _check_words(leaf, place)
    return found


def _check_words(leaf: Leaf, place: str) -> None:
    """Refuse a metric or an entity that no fact can have: it would be unknown for ever."""
    known = load_dictionaries()
    for what, word, words in (
        ("metric", leaf.metric, known.metrics),
        ("entity", leaf.entity.strip("*"), known.entities),
    ):
        if word and word not in words:
            raise EconomyError(
                f"{place}: figure asks for {what} '{word}', which is not in the dictionary of "
                f"facts.{did_you_mean(word, words)}"
            )


def _expression(text: str, place: str) -> Expression:
    leaves: list[Leaf] = []

    def placed(match: re.Match[str]) -> str:
        found = match.groupdict()
        item = found["item"]
        words = {name: found[name] or "" for name in ("line", "metric", "entity")}
        leaves.append(Leaf(fact=found["id"] or "", item=item, **words))
        return f"_{len(leaves) - 1}"

    try:
        tree = ast.parse(_LEAF.sub(placed, text).strip(), mode="eval").body
        _value(tree, [1.0] * len(leaves))
    except ZeroDivisionError:
        pass  # a difference that is 0 at ones need not be 0 at the facts
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError, OverflowError):
        raise EconomyError(
            f"{place}: figure '{text.strip()}' is no arithmetic over facts. Write it like "
            "rack_price@nvidia / 72, or fact:0123456789."
        ) from None
    return Expression(tree, tuple(leaves))


def _value(node: ast.expr, values: Sequence[float]) -> float:
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATIONS:
        return _OPERATIONS[type(node.op)](_value(node.left, values), _value(node.right, values))
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return float(node.value)
    if isinstance(node, ast.Name) and re.fullmatch(r"_\d+", node.id):
        return values[int(node.id[1:])]
    raise ValueError("not arithmetic")


def middle(fact: Fact) -> dt.date:
    """Return the day in the middle of a fact's period."""
    return fact.period_start + (fact.period_end - fact.period_start) / 2


@dataclass(frozen=True)
class FigureReader:
    """Reads figures from the facts known, as of a day; ``sales`` are of lines, USD bn.

    ``within`` (first and last day) takes only facts whose middle lies in it, instead of the
    nearest ones. ``found`` remembers what fits, for readers of the same facts.
    """

    facts: FactTable
    day: dt.date
    sales: Mapping[str, float] = field(default_factory=dict)
    within: tuple[dt.date, dt.date] | None = None
    found: dict[Leaf, list[Fact]] = field(default_factory=dict)

    def read(self, figure: Sequence[Expression], place: str) -> Reading | None:
        """Return the first alternative whose leaves are all known, None where none is."""
        for one in figure:
            found = [self._leaf(leaf) for leaf in one.leaves]
            known = [leaf for leaf in found if leaf is not None]
            if len(known) == len(found):
                return combine(one, known, place)
        return None

    def every(self, figure: Sequence[Expression], place: str) -> list[Reading]:
        """Return a reading for each fact that the first leaf of an alternative fits."""
        readings = []
        for one in figure:
            others = [self._leaf(leaf) for leaf in one.leaves[1:]]
            known = [leaf for leaf in others if leaf is not None]
            if one.leaves and len(known) == len(others):
                candidates = self._candidates(one.leaves[0])
                readings += [combine(one, [_of(fact), *known], place) for fact in candidates]
        return readings

    def _leaf(self, leaf: Leaf) -> Reading | None:
        if leaf.line:
            return Reading(self.sales[leaf.line]) if leaf.line in self.sales else None
        fitting = [fact for fact in self._candidates(leaf) if self._in_time(fact)]
        if not fitting:
            return None
        if leaf.adds_up:
            return _sum(fitting)
        general = [fact for fact in fitting if not fact.counterparty]
        return _of(min(general or fitting, key=self._distance))

    def _candidates(self, leaf: Leaf) -> list[Fact]:
        if leaf not in self.found:
            self.found[leaf] = self._fitting(leaf)
        return self.found[leaf]

    def _fitting(self, leaf: Leaf) -> list[Fact]:
        if leaf.fact:
            return [self.facts.by_id[leaf.fact]] if leaf.fact in self.facts.by_id else []
        facts = self.facts if leaf.adds_up else self.facts.find(leaf.entity, leaf.metric)
        return [fact for fact in facts if leaf.fits(fact)]

    def _in_time(self, fact: Fact) -> bool:
        return self.within is None or self.within[0] <= middle(fact) <= self.within[1]

    def _distance(self, fact: Fact) -> tuple[int, str, str]:
        """Return how far a fact is from the day; of two as near, the better grade comes first."""
        return abs((middle(fact) - self.day).days), fact.grade, fact.id


def _of(fact: Fact) -> Reading:
    low, high = (one if isinstance(one, float) else None for one in (fact.low, fact.high))
    return Reading(fact.number, low, high, (fact.id,), middle(fact))


def _sum(facts: Sequence[Fact]) -> Reading:
    """Return the sum of facts; its range adds their ranges, as if all erred together."""
    read = [_of(fact) for fact in facts]
    return Reading(
        sum(one.value for one in read),
        sum(one.value if one.low is None else one.low for one in read),
        sum(one.value if one.high is None else one.high for one in read),
        tuple(fact.id for fact in facts),
        middle(facts[0]),
    )


def combine(one: Expression, leaves: Sequence[Reading], place: str) -> Reading:
    """Return the result of an expression, with its range over every corner of the leaves'."""
    try:
        value = one.at([leaf.value for leaf in leaves])
        ends = [
            one.at(corner)
            for corner in itertools.product(
                *((_or(leaf.low, leaf.value), _or(leaf.high, leaf.value)) for leaf in leaves)
            )
        ]
    except ZeroDivisionError:
        ends = [math.nan]
        value = math.nan
    cited = tuple(dict.fromkeys(fact for leaf in leaves for fact in leaf.facts))
    if not all(map(math.isfinite, [value, *ends])):
        raise EconomyError(
            f"{place}: the figure divides by zero or overflows with facts {', '.join(cited)}. "
            "Correct the fact, or write another figure."
        )
    ranged = any(leaf.low is not None or leaf.high is not None for leaf in leaves)
    day = next((leaf.day for leaf in leaves if leaf.day), None)
    return Reading(
        value,
        min(value, *ends) if ranged else None,
        max(value, *ends) if ranged else None,
        cited,
        day,
    )


def _or(number: float | None, other: float) -> float:
    return other if number is None else number
