"""Figures, tables and documents made from stored results."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any


def write_report(document: Mapping[str, Any], path: Path | str) -> None:
    """Write a run's report to `path`: one self-contained HTML file.

    Parameters
    ----------
    document
        The result document (``cardhouse/run/1``).
    path
        Where to; an existing file is replaced.
    """
    from cardhouse.report.page import write_report as write

    write(document, path)


__all__ = ["write_report"]
