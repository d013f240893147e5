"""Laws compiled side by side: child processes put their shares of the machine code in the cache.

numba compiles on one processor. Laws are compiled apart and kept apart, so that whoever is free
takes the longest that nobody has taken, and the process that wants them loads what others made.
It counts on nobody: what a child has not finished is compiled where it is needed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

MOST = 4
PATIENCE = 300.0
SLOWEST_FIRST = (
    "clear", "make", "give", "ask", "bill_rest", "close", "count_costs", "build", "bill_trade",
    "want", "fall_due", "order", "cut", "plan", "lend_again", "begin", "set_prices",
)  # fmt: skip
"""Laws in the order in which they are taken, so that nobody waits long for the last; then others.

Any order is right: this one is what compiling took.
"""

ASKED = "asked.json"
"""In the folder of claims: what children compile for."""

MAIN = "from cardhouse.engine.kernel.machine import child_main; child_main()"


def processors() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def taken_in_turn(laws: Sequence[Any], claims: Path) -> Iterator[Any]:
    """Yield laws that nobody has taken yet, the slowest first; a file marks what is taken."""
    known = {name: place for place, name in enumerate(SLOWEST_FIRST)}
    for one in sorted(laws, key=lambda law: known.get(name_of(law), len(known))):
        with suppress(FileExistsError):
            (claims / name_of(one)).open("x").close()
            yield one


def name_of(law: Any) -> str:
    """Return the name of a law."""
    return str(law.py_func.__name__)


@contextmanager
def crew(names: Sequence[str], *, one_path: bool, kept: bool) -> Iterator[Path]:
    """Let other processors compile beside the block inside, and wait for them at its end.

    Parameters
    ----------
    names
        Names of the record of places that laws are compiled for.
    one_path
        Whether they are compiled for rows of one path.
    kept
        Whether machine code is kept; where it is not, nobody can load what others made.

    Yields
    ------
    Path
        The folder in which laws are marked as taken.
    """
    with tempfile.TemporaryDirectory(prefix="cardhouse-laws-") as folder:
        claims = Path(folder)
        helpers = min(processors(), MOST) - 1 if kept and is_python(sys.executable) else 0
        children = [child(claims, names, one_path) for _ in range(helpers)]
        try:
            yield claims
            for one in children:
                with suppress(subprocess.TimeoutExpired):
                    one.wait(PATIENCE)
        finally:
            for one in children:
                one.kill()
                one.wait()


def is_python(executable: str | None) -> bool:
    """Tell whether a program is an interpreter, and no application that holds one."""
    return Path(executable or "").name.lower().startswith(("python", "pypy"))


def child(claims: Path, names: Sequence[str], one_path: bool) -> subprocess.Popen[bytes]:
    """Start a process that compiles laws, in silence, until all are taken."""
    asked = {"names": list(names), "one_path": one_path}
    (claims / ASKED).write_text(json.dumps(asked), encoding="utf-8")
    home = str(Path(__file__).parents[3])
    path = os.pathsep.join([home, *filter(None, [os.environ.get("PYTHONPATH")])])
    return subprocess.Popen(  # noqa: S603 - this interpreter, and words of our own
        [sys.executable, "-P", "-c", MAIN, str(claims)],
        env={**os.environ, "PYTHONPATH": path},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
