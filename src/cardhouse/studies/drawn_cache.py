"""What draws gave, kept between runs: minutes of work for a file of a third of a megabyte.

The files lie in a folder of their own inside the cache of balanced worlds, the newest `KEPT` of
them, named by a digest of everything the answers follow from. One that cannot be read is made
again.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from cardhouse.accounts.cache import cache_folder, digest_of
from cardhouse.user_cache import keep

KEPT = 20
ROOMS = ("accounts", "facts", "model", "engine", "analysis", "studies")
FOLDER = "draws"

Row = dict[str, Any]


def kept_result(question: Mapping[str, Any], files: Iterable[Path], make: Callable[[], Row]) -> Row:
    """Return what draws gave for a question, from the cache or made and kept.

    Parameters
    ----------
    question
        What was asked, in plain words and numbers.
    files
        Files that the answer depends on beside the package's own.
    make
        Answers the draws.
    """
    root = cache_folder()
    if root is None:
        return make()
    path = root / FOLDER / f"{digest_of(question, files, ROOMS)}.json"
    found = _read(path)
    if found is not None:
        return found
    made = make()
    _keep(path, made)
    return made


def _read(path: Path) -> Row | None:
    """Return what a file holds; None when there is none or it is broken."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) and "figures" in found else None


def _keep(path: Path, made: Row) -> None:
    """Keep what was made where there is room for it."""
    text = json.dumps(made, allow_nan=False)
    with contextlib.suppress(OSError):
        path.parent.mkdir(exist_ok=True)
        if keep(path, text):
            _forget(path.parent)


def _forget(folder: Path) -> None:
    """Delete all but the newest."""
    kept = sorted(folder.glob("*.json"), key=lambda path: path.stat().st_mtime)
    for path in kept[:-KEPT]:
        path.unlink(missing_ok=True)
