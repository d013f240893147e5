"""Balanced worlds kept between runs, so that a second run need not balance again.

One JSON file a world in the user's cache folder (``CARDHOUSE_CACHE`` names another; ``off`` keeps
nothing), about half a megabyte each, the newest `KEPT` of them. The name of a file is a digest of
everything the world depends on: facts, dictionaries, the economy's tables, the question, and the
code itself, so that nothing stale survives an upgrade. A file that cannot be read is made again.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

from cardhouse.model.world import World
from cardhouse.user_cache import cache_root, keep, made

KEPT = 40
SOURCES = ("accounts", "facts", "model")


def cached_world(
    question: Mapping[str, Any], files: Iterable[Path], make: Callable[[], World]
) -> World:
    """Return the world of a question, from the cache or made and kept.

    Parameters
    ----------
    question
        What was asked, in plain words and numbers.
    files
        Files that the answer depends on beside the package's own (a person's tables).
    make
        Balances the accounts.
    """
    folder = cache_folder()
    if folder is None:
        return make()
    try:
        path = folder / f"{digest_of(question, files)}.json"
    except OSError:
        return make()  # a file of the question is missing: whoever reads it says so
    found = _read(path)
    if found is not None:
        return found
    world = make()
    _keep(path, world)
    return world


def cache_folder() -> Path | None:
    """Return the folder of the cache, made when missing; None when nothing is to be kept."""
    root = cache_root()
    if root is None:
        return None
    return made(world_folder(root), "worlds")


def world_folder(root: Path) -> Path:
    """Return where worlds lie under the root of the caches."""
    return root / "worlds"


def digest_of(
    question: Mapping[str, Any], files: Iterable[Path], rooms: Iterable[str] = SOURCES
) -> str:
    """Return a digest of a question and of everything its answer is made from.

    ``rooms`` are the folders of the package whose code and tables the answer follows from.
    """
    whole = hashlib.sha256(json.dumps(dict(question), sort_keys=True, default=str).encode())
    root = resources.files("cardhouse")
    for room in rooms:
        for name, content in _contents(root / room, room):
            whole.update(f"{name}\0".encode())
            whole.update(content)
    for path in files:
        whole.update(f"{path.name}\0".encode())  # a table under another name is another table
        whole.update(path.read_bytes())
    return whole.hexdigest()[:32]


def _contents(folder: Traversable, name: str) -> Iterable[tuple[str, bytes]]:
    """Yield the code and tables below a folder of the package, in order of their names."""
    for entry in sorted(folder.iterdir(), key=lambda one: one.name):
        inner = f"{name}/{entry.name}"
        if entry.is_dir() and entry.name != "__pycache__":
            yield from _contents(entry, inner)
        elif entry.name.endswith((".py", ".csv", ".txt")):
            yield inner, entry.read_bytes()


def _read(path: Path) -> World | None:
    """Return the world in a file; None when there is none or it is broken."""
    try:
        return _made(World, json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _keep(path: Path, world: World) -> None:
    """Keep a world where there is room for it."""
    if keep(path, json.dumps(_plain(world))):
        with contextlib.suppress(OSError):
            _forget(path.parent)


def _forget(folder: Path) -> None:
    """Delete all but the newest worlds."""
    worlds = sorted(folder.glob("*.json"), key=lambda path: path.stat().st_mtime)
    for path in worlds[:-KEPT]:
        path.unlink(missing_ok=True)


def _plain(value: Any) -> Any:
    """Return a value of the model as JSON: records as lists of their fields, infinity as text."""
    if is_dataclass(value):
        return [_plain(getattr(value, field.name)) for field in fields(value)]
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(one) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def _made(kind: Any, plain: Any) -> Any:
    """Return JSON as a value of a type of the model."""
    if is_dataclass(kind):
        hints = _hints(kind)
        names = [field.name for field in fields(kind)]
        values = (_made(hints[name], one) for name, one in zip(names, plain, strict=True))
        return kind(*values)  # type: ignore[operator] # the class of a record
    origin = get_origin(kind)
    if origin is tuple:
        return tuple(_made(get_args(kind)[0], one) for one in plain)
    if origin is not None and isinstance(plain, dict):
        return {key: _made(get_args(kind)[1], one) for key, one in plain.items()}
    return _made_plain(kind, plain)


def _made_plain(kind: Any, plain: Any) -> Any:
    """Return a plain JSON value as a type of the model: optional, enumeration, number, text."""
    options = [one for one in get_args(kind) if one is not type(None)]
    if options:
        return None if plain is None else _made(options[0], plain)
    if isinstance(kind, type) and issubclass(kind, Enum | float) and plain is not None:
        return kind(plain)
    return plain


_KNOWN_HINTS: dict[Any, dict[str, Any]] = {}


def _hints(kind: Any) -> dict[str, Any]:
    """Return the types of a record's fields."""
    if kind not in _KNOWN_HINTS:
        _KNOWN_HINTS[kind] = get_type_hints(kind)
    return _KNOWN_HINTS[kind]
