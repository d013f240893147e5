"""What each address answers, as functions of an opening position and a scenario.

Nothing here knows HTTP: each returns a document that the studies make.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from cardhouse.errors import InputError, did_you_mean
from cardhouse.model.scenario import Scenario
from cardhouse.report.live_stage import source_rows, stage_document
from cardhouse.report.live_view import live_view
from cardhouse.studies.answer_sources import explain_in, is_answer
from cardhouse.studies.compare import compare_documents
from cardhouse.studies.document import build_document
from cardhouse.studies.draw_bench import Source
from cardhouse.studies.draw_numbers import Drawing
from cardhouse.studies.driving import idle_levers
from cardhouse.studies.extracts import opening_document
from cardhouse.studies.loop_answers import paid_loops, promised_loops, promises
from cardhouse.studies.manifest import manifest_of
from cardhouse.studies.matrices import as_document, balance_sheets, transactions_flow
from cardhouse.studies.trace_answers import TraceQuestion, trace_from, trace_to
from cardhouse.studies.uncertainty import Wanted
from cardhouse.web.facts_told import FACT_ID, fact_in_full
from cardhouse.web.openings import Opening
from cardhouse.web.questions import Asked

Document = dict[str, Any]
CERTAINTY = ("probability", "probability_error", "probability_draws", "verdict_shares")
MATRICES = {"flows": transactions_flow, "balance": balance_sheets}


def stage(opening: Opening, scenario: Scenario, asked: Asked, kept: int) -> Document:
    """Return the places of the live picture."""
    del scenario
    return stage_document(opening.stage(asked.quarters, kept))


def view(opening: Opening, scenario: Scenario, asked: Asked, kept: int) -> Document:
    """Return the numbers of the live picture."""
    found = opening.view(scenario, asked.quarters)
    return live_view(opening.stage(asked.quarters, kept), found, scenario)


def run(
    opening: Opening, scenario: Scenario, asked: Asked, *, members: bool, journal: bool
) -> Document:
    """Return the result document, as ``cardhouse run --json`` prints it."""
    if not (members or journal):
        return opening.document(scenario, asked.quarters)
    result = opening.study(scenario, asked.quarters).result()
    document = result.document
    if members:
        document = {**document, "members": result.members()}
    if journal:
        document = {**document, "journal": result.journal(members=members)}
    return document


def part(
    opening: Opening,
    scenario: Scenario,
    asked: Asked,
    *names: str,
    without: Sequence[str] = (),
) -> Document:
    """Return some parts of the result document; of the first, what is not in ``without``."""
    document = opening.document(scenario, asked.quarters)
    kind = names[0]
    parts = {name: document[name] for name in names}
    if without:
        unknown = [name for name in without if name not in parts[kind]]
        if unknown:
            raise InputError(
                f"there is no part '{unknown[0][:60]}' to leave out."
                f"{did_you_mean(unknown[0][:60], parts[kind])}"
            )
        parts[kind] = {name: one for name, one in parts[kind].items() if name not in without}
    return {
        "schema": f"cardhouse/{kind}/1",
        "manifest": document["manifest"],
        "quarters": document["quarters"],
        **parts,
        "names": {row["id"]: row["name"] for row in document["entities"]},
        **({"sources": source_rows(opening.scene(asked.quarters))} if kind == "ledger" else {}),
    }


def facts_beside(opening: Opening, scenario: Scenario, asked: Asked, kind: str) -> Document:
    """Return a part of the document with the facts that it names."""
    document = opening.document(scenario, asked.quarters)
    return {
        "schema": f"cardhouse/{kind}-of-run/1",
        "manifest": document["manifest"],
        kind: document[kind],
        "facts": document["facts"],
    }


def trace(
    opening: Opening, scenario: Scenario, asked: Asked, direction: str, question: TraceQuestion
) -> Document:
    """Return who ultimately pays an entity, or where a source's dollars end."""
    if direction not in ("to", "from"):
        raise InputError(f"direction is '{direction[:60]}'. Use to or from.")
    if question.quarter is not None and question.is_cumulated:
        raise InputError(
            "quarter and cumulated cannot go together: the first is one quarter, the second all "
            "of them."
        )
    found = opening.view(scenario, asked.quarters)
    follow = trace_to if direction == "to" else trace_from
    answer = follow(found, _manifest(opening, scenario, asked), question)
    scene = opening.scene(asked.quarters)
    who = [row["who"] for row in answer["parts"]]
    groups = {one: scene.group_of(one) for one in who} if direction == "to" else {}
    return {**answer, "names": {one: scene.cast.name(one) for one in who}, "groups": groups}


def loops(
    opening: Opening,
    scenario: Scenario,
    asked: Asked,
    entity: str | None,
    quarter: str | None,
    *,
    is_cumulated: bool,
    is_committed: bool,
) -> Document:
    """Return the money that runs round among firms, as paid or as promised."""
    found, manifest = opening.view(scenario, asked.quarters), _manifest(opening, scenario, asked)
    if is_committed:
        return promised_loops(found, manifest, entity)
    return paid_loops(found, manifest, entity, quarter, is_cumulated=is_cumulated)


def promised(opening: Opening, scenario: Scenario, asked: Asked, entity: str | None) -> Document:
    """Return what is promised beside what was paid."""
    view_ = opening.view(scenario, asked.quarters)
    answer = promises(view_, _manifest(opening, scenario, asked), entity)
    cast = opening.scene(asked.quarters).cast
    who = {one[side] for one in answer["promises"] for side in ("payer", "payee")}
    return {**answer, "names": {one: cast.name(one) for one in sorted(who)}}


def accounts(opening: Opening, scenario: Scenario, asked: Asked) -> Document:
    """Return the balanced opening position with its matrices, as ``accounts --json``."""
    document = opening.document(scenario, asked.quarters)
    matrices = {name: matrix(opening, scenario, asked, name, "tier") for name in MATRICES}
    return {**opening_document(document), "matrices": matrices}


def matrix(opening: Opening, scenario: Scenario, asked: Asked, which: str, by: str) -> Document:
    """Return one matrix of the opening position."""
    del scenario, asked
    if which not in MATRICES or by not in ("tier", "entity"):
        raise InputError(
            f"which is '{which[:60]}' and by is '{by[:60]}'. Use {' or '.join(MATRICES)}, and tier "
            "or entity."
        )
    return as_document(MATRICES[which](opening.world, by))


def mirror(opening: Opening, scenario: Scenario, asked: Asked, only: str | None) -> Document:
    """Return the dot-com years beside a run, as ``gauge --mirror --json``."""
    from cardhouse.studies.mirror import check_indicator, facts_for_mirror, mirror_document

    check_indicator(only)
    facts = facts_for_mirror((), asked.as_of)
    return mirror_document(opening.document(scenario, asked.quarters), facts, only=only)


def why(opening: Opening, scenario: Scenario, asked: Asked, key: str) -> Document:
    """Return why a number of a run, a figure of the accounts, or a fact is what it is."""
    if FACT_ID.fullmatch(key):
        return fact_in_full(asked.economy, key, asked.base, asked.as_of)
    if is_answer(key):
        return explain_in(opening.document(scenario, asked.quarters), key)
    if asked.scenarios or asked.settings:
        raise InputError(
            f"'{key[:200]}' is a figure of the accounts, which no scenario changes. Leave "
            "scenario and set out, or ask for a number of the run, such as tiers.chips.revenue."
        )
    from cardhouse.studies.figure_sources import explain_figure

    economy, base, as_of = asked.place
    return explain_figure(key, economy=economy, base=base, as_of=as_of)


def drawn(opening: Opening, scenario: Scenario, asked: Asked, drawing: Drawing | None) -> Document:
    """Return what draws from the accounts say of a run's figures and of the claims."""
    wanted = None if drawing is None else Wanted(Source.of(opening.world), drawing)
    document = opening.study(scenario, asked.quarters, wanted).document
    words = ("id", "claim", "verdict", *CERTAINTY)
    return {
        "schema": "cardhouse/uncertainty-of-run/1",
        "manifest": document["manifest"],
        "uncertainty": document["uncertainty"],
        "claims": [
            {name: claim[name] for name in words if name in claim} for claim in document["claims"]
        ],
    }


def compared(columns: list[tuple[Opening, Scenario, Asked]]) -> Document:
    """Return two or three runs side by side."""
    return compare_documents(
        [
            build_document(opening.view(scenario, asked.quarters), scenario)
            for opening, scenario, asked in columns
        ]
    )


def _manifest(opening: Opening, scenario: Scenario, asked: Asked) -> Document:
    """Return the manifest of a run as its document tells it."""
    idle = idle_levers(opening.chains.own, scenario)
    return {**manifest_of(opening.world, scenario, asked.quarters), "idle_levers": idle}


def economy_row(opening: Opening) -> Document:
    """Return what an economy is, as it opens by default."""
    world = opening.world
    return {
        "id": opening.economy,
        **{name: getattr(world.about, name) for name in ("title", "subject", "caution")},
        "base_quarter": world.base,
        "as_of": world.as_of,
        "facts_version": world.facts_version,
        "facts_digest": world.facts_digest,
        "firms": len(opening.chains.own.firm_ids),
    }


def as_row(value: Any) -> Document:
    """Return a record as a document."""
    return dataclasses.asdict(value)
