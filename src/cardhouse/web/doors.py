"""What every request passes on its way in and out: limits, headers and the log.

One plain ASGI layer around the application. Nothing is read of a body that is too long.
"""

from __future__ import annotations

import itertools
import json
import logging
import math
import sys
import threading
import time
from collections import OrderedDict
from typing import Any

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cardhouse.web.limits import Limits
from cardhouse.web.problems import bug, problem

POLICY = "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
HEADERS = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
)
"""Headers of every answer: nothing from other hosts, no framing, no guessing of types."""
EMBEDDED = tuple(
    (name, value.replace(b"frame-ancestors 'none'", b"frame-ancestors *"))
    for name, value in HEADERS
    if name != b"x-frame-options"
)
"""Headers of the page with one figure, which is made to stand in somebody else's article."""

LOG = logging.getLogger("cardhouse.web")
MOST_ADDRESSES = 10_000


class Bucket:
    """A token bucket for each address: `rate` a second for long, `burst` at once."""

    def __init__(self, rate: float, burst: float) -> None:
        self._rate, self._burst = rate, burst
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def wait_for(self, address: str) -> int:
        """Take a token; return 0, or the whole seconds after which there is one again."""
        now = time.monotonic()
        with self._lock:
            left, then = self._left.pop(address, (self._burst, now))
            left = min(self._burst, left + (now - then) * self._rate)
            wait = 0 if left >= 1.0 else math.ceil((1.0 - left) / self._rate)
            self._left[address] = (left if wait else left - 1.0, now)
            if len(self._left) > MOST_ADDRESSES:
                self._left.popitem(last=False)
        return wait


def _is_embedded(request: Request) -> bool:
    """Tell whether the page is asked for with one figure alone: ``/?embed=flows``."""
    return request.url.path == "/" and bool(request.query_params.get("embed"))


class Doors:
    """The layer around the application."""

    def __init__(self, app: ASGIApp, limits: Limits) -> None:
        self._app = app
        self._limits = limits
        self._bucket = Bucket(limits.rate, limits.burst)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request, start = Request(scope), time.perf_counter()
        passage = Passage(request, receive, send, self._limits.body_bytes)
        try:
            refused = self._refusal(request)
            if refused is not None:
                await refused(scope, receive, passage.send)
            else:
                asked = {**scope, "method": "GET"} if passage.is_head else scope
                await self._app(asked, passage.receive, passage.send)
            if passage.is_too_large:
                await passage.refuse(scope)
        except Exception as error:
            if passage.status:
                raise  # half an answer is out: the server closes the connection
            await bug(error, request.url.path)(scope, receive, passage.send)
        finally:
            _tell(request, passage.status, time.perf_counter() - start)

    def _refusal(self, request: Request) -> Any:
        """Return the answer to a request that is too large or one too many, None for others."""
        path, limits = request.url.path, self._limits
        if len(request.scope.get("query_string", b"")) > limits.query_bytes:
            most = f"{limits.query_bytes:,} bytes"
            return problem("too-large", f"The query is longer than {most}, the most here.", path)
        if sum(map(len, itertools.chain(*request.headers.raw))) > limits.header_bytes:
            most = f"{limits.header_bytes:,} bytes"
            return problem("headers", f"The headers are larger than {most}, the most here.", path)
        told = request.headers.get("content-length", "0")
        if not told.isdigit() or int(told) > limits.body_bytes:
            most = f"{limits.body_bytes:,} bytes"
            return problem("too-large", f"The body is larger than {most}, the most here.", path)
        wait = self._bucket.wait_for(request.client.host if request.client else "unknown")
        if wait:
            detail = f"This address sends more than {limits.rate:g} requests a second. Try again "
            return problem("rate", f"{detail}in {wait} second{'s' * (wait > 1)}.", path, wait)
        return None


class Passage:
    """One request on its way: its body counted, its answer given headers.

    A HEAD is answered as a GET whose body is not sent. A body that turns out too long ends there,
    whatever the application makes of what it got: its answer is dropped, and the refusal is sent in
    its place.
    """

    def __init__(self, request: Request, receive: Receive, send: Send, most: int) -> None:
        self._request, self._receive, self._send = request, receive, send
        self._most, self._read = most, 0
        self.status = 0
        self.is_head = request.method == "HEAD"
        self.is_too_large = False

    async def receive(self) -> Message:
        """Return the next part of the body, the last one where it is too long."""
        message = await self._receive()
        if message["type"] == "http.request":
            self._read += len(message.get("body", b""))
            if self._read > self._most:
                self.is_too_large = True
                return {"type": "http.request", "body": b"", "more_body": False}
        return message

    async def send(self, message: Message) -> None:
        """Send a part of the answer, strict headers with its first."""
        if self.is_too_large:
            return
        if message["type"] == "http.response.start":
            self.status = message["status"]
            own = {name for name, _ in message["headers"]}
            headers = EMBEDDED if _is_embedded(self._request) else HEADERS
            more = [header for header in headers if header[0] not in own]
            message = {**message, "headers": [*message["headers"], *more]}
        elif self.is_head:
            message = {**message, "body": b""}
        await self._send(message)

    async def refuse(self, scope: Scope) -> None:
        """Say that the body was too long."""
        self.is_too_large = False
        answer = problem(
            "too-large",
            f"The body is larger than {self._most:,} bytes, the most here.",
            self._request.url.path,
        )
        await answer(scope, self._receive, self.send)


def _tell(request: Request, status: int, seconds: float) -> None:
    LOG.info(
        "request",
        extra={
            "method": request.method,
            "path": request.url.path[:300],
            "status": status,
            "ms": round(1000 * seconds, 1),
            "client": request.client.host if request.client else None,
        },
    )


class JsonLines(logging.Formatter):
    """Log records as one JSON object a line."""

    FIELDS = ("method", "path", "status", "ms", "client", "job")

    def format(self, record: logging.LogRecord) -> str:
        """Return a record as a line."""
        told: dict[str, Any] = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
            + f".{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "event": record.getMessage(),
        }
        told |= {name: getattr(record, name) for name in self.FIELDS if hasattr(record, name)}
        if record.exc_info:
            told["error"] = self.formatException(record.exc_info)
        return json.dumps(told, ensure_ascii=False)


def log_to_stderr(level: str) -> None:
    """Write the logs of the service and of its server to stderr, a JSON object a line."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    for name in ("cardhouse.web", "uvicorn.error"):
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.propagate = False
        logger.setLevel(level.upper())
