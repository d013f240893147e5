"""Addresses of background computations: ask, look, follow, cancel."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response, StreamingResponse

from cardhouse.errors import InputError
from cardhouse.studies.asking import DEFAULT_ECONOMY, DEFAULT_QUARTERS
from cardhouse.web.answered import Service, service_rate
from cardhouse.web.apart import done_apart
from cardhouse.web.ensembles import Wanted, compute
from cardhouse.web.jobs import ENDED, Jobs
from cardhouse.web.limits import Limits
from cardhouse.web.problems import ProblemError
from cardhouse.web.questions import horizon, limits_of, moved, opening
from cardhouse.web.shapes import PREFIX, documented

router = APIRouter(tags=["background computations"])

LOOK_SECONDS = 0.25
QUIET_SECONDS = 15.0
"""After so long without news a comment keeps the connection open."""

JobId = Annotated[str, Path(max_length=64, description="The id that asking gave.")]


class Ensemble(BaseModel):
    """What is asked in the background: a run's question, and how many paths or draws answer it."""

    model_config = ConfigDict(extra="forbid")

    economy: str = Field(DEFAULT_ECONOMY, max_length=200)
    base: str | None = Field(None, max_length=200)
    as_of: str | None = Field(None, max_length=200)
    quarters: int = DEFAULT_QUARTERS
    scenario: list[str] = Field(default_factory=list, max_length=100)
    set: list[str] = Field(default_factory=list, max_length=100)
    paths: int = Field(0, description="Paths of an ensemble: accounts, parameters, shocks drawn.")
    draws: int = Field(0, description="Draws from the accounts alone, for the base quarter.")
    seed: int = 0
    exceed: list[str] = Field(
        default_factory=list, max_length=20, description="Events to count: openai.cash<5."
    )

    def wanted(self, limits: Limits) -> Wanted:
        """Return what is wanted, checked."""
        for name, given, most in (
            ("paths", self.paths, limits.paths),
            ("draws", self.draws, limits.draws),
        ):
            if given > most:
                raise InputError(
                    f"{name} is {given}, and this server answers at most {most:,}. Ask for fewer, "
                    "or compute it on your own machine."
                )
        if not (self.paths or self.draws):
            raise InputError(
                "neither paths nor draws are asked for. Ask for some: paths 500, or draws 200."
            )
        asked = horizon(opening(self.economy, self.base, self.as_of), limits, self.quarters)
        asked = moved(asked, self.scenario, self.set, limits)
        wanted = Wanted(asked, self.paths, self.draws, self.seed, tuple(self.exceed))
        wanted.check()
        return wanted


@router.post("/ensembles", **documented("job", 202))
async def ask(request: Request, body: Ensemble) -> Response:
    """Begin an ensemble, or find the same one done or going on: paths, draws, or both."""
    wanted = body.wanted(limits_of(request))
    service_rate(request)
    service: Service = request.app.state.service
    name = service.jobs.ask(repr(wanted), lambda tell: done_apart(compute, (wanted,), tell))
    headers = {"Location": f"{PREFIX}/ensembles/{name}", "Cache-Control": "no-store"}
    return _told(service.jobs, name, 202, headers)


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
