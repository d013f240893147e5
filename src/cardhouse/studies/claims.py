"""The sentences of the thesis, judged on the accounts, the facts and the shipped scenarios."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

from cardhouse.analysis.claims import Figure, Finding
from cardhouse.facts import FactTable
from cardhouse.studies.accelerator_market import Priced
from cardhouse.studies.claim_evidence import Evidence
from cardhouse.studies.claim_judges import JUDGES
from cardhouse.studies.claim_shown import shown
from cardhouse.studies.claim_table import Claim, load_claims
from cardhouse.studies.views import View


def judge_claims(
    view: View,
    facts: FactTable | None,
    table: list[Claim] | None = None,
    accelerators: tuple[Priced, ...] = (),
) -> list[dict[str, Any]]:
    """Return the claims about an economy as the document tells them.

    Parameters
    ----------
    view
        The baseline: claims speak of the base quarter's accounts, not of a scenario.
    facts
        All facts; those known on the world's date are used. None: facts stay undetermined.
    table
        The claims; none: the shipped table.
    accelerators
        The economy's classes of accelerators with their costs; none: what rests on them stays
        undetermined.
    """
    evidence = evidence_on(view, facts, accelerators)
    rows = load_claims() if table is None else table
    return [_told(row, evidence) for row in rows if row.economy == view.chain.world.economy]


def evidence_on(
    view: View, facts: FactTable | None, accelerators: tuple[Priced, ...] = ()
) -> Evidence:
    """Return what claims are judged on: the baseline, and the facts known on its date."""
    known = facts and facts.known_at(dt.date.fromisoformat(view.chain.world.as_of))
    return Evidence(view, known, accelerators)


def findings(
    evidence: Evidence, table: list[Claim] | None = None, *, runs: bool = False
) -> dict[str, Finding]:
    """Return what the definitions say of one base quarter, by claim: for draws of the accounts.

    Parameters
    ----------
    evidence
        A view of the base quarter (a run of no quarters will do), and the facts known.
    table
        The claims; none: the shipped table's for the world's economy.
    runs
        Judge those claims too that run a scenario; else they are left out.
    """
    rows = load_claims() if table is None else table
    return {
        row.id: JUDGES[row.judge](row, evidence)
        for row in rows
        if row.economy == evidence.world.economy and (runs or not row.scenario)
    }


def _names(figures: Sequence[Figure]) -> list[str]:
    """Return a name of its own for each figure: with its date, else a number, where it needs one.

    Examples
    --------
    >>> _names([Figure("margin", 0.1, "share", (), "2024"), Figure("margin", 0.2, "share")])
    ['margin, 2024', 'margin']
    """
    plain = [one.name for one in figures]
    dated = [
        f"{one.name}, {one.when}" if plain.count(one.name) > 1 and one.when else one.name
        for one in figures
    ]
    return [
        name if dated.count(name) == 1 else f"{name}, {1 + dated[:at].count(name)}"
        for at, name in enumerate(dated)
    ]


def _told(row: Claim, evidence: Evidence) -> dict[str, Any]:
    finding = JUDGES[row.judge](row, evidence)
    beside, (supports, opposes) = shown(row, evidence)
    base = evidence.world.base
    found = [one if one.when else replace(one, when=base) for one in finding.figures]
    figures = [*found, *(one for one in beside if one not in found)]
    cited = dict.fromkeys(fact for figure in figures for fact in figure.facts)
    return {
        "id": row.id,
        "claim": row.claim,
        "definition": row.definition,
        "verdict": finding.verdict,
        "by_definition": [
            {"definition": words, "verdict": verdict} for words, verdict in finding.by_definition
        ],
        "probability": None,
        "figures": [
            {**asdict(figure), "name": name, "facts": list(figure.facts)}
            for name, figure in zip(_names(figures), figures, strict=True)
        ],
        "for": list(dict.fromkeys(finding.supports + supports)),
        "against": list(dict.fromkeys(finding.opposes + opposes)),
        "facts": list(cited),
    }
