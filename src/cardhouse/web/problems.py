"""Errors as problem documents (RFC 9457), with the sentence that the command line gives.

References
----------
M. Nottingham, E. Wilde and S. Dalal (2023), "Problem Details for HTTP APIs", RFC 9457.
"""

from __future__ import annotations

import logging
import re
from typing import Any

import orjson
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from cardhouse.errors import CardhouseError, ScenarioError

MEDIA_TYPE = "application/problem+json"
KINDS = {
    "not-found": (404, "There is no such thing"),
    "method": (405, "The method is not allowed here"),
    "too-large": (413, "The request is too large"),
    "media-type": (415, "The body has another form"),
    "input": (422, "The input is not valid"),
    "scenario": (422, "The scenario is not valid"),
    "headers": (431, "The headers are too large"),
    "rate": (429, "Too many requests"),
    "bug": (500, "A bug in cardhouse"),
    "busy": (503, "The server is busy"),
    "slow": (503, "The answer takes too long"),
}
"""Kinds of problems: the status and the title of each."""
_BY_STATUS = {404: "not-found", 405: "method", 413: "too-large", 415: "media-type"}
_OPTION = re.compile(r"(`[^`]*`)|(?<![\w-])--([a-z][a-z-]*[a-z])")
_LISTS = {
    "cardhouse scenarios": "/api/v1/scenarios",
    "cardhouse levers": "/api/v1/levers",
    "cardhouse facts list": "/api/v1/facts",
}
_LOG = logging.getLogger("cardhouse.web")


class ProblemError(Exception):
    """A request that cannot be answered, and why; ``retry_after`` in seconds where it may help."""

    def __init__(self, kind: str, detail: str, retry_after: int | None = None) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail
        self.retry_after = retry_after


def problem(kind: str, detail: str, path: str, retry_after: int | None = None) -> Response:
    """Return a problem as a response."""
    status, title = KINDS[kind]
    document = {
        "type": f"/api/v1/problems/{kind}",
        "title": title,
        "status": status,
        "detail": detail,
        "instance": path,
    }
    headers = {"Cache-Control": "no-store"}
    if retry_after is not None:
        headers["Retry-After"] = str(retry_after)
    return Response(orjson.dumps(document), status, headers, MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Make every error of an application a problem document."""
    app.exception_handler(ProblemError)(_told)
    app.exception_handler(CardhouseError)(_wrong_input)
    app.exception_handler(RequestValidationError)(_not_understood)
    app.exception_handler(HTTPException)(_plain)


async def _told(request: Request, error: ProblemError) -> Response:
    return problem(error.kind, error.detail, request.url.path, error.retry_after)


async def _wrong_input(request: Request, error: CardhouseError) -> Response:
    kind = "scenario" if isinstance(error, ScenarioError) else "input"
    return problem(kind, in_parameters(str(error)), request.url.path)


def in_parameters(sentence: str) -> str:
    """Return a sentence with the options of the command line named as parameters are.

    A command that lists what there is becomes the address that does; others stay as they are typed.

    Examples
    --------
    >>> in_parameters("--as-of is 'xx', which is not a date. `cardhouse run --as-of` is.")
    "as_of is 'xx', which is not a date. `cardhouse run --as-of` is."
    """
    for command, address in _LISTS.items():
        sentence = sentence.replace(f"`{command}`", address)
    return _OPTION.sub(lambda found: found[1] or found[2].replace("-", "_"), sentence)


async def _not_understood(request: Request, error: RequestValidationError) -> Response:
    """Answer what a parameter of another type than expected gets."""
    return problem("input", " ".join(_sentence(one) for one in error.errors()), request.url.path)


def _sentence(one: dict[str, Any]) -> str:
    name = ".".join(str(part) for part in one["loc"][1:]) or "the body"
    return f"{name} is {str(one.get('input'))[:80]!r}: {one['msg'][:1].lower()}{one['msg'][1:]}."


async def _plain(request: Request, error: HTTPException) -> Response:
    kind = _BY_STATUS.get(error.status_code, "input")
    path = request.url.path
    if kind == "method":
        detail = f"{request.method} is not allowed for {path[:200]}."
    elif kind == "not-found":
        detail = f"There is nothing at {path[:200]}. See /api/v1/openapi.json for all addresses."
    else:
        detail = str(error.detail)
    answer = problem(kind, detail, path)
    answer.headers.update(error.headers or {})
    return answer


def bug(error: Exception, path: str) -> Response:
    """Return what a client is told of a bug; the log says where it is."""
    _LOG.error("bug", exc_info=error, extra={"path": path})
    words = f"This is a bug in cardhouse, not in your input: {type(error).__name__}. The server's "
    return problem("bug", f"{words}log says where. Please report it.", path)
