"""Rows of paths as compiled laws see them: of one path, or of some vectors' worth side by side.

Laws are loops over the paths of a row, and read rows by ``rows[row]``, ``rows[row, path]``,
``row[path]``, ``shape`` and ``size``: that is what the rows here can do. They know what numba's
arrays do not. Rows of one path hold one number, so that loops over paths vanish, and laws are the
plain formulas. Rows side by side hold a multiple of 8, so that machine code of whole vectors
leaves nothing over. Places count from the front: none is checked for counting from the end.
"""

from __future__ import annotations

import operator
from typing import Any

from numba import extending
from numba.core import cgutils, types
from numba.core.typing.templates import AttributeTemplate

from cardhouse.engine.kernel.kinds import LANES

Kind: Any = types.Type
Pair: Any = types.UniTuple
Address: Any = types.CPointer
NUMBER, PLACE, WHOLE, TUPLE = types.float64, types.intp, types.Integer, types.BaseTuple


class PathRows(Kind):
    """Rows of paths: where they begin, how many there are, and how many times 8 paths."""

    def __init__(self, name: str, one: bool) -> None:
        self.one = one
        super().__init__(name=f"PathRows({name})")
        self.row = PathRow(name, one)


class PathRow(Kind):
    """One of these rows: where its first number is, and how many times 8 paths."""

    def __init__(self, name: str, one: bool) -> None:
        self.one = one
        super().__init__(name=f"PathRow({name})")


ONE_PATH = PathRows("one path", one=True)
SIDE_BY_SIDE = PathRows("side by side", one=False)

FIELDS = ("first", Address(NUMBER)), ("eighths", PLACE)


@extending.register_model(PathRows)
class _RowsModel(extending.models.StructModel):
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, [*FIELDS, ("count", PLACE)])


@extending.register_model(PathRow)
class _RowModel(extending.models.StructModel):
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, list(FIELDS))


def _rows_of(kind: Any) -> Any:
    """Return a function of compiled code that turns an array (row, path) into rows of a kind."""

    def typed(_: Any, rows: Any) -> Any:
        def lower(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            array = context.make_array(signature.args[0])(context, builder, arguments[0])
            count, width = cgutils.unpack_tuple(builder, array.shape)
            eighths = builder.udiv(width, context.get_constant(PLACE, LANES))
            return cgutils.pack_struct(builder, [array.data, eighths, count])

        return kind(rows), lower

    return extending.intrinsic(typed)


of_one_path: Any = _rows_of(ONE_PATH)
"""Turn an array of one column into rows, in compiled code."""

of_many_paths: Any = _rows_of(SIDE_BY_SIDE)
"""Turn an array of a multiple of 8 columns into rows, in compiled code."""


@extending.type_callable(operator.getitem)
def _kind_of_item(_: Any) -> Any:
    def typed(rows: Any, place: Any) -> Any:
        if isinstance(rows, PathRows):
            if isinstance(place, WHOLE):
                return rows.row
            return NUMBER if isinstance(place, TUPLE) else None
        return NUMBER if isinstance(rows, PathRow) and isinstance(place, WHOLE) else None

    return typed


@extending.type_callable(operator.setitem)
def _kind_of_setting(_: Any) -> Any:
    def typed(rows: Any, place: Any, value: Any) -> Any:
        of_rows = isinstance(rows, PathRows) and isinstance(place, TUPLE)
        of_row = isinstance(rows, PathRow) and isinstance(place, WHOLE)
        return types.none if (of_rows or of_row) and isinstance(value, types.Number) else None

    return typed


def _width(context: Any, builder: Any, kind: Any, rows: Any) -> Any:
    """Return how many paths a row holds."""
    if kind.one:
        return context.get_constant(PLACE, 1)
    lanes = context.get_constant(PLACE, LANES)
    return builder.mul(builder.extract_value(rows, 1), lanes, flags=("nuw", "nsw"))


def _first(context: Any, builder: Any, kinds: Any, rows: Any, row: Any) -> Any:
    """Return where a row's first number is, of rows and of a place of these kinds."""
    place = context.cast(builder, row, kinds[1], PLACE)
    before = builder.mul(place, _width(context, builder, kinds[0], rows), flags=("nsw",))
    return builder.gep(builder.extract_value(rows, 0), [before], inbounds=True)


def _on_path(context: Any, builder: Any, kinds: Any, first: Any, path: Any) -> Any:
    """Return where a path's number is in a row; of rows of one path there is but one."""
    if kinds[0].one:
        return first
    return builder.gep(first, [context.cast(builder, path, kinds[1], PLACE)], inbounds=True)


def _in_row(context: Any, builder: Any, kinds: Any, row: Any, path: Any) -> Any:
    """Return where a row's number of a path is."""
    return _on_path(context, builder, kinds, builder.extract_value(row, 0), path)


def _in_rows(context: Any, builder: Any, kinds: Any, rows: Any, place: Any) -> Any:
    """Return where the number of a row and a path is."""
    row, path = cgutils.unpack_tuple(builder, place)
    of_row, of_path = ((kinds[0], one) for one in kinds[1])
    return _on_path(context, builder, of_path, _first(context, builder, of_row, rows, row), path)


def _hold_numbers(kind: Any, place: Any, where: Any) -> None:
    """Let numbers of a kind be read and written at a place, which lies ``where`` that tells."""

    @extending.lower_builtin(operator.getitem, kind, place)
    def _read(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.load(where(context, builder, signature.args, *arguments))

    @extending.lower_builtin(operator.setitem, kind, place, types.Number)
    def _write(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        number = context.cast(builder, arguments[2], signature.args[2], NUMBER)
        builder.store(number, where(context, builder, signature.args, *arguments[:2]))


_hold_numbers(PathRows, TUPLE, _in_rows)
_hold_numbers(PathRow, WHOLE, _in_row)


@extending.lower_builtin(operator.getitem, PathRows, WHOLE)
def _row(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    first = _first(context, builder, signature.args, *arguments)
    return cgutils.pack_struct(builder, [first, builder.extract_value(arguments[0], 1)])


@extending.infer_getattr
class _RowsAttributes(AttributeTemplate):
    key = PathRows

    def resolve_shape(self, _: Any) -> Any:
        return Pair(PLACE, 2)


@extending.infer_getattr
class _RowAttributes(AttributeTemplate):
    key = PathRow

    def resolve_size(self, _: Any) -> Any:
        return PLACE


@extending.lower_getattr(PathRows, "shape")
def _shape(context: Any, builder: Any, kind: Any, rows: Any) -> Any:
    width = _width(context, builder, kind, rows)
    return cgutils.pack_array(builder, [builder.extract_value(rows, 2), width])


@extending.lower_getattr(PathRow, "size")
def _size(context: Any, builder: Any, kind: Any, row: Any) -> Any:
    return _width(context, builder, kind, row)
