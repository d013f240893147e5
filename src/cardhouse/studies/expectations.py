"""What a scenario's author expects, held against what came out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from cardhouse.studies.scenario_files import Expectation

LUMPY = ("raised", "capex")
"""Figures that are summed from t+1 on: rounds and orders fall in this quarter or the next."""
SAME_WITHIN = 1e-9
"""Relative difference up to which a figure counts as the same as in the baseline."""


def unmet_expectations(
    document: Mapping[str, Any],
    baseline: Mapping[str, Any],
    expectations: Iterable[Expectation],
) -> list[str]:
    """Return a sentence for every expectation that a run does not meet.

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
    sentences = (_unmet(document, baseline, one) for one in expectations if one.at <= last)
    return [sentence for sentence in sentences if sentence]


def _unmet(document: Mapping[str, Any], baseline: Mapping[str, Any], one: Expectation) -> str:
    found, usual = (_figure(run, one) for run in (document, baseline))
    who = one.entity or f"tier {one.tier}"
    if found is None or usual is None:
        return f"{who} has no {one.figure} at t+{one.at}."
    if _direction(found, usual) == one.direction:
        return ""
    return (
        f"{one.figure} of {who} at t+{one.at} is {found:.4g} against {usual:.4g} in the baseline; "
        f"expected {one.direction}."
    )


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
