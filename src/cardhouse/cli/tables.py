"""Tables for the terminal: lists and opening accounts, within 80 columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from cardhouse.model.scenario import Lever
from cardhouse.studies.levers import (
    REMOVE,
    REMOVE_GROUP,
    REMOVE_RANGE,
    REMOVE_WORDS,
    describe_range,
)
from cardhouse.studies.matrices import Matrix
from cardhouse.studies.scenario_files import ScenarioSummary
from cardhouse.studies.scenario_models import GROUPS

SHOWN_MOVES = 8
SMALLEST_CONFLICT = 0.05
"""Standard deviations from which a fact is said to have moved."""
ACCOUNTS_NOTE = (
    "full cost: cash costs, programs, depreciation, interest and pay in shares; result: revenue "
    "less full cost, interest apart. -: kept by the parent. Debt: loans on file; 0 is none on "
    "file, as for large firms whose debt decides nothing here. Which flows are estimated: --json."
)


WIDEST = 100


def terminal_width() -> int:
    """Return how many columns the terminal has; 80 off a terminal, unless COLUMNS says more."""
    return Console().width


def show(parts: Iterable[RenderableType], widest: int = WIDEST) -> None:
    """Print renderables on stdout, at most so many columns wide and readable off a terminal."""
    console = Console(highlight=False, soft_wrap=False)
    console.width = min(console.width, widest)
    for part in parts:
        console.print(part)


def table(*columns: str, title: str = "") -> Table:
    """Return an empty table; a column whose name starts with ``>`` holds numbers."""
    made = Table(title=title or None, title_justify="left", box=None, pad_edge=False)
    for column in columns:
        is_number = column.startswith(">")
        made.add_column(
            column.removeprefix(">"),
            justify="right" if is_number else "left",
            no_wrap=is_number,
            overflow="fold",
        )
    return made


def scenario_list(found: Sequence[ScenarioSummary]) -> list[RenderableType]:
    """Return the scenarios under their headings, a line for each."""
    rows = table("", "")
    rows.show_header = False
    for group in [*GROUPS, ""]:
        members = [one for one in found if one.group == group]
        if members and group != GROUPS[0]:
            rows.add_row(Text(group.capitalize() or "Others", "bold"))
        for one in members:
            rows.add_row(Text(("" if group == GROUPS[0] else "  ") + one.id), Text(one.title))
    return [
        rows,
        Text(),
        Text("What one moves, and why: cardhouse scenarios ID. Run it: --scenario ID."),
    ]


def scenario_in_full(one: ScenarioSummary) -> list[RenderableType]:
    """Return a scenario with what it moves and why."""
    moves = [f"{lever} {value:g} for the whole run" for lever, value in one.levers.items()]
    moves += one.moves
    parts: list[RenderableType] = [Text.assemble((one.id, "bold"), f"  {one.title}"), Text()]
    parts.append(_indented(one.words))
    if moves:
        parts += [Text(), _indented("\n".join(moves))]
    if one.moves:
        parts += [Text(), _indented("t+1 is the first quarter that is simulated.", "dim")]
    return [*parts, Text(), _indented(f"Why: {one.reason}", "dim")]


def lever_tables(found: Sequence[Lever]) -> list[RenderableType]:
    """Return the levers, a table for each group."""
    parts: list[RenderableType] = []
    for group in dict.fromkeys(lever.group for lever in found):
        rows = table(group, "", ">default")
        for lever in (one for one in found if one.group == group):
            words = Group(Text(lever.words), Text(describe_range(lever), "dim"))
            rows.add_row(Text(lever.id, "bold"), words, f"{lever.default:g}")
        if group == REMOVE_GROUP:
            words = Group(Text(REMOVE_WORDS), Text(REMOVE_RANGE, "dim"))
            rows.add_row(Text(REMOVE, "bold"), words, "none")
        parts += [rows, Text()]
    parts.append(
        Text("Factors are neutral at 1, levels at their default. Move one: --set LEVER=VALUE.")
    )
    return parts


def account_tables(opening: Mapping[str, Any]) -> list[RenderableType]:
    """Return the opening position by entity and the largest conflicts between facts."""
    columns = ("revenue", "full_cost", "operating_result", "cash", "debt", "capex")
    rows = table("entity", ">revenue", ">full cost", ">result", ">cash", ">debt", ">capex")
    for entity in opening["entities"]:
        name = Text(("  " if entity["parent"] else "") + entity["id"])
        rows.add_row(name, *(_money(entity[column]) for column in columns))
    quarter = opening["manifest"]["base_quarter"]
    parts: list[RenderableType] = [
        Text(
            f"Opening accounts of {quarter}, USD bn (flows a quarter, positions at its end)", "bold"
        ),
        rows,
        Text(ACCOUNTS_NOTE, "dim"),
        Text(),
    ]
    return [*parts, *_conflicts(opening["conflicts"])]


def _conflicts(conflicts: Sequence[Mapping[str, Any]]) -> list[RenderableType]:
    found = [move for move in conflicts if abs(move["in_sd"]) >= SMALLEST_CONFLICT]
    if not found:
        return [Text("No fact had to move.")]
    rows = table("fact", "what", ">fact says", ">accounts", ">moved, sd", title="")
    for move in found[:SHOWN_MOVES]:
        rows.add_row(
            Text(str(move["fact"])),
            Text(str(move["what"])),
            f"{move['observed']:,.3g}",
            f"{move['balanced']:,.3g}",
            f"{move['in_sd']:+.1f}",
        )
    heading = Text("Facts that cannot all be true, largest moves first", "bold")
    return [heading, rows, *_causes(found)]


def _causes(conflicts: Sequence[Mapping[str, Any]]) -> list[RenderableType]:
    """Return what clashes, a paragraph for each kind of fact that moved far."""
    causes = {move["what"]: move.get("cause") for move in conflicts if move.get("cause")}
    if not causes:
        return []
    told: list[RenderableType] = [Text(), Text("What clashes", "bold")]
    return told + [_indented(f"{what}: {cause}") for what, cause in causes.items()]


SCREEN = 80
"""Characters that a table of a matrix may be wide."""
HEADING = 10
"""Characters of a heading from which it is broken after an underscore."""


def matrix_tables(matrix: Matrix) -> list[RenderableType]:
    """Return a matrix in blocks that fit a screen: by account, as many units as go abreast."""
    parts: list[RenderableType] = [Text(matrix.title, "bold")]
    labels = [name.replace("_", " ") for name in matrix.rows]
    for account in matrix.accounts:
        for block in _abreast(_columns(matrix, account), max(map(len, [account, *labels]))):
            parts += [_matrix_block(account, labels, block), Text()]
    off = f"Every sum that should be 0 is, within {matrix.residual:.0e} of the largest amount."
    return [*parts, Text(f"{matrix.note} {off}", "dim"), Text()]


Column = tuple[str, list[str]]
"""A heading of one or more lines, and a column's cells, its sum last."""


def _columns(matrix: Matrix, account: str) -> list[Column]:
    """Return the columns of an account that hold anything, and the sums of its rows."""
    used = matrix.columns_of(account)
    units = [(matrix.columns[at][0], matrix.values[:, at]) for at in used]
    units.append(("sum", matrix.values[:, used].sum(axis=1)))
    return [
        (_heading(unit), [*map(_amount, amounts.tolist()), _money(float(amounts.sum()))])
        for unit, amounts in units
    ]


def _abreast(columns: Sequence[Column], label: int) -> Iterator[list[Column]]:
    """Yield columns in blocks that are, with their labels, no wider than a screen.

    The last column, of sums, never stands alone.
    """
    block: list[Column] = []
    for more in [*([column] for column in columns[:-2]), list(columns[-2:])]:
        wide = label + sum(2 + _width(one) for one in [*block, *more])
        if block and wide > SCREEN:
            yield block
            block = []
        block += more
    yield block


def _width(column: Column) -> int:
    heading, cells = column
    return max(map(len, [*heading.splitlines(), *cells]))


def _heading(unit: str) -> str:
    """Return a unit's id, broken after underscores where it is long."""
    lines = [""]
    for part in unit.replace("_", "_ ").split():
        if lines[-1] and len(lines[-1] + part) > HEADING:
            lines.append("")
        lines[-1] += part
    return "\n".join(lines)


def _matrix_block(account: str, labels: Sequence[str], columns: Sequence[Column]) -> Table:
    """Return some columns of a matrix with their sums; rows that are nothing are left out."""
    rows = table(account, *(f">{heading}" for heading, _ in columns))
    for column in rows.columns:
        column.no_wrap, column.vertical = True, "bottom"
    *body, total = zip(*(cells for _, cells in columns), strict=True)
    for label, cells in zip(labels, body, strict=True):
        if any(cell != NOTHING for cell in cells):
            rows.add_row(Text(label), *cells)
    rows.add_section()
    rows.add_row("sum", *total)
    return rows


NOTHING = "."


def _amount(amount: float) -> str:
    """Return an amount in a matrix: a dot for nothing, so that what there is stands out."""
    if abs(amount) < 0.0005:
        return NOTHING
    if abs(amount) < 0.005:
        return f"{amount:.3f}"
    return f"{amount:,.0f}" if abs(amount) >= 1000 else _money(amount)


def _indented(text: str, style: str = "") -> Padding:
    return Padding(Text(text, style), (0, 0, 0, 2))


def _money(amount: float | None) -> str:
    if amount is None:
        return "-"
    if abs(amount) < 0.0005:
        return "0"
    return f"{amount:,.1f}" if abs(amount) >= 1 else f"{amount:,.2f}"
