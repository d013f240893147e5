"""What a scenario's author expects, held against what came out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from cardhouse.studies.scenario_files import Expectation

LUMPY = ("raised", "capex")
"""Figures that are summed from t+1 on: rounds and orders fall in this quarter or the next."""
SAME_WITHIN = 1e-9
"""Relative difference up to which a figure counts as the same as in the baseline."""


@dataclass(frozen=True)
class Outcome:
    """What came of one expectation: the figure, what it is in the baseline, and words for both."""

    expectation: Expectation
    found: float | None
    usual: float | None

    @property
    def is_met(self) -> bool:
        """Tell whether the figure stands where it was expected."""
        if self.found is None or self.usual is None:
            return False
        return _direction(self.found, self.usual) == self.expectation.direction

    @property
    def words(self) -> str:
        """Return the figure, the baseline's, and what was expected, in a sentence."""
        one = self.expectation
        who = one.entity or f"tier {one.tier}"
        if self.found is None or self.usual is None:
            return f"{who} has no {one.figure} at t+{one.at}."
        added_up = one.figure in LUMPY and one.at > 1
        when = f"from t+1 to t+{one.at}" if added_up else f"at t+{one.at}"
        found, usual = _told_apart(self.found, self.usual)
        told = f"{one.figure} of {who} {when} is {found} against {usual} in the baseline"
        if self.is_met:
            return f"{told}: {one.direction}, as expected."
        return f"{told}; expected {one.direction}."


def _told_apart(one: float, other: float) -> tuple[str, str]:
    """Return two numbers with four digits, or with as many as tell them apart.

    Examples
    --------
    >>> _told_apart(191.631, 191.634), _told_apart(2.0, 3.0), _told_apart(0.5, 0.5)
    (('191.631', '191.634'), ('2', '3'), ('0.5', '0.5'))
    """
    for digits in range(4, 12):
        told = f"{one:.{digits}g}", f"{other:.{digits}g}"
        if told[0] != told[1]:
            return told
    return f"{one:.4g}", f"{other:.4g}"


def outcomes(
    document: Mapping[str, Any],
    baseline: Mapping[str, Any],
    expectations: Iterable[Expectation],
) -> list[Outcome]:
    """Return what came of expectations.

    Parameters
    ----------
    document
        The result document of the scenario (``cardhouse/run/1``).
    baseline
        The result document of the same economy under the baseline, as long or longer.
    expectations
        What should come out; those after the last quarter are left out.
    """
    last = len(document["quarters"]) - 1
    return [
        Outcome(one, *(_figure(run, one) for run in (document, baseline)))
        for one in expectations
        if one.at <= last
    ]


def unmet_expectations(
    document: Mapping[str, Any],
    baseline: Mapping[str, Any],
    expectations: Iterable[Expectation],
) -> list[str]:
    """Return a sentence for every expectation that a run does not meet; see `outcomes`."""
    return [one.words for one in outcomes(document, baseline, expectations) if not one.is_met]


def _figure(document: Mapping[str, Any], one: Expectation) -> float | None:
    """Return the figure at its quarter, or up to it when it comes in lumps (`LUMPY`).

    A firm that is gone has none left: 0.
    """
    rows, key, name = (
        (document["entities"], "id", one.entity)
        if one.entity
        else (document["tiers"], "tier", one.tier)
    )
    series = next((row.get(one.figure) for row in rows if row[key] == name), None)
    if not series:
        return None
    first = 1 if one.figure in LUMPY else one.at
    return float(sum(value or 0.0 for value in series[first : one.at + 1]))


def _direction(found: float, usual: float) -> str:
    if abs(found - usual) <= SAME_WITHIN * max(abs(found), abs(usual)):
        return "same"
    return "down" if found < usual else "up"
