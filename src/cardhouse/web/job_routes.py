"""Addresses of background computations: ask, look, follow, cancel."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Path, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response, StreamingResponse

from cardhouse.errors import InputError
from cardhouse.studies.asking import DEFAULT_ECONOMY, DEFAULT_QUARTERS
from cardhouse.studies.draw_numbers import asked_for, usable_processors
from cardhouse.web.answered import Service, service_rate
from cardhouse.web.jobs import ENDED, Jobs
from cardhouse.web.limits import Limits
from cardhouse.web.problems import ProblemError
from cardhouse.web.questions import Asked, horizon, limits_of, moved, opening
from cardhouse.web.shapes import PREFIX, documented

router = APIRouter(tags=["background computations"])

OPENED, RUN = 0.02, 0.05
"""Shares of the work that are told once the accounts are open, and once the baseline has run."""
LOOK_SECONDS = 0.25
QUIET_SECONDS = 15.0
"""After so long without news a comment keeps the connection open."""

JobId = Annotated[str, Path(max_length=64, description="The id that asking gave.")]


class Ensemble(BaseModel):
    """What is asked of an ensemble: the question of a run, and how many draws answer it."""

    model_config = ConfigDict(extra="forbid")

    economy: str = Field(DEFAULT_ECONOMY, max_length=200)
    base: str | None = Field(None, max_length=200)
    as_of: str | None = Field(None, max_length=200)
    quarters: int = DEFAULT_QUARTERS
    scenario: list[str] = Field(default_factory=list, max_length=100)
    set: list[str] = Field(default_factory=list, max_length=100)
    draws: int = 200
    seed: int = 0

    def question(self, limits: Limits) -> Asked:
        """Return the question of the run, checked."""
        asked = horizon(opening(self.economy, self.base, self.as_of), limits, self.quarters)
        if self.draws > limits.draws:
            raise InputError(
                f"draws is {self.draws}, and this server answers at most {limits.draws:,}. Ask for "
                "fewer, or run `cardhouse run --draws` on your own machine."
            )
        if self.draws == 0:
            raise InputError("draws is 0: an ensemble needs some. 200 is usual.")
        asked_for(self.draws, self.seed)
        return moved(asked, self.scenario, self.set, limits)


@router.post("/ensembles", **documented("job", 202))
async def ask(
    request: Request, wanted: Ensemble, limits: Annotated[Limits, Depends(limits_of)]
) -> Response:
    """Begin an ensemble, or find the same one done or going on: draws from the accounts."""
    asked = wanted.question(limits)
    service_rate(request)
    service: Service = request.app.state.service
    key = repr((asked, wanted.draws, wanted.seed))
    name = service.jobs.ask(key, _work(service, asked, wanted.draws, wanted.seed))
    headers = {"Location": f"{PREFIX}/ensembles/{name}", "Cache-Control": "no-store"}
    return _told(service.jobs, name, 202, headers)


def _work(
    service: Service, asked: Asked, draws: int, seed: int
) -> Callable[[Callable[[float], None]], Any]:
    def compute(tell: Callable[[float], None]) -> Any:
        from cardhouse.web.answers import ensemble

        opened = service.openings.get(asked.place)
        scenario = opened.scenario(asked.scenarios, asked.moves)
        tell(OPENED)
        opened.scene(asked.quarters)
        tell(RUN)
        drawing = asked_for(
            draws, seed, usable_processors(), lambda done: tell(RUN + (1 - RUN) * done)
        )
        return ensemble(opened, scenario, asked, drawing)

    return compute


@router.get("/ensembles/{job}", **documented("job"))
async def look(request: Request, job: JobId) -> Response:
    """Return how an ensemble stands, and its result where it is done."""
    service: Service = request.app.state.service
    return _told(service.jobs, job, 200, {"Cache-Control": "no-store"})


@router.delete("/ensembles/{job}", **documented("job"))
async def cancel(request: Request, job: JobId) -> Response:
    """Cancel an ensemble that waits or goes on."""
    service: Service = request.app.state.service
    _known(service.jobs, job)
    service.jobs.cancel(job)
    return _told(service.jobs, job, 200, {"Cache-Control": "no-store"})


@router.get(
    "/ensembles/{job}/events",
    response_class=StreamingResponse,
    responses={200: {"description": "Events of progress.", "content": {"text/event-stream": {}}}},
)
async def events(request: Request, job: JobId) -> Response:
    """Follow an ensemble: an event `progress` for every news, then one named by how it ended."""
    service: Service = request.app.state.service
    _known(service.jobs, job)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    stream = _events(service, job)
    return StreamingResponse(stream, headers=headers, media_type="text/event-stream")


async def _events(service: Service, job: str) -> AsyncIterator[bytes]:
    before, quiet = None, 0.0
    while not service.stopping.is_set():
        state = service.jobs.state(job)
        if state is None:
            return
        if state != before:
            name = state["state"] if state["state"] in ENDED else "progress"
            yield b"event: " + name.encode() + b"\ndata: " + orjson.dumps(state) + b"\n\n"
            before, quiet = state, 0.0
        if state["state"] in ENDED:
            return
        if quiet >= QUIET_SECONDS:
            yield b": still here\n\n"
            quiet = 0.0
        await asyncio.sleep(LOOK_SECONDS)
        quiet += LOOK_SECONDS


def _known(jobs: Jobs, job: str) -> dict[str, Any]:
    state = jobs.state(job)
    if state is None:
        raise ProblemError(
            "not-found", f"there is no ensemble '{job[:40]}'. Ask for it with POST /ensembles."
        )
    return state


def _told(jobs: Jobs, job: str, status: int, headers: dict[str, str]) -> Response:
    state = _known(jobs, job)
    here = f"{PREFIX}/ensembles/{job}"
    document = {
        **state,
        "result": jobs.result(job) if state["state"] == "done" else None,
        "links": {"self": here, "events": f"{here}/events"},
    }
    return Response(orjson.dumps(document), status, headers, "application/json")
