"""The command line: it parses, calls one study and prints; arithmetic lives below."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import NoReturn

# Threads of a linear algebra library spin while they wait for busy cores, and may change the last
# bits of a sum; set before numpy is loaded, and only where the user has not.
for _threads in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_threads, "1")

INTERRUPTED = 130


def main() -> None:
    """Run the command line; ends the process with the command's exit code."""
    try:
        from cardhouse.cli.app import app  # inside: who interrupts the imports gets no traceback

        app(prog_name="cardhouse")
    except KeyboardInterrupt:
        sys.stderr.write("Interrupted; nothing half-written is left behind.\n")
        _end_interrupted()
    except SystemExit as ending:
        if ending.code == INTERRUPTED:
            _end_interrupted()
        raise


def _end_interrupted() -> NoReturn:
    """End the process without waiting for threads, which may be in the middle of long work.

    All that had to be tidied up was, on the way here.
    """
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(INTERRUPTED)


__all__ = ["main"]
