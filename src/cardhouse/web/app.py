"""The service: routes, errors, limits and the page put together."""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path
from types import FrameType
from typing import Any

import orjson
from fastapi import APIRouter, Depends, FastAPI, Request
from starlette.responses import Response

from cardhouse.errors import CardhouseError
from cardhouse.facts import facts_version
from cardhouse.web import answers, job_routes, model_routes, table_routes, word_routes
from cardhouse.web.answered import Service
from cardhouse.web.doors import Bucket, Doors
from cardhouse.web.limits import Limits
from cardhouse.web.pages import STATIC, serve_page
from cardhouse.web.problems import install
from cardhouse.web.questions import Asked, strictly
from cardhouse.web.shapes import PREFIX, describe, documented

SUMMARY = "Who really pays for the AI economy, as a calculation anyone can check and bend."
DESCRIPTION = (
    "Amounts are USD bn a quarter, shares stand between 0 and 1, the first of a series is the base "
    "quarter. The same question gets the same bytes from every server of this version. A "
    "conditional calculation on sourced facts: not a forecast, and not advice."
)

KEPT_AT_FIRST = 12
"""The look that the page asks for first on a wide screen."""
_LOG = logging.getLogger("cardhouse.web")

Handler = Callable[[int, FrameType | None], Any] | signal.Handlers

about = APIRouter(tags=["service"])


@about.get("/health", **documented("health"))
async def health(request: Request) -> Response:
    """Tell that the service runs, and which version of it and of the facts."""
    told = {
        "status": "ok",
        "version": version("cardhouse"),
        "facts_version": facts_version(),
        "build": request.app.state.service.build,
    }
    return Response(
        orjson.dumps(told), media_type="application/json", headers={"Cache-Control": "no-store"}
    )


@about.get("/openapi.json", include_in_schema=False)
async def openapi(request: Request) -> Response:
    """Return the description of all addresses."""
    return Response(orjson.dumps(describe(request.app)), media_type="application/json")


@about.get("/", include_in_schema=False)
@about.get("", include_in_schema=False)
async def index(request: Request) -> Response:
    """Tell what there is: every address with a sentence, the description, the page."""
    described = describe(request.app)
    told = {
        "schema": "cardhouse/index/1",
        "title": described["info"]["title"],
        "summary": SUMMARY,
        "version": version("cardhouse"),
        "facts_version": facts_version(),
        "openapi": f"{PREFIX}/openapi.json",
        "page": "/",
        "guide": "docs/guide/api.md, in the sources",
        "example": f"{PREFIX}/run?scenario=capital-freeze&quarters=12",
        "addresses": [
            {
                "address": path,
                "method": method.upper(),
                "does": (one.get("description") or one["summary"]).partition("\n")[0],
                "parameters": [name["name"] for name in one.get("parameters", ())],
            }
            for path, methods in described["paths"].items()
            for method, one in methods.items()
        ],
    }
    return Response(orjson.dumps(told, option=orjson.OPT_INDENT_2), media_type="application/json")


ROUTERS = (
    about,
    model_routes.router,
    word_routes.router,
    table_routes.router,
    job_routes.router,
)


@asynccontextmanager
async def _life(app: FastAPI) -> AsyncIterator[None]:
    """Tell those who follow a computation as soon as the process is told to stop."""
    service: Service = app.state.service
    if app.state.warm:
        threading.Thread(target=warm_up, args=(service, app.state.warm), daemon=True).start()
    before = {number: _on_stop(service, number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        if handler is not None:
            signal.signal(number, handler)
    service.close()


def _on_stop(service: Service, number: int) -> Handler | None:
    """Set a flag on a signal, besides what was done on it; return what was there before."""
    if threading.current_thread() is not threading.main_thread():
        return None
    before: Any = signal.getsignal(number)

    def stop(received: int, frame: FrameType | None) -> None:
        service.stopping.set()
        if callable(before):
            before(received, frame)

    signal.signal(number, stop)
    return before if callable(before) else signal.SIG_DFL


def warm_up(service: Service, economy: str) -> None:
    """Open an economy and move a lever once, so that the first who asks need not wait."""
    try:
        opening = service.openings.get((economy, None, None))
        scenario = opening.scenario((), {"demand_level": 1.01})
        asked = Asked(economy)
        answers.view(opening, scenario, asked, KEPT_AT_FIRST)
    except CardhouseError as error:
        _LOG.warning("not warmed up: %s", error)


def create(limits: Limits | None = None, static: Path = STATIC, *, warm: str = "") -> FastAPI:
    """Return the service.

    Parameters
    ----------
    limits
        What it gives at most; none: the usual limits.
    static
        Where the built page lies.
    warm
        An economy to open when the service starts, before anybody asks; empty: none.
    """
    given = limits or Limits()
    app = FastAPI(
        title="cardhouse",
        summary=SUMMARY,
        description=DESCRIPTION,
        version=version("cardhouse"),
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        lifespan=_life,
        redirect_slashes=False,
    )
    app.state.service = Service.of(given)
    app.state.slow_bucket = Bucket(given.slow_rate, given.slow_burst)
    app.state.parameters = {}
    app.state.warm = warm
    install(app)
    for router in ROUTERS:
        app.include_router(router, prefix=PREFIX, dependencies=[Depends(strictly)])
    serve_page(app, static)
    app.add_middleware(Doors, limits=given)
    return app
