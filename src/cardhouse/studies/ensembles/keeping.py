"""An ensemble run and left in a folder: store, summary, tables, and whatever else is asked for."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from cardhouse.accounts import Accounts
from cardhouse.studies.ensembles.document import ensemble_document, ensemble_manifest
from cardhouse.studies.ensembles.executors import Executor
from cardhouse.studies.ensembles.folders import Folder
from cardhouse.studies.ensembles.running import Outcome, Told, run_ensemble
from cardhouse.studies.ensembles.storing import Store, open_store
from cardhouse.studies.ensembles.working import Study

Document = Mapping[str, Any]
Rows = tuple[Sequence[str], Iterable[Sequence[Any]]]

SUMMARY = "summary.json"


def kept_ensemble(
    study: Study,
    accounts: Accounts | None,
    folder: Folder | None,
    *,
    resume: bool = False,
    executor: Executor | None = None,
    progress: Told | None = None,
) -> Outcome:
    """Run an ensemble; with a folder, keep each task as it is done and go on from what is kept.

    Raises
    ------
    InputError
        When nothing can be run, or the folder holds another ensemble or cannot be written.
    """
    if folder is None:
        return run_ensemble(study, accounts, executor=executor, progress=progress)
    store = _store(study, accounts, folder, resume=resume)
    outcome = run_ensemble(study, accounts, executor=executor, shelf=store, progress=progress)
    store.finish(outcome.tally, outcome.layout)
    return outcome


def _store(study: Study, accounts: Accounts | None, folder: Folder, *, resume: bool) -> Store:
    layout = study.layout()
    manifest = {**ensemble_manifest(study, layout), "opening": _opening(study, accounts)}
    return open_store(folder, manifest, layout, study.plan, resume=resume)


def _opening(study: Study, accounts: Accounts | None) -> str:
    """Return a digest of every bit of the opening position that draws follow from."""
    if accounts is None:
        bits = repr(asdict(study.world)).encode()
    else:
        bits = accounts.solution.balanced.values.tobytes()
    return hashlib.sha256(bits).hexdigest()[:16]


def write_documents(
    outcome: Outcome, folder: Folder, pages: Mapping[str, Callable[[Document], str]] | None = None
) -> None:
    """Write an ensemble's summary and tables into its folder.

    Parameters
    ----------
    outcome
        The ensemble.
    folder
        Where to; files of the same name are replaced.
    pages
        Further files by name, each with a function from the document to its text.
    """
    document = ensemble_document(outcome)
    text = json.dumps(document, allow_nan=False, ensure_ascii=False)
    folder.write(SUMMARY, (text + "\n").encode())
    for name, rows in tables(document).items():
        folder.write(f"tables/{name}.csv", _as_csv(rows))
    for name, page in (pages or {}).items():
        folder.write(name, page(document).encode())


def tables(document: Document) -> dict[str, Rows]:
    """Return the tables of an ensemble by name: columns and rows."""
    return {
        "fans": _fans(document),
        "defaults": _defaults(document),
        "together": _records(document["together"]),
        "losses": _losses(document),
        "inputs": _records(document["inputs"]),
    }


def _fans(document: Document) -> Rows:
    named = list(document["series"][0]["quantiles"]) if document["series"] else []
    columns = [
        "variable", "entity", "unit", "quarter", "mean", "error", "sd",
        *(f"q{at}" for at in named), *(f"q{at}_error" for at in named),
    ]  # fmt: skip

    def rows() -> Iterator[Sequence[Any]]:
        for one in document["series"]:
            found = (one["quantiles"], one["quantile_errors"])
            for row, quarter in enumerate(document["quarters"]):
                numbers = [one[name][row] for name in ("mean", "error", "sd")]
                spread = [part[at][row] for part in found for at in named]
                words = (one["variable"], one["entity"], one["unit"], quarter)
                yield (*words, *numbers, *spread)

    return columns, rows()


def _defaults(document: Document) -> Rows:
    def rows() -> Iterator[Sequence[Any]]:
        for one in document["defaults"]:
            courses = zip(one["by_quarter"], one["by_quarter_error"], strict=True)
            for quarter, course in zip(document["quarters"], courses, strict=True):
                yield (one["entity"], quarter, *course)

    return ("entity", "quarter", "probability", "error"), rows()


def _losses(document: Document) -> Rows:
    named = list(document["losses"][0]["quantiles"]) if document["losses"] else []
    plain = ("holder", "mean", "error", "probability", "mean_of_worst")
    rows = (
        [*(one[name] for name in plain), *(one["quantiles"][at] for at in named)]
        for one in document["losses"]
    )
    return [*plain, *(f"q{at}" for at in named)], rows


def _records(records: Sequence[Mapping[str, Any]]) -> Rows:
    columns = list(records[0]) if records else []
    return columns, ([one[name] for name in columns] for one in records)


def _as_csv(rows: Rows) -> bytes:
    columns, body = rows
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(body)
    return text.getvalue().encode()
