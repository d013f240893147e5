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
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar, cast

from cardhouse.user_cache import cache_root, made

ROOMS = ("analysis", "engine", "engine/kernel")
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
    return _compiled(function)


def law(function: Function) -> Function:
    """Compile a function as `kernel` does, to be called by compiled code through its address.

    One that calls many others is compiled faster so: none of them becomes a part of the caller.
    Its arrays are its caller's, so views of them are not counted: two operations less each, which
    all processors would see. It makes no arrays, therefore.
    """
    return _compiled(function, no_cpython_wrapper=True, _nrt=False)


def _compiled(function: Function, **options: bool) -> Function:
    """Return a function that numba compiles at its first call, kept under this version's folder."""
    import numba

    compiler: Any = numba.njit
    folder = machine_code_folder()
    settings: Any = numba.config
    before = settings.CACHE_DIR
    try:
        settings.CACHE_DIR = str(folder or "")
        kept = folder is not None
        made_ = compiler(nogil=True, error_model="numpy", cache=kept, **options)
        return cast(Function, made_(function))
    finally:
        settings.CACHE_DIR = before


def piece(function: Function) -> Function:
    """Compile a function that only other compiled functions call: it becomes a part of theirs.

    Nothing of it is kept apart, and it gets no door for Python; ``function.py_func`` is plain. No
    views are counted, as in a `law`; it neither makes nor returns arrays. Its loops over ``p`` are
    over paths, which know nothing of each other: no turn reads what another has written.
    """
    return _piece(function, counts=False)


def allocating(function: Function) -> Function:
    """Compile a `piece` that makes arrays of its own."""
    return _piece(function, counts=True)


def _piece(function: Function, *, counts: bool) -> Function:
    """Compile a function that only other compiled functions call."""
    import numba

    options: dict[str, Any] = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True, "_nrt": counts}
    if quick := _quick_pipeline():
        options["pipeline_class"] = quick
    compiled: Any = numba.njit(nogil=True, error_model="numpy", **options)
    return compiled(function)


@cache
def _quick_pipeline() -> Any:
    """Return `compiling_parts.PartCompiler`; None where this numba is built otherwise.

    All works without it: compiling takes twice as long then, and loops over paths more time.
    """
    try:
        from cardhouse.compiling_parts import PartCompiler
    except (ImportError, AttributeError):
        return None
    return PartCompiler


@cache
def machine_code_folder() -> Path | None:
    """Return the folder of this version's machine code; None when nothing is to be kept."""
    root = cache_root()
    if root is None:
        return None
    folder = made(root / "kernels" / _digest(), "kernels")
    _forget_older(folder)
    return folder


@contextmanager
def first_time(name: str, told: str) -> Iterator[bool]:
    """Let one process at a time compile what is not kept yet, and say so on standard error.

    Parameters
    ----------
    name
        A name for all that is compiled inside, of which a mark is left when it is done.
    told
        What a person reads while it compiles, such as "the engine".

    Yields
    ------
    bool
        Whether it is to be compiled now.
    """
    folder = machine_code_folder()
    mark = folder / f"{name}.done" if folder else None
    if is_compiled(name):
        yield False
        return
    with _lock(folder):
        fresh = mark is None or not mark.exists()
        start = time.monotonic()
        if fresh:
            where = "" if mark else " (nothing is kept: CARDHOUSE_CACHE is off)"
            _tell(f"Compiling {told} for this machine, once; about half a minute{where} ...")
        yield fresh
        if fresh:
            _tell(f"Compiled {told} in {time.monotonic() - start:.0f} s.")
        if mark is not None:
            mark.touch()


def is_compiled(name: str) -> bool:
    """Tell whether what goes by this name in `first_time` is kept, so that processes load it."""
    folder = machine_code_folder()
    return folder is not None and (folder / f"{name}.done").exists()


@contextmanager
def _lock(folder: Path | None) -> Iterator[None]:
    """Hold the lock of a folder, where there is one and the system knows locks."""
    try:
        import fcntl
    except ImportError:
        folder = None
    if folder is None:
        yield
        return
    with (folder / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _tell(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


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
    for own in ("compiling.py", "compiling_parts.py"):
        whole.update((package / own).read_bytes())
    for room in ROOMS:
        modules = (entry for entry in (package / room).iterdir() if entry.name.endswith(".py"))
        for module in sorted(modules, key=lambda entry: entry.name):
            whole.update(f"{room}/{module.name}\0".encode())
            whole.update(module.read_bytes())
    return whole.hexdigest()[:16]


def _forget_older(folder: Path) -> None:
    """Delete the machine code of all but the newest versions."""
    try:
        folder.touch()
        versions = sorted(folder.parent.iterdir(), key=lambda path: path.lstat().st_mtime)
    except OSError:  # another process deletes at the same time
        return
    for path in versions[:-KEPT]:
        shutil.rmtree(path, ignore_errors=True)


def inlined(function: Function) -> Function:
    """Compile a function into each of those that call it: for the innermost loops alone.

    Nothing of it is kept apart, and calling it costs nothing; ``function.py_func`` is plain.
    """
    import numba

    compiled: Any = numba.njit(nogil=True, error_model="numpy", inline="always")
    return compiled(function)
