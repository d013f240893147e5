"""Addresses that run the model: each parses, names the study that answers, and sends its bytes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from cardhouse.analysis.rules import check_rule
from cardhouse.errors import InputError
from cardhouse.studies.asking import DEFAULT_ECONOMY, DEFAULT_QUARTERS
from cardhouse.studies.compare import check_count
from cardhouse.studies.trace_answers import TraceQuestion
from cardhouse.web import answers
from cardhouse.web.answered import Question, Service, reply
from cardhouse.web.questions import (
    Ahead,
    Asked,
    Economy,
    Moved,
    Opened,
    Quarters,
    Scenarios,
    Settings,
    Word,
    horizon,
    limits_of,
    moved,
    opening,
)
from cardhouse.web.shapes import documented

router = APIRouter(tags=["model"])

Kept = Annotated[
    int, Query(ge=0, le=1000, description="Accounts told apart in a column; 0: all of them.")
]
Entity = Annotated[str | None, Query(max_length=200, description="Id of an entity; none: all.")]
AQuarter = Annotated[str | None, Query(max_length=20, description="A quarter of the run.")]
Without = Annotated[
    list[str], Query(max_length=20, description="A part of the ledger to leave out, repeatable.")
]
Rule = Annotated[str, Query(max_length=40, description="Which money of a purse pays a bill.")]


async def _reply(
    request: Request, asked: Asked, make: Callable[..., Any], *more: Any, quick: bool = False
) -> Response:
    question = Question(request.url.path, asked, make, more)
    return await reply(request, question, quick=quick)


@router.get("/stage", **documented("stage"))
async def stage(request: Request, asked: Ahead, kept: Kept = 0) -> Response:
    """Return the places of the live picture: who stands where, which payments can occur."""
    return await _reply(request, asked, partial(answers.stage, kept=kept), kept, quick=True)


@router.get("/view", **documented("view"))
async def view(request: Request, asked: Moved, kept: Kept = 0) -> Response:
    """Return the numbers of the live picture: what a page shows while a lever is dragged."""
    return await _reply(request, asked, partial(answers.view, kept=kept), kept, quick=True)


@router.get("/run", **documented("run"))
async def run(
    request: Request, asked: Moved, members: bool = False, journal: bool = False
) -> Response:
    """Run the model: the document of `cardhouse run --json`, the baseline beside it."""
    make = partial(answers.run, members=members, journal=journal)
    return await _reply(request, asked, make, members, journal)


def _part(kind: str, *names: str) -> Callable[..., Any]:
    return lambda opening, scenario, asked, **more: answers.part(
        opening, scenario, asked, kind, *names, **more
    )


@router.get("/ledger", **documented("ledger"))
async def ledger(request: Request, asked: Moved, without: Without = []) -> Response:  # noqa: B006
    """Return the subsidy ledger of a run: what users pay, who is subsidised, by whose money."""
    make = partial(_part("ledger", "ledger_by_quarter"), without=without)
    return await _reply(request, asked, make, *without)


@router.get("/fragility", **documented("fragility"))
async def fragility(request: Request, asked: Moved) -> Response:
    """Return who fails and who loses by it, debt by year, runways, profit and loss shares."""
    return await _reply(request, asked, _part("fragility"))


@router.get("/entities", **documented("entities"))
async def entities(request: Request, asked: Moved) -> Response:
    """Return the rows of entities and layers over quarters."""
    return await _reply(request, asked, _part("entities", "tiers"))


@router.get("/claims", **documented("claims"))
async def claims(request: Request, asked: Moved) -> Response:
    """Return the claims of the thesis with their verdicts, and the facts for and against."""
    return await _reply(request, asked, partial(answers.facts_beside, kind="claims"))


@router.get("/accelerators", **documented("accelerators-of-run"))
async def accelerators(request: Request, asked: Opened) -> Response:
    """Return what an hour of an accelerator costs, and what rental prices leave of it."""
    return await _reply(request, asked, partial(answers.facts_beside, kind="accelerators"))


@router.get("/accounts", **documented("accounts"))
async def accounts(request: Request, asked: Opened) -> Response:
    """Return the balanced opening position: entities, conflicts of facts, matrices by layer."""
    return await _reply(request, asked, answers.accounts)


@router.get("/matrix", **documented("matrix"))
async def matrix(
    request: Request, asked: Opened, which: Word = "flows", by: Word = "tier"
) -> Response:
    """Return the transactions-flow or the balance-sheet matrix of the opening position."""
    make = partial(answers.matrix, which=which, by=by)
    return await _reply(request, asked, make, which, by)


@router.get("/mirror", **documented("mirror"))
async def mirror(
    request: Request,
    asked: Moved,
    indicator: Annotated[str | None, Query(max_length=100, description="Id of one.")] = None,
) -> Response:
    """Return 1998 to 2003 and now on one axis of quarters, gaps listed."""
    return await _reply(request, asked, partial(answers.mirror, only=indicator), indicator)


@router.get("/trace/{entity}", **documented("trace"))
async def trace(  # noqa: PLR0913 - a parameter an argument is how the framework reads an address
    request: Request,
    asked: Moved,
    entity: str,
    *,
    direction: Word = "to",
    quarter: AQuarter = None,
    cumulated: bool = False,
    rule: Rule = "pro_rata",
    purse: bool = False,
    ai: bool = False,
) -> Response:
    """Return who ultimately pays an entity (`to`), or where a source's dollars end (`from`)."""
    check_rule(rule)
    what = TraceQuestion(entity[:200], rule, quarter, cumulated, purse, ai)
    make = partial(answers.trace, direction=direction, question=what)
    return await _reply(request, asked, make, direction, what)


@router.get("/loops", **documented("loops"))
async def loops(
    request: Request,
    asked: Moved,
    entity: Entity = None,
    quarter: AQuarter = None,
    cumulated: bool = False,
    committed: bool = False,
) -> Response:
    """Return the money that runs round among firms, as paid or as promised."""
    make = partial(
        answers.loops,
        entity=entity,
        quarter=quarter,
        is_cumulated=cumulated,
        is_committed=committed,
    )
    return await _reply(request, asked, make, entity, quarter, cumulated, committed)


@router.get("/promises", **documented("committed"))
async def promises(request: Request, asked: Moved, entity: Entity = None) -> Response:
    """Return what is promised, beside what was paid in the base quarter."""
    return await _reply(request, asked, partial(answers.promised, entity=entity), entity)


@router.get("/why", **documented("answer"))
async def why(
    request: Request,
    asked: Moved,
    key: Annotated[
        str,
        Query(
            min_length=1,
            max_length=300,
            description="Path of a number in a run's document, a figure such as openai.revenue, or "
            "the id of a fact.",
        ),
    ],
) -> Response:
    """Tell why a number is what it is: its formula, what enters it, the facts that move it."""
    return await _reply(request, asked, partial(answers.why, key=key), key)


@router.get("/compare", **documented("compare"))
async def compare(
    request: Request,
    economy: Economy = DEFAULT_ECONOMY,
    base: Annotated[list[str], Query(description="One for all columns, or one for each.")] = [],  # noqa: B006
    as_of: Annotated[list[str], Query(description="One for all columns, or one for each.")] = [],  # noqa: B006
    quarters: Quarters = DEFAULT_QUARTERS,
    scenario: Scenarios = [],  # noqa: B006 - read by the framework, never changed
    settings: Settings = [],  # noqa: B006 - the same
) -> Response:
    """Run two or three scenarios and set them side by side."""
    count = check_count(len(scenario))
    service: Service = request.app.state.service
    limits = limits_of(request)
    columns = [
        moved(horizon(opening(economy, *at), limits, quarters), [name], settings, limits)
        for name, *at in zip(
            scenario, _each("base", base, count), _each("as_of", as_of, count), strict=True
        )
    ]

    def make() -> Any:
        openings = [service.openings.get(one.place) for one in columns]
        return answers.compared(
            [
                (place, place.scenario(one.scenarios, one.moves), one)
                for place, one in zip(openings, columns, strict=True)
            ]
        )

    return await reply(request, Question(request.url.path, None, make, columns))


def _each(name: str, given: list[str], count: int) -> list[str | None]:
    """Return one value for each column: none, the same for all, or as given."""
    if len(given) not in (0, 1, count):
        raise InputError(
            f"{name} is given {len(given)} times for {count} scenarios: give it once for all, or "
            "once for each in their order."
        )
    return [*given] if len(given) == count else [given[0] if given else None] * count
