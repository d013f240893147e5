"""Facts drawn within their own sd, for claims that rest on facts and not on the accounts.

A fact that a claim compares with a limit is as unsure as its range says, or else its grade; the
rule is that of the accounts (range over 2.56; 0.5 %, 5 % or 20 % by grade). Facts are drawn one by
one: errors that two figures of one source share are not known and count twice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

import numpy as np

from cardhouse.accounts.figures import sd_of
from cardhouse.facts import Fact, FactTable
from cardhouse.studies.claim_table import Claim
from cardhouse.studies.fact_choice import read_wishes


def facts_in_claims(facts: FactTable, rows: Iterable[Claim]) -> list[Fact]:
    """Return the facts that the claims' definitions may look at: numbers of the metrics named."""
    wishes = [wish for row in rows for wish in read_wishes(row.facts)]
    metrics = {term.metric for wish in wishes for term in (*wish.terms, *wish.over)}
    return [one for one in facts if one.metric in metrics and isinstance(one.value, float)]


def drawn_values(facts: Iterable[Fact], seed: int, number: int) -> Mapping[str, float]:
    """Return values of facts drawn within their sd, by id.

    A value depends on the fact, the seed and the number of the draw alone, not on what else is
    drawn. A positive figure stays positive.
    """
    return {one.id: _drawn(one, seed, number) for one in facts}


def _drawn(fact: Fact, seed: int, number: int) -> float:
    low, high = (one if isinstance(one, float) else None for one in (fact.low, fact.high))
    sd = sd_of(fact.number, low, high, fact.grade)
    moved = fact.number + sd * float(_stream(fact.id, seed, number).normal())
    return abs(moved) if fact.number > 0 else moved


def _stream(name: str, seed: int, number: int) -> np.random.Generator:
    """Return a generator of random numbers of its own for each fact in each draw."""
    own = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8])
    return np.random.default_rng((seed, number, own))
