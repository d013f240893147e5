"""Machine code of the compiled engine: one address for each law, made once and kept."""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path
from typing import Any

import numba
import numpy as np
from numba.core import types
from numba.core.errors import NumbaExperimentalFeatureWarning

from cardhouse.compiling import first_time, machine_code_folder
from cardhouse.engine.kernel import quarter
from cardhouse.engine.kernel.crew import ASKED, crew, taken_in_turn
from cardhouse.engine.kernel.rows import ONE_PATH, SIDE_BY_SIDE
from cardhouse.engine.kernel.tables import kind_of

STEPS = (quarter.OPENING, quarter.DECIDE, quarter.TRADE, quarter.FUND, quarter.SETTLE)


TOLD = {False: ("engine", "the engine"), True: ("engine-one-path", "the engine for one path")}
"""For many paths, and for one: the mark of what is kept, and what a person reads meanwhile."""

Tuple: Any = types.UniTuple
type_of: Any = numba.typeof


class Law(types.WrapperAddressProtocol):
    """A compiled law by its address."""

    def __init__(self, function: Any, signature: Any) -> None:
        function.compile(signature.args)
        compiled = function.overloads[signature.args]
        name = compiled.fndesc.llvm_cfunc_wrapper_name
        self._address = compiled.library.get_pointer_to_function(name)
        self._signature = signature

    def __wrapper_address__(self) -> int:
        """Return where the machine code lies."""
        return int(self._address)

    def signature(self) -> Any:
        """Return what the law takes."""
        return self._signature


def signature_of(at: Any, *, one_path: bool = False) -> Any:
    """Return what every law takes, with the record of places as its first argument."""
    line, whole = type_of(np.zeros(1)), type_of(np.zeros(1, dtype=np.int64))
    rows = ONE_PATH if one_path else SIDE_BY_SIDE
    return types.none(type_of(at), line, whole, rows, rows, rows, line, type_of(1))


@cache
def _compiled(names: tuple[str, ...], one_path: bool) -> Callable[..., None]:
    """Return the story with its laws, for records of places with these names."""
    signature = signature_for(names, one_path=one_path)
    story: Any = quarter.run_one_by_one if one_path else quarter.run_side_by_side
    with first_time(*TOLD[one_path]) as fresh, quietly():
        if fresh:
            with crew(names, one_path=one_path, kept=machine_code_folder() is not None) as claims:
                compile_free(names, one_path, claims)
        made = {one: Law(one, signature) for step in STEPS for one in step}
        steps = tuple(tuple(made[one] for one in step) for step in STEPS)
        kinds = (Tuple(types.FunctionType(signature), len(one)) for one in steps)
        at, numbers, indices, *_, desk, number = signature.args
        rows = type_of(np.zeros((1, 1)))
        whole = (*kinds, at, numbers, indices, *[rows] * 3, desk, rows, rows, number, number)
        story.compile(whole)
        return partial(story.get_overload(whole), *steps)


def child_main() -> None:
    """Compile, as a child of another process, what is not taken yet; see `crew.child`."""
    claims = Path(sys.argv[1])
    asked = json.loads((claims / ASKED).read_text(encoding="utf-8"))
    compile_free(tuple(asked["names"]), asked["one_path"], claims)


def compile_free(names: tuple[str, ...], one_path: bool, claims: Path) -> None:
    """Compile the laws that nobody else has taken, for records of places with these names."""
    signature = signature_for(names, one_path=one_path)
    laws: list[Any] = list(dict.fromkeys(one for step in STEPS for one in step))
    with quietly():
        for law in taken_in_turn(laws, claims):
            law.compile(signature.args)


@contextmanager
def quietly() -> Iterator[None]:
    """Compile without words: numba's warnings, and the record of places spelled out at each pass.

    Spelling 500 names takes a sixth of all compiling; once is enough.
    """
    kind: Any = types.Record
    spelled = kind.__repr__
    with warnings.catch_warnings():
        # Calls by address are new in numba, and marked so; the tests of the kernel hold them.
        warnings.simplefilter("ignore", NumbaExperimentalFeatureWarning)
        kind.__repr__ = cache(spelled)
        try:
            yield
        finally:
            kind.__repr__ = spelled


def signature_for(names: tuple[str, ...], *, one_path: bool = False) -> Any:
    """Return what every law takes, for records of places with these names."""
    return signature_of(np.zeros(1, dtype=kind_of(names))[0], one_path=one_path)


def run_blocks(at: Any, *, one_path: bool = False) -> Callable[..., None]:
    """Return `quarter.run_side_by_side` with its laws, all compiled where they are not yet.

    For paths one at a time, `quarter.run_one_by_one`, which takes the same.
    """
    return _compiled(tuple(at.dtype.names), one_path)
