"""The two engines side by side: what equal means where one rounds otherwise than the other."""

from __future__ import annotations

from dataclasses import fields

import numpy as np

from cardhouse.engine.simulate import Trajectory

EXACT = 1e-12
SHARES = (
    "charged", "confidence", "expected_growth", "log_growth", "paid_share", "price",
    "program_index", "stress", "unmet", "unserved",
)  # fmt: skip
"""Arrays whose unit is 1. All others are money, volume or plant: their unit is the economy's."""


def assert_same(readable: Trajectory, compiled: Trajectory) -> None:
    """Compare every array of two runs: relative to the entry, or to the unit.

    What is left of a large amount after a large one was taken off (cash of a firm that paid nearly
    all it had) has fewer digits than either, in both engines; hence the unit.
    """
    unit = max(float(np.abs(record.paid).max(initial=0.0)) for record in readable.records)
    for kind in ("states", "records"):
        rows = zip(getattr(readable, kind), getattr(compiled, kind), strict=True)
        for quarter, (mine, theirs) in enumerate(rows):
            for name in (one.name for one in fields(mine) if one.name != "links"):
                expected, found = getattr(mine, name), getattr(theirs, name)
                assert expected.shape == found.shape, name
                assert expected.dtype == found.dtype, name
                if name == "loan_rate":  # a rate on nothing is no difference
                    expected, found = expected * mine.loans, found * mine.loans
                floor = 1.0 if name in SHARES else unit
                where = f"{kind}, {name}, quarter {quarter}"
                np.testing.assert_allclose(
                    np.asarray(found, dtype=float),
                    np.asarray(expected, dtype=float),
                    rtol=EXACT,
                    atol=EXACT * floor,
                    err_msg=where,
                )
    assert compiled.money_residual <= 1e-9
