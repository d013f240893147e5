"""Run the benchmarks that need no peers, write one page of tables, compare it with the last.

    python benchmarks/bench.py [--only clearing] [--out build/speed.md]

`make bench` runs this. What each benchmark prints goes into the page as it is; Markdown tables are
compared, row by row, with docs/method/speed.md, where the committed figures stand. Nothing fails
because it was slow: a shared machine is, now and then. A row that takes half as long again is said.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent
COMMITTED = HERE.parent / "docs" / "method" / "speed.md"
WORDS = {
    "engine": [],
    "peers": [],
    "clearing": [],
    "ensembles": [],
    "startup": [],
    "page": ["--seconds", "10"],
}
"""Benchmarks and their options; one whose file is not there is left out."""

TIMES = ("ns ", "of the processors", "cardhouse", "seconds", "microseconds", "µs")
"""How the names of columns begin that hold what cardhouse takes."""
SLOWER = 1.5

Row = tuple[str, str, str]


def run(name: str) -> str:
    """Return what a benchmark prints; say in its place when it fails."""
    words = [sys.executable, HERE / f"{name}.py", *WORDS[name]]
    print(f"{name} ...", file=sys.stderr, flush=True)
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        last = (done.stderr.strip() or done.stdout.strip() or "no word").splitlines()[-1]
        return f"`benchmarks/{name}.py` ended with status {done.returncode}: {last}"
    text = done.stdout.strip()
    return text if "| ---" in text else f"```text\n{text}\n```"


def timings(page: str) -> dict[Row, float]:
    """Return the timings of a page by heading, first cell of the row, and column.

    Examples
    --------
    >>> timings("### Clearing\\n| firms | cardhouse |\\n| ---: | ---: |\\n| 50 | 1,002.5 |\\n")
    {('Clearing', '50', 'cardhouse'): 1002.5}
    """
    out: dict[Row, float] = {}
    for heading, header, cells in _rows(page):
        for column, cell in zip(header[1:], cells[1:], strict=False):
            if column.startswith(TIMES):
                try:
                    out[heading, cells[0], column] = float(cell.replace(",", ""))
                except ValueError:
                    continue  # a word in a column of figures
    return out


def _rows(page: str) -> Iterator[tuple[str, list[str], list[str]]]:
    """Yield each row of each table with its heading and the table's header."""
    heading, header = "", None
    for line in page.splitlines():
        if line.startswith("#"):
            heading = line.lstrip("# ")
        if not line.startswith("|"):
            header = None
        elif set(line) <= set("|-: "):
            continue
        else:
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            if header is None:
                header = cells
            else:
                yield heading, header, cells


def compared(now: dict[Row, float], before: dict[Row, float]) -> str:
    """Return a table of the timings that both pages have."""
    common = [row for row in now if row in before and before[row] > 0.0]
    if not common:
        return "The committed page has none of these rows yet."
    lines = [
        "| | column | committed | now | now over committed |",
        "| --- | --- | ---: | ---: | ---: |",
    ]
    for row in common:
        ratio = now[row] / before[row]
        mark = " slower" if ratio > SLOWER else ""
        heading, first, column = row
        figures = f"{before[row]:,.4g} | {now[row]:,.4g} | {ratio:.2f}{mark}"
        lines.append(f"| {heading}: {first} | {column} | {figures} |")
    return "\n".join(lines)


def main() -> None:
    """Write the page and print the comparison."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=list(WORDS), default=list(WORDS))
    parser.add_argument("--out", type=Path, default=Path("build/speed.md"))
    asked = parser.parse_args()
    names = [name for name in asked.only if (HERE / f"{name}.py").exists()]
    page = "\n\n".join(run(name) for name in names)
    before = COMMITTED.read_text(encoding="utf-8") if COMMITTED.exists() else ""
    beside = compared(timings(page), timings(before))
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    asked.out.write_text(f"{page}\n\n### Beside the committed page\n\n{beside}\n", encoding="utf-8")
    print(f"{beside}\n\nAll tables: {asked.out}")


if __name__ == "__main__":
    main()
