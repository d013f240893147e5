"""The contenders of the clearing benchmark clear the same network to the same payments."""

from __future__ import annotations

import clearing
import numpy as np
import pytest


@pytest.mark.parametrize("firms", [10, 60])
def test_all_three_pay_the_same(firms: int) -> None:
    case = clearing.invented(firms, 4, seed=firms)
    found = clearing.ours(case)
    assert (found < case.due * (1.0 - 1e-6)).any()
    assert clearing.check_same(case, 4) <= clearing.SAME
    np.testing.assert_allclose(
        clearing.plain_loop(case, 4), clearing.batched_scipy(case), rtol=1e-8
    )
