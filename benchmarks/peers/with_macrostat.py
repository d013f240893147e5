"""MacroStat's nearest model, as it ships: three industries that buy from each other (3IO-PC).

Not the same model: MacroStat knows sectors, no firms, and runs one scenario at a time in single
precision, so nothing but its speed can be laid beside ours. Its three industries count as firms.
The money that the central bank issues and the money that households hold should be one number.

    python benchmarks/peers/with_macrostat.py
"""

from __future__ import annotations

import statistics
import time

import torch
from macrostat.models.IOPC import IOPC

ROUNDS = 5


def main() -> None:
    """Print its speed, and how far its identity of money drifts."""
    torch.set_num_threads(1)
    model = IOPC()
    quarters = model.parameters.hyper["timesteps"]
    cells = quarters * len(model.parameters.hyper["iosectors"])
    clock, processors = [], []
    with torch.no_grad():
        model.simulate()
        for _ in range(ROUNDS):
            then, used = time.perf_counter(), time.process_time()
            model.simulate()
            clock.append((time.perf_counter() - then) / cells)
            processors.append((time.process_time() - used) / cells)
    found = model.variables.to_pandas().iloc[-1]
    issued, held = (
        float(found[name].iloc[0]) for name in ("CentralBankMoneyStock", "HouseholdMoneyStock")
    )
    by_clock, ns = (1e9 * statistics.median(times) for times in (clock, processors))
    print(
        f"MacroStat, 3IO-PC, {quarters} quarters: {by_clock:,.0f} ns per industry-quarter "
        f"({ns:,.0f} of the processors); money issued and money held differ by "
        f"{abs(issued / held - 1.0):.0e} at the end."
    )


if __name__ == "__main__":
    main()
