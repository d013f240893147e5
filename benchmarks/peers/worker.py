"""One contender in a process of its own: it runs the model whenever a line comes in.

    python worker.py MODEL NAME FIRMS QUARTERS PATHS FILE

MODEL is `chain` or `fragile`. Each line read is answered with the seconds of one run, of the clock
and of the processors. Imports, a first run (compilation, where there is one) and the drawing of
shocks are not counted. The results of the first run go to FILE.
"""

from __future__ import annotations

import gc
import importlib
import sys
import time

import numpy as np

PREFIX = {"chain": "with", "fragile": "fragile"}


def main() -> None:
    kind, name, firms, quarters, paths, file = sys.argv[1:]
    model = importlib.import_module(f"{kind}_model")
    economy = model.invented(int(firms))
    shocks = model.shaken(economy, int(quarters), int(paths))
    module, _, variant = name.partition(":")
    contender = importlib.import_module(f"{PREFIX[kind]}_{module}")
    run = getattr(contender, f"run_{variant}" if variant else "run")
    found = run(economy, shocks)
    np.savez(file, **dict(zip(model.KEPT, found, strict=True)))
    del found
    gc.freeze()  # a library that collects garbage at every reset does not walk its own modules
    print("ready", flush=True)
    for _ in sys.stdin:
        clock, processors = time.perf_counter(), time.process_time()
        run(economy, shocks)
        print(time.perf_counter() - clock, time.process_time() - processors, flush=True)


if __name__ == "__main__":
    main()
