"""What a host says, before anybody reads figures in it: of the kind expected, or a sentence."""

from __future__ import annotations

import datetime as dt
import email.utils
import re
import zlib
from typing import TYPE_CHECKING

from cardhouse.errors import LiveError, NotThereError
from cardhouse.facts.live.hosts import CONTACT, MIB, Host

if TYPE_CHECKING:
    import httpx

LONGEST_WAIT = 90.0
"""Seconds that a service may ask to wait; for more the user is told to come back."""
LONGEST_QUOTE = 160
PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Statuses that may be over soon."""

JSON, CSV, XLS, PAGE, INLINE = "JSON", "CSV", "XLS", "web page", "inline XBRL"
_TITLE = re.compile(rb"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
_MESSAGE = re.compile(rb'"(?:error_message|message|error)"\s*:\s*"([^"]{1,400})"')
_WORKBOOKS = (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"PK\x03\x04")


class PassingError(Exception):
    """A failure that may be over soon: what happened, and how long the service asks to wait."""

    def __init__(self, words: str, wait: float | None = None) -> None:
        super().__init__(words)
        self.wait = wait


def check_kind(body: bytes, kind: str, words: str) -> None:
    """Raise LiveError where an answer is plainly not of the kind expected.

    Parameters
    ----------
    body
        The answer.
    kind
        What is expected: `JSON`, `CSV`, `XLS`, `PAGE` or `INLINE`.
    words
        What messages call the service.
    """
    start = body[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
    is_page = start[:1] == b"<"
    fits = {
        JSON: start[:1] in (b"{", b"["),
        CSV: bool(start) and not is_page and b"\x00" not in start,
        XLS: body.startswith(_WORKBOOKS),
        PAGE: is_page,
        INLINE: is_page and b"inlineXBRL" in body,
    }[kind]
    if fits:
        return
    if is_page:
        title = _TITLE.search(body[:65536])
        named = f" ('{plain(title[1].decode('utf-8', 'replace'))}')" if title else ""
        raise LiveError(
            f"{words} answered with a web page{named} where {kind} is expected. It may be out of "
            "service or have moved; try again later."
        )
    found = "nothing" if not body.strip() else f"'{plain(start[:40].decode('latin-1'))}...'"
    raise LiveError(f"{words} answered {found} where {kind} is expected. Its format has changed.")


def decoded(raw: bytes, encoding: str, host: Host) -> bytes:
    """Return the bytes behind a content encoding, within the host's limit.

    Raises
    ------
    PassingError
        When they break off.
    LiveError
        When they are too many, or encoded in another way than was asked for.
    """
    if encoding in ("", "identity"):
        return raw
    if encoding != "gzip":
        raise LiveError(f"{host.words} answered in the encoding '{plain(encoding)}', not in gzip.")
    reader = zlib.decompressobj(16 + zlib.MAX_WBITS)
    try:
        body = reader.decompress(raw, host.limit + 1)
    except zlib.error as error:
        raise PassingError("it answered bytes that are no gzip") from error
    if len(body) > host.limit:
        raise too_large(host, host.base)
    if not reader.eof:
        raise PassingError("its answer broke off")
    return body


def refusal(host: Host, address: str, response: httpx.Response) -> Exception:
    """Return what an answer that is no success means: PassingError or LiveError."""
    status = response.status_code
    if status in PASSING:
        return _passing(host, address, response)
    quote = _quote(response)
    if status == 403 and "rate" in quote.lower():
        return LiveError(
            f"{host.words} takes us for too many requests ({quote}). Wait ten minutes, then try "
            "again: what was fetched so far is kept."
        )
    if status in (401, 403):
        told = f": {quote}" if quote else ""
        return LiveError(
            f"{host.words} refuses ({status}{told}). Check {CONTACT}: it must hold your name and "
            "e-mail address."
        )
    if status == 404:
        return NotThereError(f"{host.words} has nothing under {address} (404).")
    told = f": {quote}" if quote else ""
    return LiveError(f"{host.words} answered {status} for {address}{told}.")


def _passing(host: Host, address: str, response: httpx.Response) -> Exception:
    """Return a failure that may be over soon, or that the user is asked to wait longer."""
    wait = retry_after(response.headers.get("retry-after", ""), dt.datetime.now(dt.UTC))
    if wait is not None and wait > LONGEST_WAIT:
        return LiveError(
            f"{host.words} asks to wait {wait:.0f} seconds. Try again then: what was fetched so "
            "far is kept."
        )
    return PassingError(f"it answered {response.status_code} for {address}", wait)


def retry_after(text: str, now: dt.datetime) -> float | None:
    """Return the seconds that a ``Retry-After`` asks for; None where it says nothing readable.

    Examples
    --------
    >>> retry_after("7", dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    7.0
    >>> retry_after("Thu, 01 Jan 2026 00:00:30 GMT", dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    30.0
    """
    text = text.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        then = email.utils.parsedate_to_datetime(text)
    except ValueError:
        return None
    return max((then.astimezone(dt.UTC) - now).total_seconds(), 0.0)


def too_large(host: Host, address: str) -> LiveError:
    """Return what is said of an answer beyond the limit."""
    return LiveError(
        f"{host.words} answers more than {host.limit // MIB} MiB for {address}. That is not what "
        "is meant to be there, and is not kept."
    )


def plain(text: str) -> str:
    """Return foreign words as a message shows them: printable, on one line, not long."""
    words = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(words.split())[:LONGEST_QUOTE]


def _quote(response: httpx.Response) -> str:
    """Return what an answer says of itself in a few words: its JSON message, or its title."""
    import httpx

    try:
        body = response.read()[:65536]
    except httpx.HTTPError:
        return ""
    found = _MESSAGE.search(body) or _TITLE.search(body)
    return plain(found[1].decode("utf-8", "replace")) if found else ""
