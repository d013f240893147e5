"""Runs side by side: what was moved in each, and what came of it (``cardhouse/compare/1``).

A comparison is made of finished run documents alone, so its numbers are theirs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cardhouse.accounts import open_world
from cardhouse.errors import InputError
from cardhouse.facts import Fact
from cardhouse.model.scenario import Scenario
from cardhouse.model.world import World
from cardhouse.studies.compare_figures import (
    COUNT,
    STOCK,
    compared_figures,
    differ,
    failure_counts,
)
from cardhouse.studies.compare_words import main_difference
from cardhouse.studies.document import build_document
from cardhouse.studies.draw_bench import Source
from cardhouse.studies.extracts import last_seller
from cardhouse.studies.lever_paths import check_quarters
from cardhouse.studies.levers import Setting, load_levers
from cardhouse.studies.own_figures import doubts
from cardhouse.studies.run import moves_something, own_facts_of, scenario_on
from cardhouse.studies.scenario_times import later
from cardhouse.studies.simulation import Chains
from cardhouse.studies.views import View

Document = Mapping[str, Any]
Row = dict[str, Any]

LABELS = "ABC"
FEWEST, MOST = 2, len(LABELS)
SMALLEST_PAYER = 0.005
"""Share below which a payer is not told in any column."""
FAILURES = {
    "firms": ("firms that fail", COUNT),
    "members": ("small firms that fail", COUNT),
    "lost": ("left unpaid to creditors", STOCK),
}


def compare_studies(
    scenarios: Sequence[str],
    *,
    economy: str,
    bases: Sequence[str] = (),
    as_of: Sequence[str] = (),
    settings: Mapping[str, Setting] | None = None,
    quarters: int = 20,
    extra_facts: Sequence[Path] = (),
    own_facts: Mapping[int, Sequence[Path]] | None = None,
) -> Row:
    """Run two or three scenarios and set them side by side.

    Parameters
    ----------
    scenarios
        Shipped ids or paths of files, one for each column.
    economy, quarters, extra_facts
        As in a run; the same for every column.
    bases, as_of
        Base quarters, and days up to which facts are known: none, one for all, or one for each
        column, so that the same scenario can be seen from two openings.
    settings
        Levers that hold for the whole run, applied last, in every column.
    own_facts
        Tables of one's own facts by the number of the one column, from 0, that they are for; there
        they lie on top of `extra_facts`.

    Raises
    ------
    CardhouseError
        When anything given is wrong: the message says what, where and what to do.
    """
    count = check_count(len(scenarios))
    tables = [(*extra_facts, *(own_facts or {}).get(at, ())) for at in range(count)]
    sources = [
        Source(economy, base, day, own)
        for base, day, own in zip(
            _each("--base", bases, count), _each("--as-of", as_of, count), tables, strict=True
        )
    ]
    check_quarters(quarters)
    openings = {one: _Opening.of(one) for one in dict.fromkeys(sources)}
    moved = [
        scenario_on(openings[source].world, [name], settings or {})
        for name, source in zip(scenarios, sources, strict=True)
    ]
    return compare_documents(
        [
            openings[source].document(scenario, quarters)
            for scenario, source in zip(moved, sources, strict=True)
        ]
    )


@dataclass(frozen=True)
class _Opening:
    """What one or more columns start from."""

    chains: Chains
    own_facts: tuple[Fact, ...]
    warnings: tuple[str, ...]

    @classmethod
    def of(cls, source: Source) -> _Opening:
        """Return the accounts of a source, compiled, with what is a person's own in them."""
        world = open_world(
            source.economy, base=source.base, as_of=source.as_of, extra_facts=source.extra_facts
        )
        return cls(Chains.of(world), own_facts_of(source), tuple(doubts(source, world)))

    @property
    def world(self) -> World:
        """Return the opening position."""
        return self.chains.own.world

    def document(self, scenario: Scenario, quarters: int) -> Row:
        """Return a run's document without the claims and the baseline, which are not compared."""
        view = View.of(self.chains, scenario if moves_something(scenario) else None, quarters)
        return build_document(view, scenario, own_facts=self.own_facts, warnings=self.warnings)


def check_count(number: int) -> int:
    """Return the number of runs when they can stand side by side; raises InputError otherwise."""
    if FEWEST <= number <= MOST:
        return number
    raise InputError(
        f"compare takes two or three scenarios, and {number} "
        f"{'was' if number == 1 else 'were'} given. Write `cardhouse compare baseline "
        "capital-freeze`."
    )


def _each(option: str, given: Sequence[str], count: int) -> list[str | None]:
    """Return one value for each column: none, the same for all, or as given."""
    if len(given) not in (0, 1, count):
        raise InputError(
            f"{option} is given {len(given)} times for {count} scenarios: give it once for all, "
            "or once for each in their order."
        )
    return [*given] if len(given) == count else [given[0] if given else None] * count


def compare_documents(documents: Sequence[Document]) -> Row:
    """Return the comparison of two or three runs of one economy, as long as each other.

    Parameters
    ----------
    documents
        Result documents (``cardhouse/run/1``), in the order of the columns.

    Raises
    ------
    InputError
        When there are too few or too many, or they cannot stand side by side.
    """
    check_count(len(documents))
    _check_alike(documents)
    seller = last_seller(documents[0])
    found = {
        "schema": "cardhouse/compare/1",
        "economy": documents[0]["manifest"]["economy"],
        "quarters": len(documents[0]["quarters"]) - 1,
        "columns": [_column(*pair) for pair in zip(LABELS, documents, strict=False)],
        "inputs": [
            *_openings(documents),
            *_own_figures(documents),
            *_moves(documents),
            *_events(documents),
        ],
        "outcomes": [*_outcomes(documents)],
        "defaults": _defaults(documents),
        "payers": {"of": seller["id"], "name": seller["name"], "sources": _payers(documents)}
        if seller
        else None,
        "warnings": [*dict.fromkeys(told for one in documents for told in one["warnings"])],
    }
    return {**found, "sentence": main_difference(found)}


def _check_alike(documents: Sequence[Document]) -> None:
    """Refuse runs of different economies or lengths."""
    for words, values in (
        ("economies", [one["manifest"]["economy"] for one in documents]),
        ("numbers of quarters", [len(one["quarters"]) - 1 for one in documents]),
    ):
        if len(set(values)) > 1:
            raise InputError(
                f"the runs have different {words}: {', '.join(map(str, values))}. Compare runs of "
                "one economy over as many quarters."
            )


def _column(label: str, document: Document) -> Row:
    manifest = document["manifest"]
    names = ("scenario", "base_quarter", "as_of", "facts_version", "digest")
    return {
        "label": label,
        "title": manifest["scenario_title"],
        "words": manifest["scenario_words"],
        **{name: manifest[name] for name in names},
        "last_quarter": document["quarters"][-1],
        "own_facts": len(document["accounts"]["own_facts"]),
    }


def _input(name: str, words: str, unit: str, moves: list[list[Row]], alike: Sequence[Any]) -> Row:
    """Return a row of inputs; runs are alike where what stands for them in `alike` is."""
    differs = any(one != alike[0] for one in alike)
    return {"input": name, "words": words, "unit": unit, "moves": moves, "differs": differs}


def _openings(documents: Sequence[Document]) -> Iterator[Row]:
    """Yield base quarter and vintage of the facts where the runs differ in them."""
    for name, words in (("base_quarter", "Base quarter"), ("as_of", "Facts known on")):
        values = [one["manifest"][name] for one in documents]
        if len(set(values)) > 1:
            yield _input(name, words, "", [[{"words": value}] for value in values], values)


def _own_figures(documents: Sequence[Document]) -> Iterator[Row]:
    """Yield what of a person's own figures stands in any run."""
    own = [one["accounts"]["own_facts"] for one in documents]
    if any(own):
        moves: list[list[Row]] = [[{"words": _own_words(fact)} for fact in run] for run in own]
        yield _input("own_facts", "Your own figures", "", moves, own)


def _own_words(fact: Mapping[str, Any]) -> str:
    value = fact["value"] if isinstance(fact["value"], str) else f"{fact['value']:g}"
    told = f"{fact['what']} {value} {fact['unit']}"
    return told if fact["is_used"] else f"{told} (the accounts do not ask for it)"


def _moves(documents: Sequence[Document]) -> Iterator[Row]:
    """Yield the levers that any run moves, in the order of their table."""
    for lever in load_levers().values():
        moves = [[*_moves_of(one, lever.id)] for one in documents]
        if any(moves):
            yield _input(lever.id, lever.words, lever.unit, moves, _undated(moves))


def _undated(moves: list[list[Row]]) -> list[list[tuple[Any, ...]]]:
    """Return moves without the names of their quarters, which depend on the base."""
    parts = ("value", "from", "to", "shape")
    return [[tuple(move[part] for part in parts) for move in run] for run in moves]


def _moves_of(document: Document, lever: str) -> Iterator[Row]:
    manifest = document["manifest"]
    if lever in manifest["levers"]:
        value = manifest["levers"][lever]
        yield _move(document, {"value": value, "start": 1, "end": None, "shape": "step"})
    yield from (_move(document, one) for one in manifest["shocks"] if one["lever"] == lever)


def _move(document: Document, shock: Mapping[str, Any]) -> Row:
    start, end = shock["start"], shock["end"]
    if shock["shape"] == "pulse":
        end = start
    return {
        "words": _move_words(document, shock, end),
        "value": shock["value"],
        "from": start,
        "to": end,
        "shape": shock["shape"],
    }


def _move_words(document: Document, shock: Mapping[str, Any], end: int | None) -> str:
    """Return a move in words: ``0.1 from t+2 (2026Q3) to t+9 (2028Q2)``."""
    value, start = f"{shock['value']:g}", shock["start"]
    if start == 1 and end is None and shock["shape"] == "step":
        return f"{value} for the whole run"
    if end == start:
        return f"{value} in {_dated(document, start)}"
    verb = "moving to " if shock["shape"] == "ramp" else ""
    until = " to the end" if end is None else f" to {_dated(document, end)}"
    return f"{verb}{value} from {_dated(document, start)}{until}"


def _dated(document: Document, number: int) -> str:
    return f"t+{number} ({later(document['quarters'][0], number)})"


def _events(documents: Sequence[Document]) -> Iterator[Row]:
    """Yield what scenarios make happen to entities."""
    told = [one["manifest"]["events"] for one in documents]
    for kind, who in dict.fromkeys((one["event"], one["entity"]) for run in told for one in run):
        dates = [
            [one["at"] for one in run if (one["event"], one["entity"]) == (kind, who)]
            for run in told
        ]
        moves: list[list[Row]] = [
            [{"words": f"in {_dated(document, at)}", "from": at} for at in run]
            for document, run in zip(documents, dates, strict=True)
        ]
        yield _input(f"{kind} {who}", f"{kind.title()} of {who}", "", moves, dates)


def _outcomes(documents: Sequence[Document]) -> Iterator[Row]:
    for figure in compared_figures(documents):
        values = [figure.of(one) for one in documents]
        yield {
            "figure": figure.key,
            "how": figure.how,
            "group": figure.group,
            "words": figure.words,
            "unit": figure.unit,
            "values": values,
            "differs": differ(values),
        }
    counts = [failure_counts(one) for one in documents]
    for name, (words, unit) in FAILURES.items():
        lost = [one[name] for one in counts]
        yield {
            "figure": f"failures.{name}",
            "how": "sum",
            "group": "Failures",
            "words": words,
            "unit": unit,
            "values": lost,
            "differs": differ(lost),
        }


def _defaults(documents: Sequence[Document]) -> list[Row]:
    """Return the firms that fail in any run: in which quarters, and what became of them."""
    names = {one["entity"]: one["name"] for run in documents for one in _failed(run)}
    found = []
    for entity, name in sorted(names.items()):
        times = [[one for one in _failed(run) if one["entity"] == entity] for run in documents]
        found.append(
            {
                "entity": entity,
                "name": name,
                "quarters": [[one["quarter"] for one in run] for run in times],
                "outcomes": [[one.get("outcome", "liquidated") for one in run] for run in times],
            }
        )
    return found


def _failed(document: Document) -> Sequence[Mapping[str, Any]]:
    return document["fragility"]["defaults"]


def _payers(documents: Sequence[Document]) -> list[Row]:
    """Return who ultimately pays the last seller in the last quarter, largest share first."""
    seller = last_seller(documents[0])
    traces = [one["trace_by_quarter"].get(seller["id"], {}) if seller else {} for one in documents]
    names = {row["id"]: row["name"] for one in documents for row in one["entities"]}
    rows: list[Row] = []
    for source in dict.fromkeys(name for trace in traces for name in trace):
        shares = [float((trace.get(source) or [0.0])[-1] or 0.0) for trace in traces]
        if max(shares) >= SMALLEST_PAYER:
            name = names.get(source, source.replace("_", " "))
            row = {"source": source, "name": name, "shares": shares, "differs": differ(shares)}
            rows.append(row)
    return sorted(rows, key=lambda row: (-max(row["shares"]), row["source"]))
