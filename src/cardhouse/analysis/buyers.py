"""What buyers outside a chain's firms buy: its own business, its firms' other business, plant.

A trace ends at whoever is outside. Users of the business and customers of the firms' other business
are final: they pay out of their own pockets for what they use. Who buys plant outside the chain
(chips, for the chain of AI) uses it for something that the accounts do not see, paid by money that
they do not see, so it is no known final customer.
"""

from __future__ import annotations

import numpy as np

from cardhouse.analysis.parts import ai_lines
from cardhouse.analysis.use_cost import plant_sellers
from cardhouse.engine.chain import Chain
from cardhouse.engine.per_chain import PerChain
from cardhouse.model.vocabulary import EntityKind

USE, OTHER, PLANT = "use", "other", "plant"
BOUGHT = (USE, OTHER, PLANT)
"""What a segment mostly buys; of two as large the first."""


def bought_by_segments(chain: Chain) -> dict[str, str]:
    """Return what each segment mostly buys, one of `BOUGHT`, by volume; nothing bought is use."""
    return _bought.of(chain)


def _bought_by_segments(chain: Chain) -> dict[str, str]:
    plant = plant_sellers(chain)
    parts = (ai_lines(chain) & ~plant, ~ai_lines(chain) & ~plant, plant)
    sales = chain.sales
    volumes = np.zeros((len(BOUGHT), len(chain.node_ids)))
    for row, lines in enumerate(parts):
        np.add.at(volumes[row], sales.segment, sales.volume * lines[sales.line])
    mostly = volumes.argmax(axis=0)
    return {
        name: BOUGHT[mostly[at]]
        for at, name in enumerate(chain.node_ids)
        if at >= len(chain.firm_ids) and chain.world.entity(name).kind is EntityKind.SEGMENT
    }


_bought: PerChain[dict[str, str]] = PerChain(_bought_by_segments)
