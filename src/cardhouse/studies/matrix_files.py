"""Matrices as CSV, LaTeX and XLSX: the same numbers, the zero sums shown."""

from __future__ import annotations

import csv
import datetime as dt
import io
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from cardhouse.errors import InputError
from cardhouse.studies.matrices import Matrix

SUM = "sum"
UNITS_ABREAST = 8
"""Units whose columns stand side by side in one LaTeX table."""
_ESCAPES = {
    "\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    **{letter: f"\\{letter}" for letter in "&%_#${}"},
}  # fmt: skip
Row = list[str | float]


def as_rows(matrix: Matrix) -> list[Row]:
    """Return a matrix as rows of cells: two heading rows, the body, the sums."""
    units, accounts = zip(*matrix.columns, strict=True)
    body: list[Row] = [
        [name, *row.tolist(), float(total)]
        for name, row, total in zip(matrix.rows, matrix.values, matrix.row_sums, strict=True)
    ]
    last: Row = [SUM, *matrix.column_sums.tolist(), float(matrix.values.sum())]
    return [["", *units, SUM], ["", *accounts, ""], *body, last]


def as_csv(matrix: Matrix) -> str:
    """Return a matrix as CSV with every digit."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(as_rows(matrix))
    return text.getvalue()


def as_latex(matrix: Matrix, source: str = "") -> str:
    """Return a matrix as LaTeX tables, two digits, nothing as a dot, sums at the edges.

    A wide matrix becomes several tables; columns that hold nothing are left out. `source` goes
    into the caption.
    """
    blocks = list(_blocks(matrix))
    tables = [
        _latex_table(matrix, columns, _caption(matrix, source, number, len(blocks)), number)
        for number, columns in enumerate(blocks, start=1)
    ]
    return "% needs the packages booktabs and graphicx\n" + "\n".join(tables)


def as_xlsx(matrices: Sequence[Matrix], source: str, day: dt.date) -> bytes:
    """Return a workbook: a sheet for each matrix, sums as formulas, what it is below.

    `day` is what the workbook says it was made on, so that its bytes depend on nothing else.
    """
    import xlsxwriter

    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True}) as book:
        book.set_properties({"created": dt.datetime.combine(day, dt.time(), dt.UTC)})
        for matrix in matrices:
            _fill_sheet(book, book.add_worksheet(matrix.name), matrix, source)
    return content.getvalue()


def write_whole(path: Path, content: bytes, option: str = "--out") -> None:
    """Write a file beside its place and move it there when it is whole.

    Raises
    ------
    InputError
        When the place cannot be written to.
    """
    try:
        with tempfile.TemporaryDirectory(dir=path.absolute().parent, prefix=".cardhouse-") as near:
            part = Path(near) / "part"
            part.write_bytes(content)
            part.replace(path)
    except OSError as error:
        raise InputError(
            f"{option} names '{path}', which cannot be written: {error.strerror}. "
            "Name a file in a folder that exists."
        ) from error


# --- LaTeX ---------------------------------------------------------------------------------------


def _blocks(matrix: Matrix) -> Iterator[list[int]]:
    """Yield the columns of each table: some units with all their accounts."""
    used = sorted(at for account in matrix.accounts for at in matrix.columns_of(account))
    units = list(dict.fromkeys(matrix.columns[at][0] for at in used))
    for start in range(0, len(units), UNITS_ABREAST):
        abreast = units[start : start + UNITS_ABREAST]
        yield [at for at in used if matrix.columns[at][0] in abreast]


def _caption(matrix: Matrix, source: str, number: int, parts: int) -> str:
    part = f"Part {number} of {parts}, sums of rows over all parts" if parts > 1 else ""
    sentences = [matrix.title, part, source]
    return " ".join(f"{one.rstrip('.')}." for one in sentences if one)


def _latex_table(matrix: Matrix, columns: list[int], caption: str, number: int) -> str:
    """Return one table; the sums of rows are over the whole matrix and stand in every part."""
    body = zip(matrix.rows, matrix.values[:, columns], matrix.row_sums, strict=True)
    sums = matrix.column_sums[columns]
    return "\n".join(
        [
            r"\begin{table}",
            r"\centering",
            rf"\caption{{{_escaped(caption)}}}",
            rf"\label{{tab:{matrix.name}-{number}}}",
            r"\resizebox{\linewidth}{!}{%",
            rf"\begin{{tabular}}{{l*{{{len(columns) + 1}}}{{r}}}}",
            r"\toprule",
            *_latex_heading([matrix.columns[at] for at in columns]),
            r"\midrule",
            *(_latex_row(name, [*map(_digits, row), _zero(total)]) for name, row, total in body),
            r"\midrule",
            _latex_row(SUM, [*map(_zero, sums), _zero(float(matrix.values.sum()))]),
            r"\bottomrule",
            r"\end{tabular}}",
            *([rf"\par\smallskip\footnotesize {_escaped(matrix.note)}"] if number == 1 else []),
            r"\end{table}",
            "",
        ]
    )


def _latex_heading(columns: Sequence[tuple[str, str]]) -> list[str]:
    """Return the heading: units over their accounts, a rule under each unit that has several."""
    spans = [(unit, sum(one == unit for one, _ in columns)) for unit in dict(columns)]
    cells = [rf"\multicolumn{{{span}}}{{c}}{{{_escaped(unit)}}}" for unit, span in spans]
    lines = [" & ".join(["", *cells, SUM]) + r" \\"]
    if not any(account for _, account in columns):
        return lines
    ends = np.cumsum([span for _, span in spans]) + 1
    rules = [
        rf"\cmidrule(lr){{{end - span + 1}-{end}}}"
        for end, (_, span) in zip(ends, spans, strict=True)
    ]
    return [*lines, "".join(rules), " & ".join(["", *(own for _, own in columns), ""]) + r" \\"]


def _latex_row(name: str, cells: Sequence[str]) -> str:
    return " & ".join([_escaped(name.replace("_", " ")), *cells]) + r" \\"


def _digits(amount: float) -> str:
    shown = _zero(amount)
    return "." if shown == "0.00" else shown


def _zero(amount: float) -> str:
    """Return two digits, and no minus before nothing."""
    return f"{round(float(amount), 2) + 0.0:.2f}"


def _escaped(text: str) -> str:
    return "".join(_ESCAPES.get(letter, letter) for letter in text)


# --- XLSX ----------------------------------------------------------------------------------------


def _fill_sheet(book: Any, sheet: Any, matrix: Matrix, source: str) -> None:
    """Fill a sheet: headings that stay in sight, numbers, sums as formulas, notes below."""
    bold = book.add_format({"bold": True})
    number = book.add_format({"num_format": "#,##0.00"})
    total = book.add_format({"num_format": "#,##0.00", "bold": True})
    rows = as_rows(matrix)
    for at, cells in enumerate(rows):
        for column, cell in enumerate(cells):
            if isinstance(cell, str):
                sheet.write_string(at, column, cell, bold)
            else:
                sheet.write_number(at, column, cell, number)
    _write_sums(sheet, rows, total)
    sheet.freeze_panes(2, 1)
    sheet.set_column(0, 0, 22)
    sheet.set_column(1, len(matrix.columns) + 1, 11)
    for below, words in enumerate((matrix.title, source, matrix.note), start=1):
        sheet.write_string(len(rows) + below, 0, words)


def _write_sums(sheet: Any, rows: Sequence[Row], style: Any) -> None:
    """Write the sums of rows and columns as formulas, rounded to a dollar, with their value."""
    from xlsxwriter.utility import xl_range

    last, edge = len(rows) - 1, len(rows[0]) - 1
    places = [(at, edge, xl_range(at, 1, at, edge - 1)) for at in range(2, last + 1)]
    places += [(last, at, xl_range(2, at, last - 1, at)) for at in range(1, edge)]
    for row, column, cells in places:
        value = round(float(rows[row][column]), 9) + 0.0
        sheet.write_formula(row, column, f"=ROUND(SUM({cells}),9)", style, value)
