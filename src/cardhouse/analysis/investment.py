"""What capital spending implies: the revenue that would pay for it, the growth that it expects."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from cardhouse.engine.chain import Array, Chain
from cardhouse.engine.state import implied_expected_growth

END_USER_GROSS_MARGIN = 0.5
"""Gross margin of those who sell to end users in Cahn's arithmetic (2023, 2024)."""

LEAD_RANGE = (2, 5)
INTENSITY_RANGE = (0.6, 1.6)
"""How uncertain lead times (quarters) and capital intensity (times the line's own) are."""


def datacenter_spend(run_rate: float, multiplier: float) -> float:
    """Return what whole data centres cost when accelerators are bought at `run_rate` a year.

    Examples
    --------
    >>> datacenter_spend(150.0, 2.0)
    300.0
    """
    return run_rate * multiplier


def revenue_needed(capex: float, gross_margin: float = END_USER_GROSS_MARGIN) -> float:
    """Return the revenue of end users' suppliers whose gross profit leaves `capex` for the plant.

    Parameters
    ----------
    capex
        Spending on plant, USD bn a period.
    gross_margin
        What end users' suppliers keep of a dollar before they pay for compute, in [0, 1).

    References
    ----------
    D. Cahn (2023), "AI's $200B Question", and (2024), "AI's $600B Question", Sequoia Capital:
    spending is divided by 1 less the margin.

    Examples
    --------
    >>> revenue_needed(datacenter_spend(150.0, 2.0))
    600.0
    """
    return capex / (1.0 - gross_margin)


@dataclass(frozen=True)
class Envelope:
    """The arithmetic of Cahn: what accelerators cost, what whole centres cost, who must pay it.

    Parameters
    ----------
    run_rate
        Spending on accelerators, USD bn a year.
    multiplier
        Cost of a whole data centre over that of its accelerators.
    gross_margin
        What end users' suppliers keep of a dollar before they pay for compute, below 1.
    revenue
        What end users pay today, USD bn a year.

    Examples
    --------
    >>> published = Envelope(150.0, 2.0, 0.5, 100.0)
    >>> published.spend, published.needed, published.hole
    (300.0, 600.0, 500.0)
    """

    run_rate: float
    multiplier: float
    gross_margin: float
    revenue: float

    @property
    def spend(self) -> float:
        """Return spending on whole data centres, USD bn a year."""
        return datacenter_spend(self.run_rate, self.multiplier)

    @property
    def needed(self) -> float:
        """Return the revenue that pays for it, USD bn a year."""
        return revenue_needed(self.spend, self.gross_margin)

    @property
    def hole(self) -> float:
        """Return the revenue that is missing, USD bn a year; negative where none is."""
        return self.needed - self.revenue


@dataclass(frozen=True)
class GrowthRange:
    """Growth a quarter that opening capex implies (line,): as the accounts say, least, most."""

    value: Array
    low: Array
    high: Array


def expected_growth(chain: Chain) -> GrowthRange:
    """Return the growth implied by opening capex, as a range over lead time and intensity.

    The range takes every corner of `LEAD_RANGE` and `INTENSITY_RANGE` beside the line's own lead
    and intensity; the answer is monotone in each, so corners are enough.
    """
    corners = [
        implied_expected_growth(_altered(chain, lead, factor))
        for lead in (None, *LEAD_RANGE)
        for factor in (1.0, *INTENSITY_RANGE)
    ]
    tried = np.stack(corners)
    return GrowthRange(tried[0], tried.min(axis=0), tried.max(axis=0))


def _altered(chain: Chain, lead: int | None, factor: float) -> Chain:
    """Return the chain with another lead time (None: its own) and intensity times `factor`."""
    plants = chain.plants
    leads = plants.lead if lead is None else np.full_like(plants.lead, lead)
    intensity = plants.capital_intensity * factor
    return replace(chain, plants=replace(plants, lead=leads, capital_intensity=intensity))
