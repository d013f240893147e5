"""How long a person waits for help, an import, the facts and the accounts; best of five, seconds.

Run: ``python benchmarks/startup.py``. Targets stand beside the figures.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable

TRIES = 5


def best(action: Callable[[], object]) -> float:
    """Return the least of a few timings of an action, in seconds."""
    times = []
    for _ in range(TRIES):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return min(times)


def python(code: str) -> Callable[[], object]:
    """Return an action that runs some code in a fresh interpreter."""
    return lambda: subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def main() -> None:
    """Print a line for each wait, an empty interpreter first."""
    empty = best(python("pass"))
    waits = {
        "cardhouse --help": (
            python("import sys; sys.argv[1:] = ['--help']; import cardhouse.cli as c; c.main()"),
            0.3,
        ),
        "import cardhouse": (python("import cardhouse"), 0.1),
        "load the facts": (python("from cardhouse.facts import load_facts; load_facts()"), 0.5),
        "open the accounts": (python("import cardhouse as ch; ch.open('ai')"), 5.0),
    }
    print(f"{'an empty interpreter':22} {empty:6.3f} s")
    for name, (action, target) in waits.items():
        print(f"{name:22} {best(action):6.3f} s   target {target} s")


if __name__ == "__main__":
    main()
