"""What was fetched, kept in files: bytes and when they came, checked by their digest when read."""

from __future__ import annotations

import datetime as dt
import fcntl
import hashlib
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cardhouse.errors import LiveError


@dataclass(frozen=True)
class Stored:
    """An answer as it is kept.

    Attributes
    ----------
    address
        Where it came from, without any key.
    fetched
        When its bytes came (UTC, ISO).
    checked
        When the service last said that they are still the same; at first when they came.
    sha256
        Digest of the bytes.
    etag, last_modified
        What the service calls this version.
    """

    address: str
    fetched: str
    checked: str
    sha256: str
    size: int
    etag: str
    last_modified: str

    @property
    def day(self) -> dt.date:
        """Return the day on which its bytes came."""
        return dt.datetime.fromisoformat(self.fetched).date()

    @property
    def last_checked(self) -> dt.datetime:
        """Return the moment from which it is fresh."""
        return dt.datetime.fromisoformat(self.checked)


class Store:
    """A folder of answers by address, and of those that are not complete yet."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def read(self, address: str) -> tuple[Stored, bytes] | None:
        """Return what is kept of an address; None where nothing whole is.

        Files that do not agree, as when a process was stopped between them, count as nothing.
        """
        name = _name(address)
        told = _json(self.folder / f"{name}.json")
        try:
            stored = Stored(**told) if told is not None else None
            body = (self.folder / f"{name}.body").read_bytes()
        except (OSError, TypeError):
            return None
        if stored is None or stored.address != address:
            return None
        return (stored, body) if digest_of(body) == stored.sha256 else None

    def has_remains(self, address: str) -> bool:
        """Tell whether files of an address lie there, whole or not."""
        name = _name(address)
        return any((self.folder / f"{name}.{end}").exists() for end in ("body", "json"))

    def write(self, stored: Stored, body: bytes) -> None:
        """Keep an answer: first its bytes, then what is told of them, each whole or not at all."""
        name = _name(stored.address)
        _replace(self.folder / f"{name}.body", body)
        self.touch(stored)

    def touch(self, stored: Stored) -> None:
        """Keep what is told of an answer whose bytes are there."""
        text = json.dumps(asdict(stored), indent=1)
        _replace(self.folder / f"{_name(stored.address)}.json", text.encode())

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other processes from fetching into the folder meanwhile.

        Raises
        ------
        LiveError
            When one does so now.
        """
        with (self.folder / "lock").open("wb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise LiveError(
                    f"another cardhouse fetches into {self.folder} now. Wait for it, then try "
                    "again."
                ) from None
            yield

    def part(self, address: str) -> Part:
        """Return the place of an answer that is not complete."""
        name = _name(address)
        return Part(self.folder / f"{name}.part", self.folder / f"{name}.part.json")


@dataclass(frozen=True)
class Part:
    """The beginning of an answer, and the version it is of."""

    bytes_: Path
    about: Path

    def beginning(self) -> tuple[int, Mapping[str, str]]:
        """Return how many bytes are there, and of what; none where the version is not known."""
        told = _json(self.about)
        if told is None or not isinstance(told.get("etag"), str) or not self.bytes_.exists():
            return 0, {}
        return self.bytes_.stat().st_size, {key: str(value) for key, value in told.items()}

    def start(self, about: Mapping[str, str]) -> None:
        """Begin anew, of a version."""
        self.drop()
        if about.get("etag"):
            _replace(self.about, json.dumps(dict(about)).encode())

    def drop(self) -> None:
        """Forget it."""
        self.bytes_.unlink(missing_ok=True)
        self.about.unlink(missing_ok=True)


def digest_of(body: bytes) -> str:
    """Return the SHA-256 of bytes, in hex digits."""
    return hashlib.sha256(body).hexdigest()


def _name(address: str) -> str:
    return hashlib.sha256(address.encode()).hexdigest()[:32]


def _json(path: Path) -> dict[str, Any] | None:
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return told if isinstance(told, dict) else None


def _replace(path: Path, content: bytes) -> None:
    """Write a file beside its place and move it there when it is whole."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".part-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
