"""Addresses that list what there is: economies, levers, scenarios, words, facts, gauges."""

from __future__ import annotations

import dataclasses
import math
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from cardhouse.accounts import known_economies
from cardhouse.errors import did_you_mean
from cardhouse.model.scenario import Scenario, Shock
from cardhouse.studies.asking import DEFAULT_ECONOMY, checked_date
from cardhouse.studies.driving import reaches
from cardhouse.studies.glossary import load_glossary
from cardhouse.studies.levers import (
    REMOVE_RANGE,
    describe_range,
    lever_rows,
    load_levers,
)
from cardhouse.studies.scenario_files import expectations, list_scenarios, load_scenario
from cardhouse.studies.schemas import published_schemas
from cardhouse.web import answers
from cardhouse.web.answered import Question, Service, reply
from cardhouse.web.facts_told import Search, fact_in_full, found_facts
from cardhouse.web.openings import Opening
from cardhouse.web.problems import ProblemError
from cardhouse.web.questions import AsOf, Economy, Opened
from cardhouse.web.shapes import documented

router = APIRouter(tags=["words and facts"])

STEPS = 100
"""A lever's range is cut into about as many steps."""
SHOWN = 40
MOVE = ("fact", "what", "observed", "balanced", "in_sd", "cause")
"""What is told of a fact that balancing had to move."""


@router.get("/economies", **documented("economies"))
async def economies(request: Request) -> Response:
    """List the shipped economies, as they open by default."""
    service: Service = request.app.state.service

    def make() -> Any:
        rows = [service.openings.get((name, None, None)) for name in known_economies()]
        return {"schema": "cardhouse/economies/1", "economies": [*map(answers.economy_row, rows)]}

    return await reply(request, Question(request.url.path, None, make), quick=True)


@router.get("/levers", **documented("levers"))
async def levers(request: Request, asked: Opened) -> Response:
    """List the levers: what each moves, its unit, its default and its range."""

    def make(opening: Opening, *_: Any) -> Any:
        rows = [_lever(row, opening) for row in lever_rows()]
        groups = list(dict.fromkeys(row["group"] for row in rows))
        return {"schema": "cardhouse/levers/1", "groups": groups, "levers": rows}

    return await reply(request, Question(request.url.path, asked, make), quick=True)


def _lever(row: dict[str, Any], opening: Opening) -> dict[str, Any]:
    """Return a lever with its range in words, its step, and whether it finds anything to move."""
    lever = load_levers().get(row["id"])
    if lever is None:
        return {**row, "range": REMOVE_RANGE, "step": None, "reaches": True}
    switch = lever.unit == "0 or 1"
    return {
        **row,
        "range": describe_range(lever),
        "step": 1.0 if switch else _step(lever.low, lever.high),
        "reaches": reaches(opening.chains.own, lever),
    }


def _step(low: float, high: float) -> float:
    """Return a round step: the smallest of 1, 2 or 5 times a power of ten that makes few enough.

    Examples
    --------
    >>> _step(0.0, 3.0), _step(-2.0, 10.0), _step(0.0, 1.0), _step(4.0, 40.0)
    (0.05, 0.2, 0.01, 0.5)
    """
    finest = (high - low) / STEPS
    power = math.floor(math.log10(finest))
    nice = (factor * 10.0**power for factor in (1.0, 2.0, 5.0, 10.0))
    return round(next(step for step in nice if step >= finest * (1 - 1e-9)), 10)


@router.get("/scenarios", **documented("scenarios"))
async def scenarios(request: Request, asked: Opened) -> Response:
    """List the shipped scenarios: words, reason, moves, and the signs their authors expect.

    `shocks` and `events` are what is done to each lever and firm, and when, in quarters from the
    base quarter: with the moves of the scenarios that one extends, and of its whole run.
    """

    def make(opening: Opening, *_: Any) -> Any:
        base = opening.world.base
        rows = [
            {
                **dataclasses.asdict(one),
                "signs": [dataclasses.asdict(sign) for sign in expectations(one.id, base)],
                **_moves(load_scenario(one.id, base)),
            }
            for one in list_scenarios()
        ]
        groups = list(dict.fromkeys(row["group"] for row in rows))
        return {"schema": "cardhouse/scenarios/1", "groups": groups, "scenarios": rows}

    return await reply(request, Question(request.url.path, asked, make), quick=True)


def _moves(scenario: Scenario) -> dict[str, Any]:
    """Return what a scenario does to levers and firms; a constant is a step from t+1 to the end."""
    constants = [Shock(lever, value, 1) for lever, value in scenario.levers.items()]
    return {
        "shocks": [dataclasses.asdict(shock) for shock in (*constants, *scenario.shocks)],
        "events": [dataclasses.asdict(event) for event in scenario.events],
    }


@router.get("/glossary", **documented("glossary"))
async def glossary(request: Request) -> Response:
    """List the words of this project and what they mean."""

    def make() -> Any:
        words = [dataclasses.asdict(one) for one in load_glossary()]
        return {"schema": "cardhouse/glossary/1", "words": words}

    return await reply(request, Question(request.url.path, None, make), quick=True)


@router.get("/schemas", **documented("schemas"))
async def schemas(request: Request) -> Response:
    """List the published JSON Schemas."""

    def make() -> Any:
        return {"schema": "cardhouse/schemas/1", "kinds": sorted(published_schemas())}

    return await reply(request, Question(request.url.path, None, make), quick=True)


@router.get("/schemas/{kind}", **documented(None))
async def schema(request: Request, kind: str) -> Response:
    """Return one published JSON Schema."""

    def make() -> Any:
        known = published_schemas()
        if kind not in known:
            hint = did_you_mean(kind[:60], known)
            raise ProblemError(
                "not-found",
                f"there is no schema '{kind[:60]}'.{hint} Known: {', '.join(sorted(known))}.",
            )
        return known[kind]

    return await reply(request, Question(request.url.path, None, make), quick=True)


@router.get("/gauges", **documented("gauge"))
async def gauges(
    request: Request,
    as_of: AsOf = None,
    gauge: Annotated[str | None, Query(max_length=100, description="Id of one gauge.")] = None,
) -> Response:
    """Return the valuation gauges beside the dot-com peak."""
    day = checked_date(as_of)

    def make() -> Any:
        from cardhouse.studies.gauges import gauge_document

        return gauge_document(as_of=day, only=gauge)

    return await reply(request, Question(request.url.path, None, make, (day, gauge)), quick=True)


# --- facts -------------------------------------------------------------------------------------


@router.get("/facts", **documented("facts"))
async def facts(
    request: Request,
    economy: Economy = DEFAULT_ECONOMY,
    q: Annotated[str, Query(max_length=100, description="Words to look for.")] = "",
    entity: Annotated[str | None, Query(max_length=100)] = None,
    metric: Annotated[str | None, Query(max_length=100)] = None,
    as_of: AsOf = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = SHOWN,
    offset: Annotated[int, Query(ge=0, le=100_000)] = 0,
) -> Response:
    """Search the facts: who, what, when, how much, how well known."""
    what = Search(economy, q, entity, metric, checked_date(as_of), offset, limit)
    question = Question(request.url.path, None, partial(found_facts, what), (what,))
    return await reply(request, question, quick=True)


@router.get("/facts/conflicts", **documented("conflicts"))
async def conflicts(request: Request, asked: Opened) -> Response:
    """Return the facts that balancing had to move, the farthest first."""

    def make(opening: Opening, *_: Any) -> Any:
        known = opening.facts.by_id
        moves = sorted(opening.world.moves, key=lambda move: -abs(move.in_sd))
        rows = [
            {
                **{name: getattr(move, name) for name in MOVE},
                "source": known[move.fact].source if move.fact in known else "",
                "url": known[move.fact].url if move.fact in known else "",
            }
            for move in moves
        ]
        return {
            "schema": "cardhouse/conflicts/1",
            "base_quarter": opening.world.base,
            "as_of": opening.world.as_of,
            "conflicts": rows,
        }

    return await reply(request, Question(request.url.path, asked, make), quick=True)


@router.get("/facts/{fact_id}", **documented("facts"))
async def fact(request: Request, fact_id: str, economy: Economy = DEFAULT_ECONOMY) -> Response:
    """Return one fact: value, source, grade, corrections, other sources, where it is used."""
    make = partial(fact_in_full, economy, fact_id[:40])
    return await reply(request, Question(request.url.path, None, make, (economy,)), quick=True)
