"""What a run leaves in a folder: summary, transactions, balance sheets, tables, manifest.

Everything is written beside the folder first and moved into place when complete, so an
interrupted run leaves either nothing or what stood there before.
"""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cardhouse.errors import InputError
from cardhouse.studies.document_accelerators import accelerator_rows
from cardhouse.user_cache import umask

Document = Mapping[str, Any]
Writer = Callable[[Path], object]
Rows = tuple[tuple[str, ...], list[tuple[Any, ...]]]

MANIFEST = "manifest.json"
LONGEST_NAME = 200
ENTITY_WORDS = ("name", "tier", "market", "kind", "parent")
ENTITY_SERIES = (
    "revenue",
    "full_cost",
    "operating_result",
    "cash_result",
    "cash",
    "debt",
    "raised",
    "price",
    "status",
)
SUBSIDY = ("firm", "tier", "revenue", "full_cost", "subsidy", "cash_part", "noncash_part")
CLAIM = ("id", "claim", "verdict", "probability")
DEFAULT = ("entity", "name", "quarter", "owed", "paid", "cause")
FALL = ("quarter", "round", "entity", "cause", "outcome")
PAYMENT = (
    "quarter", "kind", "payer", "payee", "contract", "committed", "law", "force", "owed", "paid",
    "lost",
)  # fmt: skip
PROMISE = (
    "id", "payer", "payee", "kind", "strength", "probability", "paid", "promised", "binding",
    "expected", "from", "to", "condition",
)  # fmt: skip
INTERVAL = ("figure", "value", "low", "median", "high", "mean", "mc_error", "draws")
TABLES_ALONE = ("journal", "members")
"""Parts of a document that are long, and stand in tables of their own, not in the summary."""

MEMBER_SERIES = ("revenue", "cash", "alive")
CONFLICT = ("fact", "what", "observed", "balanced", "in_sd", "source", "url")


def write_outputs(
    document: Document, folder: Path, more: Mapping[str, Writer] | None = None
) -> list[Path]:
    """Write a run's files into `folder` and return their paths.

    Parameters
    ----------
    document
        The result document (``cardhouse/run/1``).
    folder
        Where to; made when missing. Other files in it stay.
    more
        Further files by name, each with a function that writes it to a path (the report).

    Raises
    ------
    InputError
        When the folder cannot be made or written to.
    """
    with placed_when_complete(folder) as workshop:
        for name, write in (more or {}).items():
            write(workshop / name)
        short = {name: part for name, part in document.items() if name not in TABLES_ALONE}
        write_json(workshop / "summary.json", short)
        write_csv(workshop / "transactions.csv", transactions(document))
        write_csv(workshop / "balance_sheets.csv", balance_sheets(document))
        for name, rows in tables(document).items():
            _write_table(workshop / "tables", name, rows)
        write_json(workshop / MANIFEST, _manifest(document, workshop))
    return sorted(path for path in folder.rglob("*") if path.is_file())


def transactions(document: Document) -> Rows:
    """Return every payment: quarter, payer, payee, kind, amount in USD bn; zeros left out."""
    quarters = document["quarters"]
    rows = [
        (quarter, flow["payer"], flow["payee"], flow["kind"], amount)
        for flow in document["flows"]
        for quarter, amount in zip(quarters, flow["amount"], strict=True)
        if amount
    ]
    rows.sort(key=lambda row: quarters.index(row[0]))
    return ("quarter", "payer", "payee", "kind", "amount"), rows


def balance_sheets(document: Document) -> Rows:
    """Return cash and debt of every purse at the end of each quarter, in USD bn."""
    columns = ("cash", "debt", "status")
    rows = [
        (quarter, one["id"], one["name"], *(_at(one, column, row) for column in columns))
        for row, quarter in enumerate(document["quarters"])
        for one in document["entities"]
        if _at(one, "cash", row) is not None
    ]
    return ("quarter", "entity", "name", *columns), rows


def tables(document: Document) -> dict[str, Rows]:
    """Return the tables of a run by name: columns and rows."""
    return {
        "entities": _entity_rows(document),
        "tiers": _tier_rows(document),
        "trace": _trace_rows(document["trace"]),
        "subsidies": _records(document["ledger"]["subsidy_by_firm"], SUBSIDY),
        "claims": _records(document["claims"], CLAIM),
        "defaults": _records(document["fragility"]["defaults"], DEFAULT),
        "conflicts": _records(document["accounts"]["moves"], CONFLICT),
        "cascade": _records(document["fragility"].get("cascade", ()), FALL),
        **{name: rows for name, rows in _loops_and_promises(document) if rows[1]},
        **{name: rows for name, rows in _asked_for(document) if rows[1]},
        **accelerator_rows(document.get("accelerators")),
    }


def _loops_and_promises(document: Document) -> Iterator[tuple[str, Rows]]:
    """Yield the loops on each basis as chains of ids, and what is promised."""
    bases = {**document.get("round_trips", {}), "committed": document.get("committed", {})}
    loops = [
        (basis, " > ".join(loop["entities"]), loop["usd_bn"], loop["financial"])
        for basis, found in bases.items()
        for loop in found.get("loops", ())
    ]
    yield "round_trips", (("basis", "loop", "usd_bn", "financial"), loops)
    yield "promises", _records(document.get("committed", {}).get("promises", ()), PROMISE)


def _asked_for(document: Document) -> Iterator[tuple[str, Rows]]:
    """Yield the tables that a run has only where they were asked for."""
    drawn = (document.get("uncertainty") or {}).get("figures", {})
    intervals = [{"figure": key, **one} for key, one in drawn.items()]
    yield "intervals", _records(intervals, INTERVAL)
    yield "journal", _records(document.get("journal", ()), PAYMENT)
    members = [
        (quarter, one["id"], one["population"], *(one[name][row] for name in MEMBER_SERIES))
        for one in document.get("members", ())
        for row, quarter in enumerate(document["quarters"])
    ]
    yield "members", (("quarter", "member", "population", *MEMBER_SERIES), members)


def _at(entity: Mapping[str, Any], series: str, row: int) -> Any:
    """Return one value of a series, None where the entity has no such series."""
    values = entity.get(series)
    return values[row] if values else None


def _entity_rows(document: Document) -> Rows:
    rows = [
        (
            quarter,
            one["id"],
            *(one.get(word, "") for word in ENTITY_WORDS),
            *(_at(one, name, row) for name in ENTITY_SERIES),
        )
        for one in document["entities"]
        for row, quarter in enumerate(document["quarters"])
    ]
    return ("quarter", "entity", *ENTITY_WORDS, *ENTITY_SERIES), rows


def _tier_rows(document: Document) -> Rows:
    tiers: Sequence[Mapping[str, Any]] = document["tiers"]
    series = [name for name in (tiers[0] if tiers else {}) if name != "tier"]
    rows = [
        (quarter, tier["tier"], *(tier[name][row] for name in series))
        for tier in tiers
        for row, quarter in enumerate(document["quarters"])
    ]
    return ("quarter", "tier", *series), rows


def _trace_rows(trace: Mapping[str, Mapping[str, float]]) -> Rows:
    rows = [(sink, source, share) for sink, by in trace.items() for source, share in by.items()]
    return ("sink", "source", "share"), rows


def _records(records: Iterable[Mapping[str, Any]], columns: tuple[str, ...]) -> Rows:
    return columns, [tuple(record.get(name) for name in columns) for record in records]


def write_csv(path: Path, rows: Rows) -> None:
    """Write columns and rows as CSV."""
    columns, body = rows
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(body)


def _write_table(folder: Path, name: str, rows: Rows) -> None:
    """Write one table as CSV and as Parquet."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns, body = rows
    folder.mkdir(exist_ok=True)
    write_csv(folder / f"{name}.csv", rows)
    by_column = {column: [row[number] for row in body] for number, column in enumerate(columns)}
    pq.write_table(pa.table(by_column), folder / f"{name}.parquet")


def write_json(path: Path, document: Mapping[str, Any]) -> None:
    """Write a document as JSON; a number that is not finite raises."""
    text = json.dumps(document, allow_nan=False, ensure_ascii=False, indent=1)
    path.write_text(text + "\n", encoding="utf-8")


def _manifest(document: Document, folder: Path) -> dict[str, Any]:
    """Return the run's manifest with the digest of every file written."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    digests = {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in paths
    }
    return {"schema": "cardhouse/manifest/1", **document["manifest"], "files": digests}


@contextmanager
def placed_when_complete(folder: Path) -> Iterator[Path]:
    """Give a workshop beside `folder`; move what it holds into place unless something fails."""
    try:
        if folder.exists() and not folder.is_dir():
            raise InputError(f"--out names '{folder}', which is a file. Name a folder.")
        folder.absolute().parent.mkdir(parents=True, exist_ok=True)
        workshop = Path(tempfile.mkdtemp(prefix=".cardhouse-", dir=folder.absolute().parent))
    except OSError as error:
        raise InputError(
            f"'{str(folder)[:LONGEST_NAME]}' cannot be written: {error.strerror}."
        ) from error
    try:
        yield workshop
        _place(workshop, folder)
    finally:
        shutil.rmtree(workshop, ignore_errors=True)


def _place(workshop: Path, folder: Path) -> None:
    """Move the workshop to `folder`, or its files into it when it exists.

    Files that the manifest of an earlier run lists there, and this one has not written, go.
    """
    workshop.chmod(0o777 & ~umask())
    if not folder.exists():
        workshop.rename(folder)
        return
    try:
        earlier = _listed(folder)
        for path in sorted(workshop.rglob("*"), key=lambda path: (path.name == MANIFEST, path)):
            target = folder / path.relative_to(workshop)
            earlier.discard(target)
            if path.is_dir():
                target.mkdir(exist_ok=True)
            else:
                path.replace(target)
        for stale in earlier:
            stale.unlink(missing_ok=True)
    except OSError as error:
        raise InputError(f"'{folder}' cannot be written: {error.strerror}.") from error


def _listed(folder: Path) -> set[Path]:
    """Return the files that the manifest in a folder lists; none where no whole one is there."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        names = [str(name) for name in manifest["files"]]
    except (OSError, ValueError, KeyError, TypeError):
        return set()
    inside = (folder / name for name in names if ".." not in Path(name).parts)
    return {path for path in inside if path.is_relative_to(folder)}
