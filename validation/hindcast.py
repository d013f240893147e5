"""Hold the baseline from an earlier quarter against the revenue and capex published after it.

Run: ``python validation/hindcast.py [--base 2025Q2] [--quarters 3] [--within 35]``; prints Markdown
and ends with 0: it is a report. Wrong input ends with 2. What is compared, and what the gaps mean:
``docs/method/hindcast.md``.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Sequence

from cardhouse.errors import CardhouseError
from cardhouse.studies.hindcast import CAPEX, REVENUE, Row, beyond, hindcast, mean_errors

EVEN = 1e-9
"""USD bn beyond the lines that are rounding."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the tables and return the exit code."""
    options = _options(arguments)
    try:
        rows = hindcast(
            "ai",
            base=options.base,
            quarters=options.quarters,
            as_of=options.as_of,
            grades=options.grades,
        )
    except CardhouseError as error:
        print(error, file=sys.stderr)
        return 2
    print_rows(rows)
    print_means(rows)
    print_beyond(rows, options.within / 100.0)
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--base", default="2025Q2", help="the quarter to start from")
    parser.add_argument("--quarters", type=int, default=3, help="later quarters to compare")
    parser.add_argument("--within", type=float, default=35.0, help="list rows beyond this, in %%")
    parser.add_argument("--as-of", help="day up to which the opening knows facts (all)")
    parser.add_argument("--grades", default="A", help="grades that count as published, as AB")
    return parser.parse_args(arguments)


def print_rows(rows: Sequence[Row]) -> None:
    """Print each row beside the two guesses, then the figures that are not as filed."""
    print(
        "| entity | quarter | figure | published | grade | simulated | gap % "
        "| growth goes on | gap % | no change | gap % |"
    )
    print("| --- | --- | --- | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for row in rows:
        mark = "*" if _partly(row) else ""
        print(
            f"| {row.name} | {row.quarter} | {row.figure} | {row.published.value:.2f}{mark} "
            f"| {row.published.grade} | {row.simulated:.2f} | {_percent(row.gap)} "
            f"| {_amount(row.trend)} | {_percent(row.trend_gap)} "
            f"| {_amount(row.still)} | {_percent(row.still_gap)} |"
        )
    for row in filter(_partly, rows):
        sign = "less" if row.published.beyond > 0 else "and"
        what = "beyond the lines" if row.published.beyond > 0 else "that it leaves out"
        print(
            f"\n\\* {row.name} {row.quarter}: filed {row.published.filed:.2f}, {sign} "
            f"{abs(row.published.beyond):.2f} {what} (sd {row.published.sd:.2f})."
        )


def print_means(rows: Sequence[Row]) -> None:
    """Print mean absolute errors, ours beside the guesses'."""
    print("\n| mean absolute gap, % | rows | simulated | growth goes on | no change |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for figure in (REVENUE, CAPEX):
        means = mean_errors(rows, figure)
        print(f"| {figure} | {means.count} | {_size(means.ours)} | | |")
        print(
            f"| {figure}, rows with both guesses | {means.beside} | {_size(means.ours_beside)} "
            f"| {_size(means.trend)} | {_size(means.still)} |"
        )


def print_beyond(rows: Sequence[Row], within: float) -> None:
    """Print the rows whose gap is larger than a share."""
    far = beyond(rows, within)
    print(f"\nBeyond {within:.0%}: {len(far)} of {len(rows)} rows.")
    for row in far:
        print(f"- {row.name}, {row.figure} of {row.quarter}: {_percent(row.gap)} %")


def _partly(row: Row) -> bool:
    """Tell whether the figure of the lines is not the figure as filed."""
    return abs(row.published.beyond) > EVEN


def _amount(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def _size(value: float) -> str:
    return "" if math.isnan(value) else f"{100 * value:.1f}"


def _percent(value: float | None) -> str:
    return "" if value is None else f"{100 * value:+.1f}"


if __name__ == "__main__":
    sys.exit(main())
