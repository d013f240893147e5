"""The command line: it parses, calls one study and prints; arithmetic lives below."""

import os

# Threads of a linear algebra library spin while they wait for busy cores, and may change the last
# bits of a sum; set before numpy is loaded, and only where the user has not.
for _threads in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_threads, "1")

from cardhouse.cli.app import main  # noqa: E402

__all__ = ["main"]
