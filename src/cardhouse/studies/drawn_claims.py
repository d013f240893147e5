"""Claims judged on draws: which need a run, and what verdicts and figures the draws give.

Most claims speak of the base quarter and are judged on its accounts in every draw. Those that run
a scenario, or look at later quarters of the baseline, need a simulation of each draw; they are
judged on the first draws only.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from cardhouse.analysis.claims import Figure, Finding
from cardhouse.studies.claim_evidence import Evidence
from cardhouse.studies.claim_judges import JUDGES
from cardhouse.studies.claim_table import Claim

Verdicts = dict[str, str]
"""Verdicts on one claim by the words of its definitions; `WHOLE` is the claim's own."""
WHOLE = ""
SAME = 1e-6
"""Relative difference of two figures that is rounding: a population summed up or told as one."""


@dataclass(frozen=True)
class Docket:
    """The claims to judge: those that the base quarter decides, and those that need a run.

    ``horizon`` is how many quarters of the baseline the runs need.
    """

    quick: tuple[Claim, ...]
    slow: tuple[Claim, ...]
    horizon: int


def docket_of(rows: Iterable[Claim], base: Evidence, whole: Evidence) -> Docket:
    """Return the claims sorted by what they need.

    A claim without a scenario of its own is judged both on the base quarter alone (``base``) and
    on the whole baseline (``whole``): where the findings differ it looks at later quarters.
    """
    quick, slow, horizon = [], [], 0
    for row in rows:
        if row.scenario or row.quarters:
            horizon = max(horizon, row.quarters)
            slow.append(row)
        elif _agree(_found_on_base(row, base), find(row, whole)):
            quick.append(row)
        else:
            horizon = max(horizon, whole.view.trajectory.quarters)
            slow.append(row)
    return Docket(tuple(quick), tuple(slow), horizon)


def find(row: Claim, evidence: Evidence) -> Finding:
    """Return what a claim's judge finds."""
    return JUDGES[row.judge](row, evidence)


def _found_on_base(row: Claim, base: Evidence) -> Finding | None:
    """Return what a judge finds on the base quarter; None where it asks for a later one."""
    try:
        return find(row, base)
    except IndexError:
        return None


def _agree(one: Finding | None, other: Finding) -> bool:
    if one is None or one.verdict != other.verdict or len(one.figures) != len(other.figures):
        return False
    return all(_alike(a, b) for a, b in zip(one.figures, other.figures, strict=True))


def _alike(one: Figure, other: Figure) -> bool:
    if one.name != other.name:
        return False
    if isinstance(one.value, float) and isinstance(other.value, float):
        return math.isclose(one.value, other.value, rel_tol=SAME, abs_tol=SAME)
    return one.value == other.value


def verdicts_of(found: Mapping[str, Finding]) -> dict[str, Verdicts]:
    """Return each claim's verdict under no words, and by its definitions."""
    return {name: {WHOLE: one.verdict, **dict(one.by_definition)} for name, one in found.items()}


def figures_of(found: Mapping[str, Finding]) -> dict[str, float]:
    """Return the numbers that verdicts rest on, by their keys in the document."""
    return {
        key_of(name, figure.name): figure.value
        for name, finding in found.items()
        for figure in finding.figures
        if isinstance(figure.value, float) and math.isfinite(figure.value)
    }


def key_of(claim: str, figure: str) -> str:
    """Return the key of a claim's figure in the document."""
    return f"claims.{claim}.figures.{figure}.value"


def judged(rows: Sequence[Claim], evidence: Evidence) -> dict[str, Finding]:
    """Return what is found on each claim."""
    return {row.id: find(row, evidence) for row in rows}
