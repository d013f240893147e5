"""Parts of compiled functions: which of their loops are marked as free, and that none is wrongly.

A loop over paths is marked so that no turn of it waits for another. That is right as long as laws
keep to it: what they write in such a loop is of the path of that turn, or a sum of the loop.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from importlib import resources
from typing import Any

import pytest

from cardhouse import compiling_parts as parts
from cardhouse.compiling import piece
from cardhouse.engine.kernel import rows, volumes
from cardhouse.engine.kernel.costs import add

Node = ast.expr


def text_of(function: Any, *kinds: Any) -> str:
    """Return a part's code before it is optimised."""
    function.compile(kinds)
    return str(function.overloads[kinds].library._final_module)


def test_a_loop_over_paths_is_marked_and_no_other() -> None:
    @piece
    def carried(values: Any) -> None:
        for place in range(1, values.size):
            values[place] += values[place - 1]
        for p in range(values.size):
            values[p] += 1.0

    marked = text_of(carried, rows.SIDE_BY_SIDE.row)
    assert marked.count("!llvm.loop") == 1
    assert marked.count("llvm.loop.parallel_accesses") == 1


def test_what_is_marked_is_found_where_numba_begins_a_loop() -> None:
    ends = text_of(add, rows.SIDE_BY_SIDE, rows.PLACE, rows.SIDE_BY_SIDE.row).count("!llvm.loop")
    assert ends == 1


def kernels() -> Iterator[tuple[str, ast.FunctionDef]]:
    """Yield the functions of the compiled engine."""
    folder = resources.files(volumes.__package__)
    for module in folder.iterdir():
        if module.name.endswith(".py"):
            for one in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
                if isinstance(one, ast.FunctionDef):
                    yield f"{module.name}: {one.name}", one


def over_paths(function: ast.FunctionDef) -> Iterator[ast.For]:
    """Yield a function's loops over paths."""
    for one in ast.walk(function):
        if isinstance(one, ast.For) and ast.unparse(one.target) == parts.OVER_PATHS:
            yield one


def written(loop: ast.For) -> Iterator[Node]:
    """Yield what a loop writes to."""
    for one in ast.walk(loop):
        targets = one.targets if isinstance(one, ast.Assign) else []
        targets += [one.target] if isinstance(one, ast.AugAssign) else []
        for target in targets:
            yield from target.elts if isinstance(target, ast.Tuple) else [target]


def path_of(place: ast.Subscript) -> Node:
    """Return the last place of an item: of numbers in rows, the path."""
    return place.slice.elts[-1] if isinstance(place.slice, ast.Tuple) else place.slice


def names_in(one: Node) -> set[str]:
    return {name.id for name in ast.walk(one) if isinstance(name, ast.Name)}


@pytest.mark.parametrize(
    "function", [pytest.param(one, id=name) for name, one in kernels() if any(over_paths(one))]
)
def test_loops_over_paths_write_of_their_own_path_alone(function: ast.FunctionDef) -> None:
    for loop in over_paths(function):
        for place in written(loop):
            if isinstance(place, ast.Subscript):
                assert parts.OVER_PATHS in names_in(path_of(place)), ast.unparse(place)


@pytest.mark.parametrize(
    "function", [pytest.param(one, id=name) for name, one in kernels() if any(over_paths(one))]
)
def test_loops_over_paths_read_of_their_own_path_alone(function: ast.FunctionDef) -> None:
    """Rows are read at the loop's path: another place could hold what another turn has written."""
    for loop in over_paths(function):
        changed = {
            ast.unparse(one.value) for one in written(loop) if isinstance(one, ast.Subscript)
        }
        for one in ast.walk(loop):
            if isinstance(one, ast.Subscript) and ast.unparse(one.value) in changed:
                assert parts.OVER_PATHS in names_in(path_of(one)), ast.unparse(one)
