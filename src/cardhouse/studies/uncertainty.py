"""How sure the answers are: draws from the posterior of the accounts, answered one by one.

The results are kept in the user's cache under a digest of facts, tables, code, number and seed, so
that the same question is answered at once the second time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from cardhouse.accounts.definition import tables_of
from cardhouse.analysis.intervals import INSIDE, intervals, share_error
from cardhouse.engine.chain import Array, Mask
from cardhouse.studies.claim_evidence import Evidence
from cardhouse.studies.claim_table import Claim, load_claims
from cardhouse.studies.draw_bench import Drawn, Source, Task, jobs_of
from cardhouse.studies.draw_numbers import Drawing
from cardhouse.studies.draw_pool import work
from cardhouse.studies.drawn_answers import answers_of, base_view
from cardhouse.studies.drawn_cache import kept_result
from cardhouse.studies.drawn_claims import WHOLE, Verdicts, docket_of, figures_of, judged, key_of
from cardhouse.studies.drawn_trace import asked_of

RUNS = 16
"""Draws on which claims that need a simulation are judged; fewer where fewer are asked for."""
CHUNK = 10
FIGURE = ("low", "median", "high", "mean", "mc_error")

Row = dict[str, Any]


@dataclass(frozen=True)
class Wanted:
    """Draws of which accounts, and how many from which seed."""

    source: Source
    drawing: Drawing


def uncertainty(
    wanted: Wanted,
    evidence: Evidence,
    claims: Iterable[Mapping[str, Any]],
    table: list[Claim] | None = None,
) -> Row:
    """Return what draws say of the base quarter's figures and of the claims.

    Parameters
    ----------
    wanted
        Which accounts are drawn from, how often, from which seed.
    evidence
        What the claims are judged on without draws: the baseline of the balanced accounts, and
        the facts known on their date.
    claims
        The claims as judged on it, as the document tells them.
    table
        The claims; none: the shipped table.

    Returns
    -------
    dict
        ``draws``, ``seed``, ``interval``, ``runs`` (draws with a simulation),
        ``accounts_residual_max``, ``figures`` by key, each with the ``value`` of the balanced
        accounts beside what the draws say, and ``claims`` by id.
    """
    world = evidence.world
    rows = load_claims() if table is None else table
    rows = [row for row in rows if row.economy == world.economy]
    mode = base_view(world)
    base = replace(evidence, view=mode)
    docket = docket_of(rows, base, evidence)
    draws, seed = wanted.drawing.draws, wanted.drawing.seed
    runs = min(RUNS, draws) if docket.slow else 0

    def make() -> Row:
        asked = asked_of(mode)
        values = {**answers_of(mode, asked), **figures_of(judged(docket.quick, base))}
        slow = _figures_told(claims, {row.id for row in docket.slow})
        keys = tuple(values), tuple(slow)
        task = Task(wanted.source, seed, asked, docket, _beside(evidence), *keys)
        jobs = jobs_of(wanted.source.open(), draws, seed, runs, CHUNK)
        drawn = work(task, jobs, wanted.drawing.processes, wanted.drawing.progress)
        return {
            "draws": draws,
            "seed": seed,
            "interval": INSIDE,
            "runs": runs,
            "accounts_residual_max": max(one.residual for one in drawn),
            **_summary(drawn[:draws], drawn[draws:], values, slow),
        }

    question = {
        "economy": world.economy,
        "base": world.base,
        "as_of": world.as_of,
        "own": len(wanted.source.extra_facts),
        "draws": draws,
        "seed": seed,
        "runs": runs,
        "horizon": docket.horizon,
        "claims": [repr(row) for row in rows],
        "evidence": repr(_beside(evidence)),
    }
    files = [*tables_of(world.economy), *wanted.source.extra_facts]
    return kept_result(question, files, make)


def _figures_told(claims: Iterable[Mapping[str, Any]], names: Container[str]) -> dict[str, float]:
    """Return the numbers behind some claims by their keys in the document."""
    return {
        key_of(claim["id"], figure["name"]): figure["value"]
        for claim in claims
        if claim["id"] in names
        for figure in claim["figures"]
        if isinstance(figure["value"], float)
    }


def _beside(evidence: Evidence) -> Row:
    """Return what judges look at beside the accounts and the facts."""
    return {
        one.name: getattr(evidence, one.name)
        for one in fields(evidence)
        if one.name not in ("view", "facts")
    }


def _summary(
    quick: list[Drawn], slow: list[Drawn], values: Mapping[str, float], run: Mapping[str, float]
) -> Row:
    """Return what the draws of the base quarter, and those with runs, say together."""
    return {
        "figures": {**_figures(values, quick), **_figures(run, slow)},
        "claims": {**_claims(quick), **_claims(slow)},
    }


def _figures(values: Mapping[str, float], drawn: list[Drawn]) -> Row:
    """Return the intervals of figures; what some draw does not tell is left out."""
    if not drawn or not values:
        return {}
    table: Array = np.stack([one.figures for one in drawn])
    told: Mask = np.asarray(np.isfinite(table).all(axis=0))
    found = intervals(table[:, told])
    columns = zip(*(getattr(found, name).tolist() for name in FIGURE), strict=True)
    names = [key for key, known in zip(values, told.tolist(), strict=True) if known]
    return {
        name: {
            "value": values[name],
            **dict(zip(FIGURE, numbers, strict=True)),
            "draws": len(drawn),
        }
        for name, numbers in zip(names, columns, strict=True)
    }


def _claims(drawn: list[Drawn]) -> Row:
    names = list(drawn[0].verdicts) if drawn else []
    return {name: _claim([one.verdicts[name] for one in drawn]) for name in names}


def _claim(drawn: list[Verdicts]) -> Row:
    """Return what draws say of a claim, and of each of its definitions that all of them had."""
    common = [words for words in drawn[0] if words and all(words in one for one in drawn)]
    by_words = {words: _shares([one[words] for one in drawn]) for words in common}
    return {**_shares([one[WHOLE] for one in drawn]), "by_definition": by_words}


def _shares(verdicts: list[str]) -> Row:
    counts, of = Counter(verdicts), len(verdicts)
    return {
        "probability": counts["holds"] / of,
        "probability_error": share_error(counts["holds"], of),
        "draws": of,
        "verdicts": {verdict: count / of for verdict, count in sorted(counts.items())},
    }


def with_probabilities(claims: Iterable[Mapping[str, Any]], found: Mapping[str, Row]) -> list[Row]:
    """Return the claims with what draws say of their verdicts.

    A claim that the balanced accounts and facts leave undetermined has no probability.
    """
    return [_told(claim, found.get(claim["id"])) for claim in claims]


def _told(claim: Mapping[str, Any], found: Mapping[str, Any] | None) -> Row:
    if found is None or claim["verdict"] == "undetermined":
        return dict(claim)
    return {
        **claim,
        "probability": found["probability"],
        "probability_error": found["probability_error"],
        "probability_draws": found["draws"],
        "verdict_shares": dict(found["verdicts"]),
        "by_definition": [
            _ruled(one, found["by_definition"].get(one["definition"]))
            for one in claim["by_definition"]
        ],
    }


def _ruled(one: Mapping[str, Any], found: Mapping[str, Any] | None) -> Row:
    """Return a definition's verdict with how often it holds, where every draw could be asked."""
    if found is None or one["verdict"] == "undetermined":
        return dict(one)
    return {**one, "probability": found["probability"], "verdict_shares": dict(found["verdicts"])}
