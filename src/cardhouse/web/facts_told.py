"""Facts as documents: searched, and one with everything around it."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from cardhouse.accounts import (
    economy_facts,
    fact_entities,
    known_economies,
    read_build,
    read_definition,
)
from cardhouse.accounts.building import Build
from cardhouse.errors import InputError, did_you_mean
from cardhouse.facts import Entity, Fact, FactTable, find_entity, find_metric, load_facts
from cardhouse.studies.asking import DEFAULT_ECONOMY
from cardhouse.studies.fact_documents import corrections_of, fact_document, row_of
from cardhouse.studies.fact_uses import uses_of
from cardhouse.studies.own_figures import weight_of
from cardhouse.web.problems import ProblemError

Document = dict[str, Any]
FACT_ID = re.compile(r"[0-9a-f]{7,13}")


@dataclass(frozen=True)
class Search:
    """What facts are looked for; None and empty stand for any."""

    economy: str
    words: str = ""
    entity: str | None = None
    metric: str | None = None
    day: str | None = None
    offset: int = 0
    limit: int = 40


def known_facts(economy: str) -> tuple[FactTable, Sequence[Entity]]:
    """Return the facts of an economy and its own entities; of the default one, all that ship.

    Raises
    ------
    InputError
        When there is no such economy.
    """
    if economy not in known_economies():
        hint = did_you_mean(economy[:60], known_economies())
        raise InputError(f"there is no shipped economy '{economy[:60]}'.{hint}")
    if economy == DEFAULT_ECONOMY:
        return load_facts(), ()
    return economy_facts(economy), fact_entities(read_definition(economy))


def found_facts(asked: Search) -> Document:
    """Return the facts that a search finds, some of them, and how many there are."""
    known, own = known_facts(asked.economy)
    if asked.day is not None:
        known = known.known_at(dt.date.fromisoformat(asked.day))
    entity = asked.entity
    if entity is not None and entity not in {one.id for one in own}:
        entity = find_entity(entity).id
    metric = None if asked.metric is None else find_metric(asked.metric).metric
    words = asked.words.lower().split()
    found = [
        fact
        for fact in known
        if entity in (None, fact.entity)
        and metric in (None, fact.metric)
        and all(word in _text(fact) for word in words)
    ]
    shown = found[asked.offset : asked.offset + asked.limit]
    return fact_document(known, shown, len(found), own)


def _text(fact: Fact) -> str:
    parts = (fact.id, fact.entity, fact.metric, fact.source, fact.note, fact.counterparty)
    return " ".join(parts).lower()


def fact_in_full(
    economy: str, fact_id: str, base: str | None = None, as_of: str | None = None
) -> Document:
    """Return one fact with its corrections, other sources, where it is used, and what it weighs.

    Raises
    ------
    ProblemError
        When there is no such fact.
    """
    known, own = known_facts(economy)
    if fact_id not in known.by_id:
        known, own = load_facts(), ()  # an economy's own table is not all that ships
    found = known.by_id.get(fact_id)
    if found is None:
        hint = did_you_mean(fact_id[:40], known.by_id)
        raise ProblemError("not-found", f"there is no fact '{fact_id[:40]}'.{hint}")
    kept = known.duplicates.get(found.id)
    around = {
        "counts_as": [known.by_id[kept]] if kept else [],
        "duplicates": known.said_again_by(found.id),
        "others": [one for one in known.beside(found) if one.id != kept],
    }
    return {
        **fact_document(known, [found], 1, own),
        "corrections": corrections_of(found),
        **{name: [row_of(one) for one in rows] for name, rows in around.items()},
        "uses": [dataclasses.asdict(use) for use in uses_of(found, known, economy)],
        "weight": weight_of(found, known, _build(economy, base, as_of)),
    }


@lru_cache(maxsize=4)
def _build(economy: str, base: str | None, as_of: str | None) -> Build:
    """Return what the accounts are balanced from, which takes longer than all else told here."""
    return read_build(economy, base=base, as_of=as_of)[0]
