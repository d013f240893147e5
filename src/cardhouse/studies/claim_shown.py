"""Facts shown beside a claim: nearest to the base quarter first, each on its side of it.

A label may say when its figures speak for the claim: ``label (for > 0.5) = term``, ``(for < 0)``,
or ``(for 20..200)``; figures beyond speak against it; ``(for)`` always does. Labels that do not say
so are shown alone.
"""

from __future__ import annotations

import re
from dataclasses import replace

from cardhouse.analysis.claims import Figure, Sides, sides
from cardhouse.studies.claim_evidence import Evidence
from cardhouse.studies.claim_table import Claim
from cardhouse.studies.fact_choice import chosen

_NUMBER = r"-?\d+(?:\.\d+)?"
_SIDE = re.compile(
    rf" \(for(?: (?P<sign>[<>]) (?P<limit>{_NUMBER})| (?P<low>{_NUMBER})\.\.(?P<high>{_NUMBER}))?\)"
)


def shown(row: Claim, evidence: Evidence) -> tuple[list[Figure], Sides]:
    """Return the figures shown beside a claim, and sentences on those that take a side."""
    figures: list[Figure] = []
    told: list[tuple[bool, str]] = []
    for one in chosen(evidence.facts, row.shown, evidence.middle):
        match = _SIDE.search(one.name)
        plain = replace(one, name=_SIDE.sub("", one.name))
        figures.append(plain)
        if match is not None and isinstance(one.value, float):
            told.append((_speaks_for(match, one.value), _sentence(plain, one.value)))
        elif match is not None:
            told.append((True, f"{plain.name}: {plain.value}."))
    return figures, sides(told)


def _speaks_for(match: re.Match[str], value: float) -> bool:
    if match["sign"] is None and match["low"] is None:
        return True
    if match["sign"] is None:
        return float(match["low"]) <= value <= float(match["high"])
    limit = float(match["limit"])
    return value < limit if match["sign"] == "<" else value > limit


def _sentence(one: Figure, value: float) -> str:
    if one.unit == "share":
        return f"{one.called}: {value:.0%}."
    digits = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    plain = "" if one.unit == "ratio" or "USD" in one.name else _unit(one.unit)
    return f"{one.called}: {digits}{plain}."


def _unit(unit: str) -> str:
    """Return a unit as it follows a number; what a label counts needs none.

    Examples
    --------
    >>> _unit("usd per month"), _unit("months")
    (' USD per month', '')
    """
    return f" {unit.replace('usd', 'USD')}" if "usd" in unit.lower() else ""
