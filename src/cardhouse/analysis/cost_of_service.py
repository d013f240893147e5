"""What a line's output costs to serve in the base quarter, and which part of it whom serves.

Three layers: the direct cost (bought inputs, hosting, shares paid to partners, wear of plant);
with the staff of the line; with programs, interest and pay in shares (full cost).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cardhouse.analysis.books import Books
from cardhouse.analysis.parts import LineCosts
from cardhouse.engine.chain import Array, Index
from cardhouse.engine.sums import ratio


@dataclass(frozen=True)
class ServiceCosts:
    """Costs of the lines in the base quarter, USD bn (line,); each layer holds the one before.

    ``shares`` is what of the direct cost are shares of revenue passed on.
    """

    direct: Array
    service: Array
    full: Array
    shares: Array


def service_costs(books: Books, costs: LineCosts) -> ServiceCosts:
    """Return the layers of cost of every line in the base quarter."""
    chain = books.chain
    service = books.line_cost[0] + books.depreciation[0]
    staff = np.minimum(chain.fixed_cost.sum(axis=1), service)
    full = costs.cash_cost[0] + costs.noncash_cost[0]
    shares = books.line_revenue[0] * chain.revenue_share.sum(axis=1)
    return ServiceCosts(service - staff, service, full, shares)


@dataclass(frozen=True)
class Use:
    """Use of some lines by some segments in the base quarter, at the price that payers pay.

    ``paid`` and ``free`` are USD bn by line (line,), ``share`` all of it over the line's output.
    """

    paid: Array
    free: Array
    share: Array

    @property
    def paid_share(self) -> Array:
        """Return paid use over the line's output (line,)."""
        return self.share * ratio(self.paid, self.paid + self.free)


def use_by(books: Books, lines: Index, segments: Sequence[str]) -> Use:
    """Return what some segments use of some lines; no segment named: all of them.

    Parameters
    ----------
    books
        The books of a path.
    lines
        Numbers of the lines.
    segments
        Ids of segments.
    """
    chain = books.chain
    sales = chain.sales
    buyers = np.array([chain.node_ids[node] for node in sales.segment], dtype=str)
    counts = np.isin(sales.line, lines)
    if segments:
        counts &= np.isin(buyers, list(segments))
    paid, free = np.zeros(len(chain.line_ids)), np.zeros(len(chain.line_ids))
    np.add.at(paid, sales.line, sales.volume * (counts & (sales.pays > 0)))
    np.add.at(free, sales.line, sales.volume * (counts & (sales.pays <= 0)))
    return Use(paid, free, ratio(paid + free, books.value[0]))
