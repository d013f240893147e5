"""Compiled kernels: small array functions turned into machine code when they are first needed.

numba is imported only when a module of kernels is, so neither ``import cardhouse`` nor ``--help``
waits for it. Machine code is kept in the user's cache folder under a digest of every module that
may hold or call a kernel and of numba's version: numba itself notices a change of the kernel's own
file alone. Results never hang on threads: a kernel does one task, and callers share tasks out.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import shutil
from collections.abc import Callable
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

from cardhouse.user_cache import cache_root, made

ROOMS = ("analysis", "engine")
KEPT = 3

Function = TypeVar("Function", bound=Callable[..., object])


def kernel(function: Function) -> Function:
    """Compile a function of arrays and numbers at its first call, with its machine code kept.

    The function releases the interpreter's lock, divides by zero as IEEE arithmetic does, and
    keeps the order of its sums (no fast mathematics). ``function.py_func`` is the plain version.

    Parameters
    ----------
    function
        Loops over arrays that are passed in, results included.
    """
    import numba

    folder = machine_code_folder()
    settings: Any = numba.config
    before = settings.CACHE_DIR
    try:
        settings.CACHE_DIR = str(folder or "")
        compiled: Any = numba.njit(nogil=True, error_model="numpy", cache=folder is not None)
        return compiled(function)
    finally:
        settings.CACHE_DIR = before


@cache
def machine_code_folder() -> Path | None:
    """Return the folder of this version's machine code; None when nothing is to be kept."""
    root = cache_root()
    if root is None:
        return None
    folder = made(root / "kernels" / _digest(), "kernels")
    _forget_older(folder)
    return folder


def kept_kernels() -> tuple[Path | None, int]:
    """Return where this version's machine code lies, and how many kernels are there; makes nothing.

    The folder is None when nothing is to be kept.
    """
    root = cache_root()
    if root is None:
        return None, 0
    folder = root / "kernels" / _digest()
    return folder, sum(1 for _ in folder.rglob("*.nbi"))


def _digest() -> str:
    """Return a digest of all code that may hold or call a kernel, and of numba's version."""
    whole = hashlib.sha256(importlib.metadata.version("numba").encode())
    package = resources.files("cardhouse")
    for room in ROOMS:
        modules = (entry for entry in (package / room).iterdir() if entry.name.endswith(".py"))
        for module in sorted(modules, key=lambda entry: entry.name):
            whole.update(f"{room}/{module.name}\0".encode())
            whole.update(module.read_bytes())
    return whole.hexdigest()[:16]


def _forget_older(folder: Path) -> None:
    """Delete the machine code of all but the newest versions."""
    folder.touch()
    versions = sorted(folder.parent.iterdir(), key=lambda path: path.stat().st_mtime)
    for path in versions[:-KEPT]:
        shutil.rmtree(path, ignore_errors=True)


def inlined(function: Function) -> Function:
    """Compile a function into each of those that call it: for the innermost loops alone.

    Nothing of it is kept apart, and calling it costs nothing; ``function.py_func`` is plain.
    """
    import numba

    compiled: Any = numba.njit(nogil=True, error_model="numpy", inline="always")
    return compiled(function)
