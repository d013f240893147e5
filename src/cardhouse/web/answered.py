"""From a question to bytes: computed once, kept, tagged, and sent as the client can take it."""

from __future__ import annotations

import gzip
import hashlib
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

from fastapi import Request
from starlette.responses import Response

from cardhouse.model.scenario import Scenario
from cardhouse.web.jobs import Jobs, jobs_folder
from cardhouse.web.kept import Kept
from cardhouse.web.limits import Limits
from cardhouse.web.openings import Opening, Openings
from cardhouse.web.problems import ProblemError
from cardhouse.web.questions import Asked
from cardhouse.web.work import Lane
from cardhouse.web.written import quickly_written, written

JSON = "application/json"
FRESH_SECONDS = 60
SMALL = 2_048
"""Bytes below which compressing is not worth it."""
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost", "testclient"})


@dataclass(frozen=True)
class Answer:
    """A finished answer: its bytes, what they are, and their tag."""

    body: bytes
    tag: str
    media_type: str = JSON
    filename: str = ""

    @cached_property
    def squeezed(self) -> bytes:
        """Return the bytes compressed, the same each time."""
        return gzip.compress(self.body, 6, mtime=0)


@dataclass
class Service:
    """Everything that requests share."""

    limits: Limits
    openings: Openings
    quick: Lane
    slow: Lane
    kept: Kept[str, Answer]
    jobs: Jobs
    build: str
    stopping: threading.Event = field(default_factory=threading.Event)

    @classmethod
    def of(cls, limits: Limits) -> Service:
        """Return a service that has computed nothing yet."""
        return cls(
            limits,
            Openings(limits),
            Lane("quick", limits.threads, limits.waiting, limits.quick_seconds),
            Lane("slow", limits.threads, limits.waiting, limits.slow_seconds),
            Kept(limits.kept_bytes, lambda one: len(one.body)),
            Jobs(jobs_folder(), build_digest(), limits.job_queue),
            build_digest(),
        )

    def close(self) -> None:
        """Let running answers end, and end background computations."""
        self.stopping.set()
        self.jobs.close()
        self.quick.close()
        self.slow.close()


@dataclass(frozen=True)
class Told:
    """What a study gives for a question: a document, or the bytes of a file."""

    document: Any = None
    content: bytes | None = None
    media_type: str = JSON
    filename: str = ""

    def body(self, *, quick: bool) -> bytes:
        """Return the bytes to send; but in the quick lane, a number that is not finite raises."""
        if self.content is not None:
            return self.content
        return quickly_written(self.document) if quick else written(self.document)


Make = Callable[[Opening], Any]


@dataclass(frozen=True)
class Question:
    """What one request asks: the address, its parameters, and the study that answers."""

    address: str
    asked: Asked | None
    make: Callable[..., Any]
    more: Sequence[Any] = field(default_factory=tuple)

    @property
    def key(self) -> str:
        """Return what tells this question from all others."""
        return repr((self.address, self.asked, tuple(self.more)))


async def reply(request: Request, question: Question, *, quick: bool = False) -> Response:
    """Return the answer of a question, from memory or computed; 304 where the client has it."""
    service: Service = request.app.state.service
    answer = service.kept.get(question.key)
    if answer is None:
        lane = service.quick if quick else service.slow
        given = tags_of(request)
        if given:
            tag = await service.quick.do(f"tag {question.key}", lambda: _tag_of(service, question))
            if tag in given:
                return sent(request, Answer(b"", tag))
        if not quick:
            service_rate(request)
        answer = await lane.do(question.key, lambda: _made(service, question, quick=quick))
    return sent(request, answer)


def service_rate(request: Request) -> None:
    """Count a request that takes long against its address.

    Raises
    ------
    ProblemError
        When the address sends too many of them.
    """
    wait = request.app.state.slow_bucket.wait_for(client_of(request))
    if wait:
        rate = request.app.state.service.limits.slow_rate
        raise ProblemError(
            "rate",
            f"This address asks for more than {rate:g} long computations a second. Try again in "
            f"{wait} second{'s' * (wait > 1)}.",
            wait,
        )


def client_of(request: Request) -> str:
    """Return the address that a request comes from."""
    return request.client.host if request.client else "unknown"


def _tag_of(service: Service, question: Question) -> str:
    """Return the tag of an answer, which its inputs alone decide."""
    asked = question.asked
    if asked is None:
        return _tag(service.build, question.key, "")
    opening = service.openings.get(asked.place)
    return _tag_on(service, question, opening, opening.scenario(asked.scenarios, asked.moves))


def _tag_on(service: Service, question: Question, opening: Opening, scenario: Scenario) -> str:
    """Return the tag of an answer on an opening position."""
    quarters = question.asked.quarters if question.asked else 0
    digest = opening.digester.of(scenario, quarters)
    return _tag(service.build, question.key, f"{digest} {opening.world.facts_digest}")


def _tag(build: str, key: str, digest: str) -> str:
    return hashlib.sha256(f"{build} {key} {digest}".encode()).hexdigest()[:32]


def _made(service: Service, question: Question, *, quick: bool) -> Answer:
    """Return an answer, computed and kept."""
    asked = question.asked
    if asked is None:
        told, tag = question.make(), _tag_of(service, question)
    else:
        opening = service.openings.get(asked.place)
        scenario = opening.scenario(asked.scenarios, asked.moves)
        told = question.make(opening, scenario, asked)
        tag = _tag_on(service, question, opening, scenario)
    told = told if isinstance(told, Told) else Told(told)
    answer = Answer(told.body(quick=quick), tag, told.media_type, told.filename)
    return service.kept.put(question.key, answer)


def tags_of(request: Request) -> frozenset[str]:
    """Return the tags of the answers that a client says it has."""
    told = request.headers.get("if-none-match", "")[:2_000]
    names = (part.strip().removeprefix("W/").strip('"') for part in told.split(","))
    return frozenset(name.removesuffix("-gzip") for name in names if name)


def sent(request: Request, answer: Answer) -> Response:
    """Return an answer as a response, compressed where that helps and the client takes it."""
    zipped = _takes_gzip(request) and len(answer.body) >= SMALL and answer.media_type == JSON
    headers = {
        "ETag": f'"{answer.tag}{"-gzip" if zipped else ""}"',
        "Cache-Control": f"public, max-age={FRESH_SECONDS}",
        "Vary": "Accept-Encoding",
    }
    if answer.tag in tags_of(request) or "*" in tags_of(request):
        return Response(None, 304, headers)
    if answer.filename:
        headers["Content-Disposition"] = f'attachment; filename="{answer.filename}"'
    if zipped:
        headers["Content-Encoding"] = "gzip"
    body = answer.squeezed if zipped else answer.body
    return Response(body, 200, headers, answer.media_type)


def _takes_gzip(request: Request) -> bool:
    """Tell whether compressing helps: on one's own machine it only takes time."""
    if client_of(request) in LOOPBACK:
        return False
    return "gzip" in request.headers.get("accept-encoding", "")


@cache
def build_digest() -> str:
    """Return a digest of the package's own files: answers of another version are other answers."""
    whole = hashlib.sha256()
    for name, content in _files(resources.files("cardhouse"), ""):
        whole.update(f"{name}\0".encode())
        whole.update(content)
    return whole.hexdigest()[:16]


def _files(folder: Traversable, above: str) -> Any:
    """Yield the files of the package that answers depend on, in order of their names."""
    for entry in sorted(folder.iterdir(), key=lambda one: one.name):
        name = f"{above}/{entry.name}"
        if entry.is_dir() and entry.name not in ("__pycache__", "static"):
            yield from _files(entry, name)
        elif entry.name.endswith((".py", ".csv", ".txt", ".yaml", ".j2", ".css")):
            yield name, entry.read_bytes()
