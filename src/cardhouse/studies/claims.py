"""The sentences of the thesis, judged on the accounts, the facts and the shipped scenarios."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict
from typing import Any

from cardhouse.facts import FactTable
from cardhouse.studies.claim_evidence import Evidence
from cardhouse.studies.claim_judges import JUDGES
from cardhouse.studies.claim_table import Claim, load_claims
from cardhouse.studies.fact_choice import chosen
from cardhouse.studies.views import View


def judge_claims(
    view: View, facts: FactTable | None, table: list[Claim] | None = None
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
    """
    evidence = evidence_on(view, facts)
    rows = load_claims() if table is None else table
    return [_told(row, evidence) for row in rows if row.economy == view.chain.world.economy]


def evidence_on(view: View, facts: FactTable | None) -> Evidence:
    """Return what claims are judged on: the baseline, and the facts known on its date."""
    known = facts and facts.known_at(dt.date.fromisoformat(view.chain.world.as_of))
    return Evidence(view, known)


def _told(row: Claim, evidence: Evidence) -> dict[str, Any]:
    finding = JUDGES[row.judge](row, evidence)
    figures = [*finding.figures, *chosen(evidence.facts, row.shown)]
    cited = dict.fromkeys(fact for figure in figures for fact in figure.facts)
    return {
        "id": row.id,
        "claim": row.claim,
        "definition": row.definition,
        "verdict": finding.verdict,
        "probability": None,
        "figures": [{**asdict(figure), "facts": list(figure.facts)} for figure in figures],
        "for": list(finding.supports),
        "against": list(finding.opposes),
        "facts": list(cited),
    }
