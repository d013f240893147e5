"""Tables of a run as files: CSV, JSON, Parquet and spreadsheets, the same bytes each time."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from collections.abc import Callable, Mapping
from typing import Any

from cardhouse.errors import InputError, did_you_mean
from cardhouse.studies.outputs import Document, Rows, balance_sheets, tables, transactions

FORMATS = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "parquet": "application/vnd.apache.parquet",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
"""The forms a table can take, and what they are called in HTTP."""
WORDS = {
    "transactions": "every payment: quarter, payer, payee, kind, amount in USD bn",
    "balance_sheets": "cash and debt of every purse at the ends of quarters, USD bn",
    "entities": "revenue, costs, results, cash, debt, price and status of everybody over quarters",
    "tiers": "sums by layer over quarters",
    "trace": "who ultimately pays each seller in the base quarter, as shares",
    "subsidies": "costs that customers do not pay, firm by firm, base quarter, USD bn",
    "claims": "the claims of the thesis with their verdicts",
    "defaults": "who fails when, what was owed and paid, USD bn",
    "conflicts": "facts that balancing had to move",
    "cascade": "in which order firms of one quarter fell",
    "round_trips": "loops in which money comes back, USD bn",
    "promises": "what is promised beside what was paid, USD bn",
    "accelerators": "what an hour of an accelerator costs, USD",
    "accelerator_rents": "rental prices beside that cost, USD an hour",
    "intervals": "what draws from the accounts say of the figures of the base quarter",
    "journal": "every payment with its contract, its law, what was owed and paid, USD bn",
    "members": "the firms of populations one by one over quarters, USD bn",
}
"""What each table holds."""
WIDTH = 18


def all_tables(document: Document) -> dict[str, Rows]:
    """Return every table of a run by name."""
    return {
        "transactions": transactions(document),
        "balance_sheets": balance_sheets(document),
        **tables(document),
    }


def table_named(document: Document, name: str) -> Rows:
    """Return one table of a run.

    Raises
    ------
    InputError
        When the run has no such table.
    """
    known = all_tables(document)
    if name in known:
        return known[name]
    raise InputError(
        f"there is no table '{name[:60]}'.{did_you_mean(name[:60], known)} This run has "
        f"{', '.join(known)}."
    )


def table_file(document: Document, name: str, form: str) -> bytes:
    """Return one table of a run as a file.

    Parameters
    ----------
    document
        The result document (``cardhouse/run/1``).
    name, form
        Which table, and one of `FORMATS`.

    Raises
    ------
    InputError
        When there is no such table or form.
    """
    if form not in FORMATS:
        raise InputError(
            f"a table cannot be written as '{form[:20]}'.{did_you_mean(form[:20], FORMATS)} Use "
            f"one of {', '.join(FORMATS)}."
        )
    rows = table_named(document, name)
    if form == "xlsx":
        return as_xlsx({name: rows}, document["manifest"])
    return PLAIN[form](rows)


def as_csv(rows: Rows) -> bytes:
    """Return a table as CSV, unknown cells empty."""
    columns, body = rows
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(body)
    return text.getvalue().encode()


def as_json(rows: Rows) -> bytes:
    """Return a table as a list of objects."""
    columns, body = rows
    records = [dict(zip(columns, row, strict=True)) for row in body]
    return json.dumps(records, allow_nan=False, ensure_ascii=False).encode()


def as_parquet(rows: Rows) -> bytes:
    """Return a table as Parquet."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns, body = rows
    by_column = {column: [row[at] for row in body] for at, column in enumerate(columns)}
    content = io.BytesIO()
    pq.write_table(pa.table(by_column), content)
    return content.getvalue()


def as_xlsx(sheets: Mapping[str, Rows], manifest: Mapping[str, Any]) -> bytes:
    """Return tables as the sheets of one workbook, made on the day that its facts are known."""
    import xlsxwriter

    day = dt.date.fromisoformat(manifest["as_of"])
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True, "strings_to_formulas": False}) as book:
        book.set_properties({"created": dt.datetime.combine(day, dt.time(), dt.UTC)})
        bold = book.add_format({"bold": True})
        for name, (columns, body) in sheets.items():
            sheet = book.add_worksheet(name[:31])
            sheet.write_row(0, 0, columns, bold)
            for number, row in enumerate(body, start=1):
                sheet.write_row(number, 0, ["" if cell is None else cell for cell in row])
            sheet.freeze_panes(1, 0)
            sheet.set_column(0, len(columns) - 1, WIDTH)
    return content.getvalue()


PLAIN: Mapping[str, Callable[[Rows], bytes]] = {
    "csv": as_csv,
    "json": as_json,
    "parquet": as_parquet,
}
