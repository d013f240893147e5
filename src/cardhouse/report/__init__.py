"""Figures, tables and documents made from stored results."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any


def write_report(document: Mapping[str, Any], path: Path | str) -> None:
    """Write a run's report to `path`: one self-contained HTML file, or a PDF.

    Parameters
    ----------
    document
        The result document (``cardhouse/run/1``).
    path
        Where to; an existing file is replaced. One that ends in ``.pdf`` is a PDF.

    Raises
    ------
    InputError
        When a PDF is asked for, and the extra ``pdf`` is not installed.
    """
    if Path(path).suffix.lower() == ".pdf":
        from cardhouse.report.pdf import write_pdf as write
    else:
        from cardhouse.report.page import write_report as write
    write(document, path)


__all__ = ["write_report"]
