"""Text files from people, read one way everywhere: UTF-8, within a limit, one sentence if not."""

from __future__ import annotations

from importlib.resources.abc import Traversable
from pathlib import Path

from cardhouse.errors import CardhouseError

KIB, MIB = 1024, 1024**2


def read_text(
    source: Path | Traversable,
    *,
    limit: int,
    error: type[CardhouseError],
    name: str = "",
    what: str = "file",
) -> str:
    """Return the text of a UTF-8 file, a byte order mark at its start left out.

    Parameters
    ----------
    source
        The file.
    limit
        Bytes that it may have; more is not read.
    error
        What is raised when there is no such file, or it is too large, unreadable or not UTF-8.
    name, what
        What messages call the file (its path when empty), and its kind.
    """
    name = name or str(source)
    if source.is_dir():
        raise error(f"{name}: this is not a file but a folder. Name the file itself.")
    if not source.is_file():
        raise error(f"{name}: there is no such file. Check the path.")
    try:
        with source.open("rb") as file:
            raw = file.read(limit + 1)
    except OSError as cause:
        raise error(f"{name}: the file cannot be read: {cause.strerror}.") from cause
    if len(raw) > limit:
        raise error(f"{name}: the file is larger than {_size(limit)}, the limit. Make it smaller.")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as cause:
        row = raw.count(b"\n", 0, cause.start) + 1
        raise error(
            f"{name}:{row}: byte {cause.start} is not UTF-8. Save the {what} as UTF-8."
        ) from cause


def _size(limit: int) -> str:
    return f"{limit // MIB} MiB" if limit >= MIB else f"{limit // KIB} KiB"
