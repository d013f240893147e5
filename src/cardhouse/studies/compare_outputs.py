"""What a comparison leaves in a folder: the whole as JSON, its tables as CSV."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cardhouse.studies.outputs import Rows, placed_when_complete, write_csv, write_json

Comparison = Mapping[str, Any]


def write_comparison(found: Comparison, folder: Path) -> list[Path]:
    """Write a comparison's files into `folder` and return their paths.

    Raises
    ------
    InputError
        When the folder cannot be made or written to.
    """
    with placed_when_complete(folder) as workshop:
        write_json(workshop / "comparison.json", found)
        for name, rows in comparison_tables(found).items():
            write_csv(workshop / f"{name}.csv", rows)
    return sorted(path for path in folder.iterdir() if path.is_file())


def comparison_tables(found: Comparison) -> dict[str, Rows]:
    """Return the tables of a comparison by name: columns and rows, a column for each run."""
    labels = [f"{column['label']}_{column['scenario']}" for column in found["columns"]]
    return {
        "inputs": (("input", "words", "unit", "differs", *labels), _inputs(found)),
        "outcomes": (("group", "words", "figure", "how", "unit", *labels), _outcomes(found)),
        "defaults": (("entity", "name", *labels), _defaults(found)),
    }


def _inputs(found: Comparison) -> list[tuple[Any, ...]]:
    return [
        (row["input"], row["words"], row["unit"], row["differs"], *map(_told, row["moves"]))
        for row in found["inputs"]
    ]


def _told(moves: list[dict[str, Any]]) -> str:
    return "; ".join(move["words"] for move in moves)


def _outcomes(found: Comparison) -> list[tuple[Any, ...]]:
    return [
        (row["group"], row["words"], row["figure"], row["how"], row["unit"], *row["values"])
        for row in found["outcomes"]
    ]


def _defaults(found: Comparison) -> list[tuple[Any, ...]]:
    return [
        (row["entity"], row["name"], *(" ".join(one) for one in row["quarters"]))
        for row in found["defaults"]
    ]
