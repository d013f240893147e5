"""Rows of lanes added up in the processor's vector registers.

A compiler for loops keeps one sum at a time in a register; a row of sums over a sparse list it
writes back and reads again at every entry. Here the row of sums stays in registers while the list
is walked, which is twice as fast. Products are rounded before they are added, as plain code does,
so that bits are the same on every processor and whatever the neighbouring lanes hold.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

LANES = 32
"""Columns of every matrix here. Narrower rows wait for sums to end, wider ones leave the cache."""

FEW = 8
"""The first columns, which can be added up alone: one vector, or several where those are short."""


def _adder(lanes: int) -> Any:
    """Return `add_up` for the first ``lanes`` columns, for compiled code to call."""

    def add_up_first(  # noqa: PLR0913, PLR0917 - numba counts the arguments of this very function
        context: Any,
        matrix: Any,
        rows: Any,
        weights: Any,
        first: Any,
        last: Any,
        start: Any,
        start_row: Any,
        out: Any,
        out_row: Any,
    ) -> tuple[Any, Any]:
        del context
        kinds = matrix, rows, weights, first, last, start, start_row, out, out_row
        return types.void(*kinds), partial(_write_sums, lanes)

    return intrinsic(add_up_first)


def _write_sums(lanes: int, context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    """Write the instructions that add up the first lanes of some rows."""

    def data(at: int) -> Any:
        return context.make_array(signature.args[at])(context, builder, arguments[at]).data

    _, _, _, first, last, _, start_row, _, out_row = arguments
    matrix, rows, weights, start, out = data(0), data(1), data(2), data(5), data(7)
    whole = cgutils.intp_t
    on_stack: Any = cgutils.alloca_once_value
    held = [
        on_stack(builder, builder.load(place, align=8))
        for place in _vectors(builder, start, start_row, lanes)
    ]
    with cgutils.for_range_slice(builder, first, last, whole(1), whole) as (entry, _):
        factor = _everywhere(builder, builder.load(builder.gep(weights, [entry])))
        source = builder.load(builder.gep(rows, [entry]))
        for total, place in zip(held, _vectors(builder, matrix, source, lanes), strict=True):
            product = builder.fmul(factor, builder.load(place, align=8))
            builder.store(builder.fadd(builder.load(total), product), total)
    for total, place in zip(held, _vectors(builder, out, out_row, lanes), strict=True):
        builder.store(builder.load(total), place, align=8)
    return context.get_dummy_value()


def _vectors(builder: Any, matrix: Any, row: Any, lanes: int) -> list[Any]:
    """Return where the vectors of the first lanes of a row lie."""
    whole = cgutils.intp_t
    begin = builder.gep(matrix, [builder.mul(row, whole(LANES))])
    begin = builder.bitcast(begin, ir.VectorType(ir.DoubleType(), FEW).as_pointer())
    return [builder.gep(begin, [whole(at)]) for at in range(lanes // FEW)]


def _everywhere(builder: Any, number: Any) -> Any:
    """Return a vector that holds one number in all its lanes."""
    kind = ir.VectorType(number.type, FEW)
    alone = builder.insert_element(kind(ir.Undefined), number, cgutils.int32_t(0))
    nowhere = ir.VectorType(cgutils.int32_t, FEW)([0] * FEW)
    return builder.shuffle_vector(alone, kind(ir.Undefined), nowhere)


add_up = _adder(LANES)
"""``add_up(matrix, rows, weights, first, last, start, start_row, out, out_row)`` writes
``out[out_row] = start[start_row] + weights[first:last] @ matrix[rows[first:last]]``.

``matrix``, ``start`` and ``out`` are (row, `LANES`) of floats, contiguous; ``rows`` holds integers
of 64 bits, ``weights`` floats. Sums run from first to last, for compiled code alone.
"""

add_up_few = _adder(FEW)
"""The same for the first `FEW` lanes, with the same bits."""
