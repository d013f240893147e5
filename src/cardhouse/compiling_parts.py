"""How parts of compiled functions are compiled: quickly, and with loops over paths told apart.

numba optimises every function and makes machine code of it, and again of each that calls it; a tree
of a hundred small functions takes twice as long so. Here a part waits to be linked into its
callers. And numba's loops are those of any program, which may read in one turn what another has
written: before a loop over vectors, machine code compares the places of all rows that it reads and
writes. Paths know nothing of each other, so loops over ``p`` are marked as free of this.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import llvmlite.ir as llvm
import numba.core.compiler_machinery as machinery
from numba.core import bytecode, codegen, compiler, typed_passes

OVER_PATHS = "p"
BLOCK = re.compile(r"B(\d+)")
"""Blocks bear the place of their first instruction in Python's code, and what is added after it."""

Library: Any = codegen.JITCodeLibrary
Node: Any = llvm.values.MDValue
Text: Any = llvm.MetaDataString
for _name in ("_optimize_final_module", "_finalize_final_module", "_finalize_dynamic_globals"):
    getattr(Library, _name)


class PartLibrary(Library):
    """Code that waits to be linked into its callers."""

    loops: frozenset[int] = frozenset()

    def add_ir_module(self, ir_module: Any) -> None:
        """Add a module with its loops over paths marked."""
        mark_loops(ir_module, self.loops)
        super().add_ir_module(ir_module)

    def _optimize_final_module(self) -> None:
        pass

    def _finalize_final_module(self) -> None:
        self._finalize_dynamic_globals()
        self._finalized = True


@machinery.register_pass(mutates_CFG=False, analysis_only=True)
class WaitForCallers(machinery.FunctionPass):
    """Lay down the library that a part is lowered into."""

    _name = "cardhouse_wait_for_callers"

    def __init__(self) -> None:
        super().__init__()

    def run_pass(self, state: Any) -> bool:
        """Make the library, where there is none yet."""
        if state.library is None:
            library: Any = PartLibrary(state.targetctx.codegen(), state.func_id.func_qualname)
            library.loops = frozenset(loops_over_paths(state.func_id))
            state.library = library
        return False


@machinery.register_pass(mutates_CFG=False, analysis_only=False)
class MeetCallers(machinery.LoweringPass):
    """Tell callers where the lowered part is."""

    _name = "cardhouse_meet_callers"

    def __init__(self) -> None:
        super().__init__()

    def run_pass(self, state: Any) -> bool:
        """Enter the part among functions that compiled code may call."""
        lowered, empty = state["cr"], dict[object, object]()
        entry = empty.__getitem__  # numba wants a built-in of its own; Python never calls it
        state.targetctx.insert_user_function(entry, lowered.fndesc, [state.library])
        state["cr"] = lowered._replace(cfunc=entry)
        return False


class PartCompiler(compiler.CompilerBase):
    """The usual pipeline with that library."""

    def define_pipelines(self) -> list[Any]:
        """Return numba's pipeline with both passes in it."""
        self.state.flags.no_compile = True
        pipeline = compiler.DefaultPassBuilder.define_nopython_pipeline(self.state)
        pipeline.add_pass_after(WaitForCallers, typed_passes.NopythonTypeInference)
        pipeline.add_pass_after(MeetCallers, typed_passes.NativeLowering)
        pipeline.finalize()
        return [pipeline]


def loops_over_paths(function: Any) -> Iterator[int]:
    """Yield where loops over paths begin in Python's code, as numba counts."""
    steps = list(bytecode.ByteCode(function).table.values())
    for step, following in pairwise(steps):
        if step.opname == "FOR_ITER" and following.opname.startswith("STORE_FAST"):
            paired = following.opname != "STORE_FAST"  # later Pythons store and load in one step
            place = following.arg >> 4 if paired else following.arg
            if function.code.co_varnames[place] == OVER_PATHS:
                yield step.offset


def mark_loops(module: Any, beginnings: frozenset[int]) -> None:
    """Mark loops as free of what one turn could read of another, and all that they read and write.

    Parameters
    ----------
    module
        A function before it is optimised, as numba writes it; changed in place.
    beginnings
        Where loops begin, as blocks are named.
    """
    ends = [jump for jump in jumps(module) if back_to(jump) in beginnings]
    if not ends:
        return
    group = Distinct(module)
    for function in module.functions:
        for block in function.blocks:
            for step in block.instructions:
                if step.opname in {"load", "store"}:
                    step.set_metadata("llvm.access.group", group)
    for jump in ends:
        free = Distinct(module, Text(module, "llvm.loop.parallel_accesses"), group)
        loop = Distinct(module)
        loop.operands = (loop, free)  # a loop's first word is itself
        jump.set_metadata("llvm.loop", loop)


class Distinct(Node):
    """A node of metadata that stands for itself, and not for what it says."""

    def __init__(self, module: Any, *said: Any) -> None:
        super().__init__(module, said, name=str(len(module.metadata)))

    def descr(self, buf: list[str]) -> None:
        """Write the node."""
        buf.append("distinct ")
        super().descr(buf)

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)


def jumps(module: Any) -> Iterator[Any]:
    """Yield the last instructions of blocks that lead to one other block."""
    for function in module.functions:
        for block in function.blocks:
            last = block.terminator
            if last is not None and last.opname == "br" and len(last.operands) == 1:
                yield last


def back_to(jump: Any) -> int:
    """Return where an earlier block begins that a jump leads back to; -1 where it leads on."""
    here, there = BLOCK.match(jump.parent.name), BLOCK.fullmatch(jump.operands[0].name)
    if here is None or there is None or int(here[1]) <= int(there[1]):
        return -1
    return int(there[1])
