"""Fetching: services are asked, and what they say is proposed in a table beside what is known."""

from __future__ import annotations

import dataclasses
import importlib.util
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from cardhouse.errors import InputError, LiveError
from cardhouse.facts import Fact, FactTable, load_facts, read_facts
from cardhouse.facts.live.asked import Pulled, Wanted, check_services, load_services
from cardhouse.facts.live.connectors import CONNECTORS
from cardhouse.facts.live.fetch import Fetcher, Manners
from cardhouse.facts.live.proposals import place_for
from cardhouse.facts.own_table import Acceptance, accept, table_text
from cardhouse.facts.statements import SAYS, Statement, statements
from cardhouse.studies.live_constituents import pull_constituents
from cardhouse.studies.matrix_files import write_whole
from cardhouse.user_cache import cache_root, made

PACKAGES = ("httpx", "tenacity", "defusedxml", "python_calamine")
EVERY: Mapping[str, Callable[[Fetcher, Wanted], Pulled]] = {
    **CONNECTORS,
    "constituents": pull_constituents,
}
Document = dict[str, Any]


def check_packages() -> None:
    """Raise LiveError where the packages of the extra are not installed."""
    missing = [name for name in PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        raise LiveError(
            f"fetching needs the extra 'live' ({', '.join(missing)} is not installed). Install it: "
            "pip install 'cardhouse[live]'."
        )


def gauge_services() -> list[str]:
    """Return the services that gauges are read from."""
    return [name for name, one in load_services().items() if one.gauges]


def pull(
    services: Sequence[str],
    wanted: Wanted,
    manners: Manners,
    *,
    folder: Path = Path(),
    out: Path | None = None,
    lenient: bool = False,
    telling: Callable[[str], None] = lambda _: None,
) -> Document:
    """Ask services, write what they say to a table of proposals, and tell what it says.

    Nothing is written where a service fails: what was fetched till then is kept, so that the next
    time goes on from there.

    Parameters
    ----------
    services
        Their names, each asked once.
    wanted
        What is asked of them.
    manners
        Who asks, and how.
    folder
        Where the table goes, under the name of the day.
    out
        Another place for it, where nothing may lie yet.
    lenient
        Whether a service that fails is told of (``failed``), and the others' figures proposed.
    telling
        Told which service is asked.

    Returns
    -------
    dict
        ``cardhouse/pull/1``.

    Raises
    ------
    LiveError
        When a service cannot be asked, or answers what cannot be used; if lenient, when all do.
    InputError
        When the table cannot be written.
    """
    check_packages()
    names = check_services(services)
    if out is not None and out.exists():
        raise InputError(f"--out names '{out}', which is there already. Name a new file.")
    root = cache_root()
    kept = None if root is None else made(root / "live", "answers")
    found: dict[str, Pulled] = {}
    failed: dict[str, LiveError] = {}
    with Fetcher(manners, kept) as fetcher:
        for name in names:
            telling(name)
            try:
                found[name] = EVERY[name](fetcher, wanted)
            except LiveError as error:
                failed[name] = error
                if not lenient or len(failed) == len(names):
                    raise
        notices = list(fetcher.notices)
    known = load_facts()
    facts = _with_known_ids([fact for one in found.values() for fact in one.facts], known)
    path = None
    if facts:
        text = table_text(facts)
        path = out or place_for(folder, manners.now().date(), text)
        if not path.exists():
            write_whole(path, text.encode(), "--out" if out else "the current folder")
    return {
        "schema": "cardhouse/pull/1",
        "day": manners.now().date().isoformat(),
        "file": None if path is None else str(path),
        "services": [_service(name, one) for name, one in found.items()],
        "failed": [{"service": name, "words": str(error)} for name, error in failed.items()],
        "gaps": [gap for one in found.values() for gap in one.gaps],
        "notices": notices,
        **statement_rows(statements(known, facts)),
    }


def _with_known_ids(facts: Iterable[Fact], known: FactTable) -> list[Fact]:
    """Return facts, one a key, with the ids of known rows of the same keys."""
    by_key = {fact.key: fact for fact in facts}
    return [
        dataclasses.replace(fact, id=known.by_key[key].id) if key in known.by_key else fact
        for key, fact in by_key.items()
    ]


def _service(name: str, pulled: Pulled) -> Document:
    return {
        "service": name,
        "facts": len(pulled.facts),
        "answers": [
            {
                "address": one.address,
                "fetched": one.fetched.isoformat(),
                "sha256": one.sha256,
                "bytes": one.size,
                "new": one.new,
            }
            for one in pulled.asked
        ],
    }


def statement_document(table: Path, known: FactTable) -> Document:
    """Return what a table says beside what is known (``cardhouse/statements/1``).

    Raises
    ------
    FactError
        When the table breaks the schema.
    """
    rows = statement_rows(statements(known, read_facts(table)))
    return {"schema": "cardhouse/statements/1", "file": str(table), **rows}


def statement_rows(found: Sequence[Statement]) -> Document:
    """Return statements as rows, and how many say what."""
    counts = Counter(one.says for one in found)
    return {
        "counts": {says: counts[says] for says in SAYS},
        "statements": [_row(one) for one in found],
    }


def _row(one: Statement) -> Document:
    return {
        "says": one.says,
        "fact": _cells(one.fact),
        "before": None if one.before is None else _cells(one.before),
        "beside": [_cells(other) for other in one.beside],
        "distance": one.distance,
    }


def _cells(fact: Fact) -> Document:
    """Return a fact's cells, its figures as numbers; dates stay words."""
    told: Document = dict(fact.cells())
    for part in ("value", "low", "high"):
        figure = getattr(fact, part)
        told[part] = figure if isinstance(figure, float) or figure is None else str(figure)
    return told


def accept_document(
    table: Path, own: Path, *, replace: bool = False, new_only: bool = False
) -> Document:
    """Take a table's rows into a person's own one, and tell what was done (``cardhouse/accept/1``).

    Raises
    ------
    FactError
        When one of the tables breaks the schema.
    InputError
        When a row would change what is known, and that was not asked for; then nothing is written.
    """
    if own.exists() and table.exists() and own.samefile(table):
        raise InputError("--into names the very table whose rows are taken. Name another one.")
    rows = read_facts(table).everything()
    done = accept(rows, own, load_facts(), replace=replace, new_only=new_only)
    if done.added or done.replaced:
        write_whole(own, done.text.encode(), "--into")
    return {"schema": "cardhouse/accept/1", "file": str(table), "into": str(own), **_told(done)}


def _told(done: Acceptance) -> Document:
    return {
        "added": [_cells(one) for one in done.added],
        "replaced": [
            {"before": _cells(before), "after": _cells(after)} for before, after in done.replaced
        ],
        "left": [_cells(one) for one in done.left],
    }
