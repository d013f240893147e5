"""Drivers: what a scenario moves, as arrays over quarters; neutral values change nothing.

Shocks are values handed to the step, not flags inside it. The first axis is the quarter, with row
0 the base quarter (always neutral: it is history). A NaN level means "as in the parameters".
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from cardhouse.engine.arrays import Array, Chain, Mask
from cardhouse.engine.per_chain import PerChain
from cardhouse.errors import ScenarioError

MOST = 1e6
AUTOMATIC = (
    "plant_life",
    "letters_paid",
    "commitments_enforced",
    "substitution",
    "recovery",
    "default_costs",
)
"""Levels of which NaN says: as in the accounts, or in the parameters."""

_SHARE = (0.0, 1.0)
_DOMAINS: dict[str, tuple[float, float]] = {
    "open_to_new_names": _SHARE,
    "window": _SHARE,
    "interest_shift": (-1.0, 1.0),
    "demand_growth": (-100.0, 100.0),
    "demand_ceiling": (1.0, np.inf),
    "willingness": (1e-6, MOST),
    "price": (1e-6, MOST),
    "margin_stance": (-1.0, 1.0),
    "input_use": (-10.0, 10.0),
    "use_as_input": (-10.0, 10.0),
    "plant_life": (1.0, 400.0),
    "letters_paid": _SHARE,
    "commitments_enforced": _SHARE,
    "substitution": _SHARE,
    "recovery": _SHARE,
    "default_costs": _SHARE,
    "removed": _SHARE,
}
"""What a driver may be; the others are factors from 0."""


@dataclass(frozen=True)
class Drivers:
    """Factors (neutral at 1) and levels per quarter; axes as named."""

    pool_supply: Array  # (quarter, pool)
    strategic_supply: Array  # (quarter, firm): of the investing firm
    other_business: Array  # (quarter, firm)
    open_to_new_names: Array  # (quarter,): 1 open, 0 only firms that earn money are served
    window: Array  # (quarter, firm): share of a firm's asks that capital markets hear
    interest_shift: Array  # (quarter,): added to the rate of new debt, per quarter
    demand_level: Array  # (quarter, sale)
    demand_growth: Array  # (quarter, sale)
    demand_ceiling: Array  # (quarter, sale): multiple of base demand; inf: none
    willingness: Array  # (quarter, sale): factor on willingness to pay
    price: Array  # (quarter, line): factor on the price charged
    margin_stance: Array  # (quarter, line): -1 sells at variable cost .. 1 at full cost at least
    input_use: Array  # (quarter, line): growth rate a quarter of what the line buys per unit sold
    use_as_input: Array  # (quarter, line): growth rate a quarter of what a use takes of the line
    plant_life: Array  # (quarter, line): quarters; NaN: as in the accounts
    performance_growth: Array  # (quarter,): factor on eta
    capex_plan: Array  # (quarter, line)
    program: Array  # (quarter, firm)
    letters_paid: Array  # (quarter,): share of letters of intent that pays; NaN: probability
    commitments_enforced: Array  # (quarter,): NaN: parameter
    substitution: Array  # (quarter,): NaN: parameter
    recovery: Array  # (quarter,): NaN: parameter
    default_costs: Array  # (quarter,): NaN: parameter
    removed: Mask  # (quarter, firm): forced into default in this quarter

    @property
    def quarters(self) -> int:
        """Return the number of simulated quarters."""
        return len(self.interest_shift) - 1


def neutral(chain: Chain, quarters: int) -> Drivers:
    """Return drivers of `quarters` simulated quarters that change nothing."""
    lines, firms, _, pools = chain.shape
    sales = len(chain.sales.line)
    rows = quarters + 1

    def ones(*shape: int) -> Array:
        return np.ones((rows, *shape))

    return Drivers(
        pool_supply=ones(pools),
        strategic_supply=ones(firms),
        other_business=ones(firms),
        open_to_new_names=ones(),
        window=ones(firms),
        interest_shift=np.zeros(rows),
        demand_level=ones(sales),
        demand_growth=ones(sales),
        demand_ceiling=np.full((rows, sales), np.inf),
        willingness=ones(sales),
        price=ones(lines),
        margin_stance=np.zeros((rows, lines)),
        input_use=np.zeros((rows, lines)),
        use_as_input=np.zeros((rows, lines)),
        plant_life=np.full((rows, lines), np.nan),
        performance_growth=ones(),
        capex_plan=ones(lines),
        program=ones(firms),
        letters_paid=np.full(rows, np.nan),
        commitments_enforced=np.full(rows, np.nan),
        substitution=np.full(rows, np.nan),
        recovery=np.full(rows, np.nan),
        default_costs=np.full(rows, np.nan),
        removed=np.zeros((rows, firms), dtype=bool),
    )


def check_drivers(chain: Chain, drivers: Drivers) -> None:
    """Refuse drivers whose shapes or values the laws cannot take.

    Raises
    ------
    ScenarioError
        The first driver that is wrong, with what was found and expected.
    """
    if drivers.interest_shift.ndim != 1 or not len(drivers.interest_shift):
        raise ScenarioError(
            f"driver 'interest_shift' has shape {drivers.interest_shift.shape}, expected one "
            "value a quarter, row 0 included."
        )
    for name, usual in _axes.of(chain).items():
        values, expected = getattr(drivers, name), (drivers.quarters + 1, *usual)
        if values.shape != expected:
            raise ScenarioError(
                f"driver '{name}' has shape {values.shape}, expected {expected} for "
                f"{drivers.quarters} quarters."
            )
        _check_values(name, np.asarray(values, dtype=float))


def _axes_of(chain: Chain) -> dict[str, tuple[int, ...]]:
    """Return the axes of each driver of a chain, the quarter left out."""
    plain = neutral(chain, 0)
    return {one.name: getattr(plain, one.name).shape[1:] for one in fields(Drivers)}


_axes: PerChain[dict[str, tuple[int, ...]]] = PerChain(_axes_of)


def _check_values(name: str, values: Array) -> None:
    """Refuse values out of the domain of one driver."""
    low, high = _DOMAINS.get(name, (0.0, MOST))
    wrong = ~((values >= low) & (values <= high))
    if name in AUTOMATIC:
        wrong &= ~np.isnan(values)
    if wrong.any():
        found = values[wrong][0]
        raise ScenarioError(f"driver '{name}' is {found}, expected {low:g} to {high:g}.")
