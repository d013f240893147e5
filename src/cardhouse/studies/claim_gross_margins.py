"""Gross margins of the accounts with and without free use and shares of sales passed on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from cardhouse.analysis.claims import Figure, Finding
from cardhouse.engine.chain import Index
from cardhouse.studies.claim_evidence import Evidence
from cardhouse.studies.claim_table import Claim

Told = tuple[tuple[Figure, ...], tuple[tuple[bool, str], ...]]


def gross_margins(row: Claim, evidence: Evidence) -> Told:
    """Return margins of firms with free use and shares of sales passed on, taken apart.

    All lines of a firm that sells what the claim speaks of; its use by itself is left out.
    """
    chain = evidence.view.chain
    firms = sorted({int(chain.firm_of_line[at]) for at in evidence.lines(row)})
    figures: list[Figure] = []
    told: list[tuple[bool, str]] = []
    for firm in firms:
        found = _of_firm(np.flatnonzero(chain.firm_of_line == firm), firm, evidence)
        figures += found[0]
        told += found[1]
    return tuple(figures), tuple(told)


def _of_firm(lines: Index, firm: int, evidence: Evidence) -> Told:
    name = evidence.view.chain.firm_ids[firm]
    words = evidence.world.by_id[name].name
    one = evidence.business(words, lines, name)
    shares = float(evidence.layers.shares[lines].sum())
    free = one.service - one.paid
    if one.revenue <= 0.0 or shares <= 0.0 or free <= 0.0:
        return (), ()
    margin = one.margin
    bare = margin + shares / one.revenue
    paid_alone = bare + free / one.revenue
    names = {
        "free use and shares of sales passed on in it": margin,
        "free use in it, shares passed on apart": bare,
        "both apart": paid_alone,
    }
    figures = tuple(
        Figure(f"gross margin of {words} in the accounts, {which}", value, "share", one.facts)
        for which, value in names.items()
    )
    sentence = (
        f"{words} keeps {margin:.0%} of its sales after direct cost in the accounts; {bare:.0%} "
        f"where shares of sales passed on are left out, {paid_alone:.0%} without free use as well. "
        "Published margins may leave out either."
    )
    return figures, ((margin < 0, sentence),)


def with_evidence(finding: Finding, told: Told) -> Finding:
    """Return a finding with more figures, and more sentences on their sides."""
    figures, sentences = told
    return replace(
        finding,
        figures=finding.figures + figures,
        supports=finding.supports + tuple(text for supports, text in sentences if supports),
        opposes=finding.opposes + tuple(text for supports, text in sentences if not supports),
    )
