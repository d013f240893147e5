"""Types that the compiled laws share.

Every law reads ``at`` (a record: sizes, and where everything lies), ``k`` (numbers that no path
changes), ``i`` (who is connected to whom), and rows of paths: ``s`` (the state before the quarter),
``n`` (the state after it), ``w`` (all that the quarter works out). A row is one quantity of one
entity, its paths side by side.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Places = Any
"""A record of whole numbers; attribute access is checked when a law is compiled."""

Numbers = NDArray[np.float64]
Indices = NDArray[np.int64]
Rows = NDArray[np.float64]

LANES = 8
"""Paths side by side come in multiples of this: what the widest vectors of processors hold."""
