"""The user's cache folder: where it lies, and what happens when it cannot be written."""

from __future__ import annotations

import os
import stat
import sys
import tempfile
from pathlib import Path

ENVIRONMENT = "CARDHOUSE_CACHE"
OFF = "off"


def cache_root() -> Path | None:
    """Return the folder under which caches lie; None when nothing is to be kept.

    ``CARDHOUSE_CACHE`` names another folder than the system's; ``off`` keeps nothing.
    """
    told = os.environ.get(ENVIRONMENT, "")
    if told == OFF:
        return None
    return Path(told) if told else users_cache() / "cardhouse"


def users_cache() -> Path:
    """Return where this system keeps a user's caches."""
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")


def is_writable(folder: Path) -> bool:
    """Tell whether a folder can be written, or made where it is missing; makes nothing."""
    if folder.is_dir():
        try:
            with tempfile.TemporaryFile(dir=folder):
                return True
        except OSError:
            return False
    above = next((one for one in folder.absolute().parents if one.exists()), None)
    return above is not None and above.is_dir() and os.access(above, os.W_OK | os.X_OK)


def keep(path: Path, text: str) -> bool:
    """Write beside a place and move there, so that nothing half-written is ever read or left.

    A full disk is no reason to fail: what cannot be kept is made again. Tells whether it was kept.
    """
    beside: Path | None = None
    try:
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", dir=path.parent, suffix=".part", delete=False
        ) as file:
            beside = Path(file.name)
            file.write(text)
        beside.replace(path)
    except OSError:
        return False
    else:
        return True
    finally:
        if beside is not None:
            beside.unlink(missing_ok=True)


def made(folder: Path, what: str) -> Path:
    """Return a folder that can be written, made when missing: another one where it cannot be.

    Parameters
    ----------
    folder
        The folder wanted.
    what
        What it keeps, for the notice and for the name of the folder in its place.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError:
        other = _own_folder(f"cardhouse-{what}-{os.getuid()}") / folder.name
        other.mkdir(exist_ok=True)
        sys.stderr.write(f"note: the cache folder cannot be written; {what} are kept in {other}\n")
        return other


def _own_folder(name: str) -> Path:
    """Return a folder for temporary files that nobody else can have written to: code lies in it."""
    wanted = Path(tempfile.gettempdir()) / name
    try:
        wanted.mkdir(mode=0o700, exist_ok=True)
        found = wanted.lstat()
    except OSError:
        return Path(tempfile.mkdtemp(prefix=f"{name}-"))
    own = stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid()
    if own and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        return wanted
    return Path(tempfile.mkdtemp(prefix=f"{name}-"))


def umask() -> int:
    """Return the permissions that this process takes off new files; files made apart lack it."""
    found = os.umask(0o077)
    os.umask(found)
    return found
