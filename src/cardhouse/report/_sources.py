"""The sources behind the numbers: numbered in the order in which the report cites them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup, escape

from cardhouse.report.wording import value_of, words

DATES = ("published", "date", "known_from")
FEW = 3  # citations in a row before the others are folded
WEB = ("https://", "http://")


@dataclass(frozen=True)
class Source:
    """One cited fact as it is listed: number, id, what it says, where it stands."""

    number: int
    id: str
    what: str
    value: str
    date: str
    grade: str
    source: str
    url: str


@dataclass
class Sources:
    """The facts of a document by id, the names of its entities, and the facts cited so far."""

    facts: Mapping[str, Mapping[str, Any]]
    names: Mapping[str, str] = field(default_factory=dict)
    _cited: dict[str, int] = field(default_factory=dict)

    def cite(self, ids: Iterable[str]) -> Markup:
        """Return links to facts in the list of sources, those beyond a few behind a fold.

        Ids without a row are named as they are.
        """
        parts = [self._link(one) for one in dict.fromkeys(ids)]
        few, more = parts[:FEW], parts[FEW:]
        if len(more) <= 1:
            return Markup(" ").join(parts)
        fold = Markup('<details class="cites"><summary>{} more sources</summary> {}</details>')
        return Markup(" ").join([*few, fold.format(len(more), Markup(" ").join(more))])

    def _link(self, one: str) -> Markup:
        if one not in self.facts:
            return Markup('<span class="fact">fact {}</span>').format(one)
        number = self._cited.setdefault(one, len(self._cited) + 1)
        told = f"Source {number}: {self.facts[one].get('source', one)}"
        return Markup('<a class="cite" href="#fact-{}" aria-label="{}">[{}]</a>').format(
            one, told, number
        )

    def listed(self) -> list[Source]:
        """Return the cited facts in the order of their numbers."""
        return [
            _source(number, one, self.facts[one], self.names) for one, number in self._cited.items()
        ]


def _source(number: int, one: str, fact: Mapping[str, Any], names: Mapping[str, str]) -> Source:
    return Source(
        number,
        one,
        _what(fact, names),
        _value(fact),
        str(next((fact[name] for name in DATES if fact.get(name)), "")),
        str(fact.get("grade") or ""),
        str(fact.get("source") or ""),
        web_address(fact.get("url")),
    )


def _value(fact: Mapping[str, Any]) -> str:
    """Return the figure with its range, when it has one."""
    unit = str(fact.get("unit") or "")
    limits = [fact.get("low"), fact.get("high")]
    told = value_of(fact.get("value"), unit)
    return f"{told} ({value_of(limits, unit)})" if all(limits) else told


def _what(fact: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """Return which figure a fact is: whose, of what, over which time."""
    entity = str(fact.get("entity") or "")
    given = [names.get(entity, words(entity)), fact.get("metric"), fact.get("item")]
    parts = [words(str(one)) for one in given if one]
    start, end = (str(fact.get(key) or "") for key in ("period_start", "period_end"))
    span = end if start in ("", end) else f"{start} to {end}"
    return ", ".join([part for part in (" ".join(parts), span) if part])


def web_address(url: object) -> str:
    """Return an address that a reader may follow; anything but http and https is left out."""
    text = str(url or "")
    return text if text.startswith(WEB) else ""


def outward(words_shown: str, url: object) -> Markup:
    """Return words as a link to a page outside, or alone when there is no address."""
    address = web_address(url)
    if not address:
        return escape(words_shown)
    return Markup('<a href="{}" rel="noopener noreferrer">{}</a>').format(address, words_shown)
