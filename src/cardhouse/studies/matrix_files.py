"""Matrices as CSV, LaTeX and XLSX: the same numbers, the zero sums shown."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Callable
from pathlib import Path

from cardhouse.errors import InputError
from cardhouse.studies.matrices import Matrix

SUM = "sum"
_ESCAPES = {"&": r"\&", "%": r"\%", "_": r"\_", "#": r"\#", "$": r"\$", "{": r"\{", "}": r"\}"}


def as_rows(matrix: Matrix) -> list[list[str | float]]:
    """Return a matrix as rows of cells: two heading rows, the body, the sums."""
    heading: list[list[str | float]] = [
        ["", *(unit for unit, _ in matrix.columns), SUM],
        ["", *(account for _, account in matrix.columns), ""],
    ]
    body: list[list[str | float]] = [
        [name, *row.tolist(), float(total)]
        for name, row, total in zip(matrix.rows, matrix.values, matrix.row_sums, strict=True)
    ]
    last: list[str | float] = [SUM, *matrix.column_sums.tolist(), float(matrix.values.sum())]
    return [*heading, *body, last]


def as_csv(matrix: Matrix) -> str:
    """Return a matrix as CSV with every digit."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(as_rows(matrix))
    return text.getvalue()


def as_latex(matrix: Matrix, note: str = "") -> str:
    """Return a matrix as a LaTeX table for the package booktabs, two digits, zeros as dots."""
    rows = as_rows(matrix)
    body = [" & ".join(_cell(cell) for cell in row) + r" \\" for row in rows]
    lines = [
        r"\begin{table}",
        rf"\caption{{{_escaped(matrix.title)}. {_escaped(note)}}}".replace(". }", ".}"),
        rf"\begin{{tabular}}{{l*{{{len(rows[0]) - 1}}}{{r}}}}",
        r"\toprule",
        *body[:2],
        r"\midrule",
        *body[2:-1],
        r"\midrule",
        body[-1],
        r"\bottomrule",
        r"\end{tabular}",
        r"\end{table}",
    ]
    return "\n".join(lines) + "\n"


def write_xlsx(matrix: Matrix, path: Path, note: str = "") -> None:
    """Write a matrix as a workbook: the table on one sheet, frozen headings, what it is below."""
    import xlsxwriter

    with xlsxwriter.Workbook(str(path)) as book:
        bold, number = book.add_format({"bold": True}), book.add_format({"num_format": "#,##0.00"})
        sheet = book.add_worksheet("matrix")
        rows = as_rows(matrix)
        for row, cells in enumerate(rows):
            for column, cell in enumerate(cells):
                style = number if isinstance(cell, float) else bold
                sheet.write(row, column, cell, style)
        sheet.freeze_panes(2, 1)
        sheet.set_column(0, 0, 22)
        sheet.write(len(rows) + 1, 0, matrix.title)
        sheet.write(len(rows) + 2, 0, note)


def write_beside(path: Path, write: Callable[[Path], object]) -> None:
    """Write a file beside its place and move it there when it is whole.

    Raises
    ------
    InputError
        When the place cannot be written to.
    """
    try:
        with tempfile.TemporaryDirectory(dir=path.absolute().parent, prefix=".cardhouse-") as near:
            part = Path(near) / path.name
            write(part)
            part.replace(path)
    except OSError as error:
        raise InputError(
            f"--out names '{path}', which cannot be written: {error.strerror}."
        ) from error


def _cell(cell: str | float) -> str:
    if isinstance(cell, str):
        return _escaped(cell)
    shown = f"{cell:.2f}"
    return "." if shown in ("0.00", "-0.00") else shown


def _escaped(text: str) -> str:
    return "".join(_ESCAPES.get(letter, letter) for letter in text)
