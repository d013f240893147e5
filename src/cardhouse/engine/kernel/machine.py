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
from cardhouse.engine.kernel.crew import crew, taken_in_turn
from cardhouse.engine.kernel.tables import kind_of

STEPS = (quarter.OPENING, quarter.DECIDE, quarter.TRADE, quarter.FUND, quarter.SETTLE)


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


def signature_of(at: Any) -> Any:
    """Return what every law takes, with the record of places as its first argument."""
    rows, line = np.zeros((1, 1)), np.zeros(1)
    whole = np.zeros(1, dtype=np.int64)
    arguments = (at, line, whole, rows, rows, rows, line, 1)
    return types.none(*(type_of(one) for one in arguments))


@cache
def _compiled(names: tuple[str, ...]) -> Callable[..., None]:
    """Return the story with its laws, for records of places with these names."""
    signature = signature_for(names)
    story: Any = quarter.run_blocks
    with first_time("engine", "the engine") as fresh, quietly():
        if fresh:
            with crew(names, kept=machine_code_folder() is not None) as claims:
                compile_free(names, claims)
        made = {one: Law(one, signature) for step in STEPS for one in step}
        steps = tuple(tuple(made[one] for one in step) for step in STEPS)
        kinds = (Tuple(types.FunctionType(signature), len(one)) for one in steps)
        rows, number = signature.args[3], signature.args[-1]
        whole = (*kinds, *signature.args[:-1], rows, rows, number, number)
        story.compile(whole)
        return partial(story.get_overload(whole), *steps)


def child_main() -> None:
    """Compile, as a child of another process, what is not taken yet; see `crew.child`."""
    claims = Path(sys.argv[1])
    names: list[str] = json.loads((claims / "names.json").read_text(encoding="utf-8"))
    compile_free(tuple(names), claims)


def compile_free(names: tuple[str, ...], claims: Path) -> None:
    """Compile the laws that nobody else has taken, for records of places with these names."""
    signature = signature_for(names)
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


def signature_for(names: tuple[str, ...]) -> Any:
    """Return what every law takes, for records of places with these names."""
    return signature_of(np.zeros(1, dtype=kind_of(names))[0])


def run_blocks(at: Any) -> Callable[..., None]:
    """Return `quarter.run_blocks` with its laws, all compiled where they are not yet."""
    return _compiled(tuple(at.dtype.names))
