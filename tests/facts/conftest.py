"""Tables of invented facts for the tests of this room."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from cardhouse.facts import COLUMNS, REPLACES

INVENTED = {
    "entity": "nvidia",
    "tier": "chips",
    "metric": "revenue",
    "unit": "usd_bn",
    "period_start": "2030-01-01",
    "period_end": "2030-03-31",
    "value": "50",
    "low": "49",
    "high": "51",
    "basis": "reported",
    "grade": "B",
    "published": "2030-05-01",
    "source": "A newspaper",
    "url": "https://example.com/nvidia",
    "note": "invented",
}

WriteTable = Callable[..., Path]


@pytest.fixture
def write_table(tmp_path: Path) -> WriteTable:
    """Return a function that writes rows, each the invented one with changes, to a table."""

    def write(*changes: dict[str, str], name: str = "mine.csv") -> Path:
        path = tmp_path / name
        with path.open("w", encoding="utf-8", newline="") as file:
            more = [REPLACES] if any(REPLACES in change for change in changes) else []
            writer = csv.DictWriter(file, [*COLUMNS, *more], restval="")
            writer.writeheader()
            writer.writerows({**INVENTED, **change} for change in changes)
        return path

    return write
