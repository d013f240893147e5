"""Machine code of the compiled engine: one address for each law, made once and kept."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import cache, partial
from typing import Any

import numba
import numpy as np
from numba.core import types
from numba.core.errors import NumbaExperimentalFeatureWarning

from cardhouse.compiling import first_time
from cardhouse.engine.kernel import quarter
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
    signature = signature_of(np.zeros(1, dtype=kind_of(names))[0])
    story: Any = quarter.run_blocks
    with first_time("engine", "the engine"), warnings.catch_warnings():
        # Calls by address are new in numba, and marked so; the tests of the kernel hold them.
        warnings.simplefilter("ignore", NumbaExperimentalFeatureWarning)
        made = {one: Law(one, signature) for step in STEPS for one in step}
        steps = tuple(tuple(made[one] for one in step) for step in STEPS)
        kinds = (Tuple(types.FunctionType(signature), len(one)) for one in steps)
        rows, number = signature.args[3], signature.args[-1]
        whole = (*kinds, *signature.args[:-1], rows, rows, number, number)
        story.compile(whole)
        return partial(story.get_overload(whole), *steps)


def run_blocks(at: Any) -> Callable[..., None]:
    """Return `quarter.run_blocks` with its laws, all compiled where they are not yet."""
    return _compiled(tuple(at.dtype.names))
