"""Rows of one path: numbers in a column, where the compiler knows that each row holds one.

Laws are loops over the paths of a row. Compiled for these rows instead of arrays, they are the
plain formulas, for a loop of one turn is none. A run of one path takes less than half the time so,
and has the same bits. Laws read rows by ``rows[row]``, ``rows[row, path]``, ``row[path]``,
``shape`` and ``size``: that is what such rows can do.
"""

from __future__ import annotations

import operator
from typing import Any

from numba import extending
from numba.core import cgutils, types
from numba.core.typing.templates import AttributeTemplate

Kind: Any = types.Type
Pair: Any = types.UniTuple
Address: Any = types.CPointer
NUMBER, PLACE, WHOLE, TUPLE = types.float64, types.intp, types.Integer, types.BaseTuple


class OnePathRows(Kind):
    """Rows of one path: where they begin, and how many there are."""

    def __init__(self) -> None:
        super().__init__(name="OnePathRows")


class OnePathRow(Kind):
    """One of these rows: where its number is."""

    def __init__(self) -> None:
        super().__init__(name="OnePathRow")


ROWS, ROW = OnePathRows(), OnePathRow()


@extending.register_model(OnePathRows)
class _RowsModel(extending.models.StructModel):
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, [("first", Address(NUMBER)), ("count", PLACE)])


@extending.register_model(OnePathRow)
class _RowModel(extending.models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Any) -> None:
        address = manager.lookup(Address(NUMBER)).get_value_type()
        super().__init__(manager, kind, address)


def _of_one_path(_: Any, rows: Any) -> Any:
    """Return the rows of an array of one column."""

    def lower(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        count = cgutils.unpack_tuple(builder, array.shape)[0]
        return cgutils.pack_struct(builder, [array.data, count])

    signature: Any = ROWS
    return signature(rows), lower


of_one_path: Any = extending.intrinsic(_of_one_path)
"""Turn an array of one column into such rows, in compiled code."""


@extending.type_callable(operator.getitem)
def _kind_of_item(_: Any) -> Any:
    def typed(rows: Any, place: Any) -> Any:
        if isinstance(rows, OnePathRows):
            if isinstance(place, WHOLE):
                return ROW
            return NUMBER if isinstance(place, TUPLE) else None
        return NUMBER if isinstance(rows, OnePathRow) and isinstance(place, WHOLE) else None

    return typed


@extending.type_callable(operator.setitem)
def _kind_of_setting(_: Any) -> Any:
    def typed(rows: Any, place: Any, value: Any) -> Any:
        of_rows = isinstance(rows, OnePathRows) and isinstance(place, TUPLE)
        of_row = isinstance(rows, OnePathRow) and isinstance(place, WHOLE)
        return types.none if (of_rows or of_row) and isinstance(value, types.Number) else None

    return typed


def _address(context: Any, builder: Any, kind: Any, rows: Any, row: Any) -> Any:
    """Return where a row's number is."""
    place = context.cast(builder, row, kind, PLACE)
    return builder.gep(builder.extract_value(rows, 0), [place], inbounds=True)


def _cell(context: Any, builder: Any, kind: Any, rows: Any, place: Any) -> Any:
    """Return where a row's number is, whichever of its paths is asked for: there is one."""
    return _address(context, builder, kind[0], rows, cgutils.unpack_tuple(builder, place)[0])


@extending.lower_builtin(operator.getitem, OnePathRows, WHOLE)
def _row(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    return _address(context, builder, signature.args[1], *arguments)


@extending.lower_builtin(operator.getitem, OnePathRows, TUPLE)
def _number_of_rows(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    return builder.load(_cell(context, builder, signature.args[1], *arguments))


@extending.lower_builtin(operator.setitem, OnePathRows, TUPLE, types.Number)
def _set_number_of_rows(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    number = context.cast(builder, arguments[2], signature.args[2], NUMBER)
    builder.store(number, _cell(context, builder, signature.args[1], *arguments[:2]))


@extending.lower_builtin(operator.getitem, OnePathRow, WHOLE)
def _number_of_row(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    return builder.load(arguments[0])


@extending.lower_builtin(operator.setitem, OnePathRow, WHOLE, types.Number)
def _set_number_of_row(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    builder.store(context.cast(builder, arguments[2], signature.args[2], NUMBER), arguments[0])


@extending.infer_getattr
class _RowsAttributes(AttributeTemplate):
    key = OnePathRows

    def resolve_shape(self, _: Any) -> Any:
        return Pair(PLACE, 2)


@extending.infer_getattr
class _RowAttributes(AttributeTemplate):
    key = OnePathRow

    def resolve_size(self, _: Any) -> Any:
        return PLACE


@extending.lower_getattr(OnePathRows, "shape")
def _shape(context: Any, builder: Any, kind: Any, rows: Any) -> Any:
    return cgutils.pack_array(
        builder, [builder.extract_value(rows, 1), context.get_constant(PLACE, 1)]
    )


@extending.lower_getattr(OnePathRow, "size")
def _size(context: Any, builder: Any, kind: Any, row: Any) -> Any:
    return context.get_constant(PLACE, 1)
