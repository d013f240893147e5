"""Asking politely: who asks is said, requests are spaced, failures retried, answers kept.

A service is asked for what is not kept, or was kept more than a day ago, and then only whether it
has changed. Whatever goes wrong ends in one sentence, and leaves what was kept as it was.
"""

from __future__ import annotations

import datetime as dt
import random
import re
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar
from urllib.parse import urlencode, urlsplit

from cardhouse.errors import LiveError
from cardhouse.facts.live.answers import (
    PassingError,
    check_kind,
    decoded,
    plain,
    refusal,
    too_large,
)
from cardhouse.facts.live.hosts import CONTACT, Host
from cardhouse.facts.live.stored import Store, Stored, digest_of

if TYPE_CHECKING:
    import ssl

    import httpx
    import tenacity

TRIES = 5
FRESH = dt.timedelta(hours=24)
"""What was fetched less than this ago is not asked for again."""
MOST_REDIRECTS = 3

Kept = tuple[Stored, bytes]


T = TypeVar("T")


@dataclass(frozen=True)
class Answer(Generic[T]):
    """What a service says, read; from where, when it came, and whether its bytes are new."""

    told: T
    address: str
    fetched: dt.date
    sha256: str
    size: int
    new: bool


@dataclass(frozen=True)
class Manners:
    """How a fetcher behaves.

    Attributes
    ----------
    contact
        Name and e-mail address of the user; empty: not told.
    version
        Of this program.
    offline
        Whether only what is kept is used.
    refresh
        Whether a service is asked though what is kept is fresh.
    connect_seconds, read_seconds, all_seconds
        Most time for a connection, for the next bytes, and for an answer.
    first_wait
        Seconds before the second try; each further one waits twice as long.
    now, clock, sleep
        The time, seconds that only grow, and how to wait.
    """

    contact: str = ""
    version: str = "0"
    offline: bool = False
    refresh: bool = False
    connect_seconds: float = 10.0
    read_seconds: float = 30.0
    all_seconds: float = 180.0
    first_wait: float = 1.0
    now: Callable[[], dt.datetime] = field(default=lambda: dt.datetime.now(dt.UTC))
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def agent(self, host: Host) -> str:
        """Return what a host is told of who asks: the user's name only where it asks for it."""
        program = f"cardhouse/{self.version}"
        return f"{program} ({self.contact})" if host.needs_contact else program


@dataclass(frozen=True)
class _Request:
    """What is asked: a host, its address, the kind of answer, and what is kept of it."""

    host: Host
    address: str
    kind: str
    read: Callable[[bytes], Any]
    secret: Mapping[str, str]
    found: Kept | None

    @property
    def target(self) -> str:
        """Return the address as it is sent, with what is neither kept nor shown."""
        if not self.secret:
            return self.address
        return f"{self.address}{'&' if '?' in self.address else '?'}{urlencode(self.secret)}"


class Fetcher:
    """Asks hosts one request at a time and keeps what they answer; close it when done.

    Parameters
    ----------
    manners
        Who asks, and how.
    folder
        Where answers are kept; None: they are kept for this fetcher alone.
    """

    def __init__(self, manners: Manners, folder: Path | None) -> None:
        self.manners = manners
        self.notices: list[str] = []
        self._temporary = None if folder else tempfile.TemporaryDirectory(prefix="cardhouse-live-")
        self._store = Store(folder or Path(self._temporary.name if self._temporary else ""))
        self._client: httpx.Client | None = None
        self._next: dict[str, float] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close connections, and forget what was kept for this fetcher alone."""
        if self._client is not None:
            self._client.close()
        if self._temporary is not None:
            self._temporary.cleanup()

    def get(
        self,
        host: Host,
        path: str,
        kind: str,
        read: Callable[[bytes], T],
        parameters: Mapping[str, str] | None = None,
        *,
        secret: Mapping[str, str] | None = None,
    ) -> Answer[T]:
        """Return what a host says under a path, read; what cannot be read is not kept.

        Parameters
        ----------
        host, path
            Where; the path starts with a slash, or is a whole address on one of the host's names.
        kind
            What is expected: one of the kinds of `answers`.
        read
            Makes figures of the bytes; raises LiveError where their form is another one.
        parameters
            The rest of the address.
        secret
            Parameters that are sent, and neither kept nor shown (a key).

        Raises
        ------
        LiveError
            When the host cannot be asked, refuses, or answers something else.
        """
        address = _address(host, path, parameters)
        found = self._store.read(address)
        if found is None and self._store.has_remains(address):
            self.notices.append(f"what was kept of {address} is damaged and is not used.")
        if found is not None and self._is_enough(found[0]):
            try:
                return _answer(found[0], read(found[1]), new=False)
            except LiveError:
                if self.manners.offline:
                    raise
                found = None  # kept by another version of this program: it is asked for anew
        request = _Request(host, address, kind, read, secret or {}, found)
        self._may_ask(request)
        try:
            with self._store.alone():
                stored, told = self._asked(request)
        except LiveError as error:
            raise type(error)(_hinted(str(error), request)) from None
        return _answer(stored, told, new=found is None or found[0].sha256 != stored.sha256)

    def _is_enough(self, stored: Stored) -> bool:
        """Tell whether what is kept is used without asking."""
        if self.manners.offline:
            return True
        return not self.manners.refresh and self.manners.now() - stored.last_checked < FRESH

    def _may_ask(self, request: _Request) -> None:
        """Raise LiveError where nobody may be asked, or the user has not said who asks."""
        if self.manners.offline:
            raise LiveError(
                f"{request.host.words}: nothing whole is kept of {request.address}. Run it once "
                "without --offline."
            )
        if request.host.needs_contact and not self.manners.contact:
            raise LiveError(
                f"{request.host.words} asks who fetches from it. Set {CONTACT} to your name and "
                "e-mail address (or give --contact): 'Ada Example ada@example.org'."
            )

    def _asked(self, request: _Request) -> tuple[Stored, Any]:
        """Return what the host answers now, tried again while failures may pass."""
        import tenacity

        attempts = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(PassingError),
            wait=self._wait,
            stop=tenacity.stop_after_attempt(TRIES),
            sleep=self.manners.sleep,
            reraise=True,
        )
        try:
            return attempts(self._once, request)
        except PassingError as error:
            raise LiveError(
                f"{request.host.words}: {error}. Tried {TRIES} times. Try again later."
            ) from None

    def _wait(self, state: tenacity.RetryCallState) -> float:
        """Return the seconds before the next try: what the service asks, else ever longer ones.

        A little chance keeps many users from coming back at the same moment.
        """
        error = state.outcome.exception() if state.outcome is not None else None
        if isinstance(error, PassingError) and error.wait is not None:
            return error.wait
        chance = 1.0 + 0.25 * random.random()  # noqa: S311 - no secret hangs on it
        return float(self.manners.first_wait * 2.0 ** (state.attempt_number - 1) * chance)

    def _once(self, request: _Request) -> tuple[Stored, Any]:
        import httpx

        address = request.address
        try:
            return self._exchange(request)
        except httpx.TimeoutException as error:
            raise PassingError(f"no answer in time from {address}") from error
        except httpx.RemoteProtocolError as error:
            raise PassingError(f"the answer of {address} broke off") from error
        except httpx.TransportError as error:
            raise PassingError(f"{address} cannot be reached ({plain(str(error))})") from error
        except OSError as error:
            raise LiveError(
                f"what {address} says cannot be kept: {error.strerror}. Make room, or point "
                "CARDHOUSE_CACHE elsewhere."
            ) from error

    def _exchange(self, request: _Request) -> tuple[Stored, Any]:
        """Ask once, and keep what comes, if it can be read."""
        host, address, found = request.host, request.address, request.found
        part = self._store.part(address)
        begun, about = part.beginning()
        headers = _range(begun, about) if begun else _conditions(found)
        with self._opened(host, request.target, headers) as response:
            if response.status_code == 304 and found is not None:
                stored = replace(found[0], checked=self.manners.now().isoformat())
                told = request.read(found[1])
                self._store.touch(stored)
                return stored, told
            if response.status_code == 416:
                part.drop()
                raise PassingError(f"{address} has changed meanwhile")
            if response.status_code not in (200, 206):
                raise refusal(host, address, response)
            raw = self._read(request, response, begun)
        body = decoded(raw, response.headers.get("content-encoding", ""), host)
        part.drop()
        check_kind(body, request.kind, host.words)
        told = request.read(body)
        return self._kept(address, body, response), told

    def _kept(self, address: str, body: bytes, response: httpx.Response) -> Stored:
        now = self.manners.now().isoformat()
        stored = Stored(
            address=address,
            fetched=now,
            checked=now,
            sha256=digest_of(body),
            size=len(body),
            etag=response.headers.get("etag", ""),
            last_modified=response.headers.get("last-modified", ""),
        )
        self._store.write(stored, body)
        return stored

    @contextmanager
    def _opened(
        self, host: Host, target: str, headers: Mapping[str, str]
    ) -> Iterator[httpx.Response]:
        """Give a response as it comes; redirects are followed on the host's own names."""
        for _ in range(MOST_REDIRECTS + 1):
            response = self._send(host, target, headers)
            try:
                if not response.has_redirect_location:
                    yield response
                    return
                to = response.url.join(response.headers["location"])
            finally:
                response.close()
            downgraded = response.url.scheme == "https" and to.scheme != "https"
            if to.host not in host.names or downgraded:
                raise _elsewhere(host, f"{to.scheme}://{to.host}")
            target = str(to)
        raise LiveError(f"{host.words} sends us round in circles. Try again later.")

    def _send(self, host: Host, target: str, headers: Mapping[str, str]) -> httpx.Response:
        """Send a request after the pause that is due, and return the open response."""
        import httpx

        if self._client is None:
            manners = self.manners
            timeout = httpx.Timeout(manners.read_seconds, connect=manners.connect_seconds)
            self._client = httpx.Client(
                timeout=timeout, follow_redirects=False, verify=_certificates()
            )
        self._pace(host, httpx.URL(target).host)
        told = {"User-Agent": self.manners.agent(host), "Accept-Encoding": "gzip", "Accept": "*/*"}
        built = self._client.build_request("GET", target, headers={**told, **headers})
        return self._client.send(built, stream=True)

    def _pace(self, host: Host, name: str) -> None:
        """Wait until a host may be asked again."""
        now = self.manners.clock()
        wait = self._next.get(name, now) - now
        if wait > 0:
            self.manners.sleep(wait)
        self._next[name] = max(now, self._next.get(name, now)) + host.interval

    def _read(self, request: _Request, response: httpx.Response, begun: int) -> bytes:
        """Return the bytes of an answer as they were sent, kept as they come for a next try."""
        host, address = request.host, request.address
        part = self._store.part(address)
        goes_on = response.status_code == 206
        if goes_on and (not begun or _first_byte(response) != begun):
            part.drop()
            raise PassingError(f"{address} answered another part than was asked for")
        if not goes_on:
            part.start(_version(response))
        size = begun if goes_on else 0
        announced = response.headers.get("content-length", "")
        if announced.isdigit() and size + int(announced) > host.limit:
            part.drop()
            raise too_large(host, address)
        started = self.manners.clock()
        with part.bytes_.open("ab") as file:
            for piece in response.iter_raw():
                file.write(piece)
                size += len(piece)
                if size > host.limit:
                    part.drop()
                    raise too_large(host, address)
                if self.manners.clock() - started > self.manners.all_seconds:
                    raise PassingError(f"the answer of {address} comes too slowly")
        return part.bytes_.read_bytes()


def _address(host: Host, path: str, parameters: Mapping[str, str] | None) -> str:
    """Return the public part of an address, which must lie on one of the host's names."""
    is_whole = path.startswith(("http://", "https://"))
    address = path if is_whole else f"{host.base}/{path.lstrip('/')}"
    name = urlsplit(address).hostname
    if name not in host.names:
        raise _elsewhere(host, name or "nowhere")
    return f"{address}?{urlencode(sorted(parameters.items()))}" if parameters else address


def _elsewhere(host: Host, where: str) -> LiveError:
    return LiveError(
        f"{host.words} sends us on to {plain(where)}, and only {', '.join(sorted(host.names))} is "
        "asked. The service may have moved."
    )


def _conditions(found: Kept | None) -> dict[str, str]:
    """Return what asks for an answer only where it has changed."""
    if found is None:
        return {}
    stored = found[0]
    told = {"If-None-Match": stored.etag, "If-Modified-Since": stored.last_modified}
    return {name: value for name, value in told.items() if value}


def _range(begun: int, about: Mapping[str, str]) -> dict[str, str]:
    """Return what asks for the rest of an answer of the same version."""
    return {"Range": f"bytes={begun}-", "If-Range": about["etag"]}


def _version(response: httpx.Response) -> dict[str, str]:
    """Return the version of an answer that can be gone on with; empty where it cannot."""
    etag = response.headers.get("etag", "")
    return {"etag": etag} if etag and not etag.startswith("W/") else {}


def _first_byte(response: httpx.Response) -> int:
    match = re.match(r"bytes (\d+)-", response.headers.get("content-range", ""))
    return int(match[1]) if match else -1


def _hinted(words: str, request: _Request) -> str:
    """Return an error's words without secrets, and with the older copy that is kept, if one is.

    It is not used unless that is asked for.
    """
    for value in request.secret.values():
        words = words.replace(value, "***")
    if request.found is None:
        return words
    return f"{words} A copy of {request.found[0].day} is kept: --offline uses it."


def _answer(stored: Stored, told: T, *, new: bool) -> Answer[T]:
    return Answer(told, stored.address, stored.day, stored.sha256, stored.size, new)


@cache
def _certificates() -> ssl.SSLContext:
    """Return what hosts are known by; reading it takes a moment, so that it is done once."""
    import httpx

    return httpx.create_ssl_context()
